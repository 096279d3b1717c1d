/** The time of one query: what the server may still spend on it, and what its reader may let it wait. */

export class QueryClock {
  private budgetMs: number;
  private readonly stallMs: number;
  private readonly onOver: () => void;
  private since = 0;
  private timer: NodeJS.Timeout | null = null;

  /** @param onOver called once at most, when either time is up */
  constructor(budgetMs: number, stallMs: number, onOver: () => void) {
    this.budgetMs = budgetMs;
    this.stallMs = stallMs;
    this.onOver = onOver;
  }

  /** The server works from now on. */
  work(): void {
    this.since = performance.now();
    this.after(this.budgetMs);
  }

  /** The server waits for the reader, on the reader's time. */
  wait(): void {
    this.budgetMs -= performance.now() - this.since;
    this.after(this.stallMs);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private after(ms: number): void {
    this.stop();
    this.timer = setTimeout(this.onOver, Math.max(1, ms));
  }
}
