/**
 * `numeric` without digits has all of them in PostgreSQL, and three after the point in DuckDB. What stands for it there
 * loses nothing that is written, and of what is computed no more than a double does.
 */
import type { TypeCast, TypeName } from '@pgsql/types';
import { dottedName } from '../guard/types.ts';
import { type Ranges, typeOf } from '../resolve/types.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { cast } from './build.ts';
import { literalText } from './raises/comparable.ts';

export function isUnbounded(type: TypeName): boolean {
  return (
    dottedName(type) === 'pg_catalog.numeric' && type.typmods === undefined && type.arrayBounds === undefined
  );
}

/** Digits of whole numbers, by their width in bits. */
const DIGITS: Readonly<Record<number, number>> = { 8: 3, 16: 5, 32: 10, 64: 19 };
const WIDEST = 38;

/** @param written what is cast, before it was lowered. */
export function unboundedDecimal(
  { arg }: TypeCast,
  written: Node,
  { params, ranges }: { readonly params: readonly ParamValue[]; readonly ranges: Ranges },
): Node {
  const type = typeOf(written, ranges);
  const value = literalText(written, { engine: 'duckdb', ranges, params });
  const [, whole, fraction = ''] = /^\s*[-+]?(\d+)(?:\.(\d*))?\s*$/.exec(value ?? '') ?? [];
  if (whole !== undefined && whole.length + fraction.length <= WIDEST)
    return cast(arg!, 'decimal', [whole.length + fraction.length, fraction.length]);
  if ('A_Const' in written && written.A_Const.isnull === true) return cast(arg!, 'double');
  switch (type.family) {
    case 'decimal':
      return arg!;
    case 'integer':
      return cast(arg!, 'decimal', [DIGITS[type.bits ?? WIDEST] ?? WIDEST, 0]);
    default:
      return cast(arg!, 'double');
  }
}
