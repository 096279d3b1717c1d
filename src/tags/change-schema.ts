/** Tag changes as they come in: their shape is checked before what they name is. */
import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { TagChanges } from './change.ts';

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

export const tagChangesSchema = z.strictObject({
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

/** Of these many problems with the shape all are told. */
const MOST_TOLD = 100;

/** @throws SluiceError tags_invalid */
export function readTagChanges(given: unknown): TagChanges {
  const read = tagChangesSchema.safeParse(given);
  if (read.success) return read.data;
  const details = read.error.issues
    .slice(0, MOST_TOLD)
    .map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  throw new SluiceError('tags_invalid', details.length === 1 ? details[0] : undefined, { details });
}
