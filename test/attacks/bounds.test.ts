/** Queries that would never end, fill the memory or keep all places taken: each is stopped with its code, its place is free again, and other callers are served. */
import { type IncomingMessage, request } from 'node:http';
import { Pool } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Code } from '../../src/errors.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';

const MOST = 50_000;

let gate: TestGate;

beforeAll(async () => {
  gate = await startGate({
    edit: (yaml) =>
      yaml
        .replace('timeout: 30s', `timeout: 4s\n  max_stream_rows: ${MOST}\n  queue: 8`)
        .replace('per_identity: 4', 'per_identity: 2')
        .replace('memory_limit: 2GB', 'memory_limit: 512MB')
        .replace('temp_limit: 4GB', 'temp_limit: 64MB'),
  });
});

afterAll(() => gate.close());

const ALL = 'SELECT count(*) FROM gold.members';

/** Each caller has two places: more at once than that are only answered where every place was given back. */
async function expectPlaces(persona: string, rows: number): Promise<void> {
  const replies = await Promise.all(Array.from({ length: 6 }, () => gate.query(persona, ALL)));
  for (const reply of replies) expect(reply.body.rows, reply.text).toEqual([[rows]]);
}

afterEach(() => expectPlaces('officer', 300));

const readings = 'gold.meter_readings';

describe('a query that does not end', () => {
  it.each<{ name: string; sql: string; codes: readonly Code[] }>([
    {
      name: 'a cross join of two million rows with themselves',
      sql: `SELECT count(*) FROM ${readings} a, ${readings} b WHERE a.kwh + b.kwh > 1 AND a.meter_id <> b.meter_id`,
      codes: ['timeout'],
    },
    {
      name: 'a cross join that is sorted',
      sql: `SELECT a.meter_id, b.kwh FROM ${readings} a, ${readings} b ORDER BY a.kwh * b.kwh, 1, 2`,
      codes: ['timeout', 'out_of_memory'],
    },
    {
      name: 'a cross join that is grouped',
      sql: `SELECT count(DISTINCT a.read_at || b.meter_id || b.kwh::text) FROM ${readings} a, ${readings} b`,
      codes: ['timeout', 'out_of_memory'],
    },
    {
      name: 'a recursion without an end',
      sql: 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r',
      codes: ['too_many_rows', 'timeout'],
    },
    {
      name: 'a recursion that doubles',
      sql: 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + x FROM r, (VALUES (0), (1)) v(x)) SELECT count(*) FROM r',
      codes: ['too_many_rows'],
    },
    {
      name: 'a recursion without an end below a limit',
      sql: 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n FROM r ORDER BY n LIMIT 1',
      codes: ['too_many_rows', 'timeout'],
    },
    {
      name: 'a correlated subquery for each of two million rows',
      sql: `SELECT sum((SELECT count(*) FROM ${readings} b WHERE b.kwh > a.kwh AND b.read_at < a.read_at)) FROM ${readings} a`,
      codes: ['timeout', 'out_of_memory'],
    },
    {
      name: 'six relations without a condition',
      sql: `SELECT sum(a.kwh) FROM ${[...'abcdef'].map((name) => `${readings} ${name}`).join(', ')}`,
      codes: ['timeout', 'out_of_memory', 'out_of_range'],
    },
    {
      name: 'a window over everything',
      sql: `SELECT max(s) FROM (SELECT count(*) OVER (ORDER BY a.kwh, b.month) AS s FROM ${readings} a, gold.invoices b) x`,
      codes: ['timeout', 'out_of_memory'],
    },
  ])('is stopped: $name', async ({ sql, codes }) => {
    const asked = await Promise.all([gate.query('analyst', sql), gate.query('analyst', sql)]);
    for (const reply of asked) expect(codes, reply.text).toContain(reply.body.code as Code);
    await expectPlaces('intern', 57);
  });
});

describe('a query that no interrupt stops', () => {
  // Each by another caller: whoever does it again and again must wait, as the engine's own tests show.
  it.each<{ name: string; persona: string; sql: string }>([
    {
      name: 'a pattern that tries every way',
      persona: 'analyst',
      sql: `SELECT repeat('a', 10000) LIKE '${'%a_'.repeat(12)}b'`,
    },
    {
      name: 'distances of long texts',
      persona: 'service',
      sql: "WITH x AS (SELECT repeat('ab', 5000) AS s) SELECT sum(levenshtein(x.s || i.month, i.invoice_id || x.s)) FROM x, gold.invoices i",
    },
  ])('is stopped with the process: $name', async ({ persona, sql }) => {
    const reply = await gate.query(persona, sql);
    expect(reply.body.code, reply.text).toBe('timeout');
    await expectPlaces('intern', 57);
  });
});

describe('a text or list that doubles', () => {
  const levels = (first: string, step: string, count: number): string => {
    const steps = Array.from({ length: count }, (_, i) => `, s${i + 1} AS (SELECT ${step} AS s FROM s${i})`);
    return `WITH s0 AS (SELECT ${first} AS s)${steps.join('')} SELECT length(s) FROM s${count}`;
  };

  it.each<{ name: string; persona: string; sql: string }>([
    {
      name: 'in nested calls',
      persona: 'member',
      sql: `SELECT length(${'hex('.repeat(34)}'a'${')'.repeat(34)})`,
    },
    {
      name: 'from one CTE to the next',
      persona: 'service',
      sql: levels("repeat('x', 10000)", 's || s || s || s', 12),
    },
    {
      name: 'by replacement',
      persona: 'intern',
      sql: levels("repeat('x', 10000)", "replace(s, 'x', 'xxxxxxxxxx')", 8),
    },
    {
      name: 'as a list',
      persona: 'pipeline',
      sql: levels('array[1, 2, 3, 4]', 'list_concat(s, s, s, s)', 16),
    },
  ])('is out of memory or of time: $name', async ({ persona, sql }) => {
    const reply = await gate.query(persona, sql);
    expect(['out_of_memory', 'timeout', 'out_of_range'], reply.text).toContain(reply.body.code);
    expect(reply.status).toBeLessThan(505);
  });
});

describe('a result of a billion rows', () => {
  const BILLION = `SELECT a.meter_id, b.kwh FROM ${readings} a, gold.invoices b`.replace('b.kwh', 'b.month');

  it('as NDJSON ends where it must, and says so in its last line', async () => {
    const lines = (await stream('application/x-ndjson', BILLION)).text.trimEnd().split('\n');
    expect(lines).toHaveLength(MOST + 1);
    expect(JSON.parse(lines.at(-1)!)).toEqual({ $sluice: { truncated: 'rows', rows: MOST } });
  });

  it('as CSV says so in a trailer', async () => {
    const { text, trailers } = await stream('text/csv', BILLION);
    expect(text.trimEnd().split('\r\n')).toHaveLength(MOST + 1);
    expect(trailers).toEqual({ 'x-sluice-truncated': 'rows' });
  });

  it('as a page has the rows of a page, and a way to go on', async () => {
    const reply = await gate.query('analyst', BILLION, { limit: 10_000 });
    expect(reply.body.rows).toHaveLength(10_000);
    expect(reply.body.page).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
  });

  it('whose rows are large is cut by its bytes: a page is held in the memory of the gate', async () => {
    const wide = Array.from({ length: 2 }, (_, i) => `s || meter_id AS c${i}`).join(', ');
    const sql = `WITH x AS (SELECT repeat('x', 10000) AS s) SELECT ${wide} FROM x, ${readings}`;
    const reply = await gate.query('analyst', sql, { limit: 10_000 });
    expect(reply.status, reply.text.slice(0, 500)).toBe(200);
    expect(reply.body.truncated).toBe('bytes');
    expect(reply.text.length).toBeLessThan(40 << 20);
    expect(reply.body.page).toMatchObject({ has_more: true, returned: reply.body.rows?.length });
  });
});

async function stream(accept: string, sql: string): Promise<{ text: string; trailers: unknown }> {
  const answer = await opened('analyst', accept, sql);
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return { text: Buffer.concat(parts).toString(), trailers: answer.trailers };
}

/** Begun and not read: fetch would show no trailers, and read ahead. */
async function opened(persona: string, accept: string, sql: string): Promise<IncomingMessage> {
  const token = await gate.token(persona);
  const headers = { accept, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request(new URL('/v1/query', gate.address), { method: 'POST', headers }, resolve)
      .on('error', reject)
      .end(JSON.stringify({ sql }));
  });
}

describe('ten thousand requests of one caller at once', () => {
  const MANY = 10_000;
  const QUEUE = 8;

  it('wait in turn or are told to, and other callers are served meanwhile', async () => {
    // Streams that nobody reads keep both places of this caller.
    const held = await Promise.all(
      [1, 2].map(() => opened('analyst', 'application/x-ndjson', `SELECT * FROM ${readings}`)),
    );
    const pool = new Pool(gate.address, { connections: 400, pipelining: 25, headersTimeout: 0 });
    const authorization = `Bearer ${await gate.token('analyst')}`;
    const told: { status: number; retryAfter: unknown }[] = [];
    const ask = async (): Promise<void> => {
      const answer = await pool.request({
        method: 'GET',
        path: '/v1/datasets/gold.tariffs/rows?select=count(*)',
        headers: { authorization },
      });
      await answer.body.dump();
      told.push({ status: answer.statusCode, retryAfter: answer.headers['retry-after'] });
    };
    const flood = Promise.all(Array.from({ length: MANY }, ask));

    await expect.poll(() => told.length, { timeout: 120_000 }).toBeGreaterThan(100);
    const seen = told.length;
    await expectPlaces('officer', 300);
    await expectPlaces('intern', 57);
    expect(seen).toBeLessThan(MANY);

    for (const answer of held) answer.destroy();
    await flood;
    await pool.close();
    const refused = told.filter(({ status }) => status === 429);
    expect(refused.every(({ retryAfter }) => Number(retryAfter) >= 1)).toBe(true);
    expect(told.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(QUEUE);
    expect(told.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
    expect(refused.length).toBeGreaterThan(0);
    console.log(`${MANY} requests at once: ${refused.length} told to wait, ${MANY - refused.length} served`);
  }, 300_000);
});
