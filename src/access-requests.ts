/** The spine of access requests: ask, look, approve, deny, withdraw. A word counts once the audit holds it, and nobody has a word on their own. */
import { randomBytes } from 'node:crypto';
import { decidingOn, type Opened, openRequest, requirementsFor } from './access-requests/deciding.ts';
import { type AskedFor, matterOf } from './access-requests/matter.ts';
import { aboutMatter, epoch, named, onRecord, type Recording } from './access-requests/recorded.ts';
import { endOf, shortened, type Term, termOf } from './access-requests/term.ts';
import { checkedText } from './access-requests/texts.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Caller } from './request/ask.ts';
import type { Grant } from './requests/grant.ts';
import type { GrantBody } from './requests/held.ts';
import { type AccessRequest, type Approval, rowOf, someone, throughOf } from './requests/request.ts';
import { missing } from './requests/routing.ts';
import { iso, type RequestView, requestView } from './requests/view.ts';
import type { GrantRow } from './store/requests.ts';

export type { RequestView } from './requests/view.ts';

export interface RequestAsk extends AskedFor {
  readonly reason: string;
  /** `2h`, or seconds; from the approval on. */
  readonly duration?: string | number | undefined;
  /** ISO 8601. One of both. */
  readonly until?: string | undefined;
}

const HOUR = 3600;
/** Of one reason in the audit. */
const LONGEST_WORDS = 1000;

const newId = (kind: 'ar' | 'gr'): string => `${kind}_${randomBytes(10).toString('hex')}`;

/** @throws SluiceError token_missing, bad_request, request_duplicate, too_many_requests, and what `matterOf` throws */
export async function ask(caller: Caller, asked: RequestAsk, gate: Gate): Promise<RequestView> {
  return onRecord(caller, { event: 'request', action: 'ask' }, gate, async (recording) => {
    const { identity, snapshot, known, tell } = recording;
    const { requests } = gate;
    const reason = checkedText('reason', asked.reason, { required: true }) ?? '';
    const at = epoch(gate);
    const term = termOf(asked, at, requests.maxDuration);
    const matter = await matterOf(asked, { caller, identity, snapshot }, gate);
    const request: AccessRequest = {
      ...matter,
      id: newId('ar'),
      asker: someone(identity),
      through: throughOf(identity),
      reason,
      ...term,
      state: 'open',
      createdAt: at,
      closedAt: null,
      closing: null,
      approvals: [],
    };
    Object.assign(known, aboutMatter(matter), { reasons: wordsOf(request, [`reason: ${reason}`]) });
    await tell();
    const requirements = requirementsFor(request, snapshot, gate);
    const outcome = await requests.store.ask(
      rowOf(request),
      { open: requests.maxOpen, since: at - HOUR, recent: requests.maxHourly },
      requests.lettersFor({ kind: 'asked', at, request, requirements }),
    );
    if (outcome === 'duplicate')
      throw new SluiceError('request_duplicate', 'You have asked for the same, and it is open.', {
        hint: 'GET /v1/access-requests?mine=true lists what you have asked for.',
      });
    if (outcome === 'too_many')
      throw new SluiceError('too_many_requests', undefined, {
        hint: 'Wait for what is open to be decided, or withdraw some of it.',
        retryAfter: HOUR,
      });
    requests.nudge();
    return requestView(request, { may: ['withdraw'], requirements: null });
  });
}

export interface Approving {
  readonly duration?: string | number | undefined;
  readonly until?: string | undefined;
  readonly comment?: string | undefined;
}

/** Attempts where others decide in the same moment. */
const ATTEMPTS = 5;

/** @throws SluiceError request_not_found, not_an_approver, request_closed, request_decided, request_changed, bad_request */
export async function approve(caller: Caller, id: string, word: Approving, gate: Gate): Promise<RequestView> {
  return onRecord(caller, { event: 'request', action: 'approve' }, gate, async (recording) => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const approved = await approveOnce(caller, id, word, recording, gate);
      if (approved !== null) return approved;
    }
    throw new SluiceError('request_closed', 'Others decide at this moment; look again.');
  });
}

/** Null where somebody else was faster. */
async function approveOnce(
  caller: Caller,
  id: string,
  word: Approving,
  recording: Recording,
  gate: Gate,
): Promise<RequestView | null> {
  const { identity, snapshot, known, tell } = recording;
  const { requests } = gate;
  const opened = await openRequest(id, caller, recording, gate);
  const { request, requirements } = opened;
  Object.assign(known, aboutMatter(request), { reasons: wordsOf(request) });
  const keys = decidingOn(opened, { caller, identity, snapshot }, gate);
  const comment = checkedText('comment', word.comment);
  const at = epoch(gate);
  const term = shortened(request, word, at, requests.maxDuration);
  const approval: Approval = {
    by: someone(identity),
    through: throughOf(identity),
    keys,
    at,
    comment,
    ...term,
  };
  const approvals = [...request.approvals, approval];
  const complete = missing(requirements, approvals).length === 0;
  const grant = complete ? grantOf(request, approvals, at, requests.maxDuration) : null;
  const approved: AccessRequest = {
    ...request,
    approvals,
    ...(grant === null ? {} : { state: 'approved', closedAt: at, closing: { by: approval.by, comment } }),
  };
  const said = comment === null ? [] : [`comment: ${comment}`];
  const granted = grant === null ? [] : [`grant ${grant.id}`, `until ${iso(grant.until)}`];
  const reasons = wordsOf(request, [...granted, ...said]);
  await tell({ reasons });
  if (grant !== null) await tell({ event: 'grant', action: 'grant', reasons });
  const stored = await requests.store.approve(
    { request: id, sub: approval.by.sub, body: JSON.stringify(approval) },
    request.approvals.length,
    grant === null
      ? null
      : {
          grant,
          closing: { state: 'approved', at, closing: JSON.stringify(approved.closing) },
        },
    grant === null ? [] : requests.lettersFor({ kind: 'approved', at, request: approved, grant }),
  );
  if (!stored) {
    // What was on record did not come about, and is weighed anew.
    await tell({ decision: 'deny', error_code: 'request_closed' });
    return null;
  }
  requests.nudge();
  return requestView(approved, { may: [], requirements });
}

function grantOf(
  request: AccessRequest,
  approvals: readonly Approval[],
  at: number,
  maxDuration: number,
): GrantRow {
  const { kind, dataset, project, policies, columns, purpose, binding } = request;
  const body: GrantBody = {
    kind: kind === 'dataset' || kind === 'project' ? 'access' : 'lift',
    dataset,
    project,
    policies,
    columns,
    purpose,
    approvers: approvals.flatMap(({ by: { sub, issuer }, keys }) =>
      // Of one that counts no more there is nothing left but its bound on the time.
      keys.length === 0 ? [] : [{ sub, issuer }],
    ) satisfies Grant['approvers'],
    binding,
  };
  const terms: readonly Term[] = [request, ...approvals];
  return {
    id: newId('gr'),
    request: request.id,
    issuer: request.asker.issuer ?? '',
    sub: request.asker.sub,
    until: endOf(terms, at, maxDuration),
    createdAt: at,
    revokedAt: null,
    revoking: null,
    body: JSON.stringify(body),
  };
}

/** @throws SluiceError request_not_found, not_an_approver, request_closed, bad_request */
export async function deny(caller: Caller, id: string, given: string, gate: Gate): Promise<RequestView> {
  return onRecord(caller, { event: 'request', action: 'deny' }, gate, async (recording) => {
    const { identity, snapshot } = recording;
    const opened = await openRequest(id, caller, recording, gate);
    Object.assign(recording.known, aboutMatter(opened.request), { reasons: wordsOf(opened.request) });
    decidingOn(opened, { caller, identity, snapshot }, gate, 'deny');
    const comment = checkedText('comment', given, { required: true });
    return close(opened, 'denied', comment, recording, gate);
  });
}

/** For whoever asked, or acted for them. @throws SluiceError request_not_found, request_closed */
export async function withdraw(caller: Caller, id: string, gate: Gate): Promise<RequestView> {
  return onRecord(caller, { event: 'request', action: 'withdraw' }, gate, async (recording) => {
    const opened = await openRequest(id, caller, recording, gate);
    Object.assign(recording.known, aboutMatter(opened.request), { reasons: wordsOf(opened.request) });
    if (!opened.own) throw new SluiceError('not_an_approver', 'Whoever asked withdraws; you may deny it.');
    return close(opened, 'withdrawn', null, recording, gate);
  });
}

async function close(
  { request, requirements, own }: Opened,
  state: 'denied' | 'withdrawn',
  comment: string | null,
  { identity, tell }: Recording,
  gate: Gate,
): Promise<RequestView> {
  const { requests } = gate;
  const at = epoch(gate);
  const closing = { by: { sub: identity.sub, issuer: identity.issuer }, comment };
  const closed: AccessRequest = { ...request, state, closedAt: at, closing };
  await tell({ reasons: wordsOf(request, comment === null ? [] : [`comment: ${comment}`]) });
  const letters = requests.lettersFor({ kind: state, at, request: closed });
  if (!(await requests.store.close(request.id, { state, at, closing: JSON.stringify(closing) }, letters)))
    throw new SluiceError('request_closed', 'Somebody else was faster.');
  requests.nudge();
  return requestView(closed, { may: [], requirements: own ? null : requirements });
}

function wordsOf(request: AccessRequest, more: readonly string[] = []): readonly string[] {
  const { id, kind, asker, columns } = request;
  return [
    `request ${id}`,
    `for ${named(asker)}`,
    kind,
    ...(columns.length === 0 ? [] : [`columns ${columns.join(', ')}`.slice(0, LONGEST_WORDS)]),
    ...more,
  ];
}
