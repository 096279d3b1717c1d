/**
 * How the columns of measures are computed with on each engine: exact where the column is, and bounded so that no sum can fail.
 */
import type { CleanRoomMeasure } from '../../catalogue/clean-room.ts';
import type { Column } from '../../catalogue/dataset.ts';
import { maskedType } from '../resolve/from.ts';
import { cast, type EngineKind } from '../rewrite/build.ts';
import type { GovernedDataset, SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';

/** How a measure is computed with. */
export interface Numbers {
  readonly family: 'integer' | 'decimal' | 'float';
  readonly in: (value: Node) => Node;
  /** Beyond plus and minus this there is no value; null where every value can be added. */
  readonly most: string | null;
  /** Digits after the point that a bound may have; null for a float's. */
  readonly scale: number | null;
  /** A bound of this size or more no value that counts can reach; infinite where some could. */
  readonly holds: number;
}

/** Sums of fewer than 10^18 of these stay within a double. */
const FLOAT_MOST = '1e290';
/** Of 38 digits, ten are left for how many are added. */
const DIGITS = 28;
/** Unsigned and of at most 64 bits. */
const UNSIGNED: ReadonlySet<string> = new Set(['utinyint', 'usmallint', 'uinteger', 'ubigint']);

/** Null for what cannot be summed without fail. */
export function numbersOf(column: Column, governed: GovernedDataset, engine: EngineKind): Numbers | null {
  const type: SqlType = maskedType(column, governed);
  const duckdb = engine === 'duckdb';
  switch (column.family) {
    case 'integer': {
      const unsigned = UNSIGNED.has((column.type ?? '').trim().toLowerCase());
      const bits = type.bits ?? (duckdb && unsigned ? 64 : null);
      if (bits === null) return null;
      const most = bits > 64 ? `1${'0'.repeat(DIGITS)}` : null;
      return {
        family: 'integer',
        in: (value) => cast(value, duckdb ? 'hugeint' : 'decimal'),
        most,
        scale: 0,
        holds: duckdb ? 10 ** DIGITS : Number.POSITIVE_INFINITY,
      };
    }
    case 'decimal': {
      // PostgreSQL's have any size, and NaN besides.
      const holds = Number.POSITIVE_INFINITY;
      if (!duckdb)
        return { family: 'decimal', in: (value) => value, most: `1${'0'.repeat(38)}`, scale: 20, holds };
      const { precision = 38, scale = null } = type;
      if (scale === null || (precision > DIGITS && scale >= DIGITS)) return null;
      const most = precision > DIGITS ? `1${'0'.repeat(DIGITS - scale)}` : null;
      return { family: 'decimal', in: (value) => value, most, scale, holds: 10 ** (DIGITS - scale) };
    }
    case 'float':
      return {
        family: 'float',
        in: (value) => cast(value, 'double'),
        most: FLOAT_MOST,
        scale: null,
        holds: Number.POSITIVE_INFINITY,
      };
    default:
      return null;
  }
}

/** Whether it can be summed on this engine, whatever its values: not where all of them would be taken for a bound that none can have. */
export function summable(
  column: Column,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Pick<CleanRoomMeasure, 'min' | 'max'>,
  governed: GovernedDataset,
  engine: EngineKind,
): boolean {
  const numbers = numbersOf(column, governed, engine);
  return numbers !== null && min < numbers.holds && max > -numbers.holds;
}

/** The type that the sum of sums is told in. */
export function sumType(column: Column, governed: GovernedDataset, engine: EngineKind): SqlType {
  const { family } = numbersOf(column, governed, engine)!;
  if (family === 'integer') return engine === 'duckdb' ? { family, bits: 128 } : { family: 'decimal' };
  return { family };
}

/** Whether the engine itself tells the sum of such a column as a BIGINT. */
export function sumsToBigint(column: Column, governed: GovernedDataset, engine: EngineKind): boolean {
  const { family, bits } = maskedType(column, governed);
  return engine === 'postgres' && family === 'integer' && (bits ?? 64) <= 32;
}
