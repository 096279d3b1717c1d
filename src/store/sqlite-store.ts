/** The embedded store: one SQLite file, every change one durable transaction, every failure state_unavailable. */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { SluiceError } from '../errors.ts';
import { acknowledgementStore } from './acknowledgements.ts';
import { roomStore } from './clean-rooms.ts';
import { denialStore } from './denials.ts';
import { outboxStore } from './outbox.ts';
import { requestStore } from './requests.ts';
import { STATE_FILE } from './schema.ts';
import { listSeen, saveSeen } from './seen.ts';
import { sinkStore } from './sinks.ts';
import { inTransaction, openSqlite, sqliteFault } from './sqlite.ts';
import type { KeyName, SaveSnapshot, SnapshotRow, Store, StoredSnapshot, StoreOptions } from './store.ts';

const KEY_BYTES = 32;
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export function openSqliteStore(path: string, options: StoreOptions): Store {
  const { keep = 50, keepBytes = 256 * 1024 * 1024, keys = {}, now = () => new Date() } = options;
  for (const [name, key] of Object.entries(keys)) {
    if (key.length < KEY_BYTES) {
      throw new SluiceError('config_invalid', `The key ${name} is shorter than ${KEY_BYTES} bytes`);
    }
  }
  const db = openSqlite(path, STATE_FILE, { synchronous: 'FULL', busyTimeoutMs: 2000 });
  return sqliteStore(db, { keep: Math.max(1, keep), keepBytes, keys, now });
}

const ROW = 'id, hash, created_at, created_by, bytes, push, action, note';

function sqliteStore(db: DatabaseSync, { keep, keepBytes, keys, now }: Required<StoreOptions>): Store {
  // Every request asks this: to prepare it would cost several times what it costs to run it.
  const findPush = db.prepare('SELECT push FROM snapshots ORDER BY id DESC LIMIT 1');
  const latestRow = (): Readonly<Record<string, unknown>> | undefined =>
    db.prepare(`SELECT ${ROW} FROM snapshots ORDER BY id DESC LIMIT 1`).get();

  const insertSnapshot = (snapshot: SaveSnapshot, body: Packed, outline: Packed | null) => {
    const before = latestRow();
    if (snapshot.expected !== undefined && snapshot.expected !== (before?.hash ?? null)) {
      throw new SluiceError('metadata_conflict', undefined, {
        hint: 'Fetch the metadata again, apply the change to it, and push with its ETag.',
      });
    }
    const push = Number(before?.push ?? 0) + 1;
    const saved = snapshot.hash !== before?.hash;
    if (saved) {
      const { hash, createdBy, action = 'push', note = null } = snapshot;
      db.exec('UPDATE snapshots SET outline = NULL WHERE outline IS NOT NULL');
      db.prepare(
        `INSERT INTO snapshots (hash, created_at, created_by, bytes, input, push, action, note, outline)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        hash,
        now().toISOString(),
        createdBy,
        body.bytes,
        body.packed,
        push,
        action,
        note,
        outline?.packed ?? null,
      );
      forgetOld(db, keep, keepBytes);
    } else {
      // An equal snapshot may come of another input: of SQL that was read anew, of nodes that are not exposed.
      db.prepare('UPDATE snapshots SET push = ?, bytes = ?, input = ? WHERE id = ?').run(
        push,
        body.bytes,
        body.packed,
        Number(before.id),
      );
    }
    return { saved, latest: snapshotRow(latestRow() ?? {}) };
  };

  const makeKey = (name: KeyName): Uint8Array => {
    const find = db.prepare('SELECT secret FROM keys WHERE name = ?');
    if (find.get(name) === undefined) {
      // Another process may come first: its key stays.
      db.prepare('INSERT INTO keys (name, secret, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(
        name,
        randomBytes(KEY_BYTES),
        now().toISOString(),
      );
    }
    return find.get(name)?.secret as Uint8Array;
  };

  return {
    saveSnapshot: (snapshot) =>
      guarded(async () => {
        const body = await pack(snapshot.input);
        const outline = snapshot.outline === undefined ? null : await pack(snapshot.outline);
        return inTransaction(db, () => insertSnapshot(snapshot, body, outline));
      }),

    latestSnapshot: () =>
      guarded(async () => {
        return storedSnapshot(db.prepare('SELECT * FROM snapshots ORDER BY id DESC LIMIT 1').get());
      }),

    snapshot: (hash) =>
      guarded(async () => {
        const find = db.prepare('SELECT * FROM snapshots WHERE hash = ? ORDER BY id DESC LIMIT 1');
        return storedSnapshot(find.get(hash));
      }),

    latestSnapshotHash: () =>
      guarded(async () => {
        const row = latestRow();
        return row === undefined ? null : String(row.hash);
      }),

    latestPush: () =>
      guarded(async () => {
        const row = findPush.get();
        return row === undefined ? null : Number(row.push);
      }),

    listSnapshots: (limit = -1) =>
      guarded(async () =>
        db.prepare(`SELECT ${ROW} FROM snapshots ORDER BY id DESC LIMIT ?`).all(limit).map(snapshotRow),
      ),

    saveSeen: (seen, keep) => guarded(async () => inTransaction(db, () => saveSeen(db, seen, keep))),

    listSeen: (since) => guarded(async () => listSeen(db, since)),

    key: (name) => guarded(async () => keys[name] ?? makeKey(name)),

    sinks: sinkStore(db, guarded),

    get: (name) =>
      guarded(async () => {
        const row = db.prepare('SELECT value FROM kv WHERE name = ?').get(name);
        return row === undefined ? null : String(row.value);
      }),

    set: (name, value) =>
      guarded(async () => {
        db.prepare(
          'INSERT INTO kv (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        ).run(name, value);
      }),

    delete: (name) =>
      guarded(async () => {
        db.prepare('DELETE FROM kv WHERE name = ?').run(name);
      }),

    requests: requestStore(db, guarded),

    outbox: outboxStore(db, guarded),

    acknowledgements: acknowledgementStore(db, guarded),

    denials: denialStore(db, guarded),

    rooms: roomStore(db, guarded),

    close: async () => {
      if (db.isOpen) db.close();
    },
  };
}

/** Every failure below becomes state_unavailable, without a path: callers see it. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sqliteFault(error, STATE_FILE);
  }
}

/** Beyond the number or the bytes, the oldest go first; the latest stays. */
function forgetOld(db: DatabaseSync, keep: number, keepBytes: number): void {
  db.prepare(
    `DELETE FROM snapshots WHERE id IN
       (SELECT id FROM
         (SELECT id,
                 row_number() OVER (ORDER BY id DESC) AS nth,
                 sum(length(input)) OVER (ORDER BY id DESC) AS size
          FROM snapshots)
        WHERE nth > ? OR (nth > 1 AND size > ?))`,
  ).run(keep, keepBytes);
}

interface Packed {
  readonly packed: Uint8Array;
  /** Before. */
  readonly bytes: number;
}

/** Compressed on another thread, before a lock is taken. The checksum lets a damaged file be told apart. */
async function pack(text: string): Promise<Packed> {
  const raw = Buffer.from(text, 'utf8');
  const packed = await compress(raw, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  return { packed, bytes: raw.length };
}

async function storedSnapshot(
  row: Readonly<Record<string, unknown>> | undefined,
): Promise<StoredSnapshot | null> {
  if (row === undefined) return null;
  const input = await unpack(row.input as Uint8Array);
  const outline = row.outline === null ? null : await unpack(row.outline as Uint8Array);
  return { ...snapshotRow(row), input, outline };
}

async function unpack(body: Uint8Array): Promise<string> {
  try {
    return (await decompress(body)).toString('utf8');
  } catch (error) {
    throw new SluiceError('state_unavailable', 'A snapshot in the state file is damaged', {
      hint: 'Restore the state file from a backup, or move it aside and push again.',
      cause: error,
    });
  }
}

function snapshotRow(row: Readonly<Record<string, unknown>>): SnapshotRow {
  return {
    hash: String(row.hash),
    createdAt: String(row.created_at),
    createdBy: String(row.created_by),
    bytes: Number(row.bytes),
    push: Number(row.push),
    action: String(row.action),
    note: row.note === null ? null : String(row.note),
  };
}
