/**
 * Pieces of trees that cover the table of accepted nodes: parents with a hole where an expression may stand, and
 * expressions to put there. Both are written as SQL, so that each tree is one that the grammar can give.
 */
import type { Node, SelectStmt } from '@pgsql/types';
import { parseSync } from 'libpg-query';
import { OPERATORS } from '../../src/sql/guard/operators.ts';
import { TYPES } from '../../src/sql/guard/types.ts';
import { close, mapChildren, open } from '../../src/sql/walk.ts';

const BINARY = OPERATORS.filter((o) => o.infix).map((o) => o.name);
const PREFIX = OPERATORS.filter((o) => o.prefix).map((o) => o.name);

/** Every form of every accepted expression. */
export const CHILDREN: readonly string[] = [
  ...['1', '-1', '0', '1.50', '-2.5', '1e10', '.5', '99999999999'],
  ...["'a'", "''", `'it''s'`, `'a\\'`, `'é😀'`, `E'a\\nb'`, `'--'`, `'/*'`, `'$$'`],
  ...['true', 'false', 'null', '$1', 'a', 't.a', 's.t.a', 'c.s.t.a', '"A b"', '"select"', 'U&"\\00e9"'],
  ...BINARY.map((name) => `a ${name} b`),
  ...PREFIX.map((name) => `${name} a`),
  ...['a = any (b)', 'a < all (b)', 'a <> any (array[1, 2])'],
  ...['a is distinct from b', 'a is not distinct from b', 'nullif(a, b)'],
  ...['a in (1, b)', 'a not in (1)', '(a, b) in ((1, 2), (3, 4))'],
  ...['a like b', 'a not like b', `a like b escape '!'`, 'a ilike b', 'a not ilike b', `a ilike b escape c`],
  ...['a similar to b', 'a not similar to b', `a similar to b escape '!'`],
  ...['a between b and c', 'a not between b and c', 'a between symmetric b and c'],
  ...['a not between symmetric b and c'],
  ...['a and b', 'a or b', 'not a', 'a and b and c', 'a or b and c', '(a or b) and c', 'not (a and b)'],
  ...['a is null', 'a is not null', 'a is true', 'a is not true', 'a is false', 'a is not false'],
  ...['a is unknown', 'a is not unknown'],
  ...['exists (select 1)', '(select a)', 'array(select a)', 'a in (select b)', 'a not in (select b)'],
  ...['a = any (select b)', 'a < all (select b)', '(a, b) in (select c, d)'],
  ...['(select a union all select b)', '(values (1), (2))', '(with x as (select 1) select * from x)'],
  ...['case when a then b end', 'case a when b then c else d end'],
  ...['coalesce(a, b)', 'greatest(a, b)', 'least(a, b)'],
  ...['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp'],
  ...castsTo('a'),
  ...[
    "interval '1' day",
    "interval '1' year",
    "interval '3' second",
    "interval '1 day'",
    "date '2020-01-01'",
    'cast(a as timestamp(3))',
    'cast(a as timestamp(3) with time zone)',
    'cast(a as time(0))',
  ],
  ...["a like any (array['b'])", 'a not ilike all (array[b, c])'],
  ...['count(*)', 'count(distinct a)', 'sum(a) filter (where b)', `string_agg(a, ',' order by b desc, c)`],
  ...['percentile_cont(0.5) within group (order by a)', 'mode() within group (order by a desc nulls last)'],
  ...['upper(a)', 'concat(a, b, c)', 'now()', 'substring(a, 1, 2)'],
  ...['extract(year from a)', 'position(a in b)', 'substring(a from 1)', 'substring(a from 1 for 2)'],
  ...['overlay(a placing b from 1)', 'overlay(a placing b from 1 for 2)', '(a, b) overlaps (c, d)'],
  ...['normalize(a)', 'normalize(a, nfd)', 'a is normalized', 'a is not nfkc normalized'],
  ...['a collate "C"', 'a collate pg_catalog."POSIX"', 'rank(a) within group (order by b)'],
  ...["interval '1-2' year to month", "interval '1 2:03' day to minute", "interval '1.5' second"],
  ...['make_interval(days => a)', 'make_interval(1, mins => b)'],
  ...['trim(a)', 'trim(b from a)', 'trim(leading b from a)', 'trim(trailing from a)', `a at time zone 'UTC'`],
  ...['row_number() over ()', 'sum(a) over w', 'sum(a) over (w)', 'rank() over (partition by a order by b)'],
  ...frames().map((frame) => `sum(a) over (order by b ${frame})`),
  ...['array[a, b]', 'array[]', 'array[[1], [2]]', 'a[1]', 'a[1:2]', 'a[:2]', 'a[1:]', 'a[:]', 'a[1][2]'],
  ...['(a).b', '(a).b[1].c', '(a[1])[2]', 'row(a, b)', 'row()', 'row(a)', '(a, b)', 'grouping(a, b)'],
];

function castsTo(operand: string): readonly string[] {
  return TYPES.flatMap(({ written, modifiers }) => {
    const least = modifiers.min === 0 ? [`${written}`, `${written}[]`, `${written}[][]`] : [`${written}(3)`];
    const most = modifiers.max === 2 ? [`${written}(10)`, `${written}(10, 2)`] : [];
    return [...least, ...most].map((type) => `cast(${operand} as ${type})`);
  });
}

function frames(): readonly string[] {
  const edges = ['unbounded preceding', '1 preceding', 'current row', '1 following', 'unbounded following'];
  const between = edges.flatMap((from, i) =>
    edges
      .slice(i)
      .filter((to) => from !== 'unbounded following' && to !== 'unbounded preceding')
      .map((to) => `between ${from} and ${to}`),
  );
  return [
    ...between.map((extent) => `rows ${extent}`),
    ...['rows unbounded preceding', 'range 1 preceding', 'groups current row'],
    ...['exclude current row', 'exclude group', 'exclude ties', 'exclude no others'].map(
      (exclusion) => `range between 1 preceding and current row ${exclusion}`,
    ),
  ];
}

/** Every place where an expression may stand, the place marked by the column `hole`. */
export const PARENTS: readonly string[] = [
  ...BINARY.flatMap((name) => [`select hole ${name} b`, `select a ${name} hole`]),
  ...PREFIX.map((name) => `select ${name} hole`),
  ...['select hole = any (b)', 'select a = any (hole)', 'select hole > all (b)', 'select a > all (hole)'],
  ...['select hole is distinct from b', 'select a is not distinct from hole', 'select nullif(hole, b)'],
  ...[
    'select nullif(a, hole)',
    'select hole in (1, 2)',
    'select a in (hole, 2)',
    'select a not in (1, hole)',
  ],
  ...['select hole like b', 'select a not like hole', `select a like hole escape 'x'`],
  ...['select a like b escape hole', 'select hole ilike b', 'select a ilike hole'],
  ...['select hole similar to b', 'select a not similar to hole'],
  ...['select hole between b and c', 'select a between hole and c', 'select a between b and hole'],
  ...['select hole not between b and c', 'select a between symmetric hole and c'],
  ...['select a not between symmetric b and hole'],
  ...['select hole and b', 'select a and hole', 'select hole or b', 'select a or hole', 'select not hole'],
  ...['select a and b and hole', 'select a or hole or c'],
  ...['select hole is null', 'select hole is not null', 'select hole is true', 'select hole is not unknown'],
  ...['select hole in (select 1)', 'select hole = any (select 1)', 'select hole < all (select 1)'],
  ...['select exists (select hole)', 'select (select hole)', 'select array(select hole)'],
  ...['select case hole when b then c end', 'select case a when hole then c else d end'],
  ...['select case when a then hole end', 'select case when a then b else hole end'],
  ...['select coalesce(hole, b)', 'select coalesce(a, hole)', 'select greatest(hole, b)'],
  ...['select least(a, hole)', 'select cast(hole as integer)', 'select cast(hole as numeric(10, 2)[])'],
  ...['select upper(hole)', 'select concat(a, hole)', 'select count(distinct hole)'],
  ...[
    'select sum(a) filter (where hole)',
    'select string_agg(a, b order by hole)',
    'select percentile_cont(hole) within group (order by a)',
  ],
  ...['select mode() within group (order by hole desc)', 'select sum(hole) over (order by a)'],
  ...['select extract(year from hole)', 'select position(hole in b)', 'select position(a in hole)'],
  ...['select substring(hole from 1 for 2)', 'select substring(a from hole)', 'select trim(hole from a)'],
  ...['select trim(leading b from hole)', 'select hole at time zone a', 'select a at time zone hole'],
  ...['select rank() over (partition by hole)', 'select rank() over (order by hole nulls first)'],
  ...['select sum(a) over (order by b rows hole preceding)'],
  ...['select sum(a) over (order by b range between 1 preceding and hole following)'],
  ...['select array[hole, b]', 'select array[array[hole]]', 'select (hole)[1]', 'select a[hole]'],
  ...['select a[hole:2]', 'select a[1:hole]', 'select (hole).b', 'select row(hole, b)', 'select row(hole)'],
  ...['select (hole, b)', 'select grouping(hole)'],
  ...['select hole', 'select hole as "x y"', 'select distinct hole', 'select distinct on (hole, b) a'],
  ...[
    'select a from t where hole',
    'select a from t group by hole',
    'select a from t group by a having hole',
  ],
  ...['select a from t group by rollup (hole, b)', 'select a from t group by cube (hole)'],
  ...['select a from t group by grouping sets ((a, b), hole, ())'],
  ...['select a from t group by grouping sets (rollup (hole), cube (b, c))'],
  ...['select sum(a) over w from t window w as (partition by hole)'],
  ...['select a from t order by hole', 'select a from t order by hole desc nulls last', 'values (1, hole)'],
  ...[
    'select a from t join u on hole',
    'select a from t left join u on hole',
    'select 1 from (select hole) x',
  ],
  ...['select 1 from t, unnest(hole) as x', 'select 1 from unnest(a, hole) with ordinality as x (a, b, n)'],
  ...['select 1 from t left join lateral generate_series(1, hole) as x on true'],
  ...[
    'select hole collate "C"',
    'select dense_rank(hole) within group (order by a)',
    'select make_interval(days => hole)',
    'select overlay(hole placing b from 1)',
    'select (hole, b) overlaps (c, d)',
  ],
  ...['select 1 from t, lateral (select hole) as x (y)', 'select 1 from (values (hole)) as v (a)'],
  ...['with x (a) as (select hole) select * from x', 'with x as materialized (select hole) select 1 from x'],
  ...['with recursive x as not materialized (select hole union select 1) select * from x'],
  ...['select hole union select 2', 'select 1 union all select hole', 'select 1 intersect select hole'],
  ...['select 1 except (select hole order by 1 limit 1 offset 2)'],
  ...['select hole from t limit all', 'select hole from t order by 1 fetch first 1 row with ties'],
  ...['select a from ((t natural join u) full join v using (a, b)) cross join w right join x on hole'],
];

/** Structure that holds no expression, or only one of the others. */
export const STATEMENTS: readonly string[] = [
  'select * from t as x (a, b), s.t, c.s.t',
  'select t.*, a from t',
  'select a from (t cross join u) as j (a, b)',
  'select a from t natural left join u',
  'select j.a, j.* from t join u using (a, b) as j',
  'select a from (select 1), (values (1)) order by 1 asc nulls first, 2 desc',
  'with a as (select 1), b as (with a as (select 2) select * from a) select * from a, b',
  'select 1 union (select 2 intersect select 3) union all (values (4) limit 1)',
  'with x as (select 1) (select * from x) union (with y as (select 2) select * from x, y) order by 1',
  'table t',
];

/** The query that a text is. */
export function treeOf(text: string): SelectStmt {
  const [statement] = parseSync(text).stmts ?? [];
  const node = statement?.stmt;
  if (node === undefined || !('SelectStmt' in node)) throw new Error(`not a SELECT: ${text}`);
  return node.SelectStmt;
}

/** The expression that a text is. */
export function expressionOf(text: string): Node {
  const [target] = treeOf(`select ${text}`).targetList ?? [];
  if (target === undefined || !('ResTarget' in target) || target.ResTarget.val === undefined) {
    throw new Error(`not an expression: ${text}`);
  }
  return target.ResTarget.val;
}

/** Whether a node is the column `hole`. */
export function isHole(node: Node): boolean {
  if (!('ColumnRef' in node)) return false;
  const [first] = node.ColumnRef.fields ?? [];
  return first !== undefined && 'String' in first && first.String.sval === 'hole';
}

/** A parent with an expression in its hole. */
export function fill(parent: SelectStmt, child: Node): SelectStmt {
  const replace = (node: Node): Node => (isHole(node) ? child : mapChildren(node, replace));
  return open(replace(close('SelectStmt', parent))).body as SelectStmt;
}
