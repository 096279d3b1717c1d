/** How the gate reads its audit back: questions go to a thread of their own, which is started by the first of them. */
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../errors.ts';
import type { FindAsk, Found } from './find.ts';
import type { Answers, Asked, Question, Reply, ThreadData } from './thread.ts';

export interface AuditReader {
  /** Of the log: private, and on a disk that has room for an audit. */
  readonly folder: string;
  /** Everything that was acknowledged before is searched. @throws SluiceError audit_unavailable */
  find(ask: FindAsk): Promise<Found>;
  /**
   * The events from `from` until before `to`, and whatever stands between them in the chain, as NDJSON in parts.
   *
   * @throws SluiceError audit_unavailable; audit_broken where events are missing on the way
   */
  lines(range: {
    readonly from?: string | undefined;
    readonly to?: string | undefined;
  }): AsyncGenerator<Uint8Array>;
  /** Keeps the index at the log's heels from now on, so that a search need not wait. */
  follow(): void;
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly path: string;
  /** Default: `audit-index.db` beside the log. */
  readonly indexPath?: string;
  /** Milliseconds that a search may wait for an index that is being made, at most some three weeks. Default 20,000. */
  readonly patienceMs?: number;
}

/** Between two looks at the log. */
const FOLLOW_MS = 2000;

export function openAuditReader({ path, indexPath, patienceMs = 20_000 }: ReaderOptions): AuditReader {
  const data = {
    path,
    indexPath: indexPath ?? path.replace(/(\.db)?$/, '-index.db'),
    patienceMs,
  };
  const waiting = new Map<number, Waiting>();
  let thread: Worker | null = null;
  let asked = 0;
  let following = false;
  let closed = false;

  function start(): Worker {
    const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
    const workerData: ThreadData = { ...data, followMs: following ? FOLLOW_MS : null };
    const started = new Worker(new URL(file, import.meta.url), {
      workerData,
      name: 'audit-reader',
      execArgv: [],
    });
    started.unref();
    let cause: unknown;
    started.on('error', (error) => {
      cause = error;
    });
    started.on('message', (reply: Reply) => {
      const waiter = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (waiting.size === 0) started.unref();
      waiter?.(reply);
    });
    started.on('exit', () => {
      if (thread === started) thread = null;
      for (const [id, waiter] of [...waiting]) {
        waiting.delete(id);
        waiter({ id, fault: { message: 'The audit cannot be read: its reader stopped', hint: null } }, cause);
      }
    });
    return started;
  }

  async function ask<Kind extends keyof Answers>(
    question: Extract<Question, { kind: Kind }>,
  ): Promise<Answers[Kind]> {
    if (closed) throw new SluiceError('audit_unavailable', 'The audit cannot be read: the gate is closing');
    thread ??= start();
    const used = thread;
    asked += 1;
    const id = asked;
    // Only while somebody waits does the thread keep the process alive.
    used.ref();
    const { reply, cause } = await new Promise<{ reply: Reply; cause?: unknown }>((resolve) => {
      waiting.set(id, (given, why) => resolve({ reply: given, cause: why }));
      used.postMessage({ id, question } satisfies Asked);
    });
    if ('answer' in reply) return reply.answer as Answers[Kind];
    if ('behind' in reply)
      throw new SluiceError('audit_unavailable', `The index of the audit is being made (${reply.behind} %)`, {
        hint: 'Ask again in a while; events are recorded meanwhile.',
        retryAfter: 5,
      });
    const { message, hint } = reply.fault;
    throw new SluiceError('audit_unavailable', message, { ...(hint === null ? {} : { hint }), cause });
  }

  async function* lines(range: { from?: string | undefined; to?: string | undefined }) {
    const found = await ask({ kind: 'between', from: range.from, to: range.to });
    for (let next = found?.first ?? 1; next <= (found?.last ?? 0); ) {
      const part = await ask({ kind: 'part', first: next, last: found?.last ?? 0 });
      if (part === null || part.last !== next + part.events - 1)
        throw new SluiceError('audit_broken', 'Events that should be exported are not there any more', {
          hint: 'Retention may have removed them in the meantime: export again, or run `sluice audit verify`.',
        });
      yield part.bytes;
      next = part.last + 1;
    }
  }

  return {
    folder: dirname(path),
    find: (one) => ask({ kind: 'find', ...one }),
    lines,
    follow() {
      following = true;
      if (!closed) thread ??= start();
    },
    async close() {
      closed = true;
      await thread?.terminate();
    },
  };
}

type Waiting = (reply: Reply, cause?: unknown) => void;
