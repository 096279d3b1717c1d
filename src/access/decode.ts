/**
 * Strict reading of what a policy decision point answered. Anything odd (a field missing, unknown or of another type, a column
 * that the dataset lacks, an answer for another dataset) becomes a denial: no part of it is trusted alone.
 */
import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { Limits, Predicate, ScalarOperand } from '../policies/policy.ts';
import type { Decision, DecisionInput } from './decision.ts';
import { readMasks, readReveals } from './decode-masks.ts';
import { columnsOfRooms, ROOMS } from './decode-rooms.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const identityPath = z.strictObject({
  kind: z.literal('identity'),
  path: z.array(z.string().min(1)).min(1).max(2),
});

/** Far beyond what a policy may say, and far within what a date holds. */
const distance = z.int().min(-1e9).max(1e9);

const operand: z.ZodType<ScalarOperand> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('column'), name: z.string() }),
  z.strictObject({ kind: z.literal('literal'), value: scalar }),
  identityPath,
  z.strictObject({ kind: z.literal('now'), months: distance, days: distance, seconds: distance }),
]);

const predicate: z.ZodType<Predicate> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['and', 'or']), args: z.array(predicate).min(1) }),
    z.strictObject({ kind: z.literal('not'), arg: predicate }),
    z.strictObject({
      kind: z.literal('compare'),
      op: z.enum(['=', '<>', '<', '<=', '>', '>=']),
      left: operand,
      right: operand,
    }),
    z.strictObject({ kind: z.literal('in'), left: operand, values: z.array(operand).min(1) }),
    z.strictObject({ kind: z.literal('any'), left: operand, list: identityPath }),
    z.strictObject({ kind: z.literal('is_null'), arg: operand, negated: z.boolean() }),
    z.strictObject({ kind: z.literal('like'), left: operand, pattern: z.string(), negated: z.boolean() }),
    z.strictObject({
      kind: z.literal('lookup'),
      left: operand,
      dataset: z.string().min(1),
      column: z.string(),
      where: predicate.nullable(),
    }),
    z.strictObject({ kind: z.enum(['true', 'false']) }),
  ]),
);

const word = z.string().max(200);

const count = z.int().positive();

const limits = z.strictObject({
  max_rows: count.optional(),
  max_scan_rows: count.optional(),
  timeout: count.optional(),
  require_filter: z.array(z.string()).min(1).optional(),
  explicit_columns: z.literal(true).optional(),
  max_joins: z.int().min(0).optional(),
  join_with: z.array(z.string()).optional(),
  cross_join: z.literal(false).optional(),
  formats: z.array(z.string()).optional(),
  aggregate_only: ROOMS.optional(),
});

const full = z.strictObject({
  allow: z.boolean(),
  reason: word,
  reasons: z.array(
    z.strictObject({
      policy: z.string(),
      effect: z.enum([
        'allow',
        'require',
        'deny',
        'discover',
        'rows',
        'mask',
        'limit',
        'break_glass',
        'level',
        'grant',
        'exempt',
      ]),
      because: z.string(),
      source: z.strictObject({ file: z.string(), line: z.int() }).nullable(),
    }),
  ),
  rows: z.array(z.strictObject({ policy: z.string(), predicate })),
  // Read by hand: a record schema drops the key `__proto__`, and with it the mask of a column of that name.
  masks: z.unknown(),
  reveals: z.unknown().optional(),
  hidden: z.array(z.string()),
  limits,
  expires_at: z.number().nullable(),
  // A policy of the user's own need not repeat the first and may leave the second to the level.
  dataset_id: z.string().optional(),
  discoverable: z.boolean().optional(),
});

const short = z.strictObject({ allow: z.boolean(), reason: word.optional() });

/**
 * One decision per item of the batch, in its order; an item that cannot be read is a denial.
 *
 * @param answer what the rule gave: a list, as long as the batch. Anything else is no answer at all.
 * @throws SluiceError decision_invalid
 */
export function decodeBatch(answer: unknown, batch: readonly DecisionInput[]): readonly Decision[] {
  if (answer === undefined)
    throw unusable('the rule is undefined: it is not loaded, or has no value for this input');
  if (!Array.isArray(answer)) throw unusable('the answer to a batch is not a list');
  if (answer.length !== batch.length)
    throw unusable(`${answer.length} answers to ${batch.length} items: a rule without a default?`);
  return batch.map((input, i) => decodeOne(answer[i], input));
}

/** Why is for the operator's log: a caller learns only that there was no usable answer. */
function unusable(why: string): SluiceError {
  return new SluiceError('decision_invalid', undefined, { cause: new Error(why) });
}

/** Some times as deep as any policy can be written; a reader that calls itself would run out of stack far beyond. */
const DEEPEST = 200;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

function decodeOne(value: unknown, input: DecisionInput): Decision {
  if (typeof value === 'boolean') return plain(value, null, input);
  if (isDeeper(value, DEEPEST)) return denial(input, 'undecodable');
  const brief = short.safeParse(value);
  if (brief.success) return plain(brief.data.allow, brief.data.reason ?? null, input);
  const parsed = full.safeParse(value);
  if (!parsed.success) return denial(input, 'undecodable');
  const { dataset_id, discoverable, masks: rawMasks, reveals: rawReveals, ...rest } = parsed.data;
  if (dataset_id !== undefined && dataset_id !== input.dataset.dataset_id)
    return denial(input, 'undecodable');
  const masks = readMasks(rawMasks, predicate);
  const reveals = readReveals(rawReveals);
  if (masks === null || reveals === null) return denial(input, 'undecodable');
  const known = new Set(input.dataset.columns.map((column) => column.name));
  const hidden = new Set(rest.hidden);
  const named = [
    ...Object.keys(masks),
    ...Object.values(masks).flatMap(({ when = [] }) => when.flatMap(({ where }) => columnsOf(where))),
    ...Object.keys(reveals),
    ...rest.hidden,
    ...rest.rows.flatMap((row) => columnsOf(row.predicate)),
    ...(rest.limits.require_filter ?? []),
    ...columnsOfRooms(rest.limits.aggregate_only ?? []),
  ];
  const shown = [...Object.keys(masks), ...Object.keys(reveals)];
  if (named.some((name) => !known.has(name)) || shown.some((name) => hidden.has(name))) {
    return denial(input, 'undecodable');
  }
  if (rest.allow && rest.expires_at !== null && rest.expires_at <= input.context.time.epoch) {
    return denial(input, 'expired');
  }
  return freeze({
    ...rest,
    dataset_id: input.dataset.dataset_id,
    // In no order of its own: OPA as a server and as WebAssembly go through a set in different ones.
    hidden: rest.hidden.toSorted(),
    masks,
    ...(Object.keys(reveals).length === 0 ? {} : { reveals }),
    limits: present(rest.limits),
    discoverable: rest.allow || (discoverable ?? levelDiscoverable(input)),
  });
}

/** What was not answered is no key. */
function present(given: z.infer<typeof limits>): Limits {
  return Object.fromEntries(Object.entries(given).filter(([, bound]) => bound !== undefined));
}

function columnsOf(p: Predicate): readonly string[] {
  const named = (operands: readonly ScalarOperand[]) =>
    operands.flatMap((o) => (o.kind === 'column' ? [o.name] : []));
  switch (p.kind) {
    case 'and':
    case 'or':
      return p.args.flatMap(columnsOf);
    case 'not':
      return columnsOf(p.arg);
    case 'compare':
      return named([p.left, p.right]);
    case 'in':
      return named([p.left, ...p.values]);
    case 'any':
    case 'like':
    // Its other columns are those of the dataset that it looks into.
    case 'lookup':
      return named([p.left]);
    case 'is_null':
      return named([p.arg]);
    case 'true':
    case 'false':
      return [];
    default:
      return p satisfies never;
  }
}

/** An answer that only says yes or no releases all or nothing. */
function plain(allow: boolean, reason: string | null, input: DecisionInput): Decision {
  if (!allow) return denial(input, reason ?? 'denied_by_policy');
  return freeze({
    dataset_id: input.dataset.dataset_id,
    allow,
    reason: reason ?? 'allowed',
    reasons: [],
    rows: [],
    masks: Object.create(null),
    hidden: [],
    limits: {},
    expires_at: null,
    discoverable: true,
  });
}

/** A denial of which not even the columns are known. */
export function denial(input: DecisionInput, reason: string): Decision {
  return freeze({
    dataset_id: input.dataset.dataset_id,
    allow: false,
    reason,
    reasons: [],
    rows: [],
    masks: Object.create(null),
    hidden: input.dataset.columns.map((column) => column.name),
    limits: {},
    expires_at: null,
    discoverable: levelDiscoverable(input),
  });
}

/** What a denied caller may know by the level alone. */
function levelDiscoverable({ dataset, identity }: DecisionInput): boolean {
  switch (dataset.access_level) {
    case 'open':
      return true;
    case 'internal':
      return identity.kind !== 'anonymous';
    default:
      return false;
  }
}

/** Decisions are shared through the cache. */
function freeze(decision: Decision): Decision {
  const { reasons, rows, masks, reveals, hidden, limits } = decision;
  for (const part of [reasons, rows, masks, reveals, hidden, limits]) Object.freeze(part);
  return Object.freeze(decision);
}
