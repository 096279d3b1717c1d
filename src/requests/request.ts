/** What somebody asks for: a dataset, a project, columns without a mask, or rows without a filter; and what was said to it. */
import { actorsOf, type Identity } from '../identity/identity.ts';
import type { RequestRow, RequestState, RequestWithApprovals } from '../store/requests.ts';
import type { Binding, Person } from './grant.ts';

export const REQUEST_KINDS = ['dataset', 'project', 'unmask', 'unfilter'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** A person as far as it matters whether two are the same: with an address that their token does not call unverified. */
export interface Someone extends Person {
  readonly email: string | null;
}

/** What would be granted, as it stood when it was asked for. */
export interface Matter {
  readonly kind: RequestKind;
  /** Id; null of a project. */
  readonly dataset: string | null;
  readonly project: string | null;
  /** Folded. */
  readonly columns: readonly string[];
  readonly purpose: string | null;
  /** What a grant would lift; for approvers alone. */
  readonly policies: readonly string[];
  readonly binding: Binding;
}

export interface AccessRequest extends Matter {
  readonly id: string;
  readonly asker: Someone;
  /** Who asked in the asker's name, the nearest first. */
  readonly through: readonly Someone[];
  readonly reason: string;
  /** Seconds from the approval on, or null where a moment was named. */
  readonly seconds: number | null;
  /** Epoch seconds, or null. */
  readonly until: number | null;
  readonly state: RequestState;
  readonly createdAt: number;
  readonly closedAt: number | null;
  readonly closing: Closing | null;
  readonly approvals: readonly Approval[];
}

export interface Closing {
  readonly by: Person;
  readonly comment: string | null;
}

export interface Approval {
  readonly by: Someone;
  /** With whom the approver acted. */
  readonly through: readonly Someone[];
  /** Which requirements it satisfied when it was given. */
  readonly keys: readonly string[];
  readonly at: number;
  readonly comment: string | null;
  /** Shorter than was asked for, or null. */
  readonly seconds: number | null;
  readonly until: number | null;
}

export type RequestBody = Omit<
  AccessRequest,
  'id' | 'state' | 'createdAt' | 'closedAt' | 'closing' | 'approvals'
>;

export function requestOf(row: RequestWithApprovals): AccessRequest {
  return {
    ...(JSON.parse(row.body) as RequestBody),
    id: row.id,
    state: row.state,
    createdAt: row.createdAt,
    closedAt: row.closedAt,
    closing: row.closing === null ? null : (JSON.parse(row.closing) as Closing),
    approvals: row.approvals.map(({ body }) => JSON.parse(body) as Approval),
  };
}

export function rowOf(request: AccessRequest): RequestRow {
  const { id, state, createdAt, closedAt, closing, approvals: _, ...body } = request;
  return {
    id,
    issuer: request.asker.issuer ?? '',
    sub: request.asker.sub,
    matter: matterOf(request),
    state,
    createdAt,
    closedAt,
    closing: closing === null ? null : JSON.stringify(closing),
    body: JSON.stringify(body satisfies RequestBody),
  };
}

/** In one form: asking for the same twice is seen. */
function matterOf({ kind, dataset, project, columns, purpose }: Matter): string {
  return JSON.stringify([kind, dataset, project, [...columns].sort(), purpose]);
}

/** Only an address that nobody denies is verified tells two accounts of one person. */
export function someone({ sub, issuer, attributes }: Identity): Someone {
  return { sub, issuer, email: emailIn(attributes) };
}

function emailIn(attributes: Identity['attributes']): string | null {
  const { email, email_verified } = attributes;
  if (typeof email !== 'string' || email_verified === false || email_verified === 'false') return null;
  return /^[^\s@<>"',;:\\()[\]\p{C}]+@[^\s@<>"',;:\\()[\]\p{C}]+$/u.test(email) && email.length <= 254
    ? lowerAscii(email)
    : null;
}

/** Of an address. Beyond ASCII other letters have the same small one (the Kelvin sign that of K), and are another's address. */
export const lowerAscii = (text: string): string =>
  text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Whoever acts for the identity, and whoever acted before them. */
export function throughOf(identity: Identity): readonly Someone[] {
  const [, ...acting] = actorsOf(identity);
  return acting.flatMap((one) => [
    someone(one),
    ...(one.prior ?? []).map(({ sub, issuer }) => ({ sub, issuer, email: null })),
  ]);
}

/**
 * Whether both might be one person: the same subject at whatever issuer, or the same address. Of some issuers the address is the
 * subject, so the one is held against the other; what differs in case or in the look of a letter alone is taken for the same.
 */
export function samePerson(a: Someone, b: Someone): boolean {
  const names = namesOf(a);
  return namesOf(b).some((name) => names.includes(name));
}

const namesOf = ({ sub, email }: Someone): readonly string[] =>
  [sub, ...(email === null ? [] : [email])].map((name) => name.normalize('NFKC').toLowerCase());
