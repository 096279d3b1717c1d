/** The shape of an explanation, as the OpenAPI document shows it. */
import { z } from 'zod';
import { decisionSummary, forStewards, reason, tagSource } from './answer-schemas.ts';

const truth = z.enum(['true', 'unknown', 'false']);

const judgement = z
  .object({
    truth,
    alternatives: z
      .array(z.object({ truth, facts: z.array(z.object({ fact: z.string(), truth })) }))
      .describe('One that holds is enough; all facts of it must.'),
  })
  .nullable();

const evidence = z.object({
  on: z.string().describe('What the policy asks for: `column_tag: pii`.'),
  column: z.string().nullable(),
  tag: z.string().nullable().describe('The tag that it found.'),
  from: tagSource.nullable(),
});

const trailStep = z.object({
  effect: z.string().describe('`level`, or the effect of the policy.'),
  party: z.string().optional().describe('Whose step it is, where not the caller’s: `actor`, `members.0`.'),
  policy: z
    .object({
      id: z.string(),
      description: z.string(),
      source: z.object({ file: z.string(), line: z.number().int() }),
    })
    .nullable(),
  outcome: z.enum(['applies', 'exempt', 'met', 'not_met', 'no_concern']),
  does: z.string(),
  on: z.array(evidence).describe('What of the dataset it is about; for masks see `columns`.'),
  columns: z.array(
    z.object({
      column: z.string(),
      overruled_by: z.string().nullable().describe('The policy whose stricter mask stands instead.'),
      lifted_by: z.string().nullable().describe('The grant that takes the mask off this column.'),
      on: z.array(evidence),
    }),
  ),
  who: judgement,
  unless: judgement,
  within: judgement.describe('Limits: the hours and networks outside of which nothing is released.'),
  exempt_by: z.string().nullable().describe('What exempts where `unless` does not.'),
  change: z.array(z.string()).describe('Each is one way to another outcome.'),
});

export const explainAnswer = z.object({
  request_id: z.string(),
  allowed: z.boolean(),
  columns: z.array(
    z.object({
      name: z.string(),
      masked: z.boolean(),
      from: z
        .array(
          z.object({
            dataset: z.string(),
            column: z.string(),
            masked: z.boolean(),
            masks: z.array(z.string()).optional().describe(`Kinds of masks. ${forStewards}`),
          }),
        )
        .describe('What flows into its values; what only decides which rows there are is not among it.'),
      omitted: z
        .number()
        .int()
        .optional()
        .describe('How many of them are left out of a very large explanation.'),
    }),
  ),
  decisions: z.array(
    decisionSummary.extend({
      hint: z.string().optional().describe('What to do about a denial.'),
      request_access: z
        .object({ href: z.string(), kind: z.literal('dataset'), dataset: z.string() })
        .optional()
        .describe('How to ask for it, where that could help: POST to `href`.'),
      clean_room: z.string().optional().describe('What the clean room answers, in words.'),
      reasons: z.array(reason).optional().describe(forStewards),
      hidden: z.array(z.string()).optional().describe(forStewards),
      unexposed: z
        .array(z.object({ column: z.string(), state: z.string() }))
        .optional()
        .describe(`Columns that nobody sees. ${forStewards}`),
      masks: z.record(z.string(), z.unknown()).optional().describe(forStewards),
      unfit: z
        .array(z.string())
        .optional()
        .describe(`Masked columns whose mask does not fit their type: null is shown. ${forStewards}`),
      rows: z.array(z.unknown()).optional().describe(forStewards),
      limits: z.record(z.string(), z.unknown()).optional().describe(forStewards),
      trail: z
        .array(trailStep)
        .optional()
        .describe(`From the line of YAML to the facts of the identity. ${forStewards}`),
    }),
  ),
  governed_sql: z.string().optional().describe(forStewards),
});
