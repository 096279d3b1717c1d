/** The ledger by itself: one relation under two names, and a content that is asked for when it is new. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Content } from '../../src/clean-room/content.ts';
import { enter, type Standing } from '../../src/clean-room/ledger.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';

const AT = 1_800_000_000;
const EMPTY: Content = { atoms: new Map(), shares: new Map(), least: [3] };
const ANN = [{ issuer: 'https://id.test', sub: 'ann' }];

const standing = (over: Partial<Standing> = {}): Standing => ({
  dataset: 'gold.members',
  relation: 'warehouse gold.members',
  room: 'partners',
  rule: 'one',
  version: 'v1',
  memory: 1000,
  content: async () => EMPTY,
  ...over,
});

describe('the ledger', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ledger-'));
  let store: Store;
  beforeAll(() => {
    store = openSqliteStore(join(folder, 'state.db'), {});
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('knows a relation by whatever name', async () => {
    await enter([standing()], ANN, AT, store.rooms);
    const renamed = standing({ dataset: 'silver.people', rule: 'another', version: 'v2' });
    await expect(enter([renamed], ANN, AT, store.rooms)).rejects.toMatchObject({
      code: 'clean_room_difference',
    });
    await enter([renamed], [{ issuer: '', sub: 'anonymous' }], AT, store.rooms);
  });

  it('refuses two names of one relation in one query, where they are cut in two ways', async () => {
    const bob = [{ issuer: 'https://id.test', sub: 'bob' }];
    const both = [standing(), standing({ dataset: 'silver.people', rule: 'another', version: 'v2' })];
    await expect(enter(both, bob, AT, store.rooms)).rejects.toMatchObject({ code: 'clean_room_difference' });
    expect(await store.rooms.answersOf(bob[0]!, 'warehouse gold.members', AT)).toEqual([]);
    await enter([standing(), standing({ dataset: 'silver.people' })], bob, AT, store.rooms);
  });

  it('holds each of two who ask together', async () => {
    const [ann, eve] = [ANN[0]!, { issuer: 'https://id.test', sub: 'eve' }];
    const other = standing({ rule: 'another', version: 'v2' });
    await expect(enter([other], [eve, ann], AT, store.rooms)).rejects.toMatchObject({
      code: 'clean_room_difference',
    });
    await enter([other], [eve], AT, store.rooms);
  });

  it('forgets after the memory', async () => {
    await enter([standing({ rule: 'another', version: 'v2' })], ANN, AT + 1001, store.rooms);
  });

  it('lets nobody in where the content of a new state cannot be had', async () => {
    const moved = standing({
      version: 'v9',
      relation: 'x',
      content: () => Promise.reject(new Error('moved')),
    });
    await expect(enter([moved], ANN, AT, store.rooms)).rejects.toThrow('moved');
    expect(await store.rooms.answersOf(ANN[0]!, 'x', AT)).toEqual([]);
  });
});
