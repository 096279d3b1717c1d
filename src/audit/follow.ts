/** Reads the log in its order, part by part, while others append: what sinks, replay and the audit's own dataset follow. It never writes. */
import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openSqliteReadOnly, sqliteFault } from '../store/sqlite.ts';
import { type ChainedRow, EMPTY_HEAD, type Head } from './chain.ts';
import { AUDIT_FILE } from './file.ts';

export interface LogEnds {
  /** Seq of the oldest event that is kept; the next one to come where there is none. */
  readonly first: number;
  readonly head: Head;
}

export interface LogFollower {
  ends(): LogEnds;
  /** The events behind `seq`, in order: at most `count`, and no more than some `bytes` of them together, but one at the least. */
  after(seq: number, count: number, bytes?: number): readonly ChainedRow[];
  /** Null where that event is not kept. */
  hashAt(seq: number): string | null;
  close(): void;
}

interface Open {
  readonly db: DatabaseSync;
  readonly inode: string;
  readonly head: StatementSync;
  readonly first: StatementSync;
  readonly after: StatementSync;
  readonly hashAt: StatementSync;
}

/** A log that is not there yet is an empty one; a file that was replaced is opened anew. @throws SluiceError audit_unavailable, from its methods */
export function followLog(path: string): LogFollower {
  let open: Open | null = null;

  function reading<T>(nothing: T, read: (file: Open) => T): T {
    try {
      const inode = inodeOf(path);
      if (open !== null && open.inode !== inode) close();
      open ??= openAt(path, inode);
      return open === null ? nothing : read(open);
    } catch (error) {
      close();
      throw sqliteFault(error, AUDIT_FILE);
    }
  }

  function close(): void {
    open?.db.close();
    open = null;
  }

  function ends(): LogEnds {
    return reading({ first: 1, head: EMPTY_HEAD }, ({ head, first }) => {
      const last = head.get();
      const end = last === undefined ? EMPTY_HEAD : { seq: Number(last.seq), hash: String(last.hash) };
      const oldest = first.get()?.seq ?? null;
      return { first: oldest === null ? end.seq + 1 : Number(oldest), head: end };
    });
  }

  return {
    ends,
    close,
    after: (seq, count, bytes = Number.POSITIVE_INFINITY) =>
      reading([] as ChainedRow[], ({ after }) => {
        const rows: ChainedRow[] = [];
        let size = 0;
        for (const row of after.iterate(seq, count)) {
          const body = String(row.body);
          size += body.length;
          if (rows.length > 0 && size > bytes) break;
          rows.push({ seq: Number(row.seq), body, hash: String(row.hash) });
        }
        return rows;
      }),
    hashAt: (seq) => reading(null, ({ hashAt }) => (hashAt.get(seq)?.hash as string | undefined) ?? null),
  };
}

function openAt(path: string, inode: string): Open | null {
  const db = openSqliteReadOnly(path, AUDIT_FILE, 2000);
  if (db === null) return null;
  return {
    db,
    inode,
    head: db.prepare('SELECT seq, hash FROM head WHERE id = 1'),
    first: db.prepare('SELECT min(seq) AS seq FROM events'),
    after: db.prepare('SELECT seq, body, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?'),
    hashAt: db.prepare('SELECT hash FROM events WHERE seq = ?'),
  };
}

function inodeOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}`;
}
