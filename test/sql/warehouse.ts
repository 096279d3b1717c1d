/** Real DuckDB in this process, for the tests that run what the rewriter gives. */
import { type DuckDBConnection, DuckDBInstance, listValue } from '@duckdb/node-api';
import type { GovernedQuery, ParamValue } from '../../src/sql/stages.ts';
import { verify } from '../../src/sql/verify.ts';
import { duckdbWitness } from '../../src/sql/verify-duckdb.ts';

export interface Warehouse {
  run(sql: string): Promise<void>;
  /** Rows as text, in the engine's order. */
  rows(sql: string, params?: readonly ParamValue[]): Promise<readonly string[]>;
  /** Verifies as the gate does, then runs. */
  governed(query: GovernedQuery): Promise<readonly string[]>;
  close(): void;
}

/** @param path of a database file; in memory without one, where DuckDB compresses nothing. */
export async function warehouse(path = ':memory:'): Promise<Warehouse> {
  const instance = await DuckDBInstance.create(path, { threads: '2' });
  const connection = await instance.connect();
  const rows = (sql: string, params: readonly ParamValue[] = []): Promise<readonly string[]> =>
    read(connection, sql, params);
  const witness = async (sql: string) => {
    const read = await connection.runAndReadAll('SELECT json_serialize_sql($1::varchar)', [sql]);
    return duckdbWitness(read.getRowsJS()[0]?.[0]);
  };
  return {
    run: async (sql) => {
      await connection.run(sql);
    },
    rows,
    governed: async (query) => {
      const verified = await verify(query, { name: 'duckdb', witness });
      return rows(verified.sql, verified.params);
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function read(
  connection: DuckDBConnection,
  sql: string,
  params: readonly ParamValue[],
): Promise<readonly string[]> {
  const values = params.map((value) => (isList(value) ? listValue([...value]) : value));
  const result = await connection.runAndReadAll(sql, values);
  return result.getRowsJS().map((row) => row.map(written).join('|'));
}

function isList(value: ParamValue): value is readonly (string | number | boolean)[] {
  return Array.isArray(value);
}

/** Floats to nine digits, so that the order of a sum does not count; HUGEINT and BIGINT alike. */
function written(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toPrecision(9);
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item))
    : String(value);
}

export function multiset(rows: readonly string[]): readonly string[] {
  return [...rows].sort();
}
