/** A look at the rules of the gate that changes nothing and yet tells much: for those who may, and on record before it is told. */

import type { AuditEvent } from '../audit/event.ts';
import { SluiceError } from '../errors.ts';
import type { Gate, Permission } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import { type Author, operatorOf } from './on-record.ts';
import { demand } from './permit.ts';
import { teller } from './teller.ts';

export interface LookOptions {
  /** As the audit names it. */
  readonly action: string;
  /** One of them is needed. */
  readonly permissions: readonly Permission[];
  /** Said to callers who have none. */
  readonly refusal: string;
}

export interface Looked<T> {
  readonly answer: T;
  /** Hash of the state that was looked at; null where it was none. */
  readonly snapshot: string | null;
  readonly datasets: readonly string[];
  /** What else the audit is told. */
  readonly rest?: Pick<Partial<AuditEvent>, 'reasons' | 'rows'>;
}

/** @param look gets the caller, null for whoever can read the state's files anyway. @throws SluiceError token_missing, access_denied */
export async function onRecordedLook<T>(
  author: Author,
  { action, permissions, refusal }: LookOptions,
  gate: Pick<Gate, 'authenticate' | 'permits' | 'now' | 'audit'>,
  look: (identity: Identity | null) => Promise<Looked<T>>,
): Promise<T> {
  const { caller } = author;
  const identity = author.kind === 'caller' ? await gate.authenticate(author.caller.token, caller) : null;
  const subject = identity ?? operatorOf(author);
  const told = teller({ event: 'admin', action, subject, caller }, gate);
  try {
    if (identity !== null) demand(identity, permissions, refusal, gate);
    const { answer, snapshot, datasets, rest } = await look(identity);
    await told({ snapshot, datasets, ...rest });
    return answer;
  } catch (thrown) {
    const code = thrown instanceof SluiceError ? thrown.code : 'internal';
    if (code !== 'audit_unavailable') await told({ decision: 'deny', error_code: code });
    throw thrown;
  }
}
