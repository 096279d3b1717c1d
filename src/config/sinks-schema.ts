/** `audit.sinks` of sluice.yml. */
import { normalize } from 'node:path';
import { z } from 'zod';
import { size } from './units.ts';
import { webhookSecret } from './webhook-secret.ts';

const common = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,63}$/, {
      error: 'must begin with a small letter and consist of small letters, digits, _ and -',
    })
    .optional()
    .describe(
      'What its place in the audit is kept under. Default: its kind; needed where two are of one kind.',
    ),
  from: z
    .enum(['now', 'beginning'])
    .prefault('now')
    .describe('Where a new sink begins: at what happens from now on, or at the oldest event that is kept.'),
  batch: z.int().min(1).max(10_000).prefault(500).describe('Most events that are sent at once.'),
};

const url = z
  .string()
  .regex(/^https?:\/\/[^\s@]+$/, { error: 'must be an http or https URL without a password' });

export const sinkSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file').describe('A file of one JSON object a line.'),
    path: z.string().min(1).describe('The file; made with its folder where it is missing.'),
    rotate: z
      .strictObject({
        size: size({ least: '1KiB', most: '1TiB' }).describe('Largest size of the file.'),
        keep: z
          .int()
          .min(0)
          .max(100_000)
          .nullable()
          .prefault(null)
          .describe('Files that are kept beside it, the newest. Default: all.'),
      })
      .optional()
      .describe('When the file is set aside. Default: never.'),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('stdout').describe('Standard output, one JSON object a line.'),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('otel').describe('OpenTelemetry logs: OTLP as JSON over HTTP.'),
    endpoint: url.describe('Of the receiver; `/v1/logs` is added where it is missing.'),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string())
      .prefault({})
      .describe('Sent along, for a token say. Take them from the environment.'),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('postgres').describe('A table in PostgreSQL.'),
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\//, { error: 'must begin with postgres://' })
      .describe('Where the server is. Holds a password, so take it from the environment.'),
    table: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/, {
        error: 'must be `table` or `schema.table`, in small letters',
      })
      .prefault('sluice_audit')
      .describe('`table` or `schema.table`; made where it is missing.'),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('webhook').describe('A POST of a batch of events, signed.'),
    url: url.describe('Where it is sent. Redirects are not followed.'),
    secret: webhookSecret.describe(
      'Signs each request (HMAC-SHA-256, as Standard Webhooks has it). At least 16 characters; behind `whsec_`, base64.',
    ),
    ...common,
  }),
]);

export const sinksSchema = z
  .array(sinkSchema)
  .max(32)
  .prefault([])
  .refine((sinks) => new Set(sinks.map(({ name, kind }) => name ?? kind)).size === sinks.length, {
    error: 'two sinks have the same name: give them names of their own',
  })
  // Half a line of the one would be what a crash left to the other.
  .refine((sinks) => new Set(pathsOf(sinks)).size === pathsOf(sinks).length, {
    error: 'two sinks write to the same file',
  })
  .describe('Where audit events are sent to, each at least once and in order.');

function pathsOf(sinks: readonly z.output<typeof sinkSchema>[]): readonly string[] {
  return sinks.flatMap((sink) => (sink.kind === 'file' ? [normalize(sink.path)] : []));
}
