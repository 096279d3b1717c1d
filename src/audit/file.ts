/** The audit file: its schema, and the one transaction that appends to it. The chain continues whoever wrote last. */
import type { DatabaseSync } from 'node:sqlite';
import { SluiceError } from '../errors.ts';
import { type FileKind, inTransaction } from '../store/sqlite.ts';
import { type Head, link } from './chain.ts';
import type { AuditEvent } from './event.ts';

export const AUDIT_FILE: FileKind = {
  what: 'audit log',
  // "SlAu"
  applicationId: 0x536c4175,
  code: 'audit_unavailable',
  // Retention gives pages back to the disk bit by bit.
  incrementalVacuum: true,
  migrations: [
    {
      version: 1,
      name: 'events and head',
      // The triggers stop accidents; whoever can drop them is found by the chain.
      sql: `
        CREATE TABLE events (
          seq INTEGER PRIMARY KEY,
          body TEXT NOT NULL,
          hash TEXT NOT NULL
        ) STRICT;
        CREATE TABLE head (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          seq INTEGER NOT NULL,
          hash TEXT NOT NULL
        ) STRICT;
        INSERT INTO head (id, seq, hash) VALUES (1, 0, '${'0'.repeat(64)}');
        CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'append only'); END;`,
    },
    {
      version: 2,
      name: 'checkpoints',
      // What a checkpoint of retention covers may go; nothing else ever.
      sql: `
        CREATE TABLE checkpoints (
          number INTEGER PRIMARY KEY,
          seq INTEGER NOT NULL,
          reason TEXT NOT NULL CHECK (reason IN ('demand', 'retention')),
          body TEXT NOT NULL,
          hash TEXT NOT NULL,
          signature TEXT
        ) STRICT;
        CREATE INDEX checkpoints_by_reason ON checkpoints (reason, seq);
        CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'append only'); END;
        DROP TRIGGER events_no_delete;
        CREATE TRIGGER events_no_delete BEFORE DELETE ON events
          WHEN OLD.seq > coalesce((SELECT max(seq) FROM checkpoints WHERE reason = 'retention'), 0)
          BEGIN SELECT RAISE(ABORT, 'append only'); END;`,
    },
  ],
};

/**
 * Appends in the order given, in one transaction: all or nothing. `known` is a head that was seen before and must
 * still be in the chain.
 */
export type Appender = (events: readonly AuditEvent[], known: Head | null) => Head;

/** @see prepareAppendInside */
export function prepareAppend(db: DatabaseSync): Appender {
  const append = prepareAppendInside(db);
  return (events, known) => inTransaction(db, () => append(events, known));
}

/**
 * Prepares the statements once. The head is read inside each transaction, so that several processes (a gate and a
 * command line beside it) extend one chain. A head that does not fit the last event stops all appending.
 *
 * @returns what must run inside a write transaction of the caller's
 */
export function prepareAppendInside(db: DatabaseSync): Appender {
  const readHead = db.prepare('SELECT seq, hash FROM head WHERE id = 1');
  const readLast = db.prepare('SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1');
  const readHash = db.prepare('SELECT hash FROM events WHERE seq = ?');
  const insert = db.prepare('INSERT INTO events (seq, body, hash) VALUES (?, ?, ?)');
  const moveHead = db.prepare('UPDATE head SET seq = ?, hash = ? WHERE id = 1');
  return (events, known) => {
    let head = checkedHead(readHead.get(), readLast.get());
    if (known !== null && known.seq > 0 && readHash.get(known.seq)?.hash !== known.hash) {
      // What a process knew before it slept for long may have been removed in the meantime.
      if (known.seq > floorOf(db)) throw brokenLog('no longer holds what was written to it');
    }
    for (const event of events) {
      const row = link(event, head);
      insert.run(row.seq, row.body, row.hash);
      head = row;
    }
    moveHead.run(head.seq, head.hash);
    return { seq: head.seq, hash: head.hash };
  };
}

/** Events up to here were given up by retention, 0 for none. Some may still be there: they go in parts. */
export function floorOf(db: DatabaseSync): number {
  const row = db.prepare("SELECT max(seq) AS seq FROM checkpoints WHERE reason = 'retention'").get();
  return Number(row?.seq ?? 0);
}

type Row = Record<string, unknown> | undefined;

function checkedHead(head: Row, last: Row): Head {
  const fits =
    head !== undefined &&
    (last === undefined ? head.seq === 0 : head.seq === last.seq && head.hash === last.hash);
  if (!fits) {
    throw brokenLog('does not end where its head record says');
  }
  return { seq: Number(head.seq), hash: String(head.hash) };
}

export function brokenLog(what: string): SluiceError {
  return new SluiceError('audit_broken', `The audit log ${what}`, {
    hint: 'Keep the file as evidence and run `sluice audit verify`; to begin a new chain, move it aside and restart.',
  });
}
