/**
 * Whether the caller's expressions can raise on some row, and so tell of rows that a filter removes. What is not known
 * to be safe raises: an expression has to be recognised here to run without a fence.
 */
import type { A_Const, FuncCall, SelectStmt, TypeCast } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';
import { calledName, functionNamed, type SqlFunction } from '../guard/functions.ts';
import { operatorNamed } from '../guard/operators.ts';
import { type Ranges, typeOf, typeOfConst, typeOfName } from '../resolve/types.ts';
import type { ParamValue, SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, eachChild, isBlank, open } from '../walk.ts';
import { fits, isDate, isInterval, isTimestamp } from './literals.ts';

export interface RaiseContext {
  readonly ranges: Ranges;
  /** The caller's values: a parameter is judged by what is bound to it. */
  readonly params: readonly ParamValue[];
}

export function canRaise(select: SelectStmt, context: RaiseContext): boolean {
  return !safe(close('SelectStmt', select), context);
}

type Body = Readonly<Record<string, unknown>>;

function safe(node: Node, context: RaiseContext): boolean {
  if (isConstant(node)) return safeConstant(node, context);
  const { tag, body } = open(node);
  switch (tag) {
    case 'SelectStmt':
      return safeSelect(body as SelectStmt, context);
    case 'ColumnRef':
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
      return safeCall(node, body as FuncCall, context);
    case 'JoinExpr':
      return (
        childrenSafe(node, context) && (body.quals === undefined || isBoolean(body.quals as Node, context))
      );
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
    case 'A_Indirection':
    case 'A_Indices':
    case 'RowExpr':
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

function childrenSafe(node: Node, context: RaiseContext): boolean {
  let all = true;
  eachChild(node, (child) => {
    if (child !== undefined && !('Alias' in child) && !('String' in child)) all &&= safe(child, context);
  });
  return all;
}

function safeSelect(select: SelectStmt, context: RaiseContext): boolean {
  for (const condition of [select.whereClause, select.havingClause]) {
    if (condition !== undefined && !isBoolean(condition, context)) return false;
  }
  for (const bound of [select.limitCount, select.limitOffset]) {
    if (bound !== undefined && !safeBound(bound, context)) return false;
  }
  const { limitCount: _, limitOffset: __, ...rest } = select;
  if (select.larg !== undefined && !sameColumns(select.larg, select.rarg!, context)) return false;
  if (select.valuesLists !== undefined && !evenRows(select.valuesLists, context)) return false;
  return childrenSafe(close('SelectStmt', { ...rest, distinctClause: on(select) }), context);
}

/** DISTINCT ON's expressions, without the blank that stands for a plain DISTINCT. */
function on(select: SelectStmt): Node[] | undefined {
  const expressions = (select.distinctClause ?? []).filter((node) => !isBlank(node));
  return expressions.length === 0 ? undefined : expressions;
}

function safeBound(node: Node, context: RaiseContext): boolean {
  if ('A_Const' in node) return node.A_Const.ival !== undefined || node.A_Const.isnull === true;
  if (!('ParamRef' in node)) return false;
  const value = context.params[(node.ParamRef.number ?? 0) - 1];
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);
}

/** Branches of a set operation are converted to a common type. */
function sameColumns(left: SelectStmt, right: SelectStmt, context: RaiseContext): boolean {
  const a = outputs(left);
  const b = outputs(right);
  return a.length === b.length && a.every((node, i) => comparable(node, b[i]!, context));
}

function outputs(select: SelectStmt): Node[] {
  let at = select;
  while (at.larg !== undefined) at = at.larg;
  return (at.targetList ?? []).map((target) => open(target).body.val as Node);
}

function evenRows(rows: readonly Node[], context: RaiseContext): boolean {
  const lists = rows.map((row) => open(row).body.items as Node[]);
  return (lists[0] ?? []).every((_, i) =>
    alike(
      lists.map((items) => items[i]!),
      context,
    ),
  );
}

function isBoolean(node: Node, context: RaiseContext): boolean {
  return isNull(node, context) || typeOf(node, context.ranges).family === 'boolean';
}

function isNull(node: Node, context: RaiseContext): boolean {
  if ('A_Const' in node) return node.A_Const.isnull === true;
  return 'ParamRef' in node && context.params[(node.ParamRef.number ?? 0) - 1] === null;
}

/** Every pair may stand side by side. Long lists are of a kind, so that pairs are told by their types. */
function alike(nodes: readonly Node[], context: RaiseContext): boolean {
  const literals = nodes.filter((node) => literalText(node, context) !== null);
  const others = distinctTypes(
    nodes.filter((node) => literalText(node, context) === null),
    context,
  );
  if (new Set(literals.map((node) => typeWithParams(node, context).family)).size > 1) {
    // Numbers written with and without a point stand side by side in DuckDB as decimals.
    return false;
  }
  return (
    others.every((a, i) => others.slice(i + 1).every((b) => comparable(a, b, context))) &&
    literals.every((literal) => others.every((other) => comparable(literal, other, context)))
  );
}

/** One expression for each type among them. */
function distinctTypes(nodes: readonly Node[], context: RaiseContext): Node[] {
  const byType = new Map<string, Node>();
  for (const node of nodes) {
    if (isNull(node, context)) continue;
    byType.set(JSON.stringify(typeWithParams(node, context)), node);
  }
  const one = [...byType.values()];
  // A type that is not known may not even stand beside itself.
  return nodes.length > 1 ? one.flatMap((node) => (isKnown(node, context) ? [node] : [node, node])) : one;
}

function isKnown(node: Node, context: RaiseContext): boolean {
  const { family } = typeWithParams(node, context);
  return PLAIN.has(family) || NUMBERS.has(family);
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
      // A pattern with ESCAPE is a call, which the function table does not have.
      return isText(left!, context) && isText(right, context);
    // ANY and ALL over a list are subqueries in DuckDB; patterns of SIMILAR TO are regular expressions.
    default:
      return false;
  }
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

function safeOperator(left: Node | undefined, right: Node, body: Body, context: RaiseContext): boolean {
  const name = open((body.name as Node[])[0]!).body.sval as string;
  const operator = operatorNamed(name);
  if (operator === undefined || left === undefined) return false;
  if (COMPARISONS.has(name)) return comparable(left, right, context);
  const texts = isText(left, context) && isText(right, context);
  // A pattern that is a literal is compiled before any row is read.
  if (name === '~' || name === '!~') return texts && isConstant(right);
  return !operator.raises && texts;
}

function isText(node: Node, context: RaiseContext): boolean {
  return typeWithParams(node, context).family === 'text';
}

function typeWithParams(node: Node, context: RaiseContext): SqlType {
  if (!('ParamRef' in node)) return typeOf(node, context.ranges);
  const value = context.params[(node.ParamRef.number ?? 0) - 1];
  switch (typeof value) {
    case 'string':
      return { family: 'text' };
    case 'boolean':
      return { family: 'boolean' };
    case 'number':
      return Number.isSafeInteger(value) ? { family: 'integer', bits: 64 } : { family: 'float' };
    default:
      return { family: 'unknown' };
  }
}

/** Families whose values an engine compares without converting anything. */
const PLAIN: ReadonlySet<TypeFamily> = new Set([
  'text',
  'boolean',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'uuid',
  'bytes',
]);

/** Whether two expressions may be compared, or stand as alternatives, without a conversion that could raise. */
function comparable(a: Node, b: Node, context: RaiseContext): boolean {
  if (isNull(a, context) || isNull(b, context)) return true;
  const left = typeWithParams(a, context);
  const right = typeWithParams(b, context);
  const la = literalText(a, context);
  const lb = literalText(b, context);
  if (la !== null && lb !== null) return left.family === right.family;
  if (lb !== null && right.family === 'text') return fits(lb, left);
  if (la !== null && left.family === 'text') return fits(la, right);
  if (left.family === right.family && PLAIN.has(left.family)) return true;
  return comparableNumbers(left, right, la ?? lb);
}

const NUMBERS: ReadonlySet<TypeFamily> = new Set(['integer', 'decimal', 'float']);
/** Digits before the point that an integer needs as a decimal. */
const DIGITS: Readonly<Record<number, number>> = { 8: 3, 16: 5, 32: 10, 64: 19 };
const WIDEST = 38;

function comparableNumbers(a: SqlType, b: SqlType, literal: string | null): boolean {
  if (!NUMBERS.has(a.family) || !NUMBERS.has(b.family)) return false;
  if (a.family === 'float' || b.family === 'float') return true;
  if (a.family === 'integer' && b.family === 'integer') return true;
  const whole = (type: SqlType): number | undefined =>
    type.family === 'integer'
      ? literal !== null && type.bits === 32
        ? 10
        : DIGITS[type.bits ?? 128]
      : type.precision === undefined
        ? undefined
        : type.precision - (type.scale ?? 0);
  const left = whole(a);
  const right = whole(b);
  if (left === undefined || right === undefined) return false;
  return Math.max(left, right) + Math.max(a.scale ?? 0, b.scale ?? 0) <= WIDEST;
}

/** The text of a literal or of a bound scalar; null for anything else. */
function literalText(node: Node, context: RaiseContext): string | null {
  if ('ParamRef' in node) {
    const value = context.params[(node.ParamRef.number ?? 0) - 1];
    return value === null || value === undefined || typeof value === 'object' ? null : String(value);
  }
  if (!('A_Const' in node)) return null;
  const { sval, ival, fval, boolval } = node.A_Const;
  if (sval !== undefined) return sval.sval ?? '';
  if (ival !== undefined) return String(ival.ival ?? 0);
  if (fval !== undefined) return fval.fval ?? '';
  return boolval === undefined ? null : String(boolval.boolval ?? false);
}

/** Casts that succeed for every value of the argument's type. */
function safeCast(body: TypeCast, context: RaiseContext): boolean {
  const arg = body.arg!;
  if (!safe(arg, context)) return false;
  const from = typeWithParams(arg, context);
  const to = typeOfName(body.typeName);
  const literal = literalText(arg, context);
  if (literal !== null && from.family === 'text') return fits(literal, to);
  if (to.family === 'text') return PLAIN.has(from.family) || NUMBERS.has(from.family);
  if (to.family === 'float') return NUMBERS.has(from.family) && !/float4|real/.test(nameOf(body));
  if (from.family === 'integer' && to.family === 'integer') return (from.bits ?? 128) <= (to.bits ?? 0);
  return from.family === to.family && PLAIN.has(from.family);
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

/** DuckDB 1.5 raises on the ends of the calendar for the rest: weeks, date_trunc, and fields that an INTERVAL lacks. */
const CALENDAR: ReadonlySet<string> = new Set([
  'year',
  'month',
  'day',
  'dayofmonth',
  'dayofweek',
  'dayofyear',
  'dayname',
  'monthname',
  'quarter',
  'hour',
  'minute',
  'second',
]);
const FIELDS: ReadonlySet<string> = new Set([
  'year',
  'month',
  'day',
  'quarter',
  'dow',
  'isodow',
  'doy',
  'hour',
  'minute',
  'second',
  'epoch',
]);
const MOMENTS: ReadonlySet<TypeFamily> = new Set(['date', 'timestamp', 'timestamptz']);
/** The arguments after the first are positions; a huge one is out of range. */
const POSITIONAL: ReadonlySet<string> = new Set(['left', 'right', 'substr', 'substring']);

const SIMPLE: ReadonlySet<TypeFamily> = new Set([...PLAIN, ...NUMBERS, 'interval']);

function safeCall(node: Node, body: FuncCall, context: RaiseContext): boolean {
  const entry = functionNamed(calledName(body) ?? '');
  if (entry === undefined || !childrenSafe(node, context)) return false;
  const args = body.args ?? [];
  if (body.agg_filter !== undefined && !isBoolean(body.agg_filter, context)) return false;
  if (!args.every((arg) => acceptable(arg, entry, context))) return false;
  if (entry.group === 'date' && !safeDatePart(entry, args)) return false;
  switch (entry.raises) {
    case true:
      return false;
    case false:
      return true;
    case 'unless_constant':
      return entry.group === 'date' || safeArguments(entry, args);
    default:
      return entry.raises satisfies never;
  }
}

function safeDatePart(entry: SqlFunction, args: readonly Node[]): boolean {
  if (args.length === 0) return true;
  if (entry.duckdb !== 'date_part') return CALENDAR.has(entry.name);
  const first = args[0]!;
  return 'A_Const' in first && FIELDS.has((first.A_Const.sval?.sval ?? '').toLowerCase());
}

/** Text functions with a pattern or positions: literals of the right kind after the text. */
function safeArguments(entry: SqlFunction, args: readonly Node[]): boolean {
  const rest = args.slice(1);
  const isPosition = (arg: Node | undefined): boolean =>
    arg !== undefined && 'A_Const' in arg && arg.A_Const.ival !== undefined;
  if (POSITIONAL.has(entry.name)) return rest.every(isPosition);
  const texts = entry.name === 'split_part' ? rest.slice(0, 1) : rest;
  if (entry.name === 'split_part' && !isPosition(rest[1])) return false;
  return texts.every((arg) => 'A_Const' in arg && arg.A_Const.sval !== undefined);
}

/** Arguments of a type that the function declares: any other would be converted first. */
function acceptable(arg: Node, entry: SqlFunction, context: RaiseContext): boolean {
  const { family } = typeWithParams(arg, context);
  if (isConstant(arg)) return true;
  switch (entry.group) {
    case 'string':
      return family === 'text' || family === 'integer';
    case 'date':
      return MOMENTS.has(family);
    case 'numeric':
      return NUMBERS.has(family);
    case 'aggregate':
    case 'window':
    case 'statistics':
    case 'conditional':
      return SIMPLE.has(family);
    case 'json':
    case 'array':
      return false;
    default:
      return entry.group satisfies never;
  }
}

/** Made of literals alone. A conversion in it that fails is only met once a row gets there, which tells of that row. */
function isConstant(node: Node): boolean {
  if ('A_Const' in node) return true;
  if ('TypeCast' in node) return isConstant(node.TypeCast.arg!);
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP') return false;
  const { lexpr, rexpr } = node.A_Expr;
  return (lexpr === undefined || isConstant(lexpr)) && isConstant(rexpr!);
}

function safeConstant(node: Node, context: RaiseContext): boolean {
  if ('A_Const' in node) return true;
  if ('TypeCast' in node) return safeConstantCast(node.TypeCast);
  return safeArithmetic(node, context) !== null;
}

function safeConstantCast(body: TypeCast): boolean {
  if (!('A_Const' in body.arg!)) return false;
  const constant: A_Const = body.arg.A_Const;
  if (constant.isnull === true) return true;
  const to = typeOfName(body.typeName);
  const value = constant.sval?.sval;
  if (value !== undefined) {
    // `interval '3' month`: the field stands beside the number.
    const field = to.family === 'interval' && (body.typeName?.typmods ?? []).length > 0;
    return field ? /^\d{1,4}$/.test(value) : fits(value, to);
  }
  const from = typeOfConst(constant);
  const written = String(constant.ival?.ival ?? (constant.ival === undefined ? constant.fval?.fval : 0));
  return NUMBERS.has(from.family) && NUMBERS.has(to.family) && fits(written, to);
}

/** Small numbers, and dates moved by an interval of at most four digits. The result is a bound on the size, or null. */
function safeArithmetic(node: Node, context: RaiseContext): 'number' | 'moment' | 'interval' | null {
  if ('A_Const' in node) {
    const { ival, fval } = node.A_Const;
    if (ival !== undefined) return Math.abs(ival.ival ?? 0) < 1e6 ? 'number' : null;
    return fval !== undefined && /^-?\d{0,6}\.\d{1,6}$/.test(fval.fval ?? '') ? 'number' : null;
  }
  if ('TypeCast' in node) {
    if (!safeConstantCast(node.TypeCast)) return null;
    const value = 'A_Const' in node.TypeCast.arg! ? (node.TypeCast.arg.A_Const.sval?.sval ?? '') : '';
    const { family } = typeOfName(node.TypeCast.typeName);
    if (family === 'interval') return isInterval(value) || /^\d{1,4}$/.test(value) ? 'interval' : null;
    return isDate(value) || isTimestamp(value) ? 'moment' : null;
  }
  if (!('A_Expr' in node)) return null;
  const name = open(node.A_Expr.name![0]!).body.sval as string;
  const right = safeArithmetic(node.A_Expr.rexpr!, context);
  if (node.A_Expr.lexpr === undefined) return name === '-' && 'A_Const' in node.A_Expr.rexpr! ? right : null;
  const left = safeArithmetic(node.A_Expr.lexpr, context);
  if (name !== '+' && name !== '-') return null;
  if (left === 'moment' && right === 'interval') return 'moment';
  // One level only, so that sums stay small.
  const flat = 'A_Const' in node.A_Expr.lexpr && 'A_Const' in node.A_Expr.rexpr!;
  return left === 'number' && right === 'number' && flat ? 'number' : null;
}
