/** One row of the table of functions, and how rows are written. */
import type { TypeFamily } from '../../catalogue/dataset.ts';

export type FunctionGroup =
  | 'string'
  | 'numeric'
  | 'date'
  | 'aggregate'
  | 'window'
  | 'json'
  | 'array'
  | 'statistics'
  | 'conditional';

export interface SqlFunction {
  /** As the caller writes it, folded. */
  readonly name: string;
  readonly group: FunctionGroup;
  /** `ordered` needs WITHIN GROUP, `window` needs OVER; an aggregate may have OVER, FILTER, DISTINCT and ORDER BY. */
  readonly kind: 'scalar' | 'aggregate' | 'ordered' | 'window';
  /** Number of arguments; with WITHIN GROUP see `within`. */
  readonly min: number;
  readonly max: number;
  /** Number of direct arguments that WITHIN GROUP takes; null where it is not accepted. */
  readonly within: number | null;
  /** `argument`: that of the first argument. */
  readonly result: TypeFamily | 'argument';
  /**
   * Whether it can raise on some value of its declared argument types (casts of arguments are judged apart).
   * `unless_constant`: cannot, while at most one argument is not a literal. Aggregates and window functions see only rows
   * that the filter kept, so they are `false`.
   */
  readonly raises: boolean | 'unless_constant';
  /** Arguments that must be literals: fields of dates, formats. */
  readonly literals: readonly number[];
  /** The argument that sizes the result: a literal whole number up to `max`; `multiplies` where it repeats what it is given. */
  readonly sized: { readonly argument: number; readonly max: number; readonly multiplies: boolean } | null;
  /**
   * Its name in DuckDB's `system.main`, and in PostgreSQL's `pg_catalog`; null where the engine has none. The meaning is
   * the same or, where the name is too, documented as the engine's.
   */
  readonly duckdb: string | null;
  readonly postgres: string | null;
  /** What stands for it in DuckDB where no function of one name says it: rewrite/spell-duckdb.ts; null where nothing has to. */
  readonly spelled: string | null;
  /** Numbers of arguments where one engine takes fewer or more than `min` to `max` say. */
  readonly takes: Readonly<Partial<Record<'duckdb' | 'postgres', readonly [min: number, max: number]>>>;
}

export type Extra = Partial<
  Pick<
    SqlFunction,
    'raises' | 'literals' | 'sized' | 'duckdb' | 'postgres' | 'within' | 'kind' | 'spelled' | 'takes'
  >
>;
export type Row = readonly [
  name: string,
  min: number,
  max: number,
  result: SqlFunction['result'],
  extra?: Extra,
];

/** Arguments that a function without an upper bound may have. */
export const MANY = 64;
/** Longest text or list that a literal may ask for. */
export const LONGEST = 10_000;
export const total: Extra = { raises: false };
export const steady: Extra = { raises: 'unless_constant' };
export const as = (duckdb: string, extra: Extra = {}): Extra => ({ ...extra, duckdb });
export const sized = (argument: number, max: number, multiplies = false): Extra => ({
  sized: { argument, max, multiplies },
});

/** @param inPostgres by name in DuckDB's spelling of the table: what a name is called there; absent where it has none. */
export function rows(
  group: FunctionGroup,
  kind: SqlFunction['kind'],
  table: readonly Row[],
  inPostgres: ReadonlyMap<string, string>,
): SqlFunction[] {
  return table.map(([name, min, max, result, extra]) => ({
    name,
    group,
    kind,
    min,
    max,
    result,
    within: null,
    raises: kind === 'scalar',
    literals: [],
    sized: null,
    duckdb: name,
    postgres: inPostgres.get(name) ?? null,
    spelled: null,
    takes: {},
    ...extra,
  }));
}
