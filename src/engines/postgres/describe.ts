/** The relations that the gate's role may read, with their columns, from the server's own catalog. */
import type { PhysicalRelation } from '../engine.ts';
import type { Server } from './server.ts';

interface ColumnRow {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly rows: number | null;
  readonly view: boolean;
  readonly column: string;
  readonly type: number;
  readonly modifier: number;
}

/**
 * Tables, partitioned ones, views, materialised views and foreign tables; a column that the role may not read is left
 * out. Views and foreign tables have no count of rows, and nothing has one before the first ANALYZE. What a foreign table
 * is over there is not known, so that it counts as a view.
 */
const COLUMNS = `
SELECT current_database()::text AS database, n.nspname::text AS schema, c.relname::text AS name,
       CASE WHEN c.relkind IN ('r', 'p', 'm') AND c.reltuples >= 0 AND c.relpages > 0
            THEN c.reltuples::float8 END AS rows,
       c.relkind IN ('v', 'f') AS view,
       a.attname::text AS "column", a.atttypid::int8::float8 AS type, a.atttypmod AS modifier
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND has_schema_privilege(n.oid, 'USAGE')
  AND (has_table_privilege(c.oid, 'SELECT') OR has_column_privilege(c.oid, a.attnum, 'SELECT'))
ORDER BY n.nspname, c.relname, a.attnum`;

/** @throws SluiceError with a 7xxx code */
export async function describe(server: Server): Promise<readonly PhysicalRelation[]> {
  const rows = await server.ask<ColumnRow>(COLUMNS);
  await server.lookUp(server.types.missing(rows.map((row) => row.type)));
  const relations = Map.groupBy(rows, (row) => JSON.stringify([row.schema, row.name]));
  return [...relations.values()].map((columns) => {
    const { database, schema, name, rows: estimated, view } = columns[0]!;
    return {
      relation: { database, schema, identifier: name },
      columns: columns.map(({ column, type, modifier }) => {
        const { text, family } = server.types.of(type, modifier);
        return { name: column, type: text, family };
      }),
      rows: estimated,
      view,
    };
  });
}
