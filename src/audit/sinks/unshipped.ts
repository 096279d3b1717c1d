/** What retention may not remove yet: the oldest event that some configured sink has not had confirmed. */
import type { SinkCursor, SinkStore } from '../../store/sinks.ts';
import type { LogFollower } from '../follow.ts';

/**
 * Seq of the first event that must stay; null where no sink is configured. A sink that never ran holds back everything,
 * and so does one that has had another chain than this; one that was taken out of the configuration nothing.
 */
export async function oldestUnshipped(
  store: { readonly sinks: Pick<SinkStore, 'list'> },
  names: readonly string[],
  log: Pick<LogFollower, 'ends' | 'hashAt'>,
): Promise<number | null> {
  if (names.length === 0) return null;
  const cursors = new Map((await store.sinks.list()).map((cursor) => [cursor.name, cursor]));
  const confirmed = (name: string): number => {
    const cursor = cursors.get(name);
    return cursor === undefined || isElsewhere(cursor, log) ? 0 : cursor.seq;
  };
  return Math.min(...names.map((name) => confirmed(name) + 1));
}

/** Whether it does not lie in this chain: it is that of another, which was moved aside, or of a longer one, before a restore. */
export function isElsewhere(
  { seq, hash }: Pick<SinkCursor, 'seq' | 'hash'>,
  log: Pick<LogFollower, 'ends' | 'hashAt'>,
): boolean {
  const { first, head } = log.ends();
  const known = seq >= first ? log.hashAt(seq) : null;
  return seq > head.seq || (known !== null && known !== hash);
}
