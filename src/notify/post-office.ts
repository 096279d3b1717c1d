/**
 * Takes letters out of the state and delivers them, each at least once: one that fails is tried again ever later, and one that
 * failed too often is left for people. Several gates may do so on one state: a letter is with one of them at a time.
 */
import type { Outbox, OutboxRow } from '../store/outbox.ts';
import { DeliveryFailed } from './delivery.ts';

export interface PostOfficeOptions {
  readonly outbox: Pick<Outbox, 'take' | 'done' | 'failed' | 'forget'>;
  /** @throws DeliveryFailed */
  readonly deliver: (letter: OutboxRow, signal: AbortSignal) => Promise<void>;
  /** Milliseconds that one delivery may take. */
  readonly timeoutMs: number;
  /** Attempts before a letter is given up; what the gate tells itself is not. */
  readonly attempts: number;
  /** Milliseconds between looks; null looks only where somebody says that there is something. */
  readonly everyMs: number | null;
  readonly now: () => Date;
  /** 0 to 1. */
  readonly random: () => number;
  readonly failed: (letter: OutboxRow, problem: { readonly dead: boolean; readonly error: unknown }) => void;
  /** The state could not be read or written. */
  readonly broken: (error: unknown) => void;
}

export interface PostOffice {
  nudge(): void;
  /** Resolves when nothing is due any more. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

const BATCH = 10;
const FIRST_WAIT_S = 2;
const LONGEST_WAIT_S = 3600;
/** What was told is listed for as long. */
const KEEP_S = 30 * 86_400;

/** Seconds until the next attempt: twice as long each time, and never the same for all. */
export function waitAfter(attempts: number, random: () => number): number {
  const wait = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** Math.min(20, attempts - 1));
  return Math.max(1, Math.round(wait * (0.5 + random())));
}

/** Not every way of delivering listens to a signal. */
function over(signal: AbortSignal): Promise<never> {
  return new Promise((_, refuse) => {
    const stop = () => refuse(new DeliveryFailed('no answer in time'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

export function openPostOffice(options: PostOfficeOptions): PostOffice {
  const { outbox, deliver, timeoutMs, everyMs, now } = options;
  const closing = new AbortController();
  let running: Promise<void> | null = null;
  let again = false;
  const epoch = () => Math.floor(now().getTime() / 1000);
  // Longer than a delivery may take: while it goes on, nobody else has it.
  const leaseS = Math.ceil((2 * timeoutMs) / 1000) + 30;

  async function one(letter: OutboxRow): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      await Promise.race([deliver(letter, signal), over(signal)]);
    } catch (error) {
      if (closing.signal.aborted) return outbox.failed(letter.id, 'the gate closed', epoch());
      const problem = error instanceof DeliveryFailed ? error.message : 'failed';
      const dead = letter.channel !== 'clock' && letter.attempts >= options.attempts;
      options.failed(letter, { dead, error });
      return outbox.failed(
        letter.id,
        problem,
        dead ? null : epoch() + waitAfter(letter.attempts, options.random),
      );
    }
    return outbox.done(letter.id);
  }

  async function round(): Promise<void> {
    do {
      again = false;
      for (;;) {
        if (closing.signal.aborted) return;
        const at = epoch();
        const letters = await outbox.take(at, at + leaseS, BATCH);
        if (letters.length === 0) break;
        await Promise.all(letters.map(one));
      }
    } while (again);
  }

  function nudge(): void {
    again = true;
    if (running !== null || closing.signal.aborted) return;
    running = round()
      .catch(options.broken)
      .finally(() => {
        running = null;
      });
  }

  const timer = everyMs === null ? null : setInterval(nudge, everyMs).unref();
  const daily =
    everyMs === null
      ? null
      : setInterval(() => outbox.forget(epoch() - KEEP_S).catch(options.broken), 3_600_000).unref();
  return {
    nudge,
    async drained() {
      nudge();
      while (running !== null) await running;
    },
    async close() {
      if (timer !== null) clearInterval(timer);
      if (daily !== null) clearInterval(daily);
      // What is under way may end; a gate that only answered one command tells first what it did.
      if (everyMs !== null) closing.abort();
      while (running !== null) await running;
      closing.abort();
    },
  };
}
