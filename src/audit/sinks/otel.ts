/**
 * OpenTelemetry logs, as OTLP/JSON over HTTP. Written by hand: the official exporter takes an answer that refuses records
 * (`partial_success`) for a success, and keeps a queue of its own in memory, where the log itself is ours.
 */
import { type ChainedRow, lineOf } from '../chain.ts';
import type { StoredAuditEvent } from '../event.ts';
import { post } from './post.ts';
import { ReceiverRefused, type Sink } from './sink.ts';

export interface OtelOptions {
  /** Of a receiver, with or without `/v1/logs`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly instance: string;
  readonly now: () => number;
}

export function otelSink({ endpoint, headers, instance, now }: OtelOptions): Sink {
  const url = /\/v1\/logs\/?$/.test(endpoint) ? endpoint : `${endpoint.replace(/\/$/, '')}/v1/logs`;
  const resource = {
    attributes: [text('service.name', 'sluice'), text('service.instance.id', instance)],
  };
  return {
    async ship(batch, signal) {
      const observed = `${now()}000000`;
      const logRecords = batch.map((row) => recordOf(row, observed));
      const scopeLogs = [{ scope: { name: 'sluice.audit' }, logRecords }];
      const body = JSON.stringify({ resourceLogs: [{ resource, scopeLogs }] });
      const refused = refusedIn(await post({ url, headers, body, signal }));
      // Which of them it was, it does not say: they go again in smaller parts, and one alone it has refused for good.
      if (refused > 0 && batch.length > 1) throw new ReceiverRefused(`${refused} records refused`);
      return { refused };
    },
    close: async () => {},
  };
}

function refusedIn(answer: string): number {
  try {
    const { partialSuccess } = JSON.parse(answer) as {
      readonly partialSuccess?: { readonly rejectedLogRecords?: number | string };
    };
    return Number(partialSuccess?.rejectedLogRecords ?? 0) || 0;
  } catch {
    // Receivers may answer with nothing, or in Protobuf: the status has confirmed it.
    return 0;
  }
}

interface Attribute {
  readonly key: string;
  readonly value: object;
}

const text = (key: string, value: string): Attribute => ({ key, value: { stringValue: value } });
/** 64-bit integers are texts in OTLP/JSON. */
const whole = (key: string, value: number): Attribute => ({ key, value: { intValue: String(value) } });
const texts = (key: string, values: readonly string[]): Attribute => ({
  key,
  value: { arrayValue: { values: values.map((value) => ({ stringValue: value })) } },
});

const [INFO, WARN] = [9, 13];

/** The whole event is the body; what one filters by stands beside it. */
function recordOf(row: ChainedRow, observed: string): object {
  const event = JSON.parse(row.body) as Omit<StoredAuditEvent, 'hash'>;
  const denied = event.decision === 'deny';
  return {
    timeUnixNano: `${Date.parse(event.time)}000000`,
    observedTimeUnixNano: observed,
    severityNumber: denied ? WARN : INFO,
    severityText: denied ? 'WARN' : 'INFO',
    eventName: `sluice.audit.${event.event}`,
    body: { stringValue: lineOf(row) },
    attributes: [
      whole('sluice.audit.seq', row.seq),
      text('sluice.audit.hash', row.hash),
      text('sluice.audit.event', event.event),
      text('sluice.audit.action', event.action),
      text('sluice.audit.decision', event.decision),
      text('sluice.request_id', event.request_id),
      text('enduser.id', event.subject.sub),
      texts('sluice.datasets', event.datasets),
      ...(event.error_code === undefined ? [] : [text('sluice.error_code', event.error_code)]),
      ...(event.project === undefined ? [] : [text('sluice.project', event.project)]),
      ...(event.purpose === undefined ? [] : [text('sluice.purpose', event.purpose)]),
    ],
  };
}
