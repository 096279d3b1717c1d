/**
 * Why one dataset is released as it is: a step for its level and one for each policy that matches it, from the line of
 * YAML over the tag and its origin to the facts of the identity. Told to stewards; nothing is enforced by it.
 */
import type { Decision } from '../access/decision.ts';
import type { Catalogue, Dataset } from '../catalogue/dataset.ts';
import { truthOf } from '../policies/conditions.ts';
import type { MaskSpec, MatchedPolicy, PolicySet, SourceRef } from '../policies/policy.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { type Asking, avoiding, type Judgement, judge, missing } from './judge.ts';

/**
 * applies: it masks, hides, filters, denies or bounds; exempt: it would, but for `unless`; met and not_met: of conditions
 * that let in; no_concern: it is about others.
 */
export type StepOutcome = 'applies' | 'exempt' | 'met' | 'not_met' | 'no_concern';

export interface TrailStep {
  readonly effect: 'level' | MatchedPolicy['effect'];
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
    readonly on: readonly Evidence[];
  }[];
  readonly who: Judgement | null;
  readonly unless: Judgement | null;
  /** Each is one way to another outcome. */
  readonly change: readonly string[];
}

export interface Explained extends Asking {
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

function levelStep({ dataset, decision, identity }: Explained): TrailStep {
  const { accessLevel: level, accessLevelSource: source } = dataset;
  const signedIn = identity.kind !== 'anonymous';
  const allowed = decision.reasons.some(({ effect }) => effect === 'allow') || decision.allow;
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
    change,
  };
}

function policyStep(policy: MatchedPolicy, definition: unknown, explained: Explained): TrailStep {
  const { dataset, catalogue, context, decision } = explained;
  const matched = { dataset, catalogue, environment: context.environment };
  const unless = policy.unless === null ? null : judge(policy.unless, explained);
  const who = 'who' in policy ? judge(policy.who, explained) : null;
  // A decision point of one's own may exempt by other rules: what it says stands.
  const exempt =
    unless?.truth === 'true' ||
    decision.reasons.some((reason) => reason.policy === policy.id && reason.effect === 'exempt');
  const outcome = exempt ? 'exempt' : outcomeOf(policy, who);
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
      on: evidenceOf(definition, {
        ...matched,
        column: dataset.columns.find(({ folded }) => folded === name) ?? null,
      }),
    })),
    who,
    unless,
    change: changes(policy, outcome, explained),
  };
}

function outcomeOf(policy: MatchedPolicy, who: Judgement | null): StepOutcome {
  switch (policy.effect) {
    case 'allow':
    case 'discover':
    case 'break_glass':
    case 'require':
      return who?.truth === 'true' ? 'met' : 'not_met';
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

function changes(policy: MatchedPolicy, outcome: StepOutcome, asking: Asking): readonly string[] {
  if (outcome === 'exempt' || outcome === 'met' || outcome === 'no_concern') return [];
  const exempting = policy.unless === null ? [] : missing(policy.unless, asking);
  if (!('who' in policy)) return exempting;
  const otherwise = outcome === 'not_met' ? missing(policy.who, asking) : avoiding(policy.who, asking);
  return [...otherwise, ...exempting];
}

function doing(policy: MatchedPolicy, definition: unknown): string {
  switch (policy.effect) {
    case 'allow':
      return 'lets in whom it names';
    case 'require':
      return 'demands';
    case 'deny':
      return 'denies';
    case 'discover':
      return 'lets know of it whom it names';
    case 'break_glass':
      return `breaks the glass for whom it names: ${policy.reason}`;
    case 'mask':
      return `${policy.mask.kind === 'hide' ? 'hides the column' : `masks with ${maskWords(policy.mask)}`}${policy.where === null ? '' : `, in rows where ${whereOf(definition, 'mask') ?? 'its condition is not false'}`}`;
    case 'rows':
      return `keeps rows where ${whereOf(definition, 'rows') ?? 'its filter holds'}`;
    case 'limit':
      return `bounds ${
        Object.entries(policy.limits)
          .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
          .join(', ') || 'when and from where it is read'
      }`;
    default:
      return policy satisfies never;
  }
}

/** `partial, first 4, last 4` */
export function maskWords({ kind, ...rest }: MaskSpec): string {
  const options = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [kind, ...options].join(', ');
}

/** The condition as its author wrote it. */
function whereOf(definition: unknown, effect: 'mask' | 'rows'): string | null {
  const body = memberOf(definition, effect);
  const where = memberOf(body, 'where');
  return typeof where === 'string' ? where.replaceAll(/\s+/g, ' ').trim() : null;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : null;
}
