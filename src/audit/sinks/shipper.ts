/** The gate's hold on the thread that ships: begins each sink before the first door opens, starts the thread anew should it fall, and ends it. */
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { SinkStore } from '../../store/sinks.ts';
import { followLog } from '../follow.ts';
import { begin, type SinkReport } from './dispatch.ts';
import type { ThreadData, ThreadRequest } from './thread.ts';

export type ShipperReport = SinkReport | { readonly kind: 'shipper_lost'; readonly error: unknown };

export interface Shipper {
  /** There may be something new; cheap. */
  news(): void;
  close(): Promise<void>;
}

export interface ShipperOptions extends ThreadData {
  readonly cursors: Pick<SinkStore, 'begin'>;
  readonly report: (report: ShipperReport) => void;
}

/** Between two words to the thread: a busy gate does not talk of each event. */
const NEWS_MS = 20;
const AGAIN_MS = 1_000;
/** Beyond the thread's own grace. */
const CLOSE_MS = 5_000;

/** Resolves when every sink has its place: what is appended from now on is shipped. @throws SluiceError state_unavailable, audit_unavailable */
export async function startShipper({ cursors, report, ...data }: ShipperOptions): Promise<Shipper> {
  const log = followLog(data.audit);
  try {
    for (const sink of data.sinks) await begin(sink, log, cursors);
  } finally {
    log.close();
  }
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  let { worker, exited } = start();

  function start(): { readonly worker: Worker; readonly exited: Promise<void> } {
    // The package is JavaScript; the repository runs from source.
    const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
    const thread = new Worker(new URL(file, import.meta.url), {
      workerData: data,
      name: 'audit sinks',
      execArgv: [],
    });
    thread.unref();
    thread.on('message', report);
    let cause: unknown = 'it ended';
    thread.on('error', (error) => {
      cause = error;
    });
    const ended = new Promise<void>((resolve) => {
      thread.on('exit', () => {
        resolve();
        if (closing) return;
        report({ kind: 'shipper_lost', error: cause });
        void delay(AGAIN_MS, undefined, { ref: false }).then(() => {
          if (!closing) ({ worker, exited } = start());
        });
      });
    });
    return { worker: thread, exited: ended };
  }

  const say = (kind: ThreadRequest['kind']): void => worker.postMessage({ kind } satisfies ThreadRequest);

  return {
    news() {
      timer ??= setTimeout(() => {
        timer = undefined;
        say('news');
      }, NEWS_MS).unref();
    },
    async close() {
      closing = true;
      clearTimeout(timer);
      worker.ref();
      say('close');
      const patience = setTimeout(() => void worker.terminate(), CLOSE_MS);
      await exited;
      clearTimeout(patience);
    },
  };
}
