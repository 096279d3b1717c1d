/** Queries that would never end, fill the memory or keep all places taken: each is stopped with its code, its place is free again, and other callers are served. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Code } from '../../src/errors.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { expectOrderInACrowd, expectPlaces, stream } from './crowd.ts';

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

afterEach(() => expectPlaces(gate, 'officer', 300));

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
    await expectPlaces(gate, 'intern', 57);
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
    await expectPlaces(gate, 'intern', 57);
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
    const lines = (await stream(gate, 'application/x-ndjson', BILLION)).text.trimEnd().split('\n');
    expect(lines).toHaveLength(MOST + 1);
    expect(JSON.parse(lines.at(-1)!)).toEqual({ $sluice: { truncated: 'rows', rows: MOST } });
  });

  it('as CSV says so in a trailer', async () => {
    const { text, trailers } = await stream(gate, 'text/csv', BILLION);
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

it('ten thousand requests of one caller at once wait in turn or are told to, and other callers are served meanwhile', async () => {
  await expectOrderInACrowd(gate, { held: `SELECT * FROM ${readings}`, queue: 8 });
}, 300_000);
