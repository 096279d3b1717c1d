/** Who runs, who waits and who is refused. */
import { describe, expect, it } from 'vitest';
import { Admission, type Release } from '../../src/engines/admission.ts';
import { Offences } from '../../src/engines/offences.ts';
import { SluiceError } from '../../src/errors.ts';
import { never } from './support.ts';

const codeOf = (error: unknown): string => (error instanceof SluiceError ? error.code : String(error));

/** Lets everything that can be admitted be admitted. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('admission', () => {
  it('lets no more run than its bounds, in all and of one principal', async () => {
    const admission = new Admission({ concurrency: 3, perPrincipal: 2, queue: 10 });
    const running: string[] = [];
    for (const principal of ['a', 'a', 'a', 'b', 'b']) {
      void admission.enter(principal, never).then(() => running.push(principal));
    }
    await settle();
    expect(running).toEqual(['a', 'a', 'b']);
    expect(admission.queued).toBe(2);
  });

  it('admits the next one when a place is given back, once only', async () => {
    const admission = new Admission({ concurrency: 1, perPrincipal: 1, queue: 10 });
    const release = await admission.enter('a', never);
    const waiting = admission.enter('b', never);
    const third = admission.enter('c', never);
    release();
    release();
    const releaseB = await waiting;
    await settle();
    expect([admission.active, admission.queued]).toEqual([1, 1]);
    releaseB();
    (await third)();
    expect([admission.active, admission.queued]).toEqual([0, 0]);
  });

  it('serves a principal with one request before the ten thousand of another', async () => {
    const admission = new Admission({ concurrency: 1, perPrincipal: 1, queue: 20_000 });
    const first = await admission.enter('greedy', never);
    const order: string[] = [];
    const enter = (principal: string): void => {
      void admission.enter(principal, never).then((release) => {
        order.push(principal);
        release();
      });
    };
    for (let i = 0; i < 10_000; i++) enter('greedy');
    enter('modest');
    first();
    await settle();
    expect(order.indexOf('modest')).toBeLessThanOrEqual(1);
    expect(order.length).toBe(10_001);
  });

  it('refuses the newest of the greediest when the queue is full, not the newcomer', async () => {
    const admission = new Admission({ concurrency: 1, perPrincipal: 1, queue: 3 });
    const first = await admission.enter('greedy', never);
    const results: string[] = [];
    const enter = (label: string, principal: string): Promise<void> =>
      admission.enter(principal, never).then(
        (release: Release) => {
          results.push(`${label} ran`);
          release();
        },
        (error: unknown) => void results.push(`${label} ${codeOf(error)}`),
      );
    const all = [enter('g1', 'greedy'), enter('g2', 'greedy'), enter('g3', 'greedy'), enter('m1', 'modest')];
    await settle();
    expect(results).toEqual(['g3 too_many_queries']);
    first();
    await Promise.all(all);
    expect(results).toEqual(['g3 too_many_queries', 'g1 ran', 'm1 ran', 'g2 ran']);
  });

  it('tells a refused caller when to come back', async () => {
    const admission = new Admission({ concurrency: 1, perPrincipal: 1, queue: 0 });
    await admission.enter('a', never);
    await expect(admission.enter('b', never)).rejects.toMatchObject({
      code: 'too_many_queries',
      status: 429,
      retryAfter: 1,
    });
  });

  it('forgets who goes away while waiting', async () => {
    const admission = new Admission({ concurrency: 1, perPrincipal: 1, queue: 5 });
    const release = await admission.enter('a', never);
    const leaving = new AbortController();
    const gone = admission.enter('b', leaving.signal);
    const next = admission.enter('c', never);
    leaving.abort();
    await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
    expect(admission.queued).toBe(1);
    release();
    (await next)();
    expect(admission.active).toBe(0);
  });

  it('lets another principal pass one that has all of its places taken', async () => {
    const admission = new Admission({ concurrency: 3, perPrincipal: 1, queue: 5 });
    await admission.enter('a', never);
    void admission.enter('a', never);
    await settle();
    await expect(admission.enter('b', never)).resolves.toBeTypeOf('function');
  });

  it('leaves no listener behind on a signal that many requests share', async () => {
    const admission = new Admission({ concurrency: 1, perPrincipal: 1, queue: 100 });
    const shared = new AbortController();
    let listeners = 0;
    const { signal } = shared;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const first = await admission.enter('a', signal);
    const waiting = Array.from({ length: 50 }, () =>
      admission.enter('a', signal).then((release) => release()),
    );
    first();
    await Promise.all(waiting);
    expect(listeners).toBe(0);
  });
});

describe('offences', () => {
  it('are forgotten after a minute', () => {
    const offences = new Offences();
    for (const at of [0, 1000, 2000]) offences.blame('a', at);
    expect(() => offences.check('a', 2000)).toThrow(expect.objectContaining({ retryAfter: 58 }));
    expect(() => offences.check('b', 2000)).not.toThrow();
    expect(() => offences.check('a', 60_001)).not.toThrow();
    offences.blame('a', 60_500);
    expect(() => offences.check('a', 60_500)).toThrow();
  });
});
