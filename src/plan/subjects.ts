/**
 * Whom a plan asks for: the personas, whoever was seen lately, and people whom the policies name and nobody has met yet, so that
 * a change for a group is seen before its first member comes.
 */
import { ANONYMOUS, type AttributeValue, type Identity } from '../identity/identity.ts';
import type { Dnf, Literal, MatchedPolicy } from '../policies/policy.ts';
import { conditionsOf, factsOf } from './conditions.ts';

export interface Subject {
  readonly identity: Identity;
  readonly origin: 'persona' | 'seen' | 'imagined';
  /** Of a persona; else the subject. */
  readonly name: string;
}

/** Imagined people looked at. */
const MOST_IMAGINED = 2_000;
/** Ways in that are combined with each further condition, for the policies of one dataset. */
const MOST_WAYS = 8;

/**
 * For the policies of one kind of dataset: whoever meets the ways in that they name, and whoever meets one further condition
 * as well. One who would need several exemptions at once is imagined as one who meets every condition.
 */
export function imagine(policySets: readonly (readonly MatchedPolicy[])[]): readonly Subject[] {
  const found = new Map<string, Identity>();
  const add = (...literals: readonly (readonly Literal[])[]): void => {
    if (found.size >= MOST_IMAGINED) return;
    for (const kind of ['user', 'service'] as const) {
      const identity = whoMeets(kind, literals.flat());
      if (identity !== null) found.set(JSON.stringify(identity), identity);
    }
  };
  add([]);
  for (const policies of policySets) {
    const ways = waysIn(policies);
    for (const way of ways) add(way);
    for (const alternative of conditionsOf(policies).flat()) {
      add(alternative);
      for (const way of ways) add(way, alternative);
    }
    add(factsOf(conditionsOf(policies)).filter((one) => one.fact !== 'kind' && one.fact !== 'sub'));
  }
  return [
    { identity: ANONYMOUS, origin: 'imagined', name: 'anonymous' },
    ...[...found.values()].map((identity): Subject => ({ identity, origin: 'imagined', name: identity.sub })),
  ];
}

/** What `allow`, `require` and the exemptions from `deny` ask for, one alternative of each, combined. */
function waysIn(policies: readonly MatchedPolicy[]): readonly (readonly Literal[])[] {
  const gates: Dnf[] = [];
  for (const policy of policies) {
    if (policy.effect === 'require') gates.push(policy.who);
    else if (policy.effect === 'deny' && policy.unless !== null) gates.push(policy.unless);
  }
  const allows = policies.flatMap((policy) => (policy.effect === 'allow' ? policy.who : []));
  let ways: readonly (readonly Literal[])[] = [[]];
  for (const gate of [...(allows.length === 0 ? [] : [allows]), ...gates])
    ways = ways.flatMap((way) => gate.map((alternative) => [...way, ...alternative])).slice(0, MOST_WAYS);
  return ways;
}

/** Null where the facts contradict each other. Negated facts are met by their absence. */
function whoMeets(kind: 'user' | 'service', literals: readonly Literal[]): Identity | null {
  const groups = new Set<string>();
  const roles = new Set<string>();
  const scopes = new Set<string>();
  const attributes: Record<string, AttributeValue> = Object.create(null);
  let sub = 'someone';
  let issuer: string | null = null;
  for (const literal of literals) {
    switch (literal.fact) {
      case 'group':
        if (!literal.negated) groups.add(literal.value);
        break;
      case 'role':
        if (!literal.negated) roles.add(literal.value);
        break;
      case 'scope':
        if (!literal.negated) scopes.add(literal.value);
        break;
      case 'kind':
        if (!literal.negated && literal.value !== kind) return null;
        break;
      case 'sub':
        if (!literal.negated) sub = literal.value;
        break;
      case 'issuer':
        if (!literal.negated) issuer = literal.value;
        break;
      case 'attribute':
        attributes[literal.name] = literal.negated ? otherThan(literal.value) : literal.value;
        break;
      case 'purpose':
      case 'project':
      case 'environment':
      case 'network':
      case 'hours':
        break;
      default:
        return literal satisfies never;
    }
  }
  const lists = { groups: [...groups].sort(), roles: [...roles].sort(), scopes: [...scopes].sort() };
  return { ...ANONYMOUS, kind, sub, issuer, ...lists, attributes: { ...attributes } };
}

/** Of the same type, so that the negated condition is met and not in doubt. */
function otherThan(value: string | number | boolean): AttributeValue {
  switch (typeof value) {
    case 'string':
      return `not ${value}`;
    case 'number':
      return value + 1;
    default:
      return !value;
  }
}
