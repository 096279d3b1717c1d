/** Checks a whole audit file, event by event, in flat memory, while others go on appending. It never writes. */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { SluiceError } from '../errors.ts';
import { openSqliteReadOnly, sqliteFault } from '../store/sqlite.ts';
import { canonicalise, EMPTY_HEAD, GENESIS, type Head, hashOf, type Json } from './chain.ts';
import { AUDIT_FILE } from './file.ts';

export type AuditProblemKind =
  /** A seq is not there: an event was deleted. */
  | 'event_missing'
  /** An event's content does not give its hash. */
  | 'event_altered'
  /** An event does not name the hash of the one before: reordered, replaced or inserted. */
  | 'link_broken'
  /** The log ends before its head record: the tail was deleted. */
  | 'tail_missing'
  /** Events stand behind the head record: the tail was inserted, or the head put back. */
  | 'head_behind'
  /** The head record is gone or names another hash than the last event's. */
  | 'head_altered'
  /** A head that was noted elsewhere is not in this chain: the chain was rebuilt or cut. */
  | 'head_unexpected'
  | 'unreadable';

export interface AuditProblem {
  readonly kind: AuditProblemKind;
  /** Where the first problem shows; null where it is not in one event. */
  readonly seq: number | null;
  readonly message: string;
}

export interface AuditVerification {
  readonly ok: boolean;
  /** Events whose links hold, from the first on. */
  readonly events: number;
  /** The last event whose links hold: note it elsewhere to find a rebuilt chain later. */
  readonly head: Head;
  readonly problem?: AuditProblem;
}

export interface VerifyOptions {
  /** A hash noted earlier (any event's): the chain must still hold it. */
  readonly expectHead?: string;
  /** Called after each part, with the events checked so far. */
  readonly onProgress?: (events: number) => void;
}

/** Rows a read: each read is a transaction of its own, so that a long check does not hold back the writer's checkpoints. */
const PART = 2000;

/** The check starts here and not at 1, so that a row in front of the first event is seen. */
const LOWEST_ROWID = -(2n ** 63n);

/** Throws audit_unavailable where the file is missing or is no audit log; everything else is in the answer. */
export async function verifyAudit(path: string, options: VerifyOptions = {}): Promise<AuditVerification> {
  const db = openSqliteReadOnly(path, AUDIT_FILE, 5000);
  if (db === null) {
    throw new SluiceError('audit_unavailable', `There is no audit log at ${path}`, {
      hint: 'Check the path; a gate makes the file when it starts.',
    });
  }
  let head: Head = EMPTY_HEAD;
  let expected = options.expectHead === undefined || options.expectHead === GENESIS;
  const failed = (problem: AuditProblem): AuditVerification => ({
    ok: false,
    events: head.seq,
    head,
    problem,
  });
  try {
    for (;;) {
      const part = readPart(db, head.seq === 0 ? LOWEST_ROWID : head.seq + 1);
      for (const row of part.rows) {
        const problem = checkRow(row, head);
        if (problem !== null) return failed(problem);
        head = { seq: row.seq, hash: row.hash };
        expected ||= row.hash === options.expectHead;
      }
      options.onProgress?.(head.seq);
      if (part.rows.length < PART) {
        const problem = checkEnd(part.head, head) ?? (expected ? null : unexpectedHead());
        return problem === null ? { ok: true, events: head.seq, head } : failed(problem);
      }
      await yieldToOthers();
    }
  } catch (error) {
    return failed({ kind: 'unreadable', seq: head.seq + 1, message: sqliteFault(error, AUDIT_FILE).message });
  } finally {
    db.close();
  }
}

interface Row {
  readonly seq: number;
  readonly body: string;
  readonly hash: string;
}

/** Rows and head of one moment. */
function readPart(db: DatabaseSync, from: number | bigint): { rows: readonly Row[]; head: Head | null } {
  db.exec('BEGIN');
  try {
    const rows = db
      .prepare('SELECT seq, body, hash FROM events WHERE seq >= ? ORDER BY seq LIMIT ?')
      .all(from, PART);
    const head = db.prepare('SELECT seq, hash FROM head WHERE id = 1').get();
    return {
      rows: rows.map((row) => ({
        seq: Number(row.seq),
        body: String(row.body),
        hash: String(row.hash),
      })),
      head: head === undefined ? null : { seq: Number(head.seq), hash: String(head.hash) },
    };
  } finally {
    db.exec('ROLLBACK');
  }
}

function checkRow(row: Row, before: Head): AuditProblem | null {
  const { seq } = row;
  const due = before.seq + 1;
  if (seq < due) return { kind: 'link_broken', seq: due, message: 'An event stands before the first one' };
  if (seq !== due) {
    return { kind: 'event_missing', seq: due, message: `Event ${due} is missing; the next one is ${seq}` };
  }
  if (hashOf(row.body) !== row.hash) {
    return { kind: 'event_altered', seq, message: `Event ${seq} does not match its hash: it was altered` };
  }
  const content = parse(row.body);
  // One content, one text: else two readers could see different values in what one hash covers.
  if (content === null || canonicalise(content) !== row.body) {
    return { kind: 'event_altered', seq, message: `Event ${seq} is not in canonical form` };
  }
  if (content.seq !== seq || content.prev_hash !== before.hash) {
    const message = `Event ${seq} does not follow event ${before.seq}: one of them was moved, replaced or inserted`;
    return { kind: 'link_broken', seq, message };
  }
  return null;
}

function checkEnd(recorded: Head | null, last: Head): AuditProblem | null {
  if (recorded === null) return { kind: 'head_altered', seq: null, message: 'The head record is missing' };
  if (recorded.seq > last.seq) {
    const message = `The head record names event ${recorded.seq}, but the log ends at ${last.seq}`;
    return { kind: 'tail_missing', seq: last.seq + 1, message };
  }
  if (recorded.seq < last.seq) {
    const message = `The log goes on to event ${last.seq}, but the head record ends at ${recorded.seq}`;
    return { kind: 'head_behind', seq: recorded.seq + 1, message };
  }
  if (recorded.hash === last.hash) return null;
  return {
    kind: 'head_altered',
    seq: last.seq,
    message: 'The head record names another hash than the last event',
  };
}

function unexpectedHead(): AuditProblem {
  return {
    kind: 'head_unexpected',
    seq: null,
    message:
      'The expected head is not in this chain: it was cut or rebuilt, or the hash belongs to another log',
  };
}

function parse(body: string): { readonly [key: string]: Json } | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { readonly [key: string]: Json })
      : null;
  } catch {
    return null;
  }
}
