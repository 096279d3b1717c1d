/** Strict reading of the masks in a decision: any part that is odd makes the whole answer one that is not trusted. */
import { z } from 'zod';
import { DATE_UNITS, type MaskSpec, PARTIAL_FORMATS, type Predicate } from '../policies/policy.ts';
import type { AppliedMask, Decision, Reveal } from './decision.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const number = z.number().refine(Number.isFinite);
const fill = z.string().min(1).max(8);

/** `hide` is told in `hidden`. What a pattern or an expression says is checked again where it is used. */
const MASK: z.ZodType<MaskSpec> = z.union([
  z.strictObject({ kind: z.literal('null') }),
  z.strictObject({ kind: z.literal('constant'), value: scalar }),
  z.strictObject({ kind: z.literal('custom'), expression: z.string(), rank: number }),
  z.strictObject({ kind: z.literal('hash'), scope: z.enum(['global', 'dataset', 'project']) }),
  z.strictObject({
    kind: z.literal('tokenise'),
    scope: z.enum(['policy', 'dataset']),
    // Decided already: it is told in `reveals`.
    reveal: z.unknown().transform(() => null),
  }),
  z.strictObject({
    kind: z.literal('regex'),
    pattern: z.string(),
    replace: z.string(),
    unmatched: z.enum(['null', 'keep']),
  }),
  z.strictObject({
    kind: z.literal('partial'),
    first: z.int().min(0).max(100),
    last: z.int().min(0).max(100),
    with: fill,
  }),
  z.strictObject({ kind: z.literal('partial'), format: z.enum(PARTIAL_FORMATS), with: fill }),
  z.strictObject({ kind: z.literal('bucket'), width: number.positive(), origin: number }),
  z.strictObject({ kind: z.literal('bucket'), boundaries: z.array(number).min(1).max(100) }),
  z.strictObject({ kind: z.literal('round'), to: number.positive() }),
  z.strictObject({ kind: z.literal('truncate_date'), to: z.enum(DATE_UNITS) }),
]);

const REVEAL: z.ZodType<Reveal> = z.strictObject({
  policy: z.string(),
  scope: z.enum(['policy', 'dataset']),
});

/** @returns null where it cannot be trusted. */
export function readMasks(value: unknown, predicate: z.ZodType<Predicate>): Decision['masks'] | null {
  const applied: z.ZodType<AppliedMask> = z.union([
    z.strictObject({ policy: z.string(), mask: MASK }),
    z.strictObject({
      policy: z.string().nullable(),
      mask: MASK.nullable(),
      when: z.array(z.strictObject({ policy: z.string(), mask: MASK, where: predicate })).min(1),
    }),
  ]);
  return readByColumn(value, applied);
}

export function readReveals(value: unknown): NonNullable<Decision['reveals']> | null {
  return value === undefined ? {} : readByColumn(value, z.array(REVEAL).transform(inOrder));
}

/** A set has none of its own. */
const inOrder = (reveals: readonly Reveal[]): readonly Reveal[] =>
  [...reveals].sort((a, b) => (a.policy < b.policy ? -1 : 1));

/** Read by hand: a record schema drops the key `__proto__`. Without a prototype, so that a column called `constructor` finds nothing that is none. */
function readByColumn<T>(value: unknown, schema: z.ZodType<T>): Record<string, T> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const columns: Record<string, T> = Object.create(null);
  for (const [column, raw] of Object.entries(value)) {
    const parsed = schema.safeParse(raw);
    if (!parsed.success) return null;
    columns[column] = parsed.data;
  }
  return columns;
}
