/**
 * Why one dataset is released as it is: a step for its level and one for each policy that matches it, from the line of
 * YAML over the tag and its origin to the facts of the identity. Told to stewards; nothing is enforced by it.
 */
import { askable } from '../access/askable.ts';
import type { Decision, DecisionContext } from '../access/decision.ts';
import type { Catalogue, Dataset } from '../catalogue/dataset.ts';
import { truthOf } from '../policies/conditions.ts';
import type { MatchedPolicy, PolicySet, SourceRef } from '../policies/policy.ts';
import { doing } from './doing.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { type Asking, avoiding, type Judgement, judge, missing } from './judge.ts';

/**
 * applies: it masks, hides, filters, denies or bounds; exempt: it would, but for `unless`; met and not_met: of conditions
 * that let in; no_concern: it is about others.
 */
export type StepOutcome = 'applies' | 'exempt' | 'met' | 'not_met' | 'no_concern';

export interface TrailStep {
  readonly effect: 'level' | MatchedPolicy['effect'];
  /** Whose step it is, where it is not the caller's own: `actor`, `members.0`. */
  readonly party?: string;
  /** Null for the access level. */
  readonly policy: { readonly id: string; readonly description: string; readonly source: SourceRef } | null;
  readonly outcome: StepOutcome;
  /** `masks with hash`, `keeps rows where region = any(identity.attributes.regions)` */
  readonly does: string;
  /** What of the dataset it is about; for masks see `columns`. */
  readonly on: readonly Evidence[];
  /** Masks: each column, and the policy whose stricter mask stands there instead. */
  readonly columns: readonly {
    readonly column: string;
    readonly overruled_by: string | null;
    /** The grant that takes the mask off this column. */
    readonly lifted_by: string | null;
    readonly on: readonly Evidence[];
  }[];
  readonly who: Judgement | null;
  readonly unless: Judgement | null;
  /** Limits: the hours and networks outside of which nothing is released. */
  readonly within: Judgement | null;
  /** What exempts where `unless` does not: a broken glass, or the word of a decision point of one's own. */
  readonly exempt_by: string | null;
  /** Each is one way to another outcome. */
  readonly change: readonly string[];
}

export interface Explained extends Asking {
  readonly context: DecisionContext;
  readonly dataset: Dataset;
  readonly decision: Decision;
  readonly policies: PolicySet;
  readonly catalogue: Catalogue;
}

export function stepsOf(explained: Explained): readonly TrailStep[] {
  const { dataset, policies } = explained;
  const definitions = new Map(policies.policies.map((summary) => [summary.id, summary.definition]));
  return [
    levelStep(explained),
    ...policies
      .forDataset(dataset.id)
      .map((policy) => policyStep(policy, definitions.get(policy.id), explained)),
  ];
}

function levelStep({ dataset, decision, policies, identity, context }: Explained): TrailStep {
  const { accessLevel: level, accessLevelSource: source } = dataset;
  const signedIn = identity.kind !== 'anonymous';
  const allowed =
    decision.allow ||
    policies
      .forDataset(dataset.id)
      .some((policy) => policy.effect === 'allow' && truthOf(policy.who, identity, context) === 'true');
  const met = level === 'open' || (signedIn && (level === 'internal' || allowed));
  const change = met ? [] : signedIn ? ['be named by a policy that allows to read it'] : ['sign in'];
  return {
    effect: 'level',
    policy: null,
    outcome: met ? 'met' : 'not_met',
    does: `${level}, by ${source}`,
    on: [],
    columns: [],
    who: null,
    unless: null,
    within: null,
    exempt_by: null,
    change,
  };
}

function policyStep(policy: MatchedPolicy, definition: unknown, explained: Explained): TrailStep {
  const { dataset, catalogue, context, decision } = explained;
  const matched = { dataset, catalogue, environment: context.environment };
  const unless = policy.unless === null ? null : judge(policy.unless, explained);
  const who = 'who' in policy ? judge(policy.who, explained) : null;
  const within = policy.effect === 'limit' && policy.within !== null ? judge(policy.within, explained) : null;
  // A glass that is broken exempts, and so may a decision point of one's own: what was decided stands.
  const told = decision.reasons.find((one) => one.policy === policy.id && one.effect === 'exempt');
  const exempt = unless?.truth === 'true' || told !== undefined;
  const outcome = exempt ? 'exempt' : outcomeOf(policy, who, context);
  const columns = policy.effect === 'mask' ? policy.columns : [];
  const { id, description, source } = policy;
  return {
    effect: policy.effect,
    policy: { id, description, source },
    outcome,
    does: doing(policy, definition),
    on: policy.effect === 'mask' ? [] : evidenceOf(definition, { ...matched, column: null }),
    columns: columns.map(({ name }) => ({
      column: name,
      overruled_by: exempt ? null : overruledBy(name, policy, explained),
      lifted_by: exempt ? null : liftedBy(name, policy.id, explained),
      on: evidenceOf(definition, {
        ...matched,
        column: dataset.columns.find(({ folded }) => folded === name) ?? null,
      }),
    })),
    who,
    unless,
    within,
    exempt_by: unless?.truth === 'true' ? null : (told?.because ?? null),
    change: [...changes(policy, outcome, explained), ...asking(policy, outcome, explained)],
  };
}

function outcomeOf(policy: MatchedPolicy, who: Judgement | null, { time }: DecisionContext): StepOutcome {
  switch (policy.effect) {
    case 'allow':
    case 'discover':
    case 'require':
      return who?.truth === 'true' ? 'met' : 'not_met';
    case 'break_glass':
      return who?.truth === 'true' && time.epoch < policy.expires ? 'met' : 'not_met';
    case 'deny':
    case 'limit':
      return who?.truth === 'false' ? 'no_concern' : 'applies';
    case 'mask':
    case 'rows':
      return 'applies';
    default:
      return policy satisfies never;
  }
}

/** The policy whose mask stands on the column instead; null where this one's does. */
function overruledBy(column: string, policy: MatchedPolicy, explained: Explained): string | null {
  if (policy.effect !== 'mask' || policy.mask.kind === 'hide') return null;
  const { masks, hidden } = explained.decision;
  if (hidden.includes(column)) return hidingPolicy(column, explained);
  const applied = Object.hasOwn(masks, column) ? masks[column] : undefined;
  if (applied === undefined) return null;
  const standing = [applied, ...(applied.when ?? [])];
  return standing.some((one) => one.policy === policy.id) ? null : applied.policy;
}

/** Of the grants that the decision made use of. */
function liftedBy(column: string, policy: string, { decision, context }: Explained): string | null {
  const used = decision.reasons.flatMap((reason) => (reason.effect === 'grant' ? [reason.policy] : []));
  const grant = context.grants.find(
    ({ id, policies, columns }) => used.includes(id) && policies.includes(policy) && columns.includes(column),
  );
  return grant?.id ?? null;
}

/** A decision names no policy for a hidden column. */
function hidingPolicy(column: string, { dataset, policies, identity, context }: Explained): string | null {
  const hiding = policies
    .forDataset(dataset.id)
    .find(
      (policy) =>
        policy.effect === 'mask' &&
        policy.mask.kind === 'hide' &&
        policy.columns.some(({ name }) => name === column) &&
        (policy.unless === null || truthOf(policy.unless, identity, context) !== 'true'),
    );
  return hiding?.id ?? null;
}

/** What an approved request would change. */
function asking(
  { effect }: MatchedPolicy,
  outcome: StepOutcome,
  { dataset, identity, decision }: Explained,
): readonly string[] {
  if (identity.kind === 'anonymous') return [];
  const asked = (kind: string): readonly string[] => [
    `have a request approved: sluice requests ask ${kind} ${dataset.id}`,
  ];
  if (effect === 'allow' && outcome === 'not_met') return askable(decision) ? asked('dataset') : [];
  if (effect === 'rows' && outcome === 'applies') return asked('unfilter');
  return effect === 'mask' && outcome === 'applies' ? asked('unmask') : [];
}

function changes(policy: MatchedPolicy, outcome: StepOutcome, asking: Asking): readonly string[] {
  if (outcome === 'exempt' || outcome === 'met' || outcome === 'no_concern') return [];
  const exempting = policy.unless === null ? [] : missing(policy.unless, asking);
  if (!('who' in policy)) return exempting;
  if (policy.effect === 'limit')
    return [...(policy.within === null ? [] : missing(policy.within, asking)), ...exempting];
  const otherwise = outcome === 'not_met' ? missing(policy.who, asking) : avoiding(policy.who, asking);
  return [...otherwise, ...exempting];
}
