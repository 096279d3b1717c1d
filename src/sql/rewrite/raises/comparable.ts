/** Whether values may stand side by side (compared, listed, alternatives) without a conversion that could raise on some row. */
import type { A_Expr } from '@pgsql/types';
import type { TypeFamily } from '../../../catalogue/dataset.ts';
import { type Ranges, typeOf } from '../../resolve/types.ts';
import type { ParamValue, SqlType } from '../../stages.ts';
import type { Node } from '../../tree.ts';
import type { EngineKind } from '../build.ts';
import { fits } from '../literals.ts';

export interface RaiseContext {
  readonly engine: EngineKind;
  readonly ranges: Ranges;
  /** The caller's values: a parameter is judged by what is bound to it. */
  readonly params: readonly ParamValue[];
  /** `apart`: whoever asks looks at the subqueries of an expression by itself. */
  readonly subqueries?: 'apart';
}

export function isNull(node: Node, context: RaiseContext): boolean {
  if ('A_Const' in node) return node.A_Const.isnull === true;
  return 'ParamRef' in node && context.params[(node.ParamRef.number ?? 0) - 1] === null;
}

export function isBoolean(node: Node, context: RaiseContext): boolean {
  return isNull(node, context) || typeOf(node, context.ranges).family === 'boolean';
}

/** Every pair may stand side by side. Long lists are of a kind, so that pairs are told by their types. */
export function alike(nodes: readonly Node[], context: RaiseContext): boolean {
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

export function isText(node: Node, context: RaiseContext): boolean {
  return typeWithParams(node, context).family === 'text';
}

export function typeWithParams(node: Node, context: RaiseContext): SqlType {
  if ('A_Expr' in node) return sumOfLiterals(node.A_Expr) ?? typeOf(node, context.ranges);
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

/** `1 + 10`, `0.06 - 0.01`: two small numbers give one with a digit more; what is given here has room for it. */
function sumOfLiterals({ kind, name, lexpr, rexpr }: A_Expr): SqlType | null {
  const operator = name?.[0] !== undefined && 'String' in name[0] ? name[0].String.sval : undefined;
  if (kind !== 'AEXPR_OP' || (operator !== '+' && operator !== '-')) return null;
  const scales = [lexpr, rexpr].map((side) => (side === undefined ? null : scaleOfSmall(side)));
  const [left, right] = scales;
  if (typeof left !== 'number' || typeof right !== 'number') return null;
  const scale = Math.max(left, right);
  return scale === 0 ? { family: 'integer', bits: 32 } : { family: 'decimal', precision: 7 + scale, scale };
}

/** Digits after the point of a literal with at most six on either side of it; null for anything else. */
function scaleOfSmall(node: Node): number | null {
  if (!('A_Const' in node)) return null;
  const { ival, fval } = node.A_Const;
  if (ival !== undefined) return Math.abs(ival.ival ?? 0) < 1e6 ? 0 : null;
  return /^-?\d{0,6}\.(\d{1,6})$/.exec(fval?.fval ?? '')?.[1]?.length ?? null;
}

/** Families whose values an engine compares without converting anything. */
export const PLAIN: ReadonlySet<TypeFamily> = new Set([
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
export function comparable(a: Node, b: Node, context: RaiseContext): boolean {
  if (isNull(a, context) || isNull(b, context)) return true;
  if (context.engine === 'postgres') return leakproofComparison(a, b, context);
  const left = typeWithParams(a, context);
  const right = typeWithParams(b, context);
  const la = literalText(a, context);
  const lb = literalText(b, context);
  if (la !== null && lb !== null) return left.family === right.family;
  if (lb !== null && right.family === 'text') return fits(lb, left);
  if (la !== null && left.family === 'text') return fits(la, right);
  if (left.family === right.family && PLAIN.has(left.family)) return left.precision === right.precision;
  return comparableNumbers(left, right, la ?? lb);
}

/** What PostgreSQL marks leakproof: decimals are not among it. */
function leakproofComparison(a: Node, b: Node, context: RaiseContext): boolean {
  const [left, right] = [typeInPostgres(a, context), typeInPostgres(b, context)];
  const [la, lb] = [literalText(a, context), literalText(b, context)];
  if (la !== null && lb !== null) return left.family === right.family && PLAIN.has(left.family);
  // A literal text is read as the other side's type, before any row is.
  if (lb !== null && right.family === 'text') return steady(left) && fits(lb, left);
  if (la !== null && left.family === 'text') return steady(right) && fits(la, right);
  if (left.family === right.family) return steady(left) && steady(right);
  const families: readonly TypeFamily[] = [left.family, right.family];
  return (
    families.every((family) => family === 'integer' || family === 'float') && steady(left) && steady(right)
  );
}

function steady(type: SqlType): boolean {
  if (type.family === 'integer') return (type.bits ?? 128) <= 64;
  return type.family === 'float' || PLAIN.has(type.family);
}

/** A number with a point or an exponent is a decimal here. */
export function typeInPostgres(node: Node, context: RaiseContext): SqlType {
  const type = typeWithParams(node, context);
  return 'A_Const' in node && type.family === 'float' ? { family: 'decimal' } : type;
}

export const NUMBERS: ReadonlySet<TypeFamily> = new Set(['integer', 'decimal', 'float']);
/** Digits before the point that an integer needs as a decimal. */
const DIGITS: Readonly<Record<number, number>> = { 8: 3, 16: 5, 32: 10, 64: 19 };
const WIDEST = 38;

/** Of DuckDB. @param literal the text of one side, where that is written out */
export function comparableNumbers(a: SqlType, b: SqlType, literal: string | null): boolean {
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
export function literalText(node: Node, context: RaiseContext): string | null {
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
