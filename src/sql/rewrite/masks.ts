/** Masks as expressions over one raw column. They never raise, and they keep the column's type; one that does not fit is NULL. */
import type { Column } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import type { MaskSpec } from '../../policies/policy.ts';
import { columnType } from '../resolve/types.ts';
import type { SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import {
  type Binder,
  bool,
  CALLS,
  type Call,
  type CastTarget,
  cast,
  type EngineKind,
  operation,
  text,
  when,
  whole,
} from './build.ts';
import { type HashScope, hashable, hashExpression, scopedKey } from './hash.ts';
import { fits } from './literals.ts';

export interface MaskOptions {
  readonly datasetId: string;
  /** Null where no key is configured: hashes become NULL. */
  readonly key: Uint8Array | null;
  readonly binder: Binder;
  readonly engine: EngineKind;
}

/** @param value a reference to the raw column. */
export function maskExpression(column: Column, value: Node, mask: MaskSpec, options: MaskOptions): Node {
  const type = columnType(column);
  switch (mask.kind) {
    case 'hide':
      // Hidden columns do not exist after resolution: one that reaches this place is a fault.
      throw new SluiceError('rewrite_failed', undefined, { cause: `hide on ${column.folded}` });
    case 'null':
      return nothing(value);
    case 'constant':
      return constant(mask.value, column, value, options);
    case 'hash':
      return hash(mask.scope, type, value, options);
    case 'partial':
      return type.family === 'text' ? partial(mask, value, CALLS[options.engine]) : nothing(value);
    default:
      return mask satisfies never;
  }
}

/** A NULL of the column's own type, whatever that is: the planner folds it and never reads the column. */
function nothing(value: Node): Node {
  return when(bool(false), value, null);
}

function hash(scope: HashScope, type: SqlType, value: Node, options: MaskOptions): Node {
  if (options.key === null || !hashable(type)) return nothing(value);
  const key = scopedKey(options.key, scope, options.datasetId);
  return hashExpression(value, type, key, options.binder, options.engine);
}

function constant(
  wanted: string | number | boolean,
  column: Column,
  value: Node,
  { binder, engine }: MaskOptions,
): Node {
  const type = columnType(column);
  const target = SINGLE[engine].test(column.type ?? '') ? REAL : castTarget(type);
  const written = writtenAs(wanted);
  const kindFits =
    typeof wanted === 'boolean'
      ? type.family === 'boolean'
      : typeof wanted === 'number'
        ? type.family === 'integer' || type.family === 'decimal' || type.family === 'float'
        : type.family !== 'boolean';
  if (target === null || !kindFits || !fits(written, type)) return nothing(value);
  return cast(cast(binder.bind(written), 'text'), target.name, target.typmods);
}

/** A number without exponent where it has a short one; `fits` refuses what is left. */
function writtenAs(value: string | number | boolean): string {
  return String(value);
}

interface Target {
  readonly name: CastTarget;
  readonly typmods: readonly number[];
}

/** Single precision, which would become double. FLOAT is single in DuckDB and double in PostgreSQL. */
const SINGLE: Readonly<Record<EngineKind, RegExp>> = {
  duckdb: /^(real|float4?)$/i,
  postgres: /^(real|float4)$/i,
};
const REAL: Target = { name: 'real', typmods: [] };

const INTEGERS: Readonly<Record<number, CastTarget>> = {
  8: 'tinyint',
  16: 'smallint',
  32: 'integer',
  64: 'bigint',
};

/** How the engine spells the type; null where a cast to it could lose or raise. */
function castTarget(type: SqlType): Target | null {
  const plain = (name: CastTarget): Target => ({ name, typmods: [] });
  switch (type.family) {
    case 'text':
      return plain('text');
    case 'integer': {
      const name = INTEGERS[type.bits ?? 0];
      return name === undefined ? null : plain(name);
    }
    case 'decimal':
      return type.precision === undefined || type.scale === undefined
        ? null
        : { name: 'decimal', typmods: [type.precision, type.scale] };
    case 'float':
      return plain('double');
    case 'boolean':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
    case 'uuid':
      return plain(type.family);
    case 'timestamptz':
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

/** Keeps both ends where these are at most half of the text; a shorter text is hidden whole. Counted in code points. */
function partial(mask: Extract<MaskSpec, { kind: 'partial' }>, value: Node, call: Call): Node {
  const fill = text([...mask.with][0] ?? '*');
  const length = call('length', value);
  const hidden = call('repeat', fill, length);
  const shown = mask.first + mask.last;
  if (shown === 0) return hidden;
  const middle = call('repeat', fill, operation('-', length, whole(shown)));
  const parts: Node[] = [
    ...(mask.first > 0 ? [call('left', value, whole(mask.first))] : []),
    middle,
    ...(mask.last > 0 ? [call('right', value, whole(mask.last))] : []),
  ];
  const joined = parts.reduce((left, right) => operation('||', left, right));
  return when(operation('>=', length, whole(2 * shown)), joined, hidden);
}
