/** Whatever is wrong with the state file, the answer says what and how to mend it, and never a half-opened store. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-faults-'));
  path = join(folder, 'state.db');
});

afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

const create = async () => {
  const store = await openStore(`sqlite:${path}`);
  await store.saveSnapshot({ hash: 'h1', input: 'x'.repeat(100_000), createdBy: 'ci' });
  await store.close();
};

const edit = (sql: string) => {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
};

test.each<{ name: string; prepare: () => Promise<void> | void; message: RegExp }>([
  { name: 'no SQLite file', prepare: () => writeFileSync(path, 'a'.repeat(5000)), message: /not an SQLite/ },
  { name: 'a folder', prepare: () => void mkdirSync(path), message: /cannot be opened/ },
  {
    name: 'the SQLite file of another program',
    prepare: () => edit('CREATE TABLE theirs (x)'),
    message: /is not a Sluice state file/,
  },
  {
    name: 'a newer schema',
    prepare: async () => {
      await create();
      edit('PRAGMA user_version = 99');
    },
    message: /newer Sluice \(schema 99\)/,
  },
])('$name is refused and left alone', async ({ prepare, message }) => {
  await prepare();
  const opening = openStore(`sqlite:${path}`);
  await expect(opening).rejects.toMatchObject({
    code: 'state_unavailable',
    hint: expect.stringMatching(/\w/),
  });
  await expect(opening).rejects.toThrow(message);
});

test('a truncated file is told, at the latest when it is read', async () => {
  await create();
  writeFileSync(path, readFileSync(path).subarray(0, 5000));
  const reading = openStore(`sqlite:${path}`).then((store) => store.latestSnapshot());
  await expect(reading).rejects.toMatchObject({ code: 'state_unavailable' });
});

test('a snapshot with flipped bits is told, not served', async () => {
  await create();
  const db = new DatabaseSync(path);
  const row = db.prepare('SELECT input FROM snapshots').get();
  const input = Uint8Array.from(row?.input as Uint8Array);
  input[input.length - 1]! ^= 1;
  db.prepare('UPDATE snapshots SET input = ?').run(input);
  db.close();
  const store = await openStore(`sqlite:${path}`);
  await expect(store.latestSnapshot()).rejects.toThrow(/snapshot in the state file is damaged/);
  await store.close();
});

test('a read-only folder is refused', async () => {
  const root = process.geteuid?.() === 0;
  // Root may write anywhere: play somebody else for a moment.
  if (root) chownSync(folder, 65534, 65534);
  chmodSync(folder, 0o500);
  if (root) process.seteuid?.(65534);
  try {
    await expect(openStore(`sqlite:${path}`)).rejects.toThrow(/may not be written/);
    await expect(openStore(`sqlite:${join(folder, 'new', 'state.db')}`)).rejects.toThrow(
      /may not be written/,
    );
  } finally {
    if (root) process.seteuid?.(0);
  }
});

test('a lock held by another process is told, and passes', async () => {
  await create();
  const holder = new DatabaseSync(path);
  holder.exec('BEGIN IMMEDIATE');
  const store = await openStore(`sqlite:${path}`);
  await expect(store.set('a', '1')).rejects.toThrow(/another process is writing/);
  holder.exec('ROLLBACK');
  holder.close();
  await store.set('a', '2');
  expect(await store.get('a')).toBe('2');
  await store.close();
});

test.each(['postgres://localhost/x', 'sqlite:', 'sqlite://state.db', '.sluice/state.db'])(
  'the URL %s is refused',
  async (url) => {
    await expect(openStore(url)).rejects.toMatchObject({ code: 'config_invalid' });
  },
);

const limited = process.platform === 'linux';
if (!limited) console.log('skipped: a full disk is played by RLIMIT_FSIZE, which needs Linux');

test.skipIf(!limited)('a full disk fails the push, keeps the last good one, and passes', async () => {
  await create();
  // A soft limit on the size of files: the kernel refuses to let them grow, as a full disk does.
  const child = spawn(
    'bash',
    [
      '-c',
      'ulimit -S -f 256; exec "$0" "$@"',
      process.execPath,
      join(import.meta.dirname, 'full-disk.ts'),
      path,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(JSON.parse(out)).toEqual({ code: 'state_unavailable', latest: 'h1', after: 'small' });
});
