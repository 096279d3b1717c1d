/** What holds while one query runs: a read-only transaction on one state of the data, and settings that end with it. */

export const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
export const COMMIT = 'COMMIT';

/** Time that a query may wait for a lock: a `dbt build` swaps its tables under a short one. */
const LOCK_MS = 10_000;
/** No transaction of the gate waits for it; one that does lost its gate. */
const IDLE_MS = 60_000;

/**
 * Text literals, comparisons with NULL and the forms of dates and bytes must be what the printer and the encoders take
 * for granted, whatever the role, the database or the server has for a default.
 */
const FIXED: Readonly<Record<string, string>> = {
  // The system's own schema alone: nothing in the warehouse can stand in for a function or a type.
  search_path: '',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  // Off, rows that a policy of the server hides would end the query instead.
  row_security: 'on',
  array_nulls: 'on',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'iso_8601',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lock_timeout: String(LOCK_MS),
  idle_in_transaction_session_timeout: String(IDLE_MS),
};

/** A query whose gate is gone is noticed; Linux and a few others, since PostgreSQL 14. */
const SINCE_14: Readonly<Record<string, string>> = { client_connection_check_interval: '5000' };

/** `$1` is the statement timeout in milliseconds. */
export function settingsFor(version: number): string {
  return version >= 14 ? SETTINGS_SINCE_14 : SETTINGS;
}

function select(settings: Readonly<Record<string, string>>): string {
  const calls = Object.entries(settings).map(
    ([name, value]) => `pg_catalog.set_config('${name}', '${value}', true)`,
  );
  return `SELECT ${[...calls, `pg_catalog.set_config('statement_timeout', $1, true)`].join(', ')}`;
}

const SETTINGS = select(FIXED);
const SETTINGS_SINCE_14 = select({ ...FIXED, ...SINCE_14 });
