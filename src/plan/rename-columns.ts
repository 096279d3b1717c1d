/** Matched policies with the columns of their dataset called otherwise: what two datasets differ in by names alone is the same. */
import type { MatchedPolicy, Predicate, PredicateOver, ScalarOperand } from '../policies/policy.ts';

/** The policy with the columns of its dataset called otherwise. */
export function renameColumns(policy: MatchedPolicy, rename: (name: string) => string): MatchedPolicy {
  switch (policy.effect) {
    case 'allow':
    case 'require':
    case 'deny':
    case 'discover':
    case 'break_glass':
      return policy;
    case 'limit': {
      const { require_filter: filter, ...limits } = policy.limits;
      return filter === undefined
        ? policy
        : { ...policy, limits: { ...limits, require_filter: filter.map(rename) } };
    }
    case 'rows':
      return { ...policy, predicate: renameIn(policy.predicate, rename) };
    case 'mask':
      return {
        ...policy,
        columns: policy.columns.map((column) => ({ ...column, name: rename(column.name), tag: null })),
        where: policy.where === null ? null : renameIn(policy.where, rename),
      };
    default:
      return policy satisfies never;
  }
}

function renameIn(predicate: Predicate, rename: (name: string) => string): PredicateOver<ScalarOperand> {
  const operand = (one: ScalarOperand): ScalarOperand =>
    one.kind === 'column' ? { ...one, name: rename(one.name) } : one;
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return { ...predicate, args: predicate.args.map((arg) => renameIn(arg, rename)) };
    case 'not':
      return { ...predicate, arg: renameIn(predicate.arg, rename) };
    case 'compare':
      return { ...predicate, left: operand(predicate.left), right: operand(predicate.right) };
    case 'in':
      return { ...predicate, left: operand(predicate.left), values: predicate.values.map(operand) };
    case 'is_null':
      return { ...predicate, arg: operand(predicate.arg) };
    case 'any':
    case 'like':
    // The condition inside a lookup is over the columns of another dataset.
    case 'lookup':
      return { ...predicate, left: operand(predicate.left) };
    case 'true':
    case 'false':
      return predicate;
    default:
      return predicate satisfies never;
  }
}
