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

/** The policies of one kind of dataset, before and after. */
export interface PolicySides {
  readonly before: readonly MatchedPolicy[];
  readonly after: readonly MatchedPolicy[];
}

export interface Imagined {
  readonly subjects: readonly Subject[];
  /** False where there were more to imagine. */
  readonly whole: boolean;
}

/**
 * Whoever meets the ways in that the policies name, and whoever meets one further condition as well; first those conditions
 * that stand on one side alone. One who would need several exemptions at once is imagined as one who meets every condition.
 */
export function imagine(kinds: readonly PolicySides[]): Imagined {
  const found = new Map<string, Identity>();
  let whole = true;
  const add = (...literals: readonly (readonly Literal[])[]): void => {
    for (const kind of ['user', 'service'] as const) {
      const identity = whoMeets(kind, literals.flat());
      if (identity === null) continue;
      if (found.size < MOST_IMAGINED) found.set(JSON.stringify(identity), identity);
      else whole = false;
    }
  };
  add([]);
  for (const only of [true, false])
    for (const sides of kinds) {
      if (!whole) break;
      const ways = [...waysIn(sides.before), ...waysIn(sides.after)];
      for (const way of ways) add(way);
      for (const alternative of alternativesOf(sides, only)) {
        add(alternative);
        for (const way of ways) add(way, alternative);
      }
      const facts = factsOf(conditionsOf([...sides.before, ...sides.after]));
      add(facts.filter((one) => one.fact !== 'kind' && one.fact !== 'sub'));
    }
  const subjects = [...found.values()].map(
    (identity): Subject => ({ identity, origin: 'imagined', name: identity.sub }),
  );
  return { subjects: [{ identity: ANONYMOUS, origin: 'imagined', name: 'anonymous' }, ...subjects], whole };
}

/** @param only of conditions that stand on one side alone */
function alternativesOf({ before, after }: PolicySides, only: boolean): readonly (readonly Literal[])[] {
  const [was, is] = [before, after].map((side) => (side.length === 0 ? [] : conditionsOf(side)));
  if (was === undefined || is === undefined) return [];
  if (!only) return [...was, ...is].flat();
  const texts = (conditions: readonly Dnf[]): ReadonlySet<string> =>
    new Set(conditions.map((one) => JSON.stringify(one)));
  const [had, has] = [texts(was), texts(is)];
  return [
    ...was.filter((one) => !has.has(JSON.stringify(one))),
    ...is.filter((one) => !had.has(JSON.stringify(one))),
  ].flat();
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
