/** Queries that would never end on a server that others keep: each is stopped with its code, nothing of it runs on there, and other callers are served. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Code } from '../../src/errors.ts';
import { expectOrderInACrowd, expectPlaces, opened, stream } from './crowd.ts';
import { MISSING, openStand, ROLE, type Stand } from './stands.ts';

const MOST = 50_000;
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

  /** What the server says of the gate's connections, not what the gate thinks. */
  const running = async (): Promise<unknown[]> =>
    stand.server!.rows(
      `SELECT query FROM pg_stat_activity WHERE usename = '${ROLE}' AND state <> 'idle' AND leader_pid IS NULL`,
    );

  afterEach(async () => {
    await expect.poll(running, { timeout: 20_000 }).toEqual([]);
    await expectPlaces(stand.gate, 'officer', 300);
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
      await expectPlaces(stand.gate, 'intern', 57);
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
      const answer = await opened(stand.gate, 'analyst', 'application/x-ndjson', sql);
      await expect.poll(running, { timeout: 20_000 }).toHaveLength(1);
      answer.destroy();
      await expect.poll(running, { timeout: 2_500 }).toEqual([]);
    });
  });

  describe('a result of a billion rows', () => {
    const BILLION = `SELECT a.meter_id, b.month FROM ${readings} a, gold.invoices b, gold.tariffs t`;

    it('as NDJSON ends where it must, and says so in its last line', async () => {
      const { text } = await stream(stand.gate, 'application/x-ndjson', BILLION);
      const lines = text.trimEnd().split('\n');
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

  it('ten thousand requests of one caller at once wait in turn or are told to, and other callers are served meanwhile', async () => {
    await expectOrderInACrowd(stand.gate, {
      held: `SELECT a.meter_id FROM ${readings} a, ${readings} b`,
      queue: 8,
      async meanwhile() {
        const connections = await stand.server!.rows(
          `SELECT pid FROM pg_stat_activity WHERE usename = '${ROLE}' AND leader_pid IS NULL`,
        );
        expect(connections.length, 'connections of the gate').toBeLessThanOrEqual(8 + 2);
      },
    });
  }, 300_000);
});
