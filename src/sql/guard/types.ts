/** The accepted types of casts, how they are written, and what they are called in each engine; no reg*, no user types. */
import type { TypeName } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';

export interface SqlType {
  /** The tree's name, dotted: what the grammar makes of the written type. */
  readonly name: string;
  /** How it is written so that the grammar makes the same of it again. */
  readonly written: string;
  readonly family: TypeFamily;
  /** Highest number of modifiers, and lowest. */
  readonly modifiers: { readonly min: number; readonly max: number };
  /** The tree's name of the type that stands for it in DuckDB, with the same meaning or the engine's own. */
  readonly duckdb: string;
  /** The same for PostgreSQL; null where it has no such type. */
  readonly postgres: string | null;
}

type Row = readonly [
  name: string,
  written: string,
  family: TypeFamily,
  extra?: { duckdb?: string; postgres?: string | null; min?: number; max?: number },
];

const TABLE: readonly Row[] = [
  ['pg_catalog.bool', 'boolean', 'boolean'],
  ['pg_catalog.int2', 'smallint', 'integer'],
  ['pg_catalog.int4', 'integer', 'integer'],
  ['pg_catalog.int8', 'bigint', 'integer'],
  ['pg_catalog.float4', 'real', 'float'],
  ['pg_catalog.float8', 'double precision', 'float'],
  ['pg_catalog.numeric', 'numeric', 'decimal', { max: 2 }],
  ['pg_catalog.varchar', 'character varying', 'text', { max: 1 }],
  ['pg_catalog.bpchar', 'character', 'text', { min: 1, max: 1 }],
  ['pg_catalog.time', 'time', 'time', { max: 1 }],
  ['pg_catalog.timestamp', 'timestamp', 'timestamp', { max: 1 }],
  ['pg_catalog.timestamptz', 'timestamp with time zone', 'timestamptz', { max: 1 }],
  ['pg_catalog.interval', 'interval', 'interval', { max: 1 }],
  ['pg_catalog.json', 'json', 'json'],
  ['bool', 'bool', 'boolean', { duckdb: 'pg_catalog.bool' }],
  ['int2', 'int2', 'integer', { duckdb: 'pg_catalog.int2' }],
  ['int4', 'int4', 'integer', { duckdb: 'pg_catalog.int4' }],
  ['int8', 'int8', 'integer', { duckdb: 'pg_catalog.int8' }],
  ['float4', 'float4', 'float', { duckdb: 'pg_catalog.float4' }],
  ['float8', 'float8', 'float', { duckdb: 'pg_catalog.float8' }],
  ['text', 'text', 'text'],
  ['date', 'date', 'date'],
  ['timestamptz', 'timestamptz', 'timestamptz', { duckdb: 'pg_catalog.timestamptz', max: 1 }],
  ['uuid', 'uuid', 'uuid'],
  ['bytea', 'bytea', 'bytes'],
  ['jsonb', 'jsonb', 'json', { duckdb: 'pg_catalog.json' }],
  // Names that only the engine knows; callers who write for it may use them.
  ['tinyint', 'tinyint', 'integer', { postgres: null }],
  ['hugeint', 'hugeint', 'integer', { postgres: null }],
  ['utinyint', 'utinyint', 'integer', { postgres: null }],
  ['usmallint', 'usmallint', 'integer', { postgres: null }],
  ['uinteger', 'uinteger', 'integer', { postgres: null }],
  ['ubigint', 'ubigint', 'integer', { postgres: null }],
  ['double', 'double', 'float', { duckdb: 'pg_catalog.float8', postgres: 'pg_catalog.float8' }],
  ['string', 'string', 'text', { duckdb: 'text', postgres: 'text' }],
  ['blob', 'blob', 'bytes', { duckdb: 'bytea', postgres: 'bytea' }],
  ['datetime', 'datetime', 'timestamp', { duckdb: 'pg_catalog.timestamp', postgres: 'pg_catalog.timestamp' }],
];

export const TYPES: readonly SqlType[] = TABLE.map(([name, written, family, extra]) => ({
  name,
  written,
  family,
  modifiers: { min: extra?.min ?? 0, max: extra?.max ?? 0 },
  duckdb: extra?.duckdb ?? name,
  postgres: extra?.postgres === undefined ? name : extra.postgres,
}));

const BY_NAME: ReadonlyMap<string, SqlType> = new Map(TYPES.map((t) => [t.name, t]));

/** Nesting of `integer[][]`. */
export const MAX_DIMENSIONS = 3;

/** The fields that an interval literal may name (`INTERVAL '90' DAY`), by PostgreSQL's bit mask. */
export const INTERVAL_FIELDS: ReadonlyMap<number, string> = new Map([
  [1 << 2, 'YEAR'],
  [1 << 1, 'MONTH'],
  [1 << 3, 'DAY'],
  [1 << 10, 'HOUR'],
  [1 << 11, 'MINUTE'],
  [1 << 12, 'SECOND'],
  [(1 << 2) | (1 << 1), 'YEAR TO MONTH'],
  [(1 << 3) | (1 << 10), 'DAY TO HOUR'],
  [(1 << 3) | (1 << 10) | (1 << 11), 'DAY TO MINUTE'],
  [(1 << 3) | (1 << 10) | (1 << 11) | (1 << 12), 'DAY TO SECOND'],
  [(1 << 10) | (1 << 11), 'HOUR TO MINUTE'],
  [(1 << 10) | (1 << 11) | (1 << 12), 'HOUR TO SECOND'],
  [(1 << 11) | (1 << 12), 'MINUTE TO SECOND'],
]);

/** What the rewriter's own expressions cast to and callers may not, by dotted name: how it is written. */
export const OWN_TYPES: ReadonlyMap<string, string> = new Map([
  ['pg_catalog.bit', 'bit'],
  ['pg_catalog.varbit', 'bit varying'],
  ['bitstring', 'bitstring'],
  ['uhugeint', 'uhugeint'],
  ['bignum', 'bignum'],
]);

/** The accepted type of this dotted name. */
export function typeNamed(name: string): SqlType | undefined {
  return BY_NAME.get(name);
}

/** The dotted name of a tree's type. */
export function dottedName(type: TypeName): string {
  return (type.names ?? []).map((part) => ('String' in part ? (part.String.sval ?? '') : '')).join('.');
}

/** The accepted type of a tree's type name, its array bounds left aside. */
export function typeOf(type: TypeName): SqlType | undefined {
  return typeNamed(dottedName(type));
}
