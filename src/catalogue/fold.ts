/** How names are compared, by dbt adapter. ASCII alone is folded, as PostgreSQL's parser and DuckDB do it. */

/**
 * `insensitive`: names that differ in case only are one name (DuckDB, BigQuery, Databricks, Trino, …).
 * `lower`: an unquoted name is lower-case, a quoted one stands as written (PostgreSQL).
 * `upper`: an unquoted name is upper-case, a quoted one stands as written (Snowflake).
 */
export type Folding = 'insensitive' | 'lower' | 'upper';

const LOWER: ReadonlySet<string> = new Set([
  'postgres',
  'redshift',
  'greenplum',
  'materialize',
  'risingwave',
  'cratedb',
]);
const UPPER: ReadonlySet<string> = new Set(['snowflake', 'oracle', 'exasol', 'db2']);

/** Of a manifest's `adapter_type`; unknown adapters compare without case, so that no tag is lost on its spelling. */
export function foldingOf(adapter: string | null): Folding {
  if (adapter !== null && LOWER.has(adapter)) return 'lower';
  if (adapter !== null && UPPER.has(adapter)) return 'upper';
  return 'insensitive';
}

export function lowerAscii(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}

/** Bytes of UTF-8 that PostgreSQL's grammar keeps of a name; other warehouses have longer ones. */
const LONGEST = 63;

/** A name as PostgreSQL's grammar reads it: what is too long ends at the last whole character. */
export function asRead(name: string): string {
  if (name.length * 3 <= LONGEST) return name;
  const bytes = Buffer.from(name);
  if (bytes.length <= LONGEST) return name;
  let end = LONGEST;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

/** The physical spelling of a name that stands in dbt or SQL. */
export function physicalName(name: string, quoted: boolean, folding: Folding): string {
  if (quoted || folding === 'insensitive') return name;
  return folding === 'lower' ? lowerAscii(name) : name.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/**
 * What is compared, of a physical name. For `lower` adapters the name itself: the caller's grammar folds as they do.
 * For all others the lower-case form; two columns of one dataset that differ in case only are refused there.
 */
export function comparedName(physical: string, folding: Folding): string {
  return folding === 'lower' ? physical : lowerAscii(physical);
}
