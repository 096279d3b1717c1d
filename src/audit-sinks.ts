/** The path of a look at the sinks of the audit, for auditors: how far each has come, and what is in its way. */
import type { SinkState } from './audit/sinks/states.ts';
import type { Gate } from './gate.ts';
import { onRecordedLook } from './request/look.ts';
import type { Author } from './request/on-record.ts';

export type { SinkState } from './audit/sinks/states.ts';

export function readSinks(author: Author, gate: Gate): Promise<{ readonly sinks: readonly SinkState[] }> {
  const refusal = 'Only auditors see where the audit goes.';
  const options = { action: 'audit_sinks', permissions: ['auditor'], refusal } as const;
  return onRecordedLook(author, options, gate, async () => {
    const sinks = await gate.sinks();
    return { answer: { sinks }, snapshot: null, datasets: [] };
  });
}
