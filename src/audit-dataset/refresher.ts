/** The gate's hold on the thread of the warehouse: begun when it is first asked for, and again should it fall. */
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../errors.ts';
import type { ThreadReply, ThreadRequest } from './thread.ts';
import type { UsageAsked, UsageRow } from './usage.ts';
import type { Filled, WarehouseFiles } from './warehouse.ts';

export interface Refresher {
  /** Brings the warehouse up to the end of the log. @throws SluiceError engine_unavailable */
  fill(): Promise<Filled>;
  /** As of the end of the log. @throws SluiceError engine_unavailable */
  usage(asked: UsageAsked): Promise<readonly UsageRow[]>;
  close(): Promise<void>;
}

type Settle = (reply: ThreadReply) => void;

export function createRefresher(files: WarehouseFiles): Refresher {
  const waiting = new Map<number, Settle>();
  let worker: Worker | null = null;
  let last = 0;
  let closed = false;

  function started(): Worker {
    if (worker !== null) return worker;
    // The package is JavaScript; the repository runs from source.
    const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
    const thread = new Worker(new URL(file, import.meta.url), {
      workerData: files,
      name: 'audit dataset',
      execArgv: [],
    });
    thread.unref();
    thread.on('message', (reply: ThreadReply) => {
      waiting.get(reply.id)?.(reply);
      waiting.delete(reply.id);
      if (waiting.size === 0) thread.unref();
    });
    let cause = 'its thread ended';
    thread.on('error', (error) => {
      cause = String(error);
    });
    thread.on('exit', () => {
      worker = null;
      for (const [id, settle] of waiting) settle({ id, kind: 'failed', text: cause });
      waiting.clear();
    });
    worker = thread;
    return thread;
  }

  function ask(request: DistributiveOmit<ThreadRequest, 'id'>): Promise<ThreadReply> {
    if (closed) return Promise.reject(new SluiceError('engine_unavailable'));
    const id = ++last;
    const thread = started();
    thread.ref();
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      thread.postMessage({ ...request, id });
    });
  }

  return {
    async fill() {
      const reply = await ask({ kind: 'fill' });
      return reply.kind === 'filled' ? reply.filled : unavailable(reply);
    },
    async usage(asked) {
      const reply = await ask({ kind: 'usage', asked });
      return reply.kind === 'used' ? reply.rows : unavailable(reply);
    },
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}

type DistributiveOmit<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never;

function unavailable(reply: ThreadReply): never {
  throw new SluiceError('engine_unavailable', 'The audit cannot be read as a dataset now.', {
    cause: new Error(reply.kind === 'failed' ? reply.text : 'another answer than was asked for'),
    retryAfter: 1,
  });
}
