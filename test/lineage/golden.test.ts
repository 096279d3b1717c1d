/** What each column of a statement comes from, dialect by dialect. */
import { describe, expect, it } from 'vitest';
import { allOrigins } from './read.ts';

type Case = readonly [what: string, sql: string, wanted: Readonly<Record<string, string>>];

const EVERYWHERE: readonly Case[] = [
  ['a rename', 'select email as mail from users', { mail: 'users.email' }],
  ['a literal', "select 1 as one, 'x' as x from users", { one: '', x: '' }],
  ['a qualified name', 'select u.email from main.users as u', { email: 'users.email' }],
  [
    'a star',
    'select * from users',
    { id: 'users.id', email: 'users.email', name: 'users.name', region: 'users.region' },
  ],
  [
    "one side's star in a join",
    'select c.*, o.amount from contacts as c join orders as o on o.user_id = c.id',
    { id: 'contacts.id', phone: 'contacts.phone', email: 'contacts.email', amount: 'orders.amount' },
  ],
  [
    'a name that only one side of a join has',
    'select amount, name from users join orders on orders.user_id = users.id',
    { amount: 'orders.amount', name: 'users.name' },
  ],
  [
    'USING makes two columns one',
    'select id, phone from users join contacts using (id)',
    { id: 'contacts.id, users.id', phone: 'contacts.phone' },
  ],
  ['a CTE', 'with a as (select email as e from users) select e as f from a', { f: 'users.email' }],
  [
    'a CTE over a CTE, by star',
    'with a as (select * from users), b as (select * from a) select email from b',
    { email: 'users.email' },
  ],
  [
    'names of a CTE',
    'with a (x, y) as (select email, name from users) select y, x from a',
    { y: 'users.name', x: 'users.email' },
  ],
  [
    'a CTE of the name of a relation',
    'with users as (select note as email from orders) select email from users',
    { email: 'orders.note' },
  ],
  [
    'a CTE that reads the relation of its name',
    'with users as (select email from users) select email from users',
    { email: 'users.email' },
  ],
  [
    'UNION goes by place',
    'select email, id from users union all select phone, id from contacts',
    { email: 'contacts.phone, users.email', id: 'contacts.id, users.id' },
  ],
  [
    'stars in UNION go by place',
    'select id, email, phone from contacts union all select * from contacts',
    { id: 'contacts.id', email: 'contacts.email, contacts.phone', phone: 'contacts.email, contacts.phone' },
  ],
  ['COALESCE', "select coalesce(email, name, 'none') as who from users", { who: 'users.email, users.name' }],
  [
    'CASE, its conditions among it',
    "select case when region = 'eu' then email else name end as x from users",
    { x: 'users.email, users.name, users.region' },
  ],
  [
    'a window over a value',
    'select max(email) over (partition by region order by id) as x from users',
    { x: 'users.email' },
  ],
  [
    'a rank is made of its order',
    'select row_number() over (partition by name order by email) as x from users',
    { x: 'users.email' },
  ],
  [
    'an aggregate',
    'select region, min(email) as first_one from users group by region',
    { region: 'users.region', first_one: 'users.email' },
  ],
  [
    'what only decides about rows',
    "select id from users where email like '%x' and exists (select 1 from contacts where phone = name) order by region",
    { id: 'users.id' },
  ],
  ['a subquery in FROM', 'select s.e from (select email as e from users) as s', { e: 'users.email' }],
  [
    'a scalar subquery',
    'select id, (select max(c.phone) from contacts as c where c.id = u.id) as p from users as u',
    { id: 'users.id', p: 'contacts.phone' },
  ],
  [
    'a count',
    'select count(email) as n, count(distinct email) as d, count(*) as a from users',
    {
      n: 'users.email via count',
      d: 'users.email via count',
      a: '',
    },
  ],
  [
    'a test for null',
    'select email is not null as has, email is null as lacks from users',
    {
      has: 'users.email via is null',
      lacks: 'users.email via is null',
    },
  ],
  [
    'another comparison asks for the value',
    "select email = 'a' as is_a, email like 'b%' as b from users",
    {
      is_a: 'users.email',
      b: 'users.email',
    },
  ],
  [
    'both a value and its count',
    'select concat(email, cast(count(email) as varchar(9))) as x from users group by email',
    { x: 'users.email' },
  ],
  [
    'EXCEPT takes away rows alone',
    'select email from users except select phone from contacts',
    { email: 'users.email' },
  ],
  [
    'a join decides about rows',
    'select o.amount from orders as o join users as u on u.email = o.note',
    { amount: 'orders.amount' },
  ],
  ['three parts', 'select users.email from db.main.users', { email: 'users.email' }],
];

const DUCKDB: readonly Case[] = [
  ['EXCLUDE', 'select * exclude (email, name) from users', { id: 'users.id', region: 'users.region' }],
  [
    'REPLACE',
    'select * replace (name as email) from users',
    {
      id: 'users.id',
      email: 'users.name',
      name: 'users.name',
      region: 'users.region',
    },
  ],
  [
    'RENAME',
    'select * rename (email as e) from contacts',
    { id: 'contacts.id', phone: 'contacts.phone', e: 'contacts.email' },
  ],
  ['FROM first', 'from contacts select phone', { phone: 'contacts.phone' }],
  ['FROM alone', 'from contacts', { id: 'contacts.id', phone: 'contacts.phone', email: 'contacts.email' }],
  [
    'UNION BY NAME',
    'select id, email from users union all by name select phone, email from contacts',
    {
      id: 'users.id',
      email: 'contacts.email, users.email',
      phone: 'contacts.phone',
    },
  ],
  [
    'an alias further left',
    "select email as e, e || 'x' as f from users",
    { e: 'users.email', f: 'users.email' },
  ],
  [
    'a column goes before such an alias',
    'select id as email, email as x from users',
    { email: 'users.id', x: 'users.email' },
  ],
  [
    'a struct',
    "select {'a': email, 'b': id} as s, struct_pack(x := name) as t from users",
    { s: 'users.email, users.id', t: 'users.name' },
  ],
  [
    'a field of a struct column',
    'select email.part as p, u.email.part as q from users as u',
    { p: 'users.email', q: 'users.email' },
  ],
  [
    'a whole row',
    'select users from users',
    { users: 'users.*, users.email, users.id, users.name, users.region' },
  ],
  [
    'a lambda',
    'select list_transform([name], x -> x || email) as l from users',
    { l: 'users.email, users.name' },
  ],
  [
    'a list comprehension',
    'select [x || region for x in [email]] as l from users',
    { l: 'users.email, users.region' },
  ],
  ['UNNEST', 'select x from users, unnest([email, name]) as u(x)', { x: 'users.email, users.name' }],
  ['LATERAL', 'select y from users as u, lateral (select u.email as y) as l', { y: 'users.email' }],
  ['VALUES', 'select a from (values (1, 2)) as v(a, b)', { a: '' }],
  [
    'digests',
    'select md5(email) as m, sha256(name) as s, hash(region) as h from users',
    {
      m: 'users.email via md5',
      s: 'users.name via sha256',
      h: 'users.region via hash',
    },
  ],
  ['a generated series', 'select i from range(10) as r(i)', { i: '' }],
  [
    'a semi join shows the left side',
    'select * from contacts semi join users on users.id = contacts.id',
    {
      id: 'contacts.id',
      phone: 'contacts.phone',
      email: 'contacts.email',
    },
  ],
  [
    'a recursion',
    'with recursive r(n, m) as (select id, email from users union all select n + 1, m from r) select m, n from r',
    {
      m: 'users.email',
      n: 'users.id',
    },
  ],
  [
    'a recursion in which columns change places',
    'with recursive r(a, b) as (select id, email from users union all select b, a from r) select a from r',
    {
      a: 'users.email, users.id',
    },
  ],
  [
    'any value',
    'select any_value(email) as a, string_agg(name, region) as b, list(id) as c, arg_max(email, id) as d from users',
    {
      a: 'users.email',
      b: 'users.name, users.region',
      c: 'users.id',
      d: 'users.email, users.id',
    },
  ],
  [
    'FILTER decides about rows',
    "select max(id) filter (where email = 'x') as m from users",
    { m: 'users.id' },
  ],
  [
    'a name that is too much for the lists',
    'select u.unheard from users as u',
    { unheard: '?users.unheard' },
  ],
];

const POSTGRES: readonly Case[] = [
  [
    'a cast keeps the name',
    'select a.email from (select email::text from users) as a',
    { email: 'users.email' },
  ],
  [
    'a function gives its name',
    'select a.max from (select max(email) from users) as a',
    { max: 'users.email' },
  ],
  ['a quoted name', 'select "email" as "E Mail" from "main"."users"', { 'e mail': 'users.email' }],
  [
    'WITHIN GROUP',
    'select percentile_cont(0.5) within group (order by id) as p from users',
    { p: 'users.id' },
  ],
  [
    'JSON of a row',
    'select row_to_json(u) as j from users as u',
    { j: 'users.*, users.email, users.id, users.name, users.region' },
  ],
  [
    'an array of a subquery',
    'select array(select email from users) as a from contacts',
    { a: 'users.email' },
  ],
  [
    'DISTINCT ON',
    'select distinct on (region) email from users order by region, id',
    { email: 'users.email' },
  ],
  [
    'a named window',
    'select rank() over w as r from users window w as (order by email)',
    { r: 'users.email' },
  ],
  ['JSON arrows', "select email -> 'a' ->> 'b' as x from users", { x: 'users.email' }],
];

const SNOWFLAKE: readonly Case[] = [
  ['names in upper case', 'SELECT EMAIL AS MAIL FROM MAIN.USERS', { mail: 'users.email' }],
  [
    'FLATTEN',
    'select f.value:name::string as n from users u, lateral flatten(input => u.email) f',
    { n: 'users.email' },
  ],
  ['a path into a variant', 'select email:a.b::int as x from users', { x: 'users.email' }],
  [
    'OBJECT_CONSTRUCT of all',
    'select object_construct(*) as o from contacts',
    { o: 'contacts.*, contacts.email, contacts.id, contacts.phone' },
  ],
  [
    'QUALIFY decides about rows',
    'select id from users qualify row_number() over (partition by email order by name) = 1',
    { id: 'users.id' },
  ],
  ['SHA2', 'select sha2(email, 256) as s from users', { s: 'users.email via sha2' }],
  [
    'IFF',
    "select iff(region = 'eu', email, name) as x from users",
    { x: 'users.email, users.name, users.region' },
  ],
  [
    'a recursion without the word',
    'with r as (select id, email from users union all select id + 1, email from r) select email from r',
    { email: 'users.email' },
  ],
];

const BIGQUERY: readonly Case[] = [
  ['a path in backticks', 'select email from `db.main.users`', { email: 'users.email' }],
  [
    'EXCEPT and REPLACE',
    'select * except (id) replace (upper(phone) as phone) from contacts',
    { phone: 'contacts.phone', email: 'contacts.email' },
  ],
  ['UNNEST without parentheses', 'select el from users, unnest(split(email)) as el', { el: 'users.email' }],
  ['a nested column in FROM', 'select a.x from users as u, u.email as a', { x: 'users.email' }],
  ['STRUCT', 'select struct(email as e, id as i) as s from users', { s: 'users.email, users.id' }],
  [
    'a row as a value',
    'select to_json_string(u) as j from users as u',
    { j: 'users.*, users.email, users.id, users.name, users.region' },
  ],
  [
    'FARM_FINGERPRINT',
    'select farm_fingerprint(email) as f from users',
    { f: 'users.email via farm_fingerprint' },
  ],
];

describe.each(['duckdb', 'postgresql', 'snowflake', 'bigquery', 'databricks', 'redshift', 'trino', 'tsql'])(
  '%s',
  (dialect) => {
    const cases = EVERYWHERE.filter(
      ([, sql]) => dialect !== 'tsql' || !/ is (not )?null as| as is_a|using \(/.test(sql),
    );
    it.each(cases)('%s', (_, sql, wanted) => expect(allOrigins(sql, dialect)).toEqual(wanted));
  },
);

describe.each([
  ['duckdb', DUCKDB],
  ['postgresql', POSTGRES],
  ['snowflake', SNOWFLAKE],
  ['bigquery', BIGQUERY],
] as const)('%s alone', (dialect, cases) => {
  it.each(cases)('%s', (_, sql, wanted) => expect(allOrigins(sql, dialect)).toEqual(wanted));
});

describe('relations whose columns nobody listed', () => {
  const cases: readonly Case[] = [
    ['a star covers them by name', 'select * from raw', { '…': 'raw.=' }],
    [
      'a name can only be a column of the one relation',
      'select unheard from raw',
      { unheard: 'raw.unheard' },
    ],
    [
      'a name beside a known relation',
      'select unheard, name from raw, users',
      { unheard: 'raw.unheard', name: 'users.name' },
    ],
    [
      'a name that may belong to two',
      'select unheard from raw, other',
      { unheard: '?other.unheard, raw.unheard' },
    ],
    [
      'through CTEs',
      'with a as (select * from raw) select email, phone from a',
      { email: 'raw.email', phone: 'raw.phone' },
    ],
    ['EXCLUDE of one', 'select * exclude (email) from raw', { '…': 'raw.=' }],
    ['RENAME of one', 'select * rename (email as e) from raw', { e: 'raw.email', '…': 'raw.=' }],
    [
      'UNION with a list: any of them may stand anywhere',
      'select id, email from users union all select * from raw',
      {
        id: '?raw.*, users.id',
        email: '?raw.*, users.email',
      },
    ],
  ];
  it.each(cases)('%s', (_, sql, wanted) => expect(allOrigins(sql)).toEqual(wanted));
});

describe("the node's own columns", () => {
  it('an unnamed column is what the warehouse has beside the named ones', () =>
    expect(allOrigins('select id, upper(email) from users', 'duckdb', { own: ['id', 'weird'] })).toEqual({
      id: 'users.id',
      weird: 'users.email',
    }));
  it('of several unnamed ones it may be any', () =>
    expect(allOrigins('select upper(email), lower(name) from users', 'duckdb', { own: ['a', 'b'] })).toEqual({
      a: '?users.email, users.name',
      b: '?users.email, users.name',
    }));
  it('a column that its SQL does not make is not resolved', () =>
    expect(allOrigins('select id from users', 'duckdb', { own: ['id', 'stale'] })).toEqual({
      id: 'users.id',
      stale: '?',
    }));
  it('a column under a star over an unlisted relation', () =>
    expect(allOrigins('select * from raw', 'duckdb', { own: ['x'] })).toEqual({ x: 'raw.x', '…': 'raw.=' }));
  it('what dbt adds to a snapshot', () =>
    expect(
      allOrigins('select id, region from users', 'duckdb', {
        added: { dbt_scd_id: null, dbt_valid_from: 'region' },
      }),
    ).toEqual({ id: 'users.id', region: 'users.region', dbt_scd_id: '', dbt_valid_from: 'users.region' }));
  it('an ephemeral model is read as itself, not as its text', () =>
    expect(
      allOrigins(
        'with __dbt__cte__contacts as (select 1 as phone) select phone from __dbt__cte__contacts',
        'duckdb',
        {
          ephemerals: { __dbt__cte__contacts: 'contacts' },
        },
      ),
    ).toEqual({ phone: 'contacts.phone' }));
  it('what an incremental run reads of itself came from itself', () =>
    expect(allOrigins('select id, email from users where id > (select max(id) from me)')).toEqual({
      id: 'users.id',
      email: 'users.email',
    }));
});
