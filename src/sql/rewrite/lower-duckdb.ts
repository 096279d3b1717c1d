/**
 * Lowers a resolved tree to DuckDB's dialect: every function under its full name in system.main, and syntax that
 * DuckDB's parser would turn into functions by bare names said in full names instead (DuckDB 1.5).
 */
import type { A_Indirection, FuncCall, RangeFunction, SelectStmt, SubLink, TypeCast } from '@pgsql/types';
import { calledName, functionNamed, VALUE_FUNCTIONS } from '../guard/functions.ts';
import { type Ranges, typeOf } from '../resolve/types.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import { call, column } from './build.ts';
import { onlyValue } from './dependents.ts';
import { lowerCast } from './lower-casts-duckdb.ts';
import { lowerOperation } from './lower-operators-duckdb.ts';
import { COMPARISONS } from './lower-quantified-duckdb.ts';
import { hoistGroupedSets, lowerFunctionInFrom, lowerSetCall, setCall } from './lower-sets-duckdb.ts';
import { spelledInDuckDb } from './spell-duckdb.ts';
import { fromTheStart } from './subscripts-duckdb.ts';
import { checkTakes } from './takes.ts';
import { typedArgument, typedParameter } from './typed-parameters.ts';
import { noLowering, notHere, unsupported } from './unsupported.ts';
import { withoutInheritedWindows } from './windows-duckdb.ts';

export interface Lowering {
  /** Gives range names that the statement does not use yet. */
  readonly fresh: () => string;
  /** The caller's values. */
  readonly params: readonly ParamValue[];
  /** What each reference of the resolved tree means. */
  readonly ranges: Ranges;
}

export function lowerToDuckDb(node: Node, lowering: Lowering): Node {
  const again = (child: Node): Node => lowerToDuckDb(child, lowering);
  const { tag, body } = open(node);
  switch (tag) {
    case 'A_Expr':
      return lowerOperation(node, body, again, lowering.ranges);
    case 'FuncCall': {
      const only = onlyValue(body as FuncCall, 'duckdb');
      if (only !== undefined) return only;
      if (setCall(body as FuncCall) !== null)
        return lowerSetCall(body as FuncCall, { ...lowering, lower: again });
      refuseIntervals(body as FuncCall, lowering.ranges);
      return lowerCall(body as FuncCall, open(mapChildren(node, again)).body as FuncCall, lowering);
    }
    case 'RangeFunction':
      return lowerFunctionInFrom(body as RangeFunction, { ...lowering, lower: again });
    case 'SelectStmt': {
      const flat = withoutInheritedWindows(body as SelectStmt);
      const select = hoistGroupedSets(flat, { ...lowering, lower: again });
      return mapChildren(select === body ? node : close('SelectStmt', select), again);
    }
    case 'SQLValueFunction': {
      const entry = VALUE_FUNCTIONS[body.op as string];
      if (entry === undefined) throw noLowering('SQLValueFunction');
      return call(entry.duckdb);
    }
    case 'MinMaxExpr':
      return call(body.op === 'IS_LEAST' ? 'least' : 'greatest', ...(body.args as Node[]).map(again));
    case 'A_ArrayExpr':
      return call('list_value', ...((body.elements as Node[] | undefined) ?? []).map(again));
    case 'ParamRef':
      return typedParameter(node, lowering.params, 'duckdb');
    case 'TypeCast':
      return lowerCast(
        open(mapChildren(node, again)).body as TypeCast,
        again,
        (body as TypeCast).arg!,
        lowering,
      );
    case 'CollateClause':
      // Its own order.
      return again(body.arg as Node);
    case 'A_Indirection':
      return lowerIndirection(open(mapChildren(node, again)).body as unknown as A_Indirection);
    case 'SubLink':
      return lowerSubLink(open(mapChildren(node, again)).body as SubLink, lowering);
    default:
      return mapChildren(node, again);
  }
}

/** @param written the call before its arguments were lowered. */
function lowerCall(written: FuncCall, body: FuncCall, lowering: Lowering): Node {
  const name = calledName(body);
  const entry = name === null ? undefined : functionNamed(name);
  if (entry === undefined) throw noLowering(name ?? 'a qualified function');
  const args = body.args?.map((arg, i) => typedArgument(arg, i, entry, lowering.params));
  const typed = args === undefined ? body : { ...body, args };
  if (entry.duckdb === null) checkTakes(entry, body, 'duckdb');
  const families = (written.args ?? []).map((arg) => typeOf(arg, lowering.ranges).family);
  const spelled = spelledInDuckDb(entry.name, args ?? [], { ...lowering, families, whole: body });
  if (spelled !== undefined) return spelled;
  if (entry.duckdb === null) throw notHere(entry.name);
  if (entry.kind === 'window' && body.agg_within_group === true) throw notHere(entry.name, ' WITHIN GROUP');
  checkTakes(entry, body, 'duckdb');
  const { agg_star: star, ...rest } = typed;
  const target = star === true ? 'count_star' : entry.duckdb;
  return close('FuncCall', {
    ...rest,
    funcname: ['system', 'main', target].map((sval): Node => ({ String: { sval } })),
    funcformat: 'COERCE_EXPLICIT_CALL',
  });
}

/** DuckDB 1.5 adds up no intervals. */
function refuseIntervals(body: FuncCall, ranges: Ranges): void {
  const name = calledName(body);
  const [arg] = body.args ?? [];
  if ((name === 'sum' || name === 'avg') && arg !== undefined && typeOf(arg, ranges).family === 'interval')
    throw unsupported(`${name} of intervals`, `Write ${name}(extract(epoch from x)): it counts in seconds.`);
}

function lowerIndirection(body: A_Indirection): Node {
  return close('A_Indirection', { ...body, indirection: (body.indirection ?? []).map(fromTheStart) });
}

/** `ARRAY(SELECT x …)`: an empty list where there is no row. */
function lowerSubLink(link: SubLink, lowering: Lowering): Node {
  if (link.operName !== undefined) {
    const operator = open(link.operName[0]!).body.sval as string;
    if (!COMPARISONS.has(operator)) throw unsupported(`${operator} ANY or ALL of a subquery`, 'Use EXISTS.');
  }
  if (link.subLinkType !== 'ARRAY_SUBLINK') return close('SubLink', link);
  let first = open(link.subselect!).body as SelectStmt;
  while (first.larg !== undefined) first = first.larg;
  const name = open(first.targetList![0]!).body.name as string;
  const range = lowering.fresh();
  const collected: SelectStmt = {
    targetList: [{ ResTarget: { name: 'c1', val: call('array_agg', column(range, name)) } }],
    fromClause: [{ RangeSubselect: { subquery: link.subselect!, alias: { aliasname: range } } }],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  return {
    CoalesceExpr: {
      args: [
        { SubLink: { subLinkType: 'EXPR_SUBLINK', subselect: { SelectStmt: collected } } },
        call('list_value'),
      ],
    },
  };
}
