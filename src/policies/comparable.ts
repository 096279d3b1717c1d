/** Which two sides of a filter's comparison mean the same on every engine, and raise on none. */
import type { Column, TypeFamily } from '../catalogue/dataset.ts';
import { columnType } from '../sql/resolve/types.ts';
import { fits } from '../sql/rewrite/literals.ts';
import type { ScalarOperand } from './policy.ts';
import { WhereProblem } from './where-text.ts';

export interface Typed {
  readonly operand: ScalarOperand;
  /** What it can be compared with; null where that is known only when a query runs. */
  readonly comparable: Comparable | null;
  readonly name: string;
  /** Null where it is no column. */
  readonly column: Column | null;
  /** Of a constant that says its type. */
  readonly family?: TypeFamily;
}

export type Comparable = 'text' | 'number' | 'boolean' | 'written' | 'moment' | 'none';

export const typedColumn = (column: Column): Typed => ({
  operand: { kind: 'column', name: column.folded },
  comparable: comparableOf(column),
  name: `\`${column.folded}\` (${column.type ?? column.family})`,
  column,
});

/** Comparing across types would leave the meaning to each engine's own casts, or raise at every query. */
export function check(left: Typed, right: Typed): void {
  const pair = [left.comparable, right.comparable];
  if (pair.includes('none')) {
    throw new WhereProblem(
      `${left.comparable === 'none' ? left.name : right.name} cannot be compared in a filter`,
    );
  }
  if (left.comparable === 'moment' || right.comparable === 'moment') {
    const { column, name } = left.comparable === 'moment' ? right : left;
    if (column !== null && !MOMENTS.has(column.family))
      throw new WhereProblem(`${name} is no date or timestamp, which now() is compared with`);
    return;
  }
  checkStated(left, right);
  checkStated(right, left);
  if (left.comparable === null || right.comparable === null) return;
  // Dates, times and uuids are written as text constants.
  const constant = left.operand.kind === 'literal' || right.operand.kind === 'literal';
  const stated = left.family !== undefined || right.family !== undefined;
  const written = constant && pair.includes('written') && (stated || pair.includes('text'));
  // A date beyond what a timestamp holds raises as one.
  const apart = left.comparable === 'written' && left.column?.family !== right.column?.family;
  if (!written && (left.comparable !== right.comparable || apart))
    throw new WhereProblem(`${left.name} and ${right.name} are of different types`);
  checkFits(left, right);
  checkFits(right, left);
}

const MOMENTS: ReadonlySet<TypeFamily> = new Set(['date', 'timestamp', 'timestamptz', 'unknown']);

/** A constant with a type goes with columns of that type; a day is the beginning of it where there is no zone to tell. */
function checkStated({ family, name }: Typed, { column, name: other }: Typed): void {
  if (family === undefined) return;
  const alike = column?.family === family || column?.family === 'unknown';
  if (!alike && !(family === 'date' && column?.family === 'timestamp'))
    throw new WhereProblem(`${name} and ${other} are of different types`);
}

/** A constant that its column cannot hold would match no row, negated or not, and nobody would be told why. */
function checkFits({ column, name }: Typed, { operand }: Typed): void {
  if (column === null || operand.kind !== 'literal') return;
  const constant = String(operand.value);
  const held =
    column.family === 'integer'
      ? /^-?\d+$/.test(constant)
      : comparableOf(column) !== 'written' || fits(constant, columnType(column));
  if (!held) throw new WhereProblem(`the constant ${JSON.stringify(operand.value)} does not fit ${name}`);
}

function comparableOf({ family, type }: Column): Comparable | null {
  switch (family) {
    case 'text':
      // Its own operators disregard case, ours do not: `<> 'us'` would release 'US'.
      return /\bcitext$/i.test(type ?? '') ? 'none' : 'text';
    case 'integer':
    case 'decimal':
    case 'float':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'uuid':
      return 'written';
    case 'interval':
    case 'json':
    case 'bytes':
    case 'list':
    case 'other':
      return 'none';
    case 'unknown':
      return null;
    default:
      return family satisfies never;
  }
}

export const literalComparable = (value: string | number | boolean): Comparable =>
  typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
