/** One query as its reader sees it: rows pulled as they come, credit given as they are taken, and a kill where nothing else stops it. */
import { ChunkQueue, type StreamState } from '../chunk-queue.ts';
import type { ResultColumn, RowChunk, RunningQuery } from '../engine.ts';
import type { Reply, RunRequest, Truncation } from './messages.ts';
import { WINDOW } from './messages.ts';
import { failure, type Loss, type Receiver, type Worker, WorkerLost } from './worker.ts';

export interface StreamOptions {
  readonly worker: Worker;
  readonly request: RunRequest;
  /** Time an interrupt may take before the process is killed. */
  readonly graceMs: number;
  readonly signal: AbortSignal;
  /** Called when this query cost the process. */
  readonly onOffence: () => void;
}

export class QueryStream implements RunningQuery, Receiver {
  columns: readonly ResultColumn[] = [];
  private readonly options: StreamOptions;
  private readonly id: number;
  private readonly queue = new ChunkQueue();
  private readonly begun = Promise.withResolvers<void>();
  private readonly settled = Promise.withResolvers<void>();
  private state: StreamState = { kind: 'running' };
  private started = false;
  /** Bytes received and not yet credited: at the window's size it is the reader's turn. */
  private unpaid = 0;
  private owed = 0;
  private watchdog: NodeJS.Timeout | null = null;
  private stopping: 'cancelled' | 'timeout' | null = null;
  private readonly onAbort = (): void => void this.cancel();

  private constructor(options: StreamOptions) {
    this.options = options;
    this.id = options.worker.open(options.request, this);
    options.signal.addEventListener('abort', this.onAbort, { once: true });
    this.watch(options.request.timeoutMs);
  }

  /** Resolves with the first rows. @throws SluiceError with a 7xxx code; WorkerLost when it may be tried again */
  static async start(options: StreamOptions): Promise<QueryStream> {
    const stream = new QueryStream(options);
    if (options.signal.aborted) void stream.cancel();
    await stream.begun.promise;
    return stream;
  }

  /** Settles when the engine has let go of the query, however it ended; never rejects. */
  get done(): Promise<void> {
    return this.settled.promise;
  }

  get chunks(): AsyncIterable<RowChunk> {
    return {
      [Symbol.asyncIterator]: () =>
        this.queue.read({
          state: () => this.state,
          taken: (chunk) => this.pay(chunk.bytes.byteLength),
          // Does nothing to a query that has ended.
          left: () => this.stop('cancelled'),
        }),
    };
  }

  truncated(): Truncation {
    return this.state.kind === 'ended' ? this.state.truncated : null;
  }

  cancel(): Promise<void> {
    this.stop('cancelled');
    return this.done;
  }

  receive(reply: Reply, body: Uint8Array): void {
    switch (reply.kind) {
      case 'rows':
        if (reply.columns !== undefined) this.columns = reply.columns;
        if (reply.rows > 0) this.queue.push({ rows: reply.rows, bytes: body });
        this.unpaid += body.byteLength;
        this.started = true;
        if (reply.end !== undefined) this.finish({ kind: 'ended', truncated: reply.end.truncated });
        else this.watch(this.options.request.timeoutMs);
        this.begun.resolve();
        this.queue.notify();
        return;
      case 'failed':
        if (reply.fatal === true) this.options.onOffence();
        this.finish({ kind: 'failed', error: failure(this.stopping ?? reply.code, reply.text) });
        return;
      default:
        this.options.worker.kill('answered a query with something else');
    }
  }

  lost(loss: Loss): void {
    if (this.stopping !== null) {
      this.finish({ kind: 'failed', error: failure(this.stopping, loss.text) });
      return;
    }
    if (!this.started) this.begun.reject(new WorkerLost(loss));
    this.finish({ kind: 'failed', error: failure('engine_unavailable', loss.text) });
  }

  /** Tells the process that the reader took some, now and then. */
  private pay(bytes: number): void {
    this.owed += bytes;
    if (this.owed < WINDOW / 4 || this.state.kind !== 'running') return;
    this.options.worker.send(this.id, { kind: 'credit', bytes: this.owed });
    this.unpaid -= this.owed;
    this.owed = 0;
    this.watch(this.options.request.timeoutMs);
  }

  /**
   * The process interrupts the query itself when its time is up. Where that does not help (`levenshtein` of long texts,
   * 1.5.6), only a kill does. A reader that stalls is the process's to cut off.
   */
  private watch(ms: number): void {
    if (this.state.kind !== 'running' || (this.stopping !== null && ms > 0)) return;
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    const { graceMs } = this.options;
    const due = performance.now() + ms + graceMs;
    this.watchdog = setTimeout(() => {
      // The gate was busy, and the engine's answer may lie unread: it gets its turn before anyone is blamed.
      if (performance.now() - due > graceMs / 2) return this.watch(0);
      if (this.stopping === null && this.unpaid >= WINDOW) return;
      this.stopping ??= 'timeout';
      this.options.onOffence();
      this.options.worker.kill('ran a query that no interrupt stopped');
    }, ms + graceMs);
  }

  private stop(why: 'cancelled'): void {
    if (this.state.kind !== 'running' || this.stopping !== null) return;
    this.stopping = why;
    this.options.worker.send(this.id, { kind: 'cancel' });
    this.watch(0);
  }

  private finish(state: StreamState): void {
    if (this.state.kind !== 'running') return;
    this.state = state;
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.options.worker.forget(this.id);
    if (state.kind === 'failed') this.begun.reject(state.error);
    this.settled.resolve();
    this.queue.notify();
  }
}
