/** What the audit is told of an act that is no query: the same event each time, but for what the act says of itself. */
import { type AuditEvent, auditEvent } from '../audit/event.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import type { Caller } from './ask.ts';
import { whoOf } from './who.ts';

export interface Act extends Pick<AuditEvent, 'event' | 'action'> {
  /** An identity with an actor is told as what it is: the actor, on behalf of the other. */
  readonly subject: Identity | AuditEvent['subject'];
  readonly caller: Pick<Caller, 'requestId' | 'client'>;
}

/** Resolves when it is durable. @throws SluiceError audit_unavailable */
export type Tell = (rest: Partial<AuditEvent>) => Promise<void>;

/** The duration is counted from here. */
export function teller(
  { event, action, subject, caller }: Act,
  gate: Pick<Gate, 'now'> & { readonly audit: Pick<Gate['audit'], 'append'> },
): Tell {
  const started = gate.now();
  const who = whoOf(subject);
  return (rest) => {
    const now = gate.now();
    return gate.audit.append(
      auditEvent({
        time: now.toISOString(),
        request_id: caller.requestId,
        event,
        ...who,
        action,
        duration_ms: now.getTime() - started.getTime(),
        client: caller.client,
        ...rest,
      }),
    );
  };
}
