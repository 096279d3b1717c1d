/** The example behind each engine, so that the same hostile texts meet both. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import type { Engine } from '../../src/engines/engine.ts';
import { copyExample, startGate, type TestGate } from '../e2e/gate.ts';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';

export type EngineKind = 'duckdb' | 'postgres';

export interface Stand {
  readonly gate: TestGate;
  /** Null where the engine is a process of the gate's. */
  readonly server: TestServer | null;
  close(): Promise<void>;
}

export const ENGINES: readonly EngineKind[] = ['duckdb', 'postgres'];

/** Why an engine cannot be had here, or null. */
export const MISSING: Readonly<Record<EngineKind, string | null>> = { duckdb: null, postgres: missingServer };

/** What the gate logs in as: a role as docs/operations/postgres.md asks for, with little room on disk. */
export const ROLE = 'sluice';

/** Room for the longest texts, so that it is the guard that answers. */
const ROOM = 'limits:\n  sql_bytes: 1MB\n  body_bytes: 4MB\n';

/** @param edit of the gate's sluice.yml */
export async function openStand(
  kind: EngineKind,
  engine: (engine: Engine) => Engine = (same) => same,
  edit: (yaml: string) => string = (yaml) => yaml.replace('limits:\n', ROOM),
): Promise<Stand> {
  if (kind === 'duckdb') {
    const gate = await startGate({ engine, edit });
    return { gate, server: null, close: () => gate.close() };
  }
  const server = await startServer();
  try {
    const folder = await copyExample((yaml) =>
      edit(yaml).replace(
        /warehouse:\n(?: {4}.*\n)+/,
        `warehouse: { kind: postgres, url: '${server.urlFor(ROLE, CATALOG)}' }\n`,
      ),
    );
    await load(join(folder, `data/${CATALOG}.duckdb`), server);
    const gate = await startGate({ engine, folder });
    return {
      gate,
      server,
      close: async () => {
        await gate.close();
        await server.close();
      },
    };
  } catch (thrown) {
    await server.close();
    throw thrown;
  }
}

const CATALOG = 'energy_community';
/** Rows of each relation: all of the small ones, and enough of the readings. */
const MOST_ROWS = 20_000;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function roleOver(schemas: readonly string[]): readonly string[] {
  const all = schemas.map(quoted).join(', ');
  return [
    `CREATE ROLE ${ROLE} LOGIN PASSWORD 'test' NOINHERIT`,
    `ALTER ROLE ${ROLE} SET temp_file_limit = '64MB'`,
    `ALTER ROLE ${ROLE} SET default_transaction_read_only = on`,
    `REVOKE TEMPORARY, CREATE ON DATABASE ${CATALOG} FROM PUBLIC`,
    `GRANT USAGE ON SCHEMA ${all} TO ${ROLE}`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA ${all} TO ${ROLE}`,
    'ANALYZE',
  ];
}

/** What dbt built on DuckDB, as tables of the same names on a server. */
async function load(path: string, server: TestServer): Promise<void> {
  const between = mkdtempSync(join(tmpdir(), 'sluice-load-'));
  chmodSync(between, 0o777);
  await server.run(`CREATE DATABASE ${CATALOG}`);
  const client = new pg.Client(server.urlFor('postgres', CATALOG));
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  try {
    await client.connect();
    const connection = await instance.connect();
    const found = await connection.runAndReadAll(
      `SELECT table_schema, table_name, list(column_name ORDER BY ordinal_position), list(data_type ORDER BY ordinal_position)
       FROM information_schema.columns GROUP BY ALL`,
    );
    for (const [schema, name, columns, types] of found.getRowsJson() as [
      string,
      string,
      string[],
      string[],
    ][]) {
      const relation = `${quoted(schema)}.${quoted(name)}`;
      const file = join(between, `${schema}.${name}.csv`);
      const definition = columns.map(
        (column, i) => `${quoted(column)} ${types[i]?.replace(/^DOUBLE$/, 'double precision')}`,
      );
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
      await client.query(`CREATE TABLE ${relation} (${definition.join(', ')})`);
      await connection.run(
        `COPY (FROM ${relation} LIMIT ${MOST_ROWS}) TO '${file}' (FORMAT csv, HEADER false)`,
      );
      await client.query(`COPY ${relation} FROM '${file}' (FORMAT csv)`);
    }
    connection.closeSync();
    for (const statement of roleOver([...new Set(found.getRowsJson().map(([schema]) => String(schema)))]))
      await client.query(statement);
  } finally {
    instance.closeSync();
    await client.end();
    rmSync(between, { recursive: true, force: true });
  }
}
