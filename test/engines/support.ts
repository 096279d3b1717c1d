/** Real warehouses and real engine processes for the tests of this folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createDuckDbEngine, type DuckDbOptions } from '../../src/engines/duckdb/engine.ts';
import type { Engine, EngineObservation, RunningQuery, RunOptions } from '../../src/engines/engine.ts';
import type { ParamValue, VerifiedQuery } from '../../src/sql/stages.ts';

export interface Bench {
  readonly folder: string;
  readonly database: string;
  readonly engine: Engine;
  readonly observed: EngineObservation[];
  close(): Promise<void>;
}

/** A warehouse built by `statements` and an engine on it. */
export async function openBench(
  statements: readonly string[],
  options: Partial<DuckDbOptions> = {},
): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
  const database = join(folder, 'warehouse.duckdb');
  await writeWarehouse(database, statements);
  const observed: EngineObservation[] = [];
  const engine = await createDuckDbEngine({
    name: 'warehouse',
    database,
    catalog: 'warehouse',
    publishDir: join(folder, 'published'),
    memoryLimit: 512 << 20,
    tempLimit: 512 << 20,
    threads: 2,
    concurrency: 4,
    perIdentity: 4,
    queue: 16,
    graceMs: 500,
    observe: (event) => observed.push(event),
    ...options,
  });
  return {
    folder,
    database,
    engine,
    observed,
    close: async () => {
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** In this process, through the driver, closed afterwards: as dbt would leave it. */
export async function writeWarehouse(database: string, statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(database);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

/** Only verification mints these; the engine's tests speak for it. */
export function verified(sql: string, params: readonly ParamValue[] = []): VerifiedQuery {
  return { engine: 'warehouse', sql, params, columns: [] } as unknown as VerifiedQuery;
}

export const never = new AbortController().signal;

export function start(
  engine: Engine,
  sql: string,
  options: Partial<RunOptions> & { readonly params?: readonly ParamValue[] } = {},
): Promise<RunningQuery> {
  return engine.run(verified(sql, options.params), {
    requestId: 'test',
    principal: 'somebody',
    encoding: 'json',
    maxRows: 1000,
    maxBytes: 64 << 20,
    timeoutMs: 20_000,
    signal: never,
    ...options,
  });
}

export async function text(query: RunningQuery): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of query.chunks) parts.push(chunk.bytes);
  return Buffer.concat(parts).toString();
}

export async function rows(
  engine: Engine,
  sql: string,
  options: Parameters<typeof start>[2] = {},
): Promise<unknown[][]> {
  return JSON.parse(
    `[${await text(await start(engine, sql, { ...options, encoding: 'json' }))}]`,
  ) as unknown[][];
}
