/** Answers over HTTP: pages and cursors, streams, formats, parameters, and reads without SQL. */
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Code } from '../../src/errors.ts';
import { type Reply, startGate, type TestGate } from './gate.ts';

const MOST = 200_000;

let gate: TestGate;

beforeAll(async () => {
  gate = await startGate({
    edit: (yaml) => yaml.replace('limits:\n', `limits:\n  max_stream_rows: ${MOST}\n`),
  });
});

afterAll(() => gate.close());

function rowsOf(reply: Reply): unknown[][] {
  expect(reply.status, reply.text).toBe(200);
  return reply.body.rows ?? [];
}

function expectRefused(reply: Reply, code: Code): void {
  expect(reply.body.code, reply.text).toBe(code);
}

const accepting = (accept: string, body: object, persona = 'officer'): Promise<Reply> =>
  gate.call(persona, 'POST', '/v1/query', { body, headers: { accept } });
const ndjson = (body: object, persona?: string) => accepting('application/x-ndjson', body, persona);
const csv = (body: object, persona?: string) => accepting('text/csv', body, persona);
const linesOf = (reply: Reply): unknown[] =>
  reply.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('pages', () => {
  const SQL = 'SELECT member_id FROM gold.members ORDER BY member_id';
  const all = async () => rowsOf(await gate.query('officer', SQL, { limit: 1000 })).flat();

  it('have 100 rows unless asked otherwise, and say that there is more', async () => {
    const reply = await gate.query('officer', SQL);
    expect(rowsOf(reply)).toHaveLength(100);
    expect(reply.body.page).toEqual({
      limit: 100,
      offset: 0,
      returned: 100,
      has_more: true,
      next_cursor: expect.any(String),
    });
    expect(reply.body).not.toHaveProperty('truncated');
  });

  it.each<{ limit: number; offset: number; returned: number; more: boolean }>([
    { limit: 7, offset: 0, returned: 7, more: true },
    { limit: 300, offset: 0, returned: 300, more: false },
    { limit: 10, offset: 295, returned: 5, more: false },
    { limit: 10, offset: 290, returned: 10, more: false },
    { limit: 10, offset: 300, returned: 0, more: false },
    { limit: 10, offset: 1_000_000, returned: 0, more: false },
  ])('of $limit from $offset', async ({ limit, offset, returned, more }) => {
    const reply = await gate.query('officer', SQL, { limit, offset });
    expect(rowsOf(reply).flat()).toEqual((await all()).slice(offset, offset + limit));
    expect(reply.body.page).toMatchObject({ limit, offset, returned, has_more: more });
    expect(reply.body.page?.next_cursor === null).toBe(!more);
  });

  it('keep within the LIMIT and OFFSET of the query itself', async () => {
    const whole = await all();
    const first = await gate.query('officer', `${SQL} LIMIT 12 OFFSET 5`, { limit: 10 });
    expect(rowsOf(first).flat()).toEqual(whole.slice(5, 15));
    const cursor = first.body.page?.next_cursor;
    const second = await gate.query('officer', `${SQL} LIMIT 12 OFFSET 5`, { cursor });
    expect(rowsOf(second).flat()).toEqual(whole.slice(15, 17));
    expect(second.body.page).toMatchObject({ has_more: false, next_cursor: null });
  });

  it('follow one another by cursor, each row once', async () => {
    const seen: unknown[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; page < 20 && cursor !== null; page++) {
      const reply = await gate.query('officer', SQL, cursor === undefined ? { limit: 37 } : { cursor });
      seen.push(...rowsOf(reply).flat());
      cursor = reply.body.page?.next_cursor ?? null;
    }
    expect(seen).toEqual(await all());
  });
});

describe('a cursor', () => {
  const SQL = 'SELECT member_id FROM gold.members ORDER BY member_id';
  const cursor = async (persona = 'analyst', rest = {}) =>
    String((await gate.query(persona, SQL, { limit: 10, ...rest })).body.page?.next_cursor);

  it('of another caller is not valid', async () => {
    const theirs = await cursor('officer');
    expectRefused(await gate.query('analyst', SQL, { cursor: theirs }), 'cursor_invalid');
    expectRefused(
      await gate.query('external', 'SELECT * FROM gold.tariffs', { cursor: theirs }),
      'cursor_invalid',
    );
  });

  it('of another query is not valid', async () => {
    const own = await cursor();
    expectRefused(await gate.query('analyst', `${SQL} DESC`, { cursor: own }), 'cursor_invalid');
    expectRefused(await gate.query('analyst', `${SQL} -- x`, { cursor: own }), 'cursor_invalid');
  });

  it('of other parameters is not valid', async () => {
    const sql = 'SELECT member_id FROM gold.members WHERE member_id > $1 ORDER BY 1';
    const first = await gate.query('analyst', sql, { limit: 5, params: ['M0001'] });
    const next = first.body.page?.next_cursor;
    expectRefused(await gate.query('analyst', sql, { cursor: next, params: ['M0000'] }), 'cursor_invalid');
    expect((await gate.query('analyst', sql, { cursor: next, params: ['M0001'] })).status).toBe(200);
  });

  it('that was tampered with is not valid', async () => {
    const bytes = Buffer.from(await cursor(), 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const forged = Buffer.from(bytes);
      forged[at]! ^= 1;
      const reply = await gate.query('analyst', SQL, { cursor: forged.toString('base64url') });
      expectRefused(reply, 'cursor_invalid');
    }
  });

  it.each(['', 'x', '%', Buffer.from('[0,100000]').toString('base64url')])(
    'made up (%s) is not valid',
    async (made) => {
      expectRefused(await gate.query('analyst', SQL, { cursor: made }), 'cursor_invalid');
    },
  );

  it('goes without limit and offset', async () => {
    const own = await cursor();
    expectRefused(await gate.query('analyst', SQL, { cursor: own, limit: 20 }), 'bad_request');
    expectRefused(await gate.query('analyst', SQL, { cursor: own, offset: 0 }), 'bad_request');
  });
});

describe('values', () => {
  const SQL = `SELECT 1::smallint AS a, 9007199254740993::bigint AS b, 1.50::decimal(10,2) AS c, 1.5::double precision AS d,
    'nan'::double precision AS e, true AS f, date '2024-02-03' AS g, timestamp '2024-02-03 04:05:06.7' AS h,
    interval '1 day 2 hours' AS i, NULL::text AS j, 'q,"u"' || chr(10) || 'ö' AS k, array[1,2] AS l, time '01:02:03' AS n, 2 AS a`;
  const VALUES = [
    1,
    '9007199254740993',
    '1.50',
    1.5,
    'NaN',
    true,
    '2024-02-03',
    '2024-02-03T04:05:06.700000',
    'P1DT2H',
    null,
    'q,"u"\nö',
    [1, 2],
    '01:02:03',
    2,
  ];
  const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'n', 'a'];

  it('in JSON: arrays in the order of the columns, which may share a name', async () => {
    const reply = await gate.query('officer', SQL);
    expect(rowsOf(reply)).toEqual([VALUES]);
    expect(reply.body.columns?.map((column) => column.name)).toEqual(NAMES);
    expect(reply.body.columns?.slice(0, 4).map((column) => column.type)).toEqual([
      'smallint',
      'bigint',
      'decimal(10,2)',
      'double',
    ]);
  });

  it('in NDJSON: objects, where the second of a name is numbered', async () => {
    const [row] = linesOf(await ndjson({ sql: SQL }));
    expect(row).toEqual(Object.fromEntries(VALUES.map((value, i) => [i === 13 ? 'a_2' : NAMES[i], value])));
  });

  it('in CSV: a header, RFC 4180 quoting, nothing for NULL', async () => {
    const reply = await csv({ sql: SQL });
    expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(reply.text).toBe(
      `${NAMES.join(',')}\r\n1,9007199254740993,1.50,1.5,NaN,true,2024-02-03,2024-02-03T04:05:06.700000,P1DT2H,,"q,""u""\nö","[1,2]",01:02:03,2\r\n`,
    );
  });

  it('of a stream are described in a header', async () => {
    const reply = await csv({ sql: 'SELECT iban AS "I,Ö" FROM gold.members LIMIT 1' });
    const header = decodeURIComponent(reply.headers.get('x-sluice-columns') ?? '');
    expect(JSON.parse(header)).toEqual([{ name: 'I,Ö', type: 'varchar', masked: true }]);
    expect(reply.text.split('\r\n')[0]).toBe('"I,Ö"');
  });

  it('of very many columns still stream', async () => {
    const names = Array.from({ length: 1500 }, (_, i) => `a_rather_long_name_of_column_${i}`);
    const reply = await ndjson({ sql: `SELECT ${names.map((name, i) => `${i} AS ${name}`).join(', ')}` });
    expect(reply.status, reply.text.slice(0, 500)).toBe(200);
    expect(Object.keys(linesOf(reply)[0] as object)).toHaveLength(1500);
  });

  it('of no rows are still described', async () => {
    const sql = 'SELECT member_id FROM gold.members WHERE false';
    expect(await gate.query('officer', sql)).toMatchObject({
      body: { rows: [], columns: [{ name: 'member_id', type: 'varchar' }] },
    });
    expect((await ndjson({ sql })).text).toBe('');
    expect((await csv({ sql })).text).toBe('member_id\r\n');
  });
});

/** As Node's own client has it: fetch shows no trailers, and reads ahead. */
async function rawAnswer(
  of: TestGate,
  persona: string,
  accept: string,
  body: object,
): Promise<IncomingMessage> {
  const token = await of.token(persona);
  const headers = { accept, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request(new URL('/v1/query', of.address), { method: 'POST', headers }, resolve)
      .on('error', reject)
      .end(JSON.stringify(body));
  });
}

async function rawStream(accept: string, body: object): Promise<{ text: string; trailers: unknown }> {
  const answer = await rawAnswer(gate, 'officer', accept, body);
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return { text: Buffer.concat(parts).toString(), trailers: answer.trailers };
}

describe('streams', () => {
  const READINGS = { sql: 'SELECT meter_id, kwh FROM gold.meter_readings' };

  it('end at the most rows that are let out, and NDJSON says so in its last line', async () => {
    const lines = (await ndjson(READINGS)).text.trimEnd().split('\n');
    expect(lines).toHaveLength(MOST + 1);
    expect(JSON.parse(lines.at(-1)!)).toEqual({ $sluice: { truncated: 'rows', rows: MOST } });
  });

  it('in CSV say so in a trailer', async () => {
    const { text, trailers } = await rawStream('text/csv', READINGS);
    expect(text.trimEnd().split('\r\n')).toHaveLength(MOST + 1);
    expect(trailers).toEqual({ 'x-sluice-truncated': 'rows' });
  });

  it.each(['text/csv', 'application/x-ndjson'])('that are whole say that too: %s', async (accept) => {
    const { text, trailers } = await rawStream(accept, { sql: 'SELECT * FROM gold.tariffs' });
    expect(text).not.toContain('$sluice');
    expect(trailers).toEqual({ 'x-sluice-truncated': 'none' });
  });

  it('that fail halfway break off, and NDJSON says why in its last line', async () => {
    // Wide rows: threads that scan ahead are held back by the full buffer long before they meet the row that fails.
    const sql =
      "SELECT *, CASE WHEN kwh > 4.1 THEN ('x' || kwh::text)::int ELSE 1 END AS v FROM gold.meter_readings";
    const answer = await rawAnswer(gate, 'officer', 'application/x-ndjson', { sql });
    let text = '';
    const broken = await (async () => {
      for await (const part of answer) text += String(part);
    })().then(
      () => false,
      () => true,
    );
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines.at(-1)).toMatchObject({ $sluice: { error: { status: 400 } } });
    expect(lines.slice(0, -1).every((line) => 'v' in line)).toBe(true);
    expect(broken).toBe(true);
  });

  it('keep to the limit that was asked for', async () => {
    const lines = linesOf(await ndjson({ ...READINGS, limit: 5 }));
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toEqual({ $sluice: { truncated: 'rows', rows: 5 } });
    expectRefused(await ndjson({ ...READINGS, limit: MOST + 1 }), 'bad_request');
  });

  it('hold what pages hold', async () => {
    const sql = 'SELECT * FROM gold.members ORDER BY member_id';
    const page = await gate.query('analyst', sql, { limit: 1000 });
    const names = (page.body.columns ?? []).map((column) => column.name);
    const streamed = linesOf(await ndjson({ sql }, 'analyst')) as Record<string, unknown>[];
    expect(streamed.map((row) => names.map((name) => row[name]))).toEqual(rowsOf(page));
  });

  it.each<{ accept: string; type: string }>([
    { accept: '*/*', type: 'application/json; charset=utf-8' },
    { accept: 'application/*', type: 'application/json; charset=utf-8' },
    { accept: 'text/csv;q=0.5, application/x-ndjson', type: 'application/x-ndjson; charset=utf-8' },
    { accept: 'text/html, text/*;q=0.1', type: 'text/csv; charset=utf-8; header=present' },
  ])('come as $accept', async ({ accept, type }) => {
    expect((await accepting(accept, { sql: 'SELECT 1' })).headers.get('content-type')).toBe(type);
  });
});

describe('parameters', () => {
  it.each<{ sql: string; params: unknown[]; rows: unknown[][] }>([
    {
      sql: 'SELECT $1 || $2',
      params: ['a', "'; DROP TABLE gold.members; --"],
      rows: [["a'; DROP TABLE gold.members; --"]],
    },
    {
      sql: 'SELECT $1::int + 1, $2::boolean, $3::text, $4::double precision',
      params: [41, true, null, 1.5],
      rows: [[42, true, null, 1.5]],
    },
    { sql: 'SELECT $1::bigint', params: ['9007199254740993'], rows: [['9007199254740993']] },
    { sql: 'SELECT $1::date', params: ['2024-02-29'], rows: [['2024-02-29']] },
    {
      sql: 'SELECT count(*) FROM gold.members WHERE member_id = ANY($1)',
      params: [['M0001', 'M0002', 'M9999']],
      rows: [[2]],
    },
    {
      sql: 'SELECT count(*) FROM gold.members WHERE region = $1 AND community = $1',
      params: ["' OR 1=1 --"],
      rows: [[0]],
    },
    {
      sql: 'SELECT member_id FROM gold.members ORDER BY 1 LIMIT $1 OFFSET $2',
      params: [1, 2],
      rows: [['M0003']],
    },
  ])('$sql', async ({ sql, params, rows }) => {
    expect(rowsOf(await gate.query('officer', sql, { params }))).toEqual(rows);
  });

  it('of one query are not those of the next', async () => {
    const sql = 'SELECT $1::text';
    const asked = ['x', 'y', 'x'].map((value) => gate.query('officer', sql, { params: [value] }));
    expect((await Promise.all(asked)).map(rowsOf)).toEqual([[['x']], [['y']], [['x']]]);
  });
});

describe('GET /v1/datasets/{id}/rows', () => {
  const read = (query: Record<string, string> = {}, persona = 'analyst', id = 'gold.members') =>
    gate.call(persona, 'GET', `/v1/datasets/${encodeURIComponent(id)}/rows?${new URLSearchParams(query)}`);

  it('gives what SELECT * gives', async () => {
    const sql = 'SELECT * FROM gold.members ORDER BY member_id';
    const [rows, select] = [await read({ order: 'member_id' }), await gate.query('analyst', sql)];
    expect(rowsOf(rows)).toEqual(rowsOf(select));
    expect(rows.body.columns).toEqual(select.body.columns);
  });

  it('takes columns, a condition and an order', async () => {
    const reply = await read({
      select: 'community, count(*) OVER () AS n, upper(region) AS "R"',
      where: "region = 'north' AND joined_on >= '2020-01-01'",
      order: 'member_id DESC NULLS LAST',
      limit: '2',
    });
    expect(rowsOf(reply)).toEqual([
      ['alpha', expect.any(Number), 'NORTH'],
      ['alpha', expect.any(Number), 'NORTH'],
    ]);
  });

  it('goes on by cursor', async () => {
    const parts = { select: 'member_id', order: 'member_id', where: "region <> 'x'" };
    const first = await read({ ...parts, limit: '3' });
    const second = await read({ ...parts, cursor: String(first.body.page?.next_cursor) });
    expect([...rowsOf(first), ...rowsOf(second)]).toEqual(rowsOf(await read({ ...parts, limit: '6' })));
    expectRefused(
      await read({ ...parts, where: 'true', cursor: String(first.body.page?.next_cursor) }),
      'cursor_invalid',
    );
  });

  it('streams as CSV', async () => {
    const headers = { accept: 'text/csv' };
    const path = '/v1/datasets/gold.tariffs/rows?select=tariff_id&order=1';
    expect((await gate.call(null, 'GET', path, { headers })).text).toBe(
      'tariff_id\r\nT1\r\nT2\r\nT3\r\nT4\r\n',
    );
  });

  it('knows fixed versions and bare names', async () => {
    expect(rowsOf(await read({ select: 'count(*)' }, 'analyst', 'gold.tariffs.v1'))).toEqual([[4]]);
    expect(rowsOf(await read({ select: 'count(*)' }, 'analyst', 'members'))).toEqual([[120]]);
  });

  it.each<{ part: 'select' | 'where' | 'order'; text: string }>([
    { part: 'select', text: '* FROM gold.payment_accounts --' },
    { part: 'select', text: '* FROM gold.payment_accounts;' },
    { part: 'select', text: '1; SELECT 2' },
    { part: 'select', text: '1 INTO x' },
    { part: 'select', text: '1 LIMIT 1' },
    { part: 'select', text: '1 UNION SELECT 2' },
    { part: 'select', text: '1) AS x, (SELECT 2' },
    { part: 'select', text: '*/' },
    { part: 'select', text: '/*' },
    { part: 'select', text: "'" },
    { part: 'where', text: 'true) UNION SELECT * FROM gold.payment_accounts WHERE (true' },
    { part: 'where', text: 'true OR (1=1' },
    { part: 'where', text: 'true; DROP TABLE gold.members' },
    { part: 'where', text: 'true GROUP BY 1' },
    { part: 'where', text: 'true ORDER BY 1' },
    { part: 'where', text: 'true FOR UPDATE' },
    { part: 'where', text: 'true /*' },
    { part: 'where', text: '' },
    { part: 'order', text: '1 LIMIT 1000000' },
    { part: 'order', text: '1 OFFSET 5' },
    { part: 'order', text: '1; SELECT 1' },
    { part: 'order', text: '1 FETCH FIRST ROW WITH TIES' },
    { part: 'order', text: '1) x' },
    { part: 'order', text: '1 UNION SELECT 1' },
  ])('keeps each part to itself: $part=$text', async ({ part, text }) => {
    const reply = await read({ [part]: text });
    expect(reply.status, reply.text).toBe(400);
    expect(['bad_request', 'sql_syntax', 'sql_multiple_statements']).toContain(reply.body.code);
  });

  it.each<{ name: string; query: Record<string, string>; code: Code }>([
    {
      name: 'another dataset in a subquery',
      query: { where: 'EXISTS (SELECT 1 FROM gold.payment_accounts)' },
      code: 'dataset_not_found',
    },
    {
      name: 'a function off the list',
      query: { select: "read_text('/etc/passwd')" },
      code: 'sql_function_refused',
    },
    { name: 'the table as a row', query: { select: 'members' }, code: 'whole_row' },
    { name: 'a column that is not there', query: { order: 'nonsense' }, code: 'column_not_found' },
  ])('refuses as a query would: $name', async ({ query, code }) => {
    expectRefused(await read(query), code);
  });

  it.each([
    'gold.members" --',
    'gold.members; DROP TABLE x',
    "gold.'members'",
    'main_marts.members',
    '.',
    '',
  ])('takes a name for a name: %s', async (id) => {
    const reply = await read({}, 'analyst', id);
    expect([400, 404]).toContain(reply.status);
    expect(reply.body.rows).toBeUndefined();
  });

  it('ends a comment where the part ends', async () => {
    expect(rowsOf(await read({ where: 'false -- ' }))).toEqual([]);
    expect(rowsOf(await read({ select: 'member_id -- ', order: '1 -- ', limit: '1' }))).toEqual([['M0001']]);
  });
});

describe('a burst', () => {
  it('of one caller is told to wait, and another caller is served meanwhile', async () => {
    const busy = await startGate({
      edit: (yaml) =>
        yaml
          .replace('concurrency: 8', 'concurrency: 2')
          .replace('per_identity: 4', 'per_identity: 1\n  queue: 2'),
    });
    try {
      // A stream that nobody reads keeps its place.
      const held = await rawAnswer(busy, 'analyst', 'application/x-ndjson', {
        sql: 'SELECT * FROM gold.meter_readings',
      });
      const told: Reply[] = [];
      const asked = Array.from({ length: 5 }, async () => {
        told.push(await busy.query('analyst', 'SELECT count(*) FROM gold.members'));
      });
      await expect.poll(() => told.map((reply) => reply.status)).toEqual([429, 429, 429]);
      for (const reply of told) {
        expectRefused(reply, 'too_many_queries');
        expect(reply.headers.get('retry-after')).toBe('1');
      }
      const other = await busy.query('officer', 'SELECT count(*) FROM gold.members');
      expect(rowsOf(other)).toEqual([[300]]);
      expect(told).toHaveLength(3);

      held.destroy();
      await Promise.all(asked);
      expect(told.slice(3).map((reply) => reply.body.rows)).toEqual([[[120]], [[120]]]);
    } finally {
      await busy.close();
    }
  });
});
