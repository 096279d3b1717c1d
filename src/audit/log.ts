/** The audit log: `append` resolves once the event is durable; while the log cannot be written, every append rejects. */
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../errors.ts';
import type { Head } from './chain.ts';
import { checkEvent } from './check.ts';
import type { AuditEvent, AuditLog, StoredAuditEvent } from './event.ts';
import { readTail } from './read.ts';
import type { WriterData, WriterReply, WriterRequest } from './writer.ts';

export interface AuditOptions {
  /** The SQLite file; made with its folder when missing. */
  readonly path: string;
  /** What an acknowledged event survives. `power_loss` costs one fsync a batch. */
  readonly survives: 'power_loss' | 'process_death';
  /** Events that may wait for the disk before further ones are refused. Default 10,000. */
  readonly maxWaiting?: number;
  /** Milliseconds after which a batch without an answer counts as failed. Default 5,000. */
  readonly timeoutMs?: number;
  /** Milliseconds to wait for another process that writes to the same file. Default 2,000. */
  readonly busyTimeoutMs?: number;
}

/** An AuditLog whose health can be asked. */
export interface DurableAuditLog extends AuditLog {
  /** Resolves when a write reached the disk just now; rejects with audit_unavailable. Appends nothing. */
  probe(): Promise<void>;
}

/** Events in one transaction: bounds the time that the ones behind wait. */
const MAX_BATCH = 1000;

/** Milliseconds that a noted event waits for one to go with: a flush of its own would hold up the next that is waited for. */
const NOTED_WAIT_MS = 10;

/** Throws SluiceError (audit_unavailable or audit_broken) when the file cannot be written now. */
export async function openAuditLog(options: AuditOptions): Promise<DurableAuditLog> {
  const log = new GroupCommitLog(options);
  try {
    await log.probe();
    return log;
  } catch (error) {
    await log.close();
    // At start-up the operator reads this: say all that is known, the path included.
    throw error instanceof SluiceError && error.cause instanceof SluiceError ? error.cause : error;
  }
}

interface Waiting {
  /** Null for a probe. */
  readonly event: AuditEvent | null;
  readonly resolve: () => void;
  readonly reject: (error: SluiceError) => void;
}

/**
 * Whatever arrives while a batch is on its way to the disk becomes the next batch. At most one batch is in flight, so
 * the order of appends is the order of the chain.
 */
class GroupCommitLog implements DurableAuditLog {
  readonly #options: Required<AuditOptions>;
  #worker: Worker | null = null;
  /** Settles when the current worker has exited. */
  #exited: Promise<void> = Promise.resolve();
  #waiting: Waiting[] = [];
  #inFlight: Waiting[] | null = null;
  #timer: NodeJS.Timeout | undefined;
  #stalled = false;
  #pumpPlanned = false;
  /** Whether anything but notes waits. */
  #urgent = false;
  #noted: NodeJS.Timeout | undefined;
  #head: Head | null = null;
  #closing: Promise<void> | null = null;
  #onIdle: (() => void) | null = null;

  constructor(options: AuditOptions) {
    this.#options = { maxWaiting: 10_000, timeoutMs: 5000, busyTimeoutMs: 2000, ...options };
  }

  async append(event: AuditEvent): Promise<void> {
    return this.#enqueue(checkEvent(event), true);
  }

  async note(event: AuditEvent): Promise<void> {
    return this.#enqueue(checkEvent(event), false);
  }

  probe(): Promise<void> {
    return this.#enqueue(null, true);
  }

  async tail(count: number): Promise<readonly StoredAuditEvent[]> {
    return readTail(this.#options.path, count);
  }

  close(): Promise<void> {
    this.#closing ??= this.#drainAndStop();
    return this.#closing;
  }

  #enqueue(event: AuditEvent | null, urgent: boolean): Promise<void> {
    if (this.#closing !== null) return Promise.reject(unavailable('the log is closed'));
    if (this.#stalled) return Promise.reject(unavailable('the disk does not answer'));
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(unavailable('too many events wait for the disk'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      if (urgent) this.#hurry();
      else this.#noted ??= setTimeout(() => this.#hurry(), NOTED_WAIT_MS);
    });
  }

  /** From here on what waits goes as soon as it can. */
  #hurry(): void {
    clearTimeout(this.#noted);
    this.#noted = undefined;
    this.#urgent = true;
    this.#planPump();
  }

  /** One microtask later: callers that were answered together append together and share the next batch. */
  #planPump(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    queueMicrotask(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#inFlight !== null || this.#waiting.length === 0 || !this.#urgent) return;
    this.#inFlight = this.#waiting.splice(0, MAX_BATCH);
    this.#urgent = this.#waiting.length > 0;
    const events = this.#inFlight.flatMap((entry) => (entry.event === null ? [] : [entry.event]));
    this.#worker ??= this.#start();
    const batch = this.#inFlight;
    this.#timer = setTimeout(() => {
      // A main thread that was busy for long meets its timers before its messages: the answer may be there already.
      setImmediate(() => setImmediate(() => this.#inFlight === batch && this.#stall()));
    }, this.#options.timeoutMs);
    this.#worker.postMessage({ kind: 'append', events } satisfies WriterRequest);
  }

  #start(): Worker {
    // Run from source the module is .ts, in the compiled package .js; a URL in a string is not rewritten by the compiler.
    const file = import.meta.url.endsWith('.ts') ? './writer.ts' : './writer.js';
    const { path, survives, busyTimeoutMs } = this.#options;
    const workerData: WriterData = {
      path,
      synchronous: survives === 'power_loss' ? 'FULL' : 'NORMAL',
      busyTimeoutMs,
      known: this.#head,
    };
    const worker = new Worker(new URL(file, import.meta.url), { workerData, name: 'audit', execArgv: [] });
    // The batch timer keeps the process alive while an event is on its way; an idle log does not.
    worker.unref();
    let cause: unknown;
    worker.on('message', (reply: WriterReply) => this.#answer(reply));
    worker.on('error', (error) => {
      cause = error;
    });
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#worker = null;
        this.#settle((entry) => entry.reject(unavailable('its writer stopped', cause)));
        resolve();
      });
    });
    return worker;
  }

  #answer(reply: WriterReply): void {
    switch (reply.kind) {
      case 'appended':
        this.#head = reply.head;
        this.#settle((entry) => entry.resolve());
        break;
      case 'failed': {
        const { message, hint, broken } = reply;
        const fault = new SluiceError(broken ? 'audit_broken' : 'audit_unavailable', message, {
          ...(hint === null ? {} : { hint }),
        });
        this.#settle((entry) => entry.reject(unavailable('the write failed', fault)));
        break;
      }
      default:
        reply satisfies never;
    }
  }

  #settle(each: (entry: Waiting) => void): void {
    clearTimeout(this.#timer);
    const entries = this.#inFlight ?? [];
    this.#inFlight = null;
    this.#stalled = false;
    entries.forEach(each);
    if (this.#isIdle()) this.#onIdle?.();
    this.#planPump();
  }

  #isIdle(): boolean {
    return this.#stalled || (this.#inFlight === null && this.#waiting.length === 0);
  }

  /** Whoever waits is told; the batch stays in flight until the worker answers or exits, as order demands. */
  #stall(): void {
    this.#stalled = true;
    const entries = [...(this.#inFlight ?? []), ...this.#waiting];
    this.#inFlight = [];
    this.#waiting = [];
    for (const entry of entries) entry.reject(unavailable('the disk does not answer'));
    this.#onIdle?.();
  }

  async #drainAndStop(): Promise<void> {
    if (!this.#isIdle()) {
      this.#hurry();
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const worker = this.#worker;
    if (worker === null) return;
    worker.ref();
    worker.postMessage({ kind: 'close' } satisfies WriterRequest);
    const patience = setTimeout(() => void worker.terminate(), this.#options.timeoutMs);
    await this.#exited;
    clearTimeout(patience);
  }
}

/** Callers learn that nothing was released and why in one word; paths and system messages stay in the cause. */
function unavailable(why: string, cause?: unknown): SluiceError {
  const hint = cause instanceof SluiceError && cause.hint !== null ? { hint: cause.hint } : {};
  return new SluiceError('audit_unavailable', `The audit record cannot be written: ${why}`, {
    ...hint,
    retryAfter: 1,
    cause,
  });
}
