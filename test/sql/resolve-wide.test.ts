import { beforeAll, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { dataset, resolved } from './fixture.ts';

/**
 * Thousands of names against thousands of columns. One list looked through for each item of another takes minutes here,
 * and the gate answers nobody meanwhile: the patience of a test is all that these ask for.
 */
const Y = dataset('gold.y', ['id INTEGER', 'k INTEGER']);
const list = (length: number, item: (i: number) => string): string =>
  Array.from({ length }, (_, i) => item(i)).join(', ');
const wide = list(4_000, (i) => `1 AS c${i}`);

beforeAll(loadParser);

it.each([
  {
    what: 'columns by name',
    sql: `WITH w AS (SELECT ${wide}) SELECT ${list(4_000, (i) => `c${3_999 - i}`)} FROM w`,
  },
  {
    what: 'USING',
    sql: `WITH w AS (SELECT ${wide}) SELECT 1 FROM w JOIN w AS v USING (${list(4_000, (i) => `c${i}`)})`,
  },
  { what: 'NATURAL', sql: `WITH w AS (SELECT ${wide}) SELECT 1 FROM w NATURAL JOIN w AS v` },
  { what: 'ORDER BY names', sql: `SELECT ${wide} FROM y ORDER BY ${list(4_000, (i) => `c${i}`)}` },
  { what: 'GROUP BY names', sql: `SELECT ${wide} FROM y GROUP BY ${list(4_000, (i) => `c${i}`)}` },
  {
    what: 'ORDER BY expressions',
    sql: `SELECT ${list(4_000, (i) => `k + ${i}`)} FROM y ORDER BY ${list(4_000, (i) => `k + ${i + 4_000}`)}`,
  },
  {
    what: 'one name for many long expressions',
    sql: `SELECT ${list(300, () => `(k${' + 1'.repeat(50)}) AS c`)} FROM y ORDER BY ${list(4_000, () => 'c')}`,
  },
])('$what', ({ sql }) => {
  expect(resolved(sql, [Y]).columns.length).toBeGreaterThan(0);
});

it('natural joins count the columns that they stand for', () => {
  const joins = Array.from({ length: 3 }, (_, i) => `NATURAL JOIN w AS w${i}`).join(' ');
  expect(() => resolved(`WITH w AS (SELECT ${wide}) SELECT 1 FROM w ${joins}`, [Y])).toThrowError(
    'stand for more than 10000 columns',
  );
});
