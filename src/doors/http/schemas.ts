/** The shapes of requests: what validates them is what the OpenAPI document shows. */
import { z } from 'zod';
import { givenIdentity } from '../../identity/given.ts';

const param = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.union([z.string(), z.number(), z.boolean()])),
]);

const within = {
  project: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The project that the caller acts in; the header X-Sluice-Project says the same.'),
  purpose: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('One of its purposes, acknowledged before; the header X-Sluice-Purpose says the same.'),
};

export const withinQuery = z.strictObject(within);

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
  ...within,
});

export const explainBody = z.strictObject({
  sql: z.string(),
  params: z.array(param).max(1000).optional(),
  identity: givenIdentity
    .optional()
    .describe("Whose view is explained, for stewards; by default the caller's own."),
  ...within,
});

export const catalogueQuery = z.strictObject({
  q: z.string().max(200).optional(),
  tag: z.string().max(200).optional(),
  namespace: z.string().max(200).optional(),
  access_level: z.enum(['open', 'internal', 'restricted']).optional(),
  limit: z.coerce.number().int().min(1).max(500).optional(),
  cursor: z.string().max(512).optional(),
  ...within,
});

export const rowsQuery = z.strictObject({
  select: z.string().max(10_000).optional().describe('Column list, as in SELECT.'),
  where: z.string().max(10_000).optional().describe('Condition, as in WHERE.'),
  order: z.string().max(10_000).optional().describe('Order, as in ORDER BY.'),
  limit: z.coerce.number().int().min(1).optional(),
  offset: z.coerce.number().int().min(0).optional(),
  cursor: z.string().max(512).optional(),
  ...within,
});

export const datasetParams = z.strictObject({ dataset_id: z.string().max(512) });
