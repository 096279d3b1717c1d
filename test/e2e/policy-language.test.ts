/**
 * Row filters over other datasets and over time, limits, networks, hours, discovery and emergencies through the whole gate, on
 * both engines, with what the audit has of them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';
import { startGate, type TestGate } from './gate.ts';
import { type Project, writeProject } from './project.ts';

const TABLES = [
  { schema: 'gold', name: 'orders', columns: ['id integer', 'region text'] },
  { schema: 'gold', name: 'prices', columns: ['id integer', 'valid_from timestamp', 'valid_to timestamp'] },
  { schema: 'gold', name: 'many', columns: ['id integer', 'day date'] },
  { schema: 'gold', name: 'local', columns: ['id integer'] },
  { schema: 'gold', name: 'remote', columns: ['id integer'] },
  { schema: 'gold', name: 'office', columns: ['id integer'] },
  { schema: 'gold', name: 'people', columns: [{ name: 'email', type: 'text', tags: ['pii.email'] }] },
  { schema: 'ref', name: 'user_regions', columns: ['user_id text', 'region text'] },
  { schema: 'plans', name: 'merger', columns: ['id integer'] },
];
const SQL = [
  'CREATE SCHEMA gold',
  'CREATE SCHEMA ref',
  'CREATE SCHEMA plans',
  'CREATE TABLE gold.orders (id integer, region text)',
  "INSERT INTO gold.orders VALUES (1, 'EU'), (2, 'US'), (3, NULL), (4, 'EU')",
  'CREATE TABLE gold.prices (id integer, valid_from timestamp, valid_to timestamp)',
  "INSERT INTO gold.prices VALUES (1, '2026-01-01', '2026-02-01'), (2, '2026-02-01', NULL), (3, '2026-03-01', NULL)",
  'CREATE TABLE gold.many (id integer, day date)',
  "INSERT INTO gold.many SELECT i, '2026-01-01' FROM generate_series(1, 3000) t(i)",
  'CREATE TABLE gold.local (id integer)',
  'CREATE TABLE gold.remote (id integer)',
  'CREATE TABLE gold.office (id integer)',
  'CREATE TABLE gold.people (email text)',
  "INSERT INTO gold.people VALUES ('ada@example.org')",
  'CREATE TABLE ref.user_regions (user_id text, region text)',
  "INSERT INTO ref.user_regions VALUES ('rita.reader', 'EU'), ('rita.reader', NULL), ('someone', 'US')",
  'CREATE TABLE plans.merger (id integer)',
];
const POLICIES = `
  - id: own-regions
    on: { id: gold.orders }
    rows: { where: "region in (select region from ref.user_regions where user_id = identity.sub)" }
  - id: nobody-reads-the-lookup
    on: { namespace: ref }
    deny: everyone
  - id: valid-now
    on: { id: gold.prices }
    rows: { where: "valid_from <= now() and (valid_to is null or valid_to > now())" }
  - id: a-few
    on: { id: gold.many }
    limit: { max_rows: 25, formats: [json, ndjson], timeout: 200ms, cross_join: false, require_filter: day }
    unless: { sub: olga }
  - id: from-here
    on: { id: gold.local }
    deny: everyone
    unless: { network: ["127.0.0.0/8", "::1"] }
  - id: from-there
    on: { id: gold.remote }
    limit: { networks: 10.0.0.0/8 }
  - id: office-hours
    on: { id: gold.office }
    limit: { hours: { between: "08:00-18:00", days: [mon, tue, wed, thu, fri], zone: Europe/Berlin } }
  - id: rita-knows-of-the-plans
    on: { namespace: plans }
    discover: { sub: rita.reader }
  - id: mask-pii
    on: { column_tag: pii }
    mask: { with: hash }
  - id: incident-42
    on: { id: gold.people }
    break_glass: { to: { sub: otto.other }, reason: incident 42, expires: 2026-07-01 }
`;
const FILTER = "day = '2026-01-01'";

async function start(project: Partial<Project>): Promise<TestGate> {
  const folder = await writeProject({
    sql: SQL,
    tables: TABLES,
    policies: POLICIES,
    restricted: ['plans'],
    ...project,
  });
  return startGate({ folder });
}

/** What the gate takes for the time. */
function setClock(gate: TestGate, moment: string): void {
  Object.assign(gate.serving.open.gate, { now: () => new Date(moment) });
}

async function lastEvent(gate: TestGate, kind: string): Promise<AuditEvent | undefined> {
  const tail = await gate.serving.open.gate.audit.tail(50);
  return (tail as readonly AuditEvent[]).findLast(({ event }) => event === kind);
}

const ids = (reply: Awaited<ReturnType<TestGate['query']>>): unknown =>
  reply.body.rows?.flat() ?? reply.body.code;

function suite(running: () => TestGate): void {
  it('a lookup lets through what is listed for the caller, and nobody reads the list itself', async () => {
    const gate = running();
    expect(ids(await gate.query('reader', 'SELECT id FROM orders ORDER BY id'))).toEqual([1, 4]);
    expect(ids(await gate.query('other', 'SELECT id FROM orders'))).toEqual([]);
    expect(ids(await gate.query(null, 'SELECT id FROM orders'))).toEqual([]);
    expect(ids(await gate.query('reader', 'SELECT * FROM ref.user_regions'))).toBe('access_denied');
  });

  it('a lookup stands under joins, groups and expressions that would fail on what it hides', async () => {
    const gate = running();
    const sql = (value: string) =>
      `SELECT a.region, count(*), max(CAST(CASE WHEN b.region = '${value}' THEN 'x' ELSE '1' END AS integer)) FROM orders a JOIN orders b ON a.id = b.id GROUP BY 1`;
    expect((await gate.query('reader', sql('US'))).body.rows).toEqual([['EU', 2, 1]]);
    expect((await gate.query('reader', sql('EU'))).status).toBe(400);
  });

  it('now() is the moment of the query, also of one that was planned before', async () => {
    const gate = running();
    const seen: unknown[] = [];
    for (const day of [
      '2025-12-31T23:59:59Z',
      '2026-01-01T00:00:00Z',
      '2026-01-31T23:59:59Z',
      '2026-02-01T00:00:00Z',
      '2026-03-01T00:00:00Z',
      '2026-01-31T23:59:59Z',
    ]) {
      setClock(gate, day);
      seen.push(ids(await gate.query(null, 'SELECT id FROM prices ORDER BY id')));
    }
    expect(seen).toEqual([[], [1], [1], [2], [2, 3], [1]]);
  });

  it('max_rows holds over all pages, and says that it cut', async () => {
    const gate = running();
    const sql = `SELECT id FROM many WHERE ${FILTER} ORDER BY id`;
    const first = await gate.query('reader', sql, { limit: 20 });
    expect(first.body.page).toMatchObject({ returned: 20, has_more: true });
    expect(first.body.truncated).toBeUndefined();
    const second = await gate.query('reader', sql, { cursor: first.body.page?.next_cursor });
    expect(second.body.page).toMatchObject({ offset: 20, returned: 5, has_more: true, next_cursor: null });
    expect(second.body.truncated).toBe('rows');
    const beyond = await gate.query('reader', sql, { limit: 5, offset: 25 });
    expect(beyond.body).toMatchObject({ code: 'limit_rows', status: 400 });
    const streamed = await gate.call('reader', 'POST', '/v1/query', {
      body: { sql },
      headers: { accept: 'application/x-ndjson' },
    });
    expect(streamed.text.trim().split('\n')).toHaveLength(26);
    expect(streamed.text).toContain('"$sluice":{"truncated":"rows"');
  });

  it('a limit that a query breaks is told by its code, with what would mend it', async () => {
    const gate = running();
    const csv = await gate.call('reader', 'POST', '/v1/query', {
      body: { sql: `SELECT id FROM many WHERE ${FILTER}` },
      headers: { accept: 'text/csv' },
    });
    expect(JSON.parse(csv.text)).toMatchObject({
      code: 'limit_format',
      status: 403,
      hint: 'Ask for one of json, ndjson.',
    });
    const filter = await gate.query('reader', 'SELECT id FROM many');
    expect(filter.body).toMatchObject({
      code: 'limit_filter',
      hint: expect.stringContaining('Restrict day'),
    });
    const cross = await gate.query(
      'reader',
      `SELECT 1 FROM many a, many b WHERE a.${FILTER} AND b.${FILTER}`,
    );
    expect(cross.body).toMatchObject({ code: 'limit_cross_join', status: 400 });
    const explained = await gate.call('reader', 'POST', '/v1/explain', {
      body: { sql: 'SELECT id FROM many' },
    });
    expect(explained.body.code).toBe('limit_filter');
    const read = await gate.call('reader', 'GET', '/v1/datasets/gold.many/rows?select=id');
    expect(read.body.code).toBe('limit_filter');
    const narrowed = await gate.call(
      'reader',
      'GET',
      `/v1/datasets/gold.many/rows?select=id&limit=2&where=${encodeURIComponent(FILTER)}`,
    );
    expect(narrowed.body.page).toMatchObject({ returned: 2 });
    expect(await lastEvent(gate, 'query')).toMatchObject({ policy_ids: ['a-few'] });
  });

  it("a policy's timeout ends a query that the gate would let go on", async () => {
    const gate = running();
    const slow = `SELECT sum(a.id * b.id % 7) FROM many a JOIN many b ON a.id <> b.id JOIN many c ON c.id < b.id AND a.id < c.id AND a.${FILTER} WHERE a.${FILTER} AND b.${FILTER} AND c.${FILTER} AND b.id > a.id`;
    expect((await gate.query('reader', slow)).body.code).toBe('timeout');
  });

  it('an address is that of the connection, whatever the caller says of it', async () => {
    const gate = running();
    expect((await gate.query(null, 'SELECT count(*) FROM local')).status).toBe(200);
    const claims: readonly Record<string, string>[] = [
      {},
      { 'x-forwarded-for': '10.0.0.1' },
      { forwarded: 'for=10.0.0.1' },
      { 'x-real-ip': '10.0.0.1' },
    ];
    for (const headers of claims) {
      const reply = await gate.call(null, 'POST', '/v1/query', {
        body: { sql: 'SELECT count(*) FROM remote' },
        headers,
      });
      expect(reply.body.code).toBe('access_denied');
    }
    expect(await lastEvent(gate, 'query')).toMatchObject({
      decision: 'deny',
      reasons: ['gold.remote: outside_limit'],
      policy_ids: ['from-there'],
    });
  });

  it('hours are looked at with every query', async () => {
    const gate = running();
    const seen: unknown[] = [];
    for (const moment of [
      '2026-01-05T06:59:59Z',
      '2026-01-05T07:00:00Z',
      '2026-01-05T17:00:00Z',
      '2026-01-10T12:00:00Z',
      '2026-01-09T12:00:00Z',
    ]) {
      setClock(gate, moment);
      seen.push((await gate.query(null, 'SELECT count(*) FROM office')).status);
    }
    expect(seen).toEqual([403, 200, 403, 403, 200]);
  });

  it('a glass that is broken shows what is masked, until it expires, and is in the audit', async () => {
    const gate = running();
    const email = async (persona: string) => ids(await gate.query(persona, 'SELECT email FROM people'));
    setClock(gate, '2026-06-30T23:59:59Z');
    expect(await email('other')).toEqual(['ada@example.org']);
    expect(await lastEvent(gate, 'decision')).toMatchObject({ policy_ids: ['incident-42', 'mask-pii'] });
    expect(await email('reader')).not.toEqual(['ada@example.org']);
    setClock(gate, '2026-07-01T00:00:00Z');
    expect(await email('other')).toEqual(await email('reader'));
    expect(await lastEvent(gate, 'decision')).toMatchObject({ policy_ids: ['mask-pii'] });
  });

  it('a restricted dataset is 403 to whom a policy lets know of it, and unknown to all others', async () => {
    const gate = running();
    const status = async (persona: string | null) => {
      const asked = await gate.query(persona, 'SELECT * FROM plans.merger');
      const looked = await gate.call(persona, 'GET', '/v1/catalogue/plans.merger');
      return [asked.status, looked.status];
    };
    expect(await status('reader')).toEqual([403, 200]);
    expect(await status('other')).toEqual([404, 404]);
    expect(await status(null)).toEqual([404, 404]);
    const described = await gate.call('reader', 'GET', '/v1/catalogue/plans.merger');
    expect(described.body).toMatchObject({ allowed: false, columns: null });
  });
}

describe('behind a proxy that is trusted', () => {
  let gate: TestGate;
  beforeAll(async () => {
    gate = await start({ config: 'doors: { http: { trusted_proxies: [127.0.0.1] } }' });
  });
  afterAll(() => gate?.close());

  it.each([
    ['what it says counts', '10.0.0.1', 200],
    ['the last address that it added, not what the caller wrote before', '10.0.0.1, 203.0.113.9', 403],
    ['an address that it was told of through another of them', '10.0.0.1, 127.0.0.1', 200],
    ['what is no address is unknown', 'localhost', 403],
    ['nothing', '', 403],
  ])('%s', async (_title, forwarded, status) => {
    const reply = await gate.call(null, 'POST', '/v1/query', {
      body: { sql: 'SELECT count(*) FROM remote' },
      headers: { 'x-forwarded-for': forwarded },
    });
    expect(reply.status).toBe(status);
  });
});

describe('on DuckDB', () => {
  let gate: TestGate;
  beforeAll(async () => {
    gate = await start({});
  });
  afterAll(() => gate?.close());
  suite(() => gate);
});

describe.skipIf(missingServer !== null)('on PostgreSQL', () => {
  let server: TestServer;
  let gate: TestGate;
  beforeAll(async () => {
    server = await startServer();
    await server.run(...SQL);
    gate = await start({
      sql: [],
      server: { engine: `{ kind: postgres, url: '${server.url}' }`, adapter: 'postgres' },
    });
  });
  afterAll(async () => {
    await gate?.close();
    await server?.close();
  });
  suite(() => gate);
});
