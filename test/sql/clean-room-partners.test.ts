/** Joined datasets of other units: a group needs as many of both, and neither side's rows weigh the other's. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { dataset, decision, governed, type RulesById } from './fixture.ts';
import { room } from './room-world.ts';
import { multiset, type Warehouse, warehouse } from './warehouse.ts';

const DATASETS = [
  dataset('gold.purchases', ['customer INTEGER', 'shop INTEGER', 'amount INTEGER', 'card VARCHAR']),
  dataset('gold.shops', ['shop INTEGER', 'trade VARCHAR', 'amount INTEGER']),
];

const RULES: RulesById = {
  'gold.purchases': {
    limits: {
      aggregate_only: [
        room({
          unit: 'customer',
          min_group_size: 3,
          measures: [{ column: 'amount' }],
          joins: [{ dataset: 'gold.shops', on: [{ column: 'shop', other: 'shop' }] }],
        }),
      ],
    },
  },
  'gold.shops': {
    limits: {
      aggregate_only: [
        room({
          unit: 'shop',
          min_group_size: 2,
          dimensions: [{ column: 'trade', mask: null }],
          measures: [{ column: 'amount' }],
          join_keys: ['shop'],
        }),
      ],
    },
  },
};

let db: Warehouse;
beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  for (const sql of [
    'CREATE SCHEMA gold',
    'CREATE TABLE gold.purchases (customer integer, shop integer, amount integer, card varchar)',
    'CREATE TABLE gold.shops (shop integer, trade varchar, amount integer)',
    // One customer in five bakeries, four customers in one bank, four in two bars; shop 90 stands twice; 99 nowhere.
    "INSERT INTO gold.shops SELECT i, 'bakery', 1000 FROM range(5) t(i)",
    "INSERT INTO gold.shops VALUES (10, 'bank', 1000), (20, 'bar', 1000), (21, 'bar', 1000), (90, 'bar', 1000), (90, 'bar', 1000)",
    "INSERT INTO gold.purchases SELECT 1, i, 7, '' FROM range(5) t(i)",
    "INSERT INTO gold.purchases SELECT i, 10, 11, '' FROM range(4) t(i)",
    "INSERT INTO gold.purchases SELECT i, 20 + i % 2, 13, '' FROM range(4) t(i)",
    "INSERT INTO gold.purchases SELECT i, 90, 17, '' FROM range(3) t(i)",
    "INSERT INTO gold.purchases SELECT i, 99, 19, '' FROM range(2) t(i)",
  ])
    await db.run(sql);
});
afterAll(() => db?.close());

const asked = (sql: string, rules = RULES) =>
  governed(sql, DATASETS, rules, {
    governedOf: (id) => {
      const found = DATASETS.find((one) => one.id === id);
      return found === undefined ? undefined : { dataset: found, decision: decision(id, rules[id] ?? {}) };
    },
  });
const answer = async (sql: string) => multiset(await db.governed(asked(sql)));

it('a group of many purchases of one customer is none, nor is one of many customers of one shop', async () => {
  expect(
    await answer(
      'SELECT trade, count(*), sum(p.amount) FROM purchases p JOIN shops s ON p.shop = s.shop GROUP BY trade',
    ),
  ).toEqual(['bar|4|52']);
});

it('what is joined to a key that stands twice has found nothing', async () => {
  expect(
    await answer(
      'SELECT trade, count(*), sum(p.amount) FROM purchases p LEFT JOIN shops s USING (shop) GROUP BY trade',
    ),
  ).toEqual(['bar|4|52', 'null|5|89']);
});

it('a query without the join is answered from the same groups', async () => {
  expect(await answer('SELECT count(*), sum(amount) FROM purchases')).toEqual(['9|141']);
});

it('the other side alone is answered by its own rules', async () => {
  expect(await answer('SELECT trade, count(*), sum(amount) FROM shops GROUP BY trade')).toEqual([
    'bakery|5|5000',
    'bar|4|4000',
  ]);
});

it.each([
  'SELECT sum(s.amount) FROM purchases p JOIN shops s ON p.shop = s.shop',
  'SELECT count(s.amount) FROM purchases p LEFT JOIN shops s ON p.shop = s.shop',
])('measures of the other side are not summed: %s', (sql) => {
  expect(() => asked(sql)).toThrow(SluiceError);
});

it.each([
  ['denied', { ...RULES['gold.shops'] }, false],
  ['under no rules', {}, true],
  ['without the key', { ...RULES['gold.shops'], hidden: ['shop'] }, true],
])('there is no join to what is %s', (_, rules, allow) => {
  const governedOf = (id: string) => {
    const found = DATASETS.find((one) => one.id === id);
    const own = id === 'gold.shops' ? { ...decision(id, rules), allow } : decision(id, RULES[id]);
    return found === undefined ? undefined : { dataset: found, decision: own };
  };
  const sql = 'SELECT count(*) FROM purchases p JOIN shops s ON p.shop = s.shop';
  const withRules = { ...RULES, 'gold.shops': rules };
  if (allow) expect(() => governed(sql, DATASETS, withRules, { governedOf })).toThrow(SluiceError);
  expect(governed('SELECT count(*) FROM purchases', DATASETS, withRules, { governedOf }).relations).toEqual([
    'memory.gold.purchases',
  ]);
});
