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
import { Generation } from './generation.ts';
import { type RunRequest, toWire } from './messages.ts';
import { databaseSource, type Published, parquetSource, type Source } from './source.ts';
import { QueryStream, WorkerLost } from './stream.ts';
import type { Worker } from './worker.ts';

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
  private readonly observe: (event: EngineObservation) => void;
  private published: Published | null = null;
  private generation: Generation | null = null;
  private publishing: Promise<void> | null = null;
  private publishAgain: Promise<void> | null = null;
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
    // Taken before the first wait: the query runs on the data that was current when it was asked.
    const generation = this.current();
    const leave = generation.enter();
    let release = (): void => {};
    try {
      release = await this.admission.enter(options.principal, options.signal);
      const request = requestOf(query, options, this.options.stallMs ?? 60_000);
      const stream = await this.start(generation, request, options.signal);
      void stream.done.then(release).then(leave);
      return stream;
    } catch (error) {
      release();
      leave();
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

  async health(): Promise<'ready' | 'unavailable'> {
    return this.generation?.healthy ? 'ready' : 'unavailable';
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.publishing?.catch(() => {});
    await this.generation?.close();
  }

  private async publishNow(): Promise<void> {
    const started = Date.now();
    const staged = await this.stage();
    staged.commit();
    this.observe({ kind: 'engine_published', engine: this.name, durationMs: Date.now() - started });
  }

  async stage(): Promise<Staged> {
    const published = await this.source.publish();
    if (this.closed) throw new SluiceError('engine_unavailable');
    if (published.key === this.published?.key && this.generation !== null)
      return { relations: await this.describe(), commit: () => {}, discard: async () => {} };
    return this.prepare(published);
  }

  /** The new process answers before the old one is retired, so that no query finds none. */
  private async prepare(published: Published): Promise<Staged> {
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
        commit: () => this.serve(next, published),
        discard,
      };
    } catch (error) {
      await discard();
      throw error;
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

  private async start(
    generation: Generation,
    request: RunRequest,
    signal: AbortSignal,
  ): Promise<QueryStream> {
    for (let attempt = 1; ; attempt++) {
      try {
        const worker = await this.processOf(generation);
        const graceMs = this.options.graceMs ?? 2000;
        return await QueryStream.start({ worker, request, graceMs, signal });
      } catch (error) {
        if (!(error instanceof WorkerLost)) throw error;
        if (signal.aborted) throw new SluiceError('cancelled');
        if (attempt === ATTEMPTS)
          throw new SluiceError('engine_unavailable', undefined, { cause: error, retryAfter: 1 });
      }
    }
  }

  private async using<T>(work: (worker: Worker) => Promise<T>): Promise<T> {
    const generation = this.current();
    const leave = generation.enter();
    try {
      return await work(await this.processOf(generation));
    } finally {
      leave();
    }
  }

  /** Where a process cannot be started, its copy may be gone (another gate shares the folder): it is made again, once. */
  private async processOf(generation: Generation): Promise<Worker> {
    try {
      return await generation.process();
    } catch (error) {
      if (this.closed) throw error;
      await this.publish().catch(() => {});
      return this.current().process();
    }
  }

  private current(): Generation {
    if (this.generation === null || this.closed) throw new SluiceError('engine_unavailable');
    return this.generation;
  }
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

function unexpected(): never {
  throw new SluiceError('engine_unavailable');
}
