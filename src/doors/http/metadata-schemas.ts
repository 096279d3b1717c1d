/** The shapes of what changes the metadata, and of what is answered. */
import { z } from 'zod';

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
  tags: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Rules about tags; by default `tags:` of the gate's configuration."),
  lineage: z
    .record(z.string(), z.unknown())
    .nullable()
    .optional()
    .describe('Column lineage as `sluice export` wrote it; by default it is computed from the manifest.'),
});

export const metadataQuery = z.strictObject({
  dry_run: z.enum(['true', 'false']).optional().describe('Check everything, apply nothing.'),
});

export type MetadataBody = z.infer<typeof metadataBody>;

export const historyQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).optional().describe('Default: 20.'),
});

export const contentQuery = z.strictObject({
  etag: z
    .string()
    .regex(/^[0-9a-f]{8,64}$/, { error: 'must be an ETag of the history, or its beginning' })
    .optional()
    .describe('Default: the applied state.'),
});

export const contentAnswer = z.object({
  etag: z.string(),
  content: z.record(z.string(), z.unknown()).describe('As it is stored: artifacts without what is not read.'),
});

export const rollbackBody = z.strictObject({
  etag: z.string().regex(/^[0-9a-f]{8,64}$/, { error: 'must be an ETag of the history, or its beginning' }),
});

const part = z.object({
  added: z.number().int(),
  removed: z.number().int(),
  changed: z.number().int(),
  names: z.array(z.string()).describe('The first of them: `+gold.members`, `-gold.members.email pii.email`.'),
});

const changes = z
  .object({ datasets: part, columns: part, tags: part, policies: part, projects: part.optional() })
  .describe('Compared with the state before.');

export const pushAnswer = z.object({
  etag: z.string(),
  changed: z.boolean(),
  changes,
  datasets: z.number().int(),
  columns: z.number().int(),
  policies: z.number().int(),
  warnings: z.array(z.string()),
});

export const retagAnswer = pushAnswer.extend({
  added: z.number().int().describe('Tags that the source has now and had not before.'),
  removed: z.number().int(),
});

export const metadataAnswer = pushAnswer
  .omit({ changes: true })
  .extend({ created_at: z.string(), created_by: z.string() });

export const historyAnswer = z.object({
  states: z.array(
    z.object({
      etag: z.string(),
      created_at: z.string(),
      created_by: z.string(),
      action: z.string().describe('push, patch_tags or rollback.'),
      datasets: z.number().int().optional(),
      columns: z.number().int().optional(),
      policies: z.number().int().optional(),
      changes: changes.optional(),
    }),
  ),
});
