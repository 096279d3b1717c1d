/** The accepted language on both engines: what a text gives on PostgreSQL, over a copy governed by hand, the gate gives on each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { loadParser } from '../../src/sql/parse.ts';
import type { ParamValue } from '../../src/sql/stages.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { readCases } from './cases.ts';
import { governed } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { THINGS_RULES, thingsIn, thingsSql } from './things.ts';
import { multiset, type Warehouse, warehouse } from './warehouse.ts';

const CASES = ['both.sql', 'spelled.sql']
  .flatMap((file) => readCases(`test/cases/rewrite/${file}`))
  .map(({ title, sql }) => ({
    sql,
    /** What only PostgreSQL has says so in the comment above. */
    only: title.startsWith('only on PostgreSQL'),
  }));

describe.skipIf(missingServer !== null)('the same on both engines', () => {
  let duckdb: Warehouse;
  let postgres: PostgresWarehouse;
  let copy: PostgresWarehouse;
  beforeAll(async () => {
    await loadParser();
    duckdb = await warehouse();
    await duckdb.run("SET TimeZone = 'UTC'");
    postgres = await postgresWarehouse();
    copy = await postgresWarehouse(postgres);
    for (const sql of thingsSql('base', 'duckdb')) await duckdb.run(sql);
    await postgres.run(...thingsSql('base', 'postgres'));
    await copy.run(...thingsSql('copy', 'postgres'));
  });
  afterAll(async () => {
    duckdb?.close();
    await copy?.close();
    await postgres?.close();
  });

  const onDuckDb = (sql: string, params: readonly ParamValue[] = []) =>
    duckdb.governed(governed(sql, thingsIn('memory', 'duckdb'), THINGS_RULES, { params }));
  const onPostgres = (sql: string, params: readonly ParamValue[] = []) =>
    postgres.governed(
      governed(sql, thingsIn('warehouse', 'postgres'), THINGS_RULES, { engine: 'postgres', params }),
    );

  it.each(CASES)('$sql', async ({ sql, only }) => {
    const ordered = /\border by\b[^)]*$/i.test(sql);
    const seen = (rows: readonly string[]) => (ordered ? rows : multiset(rows));
    const wanted = seen(await copy.rows(sql, [], 'gold'));
    expect(seen(await onPostgres(sql))).toEqual(wanted);
    if (only) await expect(async () => onDuckDb(sql)).rejects.toThrow(/not available on this engine/);
    else expect(seen(await onDuckDb(sql))).toEqual(wanted);
  });

  it.each([
    'SELECT count(*) FROM things t, generate_series(0, t.id * 100000) g',
    "SELECT count(*) FROM generate_series((SELECT min(d) FROM things), timestamp '9999-01-01', interval '1 minute')",
    'SELECT generate_series(1, max(id) * 1000000) FROM things',
    "SELECT count(*) FROM generate_series(CAST('-infinity' AS timestamp), now()::timestamp, interval '1 day')",
  ])('a series that is too long where it is made ends in an error: %s', async (sql) => {
    await expect(onPostgres(sql)).rejects.toMatchObject({ code: '22000' });
    await expect(onDuckDb(sql)).rejects.toThrow(/sluice: too many rows|infinite bounds/);
  });

  it('bounds a series by the values of parameters', () => {
    const series = 'SELECT count(*) FROM generate_series($1, $2, $3) g';
    const refusal = (params: readonly ParamValue[]) => {
      try {
        governed(series, [], {}, { params });
        return null;
      } catch (error) {
        return error instanceof SluiceError ? error.code : error;
      }
    };
    expect(refusal([1, 1_000_000, 1])).toBeNull();
    expect(refusal([1, 1_000_001, 1])).toBe('sql_bound');
    expect(refusal([1, 10, 0])).toBe('sql_bound');
    expect(refusal([1, 10, null])).toBe('sql_bound');
    expect(refusal(['2024-01-01', '2024-02-01', '1 day'])).toBeNull();
    expect(refusal(['2024-01-01', '2024-02-01', '1 second'])).toBe('sql_bound');
    expect(refusal(['2024-01-01', '2024-02-01', '1 month -30 days'])).toBe('sql_bound');
  });
});
