/** Type text of any warehouse to the type family that masks, fences and encoders go by; what is not known is `other`, never a guess. */
import type { TypeFamily } from './dataset.ts';

/** Spellings of DuckDB, PostgreSQL, Redshift, Snowflake, BigQuery, Databricks and Trino, without arguments. */
const FAMILIES: Readonly<Record<Exclude<TypeFamily, 'unknown' | 'other'>, readonly string[]>> = {
  text: [
    'varchar',
    'character varying',
    'char',
    'character',
    'bpchar',
    'text',
    'string',
    'name',
    'citext',
    'nvarchar',
    'nchar',
    'nvarchar2',
    'varchar2',
    'char varying',
    'nchar varying',
    'enum',
    'clob',
    '"char"',
  ],
  integer: [
    'tinyint',
    'smallint',
    'integer',
    'int',
    'bigint',
    'hugeint',
    'utinyint',
    'usmallint',
    'uinteger',
    'ubigint',
    'uhugeint',
    'int1',
    'int2',
    'int4',
    'int8',
    'int16',
    'int32',
    'int64',
    'int128',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'byteint',
    'byte',
    'short',
    'long',
    'signed',
    'serial',
    'bigserial',
    'smallserial',
    'oid',
    'bignum',
    'varint',
  ],
  decimal: ['decimal', 'numeric', 'number', 'dec', 'bignumeric', 'bigdecimal', 'money'],
  float: [
    'float',
    'double',
    'double precision',
    'real',
    'float4',
    'float8',
    'float64',
    'float32',
    'binary_double',
  ],
  boolean: ['boolean', 'bool', 'logical'],
  date: ['date'],
  time: ['time', 'time without time zone', 'time_ns'],
  timestamp: [
    'timestamp',
    'datetime',
    'timestamp without time zone',
    'timestamp_ntz',
    'timestamp_s',
    'timestamp_ms',
    'timestamp_us',
    'timestamp_ns',
    'timestampntz',
    'timestamp without local time zone',
  ],
  timestamptz: [
    'timestamptz',
    'timestamp with time zone',
    'timestamp_tz',
    'timestamp_ltz',
    'timestampltz',
    'timestamptz_ns',
    'timestamp with local time zone',
  ],
  interval: ['interval'],
  uuid: ['uuid', 'guid', 'uniqueidentifier'],
  json: ['json', 'jsonb', 'variant', 'super'],
  bytes: ['blob', 'bytea', 'bytes', 'binary', 'varbinary', 'binary varying', 'raw'],
  list: ['array', 'list'],
};

const BY_NAME: ReadonlyMap<string, TypeFamily> = new Map(
  Object.entries(FAMILIES).flatMap(([family, names]) =>
    names.map((name) => [name, family as TypeFamily] as const),
  ),
);

/** A type's text without the labels of enumerations: they are values, those of hidden rows among them. */
export function withoutLabels(text: string): string {
  return text.replace(/ENUM\s*\((?:[^')]|'(?:[^']|'')*')*\)/gi, 'ENUM');
}

/**
 * @param text as an engine, catalog.json or a `data_type:` spells it; null where nobody told.
 * @param adapter dbt's adapter type: BigQuery's TIMESTAMP has a zone, Snowflake's NUMBER(38,0) is its integer.
 */
export function typeFamily(text: string | null, adapter: string | null = null): TypeFamily {
  if (text === null) return 'unknown';
  const type = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (type === '') return 'unknown';
  if (/\[\d*\]$/.test(type) || /^(array|list)\s*[<(]/.test(type) || /\sarray$/.test(type)) return 'list';
  if (/^(struct|row|map|union|object|record|tuple)\b/.test(type)) return 'other';
  // Arguments stand in the middle of PostgreSQL's `timestamp(3) without time zone`.
  const name = type
    .replace(/\([^)]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (name === 'timestamp' && (adapter === 'bigquery' || adapter === 'databricks' || adapter === 'spark'))
    return 'timestamptz';
  if (name === 'number' && /^number\(\s*\d+\s*(,\s*0\s*)?\)$/.test(type)) return 'integer';
  if (name.startsWith('interval ')) return 'interval';
  if (name === 'time with time zone' || name === 'timetz') return 'other';
  return BY_NAME.get(name) ?? 'other';
}
