/** A gate that serves ships what its configuration names, tells how far it has come, and holds up no query for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { eventsOf, receiver, signatureOf } from './world.ts';

const SECRET = 'a secret of the receiver';
let server: Awaited<ReturnType<typeof receiver>>;
let gate: TestGate;
let up = false;

beforeAll(async () => {
  server = await receiver(() => ({ status: up ? 200 : 503 }));
  gate = await startGate({
    edit: (yaml) =>
      `${yaml}\naudit:\n  sinks:\n    - { kind: file, path: shipped/audit.ndjson }\n    - { kind: webhook, name: siem, url: "${server.url}", secret: ${SECRET} }\n`,
  });
}, 120_000);
afterAll(async () => {
  await gate?.close();
  await server?.close();
});

interface State {
  readonly name: string;
  readonly lag_events: number;
  readonly failures: number;
  readonly error: string | null;
}

async function sinks(): Promise<ReadonlyMap<string, State>> {
  const { body } = await gate.call('officer', 'GET', '/v1/audit/sinks');
  return new Map((body.sinks as readonly State[]).map((sink) => [sink.name, sink]));
}

test('while a receiver is down, queries are answered and its lag is told', async () => {
  expect((await gate.query('analyst', 'SELECT name FROM gold.communities')).status).toBe(200);
  await expect
    .poll(async () => (await sinks()).get('siem')?.failures, { timeout: 10_000 })
    .toBeGreaterThan(0);
  const { lag_events, error } = (await sinks()).get('siem')!;
  expect(error).toBe('HTTP 503');
  expect(lag_events).toBeGreaterThan(0);
});

test('when it is up again, it gets everything since the gate began, signed', async () => {
  up = true;
  await expect
    .poll(() => server.requests.flatMap(eventsOf).some(({ event }) => event === 'push'), { timeout: 30_000 })
    .toBe(true);
  expect(server.requests.every((one) => one.headers['webhook-signature'] === signatureOf(one, SECRET))).toBe(
    true,
  );
});

test('the file has each event, and no more of a query than the audit', async () => {
  await gate.query('analyst', "SELECT name FROM gold.communities WHERE name = 'not to be seen'");
  const file = join(gate.folder, 'shipped/audit.ndjson');
  await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 10_000 }).toMatch(/WHERE/);
  const text = readFileSync(file, 'utf8');
  const seqs = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { seq: number }).seq);
  expect(new Set(seqs).size).toBe(seqs.length);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  expect(text).not.toContain('not to be seen');
});

test('the metrics tell what was shipped and what is behind', async () => {
  const metrics = createMetrics({ processMetrics: false });
  for (const seen of gate.observed) metrics.observe(seen);
  const { text } = await metrics.text();
  expect(text).toMatch(/sluice_audit_sink_events_total\{sink="file"\} [1-9]/);
  expect(text).toMatch(/sluice_audit_sink_failures_total\{sink="siem"\} [1-9]/);
  expect(text).toMatch(/sluice_audit_sink_lag_seconds\{sink="siem"\}/);
});
