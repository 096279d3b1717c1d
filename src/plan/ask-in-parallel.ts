/**
 * Many questions to the decision point: a few are asked here, more by threads of their own, so that a gate that plans goes on
 * answering queries meanwhile. Every thread has the same bundle, and what it answers is decoded there.
 */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Decision, DecisionInput } from '../access/decision.ts';
import type { Pdp } from '../access/pdp.ts';
import { SluiceError } from '../errors.ts';
import type { Ask } from './questions.ts';

export interface Asker {
  readonly ask: Ask;
  close(): Promise<void>;
}

export interface ThreadQuestion {
  readonly batch: readonly DecisionInput[];
}

export interface ThreadAnswer {
  /** Null where the decision point failed. */
  readonly decisions: readonly Decision[] | null;
}

/** Questions that are asked here before a thread pays. */
const FEW = 2_000;
const MOST_THREADS = 4;
/** Questions of one call: with more, an answer only grows beyond what the decision point likes. */
const BATCH = 50;

/** @throws SluiceError pdp_unavailable for another bundle than the one that comes with the gate, which may ask for more than a plan knows */
export async function askerOf(given: Pdp): Promise<Asker> {
  const pdp = await given.inProcess();
  if (pdp === null)
    throw new SluiceError('pdp_unavailable', 'A plan needs the policy bundle that comes with the gate.', {
      hint: 'Rules of your own, or another revision of the bundle, may decide by more than a plan knows. An OPA server that decides with /opa/bundles/sluice.tar.gz of this gate is planned for.',
    });
  let asked = 0;
  let threads: readonly Thread[] | null = null;

  async function inThreads(batch: readonly DecisionInput[]): Promise<readonly Decision[]> {
    threads ??= Array.from(
      { length: Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1)) },
      () => new Thread(),
    );
    const parts = Array.from({ length: Math.ceil(batch.length / BATCH) }, (_, n) =>
      batch.slice(n * BATCH, (n + 1) * BATCH),
    );
    const answers: (readonly Decision[])[] = [];
    let next = 0;
    const work = async (thread: Thread): Promise<void> => {
      for (let at = next++; at < parts.length; at = next++) answers[at] = await thread.ask(parts[at] ?? []);
    };
    await Promise.all(threads.map(work));
    return answers.flat();
  }

  return {
    async ask(batch) {
      asked += batch.length;
      if (asked > FEW) return inThreads(batch);
      const answers: Decision[] = [];
      for (let start = 0; start < batch.length; start += BATCH) {
        answers.push(...(await pdp.decide(batch.slice(start, start + BATCH))));
        await setImmediate();
      }
      return answers;
    },
    async close() {
      await Promise.all((threads ?? []).map((thread) => thread.close()));
    },
  };
}

/** One question at a time. */
class Thread {
  readonly #worker: Worker;
  #settle: {
    resolve: (decisions: readonly Decision[]) => void;
    reject: (fault: SluiceError) => void;
  } | null = null;
  #broken: unknown = null;

  constructor() {
    // Run from source the module is .ts, in the compiled package .js; a URL in a string is not rewritten by the compiler.
    const file = import.meta.url.endsWith('.ts') ? './ask-thread.ts' : './ask-thread.js';
    this.#worker = new Worker(new URL(file, import.meta.url), { name: 'plan', execArgv: [] });
    this.#worker.on('message', ({ decisions }: ThreadAnswer) => {
      if (decisions === null) this.#fail(new SluiceError('pdp_unavailable'));
      else this.#settle?.resolve(decisions);
      this.#settle = null;
    });
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', () => this.#fail(new Error('the thread ended')));
  }

  ask(batch: readonly DecisionInput[]): Promise<readonly Decision[]> {
    if (this.#broken !== null)
      return Promise.reject(new SluiceError('pdp_unavailable', undefined, { cause: this.#broken }));
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage({ batch } satisfies ThreadQuestion);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(cause: unknown): void {
    this.#broken ??= cause;
    this.#settle?.reject(new SluiceError('pdp_unavailable', undefined, { cause }));
    this.#settle = null;
  }
}
