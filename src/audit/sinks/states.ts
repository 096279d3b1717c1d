/** How far each sink has come, for people: nothing of where it leads to but its name and kind. */
import type { SinkStore } from '../../store/sinks.ts';
import type { LogFollower } from '../follow.ts';
import { lagBehind } from './dispatch.ts';
import type { SinkSettings } from './sink.ts';

/** Keys as JSON shows them. Times in ISO 8601. */
export interface SinkState {
  readonly name: string;
  readonly kind: SinkSettings['kind'];
  /** The last event that was confirmed; null before it was ever begun. */
  readonly seq: number | null;
  readonly lag_events: number;
  /** Age of the oldest event that is not confirmed. */
  readonly lag_seconds: number;
  readonly shipped: number;
  /** Events that the receiver said it will never take. */
  readonly refused: number;
  /** Events that were gone before they could be shipped. */
  readonly gap: number;
  readonly shipped_at: string | null;
  /** In a row, since the last success. */
  readonly failures: number;
  readonly error: string | null;
  readonly failed_at: string | null;
}

/** The end of the log is looked at after the cursors: what was shipped in between counts as lag, never as ahead. */
export async function sinkStates(
  settings: readonly Pick<SinkSettings, 'name' | 'kind'>[],
  cursors: Pick<SinkStore, 'list'>,
  log: LogFollower,
  now: () => number,
): Promise<readonly SinkState[]> {
  const known = new Map((await cursors.list()).map((cursor) => [cursor.name, cursor]));
  const time = (at: number | null | undefined) => (at == null ? null : new Date(at).toISOString());
  return settings.map(({ name, kind }) => {
    const cursor = known.get(name);
    const { lagEvents, lagSeconds } = lagBehind(cursor?.seq ?? 0, { log, now });
    return {
      name,
      kind,
      seq: cursor?.seq ?? null,
      lag_events: lagEvents,
      lag_seconds: lagSeconds,
      shipped: cursor?.shipped ?? 0,
      refused: cursor?.refused ?? 0,
      gap: cursor?.gap ?? 0,
      shipped_at: time(cursor?.shippedAt),
      failures: cursor?.failures ?? 0,
      error: cursor?.error ?? null,
      failed_at: time(cursor?.failedAt),
    };
  });
}
