/** Runs retention in a thread of its own. */
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../errors.ts';
import type { Retained } from './retain.ts';
import type { RetentionOrder, RetentionOutcome } from './retention-thread.ts';

/** @throws SluiceError audit_unavailable, audit_broken */
export async function retainInThread(order: RetentionOrder): Promise<Retained> {
  const file = import.meta.url.endsWith('.ts') ? './retention-thread.ts' : './retention-thread.js';
  const thread = new Worker(new URL(file, import.meta.url), {
    workerData: order,
    name: 'audit-retention',
    execArgv: [],
  });
  // Killed with the process it leaves a file that verifies, and the next run goes on.
  thread.unref();
  const outcome = await new Promise<RetentionOutcome>((resolve, reject) => {
    thread.on('message', resolve);
    thread.on('error', reject);
    thread.on('exit', () => reject(new SluiceError('audit_unavailable', 'Retention of the audit stopped')));
  });
  if ('retained' in outcome) return outcome.retained;
  throw new SluiceError(outcome.fault.code, outcome.fault.message);
}
