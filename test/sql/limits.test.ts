/** What limits demand of a query's shape, each with the ways that a caller would try around it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../src/access/decision.ts';
import { SluiceError } from '../../src/errors.ts';
import { checkLimits } from '../../src/sql/limits/check.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { boundAndResolved, dataset, type Rules } from './fixture.ts';

const ORDERS = dataset('gold.orders', [
  'id INTEGER',
  'd DATE',
  'region VARCHAR',
  'late BOOLEAN',
  'secret VARCHAR',
]);
const PEOPLE = dataset('gold.people', ['id INTEGER', 'region VARCHAR']);
const OTHER = dataset('finance.other', ['id INTEGER', 'd DATE']);

beforeAll(async () => {
  await loadParser();
});

/** The code of the refusal, or null. */
function refusal(sql: string, limits: Decision['limits'], more: Rules = {}): string | null {
  const { bound, resolved } = boundAndResolved(sql, [ORDERS, PEOPLE, OTHER], {
    'gold.orders': { ...more, limits },
  });
  try {
    checkLimits(bound, resolved);
    return null;
  } catch (thrown) {
    if (thrown instanceof SluiceError) return thrown.code;
    throw thrown;
  }
}

describe('explicit_columns', () => {
  it.each([
    ['SELECT id FROM orders', null],
    ['SELECT count(*) FROM orders', null],
    ['SELECT id * 2 FROM orders', null],
    ['SELECT * FROM orders', 'limit_columns'],
    ['SELECT o.* FROM orders o', 'limit_columns'],
    ['SELECT id FROM (SELECT * FROM orders) q', 'limit_columns'],
    ['WITH q AS (SELECT * FROM orders) SELECT id FROM q', 'limit_columns'],
    ['SELECT id FROM people WHERE EXISTS (SELECT * FROM orders)', 'limit_columns'],
    ['SELECT id FROM people UNION SELECT q.id FROM (SELECT * FROM orders) q', 'limit_columns'],
    ['SELECT * FROM people', null],
  ])('%s', (sql, wanted) => expect(refusal(sql, { explicit_columns: true })).toBe(wanted));
});

describe('require_filter', () => {
  const limits = { require_filter: ['d'] };
  it.each([
    "d = '2024-01-01'",
    "'2024-01-01' <= d",
    "d >= '2024-01-01' AND region = 'EU' OR false = true AND id = 1".replace(/ OR .*/, ''),
    "d IN ('2024-01-01', '2024-01-02')",
    "d BETWEEN '2024-01-01' AND '2024-02-01'",
    'd >= now()::date - 7',
    "d = ANY (ARRAY['2024-01-01'::date])",
    "region = 'EU' AND (id = 1 AND d > '2024-01-01')",
    "d::timestamp >= '2024-01-01'",
    'd = $1',
  ])('is met by %s', (where) => expect(refusal(`SELECT id FROM orders WHERE ${where}`, limits)).toBe(null));

  it.each([
    'true',
    'd = d',
    'd <= d',
    'd >= least(d, d)',
    'd IS NOT NULL',
    "d <> '2024-01-01'",
    "d NOT IN ('2024-01-01')",
    "NOT d = '2024-01-01'",
    "NOT (d = '2024-01-01' AND id = 1)",
    "d = '2024-01-01' OR true",
    "d = '2024-01-01' OR d = '2024-01-02'",
    "(d = '2024-01-01') IS NOT FALSE",
    "CASE WHEN true THEN true ELSE d = '2024-01-01' END",
    'd IN (SELECT d FROM other)',
    'd = (SELECT max(d) FROM other)',
    "region = '2024-01-01'",
    "d NOT BETWEEN '2024-01-01' AND '2024-02-01'",
    "coalesce(d, '2024-01-01') = '2024-01-01'",
    "d IS DISTINCT FROM '2024-01-01'",
  ])('is not met by %s', (where) =>
    expect(refusal(`SELECT id FROM orders WHERE ${where}`, limits)).toBe('limit_filter'),
  );

  it.each([
    ['nowhere', 'SELECT id FROM orders', 'limit_filter'],
    ['after grouping', "SELECT d, count(*) FROM orders GROUP BY d HAVING d = '2024-01-01'", 'limit_filter'],
    [
      'outside of a subquery',
      "SELECT id FROM (SELECT * FROM orders) q WHERE d = '2024-01-01'",
      'limit_filter',
    ],
    ['inside of a subquery', "SELECT id FROM (SELECT * FROM orders WHERE d = '2024-01-01') q", null],
    [
      'in one of two places',
      "SELECT a.id FROM orders a JOIN orders b ON a.id = b.id WHERE a.d = '2024-01-01'",
      'limit_filter',
    ],
    [
      'in both places',
      "SELECT a.id FROM orders a JOIN orders b ON a.id = b.id WHERE a.d = '2024-01-01' AND b.d > '2023-01-01'",
      null,
    ],
    [
      'in one branch',
      "SELECT id FROM orders WHERE d = '2024-01-01' UNION ALL SELECT id FROM orders",
      'limit_filter',
    ],
    [
      'of a column of that name of another range',
      "SELECT orders.id FROM orders JOIN other ON orders.id = other.id WHERE other.d = '2024-01-01'",
      'limit_filter',
    ],
    [
      'of a CTE that stands for it',
      "WITH orders AS (SELECT id, d FROM gold.orders) SELECT id FROM orders WHERE d = '2024-01-01'",
      'limit_filter',
    ],
    ['in a subquery of an expression', 'SELECT (SELECT count(*) FROM orders) FROM people', 'limit_filter'],
    [
      'in a lateral subquery',
      "SELECT p.id FROM people p, LATERAL (SELECT 1 FROM orders WHERE d = '2024-01-01') q",
      null,
    ],
  ])('%s', (_title, sql, wanted) => expect(refusal(sql, limits)).toBe(wanted));

  it('a bare boolean column restricts itself', () =>
    expect(refusal('SELECT id FROM orders WHERE late', { require_filter: ['late'] })).toBe(null));

  it('each of several columns', () => {
    const both = { require_filter: ['d', 'region'] };
    expect(refusal("SELECT id FROM orders WHERE d = '2024-01-01'", both)).toBe('limit_filter');
    expect(refusal("SELECT id FROM orders WHERE d = '2024-01-01' AND region = 'EU'", both)).toBe(null);
  });

  it('does not name a column that the caller may not see', () => {
    const { bound, resolved } = boundAndResolved('SELECT id FROM orders', [ORDERS], {
      'gold.orders': { hidden: ['secret'], limits: { require_filter: ['secret'] } },
    });
    let told = '';
    try {
      checkLimits(bound, resolved);
    } catch (thrown) {
      if (thrown instanceof SluiceError) told = `${thrown.message} ${thrown.hint}`;
    }
    expect(told).toContain('may not see');
    expect(told).not.toContain('secret');
  });
});

describe('max_joins', () => {
  const joins: readonly (readonly [string, number])[] = [
    ['SELECT id FROM orders', 0],
    ['SELECT o.id FROM orders o JOIN people p USING (id)', 1],
    ['SELECT o.id FROM orders o, people p', 1],
    ['SELECT o.id FROM orders o NATURAL JOIN people p CROSS JOIN other', 2],
    ['SELECT id FROM orders WHERE id IN (SELECT id FROM people)', 1],
    ['SELECT (SELECT max(id) FROM people) FROM orders', 1],
    ['SELECT id FROM orders WHERE id = ANY (ARRAY[1, 2])', 0],
    ['SELECT id FROM orders WHERE id IN (SELECT 1)', 0],
    ['SELECT o.id FROM orders o, (VALUES (1)) v', 0],
    ['SELECT o.id FROM orders o, generate_series(1, 3) s', 0],
    ['SELECT id FROM orders UNION SELECT id FROM people', 0],
    ['WITH a AS (SELECT id FROM orders) SELECT id FROM a', 0],
    ['WITH a AS (SELECT id FROM orders) SELECT x.id FROM a x JOIN a y USING (id) JOIN a z USING (id)', 2],
    ['SELECT q.id FROM (SELECT o.id FROM orders o JOIN people p USING (id)) q JOIN other USING (id)', 2],
    ['SELECT o.id FROM orders o, LATERAL (SELECT 1 FROM people p WHERE p.id = o.id) q', 1],
  ];
  it.each(joins)('%s', (sql, count) => {
    expect(refusal(sql, { max_joins: count })).toBe(null);
    if (count > 0) expect(refusal(sql, { max_joins: count - 1 })).toBe('limit_joins');
  });
});

describe('cross_join: false', () => {
  it.each([
    ['SELECT id FROM orders', null],
    ['SELECT o.id FROM orders o JOIN people p USING (id)', null],
    ['SELECT o.id FROM orders o NATURAL JOIN people p', null],
    ['SELECT o.id FROM orders o, people p WHERE o.id = p.id', null],
    ['SELECT o.id FROM orders o JOIN other p ON o.d BETWEEN p.d AND p.d + 1', null],
    ['SELECT o.id FROM orders o JOIN people p ON lower(o.region) = lower(p.region)', null],
    ['SELECT o.id FROM orders o, people p, other x WHERE o.id = p.id AND p.id = x.id', null],
    ['SELECT o.id FROM orders o, LATERAL (SELECT 1 FROM people p WHERE p.id = o.id) q', null],
    ['SELECT o.id FROM orders o CROSS JOIN (VALUES (1), (2)) v', null],
    ['SELECT o.id FROM orders o CROSS JOIN people p', 'limit_cross_join'],
    ['SELECT o.id FROM orders o, people p', 'limit_cross_join'],
    ['SELECT o.id FROM orders o JOIN people p ON true', 'limit_cross_join'],
    ['SELECT o.id FROM orders o JOIN people p ON o.id = o.id', 'limit_cross_join'],
    ['SELECT o.id FROM orders o JOIN people p ON o.id = o.id + 0 * p.id', 'limit_cross_join'],
    ['SELECT o.id FROM orders o JOIN people p ON o.id = p.id OR true', 'limit_cross_join'],
    ['SELECT o.id FROM orders o JOIN people p ON o.id <> p.id', 'limit_cross_join'],
    ['SELECT o.id FROM orders o, people p, other x WHERE o.id = p.id', 'limit_cross_join'],
    ['SELECT id FROM (SELECT o.id FROM orders o, people p) q', 'limit_cross_join'],
    ['WITH a AS (SELECT id FROM orders) SELECT x.id FROM a x, a y', 'limit_cross_join'],
  ])('%s', (sql, wanted) => expect(refusal(sql, { cross_join: false })).toBe(wanted));
});

describe('join_with', () => {
  it.each([
    ['SELECT id FROM orders', ['finance'], null],
    ['SELECT o.id FROM orders o JOIN orders p USING (id)', [], null],
    ['SELECT o.id FROM orders o JOIN other USING (id)', ['finance'], null],
    ['SELECT o.id FROM orders o JOIN people USING (id)', ['finance'], 'limit_join_with'],
    ['SELECT o.id FROM orders o JOIN people USING (id)', ['gold'], null],
    ['SELECT id FROM orders UNION SELECT id FROM people', ['finance'], 'limit_join_with'],
    ['SELECT id FROM people WHERE id IN (SELECT id FROM orders)', [], 'limit_join_with'],
    ['WITH a AS (SELECT id FROM orders) SELECT a.id FROM a, people', [], 'limit_join_with'],
  ])('%s with %j', (sql, namespaces, wanted) => expect(refusal(sql, { join_with: namespaces })).toBe(wanted));
});
