/** Columns that depend on the key of a group: as PostgreSQL takes them where the key is a primary key, on both engines. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { dataset, governed, type RulesById } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { multiset, type Warehouse, warehouse } from './warehouse.ts';

const SHOPS = [
  'id integer',
  'name text',
  'opened date',
  'big boolean',
  'code uuid',
  'hours interval',
  'size numeric(6,2)',
];
const SALES = ['id integer', 'shop integer', 'amount numeric(8,2)', 'kind text'];
const id = (n: number): string => `00000000-0000-0000-0000-00000000000${n}`;
const ROWS = [
  'INSERT INTO shop VALUES ' +
    `(1, 'Graz', '2020-01-01', true, '${id(1)}', '8 hours', 10.5), (2, 'Lund', '2021-02-03', false, '${id(2)}', '1 day', 3), ` +
    `(3, NULL, NULL, NULL, NULL, NULL, NULL), (4, 'Lund', '2019-05-05', true, '${id(4)}', '24 hours', 7)`,
  "INSERT INTO sale VALUES (1, 1, 5, 'a'), (2, 1, 7, 'b'), (3, 2, 9, 'a'), (4, 2, 1, 'a'), (5, 3, 2, 'b'), (6, NULL, 4, 'a')",
];

describe.skipIf(missingServer !== null)('what depends on the key of a group', () => {
  let duckdb: Warehouse;
  let postgres: PostgresWarehouse;
  beforeAll(async () => {
    await loadParser();
    [duckdb, postgres] = await Promise.all([warehouse(), postgresWarehouse()]);
    const tables = (key: string) => [
      `CREATE TABLE shop (${SHOPS.join(', ')}${key})`,
      `CREATE TABLE sale (${SALES.join(', ')}${key})`,
    ];
    for (const sql of ['CREATE SCHEMA gold', 'SET search_path = gold', ...tables(''), ...ROWS])
      await duckdb.run(sql);
    await postgres.run(
      'CREATE SCHEMA gold',
      'SET search_path = gold',
      ...tables(', PRIMARY KEY (id)'),
      ...ROWS,
    );
  });
  afterAll(async () => {
    duckdb?.close();
    await postgres?.close();
  });

  const on = (database: string): readonly Dataset[] => [
    dataset('gold.shop', SHOPS, { database, schema: 'gold', identifier: 'shop' }),
    dataset('gold.sale', SALES, { database, schema: 'gold', identifier: 'sale' }),
  ];
  const onDuckDb = async (sql: string, rules: RulesById = {}) =>
    multiset(await duckdb.governed(governed(sql, on('memory'), rules)));
  const onPostgres = async (sql: string, rules: RulesById = {}) =>
    multiset(await postgres.governed(governed(sql, on('warehouse'), rules, { engine: 'postgres' })));

  it.each([
    'SELECT s.id, s.name, count(*) FROM shop s JOIN sale ON sale.shop = s.id GROUP BY s.id',
    'SELECT s.name, s.opened, s.big, s.code, s.size, sum(amount) FROM shop s LEFT JOIN sale ON sale.shop = s.id GROUP BY s.id',
    "SELECT upper(s.name) || '!', extract(year from s.opened) + count(*), max(amount) FROM shop s JOIN sale ON shop = s.id GROUP BY s.id",
    'SELECT s.id, sum(amount) FROM shop s JOIN sale ON shop = s.id GROUP BY s.id HAVING s.big OR max(amount) > 8',
    'SELECT sum(amount) FROM shop s JOIN sale ON shop = s.id GROUP BY s.id ORDER BY s.name DESC NULLS LAST, s.id',
    'SELECT s.id, s.name, rank() OVER (ORDER BY s.size NULLS LAST), sum(sum(amount)) OVER (PARTITION BY s.name) FROM shop s JOIN sale ON shop = s.id GROUP BY s.id',
    'SELECT sale.*, shop.name FROM sale JOIN shop ON shop.id = sale.shop GROUP BY sale.id, shop.id',
    "SELECT CASE WHEN s.name = 'Graz' THEN 'home' ELSE coalesce(s.name, '-') END, count(sale.id) FROM shop s LEFT JOIN sale ON shop = s.id GROUP BY 1, s.id",
    'SELECT shop.name, n FROM shop JOIN (SELECT id, kind, count(*) AS n FROM sale GROUP BY id) x ON x.id = shop.id',
    'SELECT DISTINCT ON (s.name) s.name, s.id, count(*) FROM shop s JOIN sale ON shop = s.id GROUP BY s.id ORDER BY s.name NULLS LAST, s.id',
    'SELECT extract(epoch from s.hours), count(*) FROM shop s GROUP BY s.id',
  ])('%s', async (sql) => {
    const raw = multiset(await postgres.rows(sql, [], 'gold'));
    expect(await onPostgres(sql)).toEqual(raw);
    expect(await onDuckDb(sql)).toEqual(raw);
  });

  it.each([
    ['two values', 'SELECT kind, amount, count(*) FROM sale GROUP BY kind'],
    ['a value and NULL', 'SELECT kind, shop FROM sale WHERE id IN (1, 6) GROUP BY kind'],
    ['equal intervals that differ', 'SELECT name, hours FROM shop WHERE id IN (2, 4) GROUP BY name'],
  ])('is an error where a group has %s', async (_, sql) => {
    await expect(onDuckDb(sql)).rejects.toThrow(/more than one value in a group/);
    await expect(onPostgres(sql)).rejects.toMatchObject({ code: '21000' });
  });

  it.each([
    'SELECT sale.kind, shop.name FROM sale JOIN shop ON shop.id = shop GROUP BY sale.kind',
    'SELECT x.kind FROM (SELECT id, kind FROM sale) x GROUP BY x.id',
    'SELECT name, count(*) FROM shop GROUP BY ROLLUP (id)',
  ])('stays an error where nothing of its relation is grouped by, or of no relation: %s', async (sql) => {
    await expect(onDuckDb(sql)).rejects.toThrow(/GROUP BY/);
    await expect(onPostgres(sql)).rejects.toMatchObject({ code: '42803' });
  });

  it('sees masks and rows as the caller does', async () => {
    const rules: RulesById = {
      'gold.shop': {
        masks: { name: { kind: 'constant', value: 'x' } },
        rows: [
          {
            kind: 'compare',
            op: '<',
            left: { kind: 'column', name: 'id' },
            right: { kind: 'literal', value: 3 },
          },
        ],
      },
    };
    const sql = 'SELECT s.big, s.name, count(*) FROM shop s WHERE s.size > 1 GROUP BY s.big';
    expect(await onDuckDb(sql, rules)).toEqual(['false|x|1', 'true|x|1']);
    expect(await onPostgres(sql, rules)).toEqual(['false|x|1', 'true|x|1']);
  });
});
