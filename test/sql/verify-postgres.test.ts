/** PostgreSQL's parser as the witness of a printed text: it names what the text reads and calls, and refuses what is never printed. */
import { beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { postgresWitness } from '../../src/sql/verify-postgres.ts';

beforeAll(() => loadParser());

const SEEN: readonly (readonly [sql: string, relations: string, functions: string])[] = [
  ['SELECT 1', '', ''],
  ['SELECT "t"."a" FROM "w"."gold"."t" AS "t"', 'w.gold.t', ''],
  ['SELECT * FROM gold.a, gold.b JOIN gold.c ON true', 'gold.a gold.b gold.c', ''],
  ['SELECT pg_catalog.upper(x) FROM gold.a', 'gold.a', 'pg_catalog.upper'],
  ['SELECT upper(x), count(*) OVER (ORDER BY lower(y)) FROM gold.a', 'gold.a', 'count lower upper'],
  [
    'SELECT (SELECT max(x) FROM gold.b) FROM gold.a WHERE EXISTS (SELECT 1 FROM gold.c)',
    'gold.a gold.b gold.c',
    'max',
  ],
  ['SELECT * FROM (SELECT * FROM gold.a UNION ALL SELECT * FROM gold.b) u', 'gold.a gold.b', ''],
  ['SELECT * FROM gold.a, LATERAL (SELECT * FROM gold.b WHERE b.x = a.x) l', 'gold.a gold.b', ''],
  [
    'SELECT EXTRACT(year FROM d), TRIM(x), d AT TIME ZONE $1 FROM gold.a',
    'gold.a',
    'pg_catalog.btrim pg_catalog.extract pg_catalog.timezone',
  ],
  ['SELECT * FROM gold.a ORDER BY f(x) LIMIT g(1)', 'gold.a', 'f g'],
  ['SELECT sum(x) FILTER (WHERE f(y)) FROM gold.a GROUP BY ROLLUP (g(z)) HAVING h(1)', 'gold.a', 'f g h sum'],
  // CTEs are no relations, inside their scope alone.
  ['WITH c AS (SELECT * FROM gold.a) SELECT * FROM c', 'gold.a', ''],
  ['WITH c AS (SELECT * FROM c) SELECT * FROM c', 'c', ''],
  ['WITH RECURSIVE c AS (SELECT 1 UNION ALL SELECT * FROM c) SELECT * FROM c', '', ''],
  ['WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b', '', ''],
  ['WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a', 'b', ''],
  ['SELECT * FROM (WITH c AS (SELECT 1) SELECT * FROM c) s, c', 'c', ''],
  ['WITH c AS (SELECT 1) SELECT * FROM gold.c', 'gold.c', ''],
  ['WITH c AS (SELECT 1) SELECT * FROM (WITH d AS (SELECT * FROM c) SELECT * FROM d) s', '', ''],
  ['SELECT * FROM hidden', 'hidden', ''],
  ["SELECT 'FROM gold.a', $$ f() $$ FROM gold.b", 'gold.b', ''],
];

const REFUSED: readonly string[] = [
  '',
  'SELECT 1; SELECT 2',
  'INSERT INTO gold.a VALUES (1)',
  'WITH gone AS (DELETE FROM gold.a RETURNING *) SELECT * FROM gone',
  'SELECT * INTO gold.b FROM gold.a',
  'SELECT * FROM gold.a FOR UPDATE',
  'SELECT * FROM ONLY gold.a',
  'SELECT * FROM gold.a TABLESAMPLE system (1)',
  "SELECT * FROM pg_read_file('/etc/passwd')",
  "SELECT ('/etc/passwd').pg_read_file",
  'SELECT (gold.a.x)[1].f FROM gold.a',
  'SELECT * FROM ROWS FROM (f(), g())',
  "SELECT * FROM XMLTABLE('/a' PASSING x COLUMNS b text)",
  "SELECT * FROM JSON_TABLE(x, '$' COLUMNS (b text))",
  'SELECT XMLELEMENT(NAME a)',
  'SELECT x COLLATE "C" FROM gold.a',
  'WITH RECURSIVE c AS (SELECT 1 AS x UNION ALL SELECT x FROM c) SEARCH DEPTH FIRST BY x SET o SELECT * FROM c',
  'TABLE gold.a; TABLE gold.b',
  'EXPLAIN SELECT 1',
  'SET search_path = evil',
  'PREPARE p AS SELECT 1',
];

describe('the witness', () => {
  it.each(SEEN)('%s', (sql, relations, functions) => {
    expect(postgresWitness(sql)).toEqual({
      relations: relations.split(' ').filter((name) => name !== ''),
      functions: functions.split(' ').filter((name) => name !== ''),
    });
  });

  it.each(REFUSED)('refuses %j', (sql) => {
    const error = (() => {
      try {
        return postgresWitness(sql);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(SluiceError);
    expect((error as SluiceError).code).toBe('verify_failed');
  });
});
