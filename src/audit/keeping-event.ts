/** The event by which the chain itself tells that a checkpoint was made or that events were given up. */
import { checkEvent } from './check.ts';
import { mentionOf } from './checkpoint.ts';
import { type AuditEvent, auditEvent } from './event.ts';

/** Who has it done: the operator at the command line, or the gate by itself. */
export interface Keeper {
  readonly subject: AuditEvent['subject'];
  readonly client: AuditEvent['client'];
  readonly requestId: string;
}

export const CHECKPOINT_ACTION = 'audit_checkpoint' as const;
export const RETENTION_ACTION = 'audit_retention' as const;

export interface Kept {
  readonly action: typeof CHECKPOINT_ACTION | typeof RETENTION_ACTION;
  readonly checkpointHash: string;
  readonly from: number;
  readonly to: number;
  readonly now: Date;
}

export function keepingEvent(keeper: Keeper, { action, checkpointHash, from, to, now }: Kept): AuditEvent {
  return checkEvent(
    auditEvent({
      time: now.toISOString(),
      request_id: keeper.requestId,
      event: 'admin',
      subject: keeper.subject,
      action,
      reasons: [mentionOf(checkpointHash), `events:${from}-${to}`],
      client: keeper.client,
    }),
  );
}
