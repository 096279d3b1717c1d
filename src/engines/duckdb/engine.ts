/** DuckDB as an engine: verified texts run in a process that can be killed, on data that was published for reading. */
import { join } from 'node:path';
import { SluiceError } from '../../errors.ts';
import type { VerifiedQuery } from '../../sql/stages.ts';
import { Admission } from '../admission.ts';
import type {
  Engine,
  EngineObservation,
  PhysicalRelation,
  RunningQuery,
  RunOptions,
  Staged,
  Witness,
} from '../engine.ts';
import { Offences } from '../offences.ts';
import { Generation } from './generation.ts';
import { type RunRequest, toWire } from './messages.ts';
import { databaseSource, type Published, parquetSource, type Source } from './source.ts';
import { QueryStream } from './stream.ts';
import { type Worker, WorkerLost } from './worker.ts';

export interface DuckDbOptions {
  readonly name: string;
  /** A warehouse file, or a folder of Parquet files; exactly one of the two. */
  readonly database?: string;
  readonly parquet?: string;
  /** The catalog name that relations are qualified with. */
  readonly catalog: string;
  /** Folder for published copies and spilled data; raw data, so nobody else may read it. */
  readonly publishDir: string;
  /** Bytes. */
  readonly memoryLimit?: number | null;
  /** Bytes that queries may spill. */
  readonly tempLimit?: number | null;
  readonly threads?: number | null;
  readonly concurrency: number;
  readonly perIdentity: number;
  readonly queue: number;
  readonly observe?: (event: EngineObservation) => void;
  /** Milliseconds an interrupt may take before the process is killed. Default 2000. */
  readonly graceMs?: number;
  /** Milliseconds after which a reader that takes no rows loses its query. Default 60000. */
  readonly stallMs?: number;
  /** Milliseconds that publishing waits for a writer of the source. Default 10000. */
  readonly patienceMs?: number;
}

/** Publishes the source and starts its process. @throws SluiceError engine_unavailable */
export async function createDuckDbEngine(options: DuckDbOptions): Promise<Engine> {
  const engine = new DuckDbEngine(options);
  await engine.open();
  return engine;
}

/** A query is tried again once where its process was lost before it had an answer. */
const ATTEMPTS = 2;

class DuckDbEngine implements Engine {
  readonly name: string;
  readonly kind = 'duckdb';
  private readonly options: DuckDbOptions;
  private readonly source: Source;
  private readonly admission: Admission;
  private readonly offences = new Offences();
  private readonly observe: (event: EngineObservation) => void;
  private published: Published | null = null;
  private generation: Generation | null = null;
  private publishing: Promise<void> | null = null;
  private publishAgain: Promise<void> | null = null;
  private copying: Promise<void> | null = null;
  private closed = false;

  constructor(options: DuckDbOptions) {
    this.name = options.name;
    this.options = options;
    this.source = sourceOf(options);
    this.observe = options.observe ?? (() => {});
    this.admission = new Admission({
      concurrency: options.concurrency,
      perPrincipal: options.perIdentity,
      queue: options.queue,
    });
  }

  async open(): Promise<void> {
    try {
      await this.publish();
    } catch (error) {
      const latest = await this.source.latest();
      if (latest === null) throw error;
      this.observe({ kind: 'engine_stale', engine: this.name, text: String(error) });
      (await this.prepare(latest)).commit();
    }
  }

  async run(query: VerifiedQuery, options: RunOptions): Promise<RunningQuery> {
    this.offences.check(options.principal, performance.now());
    // Taken before the first wait: the query runs on the data that was current when it was asked.
    let hold = this.hold();
    let release = (): void => {};
    try {
      release = await this.admission.enter(options.principal, options.signal);
      const request = requestOf(query, options, this.options.stallMs ?? 60_000);
      for (let attempt = 1; ; attempt++) {
        const started = await this.processOf(hold);
        hold = started.hold;
        const stream = await this.start(started.worker, request, options, attempt === ATTEMPTS);
        if (stream === null) continue;
        void stream.done.then(release).then(hold.leave);
        return stream;
      }
    } catch (error) {
      release();
      hold.leave();
      throw error;
    }
  }

  async describe(): Promise<readonly PhysicalRelation[]> {
    return this.using(relationsIn);
  }

  async witness(sql: string): Promise<Witness> {
    return this.using(async (worker) => {
      const reply = await worker.call({ kind: 'witness', sql });
      return reply.kind === 'witnessed' ? reply.witness : unexpected();
    });
  }

  /** One at a time; a call during another publishes once more after it, since the source may have changed. */
  publish(): Promise<void> {
    if (this.publishing === null) {
      this.publishing = this.publishNow().finally(() => {
        this.publishing = null;
      });
      return this.publishing;
    }
    this.publishAgain ??= this.publishing
      .catch(() => {})
      .then(() => {
        this.publishAgain = null;
        return this.publish();
      });
    return this.publishAgain;
  }

  /** Parquet files are read where they lie. */
  dataVersion(): string | null {
    return this.options.parquet === undefined ? (this.published?.key ?? null) : null;
  }

  async health(): Promise<'ready' | 'unavailable'> {
    return this.generation?.healthy ? 'ready' : 'unavailable';
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.publishing?.catch(() => {});
    await this.generation?.close();
  }

  private async publishNow(): Promise<void> {
    (await this.stage()).commit();
  }

  async stage(): Promise<Staged> {
    const published = await this.source.publish();
    if (this.closed) throw new SluiceError('engine_unavailable');
    if (published.key !== this.published?.key || this.generation === null) return this.prepare(published);
    try {
      const relations = await relationsIn(await this.generation.process());
      return { relations, commit: () => {}, discard: async () => {} };
    } catch (error) {
      throw error instanceof WorkerLost ? unavailable(error) : error;
    }
  }

  /** The new process answers before the old one is retired, so that no query finds none. */
  private async prepare(published: Published): Promise<Staged> {
    const started = Date.now();
    const next = new Generation({
      engine: this.name,
      open: {
        kind: 'open',
        catalog: this.options.catalog,
        source: published.source,
        memoryLimit: this.options.memoryLimit ?? null,
        tempLimit: this.options.tempLimit ?? null,
        threads: this.options.threads ?? null,
      },
      directory: join(this.options.publishDir, this.name),
      concurrency: this.options.concurrency,
      observe: this.observe,
    });
    const discard = async (): Promise<void> => {
      await next.close();
      if (this.published !== null) await this.source.clean(this.published);
    };
    try {
      return {
        relations: await relationsIn(await next.process()),
        commit: () => {
          this.serve(next, published);
          this.observe({ kind: 'engine_published', engine: this.name, durationMs: Date.now() - started });
        },
        discard,
      };
    } catch (error) {
      await discard();
      throw error instanceof WorkerLost ? unavailable(error) : error;
    }
  }

  private serve(next: Generation, published: Published): void {
    const previous = this.generation;
    this.generation = next;
    this.published = published;
    void previous?.retire();
    void this.source.clean(published).catch((error: unknown) => {
      this.observe({ kind: 'engine_stale', engine: this.name, text: String(error) });
    });
  }

  /** Null where the process was lost before the query had an answer, and it may be tried again. */
  private async start(
    worker: Worker,
    request: RunRequest,
    { principal, signal }: RunOptions,
    last: boolean,
  ): Promise<QueryStream | null> {
    const onOffence = (): void => this.offences.blame(principal, performance.now());
    try {
      const graceMs = this.options.graceMs ?? 2000;
      return await QueryStream.start({ worker, request, graceMs, signal, onOffence });
    } catch (error) {
      if (!(error instanceof WorkerLost)) throw error;
      if (signal.aborted) throw new SluiceError('cancelled');
      // Alone, or there each time: it was this query that took too much.
      if (error.tooLarge === 1 || (error.tooLarge > 1 && last)) {
        onOffence();
        throw new SluiceError('out_of_memory', undefined, { cause: error });
      }
      if (last) throw unavailable(error);
      return null;
    }
  }

  private async using<T>(work: (worker: Worker) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { worker, hold } = await this.processOf(this.hold());
      try {
        return await work(worker);
      } catch (error) {
        if (!(error instanceof WorkerLost)) throw error;
        if (attempt === ATTEMPTS) throw unavailable(error);
      } finally {
        hold.leave();
      }
    }
  }

  /**
   * The process of what is held. Where it cannot be started, its copy may be gone (another gate shares the folder), so
   * it is copied again, once, from a source that is still the same.
   */
  private async processOf(hold: Hold): Promise<{ readonly worker: Worker; readonly hold: Hold }> {
    try {
      return { worker: await hold.generation.process(), hold };
    } catch (error) {
      hold.leave();
      if (this.closed) throw error;
    }
    this.copying ??= this.copyAgain().finally(() => {
      this.copying = null;
    });
    await this.copying;
    const again = this.hold();
    try {
      return { worker: await again.generation.process(), hold: again };
    } catch (error) {
      again.leave();
      throw error;
    }
  }

  /** Data that is newer than what is served stays out: its rules come with the push that brings it. */
  private async copyAgain(): Promise<void> {
    const served = this.published?.key;
    const found = await this.source.publish().catch(() => null);
    if (found !== null && found.key === served && this.published?.key === served)
      (await this.prepare(found)).commit();
  }

  private hold(): Hold {
    const generation = this.generation;
    if (generation === null || this.closed) throw new SluiceError('engine_unavailable');
    return { generation, leave: generation.enter() };
  }
}

/** Keeps a state of the data served until it is left. */
interface Hold {
  readonly generation: Generation;
  readonly leave: () => void;
}

async function relationsIn(worker: Worker): Promise<readonly PhysicalRelation[]> {
  const reply = await worker.call({ kind: 'describe' });
  return reply.kind === 'described' ? reply.relations : unexpected();
}

function sourceOf(options: DuckDbOptions): Source {
  if (options.parquet !== undefined) return parquetSource(options.parquet);
  if (options.database === undefined)
    throw new SluiceError('config_invalid', 'An engine needs a database or a folder.');
  return databaseSource({
    name: options.name,
    database: options.database,
    directory: join(options.publishDir, options.name),
    patienceMs: options.patienceMs ?? 10_000,
  });
}

function requestOf(query: VerifiedQuery, options: RunOptions, stallMs: number): RunRequest {
  return {
    kind: 'run',
    sql: query.sql,
    params: query.params.map(toWire),
    encoding: options.encoding,
    maxRows: options.maxRows,
    maxBytes: options.maxBytes,
    timeoutMs: options.timeoutMs,
    stallMs,
  };
}

function unavailable(cause: unknown): SluiceError {
  return new SluiceError('engine_unavailable', undefined, { cause, retryAfter: 1 });
}

function unexpected(): never {
  throw new SluiceError('engine_unavailable');
}
