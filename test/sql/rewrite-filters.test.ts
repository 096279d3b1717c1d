import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Predicate } from '../../src/policies/policy.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { any, column, compare, FILTER_CASES, FILTERED, FILTERED_SQL, literal } from './filter-cases.ts';
import { dataset, governed, IDENTITY } from './fixture.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

let db: Warehouse;

beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  await db.run("SET timezone = 'UTC'");
  for (const sql of FILTERED_SQL) await db.run(sql);
});

afterAll(() => db.close());

describe('a filter lets through', () => {
  it.each(FILTER_CASES)('%s', async (_title, predicate, wanted) => {
    const query = governed('SELECT n FROM t', [FILTERED], { 'gold.t': { rows: [predicate] } });
    expect([...(await db.governed(query))].sort()).toEqual(wanted.map(String));
  });
});

it('puts several filters together with AND, each kept whole', async () => {
  const either: Predicate = {
    kind: 'or',
    args: [compare(column('n'), '=', literal(1)), compare(column('n'), '=', literal(2))],
  };
  const query = governed('SELECT n FROM t WHERE n = 2 OR true', [FILTERED], {
    'gold.t': { rows: [either, compare(column('region'), '=', literal('US'))] },
  });
  expect(await db.governed(query)).toEqual(['2']);
});

it('binds every value of the identity and of the policy', () => {
  const query = governed(
    'SELECT n FROM t WHERE region = $1',
    [FILTERED],
    {
      'gold.t': { rows: FILTER_CASES.map(([, predicate]) => predicate) },
    },
    { params: ['EU'] },
  );
  const text = print(query.tree);
  expect(query.params[0]).toBe('EU');
  for (const word of ['EU', 'FR', 'OR true', IDENTITY.sub, '2024']) expect(text).not.toContain(`'${word}`);
});

it('filters on columns that the caller may not see', async () => {
  const query = governed('SELECT * FROM t ORDER BY n', [dataset('gold.t', ['n INTEGER', 'region VARCHAR'])], {
    'gold.t': { hidden: ['region'], rows: [any('region', 'attributes', 'regions')] },
  });
  expect(query.columns.map(({ name }) => name)).toEqual(['n']);
  expect(await db.governed(query)).toEqual(['1', '3']);
});
