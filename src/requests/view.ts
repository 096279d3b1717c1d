/** What is told of a request and of a grant: to whoever asked no policy, to whoever decides all of it. */
import type { GrantRow } from '../store/requests.ts';
import { type HeldGrant, type Person, type State, type Void, voidIn } from './grant.ts';
import { heldGrant } from './held.ts';
import type { AccessRequest, RequestKind } from './request.ts';
import { countFor, type Requirement } from './routing.ts';

export interface RequestView {
  readonly id: string;
  readonly state: AccessRequest['state'];
  readonly kind: RequestKind;
  readonly dataset: string | null;
  readonly columns: readonly string[];
  readonly project: string | null;
  readonly purpose: string | null;
  readonly reason: string;
  readonly asker: Person;
  /** Who asked in the asker's name. */
  readonly through: readonly Person[];
  readonly duration_seconds: number | null;
  /** ISO 8601, UTC. */
  readonly until: string | null;
  readonly created_at: string;
  readonly closed_at: string | null;
  readonly closed_by: Person | null;
  readonly comment: string | null;
  readonly approvals: readonly {
    readonly by: Person;
    readonly at: string;
    readonly comment: string | null;
  }[];
  /** Of the one who looks. */
  readonly may: readonly ('approve' | 'deny' | 'withdraw')[];
  /** For those who decide. */
  readonly policies?: readonly string[];
  readonly needs?: readonly { readonly from: string; readonly approvers: number; readonly given: number }[];
}

export interface GrantView {
  readonly id: string;
  readonly state: 'active' | 'ended' | 'revoked' | 'void';
  /** Why it does not hold though its time is not over. */
  readonly why: Void | null;
  readonly kind: HeldGrant['kind'];
  readonly subject: Person;
  readonly dataset: string | null;
  readonly project: string | null;
  readonly columns: readonly string[];
  readonly purpose: string | null;
  readonly request: string;
  readonly approvers: readonly Person[];
  readonly created_at: string;
  readonly until: string;
  readonly revoked_at: string | null;
  readonly revoked_by: Person | null;
  readonly comment: string | null;
  /** For those who decide. */
  readonly policies?: readonly string[];
}

export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const isoOrNull = (seconds: number | null): string | null => (seconds === null ? null : iso(seconds));
const person = ({ sub, issuer }: Person): Person => ({ sub, issuer });

export interface Looking {
  readonly may: RequestView['may'];
  /** Null for whoever decides nothing of it. */
  readonly requirements: readonly Requirement[] | null;
}

export function requestView(request: AccessRequest, { may, requirements }: Looking): RequestView {
  const { id, state, kind, dataset, columns, project, purpose, reason, approvals, closing } = request;
  return {
    id,
    state,
    kind,
    dataset,
    columns,
    project,
    purpose,
    reason,
    asker: person(request.asker),
    through: request.through.map(person),
    duration_seconds: request.seconds,
    until: isoOrNull(request.until),
    created_at: iso(request.createdAt),
    closed_at: isoOrNull(request.closedAt),
    closed_by: closing === null ? null : person(closing.by),
    comment: closing?.comment ?? null,
    approvals: approvals.map(({ by, at, comment }) => ({ by: person(by), at: iso(at), comment })),
    may,
    ...(requirements === null
      ? {}
      : {
          policies: request.policies,
          needs: requirements.map((one) => ({
            from: one.name,
            approvers: one.approvers,
            given: countFor(one, approvals),
          })),
        }),
  };
}

export interface Revoking {
  readonly by: Person;
  readonly comment: string | null;
}

/** @param now epoch seconds */
export function grantView(row: GrantRow, now: number, state: State, decides: boolean): GrantView {
  const grant = heldGrant(row);
  const revoking = row.revoking === null ? null : (JSON.parse(row.revoking) as Revoking);
  const why = voidIn(grant, state);
  return {
    id: grant.id,
    state: row.revokedAt !== null ? 'revoked' : row.until <= now ? 'ended' : why === null ? 'active' : 'void',
    why,
    kind: grant.kind,
    subject: grant.subject,
    dataset: grant.dataset,
    project: grant.project,
    columns: grant.columns,
    purpose: grant.purpose,
    request: grant.request,
    approvers: grant.approvers,
    created_at: iso(row.createdAt),
    until: iso(row.until),
    revoked_at: isoOrNull(row.revokedAt),
    revoked_by: revoking === null ? null : person(revoking.by),
    comment: revoking?.comment ?? null,
    ...(decides ? { policies: grant.policies } : {}),
  };
}
