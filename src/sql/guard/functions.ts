/**
 * The one table of accepted functions. Guard, fences and lowering read it; what is not in it is refused. Volatile, file,
 * network, catalog, sequence, settings and sleep functions are never on it, nor any that take the name of another.
 */
import type { FuncCall } from '@pgsql/types';
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
  /** Its name in DuckDB's `system.main`; the meaning is the same or, where the name is too, documented as the engine's. */
  readonly duckdb: string;
}

type Extra = Partial<Pick<SqlFunction, 'raises' | 'literals' | 'sized' | 'duckdb' | 'within' | 'kind'>>;
type Row = readonly [name: string, min: number, max: number, result: SqlFunction['result'], extra?: Extra];

/** Arguments that a function without an upper bound may have. */
const MANY = 64;
/** Longest text or list that a literal may ask for. */
const LONGEST = 10_000;
const total: Extra = { raises: false };
const steady: Extra = { raises: 'unless_constant' };
const as = (duckdb: string, extra: Extra = {}): Extra => ({ ...extra, duckdb });
const sized = (argument: number, max: number, multiplies = false): Extra => ({
  sized: { argument, max, multiplies },
});

function rows(group: FunctionGroup, kind: SqlFunction['kind'], table: readonly Row[]): SqlFunction[] {
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
    ...extra,
  }));
}

const STRING: readonly Row[] = [
  ['ascii', 1, 1, 'integer', total],
  ['base64', 1, 1, 'text', total],
  ['bit_length', 1, 1, 'integer', total],
  ['btrim', 1, 2, 'text', as('trim', total)],
  ['char_length', 1, 1, 'integer', as('length', total)],
  ['character_length', 1, 1, 'integer', as('length', total)],
  ['chr', 1, 1, 'text'],
  ['concat', 1, MANY, 'text', total],
  ['concat_ws', 2, MANY, 'text', total],
  ['contains', 2, 2, 'boolean', total],
  ['damerau_levenshtein', 2, 2, 'integer', total],
  ['decode', 1, 1, 'text'],
  ['encode', 1, 1, 'bytes', total],
  ['ends_with', 2, 2, 'boolean', total],
  ['format_bytes', 1, 1, 'text'],
  ['from_base64', 1, 1, 'bytes'],
  ['from_hex', 1, 1, 'bytes'],
  ['hamming', 2, 2, 'integer'],
  ['hex', 1, 1, 'text', total],
  ['instr', 2, 2, 'integer', total],
  ['jaccard', 2, 2, 'float'],
  ['jaro_similarity', 2, 2, 'float', total],
  ['jaro_winkler_similarity', 2, 2, 'float', total],
  ['lcase', 1, 1, 'text', as('lower', total)],
  ['left', 2, 2, 'text', steady],
  ['length', 1, 1, 'integer', total],
  ['levenshtein', 2, 2, 'integer', total],
  ['lower', 1, 1, 'text', total],
  ['lpad', 3, 3, 'text', sized(1, LONGEST)],
  ['ltrim', 1, 2, 'text', total],
  ['md5', 1, 1, 'text', total],
  ['mismatches', 2, 2, 'integer'],
  ['nfc_normalize', 1, 1, 'text', total],
  ['octet_length', 1, 1, 'integer', total],
  ['ord', 1, 1, 'integer', total],
  ['position', 2, 2, 'integer', total],
  ['prefix', 2, 2, 'boolean', total],
  ['regexp_escape', 1, 1, 'text', total],
  ['regexp_extract', 2, 4, 'text', { ...steady, literals: [2, 3] }],
  ['regexp_extract_all', 2, 4, 'list', { ...steady, literals: [2, 3] }],
  ['regexp_full_match', 2, 3, 'boolean', { ...steady, literals: [2] }],
  ['regexp_like', 2, 3, 'boolean', as('regexp_matches', { ...steady, literals: [2] })],
  ['regexp_matches', 2, 3, 'boolean', { ...steady, literals: [2] }],
  ['regexp_replace', 3, 4, 'text', { ...steady, literals: [3] }],
  ['regexp_split_to_array', 2, 3, 'list', { ...steady, literals: [2] }],
  ['repeat', 2, 2, 'argument', sized(1, LONGEST, true)],
  ['replace', 3, 3, 'text', total],
  ['reverse', 1, 1, 'text', total],
  ['right', 2, 2, 'text', steady],
  ['rpad', 3, 3, 'text', sized(1, LONGEST)],
  ['rtrim', 1, 2, 'text', total],
  ['sha1', 1, 1, 'text', total],
  ['sha256', 1, 1, 'text', total],
  ['split_part', 3, 3, 'text', steady],
  ['starts_with', 2, 2, 'boolean', total],
  ['string_split', 2, 2, 'list', total],
  ['string_split_regex', 2, 3, 'list', { ...steady, literals: [2] }],
  ['string_to_array', 2, 2, 'list', total],
  ['strip_accents', 1, 1, 'text', total],
  ['strlen', 1, 1, 'integer', total],
  ['strpos', 2, 2, 'integer', total],
  ['substr', 2, 3, 'text', steady],
  ['substring', 2, 3, 'text', steady],
  ['suffix', 2, 2, 'boolean', total],
  ['to_base', 2, 3, 'text', { sized: { argument: 2, max: 64, multiplies: false } }],
  ['to_base64', 1, 1, 'text', total],
  ['to_hex', 1, 1, 'text', total],
  ['translate', 3, 3, 'text', total],
  ['trim', 1, 2, 'text', total],
  ['ucase', 1, 1, 'text', as('upper', total)],
  ['unhex', 1, 1, 'bytes'],
  ['unicode', 1, 1, 'integer', total],
  ['upper', 1, 1, 'text', total],
  ['url_decode', 1, 1, 'text'],
  ['url_encode', 1, 1, 'text', total],
];

const NUMERIC: readonly Row[] = [
  ['abs', 1, 1, 'argument'],
  ['acos', 1, 1, 'float'],
  ['acosh', 1, 1, 'float'],
  ['asin', 1, 1, 'float'],
  ['asinh', 1, 1, 'float', total],
  ['atan', 1, 1, 'float', total],
  ['atan2', 2, 2, 'float', total],
  ['atanh', 1, 1, 'float'],
  ['bit_count', 1, 1, 'integer', total],
  ['cbrt', 1, 1, 'float', total],
  ['ceil', 1, 1, 'argument'],
  ['ceiling', 1, 1, 'argument', as('ceil')],
  ['cos', 1, 1, 'float'],
  ['cosh', 1, 1, 'float'],
  ['cot', 1, 1, 'float'],
  ['degrees', 1, 1, 'float', total],
  ['even', 1, 1, 'float', total],
  ['exp', 1, 1, 'float'],
  ['factorial', 1, 1, 'integer'],
  ['fdiv', 2, 2, 'float'],
  ['floor', 1, 1, 'argument'],
  ['fmod', 2, 2, 'float'],
  ['gamma', 1, 1, 'float'],
  ['gcd', 2, 2, 'integer'],
  ['isfinite', 1, 1, 'boolean', total],
  ['isinf', 1, 1, 'boolean', total],
  ['isnan', 1, 1, 'boolean', total],
  ['lcm', 2, 2, 'integer'],
  ['lgamma', 1, 1, 'float'],
  ['ln', 1, 1, 'float'],
  ['log', 1, 2, 'float'],
  ['log10', 1, 1, 'float'],
  ['log2', 1, 1, 'float'],
  ['mod', 2, 2, 'argument'],
  ['pi', 0, 0, 'float', total],
  ['pow', 2, 2, 'float'],
  ['power', 2, 2, 'float'],
  ['radians', 1, 1, 'float', total],
  ['round', 1, 2, 'argument'],
  ['round_even', 2, 2, 'argument'],
  ['sign', 1, 1, 'integer', total],
  ['signbit', 1, 1, 'boolean', total],
  ['sin', 1, 1, 'float'],
  ['sinh', 1, 1, 'float'],
  ['sqrt', 1, 1, 'float'],
  ['tan', 1, 1, 'float'],
  ['tanh', 1, 1, 'float', total],
  ['trunc', 1, 2, 'argument'],
  ['xor', 2, 2, 'argument', total],
];

const field: Extra = { literals: [0] };

const DATE: readonly Row[] = [
  ['age', 1, 2, 'interval'],
  ['century', 1, 1, 'integer', total],
  ['date_add', 2, 2, 'timestamp'],
  ['date_diff', 3, 3, 'integer', field],
  ['date_part', 2, 2, 'integer', { ...field, ...steady }],
  ['date_sub', 3, 3, 'integer', field],
  ['date_trunc', 2, 2, 'timestamp', { ...field, ...steady }],
  ['datediff', 3, 3, 'integer', as('date_diff', field)],
  ['datepart', 2, 2, 'integer', as('date_part', { ...field, ...steady })],
  ['datesub', 3, 3, 'integer', as('date_sub', field)],
  ['datetrunc', 2, 2, 'timestamp', as('date_trunc', { ...field, ...steady })],
  ['day', 1, 1, 'integer', total],
  ['dayname', 1, 1, 'text', total],
  ['dayofmonth', 1, 1, 'integer', total],
  ['dayofweek', 1, 1, 'integer', total],
  ['dayofyear', 1, 1, 'integer', total],
  ['days_in_month', 1, 1, 'integer'],
  ['decade', 1, 1, 'integer', total],
  ['epoch', 1, 1, 'float', total],
  ['epoch_ms', 1, 1, 'integer'],
  ['epoch_ns', 1, 1, 'integer'],
  ['epoch_us', 1, 1, 'integer'],
  ['era', 1, 1, 'integer', total],
  ['extract', 2, 2, 'integer', as('date_part', { ...field, ...steady })],
  ['hour', 1, 1, 'integer', total],
  ['isodow', 1, 1, 'integer', total],
  ['isoyear', 1, 1, 'integer', total],
  ['julian', 1, 1, 'float', total],
  ['last_day', 1, 1, 'date'],
  ['make_date', 3, 3, 'date'],
  ['make_time', 3, 3, 'time'],
  ['make_timestamp', 6, 6, 'timestamp'],
  ['microsecond', 1, 1, 'integer', total],
  ['millennium', 1, 1, 'integer', total],
  ['millisecond', 1, 1, 'integer', total],
  ['minute', 1, 1, 'integer', total],
  ['month', 1, 1, 'integer', total],
  ['monthname', 1, 1, 'text', total],
  ['now', 0, 0, 'timestamptz', total],
  ['quarter', 1, 1, 'integer', total],
  ['second', 1, 1, 'integer', total],
  ['strftime', 2, 2, 'text', { literals: [1] }],
  ['strptime', 2, 2, 'timestamp', { literals: [1] }],
  ['time_bucket', 2, 3, 'timestamp'],
  ['timezone', 2, 2, 'timestamp'],
  ['to_centuries', 1, 1, 'interval'],
  ['to_days', 1, 1, 'interval'],
  ['to_decades', 1, 1, 'interval'],
  ['to_hours', 1, 1, 'interval'],
  ['to_microseconds', 1, 1, 'interval'],
  ['to_milliseconds', 1, 1, 'interval'],
  ['to_minutes', 1, 1, 'interval'],
  ['to_months', 1, 1, 'interval'],
  ['to_quarters', 1, 1, 'interval'],
  ['to_seconds', 1, 1, 'interval'],
  ['to_timestamp', 1, 1, 'timestamptz'],
  ['to_weeks', 1, 1, 'interval'],
  ['to_years', 1, 1, 'interval'],
  ['today', 0, 0, 'date', total],
  ['transaction_timestamp', 0, 0, 'timestamptz', as('now', total)],
  ['try_strptime', 2, 2, 'timestamp', { literals: [1] }],
  ['week', 1, 1, 'integer', total],
  ['weekday', 1, 1, 'integer', total],
  ['weekofyear', 1, 1, 'integer', total],
  ['year', 1, 1, 'integer', total],
  ['yearweek', 1, 1, 'integer', total],
];

const top: Extra = sized(1, LONGEST);

const AGGREGATE: readonly Row[] = [
  ['any_value', 1, 1, 'argument'],
  ['arg_max', 2, 3, 'argument', sized(2, LONGEST)],
  ['arg_min', 2, 3, 'argument', sized(2, LONGEST)],
  ['array_agg', 1, 1, 'list'],
  ['avg', 1, 1, 'float'],
  ['bit_and', 1, 1, 'argument'],
  ['bit_or', 1, 1, 'argument'],
  ['bit_xor', 1, 1, 'argument'],
  ['bool_and', 1, 1, 'boolean'],
  ['bool_or', 1, 1, 'boolean'],
  ['count', 1, 1, 'integer'],
  ['count_if', 1, 1, 'integer'],
  ['countif', 1, 1, 'integer', as('count_if')],
  ['every', 1, 1, 'boolean', as('bool_and')],
  ['favg', 1, 1, 'float'],
  ['first', 1, 1, 'argument'],
  ['fsum', 1, 1, 'float'],
  ['last', 1, 1, 'argument'],
  // DuckDB's parser makes list_sort of `list(x ORDER BY x)`.
  ['list', 1, 1, 'list', as('array_agg')],
  ['listagg', 1, 2, 'text', as('string_agg')],
  ['max', 1, 2, 'argument', top],
  ['max_by', 2, 3, 'argument', as('arg_max', sized(2, LONGEST))],
  ['mean', 1, 1, 'float', as('avg')],
  ['min', 1, 2, 'argument', top],
  ['min_by', 2, 3, 'argument', as('arg_min', sized(2, LONGEST))],
  ['product', 1, 1, 'float'],
  ['string_agg', 2, 2, 'text'],
  ['group_concat', 1, 2, 'text', as('string_agg')],
  ['sum', 1, 1, 'argument'],
];

const WINDOW: readonly Row[] = [
  ['cume_dist', 0, 0, 'float'],
  ['dense_rank', 0, 0, 'integer'],
  ['first_value', 1, 1, 'argument'],
  ['lag', 1, 3, 'argument'],
  ['last_value', 1, 1, 'argument'],
  ['lead', 1, 3, 'argument'],
  ['nth_value', 2, 2, 'argument'],
  ['ntile', 1, 1, 'integer'],
  ['percent_rank', 0, 0, 'float'],
  ['rank', 0, 0, 'integer'],
  ['row_number', 0, 0, 'integer'],
];

const STATISTICS: readonly Row[] = [
  ['approx_count_distinct', 1, 1, 'integer'],
  ['approx_quantile', 2, 2, 'argument'],
  ['approx_top_k', 2, 2, 'list', sized(1, LONGEST)],
  ['corr', 2, 2, 'float'],
  ['covar_pop', 2, 2, 'float'],
  ['covar_samp', 2, 2, 'float'],
  ['entropy', 1, 1, 'float'],
  ['geometric_mean', 1, 1, 'float'],
  ['histogram', 1, 2, 'other'],
  ['kurtosis', 1, 1, 'float'],
  ['kurtosis_pop', 1, 1, 'float'],
  ['mad', 1, 1, 'argument'],
  ['median', 1, 1, 'argument'],
  ['mode', 1, 1, 'argument', { within: 0 }],
  ['percentile_cont', 1, 1, 'float', { within: 1, kind: 'ordered' }],
  ['percentile_disc', 1, 1, 'argument', { within: 1, kind: 'ordered' }],
  ['quantile', 2, 2, 'argument', as('quantile_disc')],
  ['quantile_cont', 2, 2, 'float'],
  ['quantile_disc', 2, 2, 'argument'],
  ['regr_avgx', 2, 2, 'float'],
  ['regr_avgy', 2, 2, 'float'],
  ['regr_count', 2, 2, 'integer'],
  ['regr_intercept', 2, 2, 'float'],
  ['regr_r2', 2, 2, 'float'],
  ['regr_slope', 2, 2, 'float'],
  ['regr_sxx', 2, 2, 'float'],
  ['regr_sxy', 2, 2, 'float'],
  ['regr_syy', 2, 2, 'float'],
  ['sem', 1, 1, 'float'],
  ['skewness', 1, 1, 'float'],
  ['stddev', 1, 1, 'float'],
  ['stddev_pop', 1, 1, 'float'],
  ['stddev_samp', 1, 1, 'float'],
  ['var_pop', 1, 1, 'float'],
  ['var_samp', 1, 1, 'float'],
  ['variance', 1, 1, 'float'],
  ['weighted_avg', 2, 2, 'float'],
];

const JSON_FUNCTIONS: readonly Row[] = [
  ['array_to_json', 1, 1, 'json'],
  ['json_array_length', 1, 2, 'integer'],
  ['json_build_array', 0, MANY, 'json', as('json_array')],
  ['json_build_object', 0, MANY, 'json', as('json_object')],
  ['json_contains', 2, 2, 'boolean'],
  ['json_extract', 2, 2, 'json'],
  ['json_extract_path', 2, 2, 'json'],
  ['json_extract_path_text', 2, 2, 'text'],
  ['json_extract_string', 2, 2, 'text'],
  ['json_keys', 1, 2, 'list'],
  ['json_merge_patch', 2, MANY, 'json'],
  ['json_object', 0, MANY, 'json'],
  ['json_pretty', 1, 1, 'text'],
  ['json_quote', 1, 1, 'json'],
  ['json_structure', 1, 1, 'json'],
  ['json_type', 1, 2, 'text'],
  ['json_valid', 1, 1, 'boolean'],
  ['jsonb_array_length', 1, 1, 'integer', as('json_array_length')],
  ['jsonb_build_array', 0, MANY, 'json', as('json_array')],
  ['jsonb_build_object', 0, MANY, 'json', as('json_object')],
  ['row_to_json', 1, 1, 'json'],
  ['to_json', 1, 1, 'json'],
  ['to_jsonb', 1, 1, 'json', as('to_json')],
];

const JSON_AGGREGATES: readonly Row[] = [
  ['json_agg', 1, 1, 'json', as('json_group_array')],
  ['json_group_array', 1, 1, 'json'],
  ['json_group_object', 2, 2, 'json'],
  ['json_object_agg', 2, 2, 'json', as('json_group_object')],
  ['jsonb_agg', 1, 1, 'json', as('json_group_array')],
  ['jsonb_object_agg', 2, 2, 'json', as('json_group_object')],
];

const ARRAY: readonly Row[] = [
  ['array_append', 2, 2, 'list'],
  ['array_cat', 2, 2, 'list'],
  ['array_contains', 2, 2, 'boolean'],
  ['array_distinct', 1, 1, 'list'],
  ['array_has', 2, 2, 'boolean'],
  ['array_has_all', 2, 2, 'boolean'],
  ['array_has_any', 2, 2, 'boolean'],
  ['array_intersect', 2, 2, 'list'],
  ['array_length', 1, 2, 'integer'],
  ['array_position', 2, 2, 'integer'],
  ['array_prepend', 2, 2, 'list'],
  ['array_reverse', 1, 1, 'list'],
  ['array_reverse_sort', 1, 1, 'list'],
  ['array_slice', 3, 3, 'argument'],
  ['array_sort', 1, 1, 'list'],
  ['array_to_string', 2, 2, 'text'],
  ['array_unique', 1, 1, 'integer'],
  ['cardinality', 1, 1, 'integer', as('len')],
  ['element_at', 2, 2, 'other'],
  ['flatten', 1, 1, 'list'],
  ['len', 1, 1, 'integer'],
  ['list_append', 2, 2, 'list'],
  ['list_avg', 1, 1, 'float'],
  ['list_concat', 2, MANY, 'list'],
  ['list_contains', 2, 2, 'boolean'],
  ['list_cosine_similarity', 2, 2, 'float'],
  ['list_count', 1, 1, 'integer'],
  ['list_distance', 2, 2, 'float'],
  ['list_distinct', 1, 1, 'list'],
  ['list_extract', 2, 2, 'other'],
  ['list_first', 1, 1, 'other'],
  ['list_has_all', 2, 2, 'boolean'],
  ['list_has_any', 2, 2, 'boolean'],
  ['list_inner_product', 2, 2, 'float'],
  ['list_intersect', 2, 2, 'list'],
  ['list_last', 1, 1, 'other'],
  ['list_max', 1, 1, 'other'],
  ['list_median', 1, 1, 'other'],
  ['list_min', 1, 1, 'other'],
  ['list_mode', 1, 1, 'other'],
  ['list_position', 2, 2, 'integer'],
  ['list_prepend', 2, 2, 'list'],
  ['list_product', 1, 1, 'float'],
  ['list_resize', 2, 3, 'list', sized(1, LONGEST)],
  ['list_reverse', 1, 1, 'list'],
  ['list_reverse_sort', 1, 1, 'list'],
  ['list_slice', 3, 3, 'argument'],
  ['list_sort', 1, 1, 'list'],
  ['list_stddev_pop', 1, 1, 'float'],
  ['list_stddev_samp', 1, 1, 'float'],
  ['list_sum', 1, 1, 'other'],
  ['list_unique', 1, 1, 'integer'],
  ['list_value', 0, MANY, 'list'],
  ['list_var_pop', 1, 1, 'float'],
  ['list_var_samp', 1, 1, 'float'],
  ['list_zip', 1, MANY, 'list'],
  ['map', 2, 2, 'other'],
  ['map_contains', 2, 2, 'boolean'],
  ['map_entries', 1, 1, 'list'],
  ['map_extract', 2, 2, 'list'],
  ['map_from_entries', 1, 1, 'other'],
  ['map_keys', 1, 1, 'list'],
  ['map_values', 1, 1, 'list'],
  ['struct_extract', 2, 2, 'other', { literals: [1] }],
  ['struct_keys', 1, 1, 'list'],
];

const CONDITIONAL: readonly Row[] = [
  ['constant_or_null', 2, MANY, 'argument', total],
  ['typeof', 1, 1, 'text', total],
];

/** Every accepted function, in the order of the groups. Null order, division and matching are the engine's own. */
export const FUNCTIONS: readonly SqlFunction[] = [
  ...rows('string', 'scalar', STRING),
  ...rows('numeric', 'scalar', NUMERIC),
  ...rows('date', 'scalar', DATE),
  ...rows('aggregate', 'aggregate', AGGREGATE),
  ...rows('window', 'window', WINDOW),
  ...rows('statistics', 'aggregate', STATISTICS),
  ...rows('json', 'scalar', JSON_FUNCTIONS),
  ...rows('json', 'aggregate', JSON_AGGREGATES),
  ...rows('array', 'scalar', ARRAY),
  ...rows('conditional', 'scalar', CONDITIONAL),
];

/** What `CURRENT_DATE` and its kin become: functions, so that no column of that name can stand in for them. */
export const VALUE_FUNCTIONS: Readonly<Record<string, { result: TypeFamily; duckdb: string }>> = {
  SVFOP_CURRENT_DATE: { result: 'date', duckdb: 'current_date' },
  SVFOP_CURRENT_TIME: { result: 'time', duckdb: 'get_current_time' },
  SVFOP_CURRENT_TIMESTAMP: { result: 'timestamptz', duckdb: 'get_current_timestamp' },
  SVFOP_LOCALTIME: { result: 'time', duckdb: 'current_localtime' },
  SVFOP_LOCALTIMESTAMP: { result: 'timestamp', duckdb: 'current_localtimestamp' },
};

const BY_NAME: ReadonlyMap<string, SqlFunction> = new Map(FUNCTIONS.map((f) => [f.name, f]));

/** The accepted function of this folded name, without schema. */
export function functionNamed(name: string): SqlFunction | undefined {
  return BY_NAME.get(name);
}

/**
 * The name under which a call is looked up. PostgreSQL's own syntax (`EXTRACT`, `TRIM`, `AT TIME ZONE`) arrives as
 * `pg_catalog.x`; null for any other schema.
 */
export function calledName(call: FuncCall): string | null {
  const parts = (call.funcname ?? []).map((part) => ('String' in part ? (part.String.sval ?? '') : ''));
  if (parts.length === 1) return parts[0] ?? null;
  return parts.length === 2 && parts[0] === 'pg_catalog' ? (parts[1] ?? null) : null;
}
