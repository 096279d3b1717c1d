/**
 * Whether the caller's expressions can raise on some row, and so tell of rows that a filter removes. What is not known
 * to be safe raises: an expression has to be recognised here to run without a fence.
 */
import type { FuncCall, RangeFunction, SelectStmt, TypeCast } from '@pgsql/types';
import { calledName } from '../../guard/functions.ts';
import { operatorNamed } from '../../guard/operators.ts';
import { setFunctionNamed } from '../../guard/set-functions.ts';
import { typeOfName } from '../../resolve/types.ts';
import type { Node } from '../../tree.ts';
import { close, eachChild, isBlank, open, walk } from '../../walk.ts';
import { fits } from '../literals.ts';
import { safeCall } from './calls.ts';
import {
  alike,
  comparable,
  isBoolean,
  isText,
  literalText,
  NUMBERS,
  PLAIN,
  type RaiseContext,
  typeWithParams,
} from './comparable.ts';
import { isConstant, safeConstant } from './constants.ts';
import { evenSelect } from './even.ts';
import { leakproofCall, leakproofCast, leakproofOperator } from './leakproof.ts';

/** Where a statement can raise: nowhere, only in what the outermost SELECT gives out, or where filters are as well. */
export type RaisesIn = 'nowhere' | 'output' | 'anywhere';

export function raisesIn(select: SelectStmt, context: RaiseContext): RaisesIn {
  if (safe(close('SelectStmt', select), context)) return 'nowhere';
  return isOuterSelect(select) && safeOuter(select, context) ? 'output' : 'anywhere';
}

function isOuterSelect(select: SelectStmt): boolean {
  return select.larg === undefined && select.valuesLists === undefined && select.havingClause === undefined;
}

/**
 * What the outermost SELECT gives out is computed on rows that have passed every filter: DuckDB 1.5 moves filters down,
 * never projections, and here no filter stands above them. (HAVING would be one: it moves below the grouping.)
 */
function safeOuter(select: SelectStmt, context: RaiseContext): boolean {
  const { targetList, sortClause, groupClause, distinctClause, windowClause, ...rest } = select;
  const given = [targetList, sortClause, groupClause, distinctClause, windowClause].flatMap(
    (list) => list ?? [],
  );
  return given.every((node) => isBlank(node) || safeOutput(node, context)) && safeSelect(rest, context);
}

/** Subqueries and FILTER are not only output. */
function safeOutput(node: Node, context: RaiseContext): boolean {
  if ('SubLink' in node) return false;
  // The rows that a function gives may be made in FROM instead.
  if ('FuncCall' in node && setFunctionNamed(calledName(node.FuncCall) ?? '') !== undefined) return false;
  const filter = 'FuncCall' in node ? node.FuncCall.agg_filter : undefined;
  if (filter !== undefined && conditionCanRaise(filter, context)) return false;
  let all = true;
  eachChild(node, (child) => {
    all &&= safeOutput(child, context);
  });
  return all;
}

/** The same for one condition of it. */
export function conditionCanRaise(condition: Node, context: RaiseContext): boolean {
  return !(safe(condition, context) && isBoolean(condition, context));
}

type Body = Readonly<Record<string, unknown>>;

/** Whether the expression succeeds on every row. */
export function safe(node: Node, context: RaiseContext): boolean {
  if (isConstant(node)) return safeConstant(node);
  const { tag, body } = open(node);
  switch (tag) {
    case 'SelectStmt':
      return safeSelect(body as SelectStmt, context);
    case 'ColumnRef':
      return context.engine === 'duckdb' || unmasked(body, context);
    case 'ParamRef':
    case 'RangeVar':
      return true;
    case 'BoolExpr':
      return childrenSafe(node, context) && (body.args as Node[]).every((arg) => isBoolean(arg, context));
    case 'BooleanTest':
      return childrenSafe(node, context) && isBoolean(body.arg as Node, context);
    case 'A_Expr':
      return safeOperation(node, body, context);
    case 'TypeCast':
      return safeCast(body as TypeCast, context);
    case 'CaseExpr':
      return safeCase(body, context);
    case 'CoalesceExpr':
    case 'MinMaxExpr':
      return childrenSafe(node, context) && alike(body.args as Node[], context);
    case 'A_ArrayExpr':
      return childrenSafe(node, context) && alike((body.elements as Node[] | undefined) ?? [], context);
    case 'FuncCall':
      return childrenSafe(node, context) && safeFunction(body as FuncCall, context);
    case 'JoinExpr':
      return (
        childrenSafe(node, context) && (body.quals === undefined || isBoolean(body.quals as Node, context))
      );
    case 'RangeFunction':
      return safeRangeFunction(node, body as RangeFunction, context);
    case 'WithClause':
    case 'CommonTableExpr':
    case 'RangeSubselect':
    case 'ResTarget':
    case 'SortBy':
    case 'NullTest':
    case 'GroupingSet':
    case 'GroupingFunc':
    case 'SQLValueFunction':
    case 'List':
      return childrenSafe(node, context);
    case 'WindowDef':
      // A frame with offsets computes with the order's values, but only on rows that are there already.
      return childrenSafe(node, context);
    // Subqueries are joined by the engine in ways that run what stands in them on rows of either side.
    case 'SubLink':
      return context.subqueries === 'apart';
    case 'A_Indirection':
    case 'A_Indices':
    case 'RowExpr':
    case 'CollateClause':
    case 'NamedArgExpr':
    case 'A_Const':
    case 'CaseWhen':
    case 'TypeName':
    case 'Alias':
    case 'String':
    case 'Integer':
      return false;
    default:
      return tag satisfies never;
  }
}

/** A mask is made of functions as well, and PostgreSQL moves conditions over it below the filter. */
function unmasked(body: Body, context: RaiseContext): boolean {
  const [range, name] = (body.fields as Node[]).map((field) => open(field).body.sval as string);
  return context.ranges.get(range ?? '')?.get(name ?? '')?.masked === false;
}

function safeFunction(body: FuncCall, context: RaiseContext): boolean {
  return context.engine === 'postgres' ? leakproofCall(body, context) : safeCall(body, context);
}

function childrenSafe(node: Node, context: RaiseContext): boolean {
  let all = true;
  eachChild(node, (child) => {
    if (child !== undefined && !('Alias' in child) && !('String' in child)) all &&= safe(child, context);
  });
  return all;
}

/** A series of literal numbers, or a list that is written out: neither hangs on a row. */
function safeRangeFunction(node: Node, body: RangeFunction, context: RaiseContext): boolean {
  let columns = false;
  walk(node, (at) => {
    columns ||= 'ColumnRef' in at || 'SelectStmt' in at;
    return !columns;
  });
  const [list] = body.functions ?? [];
  const [call] = list === undefined ? [] : (open(list).body.items as Node[]);
  if (columns || call === undefined || !('FuncCall' in call)) return false;
  const args = call.FuncCall.args ?? [];
  switch (calledName(call.FuncCall)) {
    case 'generate_series':
      return args.every((arg) => 'A_Const' in arg && arg.A_Const.ival !== undefined);
    case 'unnest':
      return args.every((arg) => 'A_ArrayExpr' in arg && safe(arg, context));
    default:
      return false;
  }
}

function safeSelect(select: SelectStmt, context: RaiseContext): boolean {
  for (const condition of [select.whereClause, select.havingClause]) {
    if (condition !== undefined && !isBoolean(condition, context)) return false;
  }
  if (!evenSelect(select, context)) return false;
  const { limitCount: _, limitOffset: __, ...rest } = select;
  return childrenSafe(close('SelectStmt', { ...rest, distinctClause: on(select) }), context);
}

/** DISTINCT ON's expressions, without the blank that stands for a plain DISTINCT. */
function on(select: SelectStmt): Node[] | undefined {
  const expressions = (select.distinctClause ?? []).filter((node) => !isBlank(node));
  return expressions.length === 0 ? undefined : expressions;
}

function safeOperation(node: Node, body: Body, context: RaiseContext): boolean {
  if (!childrenSafe(node, context)) return false;
  const left = body.lexpr as Node | undefined;
  const right = body.rexpr as Node;
  switch (body.kind) {
    case 'AEXPR_OP':
      return safeOperator(left, right, body, context);
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
    case 'AEXPR_NULLIF':
      return comparable(left!, right, context);
    case 'AEXPR_IN':
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM': {
      const items = open(right).body.items as Node[];
      return items.every((item) => comparable(left!, item, context)) && alike(items, context);
    }
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      return context.engine !== 'postgres' && isText(left!, context) && isPlainPattern(right, context);
    // ANY and ALL over a list are subqueries in DuckDB; patterns of SIMILAR TO are regular expressions.
    default:
      return false;
  }
}

/** DuckDB 1.5 raises on a pattern of a column that ends in a backslash; one with ESCAPE is no literal either. */
function isPlainPattern(node: Node, context: RaiseContext): boolean {
  const pattern = literalText(node, context);
  return pattern !== null && !pattern.includes('\\');
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

function safeOperator(left: Node | undefined, right: Node, body: Body, context: RaiseContext): boolean {
  const name = open((body.name as Node[])[0]!).body.sval as string;
  const operator = operatorNamed(name);
  if (operator === undefined || left === undefined) return false;
  if (COMPARISONS.has(name)) return comparable(left, right, context);
  if (context.engine === 'postgres') return leakproofOperator(name, left, right, context);
  const texts = isText(left, context) && isText(right, context);
  // A pattern that is a literal is compiled before any row is read.
  if (name === '~' || name === '!~') return texts && isConstant(right);
  if (name.includes('~~')) return texts && isPlainPattern(right, context);
  return !operator.raises && texts;
}

/** Casts that succeed for every value of the argument's type. */
function safeCast(body: TypeCast, context: RaiseContext): boolean {
  const arg = body.arg!;
  if (!safe(arg, context)) return false;
  const from = typeWithParams(arg, context);
  const to = typeOfName(body.typeName);
  const literal = literalText(arg, context);
  if (literal !== null && from.family === 'text') return fits(literal, to);
  if (context.engine === 'postgres') return leakproofCast(body, context);
  if (to.family === 'text') return PLAIN.has(from.family) || NUMBERS.has(from.family);
  if (to.family === 'float') return NUMBERS.has(from.family) && !/float4|real/.test(nameOf(body));
  if (from.family === 'integer' && to.family === 'integer') return (from.bits ?? 128) <= (to.bits ?? 0);
  return from.family === to.family && PLAIN.has(from.family) && from.precision === to.precision;
}

function nameOf(body: TypeCast): string {
  return (body.typeName?.names ?? []).map((part) => open(part).body.sval as string).join('.');
}

function safeCase(body: Body, context: RaiseContext): boolean {
  const whens = (body.args as Node[]).map((when) => open(when).body as { expr: Node; result: Node });
  const results = whens.map((when) => when.result);
  if (body.defresult !== undefined) results.push(body.defresult as Node);
  const subject = body.arg as Node | undefined;
  const parts = [...(subject === undefined ? [] : [subject]), ...whens.map((when) => when.expr), ...results];
  if (!parts.every((part) => safe(part, context)) || !alike(results, context)) return false;
  return whens.every(({ expr }) =>
    subject === undefined ? isBoolean(expr, context) : comparable(subject, expr, context),
  );
}
