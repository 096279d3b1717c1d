/** Shapes of POST /v1/audit/replay. */
import { z } from 'zod';
import { metadataBody } from './metadata-schemas.ts';
import { moment } from './moment.ts';

export const replayBody = z
  .strictObject({
    from: moment.optional().describe('At this moment or later (ISO 8601). Default: a day before `to`.'),
    to: moment.optional().describe('Before this moment. Default: now.'),
    against: z
      .string()
      .regex(/^[0-9a-f]{8,64}$/, { error: 'must be an ETag of the history, or its beginning' })
      .optional()
      .describe('A state of the history. Default: the applied one.'),
    metadata: metadataBody.optional().describe('What a push would bring, instead.'),
  })
  .refine(({ against, metadata }) => against === undefined || metadata === undefined, {
    error: 'takes either against or metadata',
  });

const count = z.number().int();
const named = z.object({ sub: z.string(), issuer: z.string().nullable() });

export const replayAnswer = z.object({
  format: z.literal(1),
  from: z.string(),
  to: z.string(),
  against: z.object({
    etag: z.string(),
    source: z.enum(['applied', 'history', 'files']),
  }),
  verdict: z
    .enum(['gain', 'may_gain', 'no_gain'])
    .describe('Of tagged columns: more would have been released to someone, may have been, or not.'),
  queries: z.object({
    all: count,
    same: count,
    newly_denied: count,
    newly_allowed: count,
    otherwise: count.describe('Allowed on both sides, with something about a dataset otherwise.'),
    undecided: count,
  }),
  undecided: z.object({ identity_unknown: count, cannot_be_decided: count }),
  recorded_only: count.describe('Whose state is no longer kept: only whether they were allowed is compared.'),
  shape_unknown: count.describe(
    'Whose shape may decide (limits on the text, rules of a clean room) and cannot be judged without their values or their text: only rights are compared.',
  ),
  differ_from_record: count.describe(
    "That today's facts of the caller would have decided otherwise than the record says, under the state of then.",
  ),
  changes: z.array(
    z.object({
      subject: named.extend({ kind: z.string(), on_behalf_of: named.nullable() }),
      dataset: z.string().nullable(),
      change: z.string().describe('`newly_denied`, `newly_allowed`, or a change as a plan has them.'),
      direction: z.enum(['gain', 'may_gain', 'loss', 'notice']),
      column: z.string().nullable(),
      tags: z.array(z.string()),
      from: z.string(),
      to: z.string(),
      projects: z.array(z.string()),
      purposes: z.array(z.string()),
      queries: count,
      first: z.string(),
      last: z.string(),
      example: z.string().describe('Request id of the last of them.'),
    }),
  ),
  truncated: z.boolean(),
});
