/** The index beside the log: which terms are in which events, a block of events at a time. Disposable: it is made again from the log. */
import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { type FileKind, openSqlite } from '../../store/sqlite.ts';
import { BLOCK } from './bits.ts';

/**
 * Blocks come first in every key: the index grows at its end, a search looks a term up once a block, and what
 * retention gave up goes as a range.
 */
const INDEX_FILE: FileKind = {
  what: 'audit index',
  // "SlAi"
  applicationId: 0x536c4169,
  code: 'audit_unavailable',
  migrations: [
    {
      version: 1,
      name: 'postings by block',
      sql: `
        CREATE TABLE reached (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          seq INTEGER NOT NULL, -- the last event that is in the index
          hash TEXT NOT NULL
        ) STRICT;
        CREATE TABLE postings (
          block INTEGER NOT NULL,
          term INTEGER NOT NULL,
          bits BLOB NOT NULL,
          PRIMARY KEY (block, term)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE blocks (
          block INTEGER PRIMARY KEY,
          first_time REAL NOT NULL, -- of all its events the least and the greatest, milliseconds
          last_time REAL NOT NULL,
          times BLOB NOT NULL -- 64-bit floats by offset, 0 where there is no event
        ) STRICT;`,
    },
  ],
};

export function openIndex(path: string): DatabaseSync {
  try {
    return openAt(path);
  } catch (error) {
    const { cause } = error as Error;
    // Damaged, or (which has no cause) of another version or no index at all: nothing in it is worth keeping.
    if (cause !== undefined && !isDamage(cause)) throw error;
    removeIndex(path);
    return openAt(path);
  }
}

export function removeIndex(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}

/** SQLITE_CORRUPT, SQLITE_NOTADB or a file that ends too early. */
export function isDamage(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && ([11, 26].includes(errcode & 0xff) || errcode === 522);
}

function openAt(path: string): DatabaseSync {
  // Without a flush at each commit: what power loss takes is indexed again.
  const db = openSqlite(path, INDEX_FILE, { synchronous: 'NORMAL', busyTimeoutMs: 10_000 });
  try {
    db.exec('PRAGMA cache_size = -16384');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export const blockOf = (seq: number): number => Math.floor((seq - 1) / BLOCK);
export const offsetOf = (seq: number): number => (seq - 1) % BLOCK;
export const seqOf = (block: number, offset: number): number => block * BLOCK + offset + 1;
