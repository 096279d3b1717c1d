/**
 * `SELECT c.id, c.name, count(*) … GROUP BY c.id`: PostgreSQL takes it where `id` is the key of `c`, which a governed
 * subquery no longer shows. Such a column stands for its only value in the group; a group with two values is an error.
 */
import type { FuncCall, GroupingSet, SelectStmt } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';
import { calledName, functionNamed } from '../guard/functions.ts';
import { type Ranges, typeOf } from '../resolve/types.ts';
import type { ResolvedQuery } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open, transform } from '../walk.ts';
import { CALLS, cast, column, type EngineKind, every, operation, some, text, when, whole } from './build.ts';

/** In place of a function's schema, where no caller can write it. */
const MARK = 'sluice';

/** Every such column of a resolved tree, marked: lowering says in each engine's words what it stands for. */
export function markDependents(
  select: SelectStmt,
  { uses, ranges }: Pick<ResolvedQuery, 'uses' | 'ranges'>,
): SelectStmt {
  const marked = transform(close('SelectStmt', select), (node) =>
    'SelectStmt' in node ? close('SelectStmt', markLevel(node.SelectStmt, uses, ranges)) : node,
  );
  return open(marked).body as SelectStmt;
}

function markLevel(select: SelectStmt, uses: ReadonlyMap<string, unknown>, ranges: Ranges): SelectStmt {
  const { groupClause, targetList = [], havingClause, sortClause, distinctClause, windowClause } = select;
  if (groupClause === undefined || groupClause.some(isSeveral)) return select;
  const grouped = groupClause.map((item) => meant(item, targetList));
  const names = grouped.flatMap((node) => nameOf(node) ?? []);
  const keys = new Set(names.map(({ range }) => range));
  if (![...keys].some((range) => uses.has(range))) return select;
  const columns = new Set(names.map(({ range, column: name }) => `${range}.${name}`));
  const others = grouped.filter((node) => nameOf(node) === null);
  const tags = new Set(others.map((node) => open(node).tag));
  const written = new Set(others.map(spelled));
  const mark = (node: Node): Node => {
    const name = nameOf(node);
    if (name !== null) {
      const depends = keys.has(name.range) && !columns.has(`${name.range}.${name.column}`);
      return depends && uses.has(name.range) ? marked(node, typeOf(node, ranges).family) : node;
    }
    if ('SubLink' in node || isAggregate(node)) return node;
    if (tags.has(open(node).tag) && written.has(spelled(node))) return node;
    return mapChildren(node, mark);
  };
  return {
    ...select,
    targetList: targetList.map(mark),
    ...(havingClause === undefined ? {} : { havingClause: mark(havingClause) }),
    ...(sortClause === undefined ? {} : { sortClause: sortClause.map(mark) }),
    ...(distinctClause === undefined
      ? {}
      : {
          distinctClause: distinctClause.map((node) => (Object.keys(node).length === 0 ? node : mark(node))),
        }),
    ...(windowClause === undefined ? {} : { windowClause: windowClause.map(mark) }),
  };
}

/** ROLLUP and its kin make NULLs of what they group by: there nothing depends on it. */
function isSeveral(item: Node): item is { GroupingSet: GroupingSet } {
  return 'GroupingSet' in item;
}

/** A number is a place of the select list. */
function meant(item: Node, targetList: readonly Node[]): Node {
  const place = 'A_Const' in item ? item.A_Const.ival?.ival : undefined;
  const target = place === undefined ? undefined : targetList[place - 1];
  return target === undefined ? item : (open(target).body.val as Node);
}

function isAggregate(node: Node): boolean {
  if (!('FuncCall' in node) || node.FuncCall.over !== undefined) return false;
  const kind = functionNamed(calledName(node.FuncCall) ?? '')?.kind;
  return kind === 'aggregate' || kind === 'ordered';
}

function nameOf(node: Node): { readonly range: string; readonly column: string } | null {
  if (!('ColumnRef' in node)) return null;
  const [range, name] = (node.ColumnRef.fields ?? []).map((part) =>
    'String' in part ? part.String.sval : undefined,
  );
  return range === undefined || name === undefined ? null : { range, column: name };
}

const spelled = (node: Node): string =>
  JSON.stringify(node, (key, value: unknown) => (/location$|_start$|_end$/.test(key) ? undefined : value));

type Kind = 'ordered' | 'boolean' | 'other';

/** Intervals may be equal and yet differ, and some types know no order. */
const ORDERED: ReadonlySet<TypeFamily> = new Set([
  ...(['text', 'integer', 'decimal', 'float'] as const),
  ...(['date', 'time', 'timestamp', 'timestamptz'] as const),
]);

function marked(node: Node, family: TypeFamily): Node {
  const kind: Kind = ORDERED.has(family) ? 'ordered' : family === 'boolean' ? 'boolean' : 'other';
  const funcname = [MARK, kind].map((sval): Node => ({ String: { sval } }));
  return { FuncCall: { funcname, args: [node], funcformat: 'COERCE_EXPLICIT_CALL' } };
}

/** What a marked column stands for; undefined for any other call. */
export function onlyValue(call: FuncCall, engine: EngineKind): Node | undefined {
  const [schema, kind] = (call.funcname ?? []).map((part) => open(part).body.sval as string);
  const [value] = call.args ?? [];
  if (schema !== MARK || value === undefined) return undefined;
  const made = CALLS[engine];
  const known = made('count', value);
  const all = countOfAll(engine);
  const [given, alone] = answers(kind as Kind, value, engine);
  const one = some([operation('=', known, whole(0)), every([operation('=', known, all), alone])]);
  return when(one, given, engine === 'duckdb' ? made('error', text(SEVERAL)) : whenSeveral(given));
}

/** What DuckDB's `error` says. */
const SEVERAL = 'sluice: more than one value in a group';

/** The value, and whether it is the only one among those that are there. */
function answers(kind: Kind, value: Node, engine: EngineKind): readonly [Node, Node] {
  const made = CALLS[engine];
  switch (kind) {
    case 'ordered':
      return [made('min', value), operation('=', made('min', value), made('max', value))];
    case 'boolean':
      return [made('bool_and', value), operation('=', made('bool_and', value), made('bool_or', value))];
    case 'other': {
      const first: Node =
        engine === 'duckdb'
          ? made('any_value', value)
          : {
              A_Indirection: {
                arg: made('array_agg', value),
                indirection: [{ A_Indices: { uidx: whole(1) } }],
              },
            };
      const texts = cast(value, 'text');
      return [first, operation('=', made('min', texts), made('max', texts))];
    }
    default:
      return kind satisfies never;
  }
}

function countOfAll(engine: EngineKind): Node {
  if (engine === 'duckdb') return CALLS.duckdb('count_star');
  const { FuncCall: count } = CALLS.postgres('count') as { FuncCall: FuncCall };
  return { FuncCall: { ...count, agg_star: true } };
}

/** PostgreSQL has no function that only fails: a subquery of two rows is an error, once it is asked. */
function whenSeveral(given: Node): Node {
  const yes: Node = { A_Const: { boolval: { boolval: true } } };
  const two: SelectStmt = {
    targetList: [{ ResTarget: { name: 'v', val: column('two', 'v') } }],
    fromClause: [
      {
        RangeSubselect: {
          subquery: {
            SelectStmt: {
              valuesLists: [{ List: { items: [yes] } }, { List: { items: [yes] } }],
              limitOption: 'LIMIT_OPTION_DEFAULT',
              op: 'SETOP_NONE',
            },
          },
          alias: { aliasname: 'two', colnames: [{ String: { sval: 'v' } }] },
        },
      },
    ],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  return when({ SubLink: { subLinkType: 'EXPR_SUBLINK', subselect: { SelectStmt: two } } }, given, null);
}
