/** Opens an SQLite file of ours: private mode, WAL, numbered migrations; every SQLite failure becomes a clear SluiceError. */
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Code, SluiceError } from '../errors.ts';

export interface Migration {
  /** 1, 2, 3, …: never renumbered, never edited once released. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

export interface FileKind {
  /** For messages: `state`, `audit log`. */
  readonly what: string;
  /** SQLite's application_id: a file that belongs to something else is refused, never migrated. */
  readonly applicationId: number;
  readonly migrations: readonly Migration[];
  /** The code that failures carry. */
  readonly code: Code;
  /** A file that is made anew can give pages back without being written as a whole. */
  readonly incrementalVacuum?: boolean;
}

export interface OpenSqliteOptions {
  /** FULL fsyncs each commit; NORMAL leaves that to checkpoints, so that power loss may cost the last commits. */
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Milliseconds to wait for another writer; the calling thread is blocked meanwhile. */
  readonly busyTimeoutMs: number;
}

/** Opens for writing, creating file and folder when missing. Throws SluiceError with the kind's code. */
export function openSqlite(path: string, kind: FileKind, options: OpenSqliteOptions): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    createPrivately(path);
    db = new DatabaseSync(path, { timeout: options.busyTimeoutMs, enableForeignKeyConstraints: true });
    refuseForeignFile(db, kind, path);
    // Only an empty file takes it.
    if (kind.incrementalVacuum && pragma(db, 'page_count') === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    // The journal mode is stored in the file; setting it again would need a lock that a busy writer holds.
    if (pragma(db, 'journal_mode') !== 'wal') db.exec('PRAGMA journal_mode = WAL');
    db.exec(`PRAGMA synchronous = ${options.synchronous}`);
    // On macOS fsync leaves data in the drive's own cache; these ask for F_FULLFSYNC. Elsewhere they do nothing.
    if (options.synchronous === 'FULL') db.exec('PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1');
    migrate(db, kind, path);
    return db;
  } catch (error) {
    db?.close();
    throw sqliteFault(error, kind, path);
  }
}

/** Opens an existing file for reading. `null` where there is no such file. */
export function openSqliteReadOnly(path: string, kind: FileKind, busyTimeoutMs: number): DatabaseSync | null {
  if (!existsSync(path)) return null;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    refuseForeignFile(db, kind, path);
    refuseNewerSchema(db, kind, path);
    return db;
  } catch (error) {
    db?.close();
    throw sqliteFault(error, kind, path);
  }
}

/** Runs `work` in one write transaction; a failure inside rolls back and is thrown on. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite rolls back by itself on some failures (a full disk), and ROLLBACK would then throw over the real cause.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** What an SQLite or file system failure means for the operator. `path` is given at start-up only: callers never see it. */
export function sqliteFault(error: unknown, kind: FileKind, path?: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const { message, hint } = explain(error);
  const where = path === undefined ? '' : ` (${path})`;
  return new SluiceError(kind.code, `The ${kind.what} cannot be used${where}: ${message}`, {
    hint,
    cause: error,
  });
}

function explain(error: unknown): { message: string; hint: string } {
  const { code, errcode } = error as { code?: string; errcode?: number };
  // The low byte is the primary result code, the rest tells details.
  const primary = errcode === undefined ? undefined : errcode & 0xff;
  if (primary === 13 || code === 'ENOSPC' || code === 'EDQUOT') {
    return { message: 'the disk is full', hint: 'Free some space; no restart is needed.' };
  }
  if (primary === 8 || code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return {
      message: 'it may not be written',
      hint: 'Give this user write access to the file and its folder.',
    };
  }
  if (primary === 11 || primary === 26) {
    return {
      message: 'the file is damaged or not an SQLite database',
      hint: 'Restore it from a backup, or move it aside to start anew.',
    };
  }
  if (primary === 5 || primary === 6) {
    return { message: 'another process is writing to it', hint: 'Retry, or stop the other process.' };
  }
  if (primary === 14 || code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST') {
    return {
      message: 'the file cannot be opened',
      hint: 'Check that the path is a file in a writable folder.',
    };
  }
  if (primary === 10 || code === 'EIO') {
    return { message: 'the disk reports an error', hint: 'Check the disk and its free space.' };
  }
  return { message: 'unexpected failure', hint: 'The log has the details.' };
}

function createPrivately(path: string): void {
  const folder = dirname(path);
  const madeFolder = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = !existsSync(path);
  // SQLite gives -wal and -shm the mode of the main file, so it must be private before SQLite sees it.
  if (fresh) closeSync(openSync(path, 'a', 0o600));
  else if (process.platform !== 'win32') chmodSync(path, 0o600);
  if (fresh && process.platform !== 'win32') {
    // A file survives power loss only when its name in the folder does too.
    syncFolder(folder);
    if (madeFolder !== undefined) syncFolder(dirname(madeFolder));
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function pragma(db: DatabaseSync, name: string): unknown {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return row === undefined ? undefined : Object.values(row)[0];
}

function refuseForeignFile(db: DatabaseSync, kind: FileKind, path: string): void {
  const id = pragma(db, 'application_id');
  if (id === kind.applicationId) return;
  if (id === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined) return;
  throw new SluiceError(kind.code, `The file ${path} is not a Sluice ${kind.what}`, {
    hint: 'Point the configuration at another file, or move this one aside.',
  });
}

function refuseNewerSchema(db: DatabaseSync, kind: FileKind, path: string): number {
  const version = Number(pragma(db, 'user_version'));
  if (version <= kind.migrations.length) return version;
  throw new SluiceError(
    kind.code,
    `The ${kind.what} ${path} was written by a newer Sluice (schema ${version})`,
    {
      hint: `This version knows schema ${kind.migrations.length}. Upgrade, or restore a backup from before.`,
    },
  );
}

function migrate(db: DatabaseSync, kind: FileKind, path: string): void {
  if (refuseNewerSchema(db, kind, path) === kind.migrations.length) return;
  inTransaction(db, () => {
    // Another process may have migrated while this one waited for the lock.
    const from = refuseNewerSchema(db, kind, path);
    db.exec(
      `CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT;
       PRAGMA application_id = ${kind.applicationId}`,
    );
    const record = db.prepare(
      `INSERT INTO migrations (version, name, applied_at) VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%fZ'))`,
    );
    for (const migration of kind.migrations.slice(from)) {
      db.exec(migration.sql);
      record.run(migration.version, migration.name);
    }
    db.exec(`PRAGMA user_version = ${kind.migrations.length}`);
  });
}
