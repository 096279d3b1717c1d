/**
 * Twins that differ in suppressed groups and in rows without a unit alone, which hold the ends of each type: whatever a caller
 * computes over the room must end the same on both, errors included, and every sum must be told.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import type { GovernedQuery } from '../../src/sql/stages.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { dataset, governed } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { room } from './room-world.ts';
import { multiset, warehouse } from './warehouse.ts';

const RULE = room({
  unit: 'unit',
  dimensions: [
    { column: 's', mask: null },
    { column: 'd', mask: { kind: 'truncate_date', to: 'month' } },
    { column: 'i', mask: { kind: 'bucket', width: 10, origin: 0 } },
    { column: 'g', mask: { kind: 'round', to: 0.5 } },
  ],
  measures: ['f', 'n', 'b', 'w', 'r'].map((column) => ({ column })),
});

const COLUMNS = (engine: EngineKind): readonly string[] => [
  'unit INTEGER',
  's VARCHAR',
  'd DATE',
  'i INTEGER',
  'g DOUBLE PRECISION',
  'f DOUBLE PRECISION',
  'r REAL',
  'n NUMERIC(15,2)',
  'b BIGINT',
  engine === 'duckdb' ? 'w DECIMAL(38,2)' : 'w NUMERIC',
];

/** Units are few in these, or missing. */
const HIDDEN: Readonly<Record<'a' | 'b', readonly string[]>> = {
  a: [
    "(9001, 'SECRET4242', 'infinity', 2147483647, 'nan', 1.7e308, 3.4e38, 9999999999999.99, 9223372036854775807, 999999999999999999999999999999999999.99)",
    "(9002, 'SECRET4242', 'infinity', 2147483647, 'nan', 1.7e308, 3.4e38, 9999999999999.99, 9223372036854775807, 999999999999999999999999999999999999.99)",
    "(NULL, 's1', '2024-01-01', 1, 1, 1.7e308, 3.4e38, 9999999999999.99, 9223372036854775807, 999999999999999999999999999999999999.99)",
    "(NULL, 's1', '2024-01-01', 1, 1, 1.7e308, 3.4e38, 9999999999999.99, 9223372036854775807, 999999999999999999999999999999999999.99)",
    "(9003, '(', '2024-01-01', -2147483648, '-infinity', 'infinity', 0, 0, 0, 0)",
  ],
  b: ["(9001, 'zzz', '1970-01-01', 0, 0, 0, 0, 0, 0, 0)", "(9003, 'aaa', '2024-01-01', 5, 5, 5, 5, 5, 5, 5)"],
};

function statementsOf(engine: EngineKind, twin: 'a' | 'b'): readonly string[] {
  const series = engine === 'duckdb' ? 'range(3000) t(i)' : 'generate_series(0, 2999) t(i)';
  return [
    'CREATE SCHEMA gold',
    `CREATE TABLE gold.x (${COLUMNS(engine).join(', ')})`,
    `INSERT INTO gold.x SELECT i % 200, 's' || (i % 4), date '2024-01-01' + (31 * (i % 3))::integer, i % 30, (i % 3) / 2.0, i / 8.0, i % 9, i % 1000, i, i FROM ${series}`,
    ...HIDDEN[twin].map((row) => `INSERT INTO gold.x VALUES ${row}`),
  ];
}

const DIMENSIONS = ['s', 'd', 'i', 'g'];
/** Of one dimension; each raises on some value that is suppressed. */
const RAISING: readonly string[] = [
  "chr(CASE WHEN s = 'SECRET4242' THEN -1 ELSE 65 END) = 'A'",
  "1 / (CASE WHEN s = 'SECRET4242' THEN 0 ELSE 1 END) = 1",
  "CAST(replace(s, 's', '') AS integer) >= 0",
  "s ~ 'x' OR 's1' ~ s",
  "CAST(replace(s, 's', '1') AS date) IS NOT NULL OR true",
  "substr('abc', 1, CAST(replace(s, 's', '') AS integer)) <> ''",
  'i + 2147483640 > 0',
  'i * 100000000 > 0',
  '-i <= 0',
  'abs(i) >= 0',
  'CAST(i AS smallint) >= 0',
  '100 / (i - 2147483640) < 1',
  'sqrt(i) >= 0',
  'ln(i + 1) >= 0',
  'power(g, 400) >= 0',
  'CAST(g AS integer) >= 0',
  'exp(g * 1000) > 0',
  "d + interval '5000000 years' > d",
  'd + 2000000000 > d',
  'extract(year FROM d) > 2000',
  "CAST(s AS integer) > 0 AND s = 'zzz'",
  "s LIKE 'S%' AND 1 / (length(s) - 10) > 0",
];

const QUERIES: readonly string[] = [
  ...RAISING.flatMap((raising) => [
    `SELECT count(*) FROM x WHERE ${raising}`,
    `SELECT ${raising}, count(*) FROM x GROUP BY 1`,
    `SELECT count(*) FILTER (WHERE ${raising}) FROM x`,
    `SELECT s, d, i, g FROM x GROUP BY s, d, i, g HAVING ${raising}`,
    `SELECT s, d, i, g FROM (SELECT s, d, i, g, count(*) AS n FROM x GROUP BY s, d, i, g) q WHERE ${raising} AND n > 0`,
    `SELECT s, d, i, g FROM x GROUP BY s, d, i, g ORDER BY ${raising}, 1, 2, 3, 4 LIMIT 3`,
  ]),
  ...DIMENSIONS.map((name) => `SELECT ${name}, count(*) FROM x GROUP BY ${name}`),
  ...DIMENSIONS.map((name) => `SELECT max(${name}), min(${name}) FROM (SELECT DISTINCT ${name} FROM x) q`),
  ...['f', 'n', 'b', 'w', 'r'].flatMap((name) => [
    `SELECT sum(${name}), avg(${name}), count(${name}) FROM x`,
    `SELECT s, sum(${name}), avg(${name}) FROM x GROUP BY s`,
  ]),
];

interface Twins {
  readonly answer: (twin: 'a' | 'b', sql: string) => Promise<readonly string[] | string>;
  readonly close: () => Promise<void> | void;
}

/** The class of an error, as the gate tells it: its words name a value of some group that is visible. */
async function outcome(run: Promise<readonly string[]>): Promise<readonly string[] | string> {
  try {
    return multiset(await run);
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return `error: ${code ?? message.split(':')[0]}`;
  }
}

const ROOMS = { 'gold.x': { limits: { aggregate_only: [RULE] } } };

function asked(sql: string, engine: EngineKind, database: string): GovernedQuery {
  const datasets = [dataset('gold.x', COLUMNS(engine), { database, schema: 'gold', identifier: 'x' })];
  return governed(sql, datasets, ROOMS, { engine });
}

async function onDuckDb(): Promise<Twins> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-room-twins-'));
  const open = async (twin: 'a' | 'b') => {
    mkdirSync(join(folder, twin));
    const db = await warehouse(join(folder, twin, 'twin.duckdb'));
    for (const sql of statementsOf('duckdb', twin)) await db.run(sql);
    await db.run('CHECKPOINT');
    return db;
  };
  const twins = { a: await open('a'), b: await open('b') };
  return {
    answer: (twin, sql) => outcome(twins[twin].governed(asked(sql, 'duckdb', 'twin'))),
    close: () => {
      twins.a.close();
      twins.b.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function onPostgres(): Promise<Twins> {
  const a = await postgresWarehouse();
  const b = await postgresWarehouse(a);
  const twins: Readonly<Record<'a' | 'b', PostgresWarehouse>> = { a, b };
  for (const twin of ['a', 'b'] as const) await twins[twin].run(...statementsOf('postgres', twin), 'ANALYZE');
  const database = { a: 'warehouse', b: 'beside' } as const;
  return {
    answer: (twin, sql) => outcome(twins[twin].governed(asked(sql, 'postgres', database[twin]))),
    close: async () => {
      await b.close();
      await a.close();
    },
  };
}

describe.each([
  ['duckdb', onDuckDb, null],
  ['postgres', onPostgres, missingServer],
] as const)('on %s', (engine, open, missing) => {
  if (missing !== null) console.log(`skipped: ${missing}`);
  describe.skipIf(missing !== null)('suppressed rows tell nothing', () => {
    let twins: Twins;
    beforeAll(async () => {
      await loadParser();
      twins = await open();
    });
    afterAll(async () => twins?.close());

    it.each(QUERIES)('%s', async (sql) => {
      const [a, b] = [await twins.answer('a', sql), await twins.answer('b', sql)];
      expect(a).toEqual(b);
    });

    it('every sum is told', async () => {
      for (const name of ['f', 'n', 'b', 'w', 'r']) {
        const answer = await twins.answer('a', `SELECT sum(${name}), count(${name}) FROM x`);
        expect(answer, `${engine} ${name}`).toEqual([expect.stringMatching(/^\d+(\.\d+)?\|3000$/)]);
      }
    });
  });
});
