/**
 * What two parties both may see of a column. Where neither of two masks certainly shows no more than the other, it is NULL:
 * the order of masks says which of several an author wants, not that what loses would have shown less.
 */
import { DATE_UNITS, MASK_ORDER, type MaskSpec, type Predicate } from '../policies/policy.ts';
import type { AppliedMask } from './decision.ts';

/** Of one column: whether it can hold what the mask makes; where it cannot, NULL is shown. */
export type Fits = (mask: MaskSpec) => boolean;

interface Case {
  readonly policy: string | null;
  readonly mask: MaskSpec | null;
  /** Null for all rows. */
  readonly where: Predicate | null;
}

/** Cases of one column beyond which all of it is NULL: they multiply. */
const MOST_CASES = 64;
const NULL: MaskSpec = { kind: 'null' };

/** A row gets what the first case that holds for it says: those of both, in both their orders, are the first of each together. */
export function meetMasks(a: AppliedMask | undefined, b: AppliedMask | undefined, fits: Fits): AppliedMask {
  if (a !== undefined && JSON.stringify(a) === JSON.stringify(b)) return a;
  const [ones, others] = [casesOf(a, fits), casesOf(b, fits)];
  const cases = ones.flatMap((one) => others.map((other) => both(one, other)));
  const base = cases.at(-1) ?? NOTHING;
  if (cases.length > MOST_CASES) return { policy: base.policy ?? cases[0]?.policy ?? null, mask: NULL };
  const last = cases.findLastIndex((one) => !alike(one, base));
  const when = cases.slice(0, last + 1).map(conditional);
  return { policy: base.policy, mask: base.mask, ...(when.length === 0 ? {} : { when }) };
}

/** The last is for all rows. */
function casesOf(applied: AppliedMask | undefined, fits: Fits): readonly Case[] {
  const { policy = null, mask = null, when = [] } = applied ?? {};
  return [...when, { policy, mask, where: null }].map((one) =>
    one.mask === null || fits(one.mask) ? one : { ...one, mask: NULL },
  );
}

const NOTHING: Case = { policy: null, mask: NULL, where: null };

/** Where both hold: what certainly shows no more than either. */
function both(a: Case, b: Case): Case {
  const { policy, mask } = meet(a, b) ?? { policy: a.policy ?? b.policy, mask: NULL };
  const wheres = [a.where, b.where].filter((where) => where !== null);
  const [only] = wheres;
  return { policy, mask, where: wheres.length > 1 ? { kind: 'and', args: wheres } : (only ?? null) };
}

const rank = (mask: MaskSpec): number => (mask.kind === 'custom' ? mask.rank : MASK_ORDER.indexOf(mask.kind));

/** The one of two that certainly shows no more than the other; null where neither does. */
function meet(a: Case, b: Case): Case | null {
  const [one, other] = [a.mask, b.mask];
  if (one === null) return b;
  if (other === null || alike(a, b)) return a;
  if (one.kind === 'null') return a;
  if (other.kind === 'null') return b;
  if (one.kind === other.kind) return meetOfKind(a, b);
  const [first, second] = rank(one) < rank(other) ? [a, b] : [b, a];
  return rank(one) !== rank(other) && outranks(first.mask, second.mask) ? first : null;
}

/** What an author wrote may show anything, wherever it stands in the order; a bucket may be narrower than a rounding. */
function outranks(first: MaskSpec | null, second: MaskSpec | null): boolean {
  switch (first?.kind) {
    case 'constant':
      return true;
    case 'hash':
    case 'tokenise':
      return second?.kind !== 'constant';
    default:
      return false;
  }
}

/** Whether both show the same of every value: tokens of two policies may not. */
function alike(a: Case, b: Case): boolean {
  const words = ({ mask, policy }: Case) =>
    mask?.kind === 'tokenise'
      ? JSON.stringify([mask.kind, mask.scope, mask.scope === 'policy' ? policy : null])
      : JSON.stringify(mask);
  return words(a) === words(b);
}

function meetOfKind(a: Case, b: Case): Case | null {
  const [one, other] = [a.mask, b.mask];
  if (one?.kind === 'truncate_date' && other?.kind === 'truncate_date') {
    const [coarse, fine] = DATE_UNITS.indexOf(one.to) < DATE_UNITS.indexOf(other.to) ? [a, b] : [b, a];
    // A week lies across the ends of months.
    const nested = unitOf(coarse) !== 'week' ? unitOf(fine) !== 'week' : true;
    return nested ? coarse : null;
  }
  // Fewer characters of longer texts may be more of shorter ones: of those at most half are shown.
  if (one?.kind === 'partial' && other?.kind === 'partial' && 'first' in one && 'first' in other)
    return one.first === other.first && one.last === other.last ? a : null;
  return null;
}

const unitOf = ({ mask }: Case): string | null => (mask?.kind === 'truncate_date' ? mask.to : null);

function conditional({ policy, mask, where }: Case): NonNullable<AppliedMask['when']>[number] {
  return { policy: policy ?? '', mask: mask ?? NULL, where: where ?? { kind: 'true' } };
}
