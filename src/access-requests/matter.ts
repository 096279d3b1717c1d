/**
 * What an asking comes down to: which access, or which policies on which columns. Whatever the asker may not know of is unknown
 * here with the same words as everywhere, and what no grant could open is not taken.
 */
import { askable } from '../access/askable.ts';
import type { Decision } from '../access/decision.ts';
import type { Dataset, Project } from '../catalogue/dataset.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import { actingAlone, membershipOf, unknownProject } from '../request/acting.ts';
import type { Caller } from '../request/ask.ts';
import { decisionsFor } from '../request/decisions.ts';
import { allowing, boundTo, type Grant } from '../requests/grant.ts';
import type { Matter, RequestKind } from '../requests/request.ts';
import type { Snapshot } from '../snapshot.ts';

export interface AskedFor {
  readonly kind: RequestKind;
  /** Id, or another of its names. */
  readonly dataset?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly project?: string | undefined;
  readonly purpose?: string | undefined;
}

export interface Asking {
  readonly caller: Caller;
  readonly identity: Identity;
  readonly snapshot: Snapshot;
}

/** @throws SluiceError bad_request, dataset_not_found, column_not_found, access_denied, project_not_found, request_needless, request_hopeless */
export async function matterOf(asked: AskedFor, asking: Asking, gate: Gate): Promise<Matter> {
  const { kind, dataset, columns = [], project } = asked;
  const wrong = (message: string): never => {
    throw new SluiceError('bad_request', message);
  };
  if (kind === 'project') {
    if (dataset !== undefined) wrong('A project is asked for without a dataset.');
    if (columns.length > 0) wrong('A project has no columns.');
    if (project === undefined) return wrong('Which project? Name it in `project`.');
    return projectMatter(project, asked, asking, gate);
  }
  if (dataset === undefined) return wrong('Which dataset? Name it in `dataset`.');
  if (kind !== 'unmask' && columns.length > 0) wrong('Columns are named where a mask is to be lifted.');
  if (kind === 'unmask' && columns.length === 0) wrong('Which columns? Name them in `columns`.');
  return datasetMatter(dataset, asked, asking, gate);
}

async function projectMatter(
  name: string,
  asked: AskedFor,
  { caller, identity, snapshot }: Asking,
  gate: Gate,
): Promise<Matter> {
  const project = await knownProject(name, { caller, identity, snapshot }, gate);
  const purpose = purposeIn(project, asked.purpose);
  const membership = await membershipOf(identity, { name, found: project, forPurpose: { purpose } }, gate);
  if (membership === 'condition')
    throw new SluiceError('request_needless', `You are a member of ${project.name} already.`);
  return {
    kind: 'project',
    dataset: null,
    project: project.name,
    columns: [],
    purpose,
    policies: [],
    binding: { uniqueId: null, digests: {}, project: boundTo(project) },
  };
}

/** A project is known to whoever may know of one of its datasets, as the catalogue tells it. */
async function knownProject(
  name: string,
  { caller, identity, snapshot }: Asking,
  gate: Gate,
): Promise<Project> {
  const project = snapshot.catalogue.projects.find((one) => one.name === name);
  const datasets = (project?.datasets ?? []).flatMap((id) => snapshot.catalogue.byId(id) ?? []);
  const decisions = await decisionsFor(
    {
      acting: actingAlone(identity, snapshot),
      snapshot,
      datasets,
      action: 'discover',
      clientIp: caller.client.ip,
    },
    gate,
  );
  const known = [...decisions.values()].some(({ allow, discoverable }) => allow || discoverable);
  if (project === undefined || !known) throw unknownProject(name);
  return project;
}

/** @throws SluiceError purpose_not_in_project */
function purposeIn(project: Project, purpose: string | undefined): string | null {
  if (purpose === undefined) return null;
  if (project.purposes.some(({ name }) => name === purpose)) return purpose;
  throw new SluiceError('purpose_not_in_project', `${project.name} does not list the purpose ${purpose}.`);
}

async function datasetMatter(
  name: string,
  asked: AskedFor,
  { caller, identity, snapshot }: Asking,
  gate: Gate,
): Promise<Matter> {
  const { kind, columns = [] } = asked;
  const unknown = new SluiceError('dataset_not_found', `No such dataset: ${name}`);
  const dataset = snapshot.catalogue.byId(name) ?? snapshot.catalogue.lookup(name.split('.'));
  const datasets = dataset === undefined ? [] : [dataset];
  const decide = async (who: Identity, by: Gate): Promise<Decision> => {
    const acting = actingAlone(who, snapshot);
    const clientIp = caller.client.ip;
    const decisions = await decisionsFor({ acting, snapshot, datasets, action: 'query', clientIp }, by);
    const decision = decisions.get(dataset?.id ?? '');
    if (decision === undefined) throw unknown;
    return decision;
  };
  const together = await decide(identity, gate);
  if (dataset === undefined || !(together.allow || together.discoverable)) throw unknown;
  // A grant is for the subject alone: whoever acts for them has grants of their own.
  const { actor, ...subject } = identity;
  const decision = await decide(
    subject,
    withoutGrants(kind === 'dataset' ? 'access' : 'lift', dataset, gate),
  );
  const project =
    asked.project === undefined
      ? null
      : await knownProject(asked.project, { caller, identity, snapshot }, gate);
  if (project === null && asked.purpose !== undefined)
    throw new SluiceError('purpose_needs_project', undefined, {
      hint: 'Name the project whose purpose it is in `project`.',
    });
  if (project !== null && !project.datasets.includes(dataset.id))
    throw new SluiceError('bad_request', `${dataset.id} is none of the datasets of ${project.name}.`);
  const purpose = project === null ? null : purposeIn(project, asked.purpose);
  const policies = policiesOf(
    kind as Exclude<RequestKind, 'project'>,
    { dataset, decision, together, columns },
    snapshot,
  );
  const bound = kind === 'dataset' ? allowing(dataset.id, snapshot) : policies.ids;
  const digests = bound.map((id) => [id, snapshot.policies.termsOf(id)?.digest ?? '']);
  return {
    kind,
    dataset: dataset.id,
    project: project?.name ?? null,
    columns: policies.columns,
    purpose,
    policies: policies.ids,
    binding: {
      uniqueId: dataset.uniqueId,
      digests: Object.fromEntries(digests),
      ...(project === null ? {} : { project: boundTo(project) }),
    },
  };
}

/** What one has for a time may be asked for again before it ends: the gate, as it would decide once that is over. */
function withoutGrants(kind: Grant['kind'], { id }: Dataset, gate: Gate): Gate {
  const { grants } = gate;
  const activeFor: Gate['grants']['activeFor'] = async (identity, now) =>
    (await grants.activeFor(identity, now)).filter((one) => one.kind !== kind || one.dataset !== id);
  return { ...gate, grants: { activeFor } };
}

interface Weighed {
  readonly dataset: Dataset;
  /** For the subject alone, without what was granted of the kind that is asked for. */
  readonly decision: Decision;
  /** With whoever acts for them. */
  readonly together: Decision;
  readonly columns: readonly string[];
}

interface Lifted {
  readonly ids: readonly string[];
  readonly columns: readonly string[];
}

function policiesOf(kind: Exclude<RequestKind, 'project'>, weighed: Weighed, snapshot: Snapshot): Lifted {
  const { dataset, decision, together } = weighed;
  if (kind === 'dataset') {
    if (decision.allow)
      throw new SluiceError('request_needless', `You may read ${dataset.id} already.`, {
        hint: together.allow ? undefined : 'Whoever acts for you may not, and asks in their own name.',
      });
    if (!askable({ ...decision, discoverable: true }))
      throw new SluiceError('request_hopeless', `No grant opens ${dataset.id} to you (${decision.reason}).`, {
        hint: 'Policies that deny, require or limit are lifted for nobody.',
      });
    return { ids: [], columns: [] };
  }
  // Which columns there are, and whether rows are kept back, is told to whoever may read it.
  if (!together.allow)
    throw new SluiceError('access_denied', `You may not read ${dataset.id} (${together.reason}).`, {
      hint: 'Ask for the dataset first.',
      ...(askable(together) ? { requestAccess: dataset.id } : {}),
    });
  if (!decision.allow) throw new SluiceError('access_denied', `You may not read ${dataset.id}.`);
  return kind === 'unmask' ? masksOf(weighed, snapshot) : filtersOf(weighed, snapshot);
}

/** Every mask that stands on the columns: with the strictest gone, the next would come forth. */
function masksOf({ dataset, decision, together, columns }: Weighed, snapshot: Snapshot): Lifted {
  const named = columns.map((written) => {
    const column = dataset.columns.find(
      ({ folded, exposed }) =>
        folded.toLowerCase() === written.toLowerCase() &&
        exposed &&
        !decision.hidden.includes(folded) &&
        !together.hidden.includes(folded),
    );
    if (column === undefined)
      throw new SluiceError('column_not_found', `${dataset.id} has no column ${written}.`);
    if (!Object.hasOwn(decision.masks, column.folded))
      throw new SluiceError('request_needless', `${dataset.id}.${column.name} is shown to you as it is.`);
    return column.folded;
  });
  const applied = named.flatMap((name) => {
    const mask = decision.masks[name];
    return [mask?.policy ?? null, ...(mask?.when ?? []).map(({ policy }) => policy)];
  });
  const told = new Set(decision.reasons.flatMap(({ effect, policy }) => (effect === 'mask' ? [policy] : [])));
  const covering = snapshot.policies
    .forDataset(dataset.id)
    .flatMap((policy) =>
      policy.effect === 'mask' &&
      told.has(policy.id) &&
      policy.columns.some((column) => named.includes(column.name))
        ? [policy.id]
        : [],
    );
  return {
    ids: known([...applied.filter((id) => id !== null), ...covering], snapshot),
    columns: [...new Set(named)].sort(),
  };
}

function filtersOf({ dataset, decision }: Weighed, snapshot: Snapshot): Lifted {
  if (decision.rows.length === 0)
    throw new SluiceError('request_needless', `You see all rows of ${dataset.id}.`);
  return {
    ids: known(
      decision.rows.map(({ policy }) => policy),
      snapshot,
    ),
    columns: [],
  };
}

/** What a decision point of the operator's own put there is no policy that a grant could name. */
function known(ids: readonly string[], { policies }: Snapshot): readonly string[] {
  if (ids.length === 0 || ids.some((id) => policies.termsOf(id) === undefined))
    throw new SluiceError('request_hopeless', 'What stands there is no policy that a grant could lift.');
  return [...new Set(ids)].sort();
}
