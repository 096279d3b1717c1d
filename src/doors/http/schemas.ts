/** The shapes of the HTTP interface: what validates a request is what the OpenAPI document shows. */
import { z } from 'zod';

export const problemSchema = z
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
  })
  .describe('RFC 9457 problem details');

const param = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.union([z.string(), z.number(), z.boolean()])),
]);

export const queryBody = z.strictObject({
  sql: z.string().describe("One SELECT in PostgreSQL's grammar over catalogued datasets."),
  params: z.array(param).max(1000).optional().describe('Values for $1, $2, …'),
  limit: z.number().int().min(1).optional().describe('Rows of a page, or of a stream.'),
  offset: z.number().int().min(0).optional(),
  cursor: z
    .string()
    .max(512)
    .optional()
    .describe('`next_cursor` of the page before; excludes limit and offset.'),
});

export const explainBody = z.strictObject({
  sql: z.string(),
  params: z.array(param).max(1000).optional(),
});

const reason = z.object({
  policy: z.string(),
  effect: z.string(),
  because: z.string(),
  source: z.object({ file: z.string(), line: z.number().int() }).nullable(),
});

export const decisionSummary = z.object({
  dataset: z.string(),
  allow: z.boolean(),
  reason: z.string(),
  masked: z.array(z.string()).describe('Columns that are shown masked.'),
  filtered: z.boolean().describe('Whether a row filter applies.'),
});

export const answerBody = z.object({
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

export const explainAnswer = z.object({
  request_id: z.string(),
  allowed: z.boolean(),
  columns: z.array(z.object({ name: z.string(), masked: z.boolean() })),
  decisions: z.array(
    decisionSummary.extend({
      reasons: z.array(reason).optional(),
      hidden: z.array(z.string()).optional(),
      masks: z.record(z.string(), z.unknown()).optional(),
      rows: z.array(z.unknown()).optional(),
    }),
  ),
  governed_sql: z.string().optional().describe('For stewards.'),
});

export const catalogueQuery = z.strictObject({
  q: z.string().max(200).optional(),
  tag: z.string().max(200).optional(),
  namespace: z.string().max(200).optional(),
  access_level: z.enum(['open', 'internal', 'restricted']).optional(),
  limit: z.coerce.number().int().min(1).max(500).optional(),
  cursor: z.string().max(512).optional(),
});

export const rowsQuery = z.strictObject({
  select: z.string().max(10_000).optional().describe('Column list, as in SELECT.'),
  where: z.string().max(10_000).optional().describe('Condition, as in WHERE.'),
  order: z.string().max(10_000).optional().describe('Order, as in ORDER BY.'),
  limit: z.coerce.number().int().min(1).optional(),
  offset: z.coerce.number().int().min(0).optional(),
  cursor: z.string().max(512).optional(),
});

export const datasetParams = z.strictObject({ dataset_id: z.string().max(512) });

export const metadataBody = z.strictObject({
  manifest: z.record(z.string(), z.unknown()).describe('dbt manifest.json'),
  catalog: z.record(z.string(), z.unknown()).nullable().optional().describe('dbt catalog.json'),
  policies: z
    .array(z.strictObject({ path: z.string(), text: z.string() }))
    .describe('Policy files, as written.'),
  yaml_files: z
    .record(z.string(), z.string())
    .optional()
    .describe("The project's YAML by path, for dbt Fusion."),
  publish: z
    .array(z.unknown())
    .optional()
    .describe("Publish rules; by default those of the gate's configuration."),
  search_path: z.array(z.string()).optional(),
  prefix: z.string().nullable().optional(),
});

export const metadataQuery = z.strictObject({ dry_run: z.enum(['true', 'false']).optional() });

export type MetadataBody = z.infer<typeof metadataBody>;
