/**
 * Ways to wash a tag off by SQL. `x` always holds values of users.email: its lineage must say so, or must be unknown; in
 * both cases the tag is not lost without a word.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allOrigins, originsOf, readSql } from './read.ts';

function holdsEmail(sql: string, dialect: string): boolean {
  const read = readSql(sql, dialect);
  if (read.status === 'unknown') return true;
  const found = Object.hasOwn(read.columns, 'x') ? read.columns.x : undefined;
  // A column that nobody listed comes through what is open.
  const from = found?.from ?? [...(read.rest?.from ?? [])];
  const open = found === undefined && (read.rest?.alike ?? []).includes('users');
  return (
    found?.resolved === false ||
    open ||
    from.some(
      ({ node, column, through }) =>
        node === 'users' && (column === 'email' || column === null) && through === undefined,
    )
  );
}

const ALL = ['duckdb', 'postgresql', 'snowflake', 'bigquery'] as const;

const ATTACKS: readonly (readonly [what: string, sql: string, dialects: readonly string[]])[] = [
  [
    'columns that change names',
    'select a.email as x from (select email as name, name as email from users) as b join (select email from users) as a on true',
    ALL,
  ],
  [
    'names swapped twice',
    'with s as (select email as name, name as email from users) select name as x from s',
    ALL,
  ],
  ['the second branch of a union', 'select region as x from users union all select email from users', ALL],
  [
    'a union in a CTE',
    'with u as (select region from users union all select email from users) select region as x from u',
    ALL,
  ],
  [
    'an inner CTE hides an outer',
    'with a as (select region as e from users) select x from (with a as (select email as e from users) select e as x from a) as s',
    ALL,
  ],
  [
    'an inner CTE under parentheses, which the parser drops',
    'with a as (select 1 as i) (with contacts as (select email as phone from users) select phone as x from contacts, a)',
    ALL,
  ],
  [
    'a CTE of the name of a harmless relation',
    'with contacts as (select email as phone from users) select phone as x from contacts',
    ALL,
  ],
  [
    'a recursion that hands it on',
    'with recursive r(a, b, n) as (select region, email, 1 from users union all select b, a, n + 1 from r where n < 3) select a as x from r',
    ALL,
  ],
  [
    'a CTE that stands further right under RECURSIVE',
    'with recursive a as (select * from contacts), contacts as (select email as phone from users) select phone as x from a',
    ['postgresql', 'duckdb'],
  ],
  [
    'a quoted CTE that hides nothing',
    'with "Users" as (select region as email from contacts join orders on true) select email as x from users',
    ['postgresql', 'snowflake'],
  ],
  ['a quoted name in another case', 'select "EMAIL" as x from USERS', ['duckdb']],
  ['an alias in another case', 'select U.EMAIL as X from users as u', ALL],
  ['an alias of the name of another relation', 'select contacts.email as x from users as contacts', ALL],
  [
    'two ranges that differ in case alone',
    'select u.email as x from orders as "U" join users as u on true',
    ['postgresql', 'snowflake'],
  ],
  [
    'column aliases of a range',
    'select b as x from users as u(a, b, c, d)',
    ['postgresql', 'duckdb', 'snowflake'],
  ],
  [
    'column aliases of a subquery',
    'select b as x from (select id, email from users) as u(a, b)',
    ['postgresql', 'duckdb', 'snowflake'],
  ],
  ['a struct and back', "select s.v as x from (select {'v': email} as s from users) as q", ['duckdb']],
  ['a struct by a function', 'select (struct_pack(v := email)).v as x from users', ['duckdb']],
  [
    'a struct and a star of it',
    "select x from (select s.* from (select {'x': email} as s from users) as q) as r",
    ['duckdb'],
  ],
  ['STRUCT and back', 'select s.v as x from (select struct(email as v) as s from users)', ['bigquery']],
  ['AS STRUCT', 'select (select as struct email).email as x from users', ['bigquery']],
  ['AS VALUE', 'select x from (select as value struct(email as x) from users)', ['bigquery']],
  ['a whole row', 'select to_json_string(users) as x from users', ['bigquery']],
  ['a whole row as text', 'select users::text as x from users', ['postgresql']],
  ['JSON of a whole row', 'select to_jsonb(u) as x from users as u', ['postgresql']],
  ['a field of a whole row', 'select (u).email as x from users as u', ['postgresql']],
  ['OBJECT_CONSTRUCT(*)', 'select object_construct(*):EMAIL as x from users', ['snowflake']],
  ['an array', 'select (array_agg(email))[1] as x from users', ['postgresql', 'duckdb']],
  ['a list and UNNEST', 'select unnest([email]) as x from users', ['duckdb']],
  ['UNNEST in FROM', 'select x from users, unnest(array[email]) as t(x)', ['postgresql']],
  [
    'a struct that becomes two columns, and names for the first columns',
    "with c(a, b) as (select unnest({'p': 1, 'q': email}), region from users) select b as x from c",
    ['duckdb'],
  ],
  [
    'POSEXPLODE becomes two columns',
    'select b as x from (select posexplode(array(email)), region from users) as c(a, b)',
    ['databricks'],
  ],
  ['a name by assignment', 'select x = email from users', ['tsql']],
  ['CROSS APPLY', 'select a.y as x from users as u cross apply (select u.email as y) as a', ['tsql']],
  ['a map', 'select map {1: email}[1] as x from users', ['duckdb']],
  [
    'a lambda whose parameter has the name of the column',
    'select list_transform([1], email -> u.email) as x from users as u',
    ['duckdb'],
  ],
  ['a lambda over it', 'select list_transform([email], e -> e) as x from users', ['duckdb']],
  [
    'EXCLUDE of another column',
    'select x from (select * exclude (id) rename (email as x) from users) as s',
    ['duckdb'],
  ],
  [
    'REPLACE by it',
    'select region as x from (select * replace (email as region) from users) as s',
    ['duckdb'],
  ],
  [
    'REPLACE by it, BigQuery',
    'select region as x from (select * replace (email as region) from users)',
    ['bigquery'],
  ],
  ['COLUMNS', "select columns('email') as x from users", ['duckdb']],
  ['COLUMNS in an expression', "select max(columns('e.*')) as x from users", ['duckdb']],
  [
    'PIVOT in FROM',
    "select x from users pivot (max(email) for region in ('eu' as x))",
    ['duckdb', 'snowflake', 'bigquery'],
  ],
  [
    'PIVOT to the name of a column that stays',
    "select name as x from users pivot (max(email) for region in ('name'))",
    ['duckdb'],
  ],
  [
    'PIVOT as a statement',
    'with p as (pivot users on region using max(email) group by id) select x from p',
    ['duckdb'],
  ],
  ['UNPIVOT', 'select x from users unpivot (x for n in (email, name))', ['duckdb', 'snowflake', 'bigquery']],
  [
    'UNPIVOT to the name of another column',
    'select region as x from users unpivot (region for n in (email, name))',
    ['duckdb', 'snowflake'],
  ],
  [
    'UNPIVOT as a statement',
    'with p as (unpivot users on email, name into name n value x) select x from p',
    ['duckdb'],
  ],
  [
    'LATERAL',
    'select l.y as x from users as u cross join lateral (select u.email as y) as l',
    ['postgresql', 'duckdb', 'snowflake'],
  ],
  ['LATERAL unsaid', 'select l.y as x from users as u, (select u.email as y) as l', ['duckdb']],
  [
    'FLATTEN',
    "select f.value as x from users as u, lateral flatten(input => split(u.email, '@')) as f",
    ['snowflake'],
  ],
  ['a correlated subquery', 'select (select u.email) as x from users as u', ALL],
  [
    'a subquery in a subquery',
    'select (select (select max(email) from users) from contacts limit 1) as x from orders',
    ALL,
  ],
  ['VALUES', 'select x from users as u, lateral (values (u.email)) as v(x)', ['postgresql', 'duckdb']],
  ['NATURAL JOIN', 'select email as x from contacts natural join users', ['postgresql', 'duckdb']],
  ['USING', 'select email as x from contacts full join users using (email)', ALL],
  [
    'a join without a name',
    'select email as x from (select phone from contacts) as c, (select email from users) as u',
    ALL,
  ],
  ['letter by letter', 'select chr(ascii(substr(email, 1, 1))) as x from users', ['duckdb', 'postgresql']],
  ['a comparison', "select email = 'ada@example.org' as x from users", ALL],
  ['IN', "select email in ('ada@example.org') as x from users", ALL],
  [
    'EXISTS',
    "select exists (select 1 from users as u where u.email = 'ada@example.org') as x from contacts",
    ALL,
  ],
  [
    'CASE of a comparison',
    "select case when email = 'ada@example.org' then 1 else 0 end as x from users",
    ALL,
  ],
  ['the least of all', 'select min(email) as x from users', ALL],
  ['a rank', 'select rank() over (order by email) as x from users', ALL],
  ['a running count is a rank', 'select count(*) over (order by email) as x from users', ALL],
  ['a running sum of ones is a rank', 'select sum(1) over (order by email) as x from users', ALL],
  [
    'membership in rows that were chosen by it',
    "select id in (select id from users where email = 'ada@example.org') as x from contacts",
    ALL,
  ],
  [
    'ANY of rows that were chosen by it',
    "select id = any (select id from users where email = 'ada@example.org') as x from contacts",
    ['duckdb', 'postgresql'],
  ],
  [
    'a list whose items are chosen by it',
    "select [1 for i in [1, 2] if email = 'ada@example.org'] as x from users",
    ['duckdb'],
  ],
  ['a window of its neighbours', 'select lag(email) over (order by id) as x from users', ALL],
  [
    'all of a group in one',
    "select string_agg(email, ',') as x from users",
    ['postgresql', 'duckdb', 'bigquery'],
  ],
  ['a count of it and the value', 'select concat(email, count(*)) as x from users group by email', ALL],
  ['a function of another schema by the name of a digest', 'select audit.md5(email) as x from users', ALL],
  ['a method by the name of a digest', 'select email.md5() as x from users', ['duckdb']],
  ['a comment in the middle', 'select em/* */ail as x from users', ['duckdb']],
  ['a Unicode escape', 'select U&"\\0065mail" as x from users', ['postgresql']],
  ['a text that is run', "select x from query('select email as x from users')", ['duckdb']],
  ['a relation that nobody knows', 'select x from elsewhere.users_copy', ALL],
  ['two statements', 'select 1 as x; select email as x from users', ALL],
  ['a statement that is no query', 'create table y as select email as x from users', ALL],
  ['a table by a function', "select email as x from identifier('users')", ['snowflake']],
  ['TABLE', 'with t as (table users) select email as x from t', ['postgresql', 'duckdb']],
  ['a place instead of a name', 'select #2 as x from users', ['duckdb']],
  ['a place instead of a name, Snowflake', 'select $2 as x from users', ['snowflake']],
  [
    'the previous row of a match',
    'select x from users match_recognize (order by id measures a.email as x pattern (a) define a as true)',
    ['snowflake'],
  ],
  ['a pipe', 'from users |> select email as x', ['bigquery']],
];

describe('a tag cannot be washed off', () => {
  const cases = ATTACKS.flatMap(([what, sql, dialects]) =>
    dialects.map((dialect) => ({ what, dialect, sql })),
  );
  it.each(cases)('$what ($dialect)', ({ sql, dialect }) => {
    expect(holdsEmail(sql, dialect), JSON.stringify(allOrigins(sql, dialect))).toBe(true);
  });
});

describe('however it is wrapped', () => {
  const step = fc.constantFrom(
    (inner: string) => `select x from (${inner}) as s`,
    (inner: string) => `with c as (${inner}) select x from c`,
    (inner: string) => `with c as (${inner}), d as (select * from c) select d.x from d`,
    (inner: string) => `select coalesce(x, x) as x from (${inner}) as s`,
    (inner: string) => `select max(x) over (partition by x) as x from (${inner}) as s`,
    (inner: string) => `select s.x from orders as o left join (${inner}) as s on true`,
    (inner: string) => `select note as x from orders union all select x from (${inner}) as s`,
    (inner: string) => `select x from (${inner}) as s union all select note from orders`,
    (inner: string) => `with users as (select x as email from (${inner}) as s) select email as x from users`,
    (inner: string) => `select (select max(x) from (${inner}) as s) as x from orders`,
    (inner: string) => `select case when o.id > 1 then s.x end as x from orders as o, (${inner}) as s`,
  );
  it.each(ALL)('in %s', (dialect) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const sql = steps.reduce((inner, wrap) => wrap(inner), 'select email as x from users');
        expect(originsOf(readSql(sql, dialect), 'x')).toContain('users.email');
      }),
      { numRuns: 60 },
    );
  });
});
