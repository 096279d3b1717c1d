/** Lowers functions that give rows to DuckDB: each is a list, or several side by side, that `unnest` takes apart in a subquery. */
import type { FuncCall, RangeFunction, SelectStmt } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';
import { calledName } from '../guard/functions.ts';
import { setFunctionNamed } from '../guard/set-functions.ts';
import { type Ranges, typeOf } from '../resolve/types.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import { call, cast, column, operation, text, when, whole } from './build.ts';
import { boundedSeries } from './series.ts';
import { notHere, unsupported } from './unsupported.ts';

export interface SetLowering {
  readonly params: readonly ParamValue[];
  readonly ranges: Ranges;
  readonly fresh: () => string;
  readonly lower: (node: Node) => Node;
}

/** The call of the table of functions that give rows; null for any other. */
export function setCall(body: FuncCall): FuncCall | null {
  const name = calledName(body);
  return name !== null && setFunctionNamed(name) !== undefined ? body : null;
}

/** `f(…) AS t(c1, …)` becomes `(SELECT unnest(…) AS c1, …) AS t`. */
export function lowerFunctionInFrom(body: RangeFunction, lowering: SetLowering): Node {
  const [list] = body.functions ?? [];
  const [written] = list === undefined ? [] : (open(list).body.items as Node[]);
  const made = elementsOf(open(written!).body as FuncCall, lowering);
  const names = (body.alias?.colnames ?? []).map((name) => open(name).body.sval as string);
  const targets = made.lists.map((one, i) => target(names[i] ?? `c${i + 1}`, made.wrap(call('unnest', one))));
  if (body.ordinality === true) {
    const lengths = made.lists.map((one) => call('len', one));
    const most = lengths.length === 1 ? lengths[0]! : call('greatest', ...lengths);
    const places = call('range', whole(1), operation('+', most, whole(1)));
    targets.push(target(names[made.lists.length] ?? 'n', call('unnest', places)));
  }
  return close('RangeSubselect', {
    ...(body.lateral === true ? { lateral: true } : {}),
    subquery: close('SelectStmt', plainSelect(targets)),
    alias: { aliasname: body.alias?.aliasname ?? lowering.fresh() },
  });
}

/** A function that gives rows in the select list. */
export function lowerSetCall(body: FuncCall, lowering: SetLowering): Node {
  const { lists, wrap } = elementsOf(body, lowering);
  const [only, more] = lists;
  if (only === undefined || more !== undefined) throw unsupported('A function that gives rows, here');
  return wrap(call('unnest', only));
}

/**
 * `SELECT unnest(x), count(*) … GROUP BY 1`: DuckDB 1.5 has no place for it ("UNNEST not supported here"), so the rows
 * are made in FROM. The same only where every such column is grouped by.
 */
export function hoistGroupedSets(select: SelectStmt, lowering: SetLowering): SelectStmt {
  const { targetList: targets = [], groupClause: groups } = select;
  const holders = targets.flatMap((one, i) => (holdsSet(one) ? [i] : []));
  if (groups === undefined || holders.length === 0) return select;
  const grouped = new Set(
    groups.flatMap((item) => ('A_Const' in item ? [item.A_Const.ival?.ival ?? 0] : [])),
  );
  if (holders.every((i) => !grouped.has(i + 1))) return select;
  const range = lowering.fresh();
  const made: Node[] = [];
  const replace = (node: Node): Node => {
    if ('FuncCall' in node && setCall(node.FuncCall) !== null) {
      made.push(target(`c${made.length + 1}`, node));
      return column(range, `c${made.length}`);
    }
    return 'SelectStmt' in node ? node : mapChildren(node, replace);
  };
  if (!holders.every((i) => grouped.has(i + 1)))
    throw unsupported('A function that gives rows beside GROUP BY');
  const subquery: Node = close('RangeSubselect', {
    lateral: true,
    subquery: close('SelectStmt', plainSelect(made)),
    alias: { aliasname: range },
  });
  const kept = targets.map((one, i) => (holders.includes(i) ? mapChildren(one, replace) : one));
  return { ...select, targetList: kept, fromClause: [...(select.fromClause ?? []), subquery] };
}

function holdsSet(node: Node): boolean {
  if ('FuncCall' in node && setCall(node.FuncCall) !== null) return true;
  let found = false;
  if ('SelectStmt' in node) return false;
  mapChildren(node, (child) => {
    found ||= holdsSet(child);
    return child;
  });
  return found;
}

interface Elements {
  readonly lists: readonly Node[];
  /** What each element becomes, so that its type is PostgreSQL's. */
  readonly wrap: (element: Node) => Node;
}

const asIs = (element: Node): Node => element;

function elementsOf(body: FuncCall, lowering: SetLowering): Elements {
  const entry = setFunctionNamed(calledName(body) ?? '');
  const args = body.args ?? [];
  if (entry === undefined) throw new SluiceError('rewrite_failed', undefined, { cause: 'no such set' });
  if (entry.duckdb === null || args.length > entry.duckdb) throw notHere(entry.name);
  if (entry.series) return seriesOf(args, lowering);
  const [first, second] = args.map(lowering.lower) as [Node, Node?];
  const many = (...lists: readonly Node[]): Elements => ({ lists, wrap: asIs });
  switch (entry.name) {
    case 'unnest':
      return many(...args.map((arg) => flat(arg, lowering.lower(arg))));
    case 'generate_subscripts':
      if (!isNumber(args[1], 1)) throw unsupported('A dimension other than the first');
      return many(call('range', whole(1), operation('+', call('len', first), whole(1))));
    case 'json_array_elements':
    case 'jsonb_array_elements':
      return many(call('json_extract', first, text('$[*]')));
    case 'json_array_elements_text':
    case 'jsonb_array_elements_text':
      return many(call('json_extract_string', first, text('$[*]')));
    case 'json_object_keys':
    case 'jsonb_object_keys':
      return many(call('json_keys', first));
    case 'json_each':
    case 'jsonb_each':
      return many(call('json_keys', first), call('json_extract', first, text('$.*')));
    case 'json_each_text':
    case 'jsonb_each_text':
      return many(call('json_keys', first), call('json_extract_string', first, text('$.*')));
    case 'string_to_table': {
      const [, delimiter] = args;
      const word =
        delimiter !== undefined && 'A_Const' in delimiter ? delimiter.A_Const.sval?.sval : undefined;
      if (word === undefined)
        throw unsupported('string_to_table with a delimiter that is not a literal text');
      // An empty text has no parts, there one that is empty; nothing divides nothing, there every character.
      const parts = word === '' ? call('list_value', first) : call('string_split', first, second!);
      return many(when(operation('<>', first, text('')), parts, call('list_value')));
    }
    case 'regexp_split_to_table':
      return many(call('string_split_regex', first, second!));
    default:
      throw notHere(entry.name);
  }
}

/** PostgreSQL takes apart all dimensions of an array, DuckDB the outer one. */
function flat(written: Node, list: Node): Node {
  if (!('A_ArrayExpr' in written)) return list;
  const [first] = written.A_ArrayExpr.elements ?? [];
  return first !== undefined && 'A_ArrayExpr' in first ? flat(first, call('flatten', list)) : list;
}

function isNumber(node: Node | undefined, value: number): boolean {
  return node !== undefined && 'A_Const' in node && node.A_Const.ival?.ival === value;
}

/** Dates count as moments with a zone, and whole numbers keep their width. */
function seriesOf(args: readonly Node[], lowering: SetLowering): Elements {
  const types = args.map((arg) => typeOf(arg, lowering.ranges));
  const bounded = boundedSeries(args, lowering.params, lowering.lower, 'duckdb');
  const [start, stop, ...step] = bounded as [Node, Node, Node?];
  const families = types.slice(0, 2).map(({ family }) => family);
  if (families.includes('decimal') || families.includes('float')) throw unsupported('A series of fractions');
  const zoned =
    families.includes('timestamptz') ||
    (families.every((family) => family === 'date' || family === 'text') && step.length > 0);
  if (zoned) {
    const ends = [start, stop].map((end) => cast(end, 'timestamptz'));
    return { lists: [call('generate_series', ...ends, ...(step as Node[]))], wrap: asIs };
  }
  const narrow = types.every(({ family, bits }) => family === 'integer' && (bits ?? 128) <= 32);
  const lists = [call('generate_series', start, stop, ...(step as Node[]))];
  return { lists, wrap: narrow ? (element) => cast(element, 'integer') : asIs };
}

function target(name: string, val: Node): Node {
  return { ResTarget: { name, val } };
}

function plainSelect(targetList: Node[]): SelectStmt {
  return { targetList, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' };
}
