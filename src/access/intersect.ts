/**
 * What several parties may all see: never more than any of them. Equal inputs give the very same decision, so that what is
 * kept by decisions is found again.
 */
import type { Column } from '../catalogue/dataset.ts';
import type { MaskSpec } from '../policies/policy.ts';
import type { AppliedMask, Decision, Reveal } from './decision.ts';
import { tightest } from './limits.ts';
import { meetMasks } from './meet-masks.ts';
import { nameOf } from './party.ts';
import { prefixDecision } from './prefix.ts';

/** Whether a column can hold what a mask makes; where it cannot, NULL is shown. */
export type MaskFits = (mask: MaskSpec, column: Column) => boolean;

/** One party's decision about a dataset, and where its identity is found from the caller's. */
export interface Part {
  readonly decision: Decision;
  readonly path: readonly string[];
}

/** @returns the decision of the caller itself where there is no other party; at least one part is needed */
export type Intersect = (parts: readonly [Part, ...Part[]], columns: readonly Column[]) => Decision;

export function createIntersect(fits: MaskFits): Intersect {
  const prefixed = new WeakMap<Decision, Map<string, Decision>>();
  // By the columns first: a push may change their types, and with them what fits, and leave the decisions as they are.
  const met = new WeakMap<readonly Column[], WeakMap<Decision, WeakMap<Decision, Decision>>>();

  const own = ({ decision, path }: Part): Decision => {
    const name = nameOf(path);
    if (name === null) return decision;
    const known = prefixed.get(decision) ?? new Map<string, Decision>();
    prefixed.set(decision, known);
    const made = known.get(name) ?? prefixDecision(decision, path);
    known.set(name, made);
    return made;
  };

  const meet = (a: Decision, b: Decision, columns: readonly Column[]): Decision => {
    const here = met.get(columns) ?? new WeakMap<Decision, WeakMap<Decision, Decision>>();
    met.set(columns, here);
    const known = here.get(a) ?? new WeakMap<Decision, Decision>();
    here.set(a, known);
    const made = known.get(b) ?? meetDecisions(a, b, columns, fits);
    known.set(b, made);
    return made;
  };

  return ([first, ...others], columns) =>
    others.reduce((all, part) => meet(all, own(part), columns), own(first));
}

function meetDecisions(a: Decision, b: Decision, columns: readonly Column[], fits: MaskFits): Decision {
  const hidden = [...new Set([...a.hidden, ...b.hidden])].sort();
  const reveals = commonReveals(a.reveals ?? {}, b.reveals ?? {}, hidden);
  return Object.freeze({
    dataset_id: a.dataset_id,
    allow: a.allow && b.allow,
    reason: a.allow ? b.reason : a.reason,
    reasons: Object.freeze([...a.reasons, ...b.reasons]),
    rows: Object.freeze(distinct([...a.rows, ...b.rows])),
    masks: Object.freeze(masksOf(a, b, hidden, columns, fits)),
    ...(reveals === null ? {} : { reveals: Object.freeze(reveals) }),
    hidden: Object.freeze(hidden),
    limits: Object.freeze(tightest(a.limits, b.limits)),
    expires_at: earliest(a.expires_at, b.expires_at),
    discoverable: a.discoverable && b.discoverable,
  });
}

function masksOf(
  a: Decision,
  b: Decision,
  hidden: readonly string[],
  columns: readonly Column[],
  fits: MaskFits,
): Decision['masks'] {
  const masks: Record<string, AppliedMask> = Object.create(null);
  for (const name of new Set([...Object.keys(a.masks), ...Object.keys(b.masks)])) {
    if (hidden.includes(name)) continue;
    const column = columns.find(({ folded }) => folded === name);
    const [one, other] = [at(a.masks, name), at(b.masks, name)];
    masks[name] = meetMasks(one, other, (mask) => column !== undefined && fits(mask, column));
  }
  return masks;
}

/** What both may have reversed, under the same policy and with the same tokens. */
function commonReveals(
  a: Readonly<Record<string, readonly Reveal[]>>,
  b: Readonly<Record<string, readonly Reveal[]>>,
  hidden: readonly string[],
): NonNullable<Decision['reveals']> | null {
  const reveals: Record<string, readonly Reveal[]> = Object.create(null);
  for (const [name, ones] of Object.entries(a)) {
    const others = at(b, name) ?? [];
    const common = ones.filter((one) =>
      others.some(({ policy, scope }) => policy === one.policy && scope === one.scope),
    );
    if (common.length > 0 && !hidden.includes(name)) reveals[name] = common;
  }
  return Object.keys(reveals).length === 0 ? null : reveals;
}

const at = <T>(columns: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(columns, name) ? columns[name] : undefined;

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function distinct<T>(all: readonly T[]): readonly T[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}
