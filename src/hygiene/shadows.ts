/** Policies that never have an effect: wherever one would hold, another that is as strict or stricter holds for the same people or more. */
import { type Finding, finding } from '../findings.ts';
import { literalKey } from '../policies/dnf.ts';
import { type Dnf, MASK_ORDER, type MatchedPolicy, type PolicySet } from '../policies/policy.ts';

type Of<Effect extends MatchedPolicy['effect']> = Extract<MatchedPolicy, { readonly effect: Effect }>;

/** One policy on one dataset, and what stands before it in every place that it covers; null where it has an effect. */
type Shadow = readonly string[] | null;

export function shadowFindings(policies: PolicySet): readonly Finding[] {
  const shadowed = new Map<string, Set<string>>();
  const effective = new Set<string>();
  for (const id of new Set(policies.policies.flatMap(({ datasets }) => datasets))) {
    const matched = policies.forDataset(id);
    for (const policy of matched) {
      if (effective.has(policy.id)) continue;
      const shadow = shadowOf(policy, matched);
      if (shadow === null) {
        effective.add(policy.id);
        continue;
      }
      const others = shadowed.get(policy.id) ?? new Set();
      for (const other of shadow) others.add(other);
      shadowed.set(policy.id, others);
    }
  }
  return policies.policies.flatMap(({ id, source }) => {
    const others = shadowed.get(id);
    if (others === undefined || effective.has(id)) return [];
    const names = [...others].sort().map((other) => `\`${other}\``);
    return [
      finding('policy-shadowed', `it never has an effect: ${names.join(', ')} always holds where it would`, {
        policy: id,
        file: source.file,
        line: source.line,
      }),
    ];
  });
}

function shadowOf(policy: MatchedPolicy, matched: readonly MatchedPolicy[]): Shadow {
  const denial = matched.find(
    (other) =>
      other.effect === 'deny' &&
      other.id !== policy.id &&
      isEveryone(other.who) &&
      holdsWherever(other.unless, policy) &&
      !(isSameDenial(policy, other) && policy.id < other.id),
  );
  if (denial !== undefined) return [denial.id];
  switch (policy.effect) {
    case 'mask':
      return maskShadow(policy, matched);
    case 'limit':
      return limitShadow(policy, matched);
    default:
      return null;
  }
}

/** Of two denials of everyone that shadow each other, one has the effect. */
function isSameDenial(policy: MatchedPolicy, other: MatchedPolicy): boolean {
  return policy.effect === 'deny' && isEveryone(policy.who) && holdsWherever(policy.unless, other);
}

/** Each of its columns has a stricter mask, without a condition on rows, from which nobody else is exempt. */
function maskShadow(policy: Of<'mask'>, matched: readonly MatchedPolicy[]): Shadow {
  const before = new Set<string>();
  for (const column of policy.columns) {
    const other = matched.find(
      (one) =>
        one.effect === 'mask' &&
        one.id !== policy.id &&
        one.where === null &&
        holdsWherever(one.unless, policy) &&
        one.columns.some(
          ({ name, depth }) =>
            name === column.name && isStricter({ ...one, depth }, { ...policy, depth: column.depth }),
        ),
    );
    if (other === undefined) return null;
    before.add(other.id);
  }
  return [...before];
}

interface Ranked {
  readonly id: string;
  readonly mask: Of<'mask'>['mask'];
  readonly depth: number;
}

/** In the order in which the decision takes the strictest: the kind, then the deeper tag, then the id. */
function isStricter(one: Ranked, other: Ranked): boolean {
  const [a, b] = [rankOf(one.mask), rankOf(other.mask)];
  if (a !== b) return a < b;
  return one.depth === other.depth ? one.id < other.id : one.depth > other.depth;
}

const rankOf = (mask: Ranked['mask']): number =>
  mask.kind === 'custom' ? mask.rank : MASK_ORDER.indexOf(mask.kind);

/** Each of its bounds is at least as tight in another policy, for the same people or more. */
function limitShadow(policy: Of<'limit'>, matched: readonly MatchedPolicy[]): Shadow {
  if (policy.within !== null) return null;
  const others = matched.filter(
    (one): one is Of<'limit'> =>
      one.effect === 'limit' &&
      one.id !== policy.id &&
      implies(policy.who, one.who) &&
      holdsWherever(one.unless, policy),
  );
  const before = new Set<string>();
  for (const [key, bound] of Object.entries(policy.limits)) {
    const other = others.find((one) =>
      isTighter(key, Reflect.get(one.limits, key), bound, one.id < policy.id),
    );
    if (other === undefined) return null;
    before.add(other.id);
  }
  return before.size === 0 ? null : [...before];
}

/** @param first whether of two equal bounds this one counts */
function isTighter(key: string, one: unknown, other: unknown, first: boolean): boolean {
  if (one === undefined) return false;
  if (typeof one === 'number' && typeof other === 'number') return one < other || (one === other && first);
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other && first;
  // More columns to restrict are tighter, fewer namespaces or formats are.
  const [within, around] = key === 'require_filter' ? [other, one] : [one, other];
  if (!within.every((item) => around.includes(item))) return false;
  return within.length < around.length || first;
}

const isEveryone = (who: Dnf): boolean => who.some((alternative) => alternative.length === 0);

/** Whether whoever is exempt from the one is exempt from the other too: what the other would do, the one does as well. */
function holdsWherever(unless: Dnf | null, other: MatchedPolicy): boolean {
  return unless === null || implies(unless, other.unless ?? []);
}

/** Each alternative of the one asks for all that some alternative of the other does: three-valued logic agrees. */
function implies(one: Dnf, other: Dnf): boolean {
  const weaker = other.map((literals) => new Set(literals.map(literalKey)));
  return one.every((literals) => {
    const keys = new Set(literals.map(literalKey));
    return weaker.some((each) => each.isSubsetOf(keys));
  });
}
