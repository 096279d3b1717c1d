/** Matched policies with the columns of their dataset called otherwise: what two datasets differ in by names alone is the same. */
import type { CleanRoomLimits } from '../catalogue/clean-room.ts';
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
      const { require_filter: filter, aggregate_only: rooms, ...limits } = policy.limits;
      if (filter === undefined && rooms === undefined) return policy;
      return {
        ...policy,
        limits: {
          ...limits,
          ...(filter === undefined ? {} : { require_filter: filter.map(rename) }),
          ...(rooms === undefined ? {} : { aggregate_only: rooms.map((room) => renameInRoom(room, rename)) }),
        },
      };
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

function renameInRoom(room: CleanRoomLimits, rename: (name: string) => string): CleanRoomLimits {
  const renamed = <C extends { readonly column: string }>(of: C): C => ({ ...of, column: rename(of.column) });
  return {
    ...room,
    unit: rename(room.unit),
    dimensions: room.dimensions.map(renamed),
    measures: room.measures.map(renamed),
    join_keys: room.join_keys.map(rename),
    joins: room.joins.map((join) => ({ ...join, on: join.on.map(renamed) })),
    filters: room.filters.map(rename),
  };
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
