/** The rules of the clean room that is acted in stand beside those of policies: whoever decides, they hold. */
import type { Decision } from '../access/decision.ts';
import type { CleanRoomLimits } from '../catalogue/clean-room.ts';

export type Roomed = WeakMap<Decision, WeakMap<CleanRoomLimits, Decision>>;

/** The very same decision for the same one and the same rules: plans are kept by it. */
export function inRoom(decision: Decision, rules: CleanRoomLimits | null, roomed: Roomed): Decision {
  if (rules === null) return decision;
  const known = roomed.get(decision) ?? new WeakMap<CleanRoomLimits, Decision>();
  roomed.set(decision, known);
  const made = known.get(rules) ?? withRules(decision, rules);
  known.set(rules, made);
  return made;
}

function withRules(decision: Decision, rules: CleanRoomLimits): Decision {
  const { aggregate_only = [] } = decision.limits;
  const limits = { ...decision.limits, aggregate_only: Object.freeze([...aggregate_only, rules]) };
  return Object.freeze({ ...decision, limits: Object.freeze(limits) });
}
