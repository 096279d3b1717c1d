/** Opens the engines that the configuration names. */
import { basename, extname } from 'node:path';
import type { Config } from '../config.ts';
import { createDuckDbEngine } from '../engines/duckdb/engine.ts';
import type { Engine } from '../engines/engine.ts';
import type { ConnectionOptions } from '../engines/postgres/connection.ts';
import { createPostgresEngine } from '../engines/postgres/engine.ts';
import type { Observe } from '../observe.ts';

/** Where the server of an engine is. */
export function postgresConnection(
  engine: Extract<Config['engines'][string], { kind: 'postgres' }>,
): ConnectionOptions {
  const { url, host, port, database, user, password, ssl, ssl_ca: sslCa } = engine;
  return { url, host, port, database, user, password, ssl, sslCa };
}

export async function openEngines(
  config: Config,
  publishDir: string,
  observe: Observe,
): Promise<ReadonlyMap<string, Engine>> {
  const engines = new Map<string, Engine>();
  for (const name of Object.keys(config.engines))
    engines.set(name, await openEngine(name, config, publishDir, observe));
  return engines;
}

/** To be closed by whoever opened it. */
export async function openEngine(
  name: string,
  { engines, limits }: Config,
  publishDir: string,
  observe: Observe,
): Promise<Engine> {
  const engine = engines[name]!;
  const shared = { name, perIdentity: limits.per_identity, queue: limits.queue, observe };
  switch (engine.kind) {
    case 'duckdb':
      return createDuckDbEngine({
        ...shared,
        ...(engine.database === undefined ? {} : { database: engine.database }),
        ...(engine.parquet === undefined ? {} : { parquet: engine.parquet }),
        catalog: engine.catalog ?? basename(engine.database ?? '', extname(engine.database ?? '')),
        publishDir,
        memoryLimit: engine.memory_limit ?? null,
        tempLimit: engine.temp_limit ?? null,
        threads: engine.threads ?? null,
        concurrency: limits.concurrency,
      });
    case 'postgres':
      return createPostgresEngine({
        ...shared,
        connection: postgresConnection(engine),
        concurrency: engine.pool ?? limits.concurrency,
        preparedStatements: engine.prepared_statements ?? true,
      });
    default:
      return engine satisfies never;
  }
}
