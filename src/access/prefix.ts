/** A decision for someone other than the caller, as the caller's: what its filters ask of the identity is asked of that one. */
import type { Predicate, ScalarOperand } from '../policies/policy.ts';
import type { AppliedMask, Decision } from './decision.ts';
import { nameOf } from './party.ts';

type Path = readonly string[];

export function prefixDecision(decision: Decision, path: Path): Decision {
  const party = nameOf(path);
  if (party === null) return decision;
  const masks: Record<string, AppliedMask> = Object.create(null);
  for (const [column, applied] of Object.entries(decision.masks)) masks[column] = prefixMask(applied, path);
  return {
    ...decision,
    reasons: decision.reasons.map((reason) => ({ ...reason, party })),
    rows: decision.rows.map(({ policy, predicate }) => ({
      policy,
      predicate: prefixPredicate(predicate, path),
    })),
    masks,
  };
}

function prefixMask(applied: AppliedMask, path: Path): AppliedMask {
  if (applied.when === undefined) return applied;
  return {
    ...applied,
    when: applied.when.map((one) => ({ ...one, where: prefixPredicate(one.where, path) })),
  };
}

export function prefixPredicate(predicate: Predicate, path: Path): Predicate {
  const again = (inner: Predicate): Predicate => prefixPredicate(inner, path);
  const operand = (given: ScalarOperand): ScalarOperand =>
    given.kind === 'identity' ? { ...given, path: [...path, ...given.path] } : given;
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return { ...predicate, args: predicate.args.map(again) };
    case 'not':
      return { ...predicate, arg: again(predicate.arg) };
    case 'compare':
      return { ...predicate, left: operand(predicate.left), right: operand(predicate.right) };
    case 'in':
      return { ...predicate, left: operand(predicate.left), values: predicate.values.map(operand) };
    case 'any': {
      const { kind, path: asked } = predicate.list;
      return { ...predicate, left: operand(predicate.left), list: { kind, path: [...path, ...asked] } };
    }
    case 'is_null':
      return { ...predicate, arg: operand(predicate.arg) };
    case 'like':
      return { ...predicate, left: operand(predicate.left) };
    case 'lookup':
      return {
        ...predicate,
        left: operand(predicate.left),
        where: predicate.where === null ? null : again(predicate.where),
      };
    case 'true':
    case 'false':
      return predicate;
    default:
      return predicate satisfies never;
  }
}
