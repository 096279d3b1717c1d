/** What columns hold on PostgreSQL, which reads other forms of values and has other types: see flavours.ts. */
import { type Flavour, SECRET } from './kinds.ts';

const uuid = (n: number): string => `6f1d2c3e-0000-4000-8000-${String(n).padStart(12, '0')}`;

export const POSTGRES_FLAVOURS: Readonly<Record<string, Flavour>> = {
  digits: {
    kind: 'text',
    types: ['TEXT', 'VARCHAR', 'VARCHAR(40)'],
    ordinary: ['0', '1', '2', '3', '7', '10', '12', '42', '99', '-5', '100'],
    poison: [SECRET, '', '12x', '99999999999999999999', '１２', ' ', '1e400'],
  },
  words: {
    kind: 'text',
    types: ['TEXT', 'VARCHAR'],
    ordinary: [
      'alpha',
      'beta',
      'gamma',
      'Ünï',
      '',
      ' ',
      "it's",
      'a%b',
      'x_y',
      '😀é',
      'abc\\def',
      'straße',
      'A',
    ],
    poison: [SECRET, 'x'.repeat(300), '%', '\\', '(', 'a\tb\nc', 'ﬀ', '\u{10ffff}'],
  },
  patterns: {
    kind: 'text',
    types: ['TEXT'],
    ordinary: ['a.*', 'b+', '^x', '[a-z]+', 'alpha', '.', '\\d'],
    poison: ['(', '[', '*', '\\', 'a{1001}', '%\\', SECRET],
  },
  regions: {
    kind: 'text',
    types: ['TEXT', 'VARCHAR'],
    ordinary: ['EU', 'FR', 'US', 'north', 'south', ''],
    poison: [SECRET, 'ZZ'],
  },
  moments: {
    kind: 'text',
    types: ['TEXT'],
    ordinary: ['2024-01-15', '2023-12-31', '2020-02-29', '2024-06-01'],
    poison: [SECRET, '2023-02-29', '', '24-1-1', 'infinity'],
  },
  documents: {
    kind: 'text',
    types: ['TEXT'],
    ordinary: ['{"a": 1}', '{"a": "x", "b": [1, 2]}', '[1, 2, 3]', '"x"', '7', 'null'],
    poison: ['{bad', '', SECRET, '{"a": 1,}'],
  },
  keys: {
    kind: 'int',
    types: ['INTEGER'],
    ordinary: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    poison: ['4242', '-1'],
  },
  small: {
    kind: 'int',
    types: ['INTEGER', 'SMALLINT'],
    ordinary: ['0', '1', '2', '3', '5', '8', '12', '-1', '-7', '100'],
    poison: ['127', '-128', '0'],
  },
  wide: {
    kind: 'int',
    types: ['INTEGER'],
    ordinary: ['0', '1', '17', '1000', '-1000', '65536'],
    poison: ['2147483647', '-2147483648', '2000000000'],
  },
  widest: {
    kind: 'int',
    types: ['BIGINT'],
    ordinary: ['0', '1', '17', '1000', '-1000', '5000000000'],
    poison: ['9223372036854775807', '-9223372036854775808'],
  },
  amounts: {
    kind: 'decimal',
    types: ['DECIMAL(9,2)', 'DECIMAL(18,4)', 'DECIMAL(38,6)', 'DECIMAL'],
    ordinary: ['0.00', '1.25', '9.99', '-3.50', '100.00', '42.42'],
    poison: ['9999999.99', '-9999999.99'],
  },
  /** Dyadic, so that sums do not depend on their order. */
  ratios: {
    kind: 'float',
    types: ['DOUBLE PRECISION', 'REAL'],
    ordinary: ['0', '0.25', '0.5', '1', '-1.5', '2', '3.75', '64'],
    poison: ['nan', 'inf', '-inf', '1e30', '-1e30'],
  },
  flags: { kind: 'bool', types: ['BOOLEAN'], ordinary: ['true', 'false'], poison: ['true', 'false'] },
  days: {
    kind: 'date',
    types: ['DATE'],
    ordinary: ['2024-01-15', '2023-12-31', '2020-02-29', '2024-06-01', '1999-01-01'],
    poison: ['9999-12-31', '0001-01-01', 'infinity', '-infinity'],
  },
  clocks: {
    kind: 'time',
    types: ['TIME'],
    ordinary: ['00:00:00', '12:30:00', '23:59:59', '08:15:30.5'],
    poison: ['24:00:00', '23:59:59.999999'],
  },
  stamps: {
    kind: 'timestamp',
    types: ['TIMESTAMP'],
    ordinary: ['2024-01-15 10:00:00', '2023-12-31 23:59:59', '2020-02-29 00:00:00', '2024-06-01 12:30:15.25'],
    poison: ['294246-01-10 04:00:54', 'infinity', '-infinity', '0001-01-01 00:00:00'],
  },
  zoned: {
    kind: 'timestamptz',
    types: ['TIMESTAMPTZ'],
    ordinary: ['2024-01-15 10:00:00+00', '2023-12-31 23:59:59+00', '2020-02-29 00:00:00+02'],
    poison: ['infinity', '-infinity', '294246-01-10 04:00:54+00'],
  },
  spans: {
    kind: 'interval',
    types: ['INTERVAL'],
    ordinary: ['1 day', '2 hours', '3 months', '0 days', '90 minutes'],
    poison: ['178956970 years', '-100000000 days', '2562047788 hours'],
  },
  uuids: {
    kind: 'uuid',
    types: ['UUID'],
    ordinary: [1, 2, 3, 4].map(uuid),
    poison: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  },
  bytes: {
    kind: 'blob',
    types: ['BYTEA'],
    ordinary: ['abc', '', 'xyz', '\\x0001'],
    poison: [SECRET, '\\xfffe', '\\xc328'],
  },
  json: {
    kind: 'json',
    types: ['JSONB'],
    ordinary: ['{"a": 1}', '{"a": "x", "b": [1, 2]}', '[1, 2, 3]', '"x"', '7', 'null', '{"a": {"b": true}}'],
    poison: [`{"a": "${SECRET}"}`, '{"a": 1e300}', '[]'],
  },
  ints: {
    kind: 'ints',
    types: ['INTEGER[]'],
    ordinary: ['{1,2,3}', '{}', '{5}', '{1,NULL,2}', '{3,3}'],
    poison: ['{2147483647,2147483647}', '{NULL}', '{{1,2},{3,4}}'],
  },
  texts: {
    kind: 'texts',
    types: ['TEXT[]'],
    ordinary: ['{a,b}', '{}', '{alpha}', '{x,NULL}'],
    poison: [`{${SECRET}}`, '{"("}'],
  },
  /** A type that the stand has made; the catalogue of the gate says no more of it either. */
  enums: {
    kind: 'enum',
    types: ['ENUM'],
    ordinary: ['low', 'mid', 'high'],
    poison: ['hidden'],
  },
};
