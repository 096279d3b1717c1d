/** One published state of the data and the process that serves it; a lost process is replaced, a retired state ends with its last query. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../../errors.ts';
import type { EngineObservation } from '../engine.ts';
import type { OpenRequest } from './messages.ts';
import { Worker } from './worker.ts';

export interface GenerationOptions {
  readonly engine: string;
  readonly open: Omit<OpenRequest, 'tempDirectory'>;
  /** Holds the random temp directories. */
  readonly directory: string;
  readonly concurrency: number;
  readonly observe: (event: EngineObservation) => void;
}

const BACK_OFF_MS = [0, 100, 300, 1000, 3000, 5000] as const;
/** A process that lived this long was well: its loss does not count as one more failure in a row. */
const WELL_MS = 1000;

export class Generation {
  private readonly options: GenerationOptions;
  private worker: Promise<Worker> | null = null;
  private live: Worker | null = null;
  private failures = 0;
  private users = 0;
  private retired = false;
  private closed = false;
  private readonly gone = Promise.withResolvers<void>();

  constructor(options: GenerationOptions) {
    this.options = options;
  }

  /** Held while a query, description or witness uses it. */
  enter(): () => void {
    this.users++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.users--;
      this.closeIfDone();
    };
  }

  /** The process, started where none runs. @throws SluiceError engine_unavailable */
  async process(): Promise<Worker> {
    if (this.closed) throw new SluiceError('engine_unavailable');
    this.worker ??= this.start();
    return this.worker;
  }

  get healthy(): boolean {
    return this.live?.alive ?? false;
  }

  /** No further queries come; resolves when its process has ended. */
  retire(): Promise<void> {
    this.retired = true;
    this.closeIfDone();
    return this.gone.promise;
  }

  /** Ends at once, queries in flight included. */
  async close(): Promise<void> {
    this.closed = true;
    const starting = this.worker;
    if (starting === null) this.gone.resolve();
    else await starting.then((worker) => worker.kill('closed')).catch(() => this.gone.resolve());
    await this.gone.promise;
  }

  private closeIfDone(): void {
    if (this.retired && this.users === 0) void this.close();
  }

  private async start(): Promise<Worker> {
    const { engine, observe } = this.options;
    const tempDirectory = join(
      this.options.directory,
      `tmp-${process.pid}-${randomBytes(16).toString('hex')}`,
    );
    await delay(BACK_OFF_MS[Math.min(this.failures, BACK_OFF_MS.length - 1)]);
    const started = Date.now();
    let reached: Worker | null = null;
    const onEnd = (why: string): void => {
      const removed = rm(tempDirectory, { recursive: true, force: true }).catch(() => {});
      if (this.closed) void removed.then(() => this.gone.resolve());
      // A process that never served is the failed start below.
      if (reached === null || this.live !== reached) return;
      this.live = null;
      this.worker = null;
      if (this.closed) return;
      observe({ kind: 'engine_lost', engine, pid: reached.pid, why });
      this.failures = Date.now() - started > WELL_MS ? 0 : this.failures + 1;
      // The next query does not wait for a start that can be made now.
      this.process().catch(() => {});
    };
    try {
      await mkdir(tempDirectory, { recursive: true, mode: 0o700 });
      reached = await Worker.start({
        open: { ...this.options.open, tempDirectory },
        concurrency: this.options.concurrency,
        onEnd,
      });
      this.live = reached;
      observe({ kind: 'engine_started', engine, pid: reached.pid, durationMs: Date.now() - started });
      return reached;
    } catch (error) {
      this.failures++;
      this.worker = null;
      const text = String(error instanceof SluiceError ? (error.cause ?? error) : error);
      observe({ kind: 'engine_start_failed', engine, text });
      throw new SluiceError('engine_unavailable', undefined, { cause: error, retryAfter: 1 });
    }
  }
}
