/**
 * Expressions made of literals alone. DuckDB converts and computes them late: one that fails is only met once a row gets
 * there, which tells of that row, so they too have to be recognised as safe.
 */
import type { A_Const, TypeCast } from '@pgsql/types';
import { typeOfConst, typeOfName } from '../../resolve/types.ts';
import type { Node } from '../../tree.ts';
import { open } from '../../walk.ts';
import { fits, isDate, isInterval, isTimestamp } from '../literals.ts';
import { NUMBERS } from './comparable.ts';

export function isConstant(node: Node): boolean {
  if ('A_Const' in node) return true;
  if ('TypeCast' in node) return isConstant(node.TypeCast.arg!);
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP') return false;
  const { lexpr, rexpr } = node.A_Expr;
  return (lexpr === undefined || isConstant(lexpr)) && isConstant(rexpr!);
}

export function safeConstant(node: Node): boolean {
  if ('A_Const' in node) return true;
  if ('TypeCast' in node) return safeConstantCast(node.TypeCast);
  return safeArithmetic(node) !== null;
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
function safeArithmetic(node: Node): 'number' | 'moment' | 'interval' | null {
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
  const right = safeArithmetic(node.A_Expr.rexpr!);
  if (node.A_Expr.lexpr === undefined) return name === '-' && 'A_Const' in node.A_Expr.rexpr! ? right : null;
  const left = safeArithmetic(node.A_Expr.lexpr);
  if (name !== '+' && name !== '-') return null;
  if (left === 'moment' && right === 'interval') return 'moment';
  // One level only, so that sums stay small.
  const flat = 'A_Const' in node.A_Expr.lexpr && 'A_Const' in node.A_Expr.rexpr!;
  return left === 'number' && right === 'number' && flat ? 'number' : null;
}
