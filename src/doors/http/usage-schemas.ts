/** Shapes of GET /v1/usage and GET /v1/audit/sinks. */
import { z } from 'zod';
import { moment } from './moment.ts';

export const usageQuery = z.strictObject({
  dataset: z.string().min(1).max(512).optional().describe('Id of a dataset. Default: all.'),
  from: moment.optional().describe('At this moment or later (ISO 8601). Default: thirty days before `to`.'),
  to: moment.optional().describe('Before this moment. Default: now.'),
  limit: z.coerce.number().int().min(1).max(10_000).optional().describe('Rows at most. Default 1000.'),
});

export const usageAnswer = z.object({
  from: z.string(),
  to: z.string(),
  scope: z
    .enum(['everybody', 'owned', 'own'])
    .describe("Whose use is told: everybody's, one's own and that of the datasets one owns, or one's own."),
  usage: z
    .array(
      z.object({
        day: z.string().describe('UTC.'),
        dataset: z.string(),
        subject: z.object({ sub: z.string(), kind: z.string(), issuer: z.string().nullable() }),
        purpose: z.string().nullable(),
        project: z.string().nullable(),
        queries: z.number().int().describe('That were allowed.'),
        denied: z.number().int().describe('That were refused, for whatever reason.'),
        rows: z.number().int().describe('Of the answers, whatever else was in them.'),
        columns: z
          .array(z.object({ name: z.string(), queries: z.number().int() }))
          .describe('That were read; `*` where a query read more than a hundred.'),
      }),
    )
    .describe('The latest day first.'),
  truncated: z.boolean(),
});

export const sinksAnswer = z.object({
  sinks: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['file', 'stdout', 'otel', 'postgres', 'webhook']),
      seq: z.number().int().nullable().describe('The last event that was confirmed.'),
      lag_events: z.number().int(),
      lag_seconds: z.number().describe('Age of the oldest event that is not confirmed.'),
      shipped: z.number().int(),
      refused: z.number().int().describe('Events that the receiver said it will never take.'),
      gap: z.number().int().describe('Events that were gone before they could be shipped.'),
      shipped_at: z.string().nullable(),
      failures: z.number().int().describe('In a row, since the last success.'),
      error: z.string().nullable(),
      failed_at: z.string().nullable(),
    }),
  ),
});
