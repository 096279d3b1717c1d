/** Shapes of GET /v1/audit and what is below it. */
import { z } from 'zod';
import { moment } from './moment.ts';

const word = (description: string) => z.string().min(1).max(512).optional().describe(description);

const period = {
  from: moment.optional().describe('At this moment or later (ISO 8601).'),
  to: moment.optional().describe('Before this moment.'),
};

export const auditQuery = z.strictObject({
  ...period,
  subject: word('Subject of who did it, or on whose behalf.'),
  issuer: word('Issuer of who did it, or on whose behalf.'),
  dataset: word('Id of a dataset.'),
  decision: z.enum(['allow', 'deny']).optional(),
  policy: word('Id of a policy; for auditors.'),
  project: word('Name of a project.'),
  purpose: word('Name of a purpose.'),
  event: z.enum(['query', 'decision', 'push', 'grant', 'request', 'login', 'admin']).optional(),
  action: word('What was done, as in `explain`.'),
  error_code: word('Code of the error that was told.'),
  request_id: word('Id of the request.'),
  fingerprint: word('Fingerprint of the query.'),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe('Events of a page. Default 100.'),
  cursor: z.string().max(512).optional().describe('`next_cursor` of the page before; excludes limit.'),
});

export const auditExportQuery = z.strictObject({
  ...period,
  format: z.enum(['ndjson', 'parquet']).default('ndjson'),
});

export const auditRequestParams = z.strictObject({ request_id: z.string().min(1).max(512) });

const someone = z.object({ sub: z.string(), issuer: z.string().nullable() });

/** What is optional beyond the contract's own options is shown to auditors alone. */
const event = z.object({
  time: z.string(),
  request_id: z.string(),
  event: z.string(),
  subject: someone.extend({ kind: z.string() }),
  on_behalf_of: someone.optional(),
  prior_actors: z.array(someone).optional(),
  action: z.string(),
  datasets: z.array(z.string()),
  columns: z.array(z.string()).optional(),
  project: z.string().optional(),
  purpose: z.string().optional(),
  decision: z.enum(['allow', 'deny']),
  reasons: z.array(z.string()).optional(),
  policy_ids: z.array(z.string()).optional(),
  snapshot: z.string().nullable().optional(),
  sql_fingerprint: z.string().nullable().optional(),
  sql_normalised: z.string().nullable().optional(),
  error_code: z.string().optional(),
  rows: z.int(),
  bytes: z.int(),
  duration_ms: z.number(),
  engine: z.string().nullable().optional(),
  client: z.object({ ip: z.string().nullable(), door: z.string(), user_agent: z.string().nullable() }),
  seq: z.int().optional(),
  prev_hash: z.string().optional(),
  hash: z.string().optional(),
});

export const auditAnswer = z.object({
  events: z.array(event).describe('Newest first.'),
  page: z.object({
    limit: z.int(),
    returned: z.int(),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  }),
});

export const auditRequestAnswer = auditAnswer.pick({ events: true });

export const auditExportAnswer = {
  description: 'The events with their places in the chain',
  content: {
    'application/x-ndjson': { schema: z.string() },
    'application/vnd.apache.parquet': { schema: z.string() },
  },
};
