/** One sink follows the log: in order, batch after batch, again and again until the receiver has confirmed it; only then does its cursor move. */
import type { SinkCursor, SinkStore } from '../../store/sinks.ts';
import { type ChainedRow, GENESIS } from '../chain.ts';
import type { LogFollower } from '../follow.ts';
import { inBrief, type Sink, type SinkSettings } from './sink.ts';
import { isElsewhere } from './unshipped.ts';

/** What is told of a sink; neither secret nor event is in it. */
export type SinkReport =
  | {
      readonly kind: 'sink_shipped';
      readonly sink: string;
      readonly events: number;
      /** How far it is behind now: events, and seconds since the oldest of them. */
      readonly lagEvents: number;
      readonly lagSeconds: number;
    }
  | {
      readonly kind: 'sink_failed';
      readonly sink: string;
      /** In a row. */
      readonly failures: number;
      readonly text: string;
      readonly lagEvents: number;
      readonly lagSeconds: number;
    };

export interface Dispatch {
  readonly settings: SinkSettings;
  readonly sink: Sink;
  readonly log: LogFollower;
  readonly cursors: Pick<SinkStore, 'list' | 'begin' | 'advance' | 'failed'>;
  /** Whoever has the lease of the state. */
  readonly holder: string;
  readonly holds: () => boolean;
  readonly report: (report: SinkReport) => void;
  readonly now: () => number;
  readonly random: () => number;
  /** Resolves after so many milliseconds, or when there may be something new, or at the end. */
  readonly pause: (milliseconds: number, until: 'time' | 'news') => Promise<void>;
  readonly signal: AbortSignal;
}

export const LIMITS = {
  /** Bytes of one batch, as the log has them. */
  bytes: 1_000_000,
  /** Milliseconds between two looks at the log, which another process may write to. */
  pollMs: 250,
  /** Of the first and of the longest pause after a failure. */
  leastPauseMs: 200,
  mostPauseMs: 60_000,
} as const;

/** Batches in a row that were taken before larger ones are tried again. */
const CALM = 10;

/** Ends when the signal aborts. Never throws: what fails is tried again. */
export async function dispatch(options: Dispatch): Promise<void> {
  const { settings, sink, log, cursors, holder, signal, now, report } = options;
  let size = settings.batch;
  let failures = 0;
  let successes = 0;
  while (!signal.aborted) {
    if (!options.holds()) {
      await options.pause(LIMITS.pollMs, 'time');
      continue;
    }
    try {
      const cursor = await placed(options);
      const batch = log.after(cursor.seq, size, LIMITS.bytes);
      if (batch.length === 0) {
        await options.pause(LIMITS.pollMs, 'news');
        continue;
      }
      const { refused } = await sink.ship(batch, signal);
      const { seq, hash } = batch.at(-1)!;
      const shipped = batch.length - refused;
      // What is missing between the cursor and the batch was removed before this sink was there to hold it back.
      const gap = batch[0]!.seq - cursor.seq - 1;
      await cursors.advance(holder, settings.name, { seq, hash, shipped, refused, gap, at: now() });
      failures = 0;
      successes += 1;
      if (successes % CALM === 0) size = Math.min(settings.batch, size * 2);
      report({ kind: 'sink_shipped', sink: settings.name, events: shipped, ...lagBehind(seq, options) });
    } catch (fault) {
      if (signal.aborted) return;
      failures += 1;
      successes = 0;
      // What is too much for a receiver arrives in parts.
      size = Math.max(1, Math.floor(size / 2));
      await tell(fault);
      await options.pause(pauseAfter(failures, options.random), 'time');
    }
  }

  async function tell(fault: unknown): Promise<void> {
    const text = inBrief(fault);
    // The store may be what failed.
    await cursors.failed(holder, settings.name, text, now()).catch(() => {});
    const at = await seqOf(options).catch(() => 0);
    report({ kind: 'sink_failed', sink: settings.name, failures, text, ...lagBehind(at, options) });
  }
}

/** Doubled each time, and any part of it: gates that failed together do not come back together. */
export function pauseAfter(failures: number, random: () => number): number {
  const most = Math.min(LIMITS.mostPauseMs, LIMITS.leastPauseMs * 2 ** Math.min(failures - 1, 20));
  return Math.ceil(most / 2 + (random() * most) / 2);
}

/** Where a sink begins that has no cursor yet. */
export async function begin(
  { name, from }: Pick<SinkSettings, 'name' | 'from'>,
  log: LogFollower,
  cursors: Pick<SinkStore, 'begin'>,
): Promise<void> {
  const { first, head } = log.ends();
  if (from === 'now') await cursors.begin(name, head.seq, head.hash);
  else await cursors.begin(name, first - 1, log.hashAt(first - 1) ?? GENESIS);
}

async function seqOf({ settings, cursors }: Pick<Dispatch, 'settings' | 'cursors'>): Promise<number> {
  return (await cursors.list()).find(({ name }) => name === settings.name)?.seq ?? 0;
}

type Place = Pick<SinkCursor, 'seq'>;

async function placed(options: Dispatch): Promise<Place> {
  const { settings, log, cursors } = options;
  let cursor = (await cursors.list()).find(({ name }) => name === settings.name);
  if (cursor === undefined) {
    await begin(settings, log, cursors);
    cursor = (await cursors.list()).find(({ name }) => name === settings.name);
    if (cursor === undefined) throw new Error('the cursor is gone');
  }
  // This chain is shipped from its first event.
  return isElsewhere(cursor, log) ? { seq: log.ends().first - 1 } : cursor;
}

export function lagBehind(
  seq: number,
  { log, now }: Pick<Dispatch, 'log' | 'now'>,
): { readonly lagEvents: number; readonly lagSeconds: number } {
  try {
    const lagEvents = Math.max(0, log.ends().head.seq - seq);
    const [oldest] = lagEvents === 0 ? [] : log.after(seq, 1);
    return { lagEvents, lagSeconds: oldest === undefined ? 0 : secondsSince(oldest, now()) };
  } catch {
    return { lagEvents: 0, lagSeconds: 0 };
  }
}

export function secondsSince({ body }: Pick<ChainedRow, 'body'>, now: number): number {
  return Math.max(0, Math.round(now - Date.parse((JSON.parse(body) as { time: string }).time)) / 1000);
}
