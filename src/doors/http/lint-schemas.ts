/** Shapes of GET /v1/lint. */
import { z } from 'zod';
import { RULES, type RuleId } from '../../findings.ts';

const levels = z.enum(['error', 'warning', 'note']);

export const lintQuery = z.strictObject({
  level: levels.default('warning').describe('Findings of this level and above; the others are counted.'),
  dataset: z.string().min(1).max(512).optional().describe('Id of one dataset.'),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000).describe('Most findings.'),
});

const coverage = {
  datasets: z.int(),
  columns: z.int(),
  tagged: z.int(),
  untagged: z.int(),
  unclassified: z.int(),
  ghosts: z.int(),
  case_mismatched: z.int(),
  likely_personal: z.int(),
  without_owner: z.int(),
  lineage_unknown: z.int(),
  score: z.int().min(0).max(100),
};

export const lintAnswer = z.object({
  etag: z.string(),
  coverage: z.object(coverage),
  namespaces: z.array(z.object({ namespace: z.string(), ...coverage })),
  counts: z.object({ error: z.int(), warning: z.int(), note: z.int() }),
  findings: z.array(
    z.object({
      rule: z.enum(Object.keys(RULES) as [RuleId, ...RuleId[]]),
      level: levels,
      message: z.string(),
      node: z.string().nullable(),
      dataset: z.string().nullable(),
      column: z.string().nullable(),
      policy: z.string().nullable(),
      file: z.string().nullable(),
      line: z.int().nullable(),
      hint: z.string().nullable(),
    }),
  ),
  truncated: z.boolean(),
});
