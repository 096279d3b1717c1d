/** What is spent and answered in clean rooms: shared by gates on one state, all or nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CleanRoomLimits } from '../../src/catalogue/clean-room.ts';
import { charge, chargesFor, leftOf } from '../../src/clean-room/budget.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';

const opened: Store[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function open(path = join(folderOf(), 'state.db')): Store {
  const store = openSqliteStore(path, {});
  opened.push(store);
  return store;
}

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-rooms-'));
  folders.push(folder);
  return folder;
}

const ANN = { issuer: 'https://id.test', sub: 'ann' };
const BOB = { issuer: 'https://id.test', sub: 'bob' };
const DAY = 86_400;
const AT = 20_000 * DAY + 5000;

const rules = (
  room: string,
  budget: Partial<CleanRoomLimits['budget']>,
  epsilon?: number,
): CleanRoomLimits => ({
  room,
  min_group_size: 5,
  unit: 'id',
  one_row_per_unit: false,
  dimensions: [],
  measures: [],
  join_keys: [],
  joins: [],
  filters: [],
  noise: epsilon === undefined ? null : { epsilon, rows_per_unit: 1 },
  budget: { queries: null, epsilon: null, per: DAY, memory: 90 * DAY, ...budget },
});

describe('budgets', () => {
  it('are counted by subject and period, and begin anew with the next', async () => {
    const { rooms } = open();
    const pay = (at: number, ...who: (typeof ANN)[]) =>
      charge(chargesFor([rules('r', { queries: 2 })], who, at), at, rooms);
    await pay(AT, ANN);
    await pay(AT + 1, ANN);
    await expect(pay(AT + 2, ANN)).rejects.toMatchObject({
      code: 'clean_room_budget',
      retryAfter: DAY - 5002,
    });
    await pay(AT + 2, BOB);
    await pay(AT + DAY, ANN);
    expect(await leftOf(rules('r', { queries: 2 }), ANN, AT + DAY, rooms)).toMatchObject({
      queries: 1,
      epsilon: null,
    });
  });

  it('of two who act together are both charged, or neither', async () => {
    const { rooms } = open();
    const pay = (...who: (typeof ANN)[]) =>
      charge(chargesFor([rules('r', { queries: 1 })], who, AT), AT, rooms);
    await pay(BOB);
    await expect(pay(ANN, BOB)).rejects.toMatchObject({ code: 'clean_room_budget' });
    expect(await leftOf(rules('r', { queries: 1 }), ANN, AT, rooms)).toMatchObject({ queries: 1 });
  });

  it('of noise add up, in fractions', async () => {
    const { rooms } = open();
    const noisy = rules('r', { epsilon: 0.3 }, 0.1);
    const pay = () => charge(chargesFor([noisy], [ANN], AT), AT, rooms);
    for (let i = 0; i < 3; i++) await pay();
    expect(await leftOf(noisy, ANN, AT, rooms)).toMatchObject({ epsilon: 0 });
    await expect(pay()).rejects.toMatchObject({ code: 'clean_room_budget' });
  });

  it('are one for gates on one state', async () => {
    const path = join(folderOf(), 'state.db');
    const [one, other] = [open(path), open(path)];
    const tries = Array.from({ length: 20 }, (_, i) =>
      charge(chargesFor([rules('r', { queries: 7 })], [ANN], AT), AT, (i % 2 === 0 ? one : other).rooms).then(
        () => 1,
        () => 0,
      ),
    );
    expect((await Promise.all(tries)).reduce<number>((a, b) => a + b, 0)).toBe(7);
  });

  it('of a project and a policy of one name hold both', async () => {
    const { rooms } = open();
    const [wide, tight] = [rules('r', { queries: 100 }), rules('r', { queries: 1, memory: 7 * DAY })];
    for (const both of [
      [wide, tight],
      [tight, wide],
    ]) {
      const pay = () => charge(chargesFor(both, [ANN], AT), AT, rooms);
      await pay().catch(() => {});
      await expect(pay()).rejects.toMatchObject({ code: 'clean_room_budget' });
    }
  });

  it('that bound nothing cost nothing', () => expect(chargesFor([rules('r', {})], [ANN], AT)).toEqual([]));
});

describe('the ledger', () => {
  const answer = (version: string, compared: readonly string[], at = AT, room = 'r') => ({
    subject: ANN,
    relation: 'gold.members',
    version,
    room,
    at,
    until: at + 90 * DAY,
    compared,
  });
  const version = (id: string, at = AT) => ({
    id,
    relation: 'gold.members',
    rule: 'x',
    content: Buffer.from(id),
    at,
  });

  it('takes an answer only from whoever compared it with all others', async () => {
    const { rooms } = open();
    await rooms.saveVersion(version('v1'));
    await rooms.saveVersion(version('v2'));
    expect(await rooms.record([answer('v1', [])])).toBe(true);
    expect(await rooms.record([answer('v2', [])])).toBe(false);
    expect(await rooms.record([answer('v2', ['v1'])])).toBe(true);
    expect((await rooms.answersOf(ANN, 'gold.members', AT)).map((one) => one.version)).toEqual(['v1', 'v2']);
    expect(await rooms.answersOf(BOB, 'gold.members', AT)).toEqual([]);
  });

  it('forgets with time, and with it the versions that nobody is remembered for', async () => {
    const { rooms } = open();
    await rooms.saveVersion(version('v1'));
    await rooms.record([answer('v1', [])]);
    const later = AT + 91 * DAY;
    expect(await rooms.answersOf(ANN, 'gold.members', later)).toEqual([]);
    await rooms.saveVersion(version('v2', later));
    await rooms.record([answer('v2', [], later)]);
    expect(await rooms.version('v1')).toBeNull();
    expect(await rooms.version('v2')).not.toBeNull();
  });

  it('forgets a subject of a room where a steward says so', async () => {
    const { rooms } = open();
    await rooms.saveVersion(version('v1'));
    await rooms.record([answer('v1', [], AT, 'r, other')]);
    await charge(chargesFor([rules('r', { queries: 1 })], [ANN, BOB], AT), AT, rooms);
    expect(await Promise.all(['r', 'other', 'nowhere'].map((room) => rooms.remembers(room)))).toEqual([
      true,
      true,
      false,
    ]);
    expect(await rooms.reset('r', ANN)).toBe(1);
    expect(await rooms.remembers('other')).toBe(false);
    expect(await rooms.answersOf(ANN, 'gold.members', AT)).toEqual([]);
    expect((await rooms.spendingIn('r', AT)).map(({ sub }) => sub)).toEqual(['bob']);
    expect(await rooms.reset('r', null)).toBe(1);
    expect(await rooms.reset('r', null)).toBe(0);
    expect(await rooms.remembers('r')).toBe(false);
  });
});
