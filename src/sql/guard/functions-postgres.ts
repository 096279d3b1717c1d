/** What PostgreSQL 13 and later have of the table of functions under the same names, and the rows that it alone has. */
import { type Extra, MANY, type Row, rows, type SqlFunction } from './function-row.ts';

/** Same name, arguments and result. Left out: `regexp_matches` gives sets. */
const SAME = `
  ascii bit_length btrim char_length character_length chr concat concat_ws decode encode left length lower lpad ltrim md5
  octet_length position regexp_like regexp_replace regexp_split_to_array repeat replace reverse right rpad rtrim
  split_part starts_with string_to_array strpos substr substring to_hex translate upper

  abs acos acosh asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees exp factorial floor
  gamma gcd lcm lgamma ln log log10 mod pi pow power radians round sign sin sinh sqrt tan tanh trunc

  age date_add date_part date_trunc extract isfinite make_date make_time make_timestamp now timezone
  to_timestamp transaction_timestamp

  any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every max min string_agg sum
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
  corr covar_pop covar_samp mode percentile_cont percentile_disc regr_avgx regr_avgy regr_count regr_intercept
  regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp var_pop var_samp variance

  array_to_json json_array_length json_build_array json_build_object json_extract_path json_extract_path_text
  jsonb_array_length jsonb_build_array jsonb_build_object row_to_json to_json to_jsonb
  json_agg json_object_agg jsonb_agg jsonb_object_agg

  array_append array_cat array_length array_position array_prepend array_reverse array_sort array_to_string
  cardinality`
  .split(/\s+/)
  .filter((name) => name !== '');

/** The accepted name → the name in `pg_catalog`. */
export const IN_POSTGRES: ReadonlyMap<string, string> = new Map([
  ...SAME.map((name): [string, string] => [name, name]),
  ['lcase', 'lower'],
  ['trim', 'btrim'],
  ['ucase', 'upper'],
]);

/** Scalar functions that every server marks leakproof: they raise on nothing and tell of nothing but their result. */
export const LEAKPROOF: ReadonlySet<string> = new Set(['md5', 'starts_with']);

const format: Extra = { literals: [1] };

const STRING: readonly Row[] = [
  ['format', 1, MANY, 'text', { literals: [0], spelled: 'concat, for %s alone' }],
  ['initcap', 1, 1, 'text', { spelled: 'upper and lower, word by word' }],
  ['is_normalized', 1, 2, 'boolean', { literals: [1], spelled: 'nfc_normalize, for NFC' }],
  ['normalize', 1, 2, 'text', { literals: [1], spelled: 'nfc_normalize, for NFC' }],
  ['overlay', 3, 4, 'text', { spelled: 'left and substr' }],
  ['quote_literal', 1, 1, 'text'],
  ['quote_nullable', 1, 1, 'text'],
  ['regexp_count', 2, 4, 'integer', { takes: { duckdb: [2, 2] }, spelled: 'len(regexp_extract_all(…))' }],
  ['regexp_instr', 2, 7, 'integer'],
  ['regexp_match', 2, 3, 'list', { takes: { duckdb: [2, 2] }, spelled: 'regexp_extract of each group' }],
  ['regexp_substr', 2, 6, 'text', { takes: { duckdb: [2, 2] }, spelled: 'regexp_extract' }],
  ['to_char', 2, 2, 'text', { ...format, spelled: 'strftime, for moments' }],
  ['to_number', 2, 2, 'decimal', format],
];

const NUMERIC: readonly Row[] = [
  ['acosd', 1, 1, 'float'],
  ['asind', 1, 1, 'float'],
  ['atan2d', 2, 2, 'float'],
  ['atand', 1, 1, 'float'],
  ['cosd', 1, 1, 'float'],
  ['cotd', 1, 1, 'float'],
  ['div', 2, 2, 'decimal'],
  ['erf', 1, 1, 'float'],
  ['erfc', 1, 1, 'float'],
  ['min_scale', 1, 1, 'integer'],
  ['scale', 1, 1, 'integer'],
  ['sind', 1, 1, 'float'],
  ['tand', 1, 1, 'float'],
  ['trim_scale', 1, 1, 'decimal'],
  [
    'width_bucket',
    2,
    4,
    'integer',
    { takes: { duckdb: [4, 4] }, spelled: 'a CASE, for bounds that are literals' },
  ],
];

const DATE: readonly Row[] = [
  ['date_bin', 3, 3, 'timestamp', { spelled: 'time_bucket, for days and less' }],
  ['justify_days', 1, 1, 'interval'],
  ['justify_hours', 1, 1, 'interval'],
  ['justify_interval', 1, 1, 'interval'],
  ['make_interval', 0, 7, 'interval', { spelled: 'to_days and its kin' }],
  ['make_timestamptz', 6, 7, 'timestamptz'],
  ['overlaps', 4, 4, 'boolean', { spelled: 'a CASE' }],
  ['to_date', 2, 2, 'date', { ...format, spelled: 'strptime' }],
];

const kindOfJson: Extra = { spelled: 'a CASE over json_type' };

const JSON_FUNCTIONS: readonly Row[] = [
  ['json_strip_nulls', 1, 1, 'json'],
  ['json_typeof', 1, 1, 'text', kindOfJson],
  ['jsonb_extract_path', 2, MANY, 'json', { spelled: 'json_extract by a path' }],
  ['jsonb_extract_path_text', 2, MANY, 'text', { spelled: 'json_extract_string by a path' }],
  ['jsonb_insert', 3, 4, 'json'],
  ['jsonb_path_exists', 2, 2, 'boolean', format],
  ['jsonb_path_query_array', 2, 2, 'json', format],
  ['jsonb_path_query_first', 2, 2, 'json', format],
  ['jsonb_pretty', 1, 1, 'text'],
  ['jsonb_set', 3, 4, 'json'],
  ['jsonb_strip_nulls', 1, 1, 'json'],
  ['jsonb_typeof', 1, 1, 'text', kindOfJson],
];

const ARRAY: readonly Row[] = [
  ['array_dims', 1, 1, 'text'],
  ['array_lower', 2, 2, 'integer', { spelled: 'a CASE over len' }],
  ['array_ndims', 1, 1, 'integer'],
  ['array_positions', 2, 2, 'list'],
  ['array_remove', 2, 2, 'list'],
  ['array_replace', 3, 3, 'list'],
  ['array_upper', 2, 2, 'integer', { spelled: 'nullif(len(…), 0)' }],
  ['trim_array', 2, 2, 'list'],
];

const CONDITIONAL: readonly Row[] = [
  ['num_nonnulls', 1, MANY, 'integer', { spelled: 'a sum of CASE' }],
  ['num_nulls', 1, MANY, 'integer', { spelled: 'a sum of CASE' }],
];

const cast: Extra = { spelled: 'CAST' };

/** Types that PostgreSQL also lets be written as functions. */
const CASTS: readonly Row[] = [
  ['bool', 1, 1, 'boolean', cast],
  ['date', 1, 1, 'date', cast],
  ['float4', 1, 1, 'float', cast],
  ['float8', 1, 1, 'float', cast],
  ['int2', 1, 1, 'integer', cast],
  ['int4', 1, 1, 'integer', cast],
  ['int8', 1, 1, 'integer', cast],
  ['text', 1, 1, 'text', cast],
  ['timestamptz', 1, 1, 'timestamptz', cast],
];

const only = (group: SqlFunction['group'], table: readonly Row[]): SqlFunction[] =>
  rows(group, 'scalar', table, new Map()).map((row) => ({ ...row, duckdb: null, postgres: row.name }));

export const POSTGRES_FUNCTIONS: readonly SqlFunction[] = [
  ...only('string', STRING),
  ...only('numeric', NUMERIC),
  ...only('date', DATE),
  ...only('json', JSON_FUNCTIONS),
  ...only('array', ARRAY),
  ...only('conditional', CONDITIONAL),
  ...only('conditional', CASTS),
];
