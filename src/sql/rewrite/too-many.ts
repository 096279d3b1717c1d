/** Ends a query that makes more rows than it may, where it makes them: an error that each engine's classification knows. */
import type { Node } from '../tree.ts';
import { CALLS, type EngineKind, operation, text, when, whole } from './build.ts';

/** What DuckDB's `error` says; engines/duckdb/classify.ts knows it. */
export const TOO_MANY_ROWS = 'sluice: too many rows';

/**
 * The value, unless the condition is true. PostgreSQL has no function that only fails: a range whose bounds are in the
 * wrong order is an error (22000) that nothing else of the accepted language can cause.
 */
export function unlessTooMany(tooMany: Node, value: Node, engine: EngineKind): Node {
  switch (engine) {
    case 'duckdb':
      return when(tooMany, CALLS.duckdb('error', text(TOO_MANY_ROWS)), value);
    case 'postgres': {
      const call = CALLS.postgres;
      const upper = when(tooMany, whole(0), whole(2));
      return when(operation('=', call('lower', call('int4range', whole(1), upper)), whole(1)), value, null);
    }
    default:
      return engine satisfies never;
  }
}
