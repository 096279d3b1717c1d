/** The path of a look at use: who read which dataset and column, how often and what for. Stewards and auditors see everybody's, owners that of their datasets, everyone their own. */
import { cleanText, isTold } from './audit/check.ts';
import type { UsageRow } from './audit-dataset/usage.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Identity } from './identity/identity.ts';
import { type Author, operatorOf } from './request/on-record.ts';
import { teller } from './request/teller.ts';
import { approverFor, mayApprove } from './requests/routing.ts';
import type { Snapshot } from './snapshot.ts';

export type { UsageRow } from './audit-dataset/usage.ts';

export interface UsageAsk {
  readonly dataset?: string | undefined;
  /** ISO 8601; by default the last thirty days. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
}

export interface UsageReport {
  readonly from: string;
  readonly to: string;
  /** Whose use is told: everybody's, one's own, or one's own and that of the datasets which one owns. */
  readonly scope: 'everybody' | 'owned' | 'own';
  /** The latest day first. */
  readonly usage: readonly UsageRow[];
  /** Whether there is more than was asked for. */
  readonly truncated: boolean;
}

const USUAL = 1_000;
export const MOST_USAGE = 10_000;
const DAYS = 30;

/** @throws SluiceError token_missing, bad_request, engine_unavailable, audit_unavailable */
export async function readUsage(author: Author, ask: UsageAsk, gate: Gate): Promise<UsageReport> {
  const identity =
    author.kind === 'caller' ? await gate.authenticate(author.caller.token, author.caller) : null;
  if (identity?.kind === 'anonymous') throw new SluiceError('token_missing');
  const period = periodOf(ask, gate.now());
  const limit = Math.min(ask.limit ?? USUAL, MOST_USAGE);
  const current = await gate.metadata.current();
  const { snapshot } = current;
  const everybody =
    identity === null || gate.permits(identity, 'steward') || gate.permits(identity, 'auditor');
  if (!everybody && identity.actor !== undefined)
    throw new SluiceError('access_denied', 'What somebody uses is not shown to whoever acts for them.');
  const owned = everybody ? [] : ownedBy(identity, snapshot, gate);
  const rows = await gate.usage({
    ...period,
    // What is no longer published was used all the same.
    datasets: ask.dataset === undefined ? null : [snapshot.catalogue.byId(ask.dataset)?.id ?? ask.dataset],
    subject: everybody ? null : personOf(identity),
    owned,
    limit,
  });
  const scope = everybody ? 'everybody' : owned.length > 0 ? 'owned' : 'own';
  if (scope !== 'own') {
    const subject = identity ?? operatorOf(author);
    const told = teller({ event: 'admin', action: 'usage', subject, caller: author.caller }, gate);
    const datasets = ask.dataset === undefined ? [] : [cleanText(ask.dataset, 512)];
    await told({ snapshot: current.etag, datasets, rows: Math.min(rows.length, limit) });
  }
  return { ...period, scope, usage: rows.slice(0, limit), truncated: rows.length > limit };
}

/** @throws SluiceError access_denied for whom the audit cannot tell from others */
function personOf({ sub, issuer }: Identity): { readonly sub: string; readonly issuer: string } {
  if (issuer === null || !isTold(sub) || !isTold(issuer))
    throw new SluiceError('access_denied', 'The audit cannot tell your use from that of others.');
  return { sub, issuer };
}

/** As requests for access find the owner; who merely stands in where there is none owns nothing. */
function ownedBy(identity: Identity, { catalogue }: Snapshot, gate: Gate): readonly string[] {
  const routes = { owners: gate.requests.routes.owners, fallback: null };
  const deciding = {
    environment: gate.environment,
    networks: null,
    hours: [],
    isSteward: () => false,
  };
  const owners = new Map<string, boolean>();
  const owns = (owner: string): boolean => {
    const known =
      owners.get(owner) ?? mayApprove({ approver: approverFor(owner, routes) }, identity, deciding);
    owners.set(owner, known);
    return known;
  };
  return catalogue.datasets.flatMap(({ id, owner }) => (owner !== null && owns(owner) ? [id] : []));
}

function periodOf({ from, to }: UsageAsk, now: Date): { readonly from: string; readonly to: string } {
  const end = to === undefined ? now : new Date(to);
  const begin = from === undefined ? new Date(end.getTime() - DAYS * 86_400_000) : new Date(from);
  if (Number.isNaN(begin.getTime()) || Number.isNaN(end.getTime()) || begin >= end)
    throw new SluiceError('bad_request', 'The period ends before it begins.');
  return { from: begin.toISOString(), to: end.toISOString() };
}
