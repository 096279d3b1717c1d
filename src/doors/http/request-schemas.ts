/** The shapes of access requests, grants and notifications. */
import { z } from 'zod';

const text = z.string().max(4000);
const name = z.string().min(1).max(512);
const term = {
  duration: z
    .union([z.string().max(32), z.number().int().min(1)])
    .optional()
    .describe('`30m`, `2h`, `7d`, or seconds; from the approval on.'),
  until: z.string().max(64).optional().describe('A moment in ISO 8601, instead of a duration.'),
};

export const askBody = z.strictObject({
  kind: z
    .enum(['dataset', 'project', 'unmask', 'unfilter'])
    .describe('Access to a dataset or a project; columns without their masks; rows without their filter.'),
  dataset: name.optional(),
  columns: z.array(name).max(200).optional().describe('unmask: which.'),
  project: name.optional().describe('Which project; with a dataset: the grant counts in that project alone.'),
  purpose: name.optional().describe('The grant counts for this purpose alone.'),
  reason: text.describe('Why, for those who decide.'),
  ...term,
});

export const approveBody = z.strictObject({ ...term, comment: text.optional() });
export const denyBody = z.strictObject({ comment: text.describe('Why, for whoever asked.') });

export const idParams = z.strictObject({ id: z.string().max(64) });

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const paging = {
  limit: z.coerce.number().int().min(1).max(200).optional(),
  cursor: z.string().max(512).optional(),
};

export const requestsQuery = z.strictObject({
  state: z.enum(['open', 'approved', 'denied', 'withdrawn']).optional(),
  mine: flag.optional().describe('Those that the caller asked for.'),
  to_decide: flag.optional().describe('Those that wait for a word of the caller.'),
  ...paging,
});

export const grantsQuery = z.strictObject({
  mine: flag.optional(),
  all: flag.optional().describe('Those that are over as well.'),
  ...paging,
});

export const revokeQuery = z.strictObject({ comment: text.optional() });

export const notificationsQuery = z.strictObject({
  state: z.enum(['waiting', 'done', 'dead']).optional(),
  limit: z.coerce.number().int().min(1).max(500).optional(),
});

const person = z.object({ sub: z.string(), issuer: z.string().nullable() });
const forDeciders = 'For those who decide; never for whoever asked.';

export const requestAnswer = z.object({
  id: z.string(),
  state: z.enum(['open', 'approved', 'denied', 'withdrawn']),
  kind: z.enum(['dataset', 'project', 'unmask', 'unfilter']),
  dataset: z.string().nullable(),
  columns: z.array(z.string()),
  project: z.string().nullable(),
  purpose: z.string().nullable(),
  reason: z.string(),
  asker: person,
  through: z.array(person).describe('Who asked in the name of the asker.'),
  duration_seconds: z.number().int().nullable(),
  until: z.string().nullable(),
  created_at: z.string(),
  closed_at: z.string().nullable(),
  closed_by: person.nullable(),
  comment: z.string().nullable(),
  approvals: z.array(z.object({ by: person, at: z.string(), comment: z.string().nullable() })),
  may: z.array(z.enum(['approve', 'deny', 'withdraw'])).describe('What the caller may do with it now.'),
  policies: z.array(z.string()).optional().describe(forDeciders),
  needs: z
    .array(z.object({ from: z.string(), approvers: z.number().int(), given: z.number().int() }))
    .optional()
    .describe(forDeciders),
});

export const requestsAnswer = z.object({
  requests: z.array(requestAnswer),
  next_cursor: z.string().nullable(),
});

/** Why a grant does not hold though its time is not over. */
export const voidReason = z.enum([
  'dataset_gone',
  'dataset_replaced',
  'policy_changed',
  'project_gone',
  'project_replaced',
  'project_opened',
]);

export const grantAnswer = z.object({
  id: z.string(),
  state: z.enum(['active', 'ended', 'revoked', 'void']),
  why: voidReason.nullable().describe('Why it does not hold though its time is not over.'),
  kind: z.enum(['access', 'lift']),
  subject: person,
  dataset: z.string().nullable(),
  project: z.string().nullable(),
  columns: z.array(z.string()),
  purpose: z.string().nullable(),
  request: z.string(),
  approvers: z.array(person),
  created_at: z.string(),
  until: z.string(),
  revoked_at: z.string().nullable(),
  revoked_by: person.nullable(),
  comment: z.string().nullable(),
  policies: z.array(z.string()).optional().describe(forDeciders),
});

export const grantsAnswer = z.object({ grants: z.array(grantAnswer), next_cursor: z.string().nullable() });

export const notificationsAnswer = z.object({
  notifications: z.array(
    z.object({
      id: z.number().int(),
      about: z.string().describe('The request or the grant.'),
      event: z.enum(['asked', 'approved', 'denied', 'withdrawn', 'revoked', 'expiring', 'expired']),
      channel: z.enum(['webhook', 'mail']),
      target: z.string(),
      state: z.enum(['waiting', 'done', 'dead']),
      attempts: z.number().int(),
      created_at: z.string(),
      due_at: z.string().nullable(),
      problem: z.string().nullable(),
    }),
  ),
});
