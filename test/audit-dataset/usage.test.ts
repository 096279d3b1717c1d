/** Who is told of whose use: stewards and auditors of everybody's, owners of their datasets', everyone else of their own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate();
  expect((await gate.query('analyst', 'SELECT name FROM gold.communities')).status).toBe(200);
  expect((await gate.query('analyst', 'SELECT name, community FROM gold.communities')).status).toBe(200);
  expect((await gate.query('officer', 'SELECT founded_on FROM gold.communities')).status).toBe(200);
  // It is there, and not for analysts.
  expect((await gate.query('analyst', 'SELECT 1 FROM sluice.audit')).status).toBe(404);
}, 120_000);
afterAll(() => gate?.close());

interface Row {
  readonly dataset: string;
  readonly subject: { readonly sub: string };
  readonly queries: number;
  readonly denied: number;
  readonly columns: readonly { readonly name: string; readonly queries: number }[];
}

async function usage(persona: string | null, query = '') {
  const { status, body } = await gate.call(persona, 'GET', `/v1/usage${query}`);
  return { status, scope: body.scope, code: body.code, rows: (body.usage ?? []) as readonly Row[] };
}

test('stewards and auditors see who read what, columns included', async () => {
  const { status, scope, rows } = await usage('officer', '?dataset=gold.communities');
  expect([status, scope]).toEqual([200, 'everybody']);
  const told = rows.map(({ subject, queries, columns }) => [subject.sub, queries, columns]);
  expect(told).toContainEqual([
    'anna.analyst',
    2,
    [
      { name: 'name', queries: 2 },
      { name: 'community', queries: 1 },
    ],
  ]);
  expect(told).toContainEqual(['olga.officer', 1, [{ name: 'founded_on', queries: 1 }]]);
});

describe('everyone else', () => {
  test('sees their own, and of what they were refused no more than they were told', async () => {
    const { status, scope, rows } = await usage('analyst');
    expect([status, scope]).toEqual([200, 'own']);
    expect(rows.map(({ dataset, subject }) => [dataset, subject.sub])).toEqual([
      ['gold.communities', 'anna.analyst'],
    ]);
  });

  test('finds nothing by the name of what they may not know of', async () => {
    expect((await usage('analyst', '?dataset=sluice.audit')).rows).toEqual([]);
    expect((await usage('officer', '?dataset=sluice.audit')).rows.some(({ denied }) => denied > 0)).toBe(
      true,
    );
  });

  test('has to say who they are', async () => {
    expect(await usage(null)).toMatchObject({ status: 401, code: 'token_missing' });
  });
});

test.each([
  ['?from=2020-01-01&to=2020-02-01', 200],
  ['?from=2026-02-01&to=2026-01-01', 400],
  ['?from=yesterday', 400],
  ['?limit=0', 400],
  ['?subject=x', 400],
  // Its 512th unit is half a character.
  [`?dataset=${'a'.repeat(511)}%F0%9F%98%80`, 200],
])('%s answers %i', async (query, status) => {
  const answer = await usage('officer', query);
  expect(answer.status).toBe(status);
  expect(answer.rows).toEqual([]);
});

test('a look at the use of others is on record, one at one’s own is not', async () => {
  const events = await gate.serving.open.gate.audit.tail(200);
  const lookers = events.filter(({ action }) => action === 'usage').map(({ subject }) => subject.sub);
  expect(new Set(lookers)).toEqual(new Set(['olga.officer']));
});

test('a limit says that there is more', async () => {
  const { body } = await gate.call('officer', 'GET', '/v1/usage?limit=1');
  expect([(body.usage as Row[]).length, body.truncated]).toEqual([1, true]);
});

test('only auditors see the sinks', async () => {
  expect(await gate.call('officer', 'GET', '/v1/audit/sinks')).toMatchObject({
    status: 200,
    body: { sinks: [] },
  });
  expect((await gate.call('analyst', 'GET', '/v1/audit/sinks')).status).toBe(403);
  expect((await gate.call(null, 'GET', '/v1/audit/sinks')).status).toBe(401);
});
