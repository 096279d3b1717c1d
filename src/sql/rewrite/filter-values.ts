/** The two sides of a filter's comparison as an engine compares them exactly: raw columns, and values bound with the column's type. */
import type { Column } from '../../catalogue/dataset.ts';
import { columnType } from '../resolve/types.ts';
import type { SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import { type Binder, cast, type EngineKind } from './build.ts';
import { fits, isNumber } from './literals.ts';
import { comparableNumbers, NUMBERS } from './raises/comparable.ts';

export type Scalar = string | number | boolean;

export interface ComparedColumn {
  readonly node: Node;
  readonly type: SqlType;
}

/** The signed width that holds every value of one of DuckDB's other integers. */
const UNSIGNED_WITHIN: Readonly<Record<string, number>> = {
  utinyint: 64,
  usmallint: 64,
  uinteger: 64,
  ubigint: 128,
  uhugeint: 129,
};
const UHUGEINT_BITS = 129;
/** Of the values that a filter may hold; the type itself has no bound. */
const BIGNUM_BITS = 256;

/** A raw column as filters compare it: converted, where need be, in a way that succeeds for each of its values. */
export function comparedColumn(found: Column, node: Node, engine: EngineKind): ComparedColumn {
  const type = columnType(found);
  // An ENUM is compared by its text: a label that it lacks would raise.
  if (found.family === 'text' && type.family === 'other')
    return { node: cast(node, 'text'), type: { family: 'text' } };
  if (found.family !== 'integer' || type.family !== 'other') return { node, type };
  // What PostgreSQL counts with beside its integers is the OID, to which a number is converted otherwise.
  if (engine === 'postgres') return { node: cast(node, 'bigint'), type: { family: 'integer', bits: 64 } };
  const bits = UNSIGNED_WITHIN[(found.type ?? '').trim().toLowerCase()] ?? BIGNUM_BITS;
  return { node, type: { family: 'integer', bits } };
}

/** Two columns whose comparison no engine converts in a way that could raise, or that could take two values for one. */
export function comparableColumns(a: SqlType, b: SqlType, engine: EngineKind): boolean {
  if (NUMBERS.has(a.family) && NUMBERS.has(b.family)) {
    // DuckDB compares a UHUGEINT with signed numbers as floats.
    if ([a, b].some(({ bits }) => (bits ?? 0) > 128)) return a.bits === b.bits;
    if (engine === 'duckdb') return comparableNumbers(a, b, null);
    // A decimal of any size would overflow as a float.
    const sized = [a, b].every(({ family, precision }) => family !== 'decimal' || precision !== undefined);
    return a.family === b.family || sized || ![a.family, b.family].includes('float');
  }
  return (
    a.family === b.family &&
    a.precision === b.precision &&
    !['unknown', 'other', 'list', 'json'].includes(a.family)
  );
}

/** A value as a typed parameter of the column's type; null where it does not fit, so that it equals nothing. */
export function boundValue(
  value: Scalar,
  type: SqlType,
  options: { readonly binder: Binder; readonly engine: EngineKind },
): Node | null {
  switch (type.family) {
    case 'text':
      // Keys are often numbers in a token and text in a warehouse.
      return typeof value === 'string' || Number.isSafeInteger(value)
        ? cast(options.binder.bind(String(value)), 'text')
        : null;
    case 'boolean':
      return typeof value === 'boolean' ? cast(options.binder.bind(value), 'boolean') : null;
    case 'integer':
      return typeof value === 'boolean' ? null : boundInteger(String(value), type.bits ?? 64, options.binder);
    case 'decimal':
      // PostgreSQL compares decimals of any size, and a float of it would overflow on the largest.
      if (options.engine === 'postgres') {
        return typeof value !== 'boolean' && isNumber(String(value))
          ? cast(cast(options.binder.bind(String(value)), 'text'), 'decimal')
          : null;
      }
      if (typeof value !== 'boolean' && fits(String(value), type)) {
        const exact = cast(options.binder.bind(String(value)), 'text');
        return cast(exact, 'decimal', [type.precision!, type.scale!]);
      }
      return boundValue(value, { family: 'float' }, options);
    case 'float': {
      const number = typeof value === 'boolean' ? Number.NaN : Number(value);
      return fits(String(value), { family: 'float' }) && Number.isFinite(number)
        ? cast(options.binder.bind(number), 'double')
        : null;
    }
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'uuid':
      return typeof value === 'string' && fits(value, type)
        ? cast(cast(options.binder.bind(value), 'text'), type.family)
        : null;
    case 'interval':
    case 'json':
    case 'bytes':
    case 'list':
    case 'other':
    case 'unknown':
      return null;
    default:
      return type.family satisfies never;
  }
}

/** A moment as a typed parameter, to the second; null where the column is none of moments, or the moment is beyond its range. */
export function boundMoment(
  at: number,
  type: SqlType,
  options: { readonly binder: Binder; readonly engine: EngineKind },
): Node | null {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const [day = '', clock = ''] = date.toISOString().slice(0, 19).split('T');
  switch (type.family) {
    case 'date':
      return boundValue(day, type, options);
    case 'timestamp':
      return boundValue(`${day} ${clock}`, type, options);
    case 'timestamptz':
      return boundValue(`${day} ${clock}Z`, type, options);
    default:
      return null;
  }
}

/** A claim may carry a number as text. */
function boundInteger(value: string, bits: number, binder: Binder): Node | null {
  const within = (width: number): boolean => fits(value, { family: 'integer', bits: width });
  if (bits === BIGNUM_BITS) return within(bits) ? cast(cast(binder.bind(value), 'text'), 'bignum') : null;
  if (bits === UHUGEINT_BITS) {
    const unsigned = within(bits) && BigInt(value) >= 0n;
    return unsigned ? cast(cast(binder.bind(value), 'text'), 'uhugeint') : null;
  }
  if (within(64)) return cast(binder.bind(BigInt(value)), 'bigint');
  return bits > 64 && within(bits) ? cast(binder.bind(BigInt(value)), 'hugeint') : null;
}
