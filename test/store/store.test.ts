/** The store keeps what was pushed, once, in order, and tells when someone else was faster. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import type { Store, StoreOptions } from '../../src/store/store.ts';

let folder: string;
let path: string;
const opened: Store[] = [];

const open = async (options: StoreOptions = {}) => {
  const store = await openStore(`sqlite:${path}`, options);
  opened.push(store);
  return store;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  path = join(folder, 'nested', 'state.db');
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

const push = (n: number) => ({ hash: `h${n}`, input: JSON.stringify({ n, text: 'é𝄞' }), createdBy: 'ci' });

describe('snapshots', () => {
  test('an empty store has none', async () => {
    const store = await open();
    expect(await store.latestSnapshot()).toBeNull();
    expect(await store.latestSnapshotHash()).toBeNull();
    expect(await store.listSnapshots()).toEqual([]);
  });

  test('the latest comes back whole after a restart', async () => {
    const now = () => new Date('2026-01-02T03:04:05.678Z');
    const first = await open({ now });
    await first.saveSnapshot(push(1));
    await first.saveSnapshot(push(2));
    await first.close();
    expect(await (await open()).latestSnapshot()).toEqual({
      hash: 'h2',
      input: push(2).input,
      createdAt: '2026-01-02T03:04:05.678Z',
      createdBy: 'ci',
      bytes: Buffer.byteLength(push(2).input),
      push: 2,
      action: 'push',
      note: null,
      outline: null,
    });
  });

  test('saving the latest again adds nothing; saving an older one makes it the latest', async () => {
    const store = await open();
    expect(await store.saveSnapshot(push(1))).toMatchObject({ saved: true });
    expect(await store.saveSnapshot(push(1))).toMatchObject({ saved: false });
    await store.saveSnapshot(push(2));
    await store.saveSnapshot(push(1));
    expect((await store.listSnapshots()).map((row) => row.hash)).toEqual(['h1', 'h2', 'h1']);
  });

  test('each push counts, also one of the same', async () => {
    const store = await open({ keep: 2 });
    expect(await store.latestPush()).toBeNull();
    for (const [n, wanted] of [1, 1, 2, 1, 3, 3].map((hash, i) => [hash, i + 1] as const)) {
      expect((await store.saveSnapshot(push(n))).latest).toMatchObject({ hash: `h${n}`, push: wanted });
      expect(await store.latestPush()).toBe(wanted);
    }
  });

  test('only the last ones are kept', async () => {
    const store = await open({ keep: 3 });
    for (const n of [1, 2, 3, 4, 5]) await store.saveSnapshot(push(n));
    expect((await store.listSnapshots()).map((row) => row.hash)).toEqual(['h5', 'h4', 'h3']);
  });

  test('and no more bytes than may be, but for the latest', async () => {
    // Random text does not compress: each is as long as it looks.
    const body = (n: number) => ({
      ...push(n),
      input: JSON.stringify(randomBytes(30_000).toString('base64')),
    });
    const store = await open({ keepBytes: 100_000 });
    for (const n of [1, 2, 3, 4, 5]) await store.saveSnapshot(body(n));
    expect((await store.listSnapshots()).map((row) => row.hash)).toEqual(['h5', 'h4', 'h3']);
    const tight = await open({ keepBytes: 1 });
    await tight.saveSnapshot(body(6));
    expect((await tight.listSnapshots()).map((row) => row.hash)).toEqual(['h6']);
    expect(await tight.latestSnapshot()).toMatchObject({ hash: 'h6' });
  });

  test('each keeps what it was and what it changed; the outline is that of the latest alone', async () => {
    const store = await open();
    await store.saveSnapshot({ ...push(1), outline: '{"of":1}', note: '{"n":1}' });
    await store.saveSnapshot({ ...push(2), outline: '{"of":2}', note: '{"n":2}', action: 'rollback' });
    expect(await store.listSnapshots()).toMatchObject([
      { hash: 'h2', action: 'rollback', note: '{"n":2}' },
      { hash: 'h1', action: 'push', note: '{"n":1}' },
    ]);
    expect(await store.listSnapshots(1)).toHaveLength(1);
    expect(await store.latestSnapshot()).toMatchObject({ outline: '{"of":2}' });
    expect(await store.snapshot('h1')).toMatchObject({ input: push(1).input, outline: null });
    expect(await store.snapshot('h3')).toBeNull();
  });

  test('an equal state that came of another input is kept with that input', async () => {
    const store = await open();
    await store.saveSnapshot(push(1));
    expect(await store.saveSnapshot({ ...push(1), input: '"other"' })).toMatchObject({ saved: false });
    expect(await store.latestSnapshot()).toMatchObject({ hash: 'h1', input: '"other"', bytes: 7 });
  });

  test('a file of an earlier release is carried over', async () => {
    await (await open()).close();
    const old = new DatabaseSync(path);
    const then = ['snapshots', 'keys', 'kv', 'identities_seen', 'migrations'];
    const tables = old.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    // Those that refer to others would keep them.
    old.exec('PRAGMA foreign_keys = OFF');
    for (const { name } of tables)
      if (!then.includes(String(name)) && !String(name).startsWith('sqlite_'))
        old.exec(`DROP TABLE ${String(name)}`);
    old.exec(`ALTER TABLE snapshots DROP COLUMN action; ALTER TABLE snapshots DROP COLUMN note;
      ALTER TABLE snapshots DROP COLUMN outline; DELETE FROM migrations WHERE version > 3; PRAGMA user_version = 3;
      INSERT INTO snapshots (hash, created_at, created_by, bytes, input, push)
        VALUES ('h0', '2026-01-02T03:04:05.678Z', 'ci', 2, x'', 1)`);
    old.close();
    const store = await open();
    expect(await store.listSnapshots()).toMatchObject([{ hash: 'h0', action: 'push', note: null }]);
    await store.saveSnapshot({ ...push(1), expected: 'h0' });
    expect(await store.latestSnapshot()).toMatchObject({ hash: 'h1', push: 2 });
  });

  test('a state of 20 MB survives', async () => {
    const store = await open();
    const input = JSON.stringify({ text: 'column '.repeat(3_000_000) });
    await store.saveSnapshot({ hash: 'big', input, createdBy: 'ci' });
    expect((await store.latestSnapshot())?.input === input).toBe(true);
    expect(statSync(path).size).toBeLessThan(input.length / 10);
  });

  test.each([
    { name: 'none expected, none there', before: [], expected: null, ok: true },
    { name: 'none expected, one there', before: [1], expected: null, ok: false },
    { name: 'the latest expected', before: [1, 2], expected: 'h2', ok: true },
    { name: 'an older one expected', before: [1, 2], expected: 'h1', ok: false },
    { name: 'one expected, none there', before: [], expected: 'h1', ok: false },
    { name: 'nothing expected', before: [1, 2], expected: undefined, ok: true },
  ])('$name', async ({ before, expected, ok }) => {
    const store = await open();
    for (const n of before) await store.saveSnapshot(push(n));
    const saving = store.saveSnapshot({ ...push(9), expected });
    if (ok) await expect(saving).resolves.toMatchObject({ saved: true });
    else await expect(saving).rejects.toMatchObject({ code: 'metadata_conflict' });
    expect(await store.latestSnapshotHash()).toBe(ok ? 'h9' : (before.map((n) => `h${n}`).at(-1) ?? null));
  });

  test('of two writers that expect the same latest, one wins', async () => {
    const [one, two] = [await open(), await open()];
    const results = await Promise.allSettled([
      one.saveSnapshot({ ...push(1), expected: null }),
      two.saveSnapshot({ ...push(2), expected: null }),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await one.listSnapshots()).toHaveLength(1);
  });
});

describe('keys', () => {
  test('are made once, differ by name, and stay', async () => {
    const first = await open();
    const mask = Buffer.from(await first.key('mask_hash'));
    expect(mask).toHaveLength(32);
    expect(Buffer.from(await first.key('cursor')).equals(mask)).toBe(false);
    await first.close();
    expect(Buffer.from(await (await open()).key('mask_hash')).equals(mask)).toBe(true);
  });

  test('two processes agree on one key', async () => {
    const [one, two] = [await open(), await open()];
    const [a, b] = await Promise.all([one.key('cursor'), two.key('cursor')]);
    expect(Buffer.from(a).equals(Buffer.from(b))).toBe(true);
  });

  test('a configured key wins', async () => {
    const key = new Uint8Array(32).fill(7);
    expect(await (await open({ keys: { mask_hash: key } })).key('mask_hash')).toEqual(key);
  });

  test('a short configured key is refused', async () => {
    await expect(open({ keys: { mask_hash: new Uint8Array(16) } })).rejects.toMatchObject({
      code: 'config_invalid',
    });
  });
});

test('small values are set, replaced and deleted', async () => {
  const store = await open();
  expect(await store.get('a')).toBeNull();
  await store.set('a', '1');
  await store.set('a', '2');
  expect(await store.get('a')).toBe('2');
  await store.delete('a');
  expect(await store.get('a')).toBeNull();
});

test('the file is private and records its migrations', async () => {
  await (await open()).saveSnapshot(push(1));
  const modes = [path, `${path}-wal`].map((file) => statSync(file).mode & 0o777);
  expect(modes).toEqual([0o600, 0o600]);
  const db = new DatabaseSync(path, { readOnly: true });
  expect(db.prepare('SELECT version, name FROM migrations').all()).toEqual([
    { version: 1, name: 'snapshots, keys, values' },
    { version: 2, name: 'pushes are counted' },
    { version: 3, name: 'identities seen' },
    { version: 4, name: 'what each state changed' },
    { version: 5, name: 'acknowledgements' },
    { version: 6, name: 'requests' },
    { version: 7, name: 'clean rooms' },
    { version: 8, name: 'denials' },
    { version: 9, name: 'sinks' },
  ]);
  db.close();
});
