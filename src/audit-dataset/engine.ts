/** The engine of the audit's tables: a DuckDB engine on the warehouse, begun with the first query and brought up to date before each that comes later than its staleness allows. */
import { BUILT_IN_ENGINE } from '../catalogue/built-in.ts';
import { createDuckDbEngine, type DuckDbOptions } from '../engines/duckdb/engine.ts';
import type { Engine } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import { AUDIT_CATALOG } from './datasets.ts';
import type { Refresher } from './refresher.ts';

export interface AuditEngineOptions
  extends Pick<DuckDbOptions, 'publishDir' | 'concurrency' | 'perIdentity' | 'queue'> {
  readonly database: string;
  readonly refresher: Refresher;
  readonly observe: NonNullable<DuckDbOptions['observe']>;
  /** Milliseconds since the epoch, or since anything else. */
  readonly now: () => number;
  /** Milliseconds that an answer may be behind the log. */
  readonly staleMs?: number;
}

const STALE_MS = 1_000;
const MEMORY = 1 << 30;

/** Costs nothing before it is asked. */
export function createAuditEngine(options: AuditEngineOptions): Engine {
  const { refresher, now, staleMs = STALE_MS } = options;
  let engine: Promise<Engine> | null = null;
  let refreshed = Number.NEGATIVE_INFINITY;
  let refreshing: Promise<Engine> | null = null;
  let closed = false;

  async function refresh(): Promise<Engine> {
    const begun = now();
    const { added } = await refresher.fill();
    if (closed) throw new SluiceError('engine_unavailable');
    if (engine === null) {
      const opening = createDuckDbEngine({
        name: BUILT_IN_ENGINE,
        database: options.database,
        catalog: AUDIT_CATALOG,
        publishDir: options.publishDir,
        memoryLimit: MEMORY,
        threads: null,
        concurrency: options.concurrency,
        perIdentity: options.perIdentity,
        queue: options.queue,
        observe: options.observe,
      });
      engine = opening;
      opening.catch(() => {
        engine = null;
      });
      await opening;
    } else if (added > 0) await (await engine).publish();
    refreshed = begun;
    return engine;
  }

  /** Not older than that; several who ask at once wait for the same. */
  function fresh(): Promise<Engine> {
    if (engine !== null && now() - refreshed < staleMs) return engine;
    refreshing ??= refresh().finally(() => {
      refreshing = null;
    });
    return refreshing;
  }

  const anyAge = (): Promise<Engine> => engine ?? fresh();

  return {
    name: BUILT_IN_ENGINE,
    kind: 'duckdb',
    describe: async () => (await anyAge()).describe(),
    witness: async (sql) => (await anyAge()).witness(sql),
    run: async (query, run) => (await fresh()).run(query, run),
    stage: async () => (await anyAge()).stage(),
    publish: async () => {
      await fresh();
    },
    // It changes with every query, its own among them.
    dataVersion: () => null,
    health: async () => (engine === null ? 'ready' : (await engine).health()),
    async close() {
      closed = true;
      await refreshing?.catch(() => {});
      await (await engine?.catch(() => null))?.close();
      await refresher.close();
    },
  };
}
