/** Opens an engine's stand. Only that engine is loaded. */
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import type { Stand } from './stand.ts';

export const ENGINES: readonly EngineKind[] = ['duckdb', 'postgres'];

/** Why the engine cannot be had here, or null. */
export async function missing(engine: EngineKind): Promise<string | null> {
  return engine === 'postgres' ? (await import('../engines/postgres/server.ts')).missingServer : null;
}

export async function openStand(engine: EngineKind): Promise<Stand> {
  switch (engine) {
    case 'duckdb':
      return (await import('./duckdb-stand.ts')).duckdbStand();
    case 'postgres':
      return (await import('./postgres-stand.ts')).postgresStand();
    default:
      return engine satisfies never;
  }
}
