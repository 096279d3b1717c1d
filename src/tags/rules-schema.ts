/** `tags:` of sluice.yml, and of a push that brings its own. */
import { z } from 'zod';

const word = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be the name of a function' });

export const tagRulesSchema = z.record(
  z.string().min(1),
  z.strictObject({
    description: z.string().optional().describe('What the tag stands for.'),
    propagate: z
      .boolean()
      .optional()
      .describe(
        'Whether the tag, with all below it, follows columns downstream along the lineage of the compiled SQL. The nearest word counts, so that a tag below may say otherwise. Default: true for `pii`, else false.',
      ),
    stopped_by: z
      .array(word)
      .optional()
      .describe(
        'Functions after which the tag, and any below it, follows no further, besides counts, digests and tests for null.',
      ),
  }),
);
