/** The metrics count what happened, in as many series as there are codes, routes and engines, and no more. */
import { expect, test } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { Observation } from '../../src/observe.ts';

async function samples(...observations: readonly Observation[]): Promise<readonly string[]> {
  const metrics = createMetrics({ processMetrics: false });
  for (const observation of observations) metrics.observe(observation);
  const { text } = await metrics.text();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const served = (change: Partial<Extract<Observation, { kind: 'request_served' }>>): Observation => ({
  kind: 'request_served',
  requestId: 'r1',
  door: 'http',
  method: 'GET',
  route: '/v1/catalogue/:id',
  status: 200,
  durationMs: 4,
  ...change,
});

test.each<{ name: string; observations: readonly Observation[]; sample: string }>([
  {
    name: 'requests',
    observations: [served({}), served({ requestId: 'r2' })],
    sample: 'sluice_requests_total{door="http",method="GET",route="/v1/catalogue/:id",status="200"} 2',
  },
  {
    name: 'their time, in seconds',
    observations: [served({ durationMs: 4 })],
    sample: 'sluice_request_duration_seconds_bucket{le="0.005",door="http",route="/v1/catalogue/:id"} 1',
  },
  {
    name: 'failures by code',
    observations: [
      { kind: 'request_failed', requestId: 'r', code: 'timeout', error: new SluiceError('timeout') },
    ],
    sample: 'sluice_requests_failed_total{code="timeout"} 1',
  },
  {
    name: 'decisions',
    observations: [{ kind: 'query_decided', requestId: 'r', decision: 'deny', datasets: 1 }],
    sample: 'sluice_decisions_total{decision="deny"} 1',
  },
  {
    name: 'the time of stages',
    observations: [
      {
        kind: 'query_decided',
        requestId: 'r',
        decision: 'allow',
        datasets: 1,
        stages: { parse: 0.2, decide: 0.05 },
      },
    ],
    sample: 'sluice_stage_duration_seconds_bucket{le="0.00025",stage="parse"} 1',
  },
  {
    name: 'rows',
    observations: [
      { kind: 'query_finished', requestId: 'r', rows: 3, bytes: 40, durationMs: 2, code: null },
      { kind: 'query_finished', requestId: 'r', rows: 4, bytes: 50, durationMs: 2, code: 'cancelled' },
    ],
    sample: 'sluice_rows_total 7',
  },
  {
    name: 'queries by how they ended',
    observations: [{ kind: 'query_finished', requestId: 'r', rows: 3, bytes: 40, durationMs: 2, code: null }],
    sample: 'sluice_queries_total{code="ok"} 1',
  },
  {
    name: 'the size of the current snapshot',
    observations: [
      { kind: 'snapshot_applied', etag: 'a', datasets: 3 },
      { kind: 'snapshot_applied', etag: 'b', datasets: 5 },
    ],
    sample: 'sluice_snapshot_datasets 5',
  },
  {
    name: 'engines lost',
    observations: [{ kind: 'engine_lost', engine: 'warehouse', pid: 7, why: 'killed' }],
    sample: 'sluice_engine_events_total{engine="warehouse",event="lost"} 1',
  },
  {
    name: 'audit records that failed before and after the answer',
    observations: [
      { kind: 'request_failed', requestId: 'r', code: 'audit_unavailable', error: null },
      { kind: 'audit_failed', requestId: 'r', error: null },
    ],
    sample: 'sluice_audit_failures_total 2',
  },
  {
    name: 'notifications that were given up',
    observations: [
      { kind: 'notification_failed', id: 1, channel: 'mail', attempts: 1, dead: false, error: null },
      { kind: 'notification_failed', id: 1, channel: 'mail', attempts: 2, dead: true, error: null },
    ],
    sample: 'sluice_notification_failures_total{channel="mail",outcome="given_up"} 1',
  },
])('counts $name', async ({ observations, sample }) => {
  expect(await samples(...observations)).toContain(sample);
});

test('callers cannot multiply the series', async () => {
  const few = await samples(served({ route: null, method: 'BREW0' }));
  const many = await samples(
    ...Array.from({ length: 100 }, (_, n) => served({ requestId: `r${n}`, route: null, method: `BREW${n}` })),
  );
  expect(many).toHaveLength(few.length);
});

test('a sample that is no number is lost, and nothing else', async () => {
  const lines = await samples(served({ durationMs: Number.NaN }), served({}));
  expect(lines).toContain('sluice_samples_lost_total 1');
  expect(lines).toContain('sluice_request_duration_seconds_count{door="http",route="/v1/catalogue/:id"} 1');
});

test('says its media type, and adds the process', async () => {
  const { type, text } = await createMetrics().text();
  expect(type).toMatch(/^text\/plain/);
  expect(text).toContain('process_cpu_seconds_total');
});
