import { describe, expect, it } from 'vitest';
import type { TypeFamily } from '../../src/catalogue/dataset.ts';
import { typeFamily, withoutLabels } from '../../src/catalogue/types.ts';

const CASES: Readonly<Record<Exclude<TypeFamily, 'unknown'>, readonly string[]>> = {
  text: [
    'VARCHAR',
    'character varying(100)',
    'text',
    'STRING',
    'STRING(10)',
    'bpchar',
    'character(3)',
    "ENUM('a', 'b')",
  ],
  integer: ['INTEGER', 'BIGINT', 'int8', 'HUGEINT', 'UTINYINT', 'INT64', 'NUMBER(38,0)', 'NUMBER(10)'],
  decimal: ['DECIMAL(16,2)', 'numeric', 'numeric(10,0)', 'NUMBER', 'NUMBER(38,2)', 'BIGNUMERIC'],
  float: ['DOUBLE', 'double precision', 'FLOAT', 'real', 'FLOAT64'],
  boolean: ['BOOLEAN', 'bool'],
  date: ['DATE'],
  time: ['TIME', 'time(6) without time zone'],
  timestamp: [
    'TIMESTAMP',
    'timestamp without time zone',
    'timestamp(3) without time zone',
    'DATETIME',
    'TIMESTAMP_NTZ(9)',
    'TIMESTAMP_NS',
  ],
  timestamptz: [
    'TIMESTAMP WITH TIME ZONE',
    'timestamp(3) with time zone',
    'timestamptz',
    'TIMESTAMP_TZ(9)',
    'TIMESTAMP_LTZ',
  ],
  interval: ['INTERVAL', 'interval day to second', 'INTERVAL(3)'],
  uuid: ['UUID'],
  json: ['JSON', 'jsonb', 'VARIANT'],
  bytes: ['BLOB', 'bytea', 'BYTES', 'BINARY(16)'],
  list: [
    'bigint[]',
    'VARCHAR[]',
    'INTEGER[3]',
    'ARRAY<INT64>',
    'ARRAY',
    'array(varchar)',
    'STRUCT(a INTEGER)[]',
  ],
  other: [
    'STRUCT(a INTEGER, b VARCHAR)',
    'MAP(VARCHAR, INTEGER)',
    'GEOGRAPHY',
    'inet',
    'time with time zone',
    'BIT',
    'RECORD',
  ],
};

describe('typeFamily', () => {
  it.each(Object.entries(CASES).flatMap(([family, texts]) => texts.map((text) => [text, family])))(
    '%s is %s',
    (text, family) => expect(typeFamily(text)).toBe(family),
  );

  it('is unknown where nobody told', () =>
    expect([null, '', ' '].map((text) => typeFamily(text))).toEqual(Array(3).fill('unknown')));

  it('knows that TIMESTAMP has a zone on BigQuery', () =>
    expect(typeFamily('TIMESTAMP', 'bigquery')).toBe('timestamptz'));
});

describe('withoutLabels', () => {
  it.each([
    ["ENUM('ok', 'it''s (this)')", 'ENUM'],
    ["STRUCT(a ENUM('x'), b INTEGER)[]", 'STRUCT(a ENUM, b INTEGER)[]'],
    ["enum ('ok')", 'ENUM'],
    ['DECIMAL(10,2)', 'DECIMAL(10,2)'],
  ])('%s is %s', (text, bare) => expect(withoutLabels(text)).toBe(bare));
});
