/**
 * What an approved request gives, as a fact of a decision: access to a dataset or a project, or the lifting of named policies on
 * named columns. A grant never says more than was approved: what it was bound to and has changed since makes it void.
 */
import type { Catalogue, Project } from '../catalogue/dataset.ts';
import type { Identity } from '../identity/identity.ts';
import type { PolicySet } from '../policies/policy.ts';

export interface Person {
  readonly sub: string;
  readonly issuer: string | null;
}

/** As a policy author sees it in `context.grants`. */
export interface Grant {
  readonly id: string;
  readonly subject: Person;
  /** `lift`: exempt from the named policies, of masks on the named columns alone. */
  readonly kind: 'access' | 'lift';
  /** Dataset id; null where it is a grant of a project. */
  readonly dataset: string | null;
  readonly project: string | null;
  readonly policies: readonly string[];
  /** Folded. */
  readonly columns: readonly string[];
  /** Counts only where the request is made for this purpose; null counts always. */
  readonly purpose: string | null;
  /** Epoch seconds; at that second it is over. */
  readonly until: number;
  /** Id of the request that it comes from. */
  readonly request: string;
  readonly approvers: readonly Person[];
}

/** What was approved, so that another thing of the same name is never taken for it. */
export interface Binding {
  /** dbt unique_id of the dataset. */
  readonly uniqueId: string | null;
  /** Of the policies that it lifts, or that it stands in for, what they were. */
  readonly digests: Readonly<Record<string, string>>;
  /** Of a grant for a project, what that was. */
  readonly project?: BoundProject | undefined;
}

export interface BoundProject {
  /** dbt unique_id of the exposure. */
  readonly uniqueId: string;
  /** Whether its members might count alone. */
  readonly cleanRoom: boolean;
}

export const boundTo = ({ uniqueId, cleanRoom }: Pick<Project, 'uniqueId' | 'cleanRoom'>): BoundProject => ({
  uniqueId,
  cleanRoom: cleanRoom !== null,
});

export interface HeldGrant extends Grant {
  readonly binding: Binding;
}

export interface Grants {
  /** Neither over nor revoked at that moment; whatever another process changed counts at once. @throws SluiceError state_unavailable */
  activeFor(identity: Pick<Identity, 'sub' | 'issuer' | 'kind'>, now: Date): Promise<readonly HeldGrant[]>;
}

/** For what outlives them, and for what is to be the same whoever holds any. */
export const NO_GRANTS: Grants = Object.freeze({ activeFor: async () => [] });

/** Why a grant does not hold though its time is not over, or null. */
export type Void =
  | 'dataset_gone'
  | 'dataset_replaced'
  | 'policy_changed'
  | 'project_gone'
  | 'project_replaced'
  | 'project_opened';

export interface State {
  readonly catalogue: Pick<Catalogue, 'byId'> & { readonly projects: readonly Places[] };
  readonly policies: Pick<PolicySet, 'termsOf' | 'forDataset'>;
}

type Places = Pick<Project, 'name' | 'uniqueId' | 'cleanRoom'>;

export function voidIn(grant: HeldGrant, state: State): Void | null {
  const { dataset, kind, policies, binding } = grant;
  const place = voidPlace(grant, state.catalogue.projects);
  if (place !== null) return place;
  if (dataset === null) return null;
  const found = state.catalogue.byId(dataset);
  // Another of its names, such as that of its latest version, is no name of what was granted.
  if (found === undefined || found.id !== dataset) return 'dataset_gone';
  if (found.uniqueId !== binding.uniqueId) return 'dataset_replaced';
  // Access was approved in place of certain policies: one that comes later lets in whom it names, and nobody else.
  const bound = kind === 'lift' ? policies : allowing(dataset, state);
  const stale = bound.filter((id) => changed(id, binding, state));
  if (kind === 'lift' ? stale.length === bound.length : stale.length > 0) return 'policy_changed';
  return null;
}

/** Whoever was to count is not let in where there are rows. */
export function voidPlace(
  { project, binding }: Pick<HeldGrant, 'project' | 'binding'>,
  projects: readonly Places[],
): Void | null {
  if (project === null || binding.project === undefined) return null;
  const found = projects.find(({ name }) => name === project);
  if (found === undefined) return 'project_gone';
  if (found.uniqueId !== binding.project.uniqueId) return 'project_replaced';
  return binding.project.cleanRoom && found.cleanRoom === null ? 'project_opened' : null;
}

/** Ids of the policies that say who is let in. */
export function allowing(dataset: string, { policies }: Pick<State, 'policies'>): readonly string[] {
  return policies.forDataset(dataset).flatMap(({ effect, id }) => (effect === 'allow' ? [id] : []));
}

/** What a decision may know of: a lift of what was edited since is left out. */
export function standing(grants: readonly HeldGrant[], state: State): readonly Grant[] {
  return grants.flatMap((grant) => {
    if (voidIn(grant, state) !== null) return [];
    const { binding, policies, ...rest } = grant;
    return [{ ...rest, policies: policies.filter((id) => !changed(id, binding, state)) }];
  });
}

function changed(id: string, { digests }: Binding, { policies }: State): boolean {
  const was = Object.hasOwn(digests, id) ? digests[id] : undefined;
  return was === undefined || policies.termsOf(id)?.digest !== was;
}
