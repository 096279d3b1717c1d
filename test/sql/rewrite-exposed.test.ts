/** Which columns get a shield: those that reach an expression that can raise, by whatever way, and no others. */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { dataset, governed } from './fixture.ts';

const T = dataset('gold.t', ['a INTEGER', 'b INTEGER', 'c INTEGER', 's VARCHAR', 'm VARCHAR', 'd DATE']);
const U = dataset('gold.u', ['a INTEGER', 'b INTEGER', 's VARCHAR']);
const OWN = {
  kind: 'compare',
  op: '>',
  left: { kind: 'column', name: 'a' },
  right: { kind: 'literal', value: 0 },
} as const;
const RULES = {
  'gold.t': { rows: [OWN], masks: { m: { kind: 'partial', first: 1, last: 0, with: '*' } } },
} as const;

beforeAll(loadParser);

/** The shielded columns of `t`, the only dataset with a filter. */
function shielded(sql: string): string {
  const text = print(governed(sql, [T, U], RULES, { engine: 'duckdb' }).tree);
  const found = [...text.matchAll(/"least"\("raw"\."(\w+)", "raw"\."\1"\)/g)].map(([, name]) => name);
  return [...new Set(found)].sort().join(' ');
}

describe('shields', () => {
  it.each([
    ['nothing where nothing can raise', 'SELECT a, s FROM t WHERE b > 5', ''],
    ['what an output computes with', 'SELECT a + b, c, s FROM t', 'a b'],
    ['what a condition computes with', 'SELECT c FROM t WHERE a + 1 > 5 AND s = $$x$$', 'a'],
    [
      'of several conditions that which can raise',
      'SELECT 1 FROM t WHERE (a + 1 > 5 OR b > 3) AND c < 9',
      'a',
    ],
    ['what a condition is converted from', 'SELECT c FROM t WHERE s::integer > 5', 's'],
    ['an aggregate', 'SELECT s, sum(a * b) FROM t WHERE c > 1 GROUP BY s ORDER BY s', 'a b'],
    ['what HAVING sums', 'SELECT s FROM t GROUP BY s HAVING sum(a * b) > 5', 'a b'],
    ['an order', 'SELECT c FROM t ORDER BY a + b', 'a b'],
    ['a window', 'SELECT c, sum(a * 2) OVER (PARTITION BY s ORDER BY b) FROM t', 'a b s'],
    ['DISTINCT ON', 'SELECT DISTINCT ON (a + b) c FROM t', 'a b'],
    ['the condition of a join', 'SELECT t.s FROM t JOIN u ON t.a + 1 = u.a AND t.b = u.b', 'a'],
    ['a masked column', 'SELECT c FROM t WHERE m::integer > 5', 'm'],
    ['through a subquery', 'SELECT x + 1 FROM (SELECT a AS x, b AS y FROM t) AS q', 'a'],
    [
      'through a subquery that computes',
      'SELECT x::integer FROM (SELECT s || $$1$$ AS x, b FROM t) AS q',
      's',
    ],
    ['through a star', 'SELECT q.a + 1 FROM (SELECT * FROM t) AS q', 'a'],
    ['through names of an alias', 'SELECT y + 1 FROM (SELECT a, b FROM t) AS q (x, y)', 'b'],
    [
      'through a CTE',
      'WITH q AS (SELECT a, b FROM t) SELECT x.b + 1 FROM q AS x JOIN q AS y ON x.a = y.a',
      'b',
    ],
    ['through names of a CTE', 'WITH q (x, y) AS (SELECT a, b FROM t) SELECT y + 1 FROM q', 'b'],
    [
      'through two of them',
      'WITH q AS (SELECT a, b FROM t), r AS (SELECT b AS c FROM q) SELECT c + 1 FROM r',
      'b',
    ],
    [
      'through a CTE that recurs',
      'WITH RECURSIVE q AS (SELECT a, b FROM t UNION SELECT q.a, t.b FROM q JOIN t ON t.a = q.b) SELECT b + 1 FROM q',
      'a b',
    ],
    [
      'through the branches of a set operation',
      'SELECT x + 1 FROM (SELECT a AS x FROM t UNION ALL SELECT b FROM t) AS q',
      'a b',
    ],
    ['through a scalar subquery', 'SELECT chr((SELECT max(a) FROM t)), 1', 'a'],
    ['through LATERAL', 'SELECT y FROM t CROSS JOIN LATERAL (SELECT t.a + 1 AS y) AS q', 'a'],
    [
      'through VALUES of its columns',
      'SELECT v.x + 1 FROM t CROSS JOIN LATERAL (VALUES (t.a, t.b), (t.b, t.b)) AS v (x, y)',
      'a b',
    ],
    [
      'inside EXISTS',
      'SELECT 1 FROM u WHERE EXISTS (SELECT * FROM t WHERE t.a + 1 = u.a AND t.b = u.b)',
      'a',
    ],
    ['nothing of a safe EXISTS', 'SELECT 1 FROM u WHERE EXISTS (SELECT * FROM t WHERE t.a = u.a)', ''],
    ['nothing of a safe IN', 'SELECT 1 FROM u WHERE a IN (SELECT a FROM t)', ''],
    ['both sides of an IN that converts', 'SELECT 1 FROM u WHERE s IN (SELECT a FROM t)', 'a'],
    ['nothing of a safe scalar subquery', 'SELECT 1 FROM u WHERE a > (SELECT min(a) FROM t)', ''],
    [
      'what a scalar subquery computes with',
      'SELECT 1 FROM u WHERE NOT a > (SELECT min(b) FROM t WHERE t.a + 1 > 3)',
      'a',
    ],
    // DuckDB puts one side of an equation in the place of the other.
    ['what is equal to what can raise', 'SELECT u.a + 1 FROM t JOIN u ON t.a = u.a', 'a'],
    ['what is equal by USING', 'SELECT u.a + 1, t.s FROM t JOIN u USING (a)', 'a'],
    [
      'what is equal round two corners',
      'SELECT x.b + 1 FROM t JOIN u ON t.a = u.a JOIN u AS x ON x.b = u.a',
      'a',
    ],
    ['what is equal in EXISTS', 'SELECT u.a + 1 FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.b = u.a)', 'b'],
    ['what is equal by IN', 'SELECT u.a + 1 FROM u WHERE u.a IN (SELECT b FROM t)', 'b'],
    [
      'what is equal through a subquery',
      'SELECT u.a + 1 FROM u JOIN (SELECT a AS x FROM t) AS q ON q.x = u.a',
      'a',
    ],
    [
      'what the branches of an INTERSECT compare',
      'SELECT a FROM u WHERE a + 1 > 2 INTERSECT SELECT b FROM t',
      'b',
    ],
    ['everything where branches are converted', 'SELECT a, s, d FROM t UNION SELECT a, s, 1 FROM u', 'a d s'],
  ])('%s', (_title, sql, wanted) => {
    expect(shielded(sql)).toBe(wanted);
  });
});
