/** The text that the audit keeps can be read again: what stood for a value stands for one. */
import { expect, test } from 'vitest';
import { withParameters } from '../../src/replay/decide-again.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { normalise } from '../../src/sql/normalise.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';

await loadParser();

const read = (text: string) => guard(parse(text, { maxBytes: 100_000 }));

test.each([
  'SELECT 1 FROM gold.members',
  "SELECT a FROM gold.members WHERE b = 'x' AND c IN (1, 2, 3) LIMIT 5 OFFSET 2",
  "SELECT date_trunc('month', a), count(*) FROM t GROUP BY 1 ORDER BY 2 DESC",
  "SELECT a FROM t WHERE b LIKE '%x%' AND c BETWEEN 1 AND 2",
  'SELECT "weird $0 name" FROM t WHERE x = 1',
  'WITH c AS (SELECT 1 AS n) SELECT n FROM c JOIN t ON c.n = t.a',
  'SELECT * FROM (VALUES (1, 2), (3, 4)) AS v (a, b)',
  'SELECT sum(x) OVER (PARTITION BY y ORDER BY z) FROM t',
  'SELECT a FROM t WHERE b = $1',
])('%s', (sql) => {
  const { normalised } = normalise(read(sql));
  const again = read(withParameters(normalised));
  expect(normalise(again).normalised.replaceAll(/\$\d/g, '$')).toBe(normalised.replaceAll(/\$\d/g, '$'));
});
