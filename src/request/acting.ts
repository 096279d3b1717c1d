/**
 * What a request acts in: a project that the caller is a member of, and a purpose that the project lists and the caller has
 * acknowledged. Whatever a request merely says of itself counts for nothing: it is this, or it is refused.
 */
import { type CleanRoomLimits, readableIn, roomLimits } from '../catalogue/clean-room.ts';
import type { Catalogue, Project } from '../catalogue/dataset.ts';
import { narrowCatalogue } from '../catalogue/narrow.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { actorsOf, type Identity } from '../identity/identity.ts';
import { evaluateDnf } from '../policies/conditions.ts';
import { voidPlace } from '../requests/grant.ts';
import type { Snapshot } from '../snapshot.ts';
import { acknowledgedAt } from './acknowledged.ts';
import type { Caller } from './ask.ts';
import { equalised } from './equalise.ts';

export interface Acting {
  readonly project: Project | null;
  readonly purpose: string | null;
  /** Who is decided for: the caller, with whoever else bounds what they may see. */
  readonly identity: Identity;
  /** What names may mean: all of the snapshot's, or the project's datasets alone. */
  readonly catalogue: Catalogue;
  /** Null where the project is no clean room. @throws SluiceError access_denied for a dataset that has no rules in it */
  roomOf(datasetId: string): CleanRoomLimits | null;
}

/** As the audit tells it, from the moment on at which it is known. */
export interface ActedIn {
  project?: string;
  purpose?: string;
}

export interface ActingOptions {
  /** Filled on the way, also where it is refused: with names that exist alone. */
  readonly told?: ActedIn;
  /** `given` where somebody asks what another would see: that is no place to acknowledge for them. */
  readonly acknowledgement?: 'on record' | 'given';
}

/** No project, no purpose. */
export function actingAlone(identity: Identity, { catalogue }: Pick<Snapshot, 'catalogue'>): Acting {
  return { project: null, purpose: null, identity, catalogue, roomOf: () => null };
}

/**
 * @throws SluiceError project_not_found for unknown projects and for those of others alike; purpose_needs_project,
 * purpose_needed, purpose_not_in_project, purpose_not_acknowledged
 */
export async function actingIn(
  caller: Pick<Caller, 'project' | 'purpose'>,
  identity: Identity,
  snapshot: Snapshot,
  gate: Gate,
  { told = {}, acknowledgement = 'on record' }: ActingOptions = {},
): Promise<Acting> {
  const { project: asked = null, purpose = null } = caller;
  if (asked === null) {
    if (purpose === null) return actingAlone(identity, snapshot);
    throw new SluiceError('purpose_needs_project', undefined, {
      hint: 'Name the project as well: X-Sluice-Project, `project`, or --project.',
    });
  }
  const found = snapshot.catalogue.projects.find(({ name }) => name === asked);
  if (found !== undefined) told.project = found.name;
  // Whoever forgot to say which purpose is told so, also where a grant is for one alone.
  const forPurpose = purpose === null && (found?.purposes.length ?? 0) > 0 ? 'any' : { purpose };
  const membership = await membershipOf(identity, { name: asked, found, forPurpose }, gate);
  if (found === undefined || membership === 'none') throw unknownProject(asked);
  const listed = purposeIn(found, purpose);
  if (listed !== null) {
    told.purpose = listed.name;
    if (acknowledgement === 'on record') await demandAcknowledged(identity, found, listed, gate);
  }
  return {
    project: found,
    purpose,
    identity: found.equalise ? equalised(identity, membership, found, gate) : identity,
    catalogue: narrowCatalogue(snapshot.catalogue, readableIn(found)),
    roomOf: (datasetId) => roomLimits(found, datasetId),
  };
}

/** Characters of a name that is repeated to whoever said it. */
const MOST_NAME = 200;

/** The same words for what there is not and for what is not the caller's. */
export const unknownProject = (name: string): SluiceError =>
  new SluiceError('project_not_found', `No such project: ${name.slice(0, MOST_NAME)}`, {
    hint: 'GET /v1/projects, or `sluice projects`, lists those that you may know of, and act in.',
  });

type Purpose = Project['purposes'][number];

/** @throws SluiceError purpose_needed, purpose_not_in_project */
export function purposeIn({ name, purposes }: Project, asked: string | null): Purpose | null {
  const names = purposes.map((purpose) => purpose.name).join(', ');
  if (asked === null) {
    if (purposes.length === 0) return null;
    throw new SluiceError('purpose_needed', `Acting in ${name} needs one of its purposes.`, {
      hint: `Its purposes: ${names}. Say X-Sluice-Purpose, \`purpose\`, or --purpose.`,
    });
  }
  const listed = purposes.find((purpose) => purpose.name === asked);
  if (listed !== undefined) return listed;
  throw new SluiceError(
    'purpose_not_in_project',
    `${name} does not list the purpose ${asked.slice(0, MOST_NAME)}.`,
    {
      hint: purposes.length === 0 ? 'It lists none.' : `Its purposes: ${names}.`,
    },
  );
}

/** `grant`: not by what the project says of its members, but by an approved request that is not over. */
export type Membership = 'condition' | 'grant' | 'none';

export interface MembershipAsk {
  readonly name: string;
  readonly found: Pick<Project, 'name' | 'uniqueId' | 'cleanRoom' | 'members'> | undefined;
  /** A grant for a purpose counts for that one alone. */
  readonly forPurpose: 'any' | { readonly purpose: string | null };
}

/**
 * Everyone in whose name the request is made must be a member; nobody without a name is. The same is looked up for a
 * project that does not exist.
 */
export async function membershipOf(
  identity: Identity,
  { name, found, forPurpose }: MembershipAsk,
  gate: Gate,
): Promise<Membership> {
  const now = gate.now();
  let weakest: Membership = 'condition';
  for (const one of actorsOf(identity)) {
    const held = await gate.grants.activeFor(one, now);
    const granted = held.some(
      (grant) =>
        grant.kind === 'access' &&
        grant.dataset === null &&
        grant.project === name &&
        voidPlace(grant, found === undefined ? [] : [found]) === null &&
        (grant.purpose === null || forPurpose === 'any' || grant.purpose === forPurpose.purpose),
    );
    const circumstances = { project: null, purpose: null, environment: gate.environment };
    const meets = evaluateDnf(found?.members ?? [], one, circumstances);
    if (one.kind === 'anonymous' || (!meets && !granted)) return 'none';
    if (!meets) weakest = 'grant';
  }
  return weakest;
}

/** @throws SluiceError purpose_not_acknowledged */
async function demandAcknowledged(
  identity: Identity,
  project: Project,
  purpose: Purpose,
  gate: Gate,
): Promise<void> {
  for (const one of actorsOf(identity)) {
    if ((await acknowledgedAt(one, project, purpose, gate)) !== null) continue;
    throw new SluiceError(
      'purpose_not_acknowledged',
      one === identity
        ? `You have not acknowledged the purpose ${purpose.name} of ${project.name}.`
        : `Who acts for you has not acknowledged the purpose ${purpose.name} of ${project.name}.`,
      {
        hint:
          `Read it at GET /v1/projects/${project.name}, then POST /v1/projects/${project.name}/acknowledge ` +
          `{"purpose": "${purpose.name}", "version": "${purpose.version}"}; or: sluice projects acknowledge ${project.name} ${purpose.name}`,
      },
    );
  }
}
