/** Queries that would never end on a server that others keep: each is stopped with its code, nothing of it runs on there, and other callers are served. */
import { type IncomingMessage, request } from 'node:http';
import { Pool } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Code } from '../../src/errors.ts';
import { MISSING, openStand, ROLE, type Stand } from './stands.ts';

const MOST = 50_000;
const ALL = 'SELECT count(*) FROM gold.members';
const readings = 'gold.meter_readings';

if (MISSING.postgres !== null) console.warn(`bounds skip postgres: ${MISSING.postgres}`);

describe.skipIf(MISSING.postgres !== null)('bounds on PostgreSQL', () => {
  let stand: Stand;

  beforeAll(async () => {
    stand = await openStand('postgres', undefined, (yaml) =>
      yaml
        .replace('timeout: 30s', `timeout: 3s\n  max_stream_rows: ${MOST}\n  queue: 8`)
        .replace('per_identity: 4', 'per_identity: 2'),
    );
  });
  afterAll(() => stand?.close());

  const query = (persona: string, sql: string, rest: object = {}) => stand.gate.query(persona, sql, rest);

  /** Each caller has two places: more at once than that are only answered where every place was given back. */
  async function expectPlaces(persona: string, rows: number): Promise<void> {
    const replies = await Promise.all(Array.from({ length: 6 }, () => query(persona, ALL)));
    for (const reply of replies) expect(reply.body.rows, reply.text).toEqual([[rows]]);
  }

  /** What the server says of the gate's connections, not what the gate thinks. */
  const running = async (): Promise<unknown[]> =>
    stand.server!.rows(
      `SELECT query FROM pg_stat_activity WHERE usename = '${ROLE}' AND state <> 'idle' AND leader_pid IS NULL`,
    );

  afterEach(async () => {
    await expect.poll(running, { timeout: 20_000 }).toEqual([]);
    await expectPlaces('officer', 300);
  });

  describe('a query that does not end', () => {
    it.each<{ name: string; sql: string; codes: readonly Code[] }>([
      {
        name: 'a cross join of twenty thousand rows with themselves, twice',
        sql: `SELECT count(*) FROM ${readings} a, ${readings} b, ${readings} c WHERE a.kwh + b.kwh + c.kwh < 0`,
        codes: ['timeout'],
      },
      {
        name: 'a cross join that is sorted',
        sql: `SELECT a.meter_id, b.kwh FROM ${readings} a, ${readings} b ORDER BY a.kwh * b.kwh, 1, 2 DESC OFFSET 100000`,
        codes: ['timeout', 'out_of_memory'],
      },
      {
        name: 'a cross join that is grouped',
        sql: `SELECT count(DISTINCT a.read_at::text || b.meter_id || b.kwh::text) FROM ${readings} a, ${readings} b`,
        codes: ['timeout', 'out_of_memory'],
      },
      {
        name: 'a recursion without an end',
        sql: 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r',
        codes: ['timeout', 'out_of_memory', 'too_many_rows'],
      },
      {
        name: 'a recursion that doubles',
        sql: 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + x FROM r, (VALUES (0), (1)) v(x)) SELECT count(*) FROM r',
        codes: ['timeout', 'out_of_memory', 'out_of_range', 'too_many_rows'],
      },
      {
        name: 'a recursion without an end below a limit',
        sql: 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n FROM r ORDER BY n LIMIT 1',
        codes: ['timeout', 'out_of_memory', 'too_many_rows'],
      },
      {
        name: 'a recursion that only new rows keep alive',
        sql: 'WITH RECURSIVE r(n) AS (SELECT 1::bigint UNION SELECT n + 1 FROM r) SELECT max(n) FROM r',
        codes: ['timeout', 'out_of_memory', 'too_many_rows'],
      },
      {
        name: 'a correlated subquery for each row',
        sql: `SELECT sum((SELECT count(*) FROM ${readings} b WHERE b.kwh > a.kwh AND b.read_at < a.read_at)) FROM ${readings} a`,
        codes: ['timeout', 'out_of_memory'],
      },
      {
        name: 'six relations without a condition',
        sql: `SELECT sum(a.kwh) FROM ${[...'abcdef'].map((name) => `${readings} ${name}`).join(', ')}`,
        codes: ['timeout'],
      },
      {
        name: 'a window over everything',
        sql: `SELECT max(s) FROM (SELECT count(*) OVER (ORDER BY a.kwh, b.month) AS s FROM ${readings} a, gold.invoices b) x`,
        codes: ['timeout', 'out_of_memory'],
      },
      {
        name: 'series that are joined',
        sql: 'SELECT count(*) FROM generate_series(1, 1000000) a(n), generate_series(1, 1000000) b(n) WHERE a.n + b.n < 0',
        codes: ['timeout'],
      },
      {
        name: 'five hundred windows, each sorted by itself',
        sql: `SELECT ${Array.from({ length: 500 }, (_, i) => `sum(kwh) OVER (ORDER BY kwh + ${i}, meter_id) AS w${i}`).join(', ')} FROM ${readings}`,
        codes: ['timeout', 'out_of_memory', 'execution_failed'],
      },
      {
        name: 'a plan that takes longer than the query may',
        sql: `SELECT count(*) FROM ${Array.from({ length: 60 }, (_, i) => `${readings} r${i}`).join(', ')} WHERE ${Array.from({ length: 59 }, (_, i) => `r${i + 1}.kwh = r${i}.kwh AND r${i + 1}.meter_id = r${i}.meter_id AND r${i + 1}.read_at = r${i}.read_at`).join(' AND ')}`,
        codes: ['timeout'],
      },
    ])('is stopped: $name', async ({ sql, codes }) => {
      const asked = await Promise.all([query('analyst', sql), query('analyst', sql)]);
      for (const reply of asked) expect(codes, reply.text).toContain(reply.body.code as Code);
      await expectPlaces('intern', 57);
    });
  });

  describe('a pattern', () => {
    it.each<{ name: string; sql: string }>([
      { name: 'of LIKE that tries every way', sql: `SELECT repeat('a', 10000) LIKE '${'%a_'.repeat(12)}b'` },
      {
        name: 'of back references',
        sql: "SELECT regexp_replace(repeat('a', 10000), '((a*)*)\\2b', 'x') IS NULL",
      },
      { name: 'of nested repetitions', sql: "SELECT repeat('a', 10000) ~ '^(((a+)+)+)+$b'" },
      { name: 'of large bounds', sql: "SELECT repeat('a', 10000) ~ '((a{1,99}){1,99}){1,99}b'" },
      { name: 'of each row', sql: `SELECT count(*) FROM ${readings} WHERE meter_id ~ '(.*)*(.*)*(.*)*\\1x'` },
    ])('ends: $name', async ({ sql }) => {
      const reply = await query('analyst', sql);
      const ends: readonly unknown[] = [undefined, 'timeout', 'invalid_argument', 'sql_function_refused'];
      expect(ends, reply.text).toContain(reply.body.code);
    });
  });

  describe('a text that doubles', () => {
    const levels = (first: string, step: string, count: number): string => {
      const steps = Array.from(
        { length: count },
        (_, i) => `, s${i + 1} AS MATERIALIZED (SELECT ${step} AS s FROM s${i})`,
      );
      return `WITH s0 AS MATERIALIZED (SELECT ${first} AS s)${steps.join('')} SELECT length(s) FROM s${count}`;
    };

    it.each<{ name: string; sql: string; codes: readonly Code[] }>([
      {
        name: 'inside the planner',
        sql: levels("repeat('x', 10000)", 's || s || s || s', 12).replaceAll(' MATERIALIZED', ''),
        codes: ['sql_too_large'],
      },
      {
        name: 'by replacement, beyond what a value may be',
        sql: levels("repeat('x', 10000)", "replace(s, 'x', 'xxxxxxxxxx')", 8),
        codes: ['out_of_memory', 'timeout', 'out_of_range', 'invalid_argument'],
      },
    ])('is refused or ends: $name', async ({ sql, codes }) => {
      const reply = await query('service', sql);
      expect(codes, reply.text).toContain(reply.body.code as Code);
    });
  });

  describe('a caller who leaves', () => {
    it('ends a query that computes, on the server as well', async () => {
      const sql = `SELECT count(*) FROM ${readings} a, ${readings} b, ${readings} c WHERE a.kwh + b.kwh + c.kwh < 0`;
      const leaving = new AbortController();
      const asked = stand.gate
        .open('analyst', 'POST', '/v1/query', { body: { sql }, signal: leaving.signal })
        .catch(() => 'left');
      await expect.poll(running, { timeout: 20_000 }).toHaveLength(1);
      leaving.abort();
      expect(await asked).toBe('left');
      await expect.poll(running, { timeout: 2_500 }).toEqual([]);
    });

    it('ends a stream that nobody reads, on the server as well', async () => {
      const sql = `SELECT a.meter_id || repeat('x', 2000) FROM ${readings} a, ${readings} b`;
      const answer = await opened('analyst', 'application/x-ndjson', sql);
      await expect.poll(running, { timeout: 20_000 }).toHaveLength(1);
      answer.destroy();
      await expect.poll(running, { timeout: 2_500 }).toEqual([]);
    });
  });

  describe('a result of a billion rows', () => {
    const BILLION = `SELECT a.meter_id, b.month FROM ${readings} a, gold.invoices b, gold.tariffs t`;

    it('as NDJSON ends where it must, and says so in its last line', async () => {
      const answer = await opened('analyst', 'application/x-ndjson', BILLION);
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part as Buffer);
      const lines = Buffer.concat(parts).toString().trimEnd().split('\n');
      expect(lines).toHaveLength(MOST + 1);
      expect(JSON.parse(lines.at(-1)!)).toEqual({ $sluice: { truncated: 'rows', rows: MOST } });
    });

    it('as a page has the rows of a page, and a way to go on', async () => {
      const reply = await query('analyst', BILLION, { limit: 10_000 });
      expect(reply.body.rows).toHaveLength(10_000);
      expect(reply.body.page).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
    });

    it('whose rows are large is cut by its bytes', async () => {
      const wide = Array.from({ length: 2 }, (_, i) => `s || meter_id AS c${i}`).join(', ');
      const sql = `WITH x AS (SELECT repeat('x', 10000) AS s) SELECT ${wide} FROM x, ${readings}`;
      const reply = await query('analyst', sql, { limit: 10_000 });
      expect(reply.status, reply.text.slice(0, 500)).toBe(200);
      expect(reply.body.truncated).toBe('bytes');
      expect(reply.text.length).toBeLessThan(40 << 20);
    });
  });

  /** Begun and not read. */
  async function opened(persona: string, accept: string, sql: string): Promise<IncomingMessage> {
    const token = await stand.gate.token(persona);
    const headers = { accept, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      request(new URL('/v1/query', stand.gate.address), { method: 'POST', headers }, resolve)
        .on('error', reject)
        .end(JSON.stringify({ sql }));
    });
  }

  describe('ten thousand requests of one caller at once', () => {
    const MANY = 10_000;
    const QUEUE = 8;

    it('wait in turn or are told to, and other callers are served meanwhile', async () => {
      const stream = `SELECT a.meter_id FROM ${readings} a, ${readings} b`;
      const held = await Promise.all([1, 2].map(() => opened('analyst', 'application/x-ndjson', stream)));
      const pool = new Pool(stand.gate.address, { connections: 400, pipelining: 25, headersTimeout: 0 });
      const authorization = `Bearer ${await stand.gate.token('analyst')}`;
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
      const connections = await stand.server!.rows(
        `SELECT pid FROM pg_stat_activity WHERE usename = '${ROLE}' AND leader_pid IS NULL`,
      );
      expect(connections.length, 'connections of the gate').toBeLessThanOrEqual(8 + 2);

      for (const answer of held) answer.destroy();
      await flood;
      await pool.close();
      const refused = told.filter(({ status }) => status === 429);
      expect(refused.every(({ retryAfter }) => Number(retryAfter) >= 1)).toBe(true);
      expect(told.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(QUEUE);
      expect(told.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
      expect(refused.length).toBeGreaterThan(0);
      console.log(
        `${MANY} requests at once: ${refused.length} told to wait, ${MANY - refused.length} served`,
      );
    }, 300_000);
  });
});
