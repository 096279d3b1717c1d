/** The table that events go to, and whether the gate may write there: asked without changing anything. */

const TIMEOUT_MS = 10_000;

/** `table` or `schema.table`, as SQL. */
export function quotedTable(table: string): string {
  return table
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

export type TableState =
  | 'ready'
  | 'to_be_made'
  | 'other_columns'
  | 'no_insert'
  | 'no_schema'
  | 'not_makeable';

/** `$2` is the schema, null for the first of the search path. */
const STATE = `
  SELECT CASE
    WHEN to_regclass($1) IS NOT NULL THEN
      CASE
        WHEN (
          SELECT count(*) FROM pg_attribute
          WHERE attrelid = to_regclass($1) AND NOT attisdropped AND attname IN ('instance', 'seq', 'hash', 'time', 'event')
        ) < 5 THEN 'other_columns'
        WHEN has_table_privilege(to_regclass($1)::oid, 'INSERT') THEN 'ready'
        ELSE 'no_insert'
      END
    WHEN $2::text IS NOT NULL AND to_regnamespace($2) IS NULL THEN 'no_schema'
    WHEN has_schema_privilege(to_regnamespace(coalesce($2, quote_ident(current_schema())))::oid, 'CREATE') THEN 'to_be_made'
    ELSE 'not_makeable'
  END AS state`;

/** @throws what the connection failed with */
export async function examineTable({
  url,
  table,
}: {
  readonly url: string;
  readonly table: string;
}): Promise<TableState> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sluice doctor',
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  // Told by the statement that needs it; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    const schema = table.includes('.') ? quotedTable(table.slice(0, table.indexOf('.'))) : null;
    const { rows } = await client.query<{ state: TableState }>(STATE, [quotedTable(table), schema]);
    return rows[0]?.state ?? 'not_makeable';
  } finally {
    await client.end().catch(() => {});
  }
}
