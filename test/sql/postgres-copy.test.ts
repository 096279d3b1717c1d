/** On PostgreSQL, too, the gate gives what the same query gives on a physically governed copy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { readCases } from './cases.ts';
import { WORLD_RULES, worldIn, worldSql } from './copy-world.ts';
import { dataset, governed } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { multiset } from './warehouse.ts';

describe.skipIf(missingServer !== null)('on PostgreSQL', () => {
  let db: PostgresWarehouse;
  let copy: PostgresWarehouse;
  beforeAll(async () => {
    await loadParser();
    db = await postgresWarehouse();
    copy = await postgresWarehouse(db);
    const world = worldSql();
    await db.run(...world.base);
    await copy.run(...world.copy);
  });
  afterAll(async () => {
    await copy?.close();
    await db?.close();
  });

  it('never takes a function of the row for a column that is gone', async () => {
    await db.run('CREATE TABLE gold.changed (id integer, iban text, count integer)');
    await db.run("INSERT INTO gold.changed VALUES (1, 'secret', 7)");
    const relation = { database: 'warehouse', schema: 'gold', identifier: 'changed' };
    const names = ['to_json', 'row_to_json', 'quote_literal', 'text', 'max', 'pg_column_size'];
    const columns = ['id integer', 'count integer', ...names.map((name) => `${name} text`)];
    const ask = (name: string) =>
      db.governed(
        governed(
          `SELECT "${name}" FROM changed`,
          [dataset('gold.changed', columns, relation)],
          {},
          { engine: 'postgres' },
        ),
      );
    expect(await ask('count')).toEqual(['7']);
    for (const name of names) await expect(ask(name), name).rejects.toMatchObject({ code: '42703' });
  });

  const refused: string[] = [];
  it.each(readCases('test/cases/rewrite/copy.sql'))('$sql', async ({ sql }) => {
    let query: ReturnType<typeof governed>;
    try {
      query = governed(sql, worldIn('warehouse'), WORLD_RULES, { engine: 'postgres' });
    } catch (error) {
      // The cases are shared: what DuckDB alone has is refused by name.
      if (!(error instanceof SluiceError) || !error.message.endsWith('not available on this engine'))
        throw error;
      refused.push(sql);
      return;
    }
    const wanted = await copy.rows(sql, [], 'gold');
    expect(multiset(await db.governed(query))).toEqual(multiset(wanted));
  });

  it('refuses nothing but the names that only DuckDB has', () => {
    expect(refused).toEqual([expect.stringMatching(/^SELECT list\(/)]);
  });
});
