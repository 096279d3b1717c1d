/** What a value of a policy is cast to, so that the column's type is kept. */
import type { SqlType } from '../../stages.ts';
import type { CastTarget, EngineKind } from '../build.ts';

export interface Target {
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

/**
 * How the engine spells the type; null where a cast to it could lose or raise.
 * @param written the column's type text
 */
export function castTarget(type: SqlType, written: string | null, engine: EngineKind): Target | null {
  if (type.family === 'float' && SINGLE[engine].test(written ?? '')) return REAL;
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
