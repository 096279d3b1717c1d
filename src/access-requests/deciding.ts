/** Who has a word on a request. Whoever has none, and did not ask, is not told that there is one. */
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { actorsOf, type Identity } from '../identity/identity.ts';
import type { Caller } from '../request/ask.ts';
import { type Person, voidIn } from '../requests/grant.ts';
import { type AccessRequest, samePerson, someone, throughOf } from '../requests/request.ts';
import { type Deciding, mayApprove, missing, type Requirement, requirementsOf } from '../requests/routing.ts';
import type { Snapshot } from '../snapshot.ts';
import { requestsAsTheyStand } from './as-they-stand.ts';
import type { Recording } from './recorded.ts';

export interface Looker {
  readonly caller: Pick<Caller, 'client'>;
  readonly identity: Identity;
  readonly snapshot: Snapshot;
}

export interface Opened {
  readonly request: AccessRequest;
  readonly requirements: readonly Requirement[];
  /** Whether the caller asked for it. */
  readonly own: boolean;
}

export function requirementsFor(
  request: AccessRequest,
  snapshot: Snapshot,
  gate: Gate,
): readonly Requirement[] {
  return requirementsOf(request, snapshot, gate.requests.routes);
}

/** One that is open. @throws SluiceError request_not_found, also for others'; request_closed */
export async function openRequest(
  id: string,
  caller: Pick<Caller, 'client'>,
  { identity, snapshot }: Pick<Recording, 'identity' | 'snapshot'>,
  gate: Gate,
): Promise<Opened> {
  const row = await gate.requests.store.find(id);
  const seen =
    row === null
      ? null
      : seenBy((await requestsAsTheyStand(gate))(row), { caller, identity, snapshot }, gate);
  if (seen === null) throw new SluiceError('request_not_found', `No such access request: ${id}`);
  if (seen.request.state !== 'open')
    throw new SluiceError('request_closed', `The request is ${seen.request.state} already.`);
  return seen;
}

/** Null for whoever may not know of it. */
export function seenBy(request: AccessRequest, looker: Looker, gate: Gate): Opened | null {
  const { identity, snapshot } = looker;
  const requirements = requirementsFor(request, snapshot, gate);
  const own = isSame(identity, request.asker);
  if (ownFor(request, identity) || gate.permits(identity, 'steward')) return { request, requirements, own };
  const deciding = decidingOf(looker, gate);
  return requirements.some((one) => mayApprove(one, identity, deciding))
    ? { request, requirements, own }
    : null;
}

/**
 * Whether it is the caller's, and they may know of it: whoever acts for the asker knows of what they asked for in the asker's
 * name, and of nothing else, since what it names may be hidden from them.
 */
export function ownFor({ asker, through }: AccessRequest, identity: Identity): boolean {
  const [, ...acting] = actorsOf(identity);
  return isSame(identity, asker) && acting.every((one) => through.some((other) => isSame(one, other)));
}

const isSame = (a: Person, b: Person): boolean => a.sub === b.sub && a.issuer === b.issuer;

function decidingOf({ caller, snapshot }: Looker, gate: Gate): Deciding {
  return {
    environment: gate.environment,
    networks: snapshot.policies.networksOf(caller.client.ip),
    hours: snapshot.policies.hoursAt(gate.now().getTime()),
    isSteward: (one) => gate.permits(one, 'steward'),
  };
}

/** Whether the caller, or anyone in whose name they speak, has a part in it. */
export function takesPart({ asker, through }: AccessRequest, identity: Identity): boolean {
  const askers = [asker, ...through];
  return [someone(identity), ...throughOf(identity)].some((one) =>
    askers.some((other) => samePerson(one, other)),
  );
}

/**
 * @returns keys of the requirements that an approval of the caller's satisfies now
 * @throws SluiceError not_an_approver, request_decided, request_changed
 */
export function decidingOn(
  { request, requirements }: Opened,
  looker: Looker,
  gate: Gate,
  word: 'approve' | 'deny' = 'approve',
): readonly string[] {
  const { identity, snapshot } = looker;
  if (takesPart(request, identity))
    throw new SluiceError('not_an_approver', 'Nobody decides what they asked for themselves.', {
      hint: 'That counts for the same subject at another issuer, for the same e-mail address, and for whoever acts for them.',
    });
  const deciding = decidingOf(looker, gate);
  const mine = requirements.filter((one) => mayApprove(one, identity, deciding));
  if (word === 'deny') {
    if (mine.length > 0 || gate.permits(identity, 'steward')) return [];
    throw new SluiceError('not_an_approver');
  }
  if (mine.length === 0) throw new SluiceError('not_an_approver');
  const speaking = [someone(identity), ...throughOf(identity)];
  const spoken = request.approvals.flatMap(({ by, through }) => [by, ...through]);
  if (speaking.some((one) => spoken.some((other) => samePerson(one, other))))
    throw new SluiceError('request_decided', 'You have approved it; another approver is needed.');
  const open = missing(requirements, request.approvals);
  if (!mine.some((one) => open.includes(one)))
    throw new SluiceError('request_decided', 'Your part is approved by somebody else.');
  const changed = changedSince(request, snapshot);
  if (changed !== null)
    throw new SluiceError('request_changed', changed, { hint: 'It is to be asked for anew.' });
  return mine.map(({ key }) => key);
}

/** What is approved is what was asked for, or nothing. */
function changedSince(request: AccessRequest, snapshot: Snapshot): string | null {
  const { kind, dataset, project, policies, binding } = request;
  if (kind === 'project' && snapshot.catalogue.projects.every(({ name }) => name !== project))
    return 'There is no such project any more.';
  const gone = voidIn(
    {
      id: '',
      subject: request.asker,
      kind: policies.length === 0 ? 'access' : 'lift',
      dataset,
      project,
      policies,
      columns: request.columns,
      purpose: request.purpose,
      until: 0,
      request: request.id,
      approvers: [],
      binding,
    },
    snapshot,
  );
  if (gone === 'dataset_gone' || gone === 'dataset_replaced') return 'The dataset is another one by now.';
  if (gone === 'project_gone' || gone === 'project_replaced' || gone === 'project_opened')
    return 'The project is another one by now.';
  if (gone === 'policy_changed') return 'The policies were changed since.';
  const edited = policies.find((id) => snapshot.policies.termsOf(id)?.digest !== binding.digests[id]);
  return edited === undefined ? null : `The policy ${edited} was changed since.`;
}
