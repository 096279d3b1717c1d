/** The path of projects: what there are, what a caller may do in them, and the acknowledgement of a purpose, on record before it counts. */
import type { Project, Purpose } from './catalogue/dataset.ts';
import type { Left } from './clean-room/budget.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Identity } from './identity/identity.ts';
import { acknowledgedAt, acknowledgedBy } from './request/acknowledged.ts';
import { actingAlone, type Membership, membershipOf, purposeIn, unknownProject } from './request/acting.ts';
import type { Caller } from './request/ask.ts';
import { decisionsFor } from './request/decisions.ts';
import { type RoomInWords, roomInWords } from './request/room-in-words.ts';
import { leftIn } from './request/room-left.ts';
import { teller } from './request/teller.ts';
import type { Snapshot } from './snapshot.ts';

export interface ShownPurpose extends Purpose {
  /** ISO 8601; null where this caller has yet to acknowledge the text as it is. */
  readonly acknowledged_at: string | null;
}

/** What members alone are told. */
export interface ForMembers {
  readonly purposes: readonly ShownPurpose[];
  /** Whether every member sees the same. */
  readonly equalised: boolean;
  /** Null where it is no clean room. */
  readonly clean_room: (RoomInWords & { readonly left: Left | null }) | null;
}

export interface ShownProject {
  readonly name: string;
  readonly label: string | null;
  readonly type: string;
  readonly owner: string | null;
  readonly maturity: string | null;
  readonly url: string | null;
  readonly description: string;
  readonly tags: readonly string[];
  /** Those that the caller may know of. */
  readonly datasets: readonly string[];
  /** Whether the caller may act in it. */
  readonly member: boolean;
  /** Null for whoever is none. */
  readonly acting: ForMembers | null;
}

/** Those over datasets that the caller may know of, and those that they are a member of. */
export async function listProjects(
  caller: Caller,
  gate: Gate,
): Promise<{ readonly projects: readonly ShownProject[] }> {
  const { identity, snapshot } = await asking(caller, gate);
  return { projects: await shown(snapshot.catalogue.projects, identity, snapshot, caller, gate) };
}

/** @throws SluiceError project_not_found for unknown ones and for those of which the caller may know nothing */
export async function describeProject(caller: Caller, name: string, gate: Gate): Promise<ShownProject> {
  const { identity, snapshot } = await asking(caller, gate);
  const named = snapshot.catalogue.projects.filter((project) => project.name === name);
  const [found] = await shown(named, identity, snapshot, caller, gate);
  if (found === undefined) throw unknownProject(name);
  return found;
}

export interface Acknowledge {
  readonly purpose: string;
  /** Of the text that was read. */
  readonly version: string;
}

export interface AcknowledgedPurpose extends Acknowledge {
  readonly project: string;
  /** ISO 8601: when it was acknowledged first. */
  readonly acknowledged_at: string;
}

/**
 * @throws SluiceError project_not_found, purpose_not_in_project, purpose_changed where the text is another one by now,
 * access_denied for whoever acts for somebody else
 */
export async function acknowledge(
  caller: Caller,
  name: string,
  { purpose: asked, version }: Acknowledge,
  gate: Gate,
): Promise<AcknowledgedPurpose> {
  const { identity, snapshot } = await asking(caller, gate);
  const told = teller({ event: 'admin', action: 'acknowledge', subject: identity, caller }, gate);
  const known: { snapshot: string; project?: string; purpose?: string; reasons?: readonly string[] } = {
    snapshot: snapshot.hash,
  };
  try {
    const project = snapshot.catalogue.projects.find((one) => one.name === name);
    if (project !== undefined) known.project = project.name;
    const membership = await membershipOf(identity, { name, found: project, forPurpose: 'any' }, gate);
    if (project === undefined || membership === 'none') throw unknownProject(name);
    if (identity.actor !== undefined)
      throw new SluiceError('access_denied', 'Nobody acknowledges a text for somebody else.', {
        hint: 'Use a token of your own, without an actor.',
      });
    const purpose = purposeIn(project, asked);
    known.purpose = purpose?.name ?? asked;
    if (purpose === null || purpose.version !== version)
      throw new SluiceError('purpose_changed', undefined, {
        hint: `Read it again: GET /v1/projects/${project.name}.`,
      });
    known.reasons = [`version ${purpose.version}`];
    await told(known);
    const at = await gate.acknowledgements.save(
      acknowledgedBy(identity, project, purpose),
      gate.now().toISOString(),
    );
    return { project: project.name, purpose: purpose.name, version, acknowledged_at: at };
  } catch (thrown) {
    const code = thrown instanceof SluiceError ? thrown.code : 'internal';
    if (code !== 'audit_unavailable') await told({ ...known, decision: 'deny', error_code: code });
    throw thrown;
  }
}

async function asking(caller: Caller, gate: Gate): Promise<{ identity: Identity; snapshot: Snapshot }> {
  const identity = await gate.authenticate(caller.token, caller);
  return { identity, snapshot: (await gate.metadata.current()).snapshot };
}

async function shown(
  projects: readonly Project[],
  identity: Identity,
  snapshot: Snapshot,
  caller: Caller,
  gate: Gate,
): Promise<readonly ShownProject[]> {
  const ids = new Set(projects.flatMap(({ datasets }) => datasets));
  const decisions = await decisionsFor(
    {
      acting: actingAlone(identity, snapshot),
      snapshot,
      datasets: [...ids].flatMap((id) => snapshot.catalogue.byId(id) ?? []),
      action: 'discover',
      clientIp: caller.client.ip,
    },
    gate,
  );
  const all: ShownProject[] = [];
  for (const project of projects) {
    const { name } = project;
    const membership = await membershipOf(identity, { name, found: project, forPurpose: 'any' }, gate);
    const datasets = project.datasets.filter((id) => {
      const decision = decisions.get(id);
      return decision !== undefined && (decision.allow || decision.discoverable);
    });
    if (membership === 'none' && datasets.length === 0) continue;
    all.push(await shownAs(membership, { ...project, datasets }, identity, gate));
  }
  return all;
}

async function shownAs(
  membership: Membership,
  project: Project,
  identity: Identity,
  gate: Gate,
): Promise<ShownProject> {
  const { members, purposes, equalise, cleanRoom, uniqueId, ...told } = project;
  if (membership === 'none') return { ...told, member: false, acting: null };
  const shownPurposes: ShownPurpose[] = [];
  for (const purpose of purposes)
    shownPurposes.push({
      ...purpose,
      acknowledged_at: await acknowledgedAt(identity, project, purpose, gate),
    });
  return {
    ...told,
    member: true,
    acting: {
      purposes: shownPurposes,
      equalised: equalise,
      clean_room:
        cleanRoom === null
          ? null
          : { ...roomInWords(cleanRoom), left: await leftIn(cleanRoom, identity, gate) },
    },
  };
}
