/** What two sets of limits permit together: of each limit the tightest. A limit that is added must say here what that is. */
import type { Limits } from '../policies/policy.ts';

type Bounds = { readonly [K in keyof Required<Limits>]: Limits[K] | undefined };

export function tightest(a: Limits, b: Limits): Limits {
  const bounds: Bounds = {
    max_rows: both(a.max_rows, b.max_rows, Math.min),
    max_scan_rows: both(a.max_scan_rows, b.max_scan_rows, Math.min),
    timeout: both(a.timeout, b.timeout, Math.min),
    require_filter: both(a.require_filter, b.require_filter, united),
    explicit_columns: a.explicit_columns ?? b.explicit_columns,
    max_joins: both(a.max_joins, b.max_joins, Math.min),
    join_with: both(a.join_with, b.join_with, common),
    cross_join: a.cross_join ?? b.cross_join,
    formats: both(a.formats, b.formats, common),
    // All rooms hold together.
    aggregate_only: both(a.aggregate_only, b.aggregate_only, (ones, others) => [
      ...new Map([...ones, ...others].map((room) => [JSON.stringify(room), room])).values(),
    ]),
  };
  return Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined));
}

function both<T>(a: T | undefined, b: T | undefined, rule: (a: T, b: T) => T): T | undefined {
  return a === undefined || b === undefined ? (a ?? b) : rule(a, b);
}

const common = (a: readonly string[], b: readonly string[]): readonly string[] =>
  a.filter((one) => b.includes(one));

const united = (a: readonly string[], b: readonly string[]): readonly string[] =>
  [...new Set([...a, ...b])].sort();
