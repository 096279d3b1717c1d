/** The worker thread that owns the audit file: one batch, one transaction, one fsync, one answer, in order. */
import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { openSqlite, sqliteFault } from '../store/sqlite.ts';
import type { Head } from './chain.ts';
import type { AuditEvent } from './event.ts';
import { type Appender, AUDIT_FILE, brokenLog, prepareAppend } from './file.ts';

export interface WriterData {
  readonly path: string;
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly busyTimeoutMs: number;
  /** The last head that this process was told of; null at its start. */
  readonly known: Head | null;
}

/** An empty batch writes the head again: it shows that the log can be written. */
export type WriterRequest =
  | { readonly kind: 'append'; readonly events: readonly AuditEvent[] }
  | { readonly kind: 'close' };

export type WriterReply =
  | { readonly kind: 'appended'; readonly head: Head }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly hint: string | null;
      readonly broken: boolean;
    };

/** Commits between two checkpoints: some 1,500 pages of WAL, which are then written in place and stay allocated. */
const CHECKPOINT_EVERY = 500;

interface OpenFile {
  readonly db: DatabaseSync;
  readonly append: Appender;
  /** Device and inode: a file that was removed or replaced would take events that nobody finds again. */
  readonly inode: string;
}

function serve(port: NonNullable<typeof parentPort>, data: WriterData): void {
  let file: OpenFile | null = null;
  let known = data.known;
  let commits = 0;

  port.on('message', (request: WriterRequest) => {
    if (request.kind === 'close') {
      close(file);
      port.close();
      return;
    }
    try {
      if (file !== null && inodeOf(data.path) !== file.inode)
        throw brokenLog('was removed or replaced while in use');
      file ??= open(data, known);
      known = file.append(request.events, known);
      port.postMessage({ kind: 'appended', head: known } satisfies WriterReply);
    } catch (error) {
      // After a failed write or fsync the connection's view may not be the disk's: start over from the file.
      close(file);
      file = null;
      port.postMessage(replyTo(error));
      return;
    }
    commits += 1;
    if (commits % CHECKPOINT_EVERY === 0) checkpoint(file.db);
  });
}

function open(data: WriterData, known: Head | null): OpenFile {
  if (known !== null && !existsSync(data.path)) throw brokenLog('was removed while in use');
  const db = openSqlite(data.path, AUDIT_FILE, data);
  try {
    // The backstop for a checkpoint that could not run between batches.
    db.exec('PRAGMA wal_autocheckpoint = 10000');
    return { db, append: prepareAppend(db), inode: inodeOf(data.path) };
  } catch (error) {
    close({ db });
    throw error;
  }
}

/** Runs after the answer was sent, so that no event waits for it. A failure shows at the next commit. */
function checkpoint(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch {
    // A full disk or a reader in the way: the WAL grows until it works again.
  }
}

function close(file: { readonly db: DatabaseSync } | null): void {
  try {
    file?.db.close();
  } catch {
    // Closing checkpoints, which fails on the very disk that failed before.
  }
}

function inodeOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}`;
}

function replyTo(error: unknown): WriterReply {
  const fault = sqliteFault(error, AUDIT_FILE);
  const cause = fault.cause instanceof Error ? `: ${fault.cause.message}` : '';
  return {
    kind: 'failed',
    message: `${fault.message}${cause}`,
    hint: fault.hint,
    broken: fault.code === 'audit_broken',
  };
}

if (parentPort !== null) serve(parentPort, workerData as WriterData);
