/**
 * The conditions of matched policies, taken out and put in again: whether one holds is asked once for all datasets, and two
 * datasets whose policies differ in nothing but names are one question to the decision point.
 */
import { SluiceError } from '../errors.ts';
import type { Dnf, Literal, MaskSpec, MatchedPolicy } from '../policies/policy.ts';

/** The policy with each of its conditions replaced. */
export function replaceConditions(policy: MatchedPolicy, replace: (condition: Dnf) => Dnf): MatchedPolicy {
  const some = (condition: Dnf | null): Dnf | null => (condition === null ? null : replace(condition));
  const unless = some(policy.unless);
  switch (policy.effect) {
    case 'allow':
    case 'require':
    case 'deny':
    case 'discover':
    case 'break_glass':
      return { ...policy, unless, who: replace(policy.who) };
    case 'limit':
      return { ...policy, unless, who: replace(policy.who), within: some(policy.within) };
    case 'rows':
      return { ...policy, unless };
    case 'mask':
      return { ...policy, unless, mask: ofMask(policy.mask, some) };
    default:
      return policy satisfies never;
  }
}

function ofMask(mask: MaskSpec, some: (condition: Dnf | null) => Dnf | null): MaskSpec {
  return mask.kind === 'tokenise' ? { ...mask, reveal: some(mask.reveal) } : mask;
}

export function conditionsOf(policies: readonly MatchedPolicy[]): readonly Dnf[] {
  const found: Dnf[] = [];
  for (const policy of policies)
    replaceConditions(policy, (condition) => {
      found.push(condition);
      return condition;
    });
  return found;
}

/** Numbers for conditions: equal ones have one number. */
export class ConditionTable {
  readonly #numbers = new Map<string, number>();
  readonly #byReference = new WeakMap<Dnf, number>();
  readonly conditions: Dnf[] = [];

  of(condition: Dnf): number {
    const known = this.#byReference.get(condition);
    if (known !== undefined) return known;
    const key = JSON.stringify(condition);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.conditions.push(condition) - 1;
      this.#numbers.set(key, number);
    }
    this.#byReference.set(condition, number);
    return number;
  }
}

const HOLDS: Dnf = [[]];
const FAILS: Dnf = [];
/** Of an identity without attributes. */
const IN_DOUBT: Dnf = [[{ fact: 'attribute', name: 'unknown', value: true, negated: false }]];

/** A condition of which no more is known than how it is answered; for an identity without attributes. */
export function constant(truth: number): Dnf {
  return truth === 2 ? HOLDS : truth === 1 ? IN_DOUBT : FAILS;
}

/** Stands for a condition by its number, in texts that are compared. */
export const placeholder = (number: number): Dnf => [
  [{ fact: 'sub', value: `${PLACE}${number}`, negated: false }],
];
const PLACE = 'condition ';

/** @throws SluiceError internal where a condition was left in: its answer would count for everyone */
export function refuseLiterals(text: string): void {
  const all = text.split('"fact":').length;
  const ours = text.split(`"value":"${PLACE}`).length;
  if (all !== ours)
    throw new SluiceError('internal', 'A condition stands where a plan does not look for one.');
}

/** Every fact that the conditions name, each once and without its negation. */
export function factsOf(conditions: readonly Dnf[]): readonly Literal[] {
  const facts = new Map<string, Literal>();
  for (const literal of conditions.flat(2)) {
    const plain: Literal = { ...literal, negated: false };
    facts.set(JSON.stringify(plain), plain);
  }
  return [...facts.values()];
}
