/** A policy test as its author writes it: who asks, for what, and what must come of it. Read strictly; an expectation of nothing is refused. */
import { z } from 'zod';
import { givenActor, givenIdentity } from '../identity/given.ts';
import { MASK_ORDER } from '../policies/policy.ts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const valueMatcher = z
  .strictObject({
    equals: scalar.optional().describe('Every value is this one.'),
    one_of: z.array(scalar).min(1).optional().describe('Every value is one of these.'),
    matches: z
      .string()
      .refine(isPattern, { error: 'must be a regular expression' })
      .optional()
      .describe('Every value is a text of this form.'),
    excludes: z.array(scalar).min(1).optional().describe('No value is any of these.'),
    is_null: z.boolean().optional().describe('true: every value is null; false: none is.'),
    distinct: z.int().min(0).optional().describe('How many different values there are.'),
  })
  .refine((value) => Object.keys(value).length > 0, 'A matcher must expect something.');

const maskKind = z.enum(MASK_ORDER);

const answerExpectation = {
  columns: z.array(z.string()).optional().describe('The names of all columns, in their order.'),
  masked: z
    .union([z.array(z.string()), z.record(z.string(), z.union([maskKind, z.array(maskKind).min(1)]))])
    .optional()
    .describe('All columns that masks flow into; as a map, also which kinds of masks.'),
  hidden: z.array(z.string()).optional().describe('Columns that are not there.'),
  rows: z.array(z.array(z.unknown())).optional().describe('All rows, in their order.'),
  row_count: z.int().min(0).optional(),
  values: z
    .record(z.string(), z.union([valueMatcher, scalar]))
    .optional()
    .describe('By column: what holds for every row. An answer without rows fails.'),
  filtered: z
    .union([z.boolean(), z.array(z.string())])
    .optional()
    .describe('Whether a row filter applies, or the ids of exactly those datasets that have one.'),
};

const expectation = z
  .strictObject({
    ...answerExpectation,
    denied: z
      .union([z.literal(true), z.literal(401), z.literal(403), z.literal(404)])
      .optional()
      .describe('true: refused, whatever the caller is told; else the status.'),
    error: z.string().optional().describe('The code of the refusal.'),
  })
  .refine((value) => Object.keys(value).length > 0, 'An expectation must expect something.')
  .refine(
    (value) =>
      (value.denied === undefined && value.error === undefined) ||
      !Object.keys(answerExpectation).some((key) => key in value),
    'A refusal has no columns and no rows: expect either denied or error, or parts of an answer.',
  );

const context = z.strictObject({
  environment: z
    .string()
    .min(1)
    .optional()
    .describe('Of the deployment; the policies are matched as a push to one of that name would match them.'),
  client_ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  time: z.iso
    .datetime({ offset: true, error: 'must be a time with its offset, such as 2026-02-01T22:30:00Z' })
    .optional(),
});

const grant = z
  .strictObject({
    dataset: z.string().min(1).optional(),
    project: z
      .string()
      .min(1)
      .optional()
      .describe('Alone: membership; with a dataset: only while acting in it.'),
    purpose: z.string().min(1).optional().describe('Only for this purpose of the project.'),
    policies: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('That are lifted on the dataset; without it, access is granted.'),
    columns: z.array(z.string().min(1)).min(1).optional().describe('On which masks are lifted.'),
  })
  .refine(
    ({ dataset, project }) => dataset !== undefined || project !== undefined,
    'A grant is for a dataset or for a project.',
  )
  .refine(
    ({ dataset, policies }) => policies === undefined || dataset !== undefined,
    'Policies are lifted on a dataset.',
  )
  .refine(
    ({ policies, columns }) => columns === undefined || policies !== undefined,
    'Only what is lifted has columns.',
  );

export const testCase = z
  .strictObject({
    name: z.string().min(1),
    as: z.union([z.string(), givenIdentity]).describe('A persona, or an identity written out.'),
    actor: z
      .union([z.string(), givenActor])
      .optional()
      .describe('Who acts for them in person: a persona, or an identity written out.'),
    sql: z.string().optional(),
    dataset: z.string().optional().describe('Short for all of its columns and rows.'),
    params: z.array(z.unknown()).optional(),
    project: z
      .string()
      .min(1)
      .optional()
      .describe('The project that is acted in; who asks must be a member.'),
    purpose: z
      .string()
      .min(1)
      .optional()
      .describe('One of its purposes; that it was acknowledged is taken as given.'),
    grants: z
      .array(grant)
      .min(1)
      .optional()
      .describe('What was approved for whoever asks, as if a moment ago; without it, nothing.'),
    context: context.optional().describe('Where and when it is asked; by default here and now.'),
    strip: z
      .literal(false)
      .optional()
      .describe('Leaves the case out of the strip check: it is about names or SQL, not about a policy.'),
    expect: expectation,
  })
  .refine(
    (value) => (value.sql === undefined) !== (value.dataset === undefined),
    'A test needs either sql or dataset.',
  );

const preventive = z.strictObject({
  policy: z.string().min(1),
  because: z.string().min(1),
});

export const testFile = z.strictObject({
  tests: z.array(testCase).min(1),
  preventive: z
    .array(preventive)
    .optional()
    .describe('Policies that no test can notice yet: they are for what nobody publishes today.'),
});

export type TestCase = z.infer<typeof testCase>;
export type GivenGrant = z.infer<typeof grant>;
export type Expectation = TestCase['expect'];
export type ValueMatcher = z.infer<typeof valueMatcher>;

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

/** One more row than is expected, so that more is seen. */
export function rowsToAsk({ expect }: TestCase): number {
  return Math.max(99, expect.rows?.length ?? 0, expect.row_count ?? 0) + 1;
}

export function sqlOf({ sql, dataset }: TestCase): string {
  return sql ?? `SELECT * FROM ${dataset}`;
}
