/**
 * A mask of some rows shows the raw values of the others, out of the same column: what an engine keeps of the whole column must
 * not meet the caller's expressions. Twins: in `absent` the masked values are not there at all.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Predicate } from '../../src/policies/policy.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { bind } from '../../src/sql/resolve/bind.ts';
import { resolve } from '../../src/sql/resolve/resolve.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import { rewrite } from '../../src/sql/rewrite/rewrite.ts';
import type { GovernedQuery } from '../../src/sql/stages.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { column, compare, literal } from './filter-cases.ts';
import { BOUNDS, catalogue, dataset, decision, IDENTITY, KEY } from './fixture.ts';
import { postgresWarehouse } from './postgres-warehouse.ts';
import { warehouse } from './warehouse.ts';

const COLUMNS = ['id INTEGER', 's VARCHAR', 'region VARCHAR', 'm INTEGER', 'p VARCHAR', 'd DATE'];

const fill = (masked: string): readonly string[] => [
  'CREATE SCHEMA gold',
  `CREATE TABLE gold.t (${COLUMNS.join(', ')})`,
  `INSERT INTO gold.t SELECT i, CAST(i % 100 AS varchar), CASE WHEN i % 2 = 0 THEN 'EU' ELSE 'FR' END, i % 50, 'x.', DATE '2024-01-01' FROM generate_series(0, 9999) g(i)`,
  `UPDATE gold.t SET region = 'US', ${masked} WHERE id < 3000`,
];
const PRESENT = fill("s = 'SECRET4242', m = 2000000000, p = '(', d = '5874897-12-31'");
const ABSENT = fill('s = NULL, m = NULL, p = NULL, d = NULL');

const WHERE: Readonly<Record<string, Predicate>> = {
  plain: compare(column('region'), '=', literal('US')),
  computed: { kind: 'like', left: column('region'), pattern: '_S', negated: false },
};
const QUERIES = [
  "SELECT regexp_replace('x', p, 'y') AS r, count(*) FROM t GROUP BY r ORDER BY r",
  "SELECT regexp_replace('x', p, 'y') AS r, count(*) FROM t WHERE id > 5000 GROUP BY r",
  "SELECT count(*) FROM t WHERE 'x' ~ p",
  "SELECT count(*) FROM t WHERE p IS NOT NULL AND 'x' ~ p",
  "SELECT max(chr(CASE WHEN s = 'SECRET4242' THEN -1 ELSE 65 END)) FROM t",
  "SELECT count(*) FROM t WHERE chr(CASE WHEN s = 'SECRET4242' THEN -1 ELSE 65 END) = 'A'",
  'SELECT sum(CAST(s AS integer)), max(m + 2000000000) FROM t',
  'SELECT count(*) FROM t WHERE m + 2000000000 > 0',
  "SELECT count(*) FROM t WHERE date_trunc('month', d) >= '2000-01-01'",
  'SELECT count(*) FROM t AS a JOIN t AS b ON CAST(a.s AS integer) = b.id AND b.m + 2000000000 > 0',
];

type Run = (query: GovernedQuery) => Promise<readonly string[]>;

async function outcome(run: Run, sql: string, where: Predicate, engine: EngineKind): Promise<string> {
  const database = engine === 'duckdb' ? 'twin' : 'warehouse';
  const t = dataset('gold.t', COLUMNS, { database, schema: 'gold', identifier: 't' });
  const applied = {
    policy: null,
    mask: null,
    when: [{ policy: 'some', mask: { kind: 'null' }, where }],
  } as const;
  const masks = { s: applied, m: applied, p: applied, d: applied };
  const bound = bind(guard(parse(sql, BOUNDS)), catalogue([t]));
  const governed = { dataset: t, decision: { ...decision(t.id), masks } };
  const query = rewrite(resolve(bound, new Map([[t.id, governed]])), {
    engine,
    identity: IDENTITY,
    params: [],
    maskKey: KEY,
    page: { limit: 10, offset: 0 },
  });
  try {
    return (await run(query)).join('\n');
  } catch {
    return 'an error';
  }
}

const CASES = Object.entries(WHERE).flatMap(([name, where]) =>
  QUERIES.map((sql) => [name, sql, where] as const),
);

beforeAll(() => loadParser());

describe('on DuckDB', () => {
  // Files, so that columns are compressed by dictionaries.
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mask-fence-'));
  const open = async (name: string, statements: readonly string[]) => {
    mkdirSync(join(folder, name));
    const db = await warehouse(join(folder, name, 'twin.duckdb'));
    for (const sql of [...statements, 'CHECKPOINT']) await db.run(sql);
    return db;
  };
  let present: Awaited<ReturnType<typeof open>>;
  let absent: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    present = await open('present', PRESENT);
    absent = await open('absent', ABSENT);
  });
  afterAll(() => {
    present.close();
    absent.close();
    rmSync(folder, { recursive: true });
  });

  it.each(CASES)('a masked value is not told by an error, %s condition: %s', async (_, sql, where) => {
    const wanted = await outcome(absent.governed, sql, where, 'duckdb');
    expect(wanted).not.toBe('an error');
    expect(await outcome(present.governed, sql, where, 'duckdb')).toBe(wanted);
  });
});

describe.skipIf(missingServer !== null)('on PostgreSQL', () => {
  const open = async (statements: readonly string[]) => {
    const db = await postgresWarehouse();
    await db.run(...statements, 'ANALYZE gold.t');
    return db;
  };
  let present: Awaited<ReturnType<typeof open>>;
  let absent: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    present = await open(PRESENT);
    absent = await open(ABSENT);
  });
  afterAll(async () => {
    await present.close();
    await absent.close();
  });

  it.each(CASES)('a masked value is not told by an error, %s condition: %s', async (_, sql, where) => {
    const wanted = await outcome(absent.governed, sql, where, 'postgres');
    expect(wanted).not.toBe('an error');
    expect(await outcome(present.governed, sql, where, 'postgres')).toBe(wanted);
  });
});
