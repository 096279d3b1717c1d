import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { readCases } from './cases.ts';
import { WORLD_RULES, worldIn, worldSql } from './copy-world.ts';
import { governed } from './fixture.ts';
import { multiset, type Warehouse, warehouse } from './warehouse.ts';

let db: Warehouse;
let copy: Warehouse;

beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  copy = await warehouse();
  const world = worldSql();
  for (const sql of [...world.base, 'SET search_path = gold']) await db.run(sql);
  for (const sql of [...world.copy, 'SET search_path = gold']) await copy.run(sql);
});

afterAll(() => {
  db.close();
  copy.close();
});

describe('gives what the same query gives on a physically governed copy', () => {
  it.each(readCases('test/cases/rewrite/copy.sql'))('$sql', async ({ sql }) => {
    const wanted = await copy.rows(sql);
    const rows = await db.governed(governed(sql, worldIn('memory'), WORLD_RULES));
    expect(multiset(rows)).toEqual(multiset(wanted));
  });
});
