/** Threads that read SQL, for as long as one push needs them. A text on which the parser breaks or hangs costs its thread and makes its own node unknown, no other. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Analysed, Job, NodeColumns } from './analyse.ts';
import type { WorkerReply, WorkerRequest, WorkerWorld } from './worker.ts';

export interface Readers {
  /** What the readers must know before the next jobs. */
  learn(id: string, columns: NodeColumns): void;
  read(jobs: readonly Job[], onDone: (count: number) => void): Promise<ReadonlyMap<string, Analysed>>;
  close(): Promise<void>;
}

export interface ReadersOptions {
  readonly world: WorkerWorld;
  /** Most threads. */
  readonly threads?: number;
  /** Milliseconds for one batch; a node on its own has as many. */
  readonly timeoutMs?: number;
}

/** Jobs in one message: few enough to share work evenly, enough that messages cost nothing. */
const BATCH = 40;

/** Below this a second thread costs more than it brings. */
const WORTH_ANOTHER = 200;

export function openReaders({ world, threads, timeoutMs = 60_000 }: ReadersOptions): Readers {
  const most = threads ?? Math.min(4, availableParallelism());
  const learned: [string, NodeColumns][] = [];
  const slots: Slot[] = [];

  /** One thread, started when it is first needed and again after it died. */
  interface Slot {
    worker: Worker | null;
    /** How much of `learned` it was told. */
    told: number;
  }

  function start(): Worker {
    // Run from source the module is .ts, in the compiled package .js; a URL in a string is not rewritten by the compiler.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    return new Worker(new URL(file, import.meta.url), { workerData: world, name: 'lineage', execArgv: [] });
  }

  function ask(slot: Slot, jobs: readonly Job[]): Promise<WorkerReply['done']> {
    if (slot.worker === null) {
      slot.worker = start();
      slot.told = 0;
    }
    const worker = slot.worker;
    const columns = learned.slice(slot.told);
    slot.told = learned.length;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        worker.off('message', answered).off('error', fail).off('exit', ended);
        settle();
      };
      const fail = (cause: unknown): void =>
        end(() => {
          slot.worker = null;
          void worker.terminate();
          reject(cause);
        });
      const timer = setTimeout(() => fail(new Error('it took too long')), timeoutMs);
      const answered = ({ done }: WorkerReply): void => end(() => resolve(done));
      const ended = (): void => fail(new Error('the thread ended'));
      worker.on('message', answered).on('error', fail).on('exit', ended);
      worker.postMessage({ columns, jobs } satisfies WorkerRequest);
    });
  }

  /** Together, else one by one: whichever fails alone is the one. */
  async function readBatch(slot: Slot, jobs: readonly Job[]): Promise<WorkerReply['done']> {
    try {
      return await ask(slot, jobs);
    } catch {
      const [only, ...more] = jobs;
      if (only === undefined) return [];
      if (more.length === 0) return [[only.id, failed(only)]];
      const done: (readonly [string, Analysed])[] = [];
      for (const job of jobs) done.push(...(await readBatch(slot, [job])));
      return done;
    }
  }

  return {
    learn: (id, columns) => {
      learned.push([id, columns]);
    },
    async read(jobs, onDone) {
      const found = new Map<string, Analysed>();
      const batches: Job[][] = [];
      for (let at = 0; at < jobs.length; at += BATCH) batches.push(jobs.slice(at, at + BATCH));
      const wanted = Math.max(1, Math.min(most, Math.ceil(jobs.length / WORTH_ANOTHER)));
      while (slots.length < wanted) slots.push({ worker: null, told: 0 });
      const drain = async (slot: Slot): Promise<void> => {
        for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
          for (const [id, result] of await readBatch(slot, batch)) found.set(id, result);
          onDone(batch.length);
        }
      };
      await Promise.all(slots.map(drain));
      return found;
    },
    async close() {
      await Promise.all(slots.map(({ worker }) => worker?.terminate()));
      slots.length = 0;
    },
  };
}

const failed = ({ parents }: Job): Analysed => ({
  status: 'unknown',
  why: 'the SQL parser fails on its SQL',
  parents,
  columns: {},
});
