/** What retention may not remove yet: the oldest event that some configured sink has not had confirmed. */
import type { SinkStore } from '../../store/sinks.ts';

/**
 * Seq of the first event that must stay; null where no sink is configured. A sink that never ran holds back everything,
 * one that was taken out of the configuration nothing.
 */
export async function oldestUnshipped(
  store: { readonly sinks: Pick<SinkStore, 'list'> },
  names: readonly string[],
): Promise<number | null> {
  if (names.length === 0) return null;
  const cursors = new Map((await store.sinks.list()).map((cursor) => [cursor.name, cursor.seq]));
  return Math.min(...names.map((name) => (cursors.get(name) ?? 0) + 1));
}
