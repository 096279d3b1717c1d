/**
 * The rules that a case is asked under: as pushed, with enforcement off, or without one policy or its exemption. Only
 * policy tests know of this room: a gate that is served has no way to be asked under anything but what was pushed.
 */
import type { DecideOptions, Decider } from '../access/decide.ts';
import type { Decision } from '../access/decision.ts';
import type { Catalogue, Dataset } from '../catalogue/dataset.ts';
import { compilePolicies, type PolicyFile } from '../policies/compile.ts';
import type { MatchedPolicy, PolicySet } from '../policies/policy.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TestCase } from './case.ts';

export type Rules =
  | { readonly kind: 'as pushed' }
  | { readonly kind: 'off' }
  | { readonly kind: 'without policy'; readonly policy: string }
  | { readonly kind: 'without exemption'; readonly policy: string };

export const AS_PUSHED: Rules = { kind: 'as pushed' };
export const OFF: Rules = { kind: 'off' };

/** The same metadata in a deployment of another name: only the policies are matched by it. */
export function snapshotElsewhere(
  environment: string,
  files: readonly PolicyFile[],
  snapshot: Snapshot,
): Snapshot {
  const policies = compilePolicies(files, snapshot.catalogue, { environment });
  return Object.freeze({ ...snapshot, hash: `${snapshot.hash} in ${environment}`, policies });
}

/** Matching looks at one policy at a time, so a set without a policy is what a push without it would compile. */
export function snapshotUnder(rules: Rules, snapshot: Snapshot): Snapshot {
  switch (rules.kind) {
    case 'as pushed':
      return snapshot;
    case 'off':
      return Object.freeze({
        ...snapshot,
        hash: `${snapshot.hash} off`,
        catalogue: withUnclassified(snapshot.catalogue),
      });
    case 'without policy':
    case 'without exemption': {
      // Decisions and texts are kept by it.
      const hash = `${snapshot.hash} ${rules.kind} ${rules.policy}`;
      return Object.freeze({ ...snapshot, hash, policies: policiesUnder(rules, snapshot.policies) });
    }
    default:
      return rules satisfies never;
  }
}

function policiesUnder(
  { kind, policy: id }: Extract<Rules, { policy: string }>,
  policies: PolicySet,
): PolicySet {
  const change = (policy: MatchedPolicy): readonly MatchedPolicy[] => {
    if (policy.id !== id) return [policy];
    return kind === 'without policy' ? [] : [Object.freeze({ ...policy, unless: null })];
  };
  return Object.freeze({
    ...policies,
    revision: `${policies.revision} ${kind} ${id}`,
    forDataset: (datasetId: string) => Object.freeze(policies.forDataset(datasetId).flatMap(change)),
  });
}

/** Columns that are hidden since nobody classified them are a fence too; those that the warehouse lacks are not there. */
function withUnclassified(catalogue: Catalogue): Catalogue {
  const shown = new Map<Dataset, Dataset>();
  const show = (dataset: Dataset): Dataset => {
    const known = shown.get(dataset);
    if (known !== undefined) return known;
    const columns = dataset.columns.map((column) =>
      column.state === 'unclassified' ? Object.freeze({ ...column, exposed: true }) : column,
    );
    const made = Object.freeze({ ...dataset, columns: Object.freeze(columns) });
    shown.set(dataset, made);
    return made;
  };
  const maybe = (dataset: Dataset | undefined) => (dataset === undefined ? undefined : show(dataset));
  return Object.freeze({
    ...catalogue,
    datasets: Object.freeze(catalogue.datasets.map(show)),
    byId: (id: string) => maybe(catalogue.byId(id)),
    lookup: (parts: readonly string[]) => maybe(catalogue.lookup(parts)),
    candidates: (parts: readonly string[]) => catalogue.candidates(parts).map(show),
  });
}

export interface Acted {
  readonly project: string | null;
  readonly purpose: string | null;
}

const NOWHERE: Acted = { project: null, purpose: null };

/**
 * Who may act in a project, for which purpose and under which rules of a clean room is enforcement too: with it off, whoever
 * names a project that there is, and no purpose that it lacks, asks as if there were none.
 */
export function actedIn(
  test: Pick<TestCase, 'project' | 'purpose'>,
  rules: Rules,
  { catalogue }: Pick<Snapshot, 'catalogue'>,
): Acted {
  const { project = null, purpose = null } = test;
  const found = catalogue.projects.find(({ name }) => name === project);
  const listed = purpose === null || found?.purposes.some(({ name }) => name === purpose) === true;
  return rules.kind === 'off' && found !== undefined && listed ? NOWHERE : { project, purpose };
}

/** Everybody reads everything that the catalogue publishes, as it is stored. */
export const OPEN_TO_ALL: Decider = {
  decide: async ({ datasets }: DecideOptions) =>
    new Map(datasets.map((dataset) => [dataset.id, released(dataset.id)])),
};

function released(dataset_id: string): Decision {
  return Object.freeze({
    dataset_id,
    allow: true,
    reason: 'allowed',
    reasons: Object.freeze([]),
    rows: Object.freeze([]),
    masks: Object.freeze(Object.create(null)),
    hidden: Object.freeze([]),
    limits: Object.freeze({}),
    expires_at: null,
    discoverable: true,
  });
}

/** All of a decision that an answer can depend on: where two have the same, nothing that is asked can tell them apart. */
export function effectOf(decision: Decision): string {
  const { allow, discoverable, reason, rows, masks, hidden, limits, expires_at } = decision;
  const released = Object.entries(masks).map(([column, { policy: _, ...mask }]) => [column, mask]);
  return JSON.stringify([
    allow,
    discoverable,
    // A denied caller is told the reason.
    allow ? null : reason,
    rows.map(({ predicate }) => predicate),
    released.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    [...hidden].sort(),
    limits,
    expires_at,
  ]);
}
