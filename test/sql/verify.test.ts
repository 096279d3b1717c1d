/** The proof before execution: a text that reads back otherwise, or that the engine reads otherwise, never passes. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { SelectStmt } from '@pgsql/types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Witness } from '../../src/engines/engine.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { sameTree } from '../../src/sql/same-tree.ts';
import type { GovernedQuery } from '../../src/sql/stages.ts';
import { givesBack, verify } from '../../src/sql/verify.ts';
import { duckdbWitness } from '../../src/sql/verify-duckdb.ts';
import { treeOf } from './pieces.ts';

let duckdb: DuckDBConnection;

beforeAll(async () => {
  await loadParser();
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => duckdb.closeSync());

async function serialize(sql: string): Promise<string> {
  const result = await duckdb.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
  return String(result.getRowsJson()[0]?.[0]);
}

const engine = {
  name: 'warehouse',
  witness: async (sql: string): Promise<Witness> => duckdbWitness(await serialize(sql)),
};

function governed(
  tree: SelectStmt,
  relations: readonly string[],
  functions: readonly string[],
): GovernedQuery {
  const query: Omit<GovernedQuery, keyof { [K in keyof GovernedQuery as K extends symbol ? K : never]: 0 }> =
    {
      tree,
      params: [],
      columns: [],
      relations,
      functions,
    };
  return query as GovernedQuery;
}

const QUERY =
  'select "system"."main"."upper"("t"."a") as "x" from (select "m"."a" from "w"."main"."m" as "m") as "t"';

describe('verify', () => {
  it('mints the text that was proven', async () => {
    const verified = await verify(governed(treeOf(QUERY), ['w.main.m'], ['system.main.upper']), engine);
    expect(verified.engine).toBe('warehouse');
    expect(givesBack(verified.sql, treeOf(QUERY))).toBe(true);
  });

  it.each([
    { what: 'a relation that was not meant', relations: [], functions: ['system.main.upper'] },
    {
      what: 'a relation that is missing',
      relations: ['w.main.m', 'w.main.n'],
      functions: ['system.main.upper'],
    },
    { what: 'another relation', relations: ['w.main.other'], functions: ['system.main.upper'] },
    { what: 'a function that was not meant', relations: ['w.main.m'], functions: [] },
    { what: 'another function', relations: ['w.main.m'], functions: ['main.upper'] },
  ])('fails on $what', async ({ relations, functions }) => {
    const query = governed(treeOf(QUERY), relations, functions);
    await expect(verify(query, engine)).rejects.toMatchObject({ code: 'verify_failed' });
  });

  it('fails on a tree that cannot be printed', async () => {
    const tree: SelectStmt = {
      ...treeOf(QUERY),
      whereClause: { A_Const: { fval: { fval: '1); drop table m; --' } } },
    };
    await expect(verify(governed(tree, ['w.main.m'], []), engine)).rejects.toMatchObject({
      code: 'verify_failed',
    });
  });

  it('fails on a tree that the grammar would not give', async () => {
    const one = { A_Const: { ival: { ival: 1 } } };
    const minus = { A_Expr: { kind: 'AEXPR_OP' as const, name: [{ String: { sval: '-' } }], rexpr: one } };
    const tree: SelectStmt = { ...treeOf('select 1'), targetList: [{ ResTarget: { val: minus } }] };
    await expect(verify(governed(tree, [], []), engine)).rejects.toMatchObject({ code: 'verify_failed' });
  });

  it('tells no caller what the text was', async () => {
    const error = await verify(governed(treeOf(QUERY), [], []), engine).catch((e: unknown) => e as Error);
    expect(JSON.stringify(error)).not.toContain('"a"');
    expect((error as Error).message).not.toContain('w.main.m');
  });
});

describe('the same tree', () => {
  it.each([
    ['select a+b', 'select  a + b'],
    ['select (a and b) and c', 'select a and b and c'],
    ["select date '2020-01-01'", "select cast('2020-01-01' as date)"],
    ['select a not in (1)', 'select (a) not in ((1))'],
  ])('%s is %s', (a, b) => expect(sameTree(treeOf(a), treeOf(b))).toBe(true));

  it.each([
    ['select a+b', 'select a-b'],
    ['select a and (b and c)', 'select a and b and c'],
    ['select (a or b) is null', 'select a or b is null'],
    ['select -1', 'select 1'],
    ["select 'a'", "select 'A'"],
    ['select a', 'select "A"'],
    ['select a', 'select a as a'],
    ['select a from t', 'select a from s.t'],
    ['select a from t', 'select a from t t'],
    ['select a limit 1', 'select a limit 2'],
    ['select a order by 1', 'select a order by 1 desc'],
    ['select count(a)', 'select count(distinct a)'],
    ['select sum(a) over w from t window w as ()', 'select sum(a) over (w) from t window w as ()'],
    ['select a union select b', 'select a union all select b'],
    ['with x as (select 1) select 1', 'with x as materialized (select 1) select 1'],
    ['select a::int', 'select a::bigint'],
    ['select a::numeric(10, 2)', 'select a::numeric(10, 3)'],
    ['select a::int', 'select a::int[]'],
    ['select 1 from a left join b on true', 'select 1 from a right join b on true'],
    ['select distinct a', 'select distinct on (a) a'],
    ['select true', 'select false'],
    ['select null', "select ''"],
    ["select ''", 'select 0'],
    ['select a[1]', 'select a[1:1]'],
    ['select row(a, b)', 'select (a, b)'],
    ['select 1 from only t', 'select 1 from t'],
  ])('%s is not %s', (a, b) => {
    expect(sameTree(treeOf(a), treeOf(b))).toBe(false);
    expect(sameTree(treeOf(b), treeOf(a))).toBe(false);
  });

  it('is false for a field that nobody listed', () => {
    const odd = { ...treeOf('select 1'), later: true } as SelectStmt;
    expect(sameTree(odd, treeOf('select 1'))).toBe(false);
    expect(sameTree(odd, odd)).toBe(false);
  });
});

describe('DuckDB as a witness', () => {
  it.each([
    { sql: 'select 1 from a.b.c, b.c, c', relations: ['a.b.c', 'b.c', 'c'], functions: [] },
    { sql: 'with x as (select 1 from t) select * from x, y', relations: ['t', 'y'], functions: [] },
    { sql: 'with x as (select * from x) select * from x', relations: ['x'], functions: [] },
    { sql: 'with y as (select * from x), x as (select 1) select * from y', relations: ['x'], functions: [] },
    { sql: 'select * from (with x as (select 1) select * from x) as q, x', relations: ['x'], functions: [] },
    {
      sql: 'with recursive x as (select 1 union all select * from x) select * from x',
      relations: [],
      functions: [],
    },
    { sql: 'with x as (select 1) select * from s.x', relations: ['s.x'], functions: [] },
    {
      sql: "select a + b, a like b, a between b and c, interval '1' day, row(1, 2)",
      relations: [],
      functions: [],
    },
    { sql: 'select f(a), s.g(b), c.s.h(d)', relations: [], functions: ['c.s.h', 'f', 's.g'] },
    {
      sql: 'select 1 where exists (select f(1) from t) or g() in (select h() from u)',
      relations: ['t', 'u'],
      functions: ['f', 'g', 'h'],
    },
    {
      sql: 'select sum(f(a)) filter (where g(b)) over (partition by h(c) order by i(d))',
      relations: [],
      functions: ['f', 'g', 'h', 'i', 'sum'],
    },
    {
      sql: 'select 1 from a join b on f(1) order by g() limit 1',
      relations: ['a', 'b'],
      functions: ['f', 'g'],
    },
    {
      sql: 'select case when f() then g() else h() end, cast(i() as int), array[j()]',
      relations: [],
      functions: ['f', 'g', 'h', 'i', 'j'],
    },
    { sql: 'values (f()), (g())', relations: [], functions: ['f', 'g'] },
    { sql: 'select f() union all select g() from t', relations: ['t'], functions: ['f', 'g'] },
  ])('$sql', async ({ sql, relations, functions }) => {
    expect(duckdbWitness(await serialize(sql))).toEqual({ relations, functions });
  });

  it.each([
    "select * from read_csv('x')",
    "select * from 'x.parquet', range(3)",
    'pivot t on a using sum(b)',
    'select * exclude (a) from t',
    "select columns('a.*') from t",
    'select a from t qualify row_number() over () = 1',
    'select * from t using sample 10',
    'select * from t tablesample reservoir (10)',
    'select #1 from t',
    'select list_transform(a, lambda x: x + 1) from t',
    'select try_cast(a as int) from t',
    'select a collate nocase from t',
    'from t',
    'select 1; select 2',
    'select',
    'create table t (a int)',
    'select * from t at (version => 1)',
    'show tables',
    'describe t',
  ])('does not know what to make of: %s', async (sql) => {
    let answer: unknown;
    try {
      answer = duckdbWitness(await serialize(sql));
    } catch (error) {
      answer = (error as { code?: string }).code;
    }
    // `from t` alone is a SELECT for DuckDB; it is never printed.
    expect(answer).toEqual(sql === 'from t' ? { relations: ['t'], functions: [] } : 'verify_failed');
  });

  it('fails on a field that a newer DuckDB brings', async () => {
    const answer = JSON.parse(await serialize('select 1')) as {
      statements: { node: Record<string, unknown> }[];
    };
    answer.statements[0]!.node.later = null;
    expect(() => duckdbWitness(answer)).toThrow();
  });
});
