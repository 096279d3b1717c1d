/** The same value for every row, NULL included, so that not even the absence of a value shows. */
import type { SqlType } from '../../stages.ts';
import type { Node } from '../../tree.ts';
import { type Binder, cast, type EngineKind } from '../build.ts';
import { fits } from '../literals.ts';
import { castTarget } from './literal-types.ts';

export function constantFits(value: string | number | boolean, type: SqlType): boolean {
  const kindFits =
    typeof value === 'boolean'
      ? type.family === 'boolean'
      : typeof value === 'number'
        ? type.family === 'integer' || type.family === 'decimal' || type.family === 'float'
        : type.family !== 'boolean';
  // A number without exponent where it has a short one; `fits` refuses what is left.
  return kindFits && castTarget(type, null, 'duckdb') !== null && fits(String(value), type);
}

/** @param written the column's type text */
export function constantMask(
  value: string | number | boolean,
  type: SqlType,
  written: string | null,
  { binder, engine }: { readonly binder: Binder; readonly engine: EngineKind },
): Node | null {
  const target = castTarget(type, written, engine);
  if (target === null) return null;
  return cast(cast(binder.bind(String(value)), 'text'), target.name, target.typmods);
}
