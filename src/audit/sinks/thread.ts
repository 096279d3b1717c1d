/** The thread that ships: no query ever waits for a receiver, nor for the reading and the JSON that go with it. One process of those on a state ships. */
import { randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from '../../store/open-store.ts';
import { followLog } from '../follow.ts';
import { createSink } from './create.ts';
import { dispatch, type SinkReport } from './dispatch.ts';
import type { SinkSettings } from './sink.ts';

export interface ThreadData {
  readonly sinks: readonly SinkSettings[];
  readonly state: string;
  readonly audit: string;
  readonly instance: string;
  /** Milliseconds that the lease holds; default 15 s. */
  readonly leaseMs?: number;
}

export type ThreadRequest = { readonly kind: 'news' } | { readonly kind: 'close' };

const LEASE_MS = 15_000;
/** For what is on its way when the gate ends: it may still be confirmed. */
const GRACE_MS = 2_000;

async function run(port: NonNullable<typeof parentPort>, data: ThreadData): Promise<void> {
  const { leaseMs = LEASE_MS, instance } = data;
  const store = await openStore(data.state);
  const log = followLog(data.audit);
  const holder = randomUUID();
  const ending = new AbortController();
  const cut = new AbortController();
  const waiting = new Set<() => void>();
  const sleeping = new Set<() => void>();
  let until = 0;

  port.on('message', ({ kind }: ThreadRequest) => {
    for (const wake of [...waiting]) wake();
    if (kind !== 'close') return;
    ending.abort();
    for (const wake of [...sleeping]) wake();
    setTimeout(() => cut.abort(), GRACE_MS).unref();
  });

  function pause(milliseconds: number, what: 'time' | 'news'): Promise<void> {
    if (ending.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const set = what === 'news' ? waiting : sleeping;
      const done = (): void => {
        clearTimeout(timer);
        set.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      set.add(done);
    });
  }

  async function keepLease(): Promise<void> {
    while (!ending.signal.aborted) {
      const now = Date.now();
      const mine = await store.sinks.lease(holder, now, now + leaseMs).catch(() => false);
      if (mine) until = now + leaseMs;
      await pause(leaseMs / 5, 'time');
    }
  }

  const report = (said: SinkReport): void => port.postMessage(said);
  const lease = keepLease();
  await Promise.all(
    data.sinks.map(async (settings) => {
      const sink = createSink(settings, instance, Date.now);
      await dispatch({
        settings,
        // What is in flight at the end has its grace; nothing new begins.
        sink: { ...sink, ship: (batch) => sink.ship(batch, cut.signal) },
        log,
        cursors: store.sinks,
        holder,
        holds: () => Date.now() < until - leaseMs / 5,
        report,
        now: Date.now,
        random: Math.random,
        pause,
        signal: ending.signal,
      });
      await sink.close();
    }),
  );
  await lease;
  await store.sinks.release(holder).catch(() => {});
  log.close();
  await store.close();
  port.close();
}

if (parentPort !== null) await run(parentPort, workerData as ThreadData);
