/** What only those with a permission may do or look at: a refusal is on record before it is told, and the rest is told by whoever does it. */
import { SluiceError } from '../errors.ts';
import type { Gate, Permission } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import { type Author, operatorOf } from './on-record.ts';
import { demand } from './permit.ts';
import { type Tell, teller } from './teller.ts';

export interface PermittedOptions {
  /** As the audit names it. */
  readonly action: string;
  /** One of them is needed. */
  readonly permissions: readonly Permission[];
  /** Said to callers who have none. */
  readonly refusal: string;
}

export interface PermittedParts {
  /** The caller; null for whoever can read the state's files anyway. */
  readonly identity: Identity | null;
  /** As the audit names them. */
  readonly by: string;
  /** To be called before what it tells of counts, or is told. */
  readonly tell: Tell;
}

/** @throws SluiceError token_missing, access_denied, audit_unavailable */
export async function permitted<T>(
  author: Author,
  { action, permissions, refusal }: PermittedOptions,
  gate: Pick<Gate, 'authenticate' | 'permits' | 'now' | 'audit'>,
  run: (parts: PermittedParts) => Promise<T>,
): Promise<T> {
  const { caller } = author;
  const identity = author.kind === 'caller' ? await gate.authenticate(author.caller.token, caller) : null;
  const subject = identity ?? operatorOf(author);
  const tell = teller({ event: 'admin', action, subject, caller }, gate);
  try {
    if (identity !== null) demand(identity, permissions, refusal, gate);
    return await run({ identity, by: subject.sub, tell });
  } catch (thrown) {
    const code = thrown instanceof SluiceError ? thrown.code : 'internal';
    if (code !== 'audit_unavailable') await tell({ decision: 'deny', error_code: code });
    throw thrown;
  }
}
