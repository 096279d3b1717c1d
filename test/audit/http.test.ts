/** The audit over HTTP on a running gate: what is asked is found at once, by whom it concerns. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyExport } from '../../src/audit/verify-file.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate();
});
afterAll(() => gate.close());

interface Event {
  readonly request_id: string;
  readonly event: string;
  readonly subject: { readonly sub: string };
  readonly datasets: readonly string[];
  readonly action: string;
}
const search = async (persona: string | null, query = '') => {
  const { status, body } = await gate.call(persona, 'GET', `/v1/audit${query}`);
  return { status, body, events: (body.events ?? []) as readonly Event[] };
};

test('a query is found right after its answer, by who asked it and by auditors', async () => {
  const asked = await gate.query('analyst', 'SELECT count(*) FROM gold.members');
  const id = asked.headers.get('x-request-id');
  for (const persona of ['analyst', 'officer']) {
    const { events } = await search(persona, `?request_id=${id}`);
    expect(events.map(({ event }) => event)).toContain('decision');
  }
  expect((await search('intern', `?request_id=${id}`)).events).toEqual([]);
  expect((await gate.call('analyst', 'GET', `/v1/audit/${id}`)).body.events).toHaveLength(2);
  expect((await gate.call('intern', 'GET', `/v1/audit/${id}`)).status).toBe(404);
});

test('everyone sees their own alone', async () => {
  await gate.query('intern', 'SELECT 1 FROM gold.members');
  for (const persona of ['analyst', 'intern']) {
    const { events } = await search(persona, '?limit=1000');
    expect(new Set(events.map(({ subject }) => subject.sub)).size).toBe(1);
  }
  expect(
    new Set((await search('officer', '?limit=1000')).events.map(({ subject }) => subject.sub)).size,
  ).toBeGreaterThan(2);
});

test('a dataset that a refusal did not tell of is not told by the audit', async () => {
  const refused = await gate.query('intern', 'SELECT * FROM bronze.readings');
  expect(refused.status).toBe(404);
  const id = refused.headers.get('x-request-id');
  expect((await search('officer', `?request_id=${id}`)).events).toMatchObject([
    { datasets: ['bronze.readings'] },
  ]);
  const own = await gate.call('intern', 'GET', `/v1/audit?request_id=${id}`);
  expect(own.body.events).toMatchObject([
    { decision: 'deny', error_code: 'dataset_not_found', datasets: [] },
  ]);
  expect(own.text).not.toMatch(/bronze|readings/);
  const real = await gate.call('intern', 'GET', '/v1/audit?dataset=bronze.readings');
  const made = await gate.call('intern', 'GET', '/v1/audit?dataset=bronze.no_such');
  expect(real.text).toBe(made.text);
});

test('pages go on, with a cursor that is nobody else’s', async () => {
  for (let n = 0; n < 3; n += 1) await gate.query('analyst', 'SELECT count(*) FROM gold.members');
  const seen: string[] = [];
  let path: string | null = '/v1/audit?limit=3&event=decision';
  let cursor = '';
  while (path !== null) {
    const { body } = await gate.call('analyst', 'GET', path);
    seen.push(...(body.events as Event[]).map(({ request_id }) => request_id));
    const next = body.page?.next_cursor ?? null;
    cursor = next ?? cursor;
    path = next === null ? null : `/v1/audit?event=decision&cursor=${next}`;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThan(3);
  const stolen = await gate.call('intern', 'GET', `/v1/audit?event=decision&cursor=${cursor}`);
  expect(stolen).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
});

describe('export', () => {
  test('NDJSON verifies by itself', async () => {
    const { text, headers, status } = await gate.call('officer', 'GET', '/v1/audit/export?format=ndjson');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    const file = join(gate.folder, 'export.ndjson');
    writeFileSync(file, text);
    expect(await verifyExport(file)).toMatchObject({
      ok: true,
      from: 1,
      events: text.trimEnd().split('\n').length,
    });
  });

  test('Parquet is one', async () => {
    const answer = await gate.open('officer', 'GET', '/v1/audit/export?format=parquet');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1']);
  });

  test('of a period without events is empty', async () => {
    const { status, text } = await gate.call('officer', 'GET', '/v1/audit/export?to=2001-01-01');
    expect([status, text]).toEqual([200, '']);
  });
});

test.each<{ persona: string | null; path: string; status: number; code: string }>([
  { persona: null, path: '/v1/audit', status: 401, code: 'token_missing' },
  { persona: null, path: '/v1/audit/export', status: 401, code: 'token_missing' },
  { persona: null, path: '/v1/audit/some-request', status: 401, code: 'token_missing' },
  { persona: 'analyst', path: '/v1/audit/export', status: 403, code: 'access_denied' },
  { persona: 'analyst', path: '/v1/audit?policy=x', status: 403, code: 'access_denied' },
  { persona: 'analyst', path: '/v1/audit?from=yesterday', status: 400, code: 'bad_request' },
  { persona: 'analyst', path: '/v1/audit?limit=5000', status: 400, code: 'bad_request' },
  { persona: 'analyst', path: '/v1/audit?person=x', status: 400, code: 'bad_request' },
  { persona: 'analyst', path: '/v1/audit?cursor=AAAA', status: 400, code: 'cursor_invalid' },
  { persona: 'officer', path: '/v1/audit/export?format=xml', status: 400, code: 'bad_request' },
])('$persona gets $status for $path', async ({ persona, path, status, code }) => {
  expect(await gate.call(persona, 'GET', path)).toMatchObject({ status, body: { code } });
});

test('looks of auditors and refusals of the nameless are on record', async () => {
  await search('officer', '?subject=ana.analyst');
  await search(null);
  const { events } = await search('officer', '?action=audit_search&limit=2');
  expect(events).toMatchObject([
    { decision: 'deny', error_code: 'token_missing' },
    { decision: 'allow', reasons: ['subject=ana.analyst'] },
  ]);
});
