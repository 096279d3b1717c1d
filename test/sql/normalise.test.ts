/** What the audit keeps of a query: its shape and names, none of its values. */
import { beforeAll, describe, expect, it } from 'vitest';
import { guard } from '../../src/sql/guard/guard.ts';
import { normalise } from '../../src/sql/normalise.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';

beforeAll(loadParser);

const of = (text: string): ReturnType<typeof normalise> =>
  normalise(guard(parse(text, { maxBytes: 10_000 })));

describe('normalised text', () => {
  it.each([
    { text: "select a from t where b = 'secret'", normalised: 'SELECT "a" FROM "t" WHERE ("b" = $0)' },
    { text: 'select 1, -2.5, null, true', normalised: 'SELECT $0, $0, $0, $0' },
    { text: 'select a /* secret */ from t -- secret', normalised: 'SELECT "a" FROM "t"' },
    { text: 'select 1 where a in (1, 2, 3)', normalised: 'SELECT $0 WHERE ("a" IN ($0))' },
    { text: 'select 1 where a in (1, b)', normalised: 'SELECT $0 WHERE ("a" IN ($0, "b"))' },
    { text: 'select a between 1 and 2', normalised: 'SELECT ("a" BETWEEN $0 AND $0)' },
    { text: 'select array[1, 2], $1', normalised: 'SELECT ARRAY[$0], $1' },
    { text: 'values (1, 2), (3, 4)', normalised: 'VALUES ($0, $0)' },
    { text: 'select a::numeric(10, 2) limit 5', normalised: 'SELECT CAST("a" AS numeric(10, 2)) LIMIT $0' },
    { text: "select interval '3' day", normalised: 'SELECT INTERVAL $0 DAY' },
    { text: "select date '2020-01-01'", normalised: 'SELECT CAST($0 AS date)' },
    { text: "select a like 'x%' escape '!'", normalised: 'SELECT ("a" LIKE $0 ESCAPE $0)' },
    {
      text: "select extract(year from a), trim('x' from b)",
      normalised: 'SELECT EXTRACT($0 FROM "a"), TRIM(BOTH $0 FROM "b")',
    },
    {
      text: 'select a, count(*) from t group by 1 order by 2 desc limit 3',
      normalised: 'SELECT "a", "count"(*) FROM "t" GROUP BY 1 ORDER BY 2 DESC LIMIT $0',
    },
    {
      text: 'select a, b from t group by rollup (1, 2)',
      normalised: 'SELECT "a", "b" FROM "t" GROUP BY ROLLUP (1, 2)',
    },
    { text: 'select a from t order by 4711', normalised: 'SELECT "a" FROM "t" ORDER BY $0' },
    { text: 'select a from t order by a + 1', normalised: 'SELECT "a" FROM "t" ORDER BY ("a" + $0)' },
    {
      text: 'select a from t union select b from u order by 1',
      normalised: '(SELECT "a" FROM "t") UNION (SELECT "b" FROM "u") ORDER BY 1',
    },
  ])('$text', ({ text, normalised }) => {
    expect(of(text).normalised).toBe(normalised);
  });
});

describe('fingerprint', () => {
  it('is 64 hexadecimal digits', () => expect(of('select 1').fingerprint).toMatch(/^[0-9a-f]{64}$/));

  it.each([
    ["select a from t where b = 'x'", "SELECT  a FROM t WHERE (b) = 'y' -- z"],
    ['select 1 where a in (1, 2)', 'select 1 where a in (3, 4, 5)'],
  ])('is that of another value: %s', (a, b) => expect(of(a).fingerprint).toBe(of(b).fingerprint));

  it.each([
    ['select a from t', 'select b from t'],
    ['select a from t where b = 1', 'select a from t where b < 1'],
    ['select a from t', 'select a from s.t'],
  ])('differs with the shape: %s', (a, b) => expect(of(a).fingerprint).not.toBe(of(b).fingerprint));
});
