/**
 * A row filter that looks into another dataset joins it, and an engine may run the caller's expressions below a join: none of
 * them may meet a row that the filter removes. Each query would fail on the one hidden row, on both engines.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { column, LOOKED, lookup, NOW, own } from './filter-cases.ts';
import { dataset, governed } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

const SQL = [
  'CREATE SCHEMA ref',
  'CREATE TABLE ref.regions_of (user_id VARCHAR, region VARCHAR, level INTEGER, until DATE)',
  "INSERT INTO ref.regions_of VALUES ('ada', 'EU', 1, NULL), ('bob', 'US', 2, NULL)",
  'CREATE SCHEMA gold',
  'CREATE TABLE gold.t (n INTEGER, region VARCHAR, s VARCHAR)',
  "INSERT INTO gold.t SELECT i, CASE WHEN i = 77 THEN 'US' ELSE 'EU' END, CASE WHEN i = 77 THEN 'secret' ELSE '1' END FROM generate_series(1, 2000) x(i)",
  'CREATE TABLE gold.u (n INTEGER)',
  'INSERT INTO gold.u SELECT i FROM generate_series(1, 2100) x(i)',
];
const QUERIES = [
  "SELECT count(*) FROM t WHERE chr(CASE WHEN s = 'secret' THEN -1 ELSE 65 END) = 'A'",
  "SELECT max(chr(CASE WHEN s = 'secret' THEN -1 ELSE 65 END)) FROM t",
  "SELECT count(*) FROM t WHERE n = -1 OR chr(CASE WHEN n = 77 THEN -1 ELSE 65 END) = 'A'",
  'SELECT sum(CAST(s AS INTEGER)) FROM t',
  'SELECT count(*) FROM t WHERE CAST(s AS INTEGER) = 1',
  'SELECT max(CAST(t.s AS INTEGER)) FROM u LEFT JOIN t ON t.n = u.n',
  'SELECT sum(q.v) FROM u LEFT JOIN (SELECT n, CAST(s AS INTEGER) AS v FROM t) q ON q.n = u.n',
  'SELECT count(*) FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.n = u.n AND CAST(t.s AS INTEGER) = 1)',
  'SELECT CAST(s AS INTEGER) AS v, count(*) FROM t GROUP BY 1',
  'SELECT n FROM t ORDER BY CAST(s AS INTEGER), n LIMIT 1',
  'SELECT CAST(s AS INTEGER) FROM t LIMIT 3',
  'SELECT count(*) FROM t AS a JOIN t AS b ON CAST(a.s AS INTEGER) = CAST(b.s AS INTEGER) AND a.n = b.n',
];
const COLUMNS = ['n INTEGER', 'region VARCHAR', 's VARCHAR'];
const RULES = { 'gold.t': { rows: [lookup(column('region'), 'region', own)] } };

const wanted = (sql: string): number => (sql.includes('LIMIT 3') ? 3 : 1);

beforeAll(() => loadParser());

describe('on DuckDB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lookup-'));
  let db: Warehouse;
  beforeAll(async () => {
    db = await warehouse(join(folder, 'w.duckdb'));
    for (const sql of SQL) await db.run(sql);
    await db.run('CHECKPOINT');
  });
  afterAll(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const at = (id: string, columns: readonly string[]) => {
    const [schema = '', identifier = ''] = id.split('.');
    return dataset(id, columns, { database: 'w', schema, identifier });
  };

  it.each(QUERIES)('%s', async (sql) => {
    const looked = { ...LOOKED, relation: { database: 'w', schema: 'ref', identifier: 'regions_of' } };
    const query = governed(sql, [at('gold.t', COLUMNS), at('gold.u', ['n INTEGER'])], RULES, {
      now: NOW,
      datasetOf: () => looked,
    });
    expect(await db.governed(query)).toHaveLength(wanted(sql));
  });
});

describe.skipIf(missingServer !== null)('on PostgreSQL', () => {
  let db: PostgresWarehouse;
  beforeAll(async () => {
    db = await postgresWarehouse();
    await db.run(...SQL, 'ANALYZE gold.t', 'ANALYZE gold.u');
  });
  afterAll(() => db.close());
  const at = (id: string, columns: readonly string[]) => {
    const [schema = '', identifier = ''] = id.split('.');
    return dataset(id, columns, { database: 'warehouse', schema, identifier });
  };

  it.each(QUERIES)('%s', async (sql) => {
    const looked = {
      ...LOOKED,
      relation: { database: 'warehouse', schema: 'ref', identifier: 'regions_of' },
    };
    const query = governed(sql, [at('gold.t', COLUMNS), at('gold.u', ['n INTEGER'])], RULES, {
      engine: 'postgres',
      now: NOW,
      datasetOf: () => looked,
    });
    expect(await db.governed(query)).toHaveLength(wanted(sql));
  });

  it('would fail without the barrier', async () => {
    const looked = {
      ...LOOKED,
      relation: { database: 'warehouse', schema: 'ref', identifier: 'regions_of' },
    };
    const failed: string[] = [];
    for (const sql of QUERIES) {
      const query = governed(sql, [at('gold.t', COLUMNS), at('gold.u', ['n INTEGER'])], RULES, {
        engine: 'postgres',
        now: NOW,
        datasetOf: () => looked,
        barrier: 'none',
      });
      await db.governed(query).catch(() => failed.push(sql));
    }
    expect(failed.length).toBeGreaterThan(0);
  });
});
