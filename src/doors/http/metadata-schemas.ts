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
});

export const metadataQuery = z.strictObject({
  dry_run: z.enum(['true', 'false']).optional().describe('Check everything, apply nothing.'),
});

export type MetadataBody = z.infer<typeof metadataBody>;

const tags = z.array(z.string().min(1).max(200)).max(100);

const tagChange = z.strictObject({
  dataset: z
    .string()
    .min(1)
    .max(512)
    .describe('A dataset id, or the dbt unique_id of what is not published.'),
  column: z
    .string()
    .min(1)
    .max(256)
    .nullable()
    .optional()
    .describe('Without one, the tags are those of the dataset.'),
  add: tags.optional(),
  remove: tags.optional().describe('Tags that this source added; what dbt declares is changed in dbt.'),
});

export const tagsBody = z.strictObject({
  source: z
    .string()
    .regex(/^(?!(dbt|lineage)$)[a-z0-9][a-z0-9._-]{0,63}$/, {
      error: 'must be a name of small letters, digits, `.`, `_` and `-`, other than dbt and lineage',
    })
    .describe('The tool that says so: it changes its own tags only.'),
  mode: z
    .enum(['merge', 'replace'])
    .default('merge')
    .describe('`replace`: what is added is all that this source says from now on.'),
  changes: z.array(tagChange).max(200_000),
  allow_empty: z.boolean().optional().describe('Whether `replace` may leave the source without any tag.'),
});

export const historyQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).optional().describe('Default: 20.'),
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
  .object({ datasets: part, columns: part, tags: part, policies: part })
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
