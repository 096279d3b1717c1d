/** The column for each of DuckDB's types. */
import duckdb from '@duckdb/node-bindings';
import type { Column } from './column.ts';
import { ArrayColumn, ListColumn, MapColumn, StructColumn, UnionColumn } from './nested.ts';
import {
  BooleanColumn,
  DecimalColumn,
  FloatColumn,
  HugeColumn,
  IntegerColumn,
  LongColumn,
} from './numbers.ts';
import { DateColumn, IntervalColumn, TimeColumn, TimestampColumn, TimeTzColumn } from './temporal.ts';
import { BlobColumn, DriverTextColumn, EnumColumn, NullColumn, TextColumn, UuidColumn } from './text.ts';

const { Type } = duckdb;

const CREATE: Readonly<Partial<Record<duckdb.Type, (type: duckdb.LogicalType) => Column>>> = {
  [Type.BOOLEAN]: () => new BooleanColumn(),
  [Type.TINYINT]: () => new IntegerColumn(Int8Array),
  [Type.SMALLINT]: () => new IntegerColumn(Int16Array),
  [Type.INTEGER]: () => new IntegerColumn(Int32Array),
  [Type.UTINYINT]: () => new IntegerColumn(Uint8Array),
  [Type.USMALLINT]: () => new IntegerColumn(Uint16Array),
  [Type.UINTEGER]: () => new IntegerColumn(Uint32Array),
  [Type.BIGINT]: () => new LongColumn(true),
  [Type.UBIGINT]: () => new LongColumn(false),
  [Type.HUGEINT]: () => new HugeColumn(true),
  [Type.UHUGEINT]: () => new HugeColumn(false),
  [Type.DECIMAL]: (type) => new DecimalColumn(type),
  [Type.FLOAT]: () => new FloatColumn(true),
  [Type.DOUBLE]: () => new FloatColumn(false),
  [Type.VARCHAR]: () => new TextColumn(),
  [Type.BLOB]: () => new BlobColumn(),
  [Type.UUID]: () => new UuidColumn(),
  [Type.ENUM]: (type) => new EnumColumn(type),
  [Type.DATE]: () => new DateColumn(),
  [Type.TIME]: () => new TimeColumn(6),
  [Type.TIME_NS]: () => new TimeColumn(9),
  [Type.TIME_TZ]: () => new TimeTzColumn(),
  [Type.TIMESTAMP]: () => new TimestampColumn(1_000_000, false),
  [Type.TIMESTAMP_S]: () => new TimestampColumn(1, false),
  [Type.TIMESTAMP_MS]: () => new TimestampColumn(1000, false),
  [Type.TIMESTAMP_NS]: () => new TimestampColumn(1_000_000_000, false),
  [Type.TIMESTAMP_TZ]: () => new TimestampColumn(1_000_000, true),
  [Type.INTERVAL]: () => new IntervalColumn(),
  [Type.LIST]: (type) => new ListColumn(createColumn(duckdb.list_type_child_type(type))),
  [Type.ARRAY]: (type) =>
    new ArrayColumn(createColumn(duckdb.array_type_child_type(type)), duckdb.array_type_array_size(type)),
  [Type.STRUCT]: (type) => new StructColumn(type, createColumn),
  [Type.MAP]: (type) =>
    new MapColumn(
      createColumn(duckdb.map_type_key_type(type)),
      createColumn(duckdb.map_type_value_type(type)),
    ),
  [Type.UNION]: (type) => new UnionColumn(type, createColumn),
  [Type.SQLNULL]: () => new NullColumn(),
};

export function createColumn(type: duckdb.LogicalType): Column {
  return CREATE[duckdb.get_type_id(type)]?.(type) ?? new DriverTextColumn();
}
