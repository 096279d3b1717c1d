/** DuckDB's logical types as the gate names them: lower-case type text and the family shared by all engines. */
import duckdb from '@duckdb/node-bindings';
import type { TypeFamily } from '../../catalogue/dataset.ts';

const { Type } = duckdb;

const SIMPLE: Readonly<Partial<Record<duckdb.Type, readonly [text: string, family: TypeFamily]>>> = {
  [Type.BOOLEAN]: ['boolean', 'boolean'],
  [Type.TINYINT]: ['tinyint', 'integer'],
  [Type.SMALLINT]: ['smallint', 'integer'],
  [Type.INTEGER]: ['integer', 'integer'],
  [Type.BIGINT]: ['bigint', 'integer'],
  [Type.HUGEINT]: ['hugeint', 'integer'],
  [Type.UTINYINT]: ['utinyint', 'integer'],
  [Type.USMALLINT]: ['usmallint', 'integer'],
  [Type.UINTEGER]: ['uinteger', 'integer'],
  [Type.UBIGINT]: ['ubigint', 'integer'],
  [Type.UHUGEINT]: ['uhugeint', 'integer'],
  [Type.BIGNUM]: ['bignum', 'integer'],
  [Type.FLOAT]: ['float', 'float'],
  [Type.DOUBLE]: ['double', 'float'],
  [Type.VARCHAR]: ['varchar', 'text'],
  [Type.BLOB]: ['blob', 'bytes'],
  [Type.BIT]: ['bit', 'other'],
  [Type.DATE]: ['date', 'date'],
  [Type.TIME]: ['time', 'time'],
  [Type.TIME_NS]: ['time_ns', 'time'],
  [Type.TIME_TZ]: ['time with time zone', 'time'],
  [Type.TIMESTAMP]: ['timestamp', 'timestamp'],
  [Type.TIMESTAMP_S]: ['timestamp_s', 'timestamp'],
  [Type.TIMESTAMP_MS]: ['timestamp_ms', 'timestamp'],
  [Type.TIMESTAMP_NS]: ['timestamp_ns', 'timestamp'],
  [Type.TIMESTAMP_TZ]: ['timestamp with time zone', 'timestamptz'],
  [Type.INTERVAL]: ['interval', 'interval'],
  [Type.UUID]: ['uuid', 'uuid'],
  // Values of an enum are data, so the type never lists them.
  [Type.ENUM]: ['enum', 'text'],
  [Type.UNION]: ['union', 'other'],
  [Type.GEOMETRY]: ['geometry', 'other'],
  [Type.VARIANT]: ['variant', 'other'],
  [Type.SQLNULL]: ['null', 'unknown'],
};

export function typeText(type: duckdb.LogicalType): string {
  const id = duckdb.get_type_id(type);
  switch (id) {
    case Type.DECIMAL:
      return `decimal(${duckdb.decimal_width(type)},${duckdb.decimal_scale(type)})`;
    case Type.LIST:
      return `${typeText(duckdb.list_type_child_type(type))}[]`;
    case Type.ARRAY:
      return `${typeText(duckdb.array_type_child_type(type))}[${duckdb.array_type_array_size(type)}]`;
    case Type.MAP:
      return `map(${typeText(duckdb.map_type_key_type(type))}, ${typeText(duckdb.map_type_value_type(type))})`;
    case Type.STRUCT: {
      const fields = structFields(type).map(
        ([name, child]) => `"${name.replaceAll('"', '""')}" ${typeText(child)}`,
      );
      return `struct(${fields.join(', ')})`;
    }
    default:
      return isJson(type) ? 'json' : (SIMPLE[id]?.[0] ?? 'unknown');
  }
}

export function typeFamily(type: duckdb.LogicalType): TypeFamily {
  const id = duckdb.get_type_id(type);
  switch (id) {
    case Type.DECIMAL:
      return 'decimal';
    case Type.LIST:
    case Type.ARRAY:
      return 'list';
    case Type.MAP:
    case Type.STRUCT:
      return 'other';
    default:
      return isJson(type) ? 'json' : (SIMPLE[id]?.[1] ?? 'unknown');
  }
}

/** JSON is VARCHAR under another name. */
function isJson(type: duckdb.LogicalType): boolean {
  return duckdb.get_type_id(type) === Type.VARCHAR && duckdb.logical_type_get_alias(type) === 'JSON';
}

export function structFields(
  type: duckdb.LogicalType,
): (readonly [name: string, type: duckdb.LogicalType])[] {
  return Array.from({ length: duckdb.struct_type_child_count(type) }, (_, i) => [
    duckdb.struct_type_child_name(type, i),
    duckdb.struct_type_child_type(type, i),
  ]);
}
