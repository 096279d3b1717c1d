/** `publish:` of sluice.yml: which dbt nodes are exposed, under which namespace, level and engine. The first rule that matches counts, and only that one. */
import { z } from 'zod';
import { covers, normaliseTag } from '../tags/tag.ts';
import { lowerAscii } from './fold.ts';

const words = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const matchKeys = {
  tag: words.optional().describe('A tag of the dataset, or one below it: `pii` matches `pii.email`.'),
  folder: words.optional().describe('A folder of the project, with everything below it: `marts/finance`.'),
  resource_type: z
    .union([
      z.enum(['source', 'seed', 'model', 'snapshot']),
      z.array(z.enum(['source', 'seed', 'model', 'snapshot'])).min(1),
    ])
    .optional()
    .describe('What dbt calls it.'),
  access: words.optional().describe('`access:` of the model: private, protected or public.'),
  package: words.optional().describe('The dbt package that defines it.'),
  name: words.optional().describe('Its dbt name; `*` and `?` stand for any characters and for one.'),
  schema: words.optional().describe('The schema that dbt builds it in; `*` and `?` as for `name`.'),
};

export interface PublishMatch {
  readonly tag?: string | readonly string[] | undefined;
  readonly folder?: string | readonly string[] | undefined;
  readonly resource_type?: string | readonly string[] | undefined;
  readonly access?: string | readonly string[] | undefined;
  readonly package?: string | readonly string[] | undefined;
  readonly name?: string | readonly string[] | undefined;
  readonly schema?: string | readonly string[] | undefined;
  readonly any?: readonly PublishMatch[] | undefined;
  readonly all?: readonly PublishMatch[] | undefined;
  readonly not?: PublishMatch | undefined;
}

/** All keys of one match must hold; of several words of one key, any. `{}` matches everything. */
export const publishMatchSchema: z.ZodType<PublishMatch> = z.lazy(() =>
  z.strictObject({
    ...matchKeys,
    any: z.array(publishMatchSchema).min(1).optional().describe('One of these must match.'),
    all: z.array(publishMatchSchema).min(1).optional().describe('Each of these must match.'),
    not: publishMatchSchema.optional().describe('This must not match.'),
  }),
);

export const publishRuleSchema = z.strictObject({
  match: publishMatchSchema.describe(
    'What the rule is about; `{}` is everything that no earlier rule matched.',
  ),
  namespace: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, { error: 'must be letters, digits, _ and -, without dots' })
    .optional()
    .describe(
      "The namespace of the datasets. Default: the dbt schema. A model's own `meta.sluice.namespace` wins.",
    ),
  access_level: z
    .enum(['open', 'internal', 'restricted'])
    .optional()
    .describe(
      "The level of the datasets. A model's own `meta.sluice.access_level` wins; without any it is not exposed.",
    ),
  engine: z.string().min(1).optional().describe('The engine that serves them. Default: the only one.'),
  unclassified: z
    .enum(['hide', 'show', 'deny'])
    .optional()
    .describe(
      'What happens to columns that the warehouse has and dbt does not document: hidden (the default), shown, or the whole dataset refused.',
    ),
});

export type PublishRule = z.output<typeof publishRuleSchema>;

/** What a rule can ask about a node. */
export interface PublishFacts {
  readonly tags: readonly string[];
  readonly folder: readonly string[];
  readonly resourceType: string;
  readonly access: string | null;
  readonly package: string;
  readonly name: string;
  readonly schema: string;
}

type Test = (facts: PublishFacts) => boolean;

/** Compiled once a push. Gives the index of the first rule that matches, or -1. */
export function compileRules(rules: readonly PublishRule[]): (facts: PublishFacts) => number {
  const tests = rules.map((rule) => compileMatch(rule.match));
  return (facts) => tests.findIndex((test) => test(facts));
}

function compileMatch(match: PublishMatch): Test {
  const tests: Test[] = [];
  const each = (words: string | readonly string[] | undefined, compile: (word: string) => Test): void => {
    if (words === undefined) return;
    const any = (typeof words === 'string' ? [words] : words).map(compile);
    tests.push((facts) => any.some((test) => test(facts)));
  };
  each(match.tag, (word) => {
    const tag = normaliseTag(word);
    return (facts) => tag !== null && facts.tags.some((candidate) => covers(tag, candidate));
  });
  each(match.folder, (word) => {
    const parts = word.split(/[/\\.]/).filter((part) => part !== '');
    return (facts) => parts.length > 0 && parts.every((part, index) => facts.folder[index] === part);
  });
  each(match.resource_type, (word) => (facts) => facts.resourceType === word);
  each(match.access, (word) => (facts) => facts.access === word);
  each(match.package, (word) => (facts) => facts.package === word);
  each(match.name, (word) => {
    const matches = glob(word);
    return (facts) => matches(facts.name);
  });
  each(match.schema, (word) => {
    const matches = glob(word);
    return (facts) => matches(facts.schema);
  });
  if (match.any !== undefined) {
    const inner = match.any.map(compileMatch);
    tests.push((facts) => inner.some((test) => test(facts)));
  }
  if (match.all !== undefined) tests.push(...match.all.map(compileMatch));
  if (match.not !== undefined) {
    const inner = compileMatch(match.not);
    tests.push((facts) => !inner(facts));
  }
  return (facts) => tests.every((test) => test(facts));
}

/** Without case: a rule that hides by name must not be escaped by spelling. */
function glob(pattern: string): (text: string) => boolean {
  const source = lowerAscii(pattern)
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const expression = new RegExp(`^${source}$`, 's');
  return (text) => expression.test(lowerAscii(text));
}
