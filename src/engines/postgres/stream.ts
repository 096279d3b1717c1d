/** One query as its reader sees it: rows encoded as they come, the server held while the reader is behind, and an end that leaves nothing running. */
import type pg from 'pg';
import { SluiceError } from '../../errors.ts';
import { ByteWriter } from '../../results/byte-writer.ts';
import type { VerifiedQuery } from '../../sql/stages.ts';
import { ChunkQueue, type StreamState } from '../chunk-queue.ts';
import type { ResultColumn, RowChunk, RunningQuery, RunOptions } from '../engine.ts';
import { bindValue } from './bind.ts';
import type { Canceller } from './cancel.ts';
import { failure, isFatal, isStalePlan } from './classify.ts';
import { QueryClock } from './clock.ts';
import { Pipeline } from './pipeline.ts';
import { RowEncoder } from './row-encoder.ts';
import type { RowReceiver } from './row-tap.ts';
import type { Lease } from './server.ts';

/** The connection was of no use, and not because of the query: it may be made again. */
export class ConnectionLost extends Error {}

export interface StreamOptions {
  readonly query: VerifiedQuery;
  readonly run: RunOptions;
  /** Time that the server may take to stop before its connection is closed. */
  readonly graceMs: number;
  /** Time after which a reader that takes nothing loses its query. */
  readonly stallMs: number;
  readonly keepStatements: boolean;
  /** Whether this was the last try. */
  readonly last: boolean;
}

/** Bytes after which a chunk is handed over. */
const BATCH = 64 << 10;
/** A small result needs a small buffer; it grows where it must. */
const FIRST_BUFFER = 4 << 10;
/** Bytes that may wait for the reader. */
const WINDOW = 1 << 20;
/** Time that readers may take in all before the server's own timeout, which counts it, ends the query. */
const READING_MS = 30 * 60_000;
/** Time in which the rest of a cut result may simply be thrown away. */
const LINGER_MS = 200;
/** Bytes of a single row that are taken into memory; a longer one cuts the result. */
const LONGEST_ROW = 128 << 20;

export class QueryStream implements RunningQuery, RowReceiver {
  columns: readonly ResultColumn[] = [];
  readonly mostBytes: number;
  private readonly lease: Lease;
  private readonly options: StreamOptions;
  private readonly pipeline: Pipeline;
  private readonly begun = Promise.withResolvers<void>();
  private readonly settled = Promise.withResolvers<void>();
  private readonly queue = new ChunkQueue();
  private readonly out = new ByteWriter(FIRST_BUFFER);
  private encoder: RowEncoder | null = null;
  private state: StreamState = { kind: 'running' };
  private stopping: 'cancelled' | 'timeout' | null = null;
  /** Rows in `out`, rows in all, bytes that were handed over, bytes that wait in the queue. */
  private batchRows = 0;
  private rows = 0;
  private sent = 0;
  private waiting = 0;
  private held = false;
  private readonly clock: QueryClock;
  private readonly canceller: Canceller;
  private readonly onAbort = (): void => this.stop('cancelled');

  private constructor(lease: Lease, options: StreamOptions) {
    const { query, run } = options;
    this.lease = lease;
    this.options = options;
    this.mostBytes = LONGEST_ROW;
    this.clock = new QueryClock(run.timeoutMs, options.stallMs, () => this.stop('timeout'));
    this.canceller = lease.canceller();
    this.pipeline = new Pipeline(
      lease.client,
      {
        sql: query.sql,
        values: query.params.map(bindValue),
        statementMs: run.timeoutMs + READING_MS,
        keep: options.keepStatements,
      },
      {
        described: (fields) => this.described(fields),
        completed: () => this.completed(),
        failed: (error) => this.failed(error),
      },
    );
  }

  /** Resolves with the first rows. @throws SluiceError with a 7xxx code; ConnectionLost when it may be tried again */
  static async start(lease: Lease, options: StreamOptions): Promise<QueryStream> {
    const stream = new QueryStream(lease, options);
    const { signal } = options.run;
    lease.client.tap.receiver = stream;
    stream.clock.work();
    signal.addEventListener('abort', stream.onAbort, { once: true });
    lease.client.query(stream.pipeline);
    if (signal.aborted) stream.stop('cancelled');
    await stream.begun.promise;
    return stream;
  }

  /** Settles when the server has let go of the query, however it ended; never rejects. */
  get done(): Promise<void> {
    return this.settled.promise;
  }

  get chunks(): AsyncIterable<RowChunk> {
    return {
      [Symbol.asyncIterator]: () =>
        this.queue.read({
          state: () => this.state,
          refill: () => this.flush(),
          taken: (chunk) => this.take(chunk),
          // Does nothing to a query that has ended.
          left: () => this.stop('cancelled'),
        }),
    };
  }

  truncated(): 'rows' | 'bytes' | null {
    return this.state.kind === 'ended' ? this.state.truncated : null;
  }

  cancel(): Promise<void> {
    this.stop('cancelled');
    return this.done;
  }

  // The tap's side.

  row(bytes: Buffer, start: number): void {
    if (
      !this.pipeline.atQuery ||
      this.encoder === null ||
      this.state.kind !== 'running' ||
      this.stopping !== null
    )
      return;
    const { maxRows, maxBytes } = this.options.run;
    if (this.rows === maxRows) {
      this.cut('rows');
      return;
    }
    const before = this.out.position;
    try {
      this.encoder.write(bytes, start, this.out);
    } catch (error) {
      this.out.position = before;
      this.finish({
        kind: 'failed',
        error: new SluiceError('execution_failed', undefined, { cause: error }),
      });
      this.canceller.begin(this.options.graceMs);
      return;
    }
    if (this.sent + this.out.position > maxBytes) {
      this.out.position = before;
      this.cut('bytes');
      return;
    }
    this.rows += 1;
    this.batchRows += 1;
    if (this.out.position >= BATCH) this.flush();
    if (this.waiting >= WINDOW) this.hold();
  }

  /** The reader need not wait for a whole chunk where the server is slow. */
  pause(): void {
    if (this.queue.awaited || (this.sent === 0 && this.batchRows > 0)) this.flush();
  }

  overflow(): void {
    this.cut('bytes');
    this.lease.destroy();
  }

  private described(fields: readonly pg.FieldDef[]): void {
    const { types } = this.lease;
    const missing = types.missing(fields.map((field) => field.dataTypeID));
    if (missing.length === 0) {
      this.prepare(fields);
      return;
    }
    this.lease.client.tap.hold();
    this.lease
      .lookUp(missing)
      .catch(() => {})
      .then(() => {
        if (this.state.kind !== 'running' || this.stopping !== null) return;
        this.prepare(fields);
        this.lease.client.tap.release();
      });
  }

  private prepare(fields: readonly pg.FieldDef[]): void {
    const types = fields.map((field) => this.lease.types.of(field.dataTypeID, field.dataTypeModifier));
    // The server cuts names after 63 bytes.
    const names = fields.map((field, i) => this.options.query.columns[i]?.name ?? field.name);
    this.columns = types.map(({ text, family }, i) => ({ name: names[i]!, type: text, family }));
    this.encoder = new RowEncoder(this.options.run.encoding, names, types);
  }

  private completed(): void {
    this.flush(true);
    if (this.stopping !== null)
      this.finish({ kind: 'failed', error: failure(new Error('stopped'), this.stopping) });
    else this.finish({ kind: 'ended', truncated: null });
    this.letGo(!this.canceller.active && this.lease.client.getTransactionStatus() === 'I');
  }

  private failed(error: Error): void {
    const lost = isFatal(error) || isStalePlan(error);
    if (
      lost &&
      this.sent === 0 &&
      this.stopping === null &&
      !this.options.last &&
      this.state.kind === 'running'
    )
      this.begun.reject(new ConnectionLost(error.message));
    this.flush();
    this.finish({ kind: 'failed', error: failure(error, this.stopping) });
    if (lost || this.canceller.active) this.letGo(false);
    else this.rollBack();
  }

  private rollBack(): void {
    const patience = setTimeout(() => this.lease.destroy(), this.options.graceMs);
    const end = (clean: boolean): void => {
      clearTimeout(patience);
      this.letGo(clean);
    };
    this.lease.client.query('ROLLBACK').then(
      () => end(true),
      () => end(false),
    );
  }

  private flush(end = false): void {
    if (this.batchRows === 0) return;
    const bytes = this.out.take(end ? 0 : BATCH * 2);
    this.queue.push({ rows: this.batchRows, bytes });
    this.sent += bytes.byteLength;
    this.waiting += bytes.byteLength;
    this.batchRows = 0;
    this.begun.resolve();
    this.queue.notify();
  }

  /** Enough was read: what else the server has is thrown away, or stopped where it is much. */
  private cut(why: 'rows' | 'bytes'): void {
    this.flush(true);
    this.finish({ kind: 'ended', truncated: why });
    this.canceller.begin(this.options.graceMs, LINGER_MS);
  }

  // The reader's side.

  private take(chunk: RowChunk): void {
    this.waiting -= chunk.bytes.byteLength;
    if (!this.held || this.waiting >= WINDOW / 2 || this.state.kind !== 'running' || this.stopping !== null)
      return;
    this.held = false;
    this.clock.work();
    this.lease.client.tap.release();
  }

  private hold(): void {
    if (this.held) return;
    this.held = true;
    this.lease.client.tap.hold();
    this.clock.wait();
  }

  // The end.

  private stop(why: 'cancelled' | 'timeout'): void {
    if (this.state.kind !== 'running' || this.stopping !== null) return;
    this.stopping = why;
    this.clock.stop();
    this.canceller.begin(this.options.graceMs);
  }

  private finish(state: StreamState): void {
    if (this.state.kind !== 'running') return;
    this.state = state;
    this.clock.stop();
    this.options.run.signal.removeEventListener('abort', this.onAbort);
    if (state.kind === 'failed') this.begun.reject(state.error);
    else this.begun.resolve();
    this.queue.notify();
  }

  private letGo(clean: boolean): void {
    this.canceller.end();
    this.lease.client.tap.receiver = null;
    this.lease.release(clean);
    this.settled.resolve();
  }
}
