/** Disjunctive normal form: nested conditions become the flat form that Rego, plan and explain share; every step is an identity of three-valued logic. */
import type { Dnf, Literal } from './policy.ts';

/** A condition as written, before it is flattened. */
export type Condition =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'literal'; readonly literal: Literal }
  | { readonly kind: 'any' | 'all'; readonly args: readonly Condition[] }
  | { readonly kind: 'not'; readonly arg: Condition };

export const MAX_ALTERNATIVES = 1024;

/** The condition needs more alternatives than fit; the caller knows where it stands. */
export class TooManyAlternatives extends Error {}

/** @throws TooManyAlternatives beyond MAX_ALTERNATIVES conjunctions. */
export function toDnf(condition: Condition, negated = false): Dnf {
  switch (condition.kind) {
    case 'everyone':
      return negated ? [] : [[]];
    case 'literal':
      return [[negated ? { ...condition.literal, negated: !condition.literal.negated } : condition.literal]];
    case 'not':
      return toDnf(condition.arg, !negated);
    case 'any':
    case 'all': {
      const parts = condition.args.map((arg) => toDnf(arg, negated));
      // De Morgan: a negated `any` is an `all` of negations.
      return (condition.kind === 'any') === !negated ? absorb(parts.flat()) : parts.reduce(product, [[]]);
    }
    default:
      return condition satisfies never;
  }
}

function product(left: Dnf, right: Dnf): Dnf {
  if (left.length * right.length > MAX_ALTERNATIVES * 4) throw new TooManyAlternatives();
  return absorb(left.flatMap((a) => right.map((b) => [...a, ...b])));
}

export const literalKey = (literal: Literal): string =>
  JSON.stringify([
    literal.fact,
    literal.fact === 'attribute' ? literal.name : '',
    literal.value,
    literal.negated,
  ]);

/**
 * Drops repeated literals and alternatives that a shorter one covers (a or (a and b) = a).
 * Contradictions stay: `x and not x` is unknown, not false, where x is unknown, and unknown denies.
 */
function absorb(dnf: Dnf): Dnf {
  const keyed = new Map<
    string,
    { readonly keys: ReadonlySet<string>; readonly literals: readonly Literal[] }
  >();
  for (const conjunction of dnf) {
    const literals = new Map(conjunction.map((literal) => [literalKey(literal), literal]));
    const keys = [...literals.keys()].sort();
    keyed.set(keys.join('\n'), { keys: new Set(keys), literals: [...literals.values()] });
  }
  if (keyed.size > MAX_ALTERNATIVES) throw new TooManyAlternatives();
  const all = [...keyed.values()];
  const shortest = all.reduce((least, c) => Math.min(least, c.keys.size), Number.POSITIVE_INFINITY);
  return all
    .filter(
      (c) => c.keys.size === shortest || !all.some((other) => other !== c && covers(other.keys, c.keys)),
    )
    .map((c) => c.literals);
}

/** Whether whoever meets `longer` also meets `shorter`. */
export function covers(shorter: ReadonlySet<string>, longer: ReadonlySet<string>): boolean {
  return shorter.size < longer.size && [...shorter].every((key) => longer.has(key));
}
