/** The relations that a published copy holds, with their columns, from the engine's own catalog. */
import duckdb from '@duckdb/node-bindings';
import { typeFamily, withoutLabels } from '../../catalogue/types.ts';
import { ByteWriter } from '../../results/byte-writer.ts';
import type { PhysicalColumn, PhysicalRelation } from '../engine.ts';
import { createColumn } from './columns/create.ts';

interface ColumnRow {
  readonly schema: string;
  readonly name: string;
  readonly column: string;
  readonly type: string;
  readonly rows: number | null;
  readonly view: boolean;
}

/** Views in a catalog without a file are the engine's own, each over all rows of some Parquet files. */
const COLUMNS = `
SELECT c.schema_name AS schema, c.table_name AS name, c.column_name AS "column", c.data_type AS type,
       t.estimated_size AS rows, v.view_oid IS NOT NULL AND d.path IS NOT NULL AS view
FROM duckdb_columns() c
JOIN duckdb_databases() d ON d.database_oid = c.database_oid
LEFT JOIN duckdb_tables() t ON t.database_name = c.database_name AND t.table_oid = c.table_oid
LEFT JOIN duckdb_views() v ON v.database_name = c.database_name AND v.view_oid = c.table_oid
WHERE c.database_name = $1 AND NOT c.internal
ORDER BY c.schema_name, c.table_name, c.column_index`;

export async function describe(connection: duckdb.Connection, catalog: string): Promise<PhysicalRelation[]> {
  const rows = (await readRows(connection, COLUMNS, catalog)) as ColumnRow[];
  const relations = Map.groupBy(rows, (row) => JSON.stringify([row.schema, row.name]));
  return [...relations.values()].map((columns) => ({
    relation: { database: catalog, schema: columns[0]!.schema, identifier: columns[0]!.name },
    columns: columns.map(physicalColumn),
    rows: columns[0]!.rows,
    view: columns[0]!.view,
  }));
}

function physicalColumn({ column, type }: ColumnRow): PhysicalColumn {
  const text = withoutLabels(type);
  return { name: column, type: text, family: typeFamily(text, 'duckdb') };
}

/** Rows of our own small queries, through the same encoder as everyone's. */
async function readRows(connection: duckdb.Connection, sql: string, param: string): Promise<unknown[]> {
  const statement = await duckdb.prepare(connection, sql);
  duckdb.bind_varchar(statement, 1, param);
  const result = await duckdb.execute_prepared(statement);
  const names = Array.from({ length: duckdb.column_count(result) }, (_, i) => duckdb.column_name(result, i));
  const columns = names.map((_, i) => createColumn(duckdb.column_logical_type(result, i)));
  const read: unknown[] = [];
  const out = new ByteWriter(256);
  for (let index = 0; index < duckdb.result_chunk_count(result); index++) {
    const chunk = duckdb.result_get_chunk(result, index);
    const count = duckdb.data_chunk_get_size(chunk);
    columns.forEach((column, i) => {
      column.load(duckdb.data_chunk_get_vector(chunk, i), count);
    });
    for (let row = 0; row < count; row++) {
      read.push(Object.fromEntries(names.map((name, i) => [name, cellValue(columns[i]!, row, out)])));
    }
  }
  duckdb.destroy_prepare_sync(statement);
  return read;
}

function cellValue(
  column: { json(row: number, out: ByteWriter): void },
  row: number,
  out: ByteWriter,
): unknown {
  out.position = 0;
  column.json(row, out);
  return JSON.parse(Buffer.from(out.bytes.buffer, 0, out.position).toString()) as unknown;
}
