/** Where a sink begins, who ships, and what holds retention back. */
import { copyFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { followLog } from '../../src/audit/follow.ts';
import { openAuditLog } from '../../src/audit/log.ts';
import { LIMITS, pauseAfter } from '../../src/audit/sinks/dispatch.ts';
import { oldestUnshipped } from '../../src/audit/sinks/unshipped.ts';
import { sampleEvent } from '../audit/sample.ts';
import { common, eventsOf, openWorld, receiver, upTo, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const SECRET = 'a secret of the receiver';
const hook = (url: string, name = 'hook') =>
  ({ ...common, kind: 'webhook', name, url, secret: SECRET }) as const;

test('a new sink begins now: what was there before stays at home', async () => {
  const server = await receiver(() => ({ status: 200 }));
  await world.append(10);
  await world.ship([{ ...hook(server.url), from: 'now' }]);
  await world.append(3, 'new');
  await world.shipped('hook', 13);
  await server.close();
  expect(server.requests.flatMap(eventsOf).map(({ seq }) => seq)).toEqual([11, 12, 13]);
});

test('a sink that was away goes on where it was', async () => {
  const server = await receiver(() => ({ status: 200 }));
  await world.append(4);
  const first = await world.ship([hook(server.url)]);
  await world.shipped('hook', 4);
  await first.close();
  await world.append(4, 'meanwhile');
  await world.ship([{ ...hook(server.url), from: 'now' }]);
  await world.shipped('hook', 8);
  await server.close();
  expect(server.requests.flatMap(eventsOf).map(({ seq }) => seq)).toEqual(upTo(8));
});

test('of two gates on one state one ships, and the other takes over when it has gone', async () => {
  const server = await receiver(() => ({ status: 200 }));
  const first = await world.ship([hook(server.url)]);
  await world.append(1);
  await world.shipped('hook', 1);
  await world.ship([hook(server.url)]);
  await world.append(20, 'both');
  await world.shipped('hook', 21);
  expect(server.requests.flatMap(eventsOf).map(({ seq }) => seq)).toEqual(upTo(21));
  await first.close();
  await world.append(5, 'after');
  await world.shipped('hook', 26);
  await server.close();
  expect(server.requests.flatMap(eventsOf).map(({ seq }) => seq)).toEqual(upTo(26));
});

test('a log that was moved aside is followed by the new one, from its first event', async () => {
  const server = await receiver(() => ({ status: 200 }));
  await world.append(3);
  const first = await world.ship([hook(server.url)]);
  await world.shipped('hook', 3);
  await first.close();
  await world.audit.close();
  for (const end of ['', '-wal', '-shm']) rmSync(world.path(`audit.db${end}`), { force: true });
  const anew = await openAuditLog({ path: world.path('audit.db'), survives: 'process_death' });
  for (const id of ['n1', 'n2', 'n3', 'n4']) await anew.append(sampleEvent(id));
  await world.ship([hook(server.url)]);
  await world.shipped('hook', 4);
  await anew.close();
  await server.close();
  const ids = server.requests.flatMap(eventsOf).map(({ request_id }) => request_id);
  expect(ids).toEqual(['e1', 'e2', 'e3', 'n1', 'n2', 'n3', 'n4']);
});

test('events that were gone before they could be shipped are counted as a gap', async () => {
  const server = await receiver(() => ({ status: 200 }));
  await world.append(10);
  await world.store.sinks.begin('hook', 2, 'of another time');
  await world.audit.close();
  copyFileSync(world.path('audit.db'), world.path('kept.db'));
  const db = new DatabaseSync(world.path('audit.db'));
  db.exec('DROP TRIGGER events_no_delete');
  db.exec('DELETE FROM events WHERE seq <= 5');
  db.close();
  await world.ship([hook(server.url)]);
  await world.shipped('hook', 10);
  await server.close();
  expect(await world.cursor('hook')).toMatchObject({ shipped: 5, gap: 3 });
});

test('the end of a gate waits for no receiver', async () => {
  const server = await receiver(() => ({ status: 200, afterMs: 60_000 }));
  await world.append(1);
  const shipper = await world.ship([hook(server.url)]);
  await expect.poll(() => server.requests.length, { timeout: 5_000 }).toBe(1);
  const closed = shipper.close().then(() => 'closed');
  expect(await Promise.race([closed, delay(30_000, 'still open')])).toBe('closed');
  await server.close();
  expect(await world.cursor('hook')).toMatchObject({ seq: 0 });
}, 40_000);

describe('what retention may not remove', () => {
  test.each([
    ['no sinks', [], null],
    ['the slowest of them', ['a', 'b'], 4],
    ['one alone', ['b'], 10],
    ['one that never ran', ['a', 'c'], 1],
    ['one that had another chain', ['a', 'other chain'], 1],
    ['one that had a longer chain', ['restored'], 1],
  ] as const)('%s', async (_, names, oldest) => {
    await world.append(20);
    const log = followLog(world.path('audit.db'));
    for (const [name, seq] of [
      ['a', 3],
      ['b', 9],
    ] as const)
      await world.store.sinks.begin(name, seq, log.hashAt(seq) ?? '');
    // Of a chain that was moved aside, and of one that was longer before a restore.
    await world.store.sinks.begin('other chain', 9, 'another hash');
    await world.store.sinks.begin('restored', 30, 'a hash');
    expect(await oldestUnshipped(world.store, names, log)).toBe(oldest);
    log.close();
  });
});

test('pauses grow to a bound and differ', () => {
  expect(pauseAfter(1, () => 0)).toBe(LIMITS.leastPauseMs / 2);
  expect(pauseAfter(3, () => 1)).toBe(LIMITS.leastPauseMs * 4);
  for (const failures of [20, 1_000, 1_000_000])
    expect(pauseAfter(failures, () => 1)).toBe(LIMITS.mostPauseMs);
});
