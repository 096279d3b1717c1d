/** The spine of grants: who holds which, and their end before its time. What is revoked is gone with the next query. */
import { decidingOn, type Looker, ownFor, requirementsFor, takesPart } from './access-requests/deciding.ts';
import { lookerOf, pageOf } from './access-requests/paging.ts';
import { aboutMatter, epoch, named, onRecord } from './access-requests/recorded.ts';
import { checkedText } from './access-requests/texts.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { eventOf } from './notify/letters.ts';
import type { Caller } from './request/ask.ts';
import { demandOrTell } from './request/permit.ts';
import { type AccessRequest, requestOf } from './requests/request.ts';
import type { Happened } from './requests/requests.ts';
import { type GrantView, grantView, iso, type Revoking } from './requests/view.ts';
import type { OutboxRow } from './store/outbox.ts';
import type { GrantRow } from './store/requests.ts';

export type { GrantView } from './requests/view.ts';

const PAGE = 50;

export interface GrantFilter {
  readonly mine?: boolean | undefined;
  /** Those that are over or revoked as well. */
  readonly all?: boolean | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Newest first: one's own, those that one could have approved, and all of them for stewards. @throws SluiceError token_missing */
export async function listGrants(
  caller: Caller,
  filter: GrantFilter,
  gate: Gate,
): Promise<{ readonly grants: readonly GrantView[]; readonly next_cursor: string | null }> {
  const looker = await lookerOf(caller, gate);
  const { sub, issuer } = looker.identity;
  const { mine = false, all = false, limit, cursor } = filter;
  const now = epoch(gate);
  const { page, next_cursor } = await pageOf({
    limit,
    cursor,
    read: (after, most) =>
      gate.requests.store.listGrants({
        subject: mine ? { sub, issuer: issuer ?? '' } : null,
        activeAt: all ? null : now,
        after,
        limit: most,
      }),
    async view(row) {
      const part = await partIn(row, looker, gate);
      return part === null ? null : grantView(row, now, looker.snapshot, part.decides);
    },
  });
  return { grants: page, next_cursor };
}

interface Part {
  readonly request: AccessRequest;
  /** Beyond giving up what is one's own. */
  readonly decides: boolean;
}

/** Null for whoever has none. */
async function partIn(row: GrantRow, looker: Looker, gate: Gate): Promise<Part | null> {
  const { identity, snapshot } = looker;
  const found = await gate.requests.store.find(row.request);
  if (found === null) return null;
  const request = requestOf(found);
  if (ownFor(request, identity)) return { request, decides: false };
  if (gate.permits(identity, 'steward')) return { request, decides: !takesPart(request, identity) };
  const requirements = requirementsFor(request, snapshot, gate);
  try {
    decidingOn({ request, requirements, own: false }, looker, gate, 'deny');
    return { request, decides: true };
  } catch (thrown) {
    if (thrown instanceof SluiceError) return null;
    throw thrown;
  }
}

/** For whoever holds it, approves such, or is a steward. @throws SluiceError token_missing, grant_not_found, request_closed */
export async function revokeGrant(
  caller: Caller,
  id: string,
  given: string | undefined,
  gate: Gate,
): Promise<GrantView> {
  return onRecord(caller, { event: 'grant', action: 'revoke' }, gate, async (recording) => {
    const { identity, snapshot, known, tell } = recording;
    const { requests } = gate;
    const row = await requests.store.findGrant(id);
    const part = row === null ? null : await partIn(row, { caller, identity, snapshot }, gate);
    if (row === null || part === null) throw new SluiceError('grant_not_found', `No such grant: ${id}`);
    const { request, decides } = part;
    const about = [`grant ${id}`, `request ${request.id}`, `for ${named(request.asker)}`, request.kind];
    Object.assign(known, aboutMatter(request), { reasons: about });
    const at = epoch(gate);
    if (row.revokedAt !== null || row.until <= at)
      throw new SluiceError('request_closed', 'The grant is over already.');
    const comment = checkedText('comment', given);
    await tell({ reasons: [...about, ...(comment === null ? [] : [`comment: ${comment}`])] });
    const by = { sub: identity.sub, issuer: identity.issuer };
    const revoking = JSON.stringify({ by, comment } satisfies Revoking);
    const letters = requests.lettersFor({ kind: 'revoked', at, request, grant: row, by });
    if (!(await requests.store.revoke(id, at, revoking, letters)))
      throw new SluiceError('request_closed', 'The grant is over already.');
    requests.nudge();
    return grantView({ ...row, revokedAt: at, revoking }, at, snapshot, decides);
  });
}

export interface NotificationView {
  readonly id: number;
  readonly about: string;
  readonly event: Happened['kind'];
  readonly channel: OutboxRow['channel'];
  readonly target: string;
  readonly state: OutboxRow['state'];
  readonly attempts: number;
  readonly created_at: string;
  /** When it is tried again, for those that wait. */
  readonly due_at: string | null;
  readonly problem: string | null;
}

/** For stewards. @throws SluiceError token_missing, access_denied */
export async function listNotifications(
  caller: Caller,
  {
    state = null,
    limit = PAGE,
  }: { readonly state?: OutboxRow['state'] | undefined | null; readonly limit?: number | undefined },
  gate: Gate,
): Promise<{ readonly notifications: readonly NotificationView[] }> {
  await demandOrTell(
    caller,
    {
      action: 'list_notifications',
      permissions: ['steward'],
      message: 'Notifications are shown to stewards.',
    },
    gate,
  );
  const rows = await gate.requests.outbox.list(state, limit);
  return {
    notifications: rows.map((row) => ({
      id: row.id,
      about: row.topic,
      event: eventOf(row.body),
      channel: row.channel,
      target: row.target,
      state: row.state,
      attempts: row.attempts,
      created_at: iso(row.createdAt),
      due_at: row.state === 'waiting' ? iso(row.dueAt) : null,
      problem: row.problem,
    })),
  };
}
