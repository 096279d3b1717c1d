/** Observations as Prometheus metrics. Labels come from short closed lists, so that no caller can multiply the series. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Observation, Observe, StageTimes } from '../observe.ts';

export interface Metrics {
  /** Never throws: what counts the work must not stop it. */
  readonly observe: Observe;
  /** What `/metrics` answers, with its media type. */
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Seconds: from a cached decision to a long query. */
const FINE = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];
const COARSE = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** `processMetrics`: memory, event loop and garbage collection of this process as well. */
export function createMetrics({
  processMetrics = true,
}: {
  readonly processMetrics?: boolean;
} = {}): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const meters = createMeters(registry);
  return {
    observe(observation) {
      try {
        record(meters, observation);
      } catch {
        // A value that is no number, say: one sample is lost, and shows as such.
        meters.lost.inc();
      }
    },
    text: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}

type Meters = ReturnType<typeof createMeters>;

function createMeters(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'sluice_requests_total',
      help: 'Requests served',
      labelNames: ['door', 'method', 'route', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'sluice_request_duration_seconds',
      help: 'From the request to the last byte of its answer',
      labelNames: ['door', 'route'],
      buckets: COARSE,
      registers,
    }),
    failures: new Counter({
      name: 'sluice_requests_failed_total',
      help: 'Requests refused, denied or failed, by the code that the caller was told',
      labelNames: ['code'],
      registers,
    }),
    decisions: new Counter({
      name: 'sluice_decisions_total',
      help: 'Queries decided',
      labelNames: ['decision'],
      registers,
    }),
    queries: new Counter({
      name: 'sluice_queries_total',
      help: 'Queries that an engine ran; code is "ok", or what ended them early',
      labelNames: ['code'],
      registers,
    }),
    querySeconds: new Histogram({
      name: 'sluice_query_duration_seconds',
      help: 'Queries that an engine ran, from request to last row',
      buckets: COARSE,
      registers,
    }),
    stageSeconds: new Histogram({
      name: 'sluice_stage_duration_seconds',
      help: 'Time of each stage of a query',
      labelNames: ['stage'],
      buckets: FINE,
      registers,
    }),
    rows: new Counter({ name: 'sluice_rows_total', help: 'Rows released', registers }),
    bytes: new Counter({ name: 'sluice_bytes_total', help: 'Bytes of rows released', registers }),
    snapshots: new Counter({
      name: 'sluice_snapshots_total',
      help: 'Snapshots that became current, or that this gate could not take over',
      labelNames: ['outcome'],
      registers,
    }),
    datasets: new Gauge({
      name: 'sluice_snapshot_datasets',
      help: 'Datasets in the current snapshot',
      registers,
    }),
    engineEvents: new Counter({
      name: 'sluice_engine_events_total',
      help: 'Engines started, lost, failed to start, published or stale',
      labelNames: ['engine', 'event'],
      registers,
    }),
    publishSeconds: new Histogram({
      name: 'sluice_engine_publish_duration_seconds',
      help: 'From the source to a copy that is served',
      labelNames: ['engine'],
      buckets: COARSE,
      registers,
    }),
    pdpCalls: new Counter({
      name: 'sluice_pdp_calls_total',
      help: 'Calls to the OPA server, each for a batch of decisions',
      labelNames: ['outcome'],
      registers,
    }),
    pdpSeconds: new Histogram({
      name: 'sluice_pdp_call_duration_seconds',
      help: 'Calls to the OPA server',
      buckets: FINE,
      registers,
    }),
    pdpDecisions: new Counter({
      name: 'sluice_pdp_decisions_total',
      help: 'Decisions that the OPA server was asked for',
      registers,
    }),
    pdpBreaker: new Gauge({
      name: 'sluice_pdp_breaker_state',
      help: 'Circuit breaker before the OPA server: 0 closed, 1 half open, 2 open',
      registers,
    }),
    auditFailures: new Counter({
      name: 'sluice_audit_failures_total',
      help: 'Audit records that could not be written',
      registers,
    }),
    sinkEvents: new Counter({
      name: 'sluice_audit_sink_events_total',
      help: 'Audit events that a sink has confirmed',
      labelNames: ['sink'],
      registers,
    }),
    sinkFailures: new Counter({
      name: 'sluice_audit_sink_failures_total',
      help: 'Batches that a sink has not confirmed; each is sent again',
      labelNames: ['sink'],
      registers,
    }),
    sinkLagEvents: new Gauge({
      name: 'sluice_audit_sink_lag_events',
      help: 'Audit events that a sink has yet to confirm',
      labelNames: ['sink'],
      registers,
    }),
    sinkLagSeconds: new Gauge({
      name: 'sluice_audit_sink_lag_seconds',
      help: 'Age of the oldest audit event that a sink has yet to confirm',
      labelNames: ['sink'],
      registers,
    }),
    notificationFailures: new Counter({
      name: 'sluice_notification_failures_total',
      help: 'Notifications that a receiver did not take: each is sent again, or was given up',
      labelNames: ['channel', 'outcome'],
      registers,
    }),
    lost: new Counter({
      name: 'sluice_samples_lost_total',
      help: 'Observations that could not be counted',
      registers,
    }),
  };
}

function record(meters: Meters, seen: Observation): void {
  switch (seen.kind) {
    case 'request_served': {
      const route = seen.route ?? 'unmatched';
      const method = METHODS.has(seen.method) ? seen.method : 'other';
      meters.requests.inc({ door: seen.door, method, route, status: String(seen.status) });
      meters.requestSeconds.observe({ door: seen.door, route }, seen.durationMs / 1000);
      break;
    }
    case 'request_failed':
      meters.failures.inc({ code: seen.code });
      // Without its record a request is refused: this is where a log that cannot be written shows first.
      if (seen.code === 'audit_unavailable') meters.auditFailures.inc();
      break;
    case 'query_decided':
      meters.decisions.inc({ decision: seen.decision });
      recordStages(meters, seen.stages ?? {});
      break;
    case 'query_finished':
      meters.queries.inc({ code: seen.code ?? 'ok' });
      meters.querySeconds.observe(seen.durationMs / 1000);
      meters.rows.inc(seen.rows);
      meters.bytes.inc(seen.bytes);
      break;
    case 'snapshot_applied':
      meters.snapshots.inc({ outcome: 'applied' });
      meters.datasets.set(seen.datasets);
      break;
    case 'snapshot_refused':
      meters.snapshots.inc({ outcome: 'refused' });
      break;
    case 'audit_failed':
      meters.auditFailures.inc();
      break;
    case 'pdp_asked':
      meters.pdpCalls.inc({ outcome: seen.outcome });
      meters.pdpSeconds.observe(seen.durationMs / 1000);
      meters.pdpDecisions.inc(seen.items);
      break;
    case 'pdp_breaker':
      meters.pdpBreaker.set({ closed: 0, half_open: 1, open: 2 }[seen.state]);
      break;
    case 'pdp_revision':
      break;
    case 'engine_published':
      meters.publishSeconds.observe({ engine: seen.engine }, seen.durationMs / 1000);
      meters.engineEvents.inc({ engine: seen.engine, event: 'published' });
      break;
    case 'engine_started':
    case 'engine_lost':
    case 'engine_start_failed':
    case 'engine_stale':
      meters.engineEvents.inc({ engine: seen.engine, event: seen.kind.slice('engine_'.length) });
      break;
    case 'sink_shipped':
      meters.sinkEvents.inc({ sink: seen.sink }, seen.events);
      recordLag(meters, seen);
      break;
    case 'sink_failed':
      meters.sinkFailures.inc({ sink: seen.sink });
      recordLag(meters, seen);
      break;
    case 'notification_failed':
      meters.notificationFailures.inc({
        channel: seen.channel,
        outcome: seen.dead ? 'given_up' : 'sent_again',
      });
      break;
    case 'shipper_lost':
    case 'audit_retained':
    case 'audit_retention_failed':
    case 'seen_failed':
    case 'notifications_broken':
    case 'close_failed':
    case 'config_reloaded':
    case 'config_refused':
      break;
    default:
      seen satisfies never;
  }
}

function recordStages(meters: Meters, stages: StageTimes): void {
  for (const [stage, ms] of Object.entries(stages)) meters.stageSeconds.observe({ stage }, ms / 1000);
}

function recordLag(
  meters: Meters,
  { sink, lagEvents, lagSeconds }: Extract<Observation, { readonly kind: 'sink_shipped' | 'sink_failed' }>,
): void {
  meters.sinkLagEvents.set({ sink }, lagEvents);
  meters.sinkLagSeconds.set({ sink }, lagSeconds);
}
