/** The thread of one run of retention: what it reads and checks must not hold up the gate. */
import { parentPort, workerData } from 'node:worker_threads';
import { SluiceError } from '../errors.ts';
import { type Retained, type RetainOptions, retainAudit } from './retain.ts';
import { readSigner } from './signing.ts';

/** The key is read in the thread: what signs does not pass between threads. */
export interface RetentionOrder extends Omit<RetainOptions, 'signer'> {
  readonly path: string;
  readonly signing: Parameters<typeof readSigner>[0];
}

export type RetentionOutcome =
  | { readonly retained: Retained }
  | { readonly fault: { readonly code: 'audit_broken' | 'audit_unavailable'; readonly message: string } };

async function run({ path, signing, ...options }: RetentionOrder): Promise<RetentionOutcome> {
  try {
    return { retained: await retainAudit(path, { ...options, signer: readSigner(signing) }) };
  } catch (thrown) {
    const broken = thrown instanceof SluiceError && thrown.code === 'audit_broken';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { fault: { code: broken ? 'audit_broken' : 'audit_unavailable', message } };
  }
}

if (parentPort !== null) parentPort.postMessage(await run(workerData as RetentionOrder));
