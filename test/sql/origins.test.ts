/** Where output columns come from: through renames, CTEs, set operations, subqueries and functions, and not through conditions. */
import { beforeAll, expect, it } from 'vitest';
import { originsOf } from '../../src/sql/origins.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { dataset, resolved } from './fixture.ts';

const DATASETS = [
  dataset('gold.people', ['id INTEGER', 'email VARCHAR', 'name VARCHAR', 'tags VARCHAR[]']),
  dataset('gold.orders', ['id INTEGER', 'person INTEGER', 'total INTEGER']),
];

beforeAll(() => loadParser());

const p = (...columns: readonly string[]) => columns.map((column) => `gold.people.${column}`);
const o = (...columns: readonly string[]) => columns.map((column) => `gold.orders.${column}`);

const CASES: readonly (readonly [sql: string, wanted: readonly (readonly string[])[]])[] = [
  ['SELECT email FROM gold.people', [p('email')]],
  ['SELECT upper(email) AS e, 1 AS one FROM gold.people', [p('email'), []]],
  ['SELECT * FROM gold.people', [p('id'), p('email'), p('name'), p('tags')]],
  ['SELECT coalesce(a.email, a.name) AS x FROM gold.people a', [p('email', 'name')]],
  ['SELECT count(*) AS n FROM gold.people WHERE email IS NULL', [[]]],
  ['SELECT count(email) AS n FROM gold.people', [p('email')]],
  [
    'WITH c AS (SELECT email AS mail, id FROM gold.people) SELECT mail, total FROM c JOIN gold.orders o ON o.person = c.id',
    [p('email'), o('total')],
  ],
  ['WITH c(x) AS (SELECT email FROM gold.people), d AS (SELECT x AS y FROM c) SELECT y FROM d', [p('email')]],
  ['SELECT s.e FROM (SELECT email AS e FROM gold.people) s', [p('email')]],
  ['SELECT id FROM gold.people UNION ALL SELECT total FROM gold.orders', [[...p('id'), ...o('total')]]],
  [
    'SELECT (SELECT max(o.total) FROM gold.orders o WHERE o.person = p.id) AS most FROM gold.people p',
    [o('total')],
  ],
  [
    'SELECT p.id, l.t FROM gold.people p, LATERAL (SELECT o.total + p.id AS t FROM gold.orders o) l',
    [p('id'), [...o('total'), ...p('id')]],
  ],
  ["SELECT CASE WHEN email LIKE 'a%' THEN name ELSE 'x' END AS c FROM gold.people", [p('email', 'name')]],
  [
    'SELECT row_number() OVER (PARTITION BY email) AS n, sum(id) OVER w AS s FROM gold.people WINDOW w AS (ORDER BY name)',
    [p('email'), p('id')],
  ],
  ['SELECT t.v FROM (VALUES (1), (2)) AS t(v)', [[]]],
  ['SELECT u FROM gold.people p, unnest(p.tags) AS u', [p('tags')]],
  ['SELECT id FROM gold.people JOIN gold.orders USING (id)', [p('id')]],
  [
    'WITH RECURSIVE r(n, e) AS (SELECT id, email FROM gold.people UNION ALL SELECT n + 1, e FROM r WHERE n < 5) SELECT n, e FROM r',
    [p('id', 'email'), p('id', 'email')],
  ],
  ['SELECT a.email FROM gold.people a JOIN gold.people b ON a.name = b.name', [p('email')]],
];

it.each(CASES)('%s', (sql, wanted) => {
  const found = originsOf(resolved(sql, DATASETS)).map(({ origins }) =>
    origins.map(({ dataset: { id }, column }) => `${id}.${column.folded}`),
  );
  expect(found.map((one) => one.toSorted())).toEqual(wanted.map((one) => one.toSorted()));
});

it('reads a text once, however deep its queries are nested', () => {
  const deep = Array.from({ length: 24 }, (_, i) => i).reduce(
    (inner, i) => `WITH c${i} AS (${inner}) SELECT e FROM c${i}`,
    'SELECT email AS e FROM gold.people',
  );
  const [only] = originsOf(resolved(deep, DATASETS));
  expect(only?.origins.map(({ column }) => column.folded)).toEqual(['email']);
});

it('bounds what it tells of a text whose every column comes from every column', () => {
  const wide = dataset(
    'gold.wide',
    Array.from({ length: 300 }, (_, i) => `c${i} INTEGER`),
  );
  const all = wide.columns.map(({ name }) => name).join(' + ');
  const many = Array.from({ length: 300 }, (_, i) => `x AS x${i}`).join(', ');
  const found = originsOf(
    resolved(`WITH c AS (SELECT ${all} AS x FROM gold.wide) SELECT ${many} FROM c`, [wide]),
  );
  expect(found.reduce((sum, { origins }) => sum + origins.length, 0)).toBe(10_000);
  expect(found[0]).toMatchObject({ omitted: 0 });
  expect(found.at(-1)).toEqual({ origins: [], omitted: 300 });
});
