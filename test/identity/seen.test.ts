/** Who was seen is kept once a day, without a name, bounded by day and number, and not at all where that is turned off. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ANONYMOUS, type Identity } from '../../src/identity/identity.ts';
import { identityFromSeen, rememberSeen } from '../../src/identity/seen.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';

const ANNA: Identity = Object.freeze({
  sub: 'anna',
  kind: 'user',
  display_name: 'Anna Analyst',
  groups: ['analysts'],
  roles: [],
  scopes: ['dataset:query'],
  attributes: { regions: ['north'] },
  issuer: 'https://login.example.com',
});

let folder: string;
let store: Store;
let day = '2026-03-31';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-seen-'));
  store = await openStore(`sqlite:${join(folder, 'state.db')}`);
  day = '2026-03-31';
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const faults: unknown[] = [];
function remember(keepDays: number, saves: unknown[] = []) {
  return rememberSeen({
    save: async (rows, keep) => {
      saves.push(rows);
      await store.saveSeen(rows, keep);
    },
    keepDays,
    now: () => new Date(`${day}T12:00:00Z`),
    failed: (error) => faults.push(error),
    waitMs: 1,
  });
}

test('an identity comes back with its facts and without its name', async () => {
  const seen = remember(90);
  seen.note(ANNA);
  await seen.close();
  const rows = await store.listSeen('2026-03-31');
  expect(JSON.stringify(rows)).not.toContain('Anna Analyst');
  expect(rows.map(identityFromSeen)).toEqual([{ ...ANNA, display_name: null }]);
});

test('it is written once a day', async () => {
  const saves: unknown[] = [];
  const seen = remember(90, saves);
  for (let n = 0; n < 3; n++) {
    seen.note(ANNA);
    await seen.close();
  }
  expect(saves).toHaveLength(1);
  day = '2026-04-01';
  seen.note(ANNA);
  await seen.close();
  expect(saves).toHaveLength(2);
  expect(await store.listSeen('2026-04-01')).toHaveLength(1);
});

test('the latest facts count', async () => {
  const seen = remember(90);
  seen.note(ANNA);
  seen.note({ ...ANNA, groups: ['officers'] });
  await seen.close();
  expect((await store.listSeen(day)).map((row) => identityFromSeen(row)?.groups)).toEqual([['officers']]);
});

test('whoever was not seen for long is forgotten', async () => {
  const seen = remember(30);
  seen.note(ANNA);
  await seen.close();
  day = '2026-05-15';
  seen.note({ ...ANNA, sub: 'bert' });
  await seen.close();
  expect((await store.listSeen('2000-01-01')).map((row) => row.sub)).toEqual(['bert']);
});

test('the number is bounded, the latest stay', async () => {
  const rows = ['01', '02', '03'].map((lastSeen) => ({
    issuer: 'i',
    sub: `s${lastSeen}`,
    facts: '{}',
    lastSeen: `2026-01-${lastSeen}`,
  }));
  await store.saveSeen(rows, { since: '2026-01-01', most: 2 });
  expect((await store.listSeen('2026-01-01')).map((row) => row.sub)).toEqual(['s03', 's02']);
});

test('nobody is taken down where it is turned off, and those of before are forgotten', async () => {
  const before = remember(30);
  before.note(ANNA);
  await before.close();
  const seen = remember(0);
  seen.note(ANNA);
  await seen.close();
  expect(await store.listSeen('2000-01-01')).toEqual([]);
});

test('callers without a token are nobody', async () => {
  const seen = remember(30);
  seen.note(ANONYMOUS);
  await seen.close();
  expect(await store.listSeen('2000-01-01')).toEqual([]);
});

test.each([
  '',
  '{',
  '[]',
  '{"kind":"root","groups":[],"roles":[],"scopes":[],"attributes":{}}',
  '{"kind":"user"}',
])('facts that make no sense (%s) give no identity', (facts) => {
  expect(identityFromSeen({ issuer: 'i', sub: 's', facts, lastSeen: '2026-01-01' })).toBeNull();
});

test('a store that fails is reported, and costs no request', async () => {
  const seen = remember(30);
  await store.close();
  seen.note(ANNA);
  await seen.close();
  expect(faults).toHaveLength(1);
});
