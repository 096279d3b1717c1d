/** Parameters on both engines: typed as they are bound, whatever stands around them, and never the end of an instance. */
import { DuckDBInstance } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindParams } from '../../src/engines/duckdb/bind.ts';
import { SluiceError } from '../../src/errors.ts';
import { FUNCTIONS } from '../../src/sql/guard/functions.ts';
import { OPERATORS } from '../../src/sql/guard/operators.ts';
import { SET_FUNCTIONS } from '../../src/sql/guard/set-functions.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import type { ParamValue } from '../../src/sql/stages.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { dataset, governed } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

const T = (database: string) =>
  dataset('gold.t', ['id integer', 's text', 'd date', 'n numeric(12,3)', 'b boolean', 'l integer[]'], {
    database,
    schema: 'gold',
    identifier: 't',
  });
const SETUP = [
  'CREATE SCHEMA gold',
  'CREATE TABLE gold.t (id integer, s text, d date, n numeric(12,3), b boolean, l integer[])',
  "INSERT INTO gold.t VALUES (1, 'a', '2024-01-31', 1.500, true, ARRAY[1, 2]), (2, 'b', '2024-02-29', -0.001, false, ARRAY[3]), (3, NULL, NULL, NULL, NULL, NULL)",
];

const VALUES: readonly ParamValue[] = ['x', '5', 5, 2 ** 40, 1.5, true, null, ['a', 'b'], [1, 2], [0.5]];

/** For each argument of each function. */
const FEW: readonly ParamValue[] = ['x', 1.5, null, ['a', 'b']];

/** Where a parameter may stand, beside the arguments of functions. */
const PLACES: readonly string[] = [
  ...['$1', '$1 IS NULL', '$1 IS NOT TRUE', 'coalesce($1, $1)', 'nullif($1, $1)', 'greatest($1, $1)'],
  ...['CASE WHEN $1 IS NULL THEN $1 ELSE $1 END', 'CASE $1 WHEN $1 THEN 1 END', 'ARRAY[$1, $1]', '($1)[1]'],
  ...['$1 IN ($1, $1)', '$1 BETWEEN $1 AND $1', '$1 IS DISTINCT FROM $1', '$1 LIKE $1', '$1 SIMILAR TO $1'],
  ...['$1 = ANY (ARRAY[$1])', '1 = ANY ($1)', 'ROW($1, $1) = ROW($1, $1)', '(SELECT $1)', 'ARRAY(SELECT $1)'],
  ...['$1::text', '$1::date', '$1::interval', '$1::numeric', "interval '1 day' * $1", 'id + $1', 'd = $1'],
  ...OPERATORS.filter((one) => one.infix).flatMap(({ name }) => [
    `$1 ${name} 'a'`,
    `$1 ${name} $1`,
    `n ${name} $1`,
  ]),
];

const calls = FUNCTIONS.filter((one) => one.kind !== 'ordered').flatMap(({ name, kind, min, max }) =>
  Array.from({ length: Math.min(max, 3) }, (_, place) => {
    const args = Array.from({ length: Math.max(min, place + 1) }, (__, i) => (i === place ? '$1' : "'a'"));
    return args.length > max ? [] : [`${name}(${args.join(', ')})${kind === 'window' ? ' OVER ()' : ''}`];
  }).flat(),
);
const sets = SET_FUNCTIONS.filter(({ result }) => result.length === 1).map(
  ({ name, min }) => `${name}(${Array.from({ length: min }, () => '$1').join(', ')})`,
);

describe('DuckDB stays whole', () => {
  beforeAll(loadParser);

  it('whatever a parameter is given to first', async () => {
    const broken: string[] = [];
    let instance: DuckDBInstance | null = null;
    let connection: Awaited<ReturnType<DuckDBInstance['connect']>> | null = null;
    let ran = 0;
    for (const place of [...PLACES, ...calls, ...sets]) {
      for (const value of calls.includes(place) ? FEW : VALUES) {
        const texts = [
          `SELECT ${place} AS x, $1::text AS y FROM t`,
          `SELECT ${place} AS x FROM t WHERE s = $1`,
        ];
        for (const sql of place.includes('$1') ? texts : []) {
          const text = refusedOr(() => print(governed(sql, [T('memory')], {}, { params: [value] }).tree));
          if (text === null) continue;
          if (connection === null) {
            instance = await DuckDBInstance.create(':memory:', { threads: '1' });
            connection = await instance.connect();
            for (const statement of SETUP) await connection.run(statement);
          }
          ran += 1;
          const error = await failureOf(connection, text, [value]);
          if (error === null || !/INTERNAL|FATAL/.test(error)) continue;
          broken.push(`${sql} with ${JSON.stringify(value)}: ${error.slice(0, 80)}`);
          connection = null;
        }
      }
    }
    instance?.closeSync();
    console.log(`${ran} texts with a parameter`);
    expect(broken).toEqual([]);
    expect(ran).toBeGreaterThan(2000);
  }, 240_000);
});

function refusedOr<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (error instanceof SluiceError && error.status < 500) return null;
    throw error;
  }
}

/** As the engine's process binds. */
async function failureOf(
  connection: { prepare(sql: string): Promise<unknown> },
  sql: string,
  params: readonly ParamValue[],
): Promise<string | null> {
  try {
    const prepared = (await connection.prepare(sql)) as { prepared_statement: duckdb.PreparedStatement };
    bindParams(
      prepared.prepared_statement,
      params.map((value) => (Array.isArray(value) ? { list: [...value] } : value)) as never,
    );
    await duckdb.execute_prepared(prepared.prepared_statement);
    return null;
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
}

describe.skipIf(missingServer !== null)('mean the same on both engines', () => {
  let duck: Warehouse;
  let postgres: PostgresWarehouse;
  beforeAll(async () => {
    await loadParser();
    duck = await warehouse();
    postgres = await postgresWarehouse();
    for (const sql of SETUP) await duck.run(sql);
    await postgres.run(...SETUP);
  });
  afterAll(async () => {
    duck?.close();
    await postgres?.close();
  });

  it.each<{ sql: string; params: readonly ParamValue[]; rows: readonly string[] }>([
    { sql: 'SELECT id FROM t WHERE id = $1', params: [2], rows: ['2'] },
    { sql: 'SELECT id FROM t WHERE s = $1', params: ["b' OR 1=1 --"], rows: [] },
    { sql: 'SELECT id FROM t WHERE d = $1', params: ['2024-02-29'], rows: ['2'] },
    { sql: 'SELECT id FROM t WHERE d >= $1 AND s <> $2', params: ['2024-01-31', 'a'], rows: ['2'] },
    { sql: 'SELECT id FROM t WHERE $1::text IS NULL OR s = $1', params: ['a'], rows: ['1'] },
    { sql: 'SELECT id FROM t WHERE $1::text IS NULL OR s = $1', params: [null], rows: ['1', '2', '3'] },
    { sql: 'SELECT id FROM t WHERE id IN ($1, $2)', params: [1, 3], rows: ['1', '3'] },
    { sql: 'SELECT id FROM t WHERE id = ANY ($1)', params: [[1, 2]], rows: ['1', '2'] },
    { sql: 'SELECT id FROM t WHERE s = ANY ($1)', params: [['b', 'c']], rows: ['2'] },
    { sql: 'SELECT id FROM t WHERE NOT s = ANY ($1)', params: [['b', 'c']], rows: ['1'] },
    { sql: 'SELECT id FROM t WHERE b = $1', params: [true], rows: ['1'] },
    { sql: 'SELECT $1::bigint + 1', params: ['9007199254740993'], rows: ['9007199254740994'] },
    { sql: 'SELECT id FROM t WHERE n = $1::numeric(12,3)', params: ['-0.001'], rows: ['2'] },
    { sql: 'SELECT id FROM t WHERE n > $1', params: [1.25], rows: ['1'] },
    {
      sql: 'SELECT $1::numeric(30,10)::text',
      params: ['12345678901234567890.0123456789'],
      rows: ['12345678901234567890.0123456789'],
    },
    {
      sql: "SELECT (date '2024-01-31' + $1::interval)::date::text",
      params: ['1 month'],
      rows: ['2024-02-29'],
    },
    {
      sql: "SELECT (date '2024-01-31' + $1 * interval '1 day')::date::text",
      params: [2],
      rows: ['2024-02-02'],
    },
    { sql: 'SELECT x.u FROM unnest($1) AS x(u)', params: [[3, 4]], rows: ['3', '4'] },
    { sql: 'SELECT x.u FROM unnest($1) AS x(u)', params: [['p', 'q']], rows: ['p', 'q'] },
    { sql: 'SELECT g FROM generate_series($1, $2) AS g', params: [1, 3], rows: ['1', '2', '3'] },
    {
      sql: 'SELECT g::date::text FROM generate_series($1::date, $2::date, $3::interval) AS g',
      params: ['2024-01-01', '2024-01-03', '1 day'],
      rows: ['2024-01-01', '2024-01-02', '2024-01-03'],
    },
    {
      sql: 'SELECT count(*) FROM (SELECT id FROM t ORDER BY id LIMIT $1 OFFSET $2) x',
      params: [2, 2],
      rows: ['1'],
    },
    {
      sql: 'SELECT date_trunc($1, d)::date::text, count(*) FROM t WHERE id < 3 GROUP BY 1',
      params: ['month'],
      rows: ['2024-01-01|1', '2024-02-01|1'],
    },
    { sql: 'SELECT $1 || s, upper($1) FROM t WHERE id = 1', params: ['z'], rows: ['za|Z'] },
    {
      sql: 'SELECT CASE WHEN id = $1 THEN $2 ELSE $3 END FROM t',
      params: [1, 'one', 'other'],
      rows: ['one', 'other', 'other'],
    },
    { sql: 'SELECT $1 + 1, $1', params: [5], rows: ['6|5'] },
    { sql: 'SELECT id FROM t WHERE s LIKE $1', params: ['%a%'], rows: ['1'] },
    { sql: 'SELECT id FROM t WHERE l && $1::integer[]', params: [[3, 9]], rows: ['2'] },
  ])('$sql with $params', async ({ sql, params, rows }) => {
    expect([...(await duck.governed(governed(sql, [T('memory')], {}, { params })))].sort()).toEqual(rows);
    const there = governed(sql, [T('warehouse')], {}, { engine: 'postgres', params });
    expect([...(await postgres.governed(there))].sort()).toEqual(rows);
  });

  it('never stand in the text', () => {
    for (const engine of ['duckdb', 'postgres'] as const) {
      const { tree, params } = governed(
        'SELECT $1, $2 FROM t WHERE s = $1',
        [T('w')],
        {},
        { engine, params: ["';--", 4242] },
      );
      expect(print(tree)).not.toMatch(/;--|4242/);
      expect(params).toEqual(["';--", 4242]);
    }
  });
});
