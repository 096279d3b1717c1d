/** What is hidden is answered like what is not there, and nothing but a bounded SELECT over catalogued relations reaches the engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, recorded } from '../attacks/look.ts';
import { startGate, type TestGate } from './gate.ts';

let gate: TestGate;
const run: string[] = [];

beforeAll(async () => {
  gate = await startGate({
    engine: (engine) => recorded(engine, run),
    // Room for the longest texts, so that it is the guard that answers.
    edit: (yaml) => yaml.replace('limits:\n', 'limits:\n  sql_bytes: 1MB\n  body_bytes: 4MB\n'),
  });
});

afterAll(() => gate.close());

describe('a hostile text', () => {
  it('is a problem with its status, and the request id of its headers', async () => {
    const reply = await gate.query('analyst', 'DROP TABLE gold.members');
    expect(reply.body.code).toBe('sql_not_select');
    expect(reply.status).toBe(400);
    expect(reply.headers.get('content-type')).toContain('application/problem+json');
    expect(reply.body.request_id).toBe(reply.headers.get('x-request-id'));
  });

  it('is on record as refused, without its literals', async () => {
    const reply = await gate.query('analyst', "SELECT pg_read_file('/etc/a-very-telling-name')");
    const [event] = await gate.serving.open.gate.audit.tail(1);
    expect(event).toMatchObject({
      request_id: reply.body.request_id,
      decision: 'deny',
      error_code: 'sql_function_refused',
      rows: 0,
    });
    expect(JSON.stringify(event)).not.toContain('telling');
  });
});

describe('what is hidden is answered like what is not there', () => {
  /** Of one length, so that positions are the same. */
  const NAMES = {
    dataset: { hidden: 'gold.payment_accounts', absent: 'gold.payment_accowits' },
    column: { hidden: 'phone', absent: 'phong' },
  };

  async function answers(
    persona: string,
    name: keyof typeof NAMES,
    method: string,
    path: string,
    body?: object,
  ): Promise<readonly object[]> {
    const told = [];
    for (const it of [NAMES[name].hidden, NAMES[name].absent]) {
      const filled = body && JSON.parse(JSON.stringify(body).replaceAll('{it}', it));
      const reply = await gate.call(persona, method, path.replace('{it}', it), { body: filled });
      expect(reply.status).toBeGreaterThanOrEqual(400);
      const { request_id: _, ...rest } = reply.body;
      told.push({ status: reply.status, body: JSON.stringify(rest).replaceAll(it, '{it}') });
    }
    return told;
  }

  it.each([
    'SELECT * FROM {it}',
    'SELECT nonsense FROM {it}',
    'SELECT 1 WHERE EXISTS (SELECT 1 FROM {it})',
    'SELECT * FROM gold.members JOIN {it} USING (member_id)',
    'SELECT * FROM {it}, gold.nowhere',
    'WITH x AS (SELECT * FROM {it}) SELECT 1',
    'SELECT iban FROM {it} AS p WHERE p.nonsense = 1',
  ])('a dataset in %s', async (sql) => {
    const [hidden, absent] = await answers('analyst', 'dataset', 'POST', '/v1/query', { sql });
    expect(hidden).toEqual(absent);
    const [told, toldAbsent] = await answers('analyst', 'dataset', 'POST', '/v1/explain', { sql });
    expect(told).toEqual(toldAbsent);
  });

  it.each(['/v1/catalogue/{it}', '/v1/datasets/{it}/rows', '/v1/datasets/{it}/schema'])(
    'a dataset at GET %s',
    async (path) => {
      const [hidden, absent] = await answers('analyst', 'dataset', 'GET', path);
      expect(hidden).toEqual(absent);
    },
  );

  it.each([
    'SELECT {it} FROM gold.members',
    'SELECT m.{it} FROM gold.members m',
    'SELECT count(*) FROM gold.members WHERE {it} IS NULL',
    'SELECT 1 FROM gold.members ORDER BY {it}',
    'SELECT (SELECT {it}) FROM gold.members',
    'SELECT a.region FROM gold.members a JOIN gold.members b USING ({it})',
    'SELECT {it}.x FROM gold.members',
    'SELECT lower({it}) FROM gold.members GROUP BY {it}',
  ])('a column in %s', async (sql) => {
    const [hidden, absent] = await answers('intern', 'column', 'POST', '/v1/query', { sql });
    expect(hidden).toEqual(absent);
  });

  it('a NATURAL JOIN does not join on it', async () => {
    const sql =
      'SELECT * FROM gold.members NATURAL JOIN (SELECT region, 1 AS phone FROM gold.members) x LIMIT 1';
    const reply = await gate.query('intern', sql);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.body.columns?.map((column) => column.name)).toContain('phone');
  });
});

describe('what reaches the engine', () => {
  const ASKED = [
    'SELECT * FROM gold.members',
    'SELECT 1',
    'SELECT count(*) FROM gold.meter_readings LIMIT 100000000',
    "SELECT m.community, sum(i.kwh_consumed) FROM gold.members m JOIN invoices i USING (member_id) WHERE m.name <> 'x' GROUP BY 1 ORDER BY 2",
    'WITH gold AS (SELECT 1 AS members) SELECT * FROM gold, members',
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r, gold.tariffs',
    'SELECT (SELECT max(x) FROM (VALUES (1), (2)) v(x)) UNION ALL SELECT count(*) FROM silver.int_daily_usage OFFSET 1',
    'SELECT * FROM gold.members a WHERE EXISTS (SELECT 1 FROM gold.meters b WHERE b.member_id = a.member_id) FETCH FIRST 3 ROWS ONLY',
  ];

  it.each(ASKED)('is one SELECT with a limit over relations of the catalogue: %s', async (sql) => {
    const before = run.length;
    const reply = await gate.query('analyst', sql);
    expect(reply.status, reply.text).toBe(200);
    expect(run).toHaveLength(before + 1);
    const { snapshot } = await gate.serving.open.gate.metadata.current();
    const physical = snapshot.catalogue.datasets.map(({ relation }) =>
      [relation.database, relation.schema, relation.identifier].join('.'),
    );
    const seen = await look(run.at(-1)!);
    expect(seen.statements).toEqual(['SelectStmt']);
    expect(seen.limit).toBeGreaterThan(0);
    expect(seen.limit).toBeLessThanOrEqual(101);
    for (const relation of seen.relations)
      if (!/^(cte_)+\d+$/.test(relation)) expect(physical).toContain(relation);
  });

  it('counts as much when it streams', async () => {
    const headers = { accept: 'text/csv' };
    const body = { sql: 'SELECT member_id FROM gold.members' };
    await gate.call('analyst', 'POST', '/v1/query', { body, headers });
    expect((await look(run.at(-1)!)).limit).toBe(1_000_001);
  });

  it('is never a text of the caller', () => {
    expect(run.filter((sql) => ASKED.includes(sql))).toEqual([]);
  });
});
