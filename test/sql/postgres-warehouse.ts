/** A real PostgreSQL server for the tests that run what the rewriter gives, under the settings of the engine. */
import pg from 'pg';
import { bindValue } from '../../src/engines/postgres/bind.ts';
import { settingsFor } from '../../src/engines/postgres/settings.ts';
import type { GovernedQuery, ParamValue } from '../../src/sql/stages.ts';
import { verify } from '../../src/sql/verify.ts';
import { postgresWitness } from '../../src/sql/verify-postgres.ts';
import { startServer, type TestServer } from '../engines/postgres/server.ts';

export interface PostgresWarehouse {
  readonly server: TestServer;
  run(...statements: readonly string[]): Promise<void>;
  /** Rows as text, in the engine's order, under an empty search path unless told. */
  rows(sql: string, params?: readonly ParamValue[], searchPath?: string): Promise<readonly string[]>;
  /** Verifies as the gate does, then runs. */
  governed(query: GovernedQuery): Promise<readonly string[]>;
  /** The plan of a governed query, a line each. */
  plan(query: GovernedQuery): Promise<string>;
  close(): Promise<void>;
}

/** @param beside another warehouse: then a second, empty database on the same server. */
export async function postgresWarehouse(beside?: PostgresWarehouse): Promise<PostgresWarehouse> {
  const server = beside?.server ?? (await startServer());
  await beside?.run('CREATE DATABASE beside');
  const client = new pg.Client(beside === undefined ? server.url : server.urlFor('postgres', 'beside'));
  await client.connect();
  const rows: PostgresWarehouse['rows'] = async (sql, params = [], searchPath = '') => {
    await client.query('BEGIN READ ONLY');
    try {
      await client.query(settingsFor(server.version), ['60000']);
      await client.query("SELECT set_config('search_path', $1, true)", [searchPath]);
      const result = await client.query<unknown[]>({
        text: sql,
        values: params.map((value) => bindValue(value).value),
        rowMode: 'array',
        types: { getTypeParser: (oid: number) => (text: string) => written(oid, text) },
      });
      return result.rows.map((row) => row.map(String).join('|'));
    } finally {
      await client.query('ROLLBACK');
    }
  };
  const verified = (query: GovernedQuery) =>
    verify(query, { name: 'postgres', witness: async (sql) => postgresWitness(sql) });
  return {
    server,
    async run(...statements) {
      for (const statement of statements) await client.query(statement);
    },
    rows,
    async governed(query) {
      const { sql, params } = await verified(query);
      return rows(sql, params);
    },
    async plan(query) {
      const { sql, params } = await verified(query);
      return (await rows(`EXPLAIN (COSTS OFF) ${sql}`, params)).join('\n');
    },
    async close() {
      await client.end();
      if (beside === undefined) await server.close();
    },
  };
}

/** As the stand of DuckDB writes it: floats to nine digits, numbers of any type alike, moments in ISO form. */
function written(oid: number, text: string): string {
  if (oid === 16) return text === 't' ? 'true' : 'false';
  if (oid === 1700 || oid === 701 || oid === 700) {
    const value = Number(text);
    return Number.isInteger(value) ? String(value) : value.toPrecision(9);
  }
  if (oid === 1082) return new Date(`${text}T00:00:00Z`).toISOString();
  if (oid === 1114) return new Date(`${text.replace(' ', 'T')}Z`).toISOString();
  if (oid === 1184) return new Date(text.replace(' ', 'T').replace(/\+00$/, 'Z')).toISOString();
  return text;
}
