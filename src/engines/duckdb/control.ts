/** What stops or slows one query inside the engine process: cancellation, its time budget, and the reader's credit. */
import duckdb from '@duckdb/node-bindings';
import { WINDOW } from './messages.ts';

/** An interrupt that arrives between two calls of the engine is lost, so it is repeated until the query has ended. */
const INTERRUPT_EVERY_MS = 25;

export type Stop = 'cancelled' | 'timeout';

export class QueryControl {
  stopped: Stop | null = null;
  private budgetMs: number;
  private readonly stallMs: number;
  private connection: duckdb.Connection | null = null;
  private interrupts: NodeJS.Timeout | null = null;
  private outstanding = 0;
  private wake: (() => void) | null = null;

  constructor(timeoutMs: number, stallMs: number) {
    this.budgetMs = timeoutMs;
    this.stallMs = stallMs;
  }

  attach(connection: duckdb.Connection): void {
    this.connection = connection;
  }

  /** Ends interrupts; the connection may then serve another query. */
  detach(): void {
    if (this.interrupts !== null) clearInterval(this.interrupts);
    this.interrupts = null;
    this.connection = null;
  }

  stop(why: Stop): void {
    this.stopped ??= why;
    this.wake?.();
    if (this.connection === null || this.interrupts !== null) return;
    duckdb.interrupt(this.connection);
    this.interrupts = setInterval(() => {
      if (this.connection !== null) duckdb.interrupt(this.connection);
    }, INTERRUPT_EVERY_MS);
  }

  /** Runs one call of the engine on the query's time. */
  async spend<T>(call: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const timer = setTimeout(() => this.stop('timeout'), Math.max(1, this.budgetMs));
    try {
      return await call();
    } finally {
      clearTimeout(timer);
      this.budgetMs -= performance.now() - started;
    }
  }

  sent(bytes: number): void {
    this.outstanding += bytes;
  }

  credit(bytes: number): void {
    this.outstanding -= bytes;
    this.wake?.();
  }

  /** Waits until the reader has taken enough; a reader that takes nothing for too long loses the query. */
  async room(): Promise<void> {
    while (this.outstanding >= WINDOW && this.stopped === null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stall = setTimeout(() => this.stop('timeout'), this.stallMs);
      this.wake = resolve;
      await promise;
      this.wake = null;
      clearTimeout(stall);
    }
  }
}
