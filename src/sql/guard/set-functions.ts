/**
 * The one table of functions that give rows: in FROM, and where they give one column in the select list. Whatever is not
 * in it is refused there, so nothing that reads a file, a catalog or another server can stand where a relation does.
 */
import type { TypeFamily } from '../../catalogue/dataset.ts';

export interface SetFunction {
  /** As the caller writes it, folded. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** What its columns are called; null where the one column (of each argument) goes by the alias, or by its own name. */
  readonly columns: readonly string[] | null;
  /** Families of the columns; the last one goes on. */
  readonly result: readonly TypeFamily[];
  /** Arguments that must be literals or parameters. */
  readonly literals: readonly number[];
  /** Bounded by its arguments: see series.ts. */
  readonly series: boolean;
  /** Its name in PostgreSQL's `pg_catalog`. In DuckDB each is a list that `unnest` takes apart. */
  readonly postgres: string;
  /** How many arguments DuckDB's stand-in takes at most; null where it has none. */
  readonly duckdb: number | null;
}

type Row = readonly [
  name: string,
  min: number,
  max: number,
  result: TypeFamily | readonly TypeFamily[],
  extra?: Partial<Pick<SetFunction, 'columns' | 'literals' | 'series' | 'duckdb'>>,
];

const value = { columns: ['value'] } as const;
const pair = { columns: ['key', 'value'] } as const;

const TABLE: readonly Row[] = [
  ['generate_series', 2, 3, 'unknown', { series: true }],
  ['generate_subscripts', 2, 2, 'integer', { literals: [1] }],
  ['json_array_elements', 1, 1, 'json', value],
  ['json_array_elements_text', 1, 1, 'text', value],
  ['json_each', 1, 1, ['text', 'json'], pair],
  ['json_each_text', 1, 1, ['text', 'text'], pair],
  ['json_object_keys', 1, 1, 'text'],
  ['jsonb_array_elements', 1, 1, 'json', value],
  ['jsonb_array_elements_text', 1, 1, 'text', value],
  ['jsonb_each', 1, 1, ['text', 'json'], pair],
  ['jsonb_each_text', 1, 1, ['text', 'text'], pair],
  ['jsonb_object_keys', 1, 1, 'text'],
  ['jsonb_path_query', 2, 2, 'json', { literals: [1], duckdb: null }],
  ['regexp_split_to_table', 2, 3, 'text', { literals: [1, 2], duckdb: 2 }],
  ['string_to_table', 2, 3, 'text', { literals: [1, 2], duckdb: 2 }],
  ['unnest', 1, 16, 'unknown'],
];

export const SET_FUNCTIONS: readonly SetFunction[] = TABLE.map(([name, min, max, result, extra]) => ({
  name,
  min,
  max,
  columns: null,
  result: typeof result === 'string' ? [result] : result,
  literals: [],
  series: false,
  postgres: name,
  duckdb: max,
  ...extra,
}));

const BY_NAME: ReadonlyMap<string, SetFunction> = new Map(SET_FUNCTIONS.map((f) => [f.name, f]));

/** The accepted function of this folded name that gives rows, without schema. */
export function setFunctionNamed(name: string): SetFunction | undefined {
  return BY_NAME.get(name);
}
