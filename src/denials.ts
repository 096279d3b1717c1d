/** Refusing subjects and tokens whatever they may otherwise, and letting them in again: for stewards, in the audit before it holds. */
import { cleanText } from './audit/check.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Author } from './request/on-record.ts';
import { permitted } from './request/permitted.ts';
import type { Denial, Denied } from './store/denials.ts';

export interface DenyAsk {
  /** One of the two. Without an issuer it is the only one that is configured. */
  readonly subject?: { readonly sub: string; readonly issuer?: string | undefined } | undefined;
  readonly token_id?: string | undefined;
  readonly reason: string;
  /** ISO 8601; without it, for good. */
  readonly until?: string | undefined;
}

export interface ShownDenial {
  readonly id: string;
  readonly subject: { readonly sub: string; readonly issuer: string } | null;
  readonly token_id: string | null;
  readonly reason: string;
  readonly until: string | null;
  readonly created_at: string;
  readonly created_by: string;
}

/** @throws SluiceError token_missing, access_denied, bad_request, audit_unavailable */
export async function deny(author: Author, ask: DenyAsk, gate: Gate): Promise<ShownDenial> {
  return permitted(author, stewards('deny_identity'), gate, async ({ by, tell }) => {
    const now = gate.now();
    const denied = deniedBy(ask, gate);
    const until = untilOf(ask, now);
    const ends = until === null ? 'for good' : `until ${iso(until)}`;
    await tell({ reasons: [nameOf(denied), ends, cleanText(`reason: ${ask.reason}`, 1024)] });
    const given = { denied, reason: ask.reason, until, createdAt: now.toISOString(), createdBy: by };
    return shown(await gate.denials.add(given, seconds(now)));
  });
}

/** @throws SluiceError token_missing, access_denied, not_found, audit_unavailable */
export async function allowAgain(author: Author, id: string, gate: Gate): Promise<ShownDenial> {
  return permitted(author, stewards('allow_identity'), gate, async ({ tell }) => {
    const unknown = new SluiceError('not_found', 'No such denial.');
    const known = await gate.denials.find(id);
    if (known === null) throw unknown;
    await tell({ reasons: [nameOf(known.denied)] });
    const removed = await gate.denials.remove(id);
    if (removed === null) throw unknown;
    return shown(removed);
  });
}

/** Those in force. @throws SluiceError token_missing, access_denied */
export async function listDenials(author: Author, gate: Gate): Promise<readonly ShownDenial[]> {
  return permitted(author, stewards('list_denials'), gate, async ({ tell }) => {
    const denials = await gate.denials.list(seconds(gate.now()));
    await tell({});
    return denials.map(shown);
  });
}

const stewards = (action: string) => ({
  action,
  permissions: ['steward'] as const,
  refusal: 'Who is refused is up to stewards.',
});

/** A token's id is no token. */
function nameOf(denied: Denied): string {
  return denied.kind === 'subject' ? `subject ${denied.sub} of ${denied.issuer}` : `token ${denied.token_id}`;
}

function deniedBy({ subject, token_id }: DenyAsk, gate: Gate): Denied {
  if ((subject === undefined) === (token_id === undefined))
    throw new SluiceError('bad_request', 'Name a subject, or the id of a token.');
  // The audit could not tell it from another.
  if (![token_id, subject?.sub, subject?.issuer].every((name) => name?.isWellFormed() ?? true))
    throw new SluiceError('bad_request', 'The name is not well-formed text.');
  if (token_id !== undefined) return { kind: 'token', token_id };
  const { sub = '', issuer } = subject ?? {};
  const known = gate.issuers();
  const [only] = known;
  if (issuer !== undefined) {
    // A slash too many would refuse nobody, and look as if it did.
    if (known.includes(issuer)) return { kind: 'subject', sub, issuer };
    throw new SluiceError('bad_request', 'No such issuer is configured: nobody would be refused.', {
      hint: `Configured are ${known.join(', ')}.`,
    });
  }
  if (only === undefined || known.length > 1)
    throw new SluiceError('bad_request', 'Name the issuer of the subject: there are several.', {
      hint: `Configured are ${known.join(', ')}.`,
    });
  return { kind: 'subject', sub, issuer: only };
}

/** @returns epoch seconds */
function untilOf({ until }: DenyAsk, now: Date): number | null {
  if (until === undefined) return null;
  const at = Date.parse(until);
  if (Number.isNaN(at) || at <= now.getTime())
    throw new SluiceError('bad_request', '`until` must be a moment to come, in ISO 8601.');
  return Math.ceil(at / 1000);
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);
const iso = (epoch: number): string => new Date(epoch * 1000).toISOString();

function shown({ id, denied, reason, until, createdAt, createdBy }: Denial): ShownDenial {
  return {
    id,
    subject: denied.kind === 'subject' ? { sub: denied.sub, issuer: denied.issuer } : null,
    token_id: denied.kind === 'token' ? denied.token_id : null,
    reason,
    until: until === null ? null : iso(until),
    created_at: createdAt,
    created_by: createdBy,
  };
}
