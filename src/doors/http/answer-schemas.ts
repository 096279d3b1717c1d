/** The shapes of answers, as the OpenAPI document shows them; a test holds what is really answered to them. */
import { z } from 'zod';

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('Stable; see the error reference.'),
    message: z.string(),
    hint: z.string().nullable(),
    position: z.number().int().nullable().describe('UTF-16 index into the SQL text.'),
    details: z.array(z.string()).optional(),
    request_id: z.string(),
    request_access: z
      .object({ href: z.string(), kind: z.literal('dataset'), dataset: z.string() })
      .optional()
      .describe('How to ask for what was denied: POST to `href`.'),
  })
  .describe('RFC 9457 problem details');

const problem = {
  description: 'Problem details',
  content: { 'application/problem+json': { schema: problemSchema } },
};

/** What every route may answer instead. */
export const PROBLEMS = { '4xx': problem, '5xx': problem };

export const reason = z.object({
  policy: z.string(),
  effect: z.string(),
  because: z.string(),
  party: z.string().optional().describe('Whose it is, where not the caller’s: `actor`, `members.0`.'),
  source: z.object({ file: z.string(), line: z.number().int() }).nullable(),
});

export const decisionSummary = z.object({
  dataset: z.string(),
  allow: z.boolean(),
  reason: z.string(),
  masked: z.array(z.string()).describe('Columns that are shown masked.'),
  filtered: z.boolean().describe('Whether a row filter applies.'),
  aggregate_only: z.literal(true).optional().describe('In a clean room: sums over groups alone.'),
});

const page = z.object({
  request_id: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), masked: z.boolean() })),
  rows: z.array(z.array(z.unknown())).describe('Integers beyond 2^53 and decimals are strings.'),
  page: z.object({
    limit: z.number().int(),
    offset: z.number().int(),
    returned: z.number().int(),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  }),
  truncated: z.enum(['rows', 'bytes']).optional(),
  decisions: z.array(decisionSummary),
});

/** A page, or a stream in one of the other formats. */
export const queryAnswer = {
  description: 'The rows',
  content: {
    'application/json': { schema: page },
    'application/x-ndjson': {
      schema: z.string().describe('One object a line; a cut answer ends in `{"$sluice":{"truncated":…}}`.'),
    },
    'text/csv': {
      schema: z.string().describe('RFC 4180 with a header; the trailer X-Sluice-Truncated tells of a cut.'),
    },
  },
};

const listedDataset = z.object({
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  description: z.string(),
  access_level: z.enum(['open', 'internal', 'restricted']),
  owner: z.string().nullable(),
  resource_type: z.enum(['source', 'seed', 'model', 'snapshot']),
  tags: z.array(z.string()),
  allowed: z.boolean().describe("Whether the caller's queries would be let through."),
  reason: z.string(),
});

export const catalogueAnswer = z.object({
  datasets: z.array(listedDataset),
  next_cursor: z.string().nullable(),
});

export const forStewards = 'For stewards.';

export const tagSource = z.object({
  kind: z.enum(['explicit', 'derived', 'propagated', 'patched']),
  via: z.string(),
  file: z.string().nullable(),
  path: z
    .array(z.object({ dataset: z.string(), column: z.string() }))
    .optional()
    .describe('propagated: from the column that has the tag of its own to the direct parent.'),
  by: z.string().optional().describe('patched: the subject who did it.'),
  at: z.string().optional().describe('patched: ISO 8601, UTC.'),
});

const tagAssignment = z.object({ tag: z.string(), source: tagSource });

export const datasetAnswer = listedDataset.extend({
  columns: z
    .array(
      z.object({
        name: z.string(),
        type: z.string().nullable(),
        description: z.string(),
        tags: z.array(z.string()),
        masked: z.boolean(),
      }),
    )
    .nullable()
    .describe('Null where the caller may not read the dataset.'),
  filtered: z.boolean(),
  projects: z.array(z.string()),
  steward: z
    .object({
      unique_id: z.string(),
      relation: z.object({ database: z.string().nullable(), schema: z.string(), identifier: z.string() }),
      engine: z.string(),
      access_level_source: z.string(),
      invalid: z.string().nullable(),
      tags: z.array(tagAssignment),
      columns: z.array(
        z.object({
          name: z.string(),
          state: z.enum(['documented', 'untagged', 'unclassified', 'ghost']),
          exposed: z.boolean(),
          tags: z.array(tagAssignment),
        }),
      ),
    })
    .optional()
    .describe(forStewards),
});

export const rowSchemaAnswer = {
  description: 'JSON Schema (2020-12) of a row',
  content: { 'application/schema+json': { schema: z.record(z.string(), z.unknown()) } },
};

const identity = z.object({
  sub: z.string(),
  kind: z.enum(['user', 'service', 'anonymous']),
  display_name: z.string().nullable(),
  groups: z.array(z.string()),
  roles: z.array(z.string()),
  scopes: z.array(z.string()),
  attributes: z.record(z.string(), z.unknown()),
  issuer: z.string().nullable(),
});

const someone = z.object({ sub: z.string(), issuer: z.string() });

export const identityAnswer = identity.extend({
  actor: identity
    .extend({ prior: z.array(someone).optional().describe('Who acted before in the same cause.') })
    .optional()
    .describe(
      'Who acts in person, where the token was made for somebody else: what both may do, may be done.',
    ),
  read_from: z
    .object({
      provider: z.string(),
      claims: z.record(z.string(), z.array(z.string())),
      attributes: z.record(z.string(), z.string()),
    })
    .nullable()
    .describe('The claims that each part was read from; null without a token.'),
});

export const policiesAnswer = z.object({
  revision: z.string(),
  policies: z.array(
    z.object({
      id: z.string(),
      description: z.string(),
      effect: z.enum(['allow', 'require', 'deny', 'mask', 'rows', 'limit', 'discover', 'break_glass']),
      source: z.object({ file: z.string(), line: z.number().int() }),
      datasets: z.array(z.string()).describe('Ids of the datasets that it matches.'),
      definition: z.unknown().describe('As written.'),
    }),
  ),
});

export const liveAnswer = z.object({ status: z.literal('live'), instance: z.string() });

export const readyAnswer = z.object({
  status: z.enum(['ready', 'not ready']),
  missing: z.array(z.string()).describe('Parts that are not ready.'),
});

export const metricsAnswer = {
  description: 'Prometheus text',
  content: { 'text/plain': { schema: z.string() } },
};
