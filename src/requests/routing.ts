/** Who decides a request: those whom the policies to be lifted name, each for itself, else the owner of what is asked for. */
import type { Dataset, Project } from '../catalogue/dataset.ts';
import { actorsOf, type Identity } from '../identity/identity.ts';
import { evaluateDnf } from '../policies/conditions.ts';
import type { Dnf, PolicySet } from '../policies/policy.ts';
import { allowing } from './grant.ts';
import { type Approval, lowerAscii, type Matter, someone } from './request.ts';

/** `requests:` of the configuration, compiled. */
export interface Routes {
  /** By the text that names an owner. */
  readonly owners: ReadonlyMap<string, Dnf>;
  readonly fallback: Dnf | null;
}

export type Approver =
  | { readonly kind: 'condition'; readonly by: Dnf }
  /** Whoever has that address, or that subject. */
  | { readonly kind: 'email'; readonly email: string }
  | { readonly kind: 'steward' };

export interface Requirement {
  /** An approval counts for the requirement as it was. */
  readonly key: string;
  /** For people: `policy mask-customer-pii`, `owner of gold.members`. */
  readonly name: string;
  readonly policy: string | null;
  /** As dbt names it, where the owner decides. */
  readonly owner: string | null;
  readonly approver: Approver;
  readonly approvers: number;
}

export interface RoutingState {
  readonly policies: Pick<PolicySet, 'termsOf' | 'forDataset'>;
  readonly catalogue: {
    readonly projects: readonly Pick<Project, 'name' | 'owner'>[];
    byId(id: string): Pick<Dataset, 'id' | 'owner'> | undefined;
  };
}

/** At least one. */
export function requirementsOf(matter: Matter, state: RoutingState, routes: Routes): readonly Requirement[] {
  const policies = policiesOf(matter, state);
  const named = policies.flatMap((id): readonly Requirement[] => {
    const terms = state.policies.termsOf(id);
    if (terms === undefined || terms.approve === null) return [];
    const { by, approvers } = terms.approve;
    const key = `policy ${id} ${terms.digest}`;
    return [
      {
        key,
        name: `policy ${id}`,
        policy: id,
        owner: null,
        approver: { kind: 'condition', by },
        approvers,
      },
    ];
  });
  // What is lifted and names nobody is the owner's to decide; of allow policies it is enough that some name whom.
  const open = matter.kind === 'unmask' || matter.kind === 'unfilter' ? policies.length : 1;
  return named.length >= open && named.length > 0 ? named : [...named, ownerOf(matter, state, routes)];
}

/** What a grant would do away with, or stand in for. */
function policiesOf({ kind, dataset, policies }: Matter, state: RoutingState): readonly string[] {
  switch (kind) {
    case 'unmask':
    case 'unfilter':
      return policies;
    case 'dataset':
      return allowing(dataset ?? '', state);
    case 'project':
      return [];
    default:
      return kind satisfies never;
  }
}

function ownerOf(
  { dataset, project, kind }: Matter,
  { catalogue }: RoutingState,
  routes: Routes,
): Requirement {
  const isProject = kind === 'project';
  const owner = isProject
    ? catalogue.projects.find(({ name }) => name === project)?.owner
    : catalogue.byId(dataset ?? '')?.owner;
  const what = isProject ? `project ${project}` : `${dataset}`;
  return {
    key: `owner ${owner ?? ''}`,
    name: `owner of ${what}`,
    policy: null,
    owner: owner ?? null,
    approver: approverFor(owner ?? null, routes),
    approvers: 1,
  };
}

export function approverFor(owner: string | null, { owners, fallback }: Routes): Approver {
  const mapped = owner === null ? undefined : owners.get(owner);
  if (mapped !== undefined) return { kind: 'condition', by: mapped };
  if (owner !== null && /^[^\s@]+@[^\s@]+$/.test(owner)) return { kind: 'email', email: lowerAscii(owner) };
  return fallback === null ? { kind: 'steward' } : { kind: 'condition', by: fallback };
}

export interface Deciding {
  readonly environment: string;
  readonly networks: readonly string[] | null;
  readonly hours: readonly string[];
  readonly isSteward: (identity: Identity) => boolean;
}

/** Asked anew of whoever approves: whoever is no approver any more approves nothing. Whoever acts for another needs the right of both. */
export function mayApprove(
  { approver }: Pick<Requirement, 'approver'>,
  identity: Identity,
  deciding: Deciding,
): boolean {
  return actorsOf(identity).every((one) => one.kind !== 'anonymous' && alone(approver, one, deciding));
}

function alone(approver: Approver, identity: Identity, { isSteward, ...circumstances }: Deciding): boolean {
  switch (approver.kind) {
    case 'condition':
      return evaluateDnf(approver.by, identity, { ...circumstances, project: null, purpose: null });
    case 'email':
      return lowerAscii(identity.sub) === approver.email || hasVerified(approver.email, identity);
    case 'steward':
      return isSteward(identity);
    default:
      return approver satisfies never;
  }
}

/** An address that nobody says is verified may be anybody's. */
function hasVerified(email: string, identity: Identity): boolean {
  const { email_verified: verified } = identity.attributes;
  return (verified === true || verified === 'true') && someone(identity).email === email;
}

export function countFor({ key }: Requirement, approvals: readonly Approval[]): number {
  return approvals.filter(({ keys }) => keys.includes(key)).length;
}

export function missing(
  requirements: readonly Requirement[],
  approvals: readonly Approval[],
): readonly Requirement[] {
  return requirements.filter((one) => countFor(one, approvals) < one.approvers);
}
