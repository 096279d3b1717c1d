/** A word on a request or a grant is in the audit before it counts, and a refusal before it is told. */
import type { AuditEvent } from '../audit/event.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import type { Caller } from '../request/ask.ts';
import { teller } from '../request/teller.ts';
import type { Person } from '../requests/grant.ts';
import type { Matter } from '../requests/request.ts';
import type { Snapshot } from '../snapshot.ts';

export interface Recording {
  readonly identity: Identity;
  readonly snapshot: Snapshot;
  /** What is known of it while it goes on; a refusal tells as much. */
  readonly known: Partial<AuditEvent>;
  /** Resolves when it is durable. @throws SluiceError audit_unavailable */
  tell(rest?: Partial<AuditEvent>): Promise<void>;
}

export async function onRecord<T>(
  caller: Caller,
  { event, action }: Pick<AuditEvent, 'event' | 'action'>,
  gate: Gate,
  work: (recording: Recording) => Promise<T>,
): Promise<T> {
  const identity = await gate.authenticate(caller.token, caller);
  const { snapshot } = await gate.metadata.current();
  const told = teller({ event, action, subject: identity, caller }, gate);
  const known: Partial<AuditEvent> = {};
  const tell = (rest: Partial<AuditEvent> = {}): Promise<void> =>
    told({ snapshot: snapshot.hash, ...known, ...rest });
  try {
    if (identity.kind === 'anonymous' || identity.issuer === null) throw new SluiceError('token_missing');
    return await work({ identity, snapshot, known, tell });
  } catch (thrown) {
    const code = thrown instanceof SluiceError ? thrown.code : 'internal';
    if (code !== 'audit_unavailable') await tell({ decision: 'deny', error_code: code });
    throw thrown;
  }
}

/** What a request is about, as the audit names it: columns and policies, never a value. */
export function aboutMatter(matter: Matter): Partial<AuditEvent> {
  return {
    datasets: matter.dataset === null ? [] : [matter.dataset],
    policy_ids: matter.policies,
    ...(matter.project === null ? {} : { project: matter.project }),
    ...(matter.purpose === null ? {} : { purpose: matter.purpose }),
  };
}

/** Both parts are the issuer's words, and bounded by nobody. */
export const named = ({ sub, issuer }: Person): string => `${issuer ?? ''} ${sub}`.trim().slice(0, 500);

export const epoch = (gate: Pick<Gate, 'now'>): number => Math.floor(gate.now().getTime() / 1000);
