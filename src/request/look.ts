/** A look at the rules of the gate that changes nothing and yet tells much: for those who may, and on record before it is told. */
import type { AuditEvent } from '../audit/event.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import type { Author } from './on-record.ts';
import { type PermittedOptions, permitted } from './permitted.ts';

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
  options: PermittedOptions,
  gate: Pick<Gate, 'authenticate' | 'permits' | 'now' | 'audit'>,
  look: (identity: Identity | null) => Promise<Looked<T>>,
): Promise<T> {
  return permitted(author, options, gate, async ({ identity, tell }) => {
    const { answer, snapshot, datasets, rest } = await look(identity);
    await tell({ snapshot, datasets, ...rest });
    return answer;
  });
}
