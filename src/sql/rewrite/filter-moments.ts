/** `now()` in a row filter: a column of days or moments against one moment, which is bound as a value. */
import { dayOf } from '../../policies/moments.ts';
import type { Predicate } from '../../policies/policy.ts';
import type { Node } from '../tree.ts';
import { type Binder, type EngineKind, operation, UNKNOWN_CONDITION } from './build.ts';
import { boundMoment, type ComparedColumn } from './filter-values.ts';

export type Comparison = Extract<Predicate, { kind: 'compare' }>['op'];

/** The same with the sides changed. */
export const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** A column of moments and one moment; a timestamp without a zone is one of UTC. */
export function compareMoment(
  op: Comparison,
  compared: ComparedColumn | null,
  at: number,
  options: { readonly binder: Binder; readonly engine: EngineKind },
): Node {
  if (compared === null || op === '=' || op === '<>') return UNKNOWN_CONDITION;
  const { node, type } = compared;
  const bound = boundMoment(at, type, options);
  if (bound === null) return UNKNOWN_CONDITION;
  // A day is its first moment, and compared as a day, since not every day is a timestamp to an engine.
  const within = type.family === 'date' && at !== dayOf(at);
  return operation(within ? WITHIN_A_DAY[op] : op, node, bound);
}

/** What an order to a moment is as an order to its day, where the moment is not the day's first. */
const WITHIN_A_DAY = { '<': '<=', '<=': '<=', '>': '>', '>=': '>' } as const;
