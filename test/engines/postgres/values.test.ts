/** Types that only PostgreSQL has, and those that a warehouse makes itself: each comes without loss, in the server's words where it has no form of ours. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TypeFamily } from '../../../src/catalogue/dataset.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { createPostgresEngine } from '../../../src/engines/postgres/engine.ts';
import { rows, start, text } from '../support.ts';
import { missingServer, startServer, type TestServer } from './server.ts';

const q = (value: string): string => `"${value}"`;

const CASES: readonly (readonly [sql: string, type: string, family: TypeFamily, json: string])[] = [
  ['7::oid', 'oid', 'integer', '7'],
  ['4294967295::oid', 'oid', 'integer', '4294967295'],
  ['\'a\'::"char"', '"char"', 'text', q('a')],
  ["'n'::name", 'name', 'text', q('n')],
  ["'ab'::char(5)", 'character(5)', 'text', q('ab   ')],
  ["'ab'::varchar(5)", 'character varying(5)', 'text', q('ab')],
  ["'NaN'::numeric", 'numeric', 'decimal', q('NaN')],
  ["'Infinity'::numeric", 'numeric', 'decimal', q('Infinity')],
  ["'-Infinity'::numeric", 'numeric', 'decimal', q('-Infinity')],
  [
    '1234567890123456789012345678901234567890.123456789012345678901234567890',
    'numeric',
    'decimal',
    q('1234567890123456789012345678901234567890.123456789012345678901234567890'),
  ],
  ['1500::numeric(3,-2)', 'numeric(3,-2)', 'decimal', q('1500')],
  ['0.00012::numeric(2,5)', 'numeric(2,5)', 'decimal', q('0.00012')],
  ["'12.50'::money", 'money', 'other', q('$12.50')],
  ['\'{"b":1, "a":2}\'::jsonb', 'jsonb', 'json', q('{\\"a\\": 2, \\"b\\": 1}')],
  ["B'10110'::bit(5)", 'bit(5)', 'other', q('10110')],
  ["'101'::varbit", 'bit varying', 'other', q('101')],
  ["'24:00:00'::time", 'time without time zone', 'time', q('24:00:00')],
  ["'12:30:00.1234'::time(2)", 'time(2) without time zone', 'time', q('12:30:00.120000')],
  [
    "'2024-01-01 00:00:00.9996'::timestamp(3)",
    'timestamp(3) without time zone',
    'timestamp',
    q('2024-01-01T00:00:01'),
  ],
  ["'infinity'::interval", 'interval', 'interval', q('infinity')],
  [
    "'4713-01-01 00:00:00+00 BC'::timestamptz",
    'timestamp with time zone',
    'timestamptz',
    q('-004712-01-01T00:00:00Z'),
  ],
  [
    "'294276-12-31 23:59:59.999999'::timestamp",
    'timestamp without time zone',
    'timestamp',
    q('+294276-12-31T23:59:59.999999'),
  ],
  ['int4range(1, 5)', 'int4range', 'other', q('[1,5)')],
  ["'empty'::tstzrange", 'tstzrange', 'other', q('empty')],
  ["tsrange('2024-01-01', NULL)", 'tsrange', 'other', '"[\\"2024-01-01 00:00:00\\",)"'],
  ["'{[1,2),[5,9)}'::int4multirange", 'int4multirange', 'other', q('{[1,2),[5,9)}')],
  ["'192.168.0.1/24'::inet", 'inet', 'other', q('192.168.0.1/24')],
  ["'08:00:2b:01:02:03'::macaddr", 'macaddr', 'other', q('08:00:2b:01:02:03')],
  ['point(1, 2)', 'point', 'other', q('(1,2)')],
  ["'<a>1</a>'::xml", 'xml', 'other', q('<a>1</a>')],
  ["to_tsvector('simple', 'a b')", 'tsvector', 'other', "\"'a':1 'b':2\""],
  ["'calm'::gold.mood", 'enum', 'text', q('calm')],
  ['\'say "hi"\'::gold.mood', 'enum', 'text', q('say \\"hi\\"')],
  ['5::gold.age', 'integer', 'integer', '5'],
  ['5::gold.old_age', 'integer', 'integer', '5'],
  ["'a@b'::gold.email", 'character varying(100)', 'text', q('a@b')],
  ["ROW(1, 'x y')::gold.pair", 'pair', 'other', '"(1,\\"x y\\")"'],
  ['ROW(1, NULL)', 'record', 'other', q('(1,)')],
  ["ARRAY['calm', 'say \"hi\"']::gold.mood[]", 'enum[]', 'list', '["calm","say \\"hi\\""]'],
  ['ARRAY[5]::gold.age[]', 'integer[]', 'list', '[5]'],
  ["ARRAY[ROW(1, 'x,y')]::gold.pair[]", 'pair[]', 'list', '["(1,\\"x,y\\")"]'],
  ['ARRAY[int4range(1, 2)]', 'int4range[]', 'list', '["[1,2)"]'],
  ["ARRAY['(1,1),(0,0)'::box, '(2,2),(1,1)'::box]", 'box[]', 'list', '["(1,1),(0,0)","(2,2),(1,1)"]'],
  ["'[0:1]={7,8}'::int[]", 'integer[]', 'list', '[7,8]'],
  ["'[0:0][-1:0]={{7,8}}'::int[]", 'integer[]', 'list', '[[7,8]]'],
  ["ARRAY['\\x00ff'::bytea]", 'bytea[]', 'list', '["AP8="]'],
  ['ARRAY[\'{"a": "b\\\\"}\'::json]', 'json[]', 'list', '["{\\"a\\": \\"b\\\\\\\\\\"}"]'],
  [
    "ARRAY['2024-01-01 00:00:00+02'::timestamptz]",
    'timestamp with time zone[]',
    'list',
    '["2023-12-31T22:00:00Z"]',
  ],
  ['ARRAY[1.5]::numeric(4,2)[]', 'numeric(4,2)[]', 'list', '["1.50"]'],
  ["ARRAY['null', 'NULL', NULL]", 'text[]', 'list', '["null","NULL",null]'],
  ['NULL', 'text', 'text', 'null'],
];

describe.skipIf(missingServer !== null)('values of a server', () => {
  let server: TestServer;
  let engine: Engine;
  beforeAll(async () => {
    server = await startServer();
    await server.run(
      'CREATE SCHEMA gold',
      `CREATE TYPE gold.mood AS ENUM ('calm', 'say "hi"')`,
      'CREATE DOMAIN gold.age AS int CHECK (VALUE >= 0)',
      'CREATE DOMAIN gold.old_age AS gold.age CHECK (VALUE > 2)',
      'CREATE DOMAIN gold.email AS varchar(100)',
      'CREATE TYPE gold.pair AS (a int, b text)',
    );
    engine = createPostgresEngine({
      name: 'warehouse',
      connection: { url: server.url },
      concurrency: 2,
      perIdentity: 2,
      queue: 4,
    });
  });
  afterAll(async () => {
    await engine?.close();
    await server?.close();
  });

  it.each(CASES)('%s', async (sql, type, family, json) => {
    const query = `SELECT ${sql} AS v`;
    const answer = await start(engine, query, { encoding: 'ndjson' });
    expect(answer.columns).toEqual([{ name: 'v', type, family }]);
    expect(await text(answer)).toBe(`{"v":${json}}\n`);
    const value = JSON.parse(json) as unknown;
    const field = typeof value === 'string' ? value : value === null ? '' : json;
    const quoted = /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
    expect(await text(await start(engine, query, { encoding: 'csv' }))).toBe(`${quoted}\r\n`);
  });

  it('a type that was made after the first query is known as well', async () => {
    await server.run(`CREATE TYPE gold.late AS ENUM ('x')`);
    expect(await rows(engine, `SELECT ARRAY['x'::gold.late], 'x'::gold.late`)).toEqual([[['x'], 'x']]);
  });

  it('many queries meet an unknown type at once', async () => {
    await server.run(`CREATE TYPE gold.rush AS ENUM ('x')`);
    const all = Array.from({ length: 4 }, () =>
      rows(engine, `SELECT ARRAY['x'::gold.rush] FROM generate_series(1, 1000)`),
    );
    for (const found of await Promise.all(all)) expect(found).toEqual(Array(1000).fill([['x']]));
  });

  it('texts of every length and NULLs come whole over any cut of the stream', async () => {
    const sql = `SELECT i, CASE WHEN i % 5 = 0 THEN NULL ELSE repeat('é', (i * 37) % 5000) END, repeat('x', 3000) FROM generate_series(0, 19999) i`;
    const found = await rows(engine, sql, { maxRows: 20_000, maxBytes: 1 << 30 });
    expect(found.length).toBe(20_000);
    for (const [i, t] of found as [number, string | null][])
      if (t !== (i % 5 === 0 ? null : 'é'.repeat((i * 37) % 5000))) throw new Error(`row ${i} differs`);
  });

  it('a value of many megabytes', async () => {
    const found = await rows(engine, `SELECT repeat('x', 30000000), 1`, { maxBytes: 1 << 30 });
    expect([String(found[0]?.[0]).length, found[0]?.[1]]).toEqual([30_000_000, 1]);
  });

  it('a row too long for memory is cut, and the engine goes on', async () => {
    const answer = await start(engine, `SELECT repeat('x', 200000000) FROM generate_series(1, 3)`, {
      maxBytes: 1 << 30,
    });
    expect(await text(answer)).toBe('');
    expect(answer.truncated()).toBe('bytes');
    expect(await rows(engine, 'SELECT 1')).toEqual([[1]]);
  });
});
