/** Which columns a query reads is on record with its decision: also those that it only filters or joins by, and no value. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate();
}, 120_000);
afterAll(() => gate?.close());

test.each([
  ['SELECT count(*) FROM gold.communities', []],
  ["SELECT name FROM gold.communities WHERE community <> 'x'", ['community', 'name']],
  ['SELECT 1 FROM gold.communities a JOIN gold.communities b USING (community)', ['community']],
  ['WITH c AS (SELECT name AS n, community FROM gold.communities) SELECT n FROM c', ['community', 'name']],
  ['SELECT (SELECT max(name) FROM gold.communities) AS x', ['name']],
  ['SELECT 1 FROM gold.communities ORDER BY name', ['name']],
])('%s', async (sql, columns) => {
  for (let time = 0; time < 2; time++) {
    const { status, body } = await gate.query('analyst', sql);
    expect([status, body.code]).toEqual([200, undefined]);
    const events = await gate.serving.open.gate.audit.tail(10);
    const { request_id: id } = body;
    const decision = events.find((event) => event.request_id === id && event.event === 'decision');
    expect(decision?.columns).toEqual(columns.map((name) => `gold.communities.${name}`));
  }
});

test('a refused query has read none', async () => {
  const { body } = await gate.query('analyst', 'SELECT nothing FROM gold.communities');
  const events = await gate.serving.open.gate.audit.tail(10);
  expect(events.find(({ request_id }) => request_id === body.request_id)?.columns).toBeUndefined();
});
