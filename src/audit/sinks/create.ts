/** The sink of each kind. */
import { fileSink } from './file.ts';
import { otelSink } from './otel.ts';
import { postgresSink } from './postgres.ts';
import type { Sink, SinkSettings } from './sink.ts';
import { stdoutSink } from './stdout.ts';
import { webhookSink } from './webhook.ts';

export function createSink(settings: SinkSettings, instance: string, now: () => number): Sink {
  switch (settings.kind) {
    case 'file':
      return fileSink(settings);
    case 'stdout':
      return stdoutSink();
    case 'otel':
      return otelSink({ ...settings, instance, now });
    case 'postgres':
      return postgresSink({ ...settings, instance });
    case 'webhook':
      return webhookSink({ ...settings, instance, now });
    default:
      return settings satisfies never;
  }
}
