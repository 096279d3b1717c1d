/** A short text of which an engine's planner would make millions of copies is refused before it gets there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import type { MaskSpec } from '../../src/policies/policy.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { dataset, governed } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { warehouse } from './warehouse.ts';

const T = dataset('gold.t', ['i integer', 's text'], {
  database: 'warehouse',
  schema: 'gold',
  identifier: 't',
});

const inDuckDb = dataset('gold.t', ['i integer', 's text']);

/** The same step over and over; the last one is what is asked for. */
function nested(levels: number, step: (inner: string) => string): string {
  return Array.from({ length: levels }).reduce<string>((inner) => step(inner), 'SELECT i FROM t');
}

function chained(levels: number, step: (name: string) => string, hint = ''): string {
  const steps = Array.from({ length: levels }, (_, n) => `, s${n + 1} AS ${hint} (${step(`s${n}`)})`);
  return `WITH s0 AS (SELECT i FROM t)${steps.join('')} SELECT max(i) FROM s${levels}`;
}

const FOUR = 'i + i + i + i AS i';
const GROWING: Readonly<Record<string, (levels: number) => string>> = {
  subqueries: (n) => nested(n, (inner) => `SELECT ${FOUR} FROM (${inner}) q`),
  CTEs: (n) => chained(n, (name) => `SELECT ${FOUR} FROM ${name}`),
  'groups whose columns are asked for': (n) =>
    `SELECT 1 FROM (${nested(n, (inner) => `SELECT ${FOUR} FROM (${inner}) q GROUP BY 1`)}) z WHERE i > 0`,
  joins: (n) =>
    nested(n, (inner) => `SELECT a.i + a.i + a.i + a.i AS i FROM (${inner}) a JOIN t b ON a.i = b.i`),
  'lateral subqueries': (n) =>
    `SELECT l${n}.i FROM t, LATERAL (SELECT t.i) l0${Array.from(
      { length: n },
      (_, k) => `, LATERAL (SELECT l${k}.i + l${k}.i + l${k}.i + l${k}.i AS i) l${k + 1}`,
    ).join('')}`,
  'branches of a union': (n) =>
    nested(n, (inner) => `SELECT ${FOUR} FROM (${inner} UNION ALL SELECT i FROM t) q`),
  'subqueries in the select list': (n) =>
    nested(n, (inner) => `SELECT i * i + i - (SELECT max(i) FROM t) + i AS i FROM (${inner}) q`),
};

function codeOf(sql: string, engine: 'duckdb' | 'postgres' = 'postgres'): string {
  try {
    governed(sql, [engine === 'duckdb' ? inDuckDb : T], {}, { engine });
    return 'accepted';
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
}

beforeAll(loadParser);

describe('what grows fourfold with each step', () => {
  it.each(Object.entries(GROWING))(
    '%s: refused at twelve steps and at sixty, accepted at three',
    (_, sql) => {
      expect(codeOf(sql(3))).toBe('accepted');
      expect(codeOf(sql(12))).toBe('sql_too_large');
      expect(codeOf(sql(60))).toBe('sql_too_large');
    },
  );

  it('is accepted where a step is computed once', () => {
    expect(codeOf(chained(12, (name) => `SELECT ${FOUR} FROM ${name}`, 'MATERIALIZED'))).toBe('accepted');
    expect(codeOf(nested(12, (inner) => `SELECT ${FOUR} FROM (${inner} LIMIT 10) q`))).toBe('accepted');
  });

  it('is no matter to DuckDB, which computes each step once', async () => {
    const duck = await warehouse();
    await duck.run('CREATE SCHEMA gold');
    await duck.run('CREATE TABLE gold.t AS SELECT 0 AS i');
    for (const sql of Object.values(GROWING)) {
      const query = governed(sql(12), [inDuckDb], {}, { engine: 'duckdb' });
      expect((await duck.governed(query)).length).toBeLessThan(100);
    }
    duck.close();
  });
});

describe('what doubles with each step, since each is read twice', () => {
  const read = (name: string): string => `SELECT x.i FROM ${name} x, ${name} y`;

  it.each(['', 'NOT MATERIALIZED'])('is refused for DuckDB at twenty steps, accepted at six: %s', (hint) => {
    expect(codeOf(chained(6, read, hint), 'duckdb')).toBe('accepted');
    expect(codeOf(chained(20, read, hint), 'duckdb')).toBe('sql_too_large');
    expect(codeOf(chained(31, read, hint), 'duckdb')).toBe('sql_too_large');
  });

  it('is accepted where a step is computed once', () => {
    expect(codeOf(chained(20, read, 'MATERIALIZED'), 'duckdb')).toBe('accepted');
  });

  it('is no matter to PostgreSQL, which computes each step once', () => {
    expect(codeOf(chained(20, read))).toBe('accepted');
  });
});

describe('what does not grow', () => {
  it.each([
    ['a long chain', chained(50, (name) => `SELECT i + 1 AS i FROM ${name}`)],
    [
      'a long list',
      `SELECT ${Array.from({ length: 1000 }, (_, n) => `i + ${n} AS c${n}`).join(', ')} FROM t`,
    ],
    ['a wide chain', chained(20, (name) => `SELECT CASE WHEN i > 5 THEN 1 ELSE 0 END AS i FROM ${name}`)],
    [
      'a CTE that is read often',
      `WITH x AS (SELECT i * 2 AS i FROM t) ${Array.from({ length: 30 }, () => 'SELECT i + i FROM x').join(' UNION ALL ')}`,
    ],
    [
      'a recursion',
      'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + n - n + 1 FROM r WHERE n < 9) SELECT n FROM r',
    ],
  ])('%s', (_, sql) => expect(codeOf(sql)).toBe('accepted'));
});

describe.skipIf(missingServer !== null)('on a real server', () => {
  let db: PostgresWarehouse;
  beforeAll(async () => {
    db = await postgresWarehouse();
    await db.run('CREATE SCHEMA gold', "CREATE TABLE gold.t AS SELECT 0 AS i, 'x'::text AS s");
  });
  afterAll(() => db?.close());

  const largest = (sql: (levels: number) => string): string => {
    const accepted = Array.from({ length: 9 }, (_, n) => sql(n + 1)).filter(
      (one) => codeOf(one) === 'accepted',
    );
    return accepted.at(-1)!;
  };

  it.each(Object.entries(GROWING))('the largest that is accepted is answered: %s', async (_, sql) => {
    const query = governed(largest(sql), [T], {}, { engine: 'postgres' });
    expect((await db.governed(query)).length).toBeLessThan(100);
  });

  it('a name is computed once however often it is used: NOT MATERIALIZED is no order', async () => {
    const sql = chained(25, (name) => `SELECT x.i FROM ${name} x, ${name} y`, 'NOT MATERIALIZED');
    const query = governed(sql, [T], {}, { engine: 'postgres' });
    expect(print(query.tree)).not.toContain('MATERIALIZED');
    expect(await db.governed(query)).toEqual(['0']);
  });
});

describe('a mask is copied with the column that it stands on', () => {
  const step = (inner: string): string => `SELECT concat(s, s, s, s) AS s FROM (${inner}) q`;
  const sql = (levels: number): string =>
    Array.from({ length: levels }).reduce<string>((inner) => step(inner), 'SELECT s FROM t');
  const masked = (levels: number, mask: MaskSpec): string => {
    try {
      const tokenKey = { id: 'k1', secret: new Uint8Array(32) };
      governed(sql(levels), [T], { 'gold.t': { masks: { s: mask } } }, { engine: 'postgres', tokenKey });
      return 'accepted';
    } catch (error) {
      if (error instanceof SluiceError) return error.code;
      throw error;
    }
  };

  it('so it counts as often', () => {
    expect(codeOf(sql(7))).toBe('accepted');
    expect(masked(7, { kind: 'null' })).toBe('accepted');
    expect(masked(3, { kind: 'tokenise', scope: 'dataset', reveal: null })).toBe('accepted');
    expect(masked(7, { kind: 'tokenise', scope: 'dataset', reveal: null })).toBe('sql_too_large');
    expect(masked(7, { kind: 'partial', format: 'email', with: '*' })).toBe('sql_too_large');
  });

  it('and a wide table of the longest masks can still be read', () => {
    const columns = Array.from({ length: 200 }, (_, i) => `c${i} text`);
    const wide = dataset('gold.w', columns, { database: 'warehouse', schema: 'gold', identifier: 'w' });
    const masks = Object.fromEntries(
      columns.map((column) => [
        column.split(' ')[0]!,
        { kind: 'tokenise', scope: 'dataset', reveal: null } as const,
      ]),
    );
    const tokenKey = { id: 'k1', secret: new Uint8Array(32) };
    const query = governed(
      'SELECT * FROM w',
      [wide],
      { 'gold.w': { masks } },
      { engine: 'postgres', tokenKey },
    );
    expect(query.columns).toHaveLength(200);
  });
});
