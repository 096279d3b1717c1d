/** Types that only PostgreSQL has, and those that a warehouse makes itself: each comes without loss, in the server's words where it has no form of ours. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TypeFamily } from '../../../src/catalogue/dataset.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { createPostgresEngine } from '../../../src/engines/postgres/engine.ts';
import { rows, start, text } from '../support.ts';
import { missingServer, startServer, type TestServer } from './server.ts';

const q = (value: string): string => `"${value}"`;

/** `since`: the version of the server that has it, where not all have. */
type Case = readonly [sql: string, type: string, family: TypeFamily, json: string, since?: number];

const CASES: readonly Case[] = [
  ['7::oid', 'oid', 'integer', '7'],
  ['4294967295::oid', 'oid', 'integer', '4294967295'],
  ['\'a\'::"char"', '"char"', 'text', q('a')],
  ["'n'::name", 'name', 'text', q('n')],
  ["'ab'::char(5)", 'character(5)', 'text', q('ab   ')],
  ["'ab'::varchar(5)", 'character varying(5)', 'text', q('ab')],
  ["'NaN'::numeric", 'numeric', 'decimal', q('NaN')],
  ["'Infinity'::numeric", 'numeric', 'decimal', q('Infinity'), 14],
  ["'-Infinity'::numeric", 'numeric', 'decimal', q('-Infinity'), 14],
  [
    '1234567890123456789012345678901234567890.123456789012345678901234567890',
    'numeric',
    'decimal',
    q('1234567890123456789012345678901234567890.123456789012345678901234567890'),
  ],
  ['1500::numeric(3,-2)', 'numeric(3,-2)', 'decimal', q('1500'), 15],
  ['0.00012::numeric(2,5)', 'numeric(2,5)', 'decimal', q('0.00012'), 15],
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
  ["'infinity'::interval", 'interval', 'interval', q('infinity'), 17],
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
  ["'{[1,2),[5,9)}'::int4multirange", 'int4multirange', 'other', q('{[1,2),[5,9)}'), 14],
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
  // Of each family, what an array of it might lose.
  [
    "ARRAY['NaN', 'Infinity', '-Infinity', '-0', 1e300]::float8[]",
    'double precision[]',
    'list',
    '["NaN","Infinity","-Infinity",-0,1e+300]',
  ],
  ["ARRAY['NaN', 0.1]::float4[]", 'real[]', 'list', '["NaN",0.1]'],
  [
    "ARRAY['NaN', '12345678901234567890.10']::numeric[]",
    'numeric[]',
    'list',
    '["NaN","12345678901234567890.10"]',
  ],
  ['ARRAY[9007199254740993, -1]::bigint[]', 'bigint[]', 'list', '["9007199254740993",-1]'],
  ['ARRAY[true, NULL, false]', 'boolean[]', 'list', '[true,null,false]'],
  [
    "ARRAY['infinity', '-infinity', '0044-03-15 BC', '10000-01-01']::date[]",
    'date[]',
    'list',
    '["infinity","-infinity","-000043-03-15","+010000-01-01"]',
  ],
  [
    "ARRAY['infinity', '2024-01-01 12:00:00.5']::timestamp[]",
    'timestamp without time zone[]',
    'list',
    '["infinity","2024-01-01T12:00:00.500000"]',
  ],
  [
    "ARRAY['24:00:00', '00:00:00.000001']::time[]",
    'time without time zone[]',
    'list',
    '["24:00:00","00:00:00.000001"]',
  ],
  ["ARRAY['12:00:00+05:30']::timetz[]", 'time with time zone[]', 'list', '["12:00:00+05:30"]'],
  ["ARRAY['1 year -2 days 00:00:03.5', '0']::interval[]", 'interval[]', 'list', '["P1Y-2DT3.5S","PT0S"]'],
  [
    "ARRAY['5a1e0000-0000-4000-8000-00000000000a']::uuid[]",
    'uuid[]',
    'list',
    '["5a1e0000-0000-4000-8000-00000000000a"]',
  ],
  ["ARRAY[B'101', B'010']::bit(3)[]", 'bit(3)[]', 'list', '["101","010"]'],
  ["ARRAY[B'1', B'']::varbit[]", 'bit varying[]', 'list', '["1",""]'],
  ["ARRAY['1.5', '-2']::money[]", 'money[]', 'list', '["$1.50","-$2.00"]'],
  ["ARRAY['<a/>', '<b>x, y</b>']::xml[]", 'xml[]', 'list', '["<a/>","<b>x, y</b>"]'],
  ["ARRAY['192.168.0.1', '::1']::inet[]", 'inet[]', 'list', '["192.168.0.1","::1"]'],
  ["ARRAY['a  ', 'b']::char(3)[]", 'character(3)[]', 'list', '["a  ","b  "]'],
  ["ARRAY['', ' ', '{}', 'a,b', E'\\\\', E'\\n']", 'text[]', 'list', '[""," ","{}","a,b","\\\\","\\n"]'],
  ["'{}'::int[]", 'integer[]', 'list', '[]'],
  ["'{{1,NULL},{3,4}}'::int[]", 'integer[]', 'list', '[[1,null],[3,4]]'],
  ["ARRAY['a@b', NULL]::gold.email[]", 'character varying(100)[]', 'list', '["a@b",null]'],
  // Types that a warehouse makes, or an extension brings.
  ["'calm'::gold.quiet", 'enum', 'text', q('calm')],
  ["ARRAY['calm']::gold.quiet[]", 'enum[]', 'list', '["calm"]'],
  ["'{1,2}'::gold.pair_of_ints", 'integer[]', 'list', '[1,2]'],
  ['gold.speeds(1.5, 2.5)', 'speeds', 'other', q('[1.5,2.5)')],
  ['ARRAY[gold.speeds(1, 2)]', 'speeds[]', 'list', '["[1,2)"]'],
  ["numrange('NaN', NULL)", 'numrange', 'other', q('[NaN,)')],
  ["daterange('-infinity', 'infinity')", 'daterange', 'other', q('[-infinity,infinity)')],
  ["ARRAY['{[1,2)}'::int4multirange]", 'int4multirange[]', 'list', '["{[1,2)}"]', 14],
  ["'k=>v, n=>NULL'::gold.hstore", 'hstore', 'other', '"\\"k\\"=>\\"v\\", \\"n\\"=>NULL"'],
  ['ARRAY[\'k=>"a,b"\'::gold.hstore]', 'hstore[]', 'list', '["\\"k\\"=>\\"a,b\\""]'],
  ["'CasE'::gold.citext", 'citext', 'text', q('CasE')],
  ["ARRAY['CasE', NULL]::gold.citext[]", 'citext[]', 'list', '["CasE",null]'],
  ["'Top.Science'::gold.ltree", 'ltree', 'other', q('Top.Science')],
  // What else the server writes.
  ["''::bytea", 'bytea', 'bytes', q('')],
  ["'-12.50'::money", 'money', 'other', q('-$12.50')],
  ['\'{"n": 12345678901234567890.123}\'::jsonb', 'jsonb', 'json', q('{\\"n\\": 12345678901234567890.123}')],
  ["'16/B374D848'::pg_lsn", 'pg_lsn', 'other', q('16/B374D848')],
  ["'1.5,2'::point <-> '1.5,2'::point", 'double precision', 'float', '0'],
  ["'((0,0),(1,1),(1,0))'::polygon", 'polygon', 'other', q('((0,0),(1,1),(1,0))')],
  ["'-178956970 years'::interval", 'interval', 'interval', q('P-178956970Y')],
  ["'-00:00:00.000001'::interval", 'interval', 'interval', q('PT-0.000001S')],
  ["'1.0E-5'::float8", 'double precision', 'float', '0.00001'],
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
      'CREATE DOMAIN gold.quiet AS gold.mood',
      'CREATE DOMAIN gold.pair_of_ints AS int[]',
      'CREATE TYPE gold.speeds AS RANGE (subtype = float8)',
      ...['hstore', 'citext', 'ltree'].map((name) => `CREATE EXTENSION ${name} SCHEMA gold`),
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

  it.for(CASES)('%s', async ([sql, type, family, json, since = 0], { skip }) => {
    skip(server.version < since, 'a newer server has it');
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
