/** What the audit keeps of a query's decisions: the outcome, a reason per dataset, and every policy that was weighed. */
import type { Decision } from './decision.ts';

export interface DecisionSummary {
  /** A query over several datasets is allowed only when each of them is. */
  readonly decision: 'allow' | 'deny';
  /** `gold.members: allowed`, and `gold.members: grant gr_…` for each that was used; by dataset id. */
  readonly reasons: readonly string[];
  /** Sorted; exemptions and conditions that did not hold included, since they were part of the answer. */
  readonly policy_ids: readonly string[];
}

export function summarise(decisions: Iterable<Decision>): DecisionSummary {
  const all = [...decisions].sort((a, b) => (a.dataset_id < b.dataset_id ? -1 : 1));
  const policies = all.flatMap((d) =>
    d.reasons.filter(({ effect }) => effect !== 'level' && effect !== 'grant').map((reason) => reason.policy),
  );
  return {
    decision: all.length > 0 && all.every((d) => d.allow) ? 'allow' : 'deny',
    reasons: all.flatMap((d) => [
      `${d.dataset_id}: ${d.reason}`,
      ...d.reasons.flatMap(({ effect, policy }) =>
        effect === 'grant' ? [`${d.dataset_id}: grant ${policy}`] : [],
      ),
    ]),
    policy_ids: [...new Set(policies)].sort(),
  };
}
