/** What is printed names the engine's own functions: nothing of the same name in the warehouse, or before it in a search path, runs instead. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { dataset, governed } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

const COLUMNS = ['id integer', 's text'];
const RULES = { 'gold.t': { masks: { id: { kind: 'hash', scope: 'global' } } } } as const;

/** A call of each sort that the printer knows. */
const CALLS: readonly (readonly [sql: string, wanted: string])[] = [
  ['SELECT upper(s) FROM t', 'ADA'],
  ['SELECT max(s) FROM t', 'ada'],
  ['SELECT max(s) OVER () FROM t', 'ada'],
  ['SELECT coalesce(nullif(upper(s), s), s) FROM t', 'ADA'],
  ['SELECT trim(s) FROM t', 'ada'],
  ['SELECT substring(s FROM 1 FOR 2) FROM t', 'ad'],
  ["SELECT position('d' IN s) FROM t", '2'],
  ['SELECT EXTRACT(year FROM now()) > 2000 FROM t', 'true'],
  ['SELECT greatest(s, upper(s)) FROM t', 'ada'],
  ["SELECT s LIKE 'A%' FROM t", 'false'],
  ['SELECT count(*) FROM t', '1'],
];

/** Functions of the calls above, as somebody might have made them in the warehouse. */
const IMPOSTORS = ['upper', 'max', 'btrim', 'trim', 'count', 'greatest', 'nullif', 'sha256', 'left'];

describe('in DuckDB', () => {
  let db: Warehouse;
  beforeAll(async () => {
    await loadParser();
    db = await warehouse();
    await db.run('CREATE SCHEMA gold');
    await db.run("CREATE TABLE gold.t AS SELECT 1::integer AS id, 'ada' AS s");
    for (const name of IMPOSTORS) await db.run(`CREATE MACRO main."${name}"(a) AS 'leaked'`);
  });
  afterAll(() => db.close());
  const ask = (sql: string) => governed(sql, [dataset('gold.t', COLUMNS)], RULES);

  it('a macro of the warehouse stands in for a function that has no schema', async () => {
    expect(await db.rows('SELECT upper(s) FROM gold.t')).toEqual(['leaked']);
  });

  it.each(CALLS)('%s', async (sql, wanted) => {
    expect(await db.governed(ask(sql))).toEqual([wanted]);
    for (const name of ask(sql).functions) expect(name).toMatch(/^system\.main\./);
  });

  it('the functions of a mask', async () => {
    const masked = await db.governed(ask('SELECT id FROM t'));
    expect(masked).toHaveLength(1);
    expect(masked[0]).toMatch(/^\d{10,}$/);
  });
});

describe.skipIf(missingServer !== null)('in PostgreSQL', () => {
  let db: PostgresWarehouse;
  beforeAll(async () => {
    await loadParser();
    db = await postgresWarehouse();
    await db.run(
      'CREATE SCHEMA gold',
      'CREATE SCHEMA evil',
      "CREATE TABLE gold.t AS SELECT 1 AS id, 'ada'::text AS s",
    );
    for (const name of ['upper', 'btrim', 'sha256', 'left']) {
      await db.run(
        `CREATE FUNCTION evil."${name}"(text) RETURNS text LANGUAGE sql AS $$ SELECT 'leaked'::text $$`,
      );
    }
    await db.run('CREATE AGGREGATE evil.max(text) (SFUNC = textcat, STYPE = text)');
  });
  afterAll(() => db.close());
  const relation = { database: 'warehouse', schema: 'gold', identifier: 't' };
  const ask = (sql: string) =>
    governed(sql, [dataset('gold.t', COLUMNS, relation)], RULES, { engine: 'postgres' });

  const EVIL = 'evil, pg_catalog';

  it('a function of the warehouse stands in for one that has no schema', async () => {
    expect(await db.rows('SELECT upper(s) FROM gold.t', [], EVIL)).toEqual(['leaked']);
  });

  // The engine empties the search path besides: here it is as bad as it can be.
  it.each(CALLS)('%s', async (sql, wanted) => {
    const query = ask(sql);
    expect(await db.rows(print(query.tree), query.params, EVIL)).toEqual([wanted]);
    for (const name of query.functions) expect(name).toMatch(/^pg_catalog\./);
  });
});
