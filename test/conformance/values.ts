/** Values that every engine has, each in the SQL of each engine, and the one form in which all of them must give it. */
import type { TypeFamily } from '../../src/catalogue/dataset.ts';
import type { Engine } from '../../src/engines/engine.ts';

type Sql = string | Readonly<Record<Engine['kind'], string>>;

export interface Value {
  readonly sql: Sql;
  readonly family: TypeFamily;
  readonly json: string;
  readonly csv: string;
}

export function sqlFor(sql: Sql, kind: Engine['kind']): string {
  return typeof sql === 'string' ? sql : sql[kind];
}

/** Numbers and booleans: the same in JSON and CSV. */
const plain = (family: TypeFamily, sql: Sql, text: string): Value => ({ sql, family, json: text, csv: text });
/** A JSON string; the same without quotes in CSV. */
const text = (family: TypeFamily, sql: Sql, value: string): Value => ({
  sql,
  family,
  json: `"${value}"`,
  csv: value,
});
const list = (sql: Sql, json: string): Value => ({
  sql,
  family: 'list',
  json,
  csv: /[",]/.test(json) ? `"${json.replaceAll('"', '""')}"` : json,
});
const both = (duckdb: string, postgres: string): Sql => ({ duckdb, postgres });

export const VALUES: readonly Value[] = [
  plain('boolean', 'true', 'true'),
  plain('boolean', 'false', 'false'),
  plain('integer', '(-32768)::smallint', '-32768'),
  plain('integer', '(-2147483648)::integer', '-2147483648'),
  plain('integer', '0::bigint', '0'),
  plain('integer', '999999999999999::bigint', '999999999999999'),
  plain('integer', '9007199254740991::bigint', '9007199254740991'),
  plain('integer', '(-9007199254740991)::bigint', '-9007199254740991'),
  text('integer', '9007199254740992::bigint', '9007199254740992'),
  text('integer', '(-9007199254740992)::bigint', '-9007199254740992'),
  text('integer', '9223372036854775807::bigint', '9223372036854775807'),
  text('integer', '(-9223372036854775808)::bigint', '-9223372036854775808'),
  text('decimal', '0.05::decimal(4,2)', '0.05'),
  text('decimal', '(-99.99)::decimal(4,2)', '-99.99'),
  text('decimal', '42::decimal(9,0)', '42'),
  text('decimal', '9007199254740.993::decimal(18,3)', '9007199254740.993'),
  text(
    'decimal',
    "'-99999999999999999999999999999999999.999'::decimal(38,3)",
    '-99999999999999999999999999999999999.999',
  ),
  plain('float', '0.1::double precision', '0.1'),
  plain('float', '(0.1::double precision + 0.2::double precision)', '0.30000000000000004'),
  plain('float', "'-0.0'::double precision", '-0'),
  plain('float', '100000::double precision', '100000'),
  plain('float', '1e16::double precision', '10000000000000000'),
  plain('float', '1e21::double precision', '1e+21'),
  plain('float', '0.000001::double precision', '0.000001'),
  plain('float', '0.0000001::double precision', '1e-7'),
  plain('float', '1e300::double precision', '1e+300'),
  plain('float', '5e-324::double precision', '5e-324'),
  plain('float', '1.7976931348623157e308::double precision', '1.7976931348623157e+308'),
  text('float', "'NaN'::double precision", 'NaN'),
  text('float', "'Infinity'::double precision", 'Infinity'),
  text('float', "'-Infinity'::double precision", '-Infinity'),
  plain('float', '0.1::real', '0.1'),
  plain('float', '3.4028235e38::real', '3.4028235e+38'),
  plain('float', '1.17549435e-38::real', '1.1754944e-38'),
  plain('float', '16777217::real', '16777216'),
  text('float', "'NaN'::real", 'NaN'),
  { sql: "''::varchar", family: 'text', json: '""', csv: '""' },
  text('text', "'plain'::varchar", 'plain'),
  {
    sql: `'say "hi", then\nleave'::varchar`,
    family: 'text',
    json: '"say \\"hi\\", then\\nleave"',
    csv: '"say ""hi"", then\nleave"',
  },
  {
    sql: "'back\\slash\ttab'::varchar",
    family: 'text',
    json: '"back\\\\slash\\ttab"',
    csv: 'back\\slash\ttab',
  },
  {
    sql: 'chr(1) || chr(31) || chr(127)',
    family: 'text',
    json: '"\\u0001\\u001f\u007f"',
    csv: '\u0001\u001f\u007f',
  },
  text('text', "'Zoë 漢字 🦆 ﷽ and more than twelve'::varchar", 'Zoë 漢字 🦆 ﷽ and more than twelve'),
  text('text', "repeat('x', 100000)", 'x'.repeat(100_000)),
  {
    sql: '\'{"a": [1, null]}\'::json',
    family: 'json',
    json: '"{\\"a\\": [1, null]}"',
    csv: '"{""a"": [1, null]}"',
  },
  text('bytes', both("'\\x00\\xFFabc'::blob", "'\\x00ff616263'::bytea"), 'AP9hYmM='),
  { sql: both("''::blob", "''::bytea"), family: 'bytes', json: '""', csv: '' },
  text('uuid', "'ffffffff-ffff-4fff-bfff-fffffffffffe'::uuid", 'ffffffff-ffff-4fff-bfff-fffffffffffe'),
  text('date', "DATE '2024-02-29'", '2024-02-29'),
  text('date', "DATE '1970-01-01'", '1970-01-01'),
  text('date', "DATE '0001-01-01'", '0001-01-01'),
  text('date', both("DATE '0001-12-31 (BC)'", "DATE '0001-12-31 BC'"), '0000-12-31'),
  text('date', both("DATE '0044-03-15 (BC)'", "DATE '0044-03-15 BC'"), '-000043-03-15'),
  text('date', both("DATE '4713-01-01 (BC)'", "DATE '4713-01-01 BC'"), '-004712-01-01'),
  text('date', "DATE '294247-01-10'", '+294247-01-10'),
  text('date', "DATE '5874897-12-31'", '+5874897-12-31'),
  text('date', "DATE 'infinity'", 'infinity'),
  text('date', "DATE '-infinity'", '-infinity'),
  text('time', "TIME '00:00:00'", '00:00:00'),
  text('time', "TIME '12:30:00.5'", '12:30:00.500000'),
  text('time', "TIME '23:59:59.999999'", '23:59:59.999999'),
  text('timestamp', "TIMESTAMP '2024-02-29 12:34:56'", '2024-02-29T12:34:56'),
  text('timestamp', "TIMESTAMP '2024-02-29 12:34:56.000001'", '2024-02-29T12:34:56.000001'),
  text('timestamp', "TIMESTAMP '1969-12-31 23:59:59.5'", '1969-12-31T23:59:59.500000'),
  text(
    'timestamp',
    both("TIMESTAMP '0044-03-15 (BC) 01:02:03.25'", "TIMESTAMP '0044-03-15 01:02:03.25 BC'"),
    '-000043-03-15T01:02:03.250000',
  ),
  text('timestamp', "TIMESTAMP '290309-12-22 00:00:00'", '+290309-12-22T00:00:00'),
  text('timestamp', "TIMESTAMP 'infinity'", 'infinity'),
  text('timestamp', "TIMESTAMP '-infinity'", '-infinity'),
  text('timestamptz', "TIMESTAMPTZ '2024-02-29 12:34:56.5+02:00'", '2024-02-29T10:34:56.500000Z'),
  text('timestamptz', "TIMESTAMPTZ '2024-02-29 12:34:56+00'", '2024-02-29T12:34:56Z'),
  text(
    'timestamptz',
    both("TIMESTAMPTZ '0044-03-15 (BC) 01:02:03+00'", "TIMESTAMPTZ '0044-03-15 01:02:03+00 BC'"),
    '-000043-03-15T01:02:03Z',
  ),
  text('timestamptz', "TIMESTAMPTZ '-infinity'", '-infinity'),
  text('other', "'12:30:00+02'::timetz", '12:30:00+02:00'),
  text('other', "'12:30:00.5-15:59:59'::timetz", '12:30:00.500000-15:59:59'),
  text('other', "'12:30:00+05:30'::timetz", '12:30:00+05:30'),
  text('interval', "INTERVAL '1 year 2 months 3 days 4 hours 5 minutes 6.7 seconds'", 'P1Y2M3DT4H5M6.7S'),
  text('interval', "INTERVAL '0 days'", 'PT0S'),
  text('interval', "INTERVAL '100 hours'", 'PT100H'),
  text('interval', "INTERVAL '-14 months -3 days -0.000001 seconds'", 'P-1Y-2M-3DT-0.000001S'),
  text('interval', "INTERVAL '1 day -2 hours'", 'P1DT-2H'),
  list(both('[1, NULL, 3]', 'ARRAY[1, NULL, 3]'), '[1,null,3]'),
  list(both('[]::varchar[]', "'{}'::varchar[]"), '[]'),
  list(both("[['a', 'b'], ['c', NULL]]", "ARRAY[['a', 'b'], ['c', NULL]]"), '[["a","b"],["c",null]]'),
  list(
    both(`['', 'NULL', 'x,y', 'a"b', 'c\\d', '{}']`, `ARRAY['', 'NULL', 'x,y', 'a"b', 'c\\d', '{}']`),
    '["","NULL","x,y","a\\"b","c\\\\d","{}"]',
  ),
  list(both('[true, false]', 'ARRAY[true, false]'), '[true,false]'),
  list(both('[9007199254740992, 1]', 'ARRAY[9007199254740992, 1]'), '["9007199254740992",1]'),
  list(both("['NaN'::double, 0.5]", "ARRAY['NaN'::float8, 0.5]"), '["NaN",0.5]'),
  list(both("[DATE '2024-01-01', NULL]", "ARRAY[DATE '2024-01-01', NULL]"), '["2024-01-01",null]'),
  list(both('[1.50::decimal(4,2)]', 'ARRAY[1.50::decimal(4,2)]'), '["1.50"]'),
  list(
    both("[TIMESTAMP '2024-01-01 01:02:03']", "ARRAY[TIMESTAMP '2024-01-01 01:02:03']"),
    '["2024-01-01T01:02:03"]',
  ),
  ...(
    [
      ['integer', 'integer'],
      ['varchar', 'text'],
      ['decimal(10,2)', 'decimal'],
      ['integer[]', 'list'],
    ] as const
  ).map(([type, family]): Value => ({ sql: `NULL::${type}`, family, json: 'null', csv: '' })),
];
