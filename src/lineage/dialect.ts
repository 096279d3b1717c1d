/** What differs between warehouses when their SQL is read: the parser's dialect for a dbt adapter, and how names are told apart. */

const DIALECTS: ReadonlyMap<string, string> = new Map([
  ['postgres', 'postgresql'],
  ['greenplum', 'postgresql'],
  ['alloydb', 'postgresql'],
  ['cratedb', 'postgresql'],
  ['redshift', 'redshift'],
  ['duckdb', 'duckdb'],
  ['snowflake', 'snowflake'],
  ['bigquery', 'bigquery'],
  ['databricks', 'databricks'],
  ['spark', 'spark'],
  ['hive', 'hive'],
  ['impala', 'hive'],
  ['trino', 'trino'],
  ['starburst', 'trino'],
  ['athena', 'athena'],
  ['clickhouse', 'clickhouse'],
  ['sqlserver', 'tsql'],
  ['synapse', 'tsql'],
  ['fabric', 'fabric'],
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
  ['tidb', 'tidb'],
  ['singlestore', 'singlestore'],
  ['sqlite', 'sqlite'],
  ['oracle', 'oracle'],
  ['teradata', 'teradata'],
  ['exasol', 'exasol'],
  ['dremio', 'dremio'],
  ['doris', 'doris'],
  ['starrocks', 'starrocks'],
  ['materialize', 'materialize'],
  ['risingwave', 'risingwave'],
]);

/** An adapter that is not in the table is read in the generic dialect. */
export function dialectOf(adapter: string | null): string {
  return DIALECTS.get(adapter ?? '') ?? 'generic';
}

/** Where a CTE that names itself is recursive without the word RECURSIVE. */
const RECURSIVE_UNSAID: ReadonlySet<string> = new Set(['snowflake', 'tsql', 'fabric', 'oracle', 'teradata']);

export const recursesUnsaid = (dialect: string): boolean => RECURSIVE_UNSAID.has(dialect);

/** Where one quoted name may hold a whole path: `project.dataset.table`. */
export const quotesPaths = (dialect: string): boolean => dialect === 'bigquery';

/** Where a name of the select list goes before a column of the same name. */
export const aliasFirst = (dialect: string): boolean => dialect === 'clickhouse';

/** Where `x = value` in the select list names a column. */
export const assignsInSelect = (dialect: string): boolean => dialect === 'tsql' || dialect === 'fabric';

const LOWER: ReadonlySet<string> = new Set(['postgresql', 'redshift', 'materialize', 'risingwave']);
const UPPER: ReadonlySet<string> = new Set(['snowflake', 'oracle', 'exasol']);

/** A name of WITH as the warehouse tells it from others: one that hides no relation must not be taken for it. */
export function spelled(name: string, quoted: boolean, dialect: string): string {
  if (dialect === 'clickhouse') return name;
  if (LOWER.has(dialect)) return quoted ? name : name.toLowerCase();
  if (UPPER.has(dialect)) return quoted ? name : name.toUpperCase();
  return name.toLowerCase();
}
