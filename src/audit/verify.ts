/** Checks a whole audit file, event by event, in flat memory, while others go on appending. It never writes. */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { SluiceError } from '../errors.ts';
import { openSqliteReadOnly, sqliteFault } from '../store/sqlite.ts';
import { EMPTY_HEAD, GENESIS, type Head } from './chain.ts';
import { type AuditProblem, checkLink, type EventRow, parseObject } from './check-link.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Checkpoints, NO_CHECKPOINTS, readCheckpoints } from './checkpoints.ts';
import { checkEnd, checkKept, checkPlaces, type Places, placesOf, unexpectedHead } from './expectations.ts';
import { AUDIT_FILE } from './file.ts';
import { type Proof, proofOf } from './proof.ts';

export type { AuditProblem, AuditProblemKind } from './check-link.ts';

export interface AuditVerification extends Proof {
  readonly ok: boolean;
  /** Events whose links hold. */
  readonly events: number;
  /** Seq of the first of them; 1 where nothing was removed. */
  readonly from: number;
  /** The last event whose links hold: note it elsewhere to find a rebuilt chain later. */
  readonly head: Head;
  readonly checkpoints: number;
  readonly problem?: AuditProblem;
}

export interface VerifyOptions {
  /** A hash noted earlier (any event's): the chain must still hold it. */
  readonly expectHead?: string;
  /** One that was printed and kept elsewhere: the chain must still go through it. */
  readonly checkpoint?: Checkpoint;
  /** With any, checkpoints count only with a signature of one of them. */
  readonly publicKeys?: readonly KeyObject[];
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
  try {
    for (;;) {
      const pass = new Pass(db, options);
      const result = await pass.run();
      // Retention went past the pass and took what it was about to read.
      if (result.problem?.kind !== 'event_missing' || !pass.isOvertaken()) return result;
    }
  } finally {
    db.close();
  }
}

/** One reading of the file, from the oldest event to the newest. */
class Pass {
  readonly #db: DatabaseSync;
  readonly #options: VerifyOptions;
  #checkpoints: Checkpoints = NO_CHECKPOINTS;
  #places: Places = placesOf(NO_CHECKPOINTS.all);
  #before: Head = EMPTY_HEAD;
  #from: number | null = null;
  #expected: boolean;

  constructor(db: DatabaseSync, options: VerifyOptions) {
    this.#db = db;
    this.#options = options;
    this.#expected = options.expectHead === undefined || options.expectHead === GENESIS;
  }

  async run(): Promise<AuditVerification> {
    try {
      const refused = this.#readCheckpoints();
      if (refused !== null) return this.#verdict(refused);
      for (;;) {
        const part = readPart(this.#db, this.#from === null ? LOWEST_ROWID : this.#before.seq + 1);
        if (this.#from === null) this.#begin(part.rows[0]);
        for (const row of part.rows) {
          const problem = this.#check(row);
          if (problem !== null) return this.#verdict(problem);
        }
        this.#options.onProgress?.(this.#events());
        if (part.rows.length < PART) return this.#verdict(this.#checkWhole(part.head));
        await yieldToOthers();
      }
    } catch (error) {
      const message = sqliteFault(error, AUDIT_FILE).message;
      return this.#verdict({ kind: 'unreadable', seq: this.#before.seq + 1, message });
    }
  }

  /** Whether more was removed since the pass began. */
  isOvertaken(): boolean {
    const seen = this.#checkpoints.floor?.number ?? 0;
    return this.#readCheckpoints() === null && (this.#checkpoints.floor?.number ?? 0) > seen;
  }

  #readCheckpoints(): AuditProblem | null {
    const found = readCheckpoints(this.#db, this.#options.publicKeys ?? []);
    if ('kind' in found) return found;
    this.#checkpoints = found;
    this.#places = placesOf(found.all, this.#places);
    return null;
  }

  /** The chain begins behind what was removed; what is still there of that (it goes in parts) counts as well. */
  #begin(first: EventRow | undefined): void {
    const { floor } = this.#checkpoints;
    if (floor !== null) this.#before = { seq: floor.seq, hash: floor.hash };
    if (first === undefined) return;
    this.#from = first.seq;
    if (floor === null || first.seq > floor.seq) return;
    const named = parseObject(first.body)?.prev_hash;
    this.#before =
      first.seq <= 1 ? EMPTY_HEAD : { seq: first.seq - 1, hash: typeof named === 'string' ? named : '' };
  }

  #check(row: EventRow): AuditProblem | null {
    const { problem, content } = checkLink(row, this.#before);
    if (problem !== undefined) return problem;
    this.#before = { seq: row.seq, hash: row.hash };
    this.#expected ||= row.hash === this.#options.expectHead;
    const found = checkPlaces(row, content, this.#places);
    // Made since the pass began.
    if (found === 'unknown_checkpoint') {
      const refused = this.#readCheckpoints();
      if (refused !== null) return refused;
    }
    const again = found === 'unknown_checkpoint' ? checkPlaces(row, content, this.#places) : found;
    if (again !== 'unknown_checkpoint') return again;
    const message = `Event ${row.seq} tells of a checkpoint that is not there`;
    return { kind: 'checkpoint_altered', seq: row.seq, message };
  }

  #checkWhole(recorded: Head | null): AuditProblem | null {
    const { checkpoint } = this.#options;
    return (
      checkEnd(recorded, this.#before) ??
      this.#places.missing(this.#checkpoints.floor) ??
      (this.#expected ? null : unexpectedHead()) ??
      (checkpoint === undefined
        ? null
        : checkKept(checkpoint, {
            checkpoints: this.#checkpoints.all,
            from: this.#from ?? this.#before.seq + 1,
            head: this.#before,
            hashAt: (seq) => this.#hashAt(seq),
            publicKeys: this.#options.publicKeys ?? [],
          }))
    );
  }

  #hashAt(seq: number): string | null {
    const row = this.#db.prepare('SELECT hash FROM events WHERE seq = ?').get(seq);
    return row === undefined ? null : String(row.hash);
  }

  #events(): number {
    return this.#from === null ? 0 : Math.max(0, this.#before.seq - this.#from + 1);
  }

  #verdict(problem: AuditProblem | null): AuditVerification {
    const { all, floor, vouched } = this.#checkpoints;
    const events = this.#events();
    const from = this.#from ?? this.#before.seq + 1;
    const { expectHead, checkpoint, publicKeys = [] } = this.#options;
    return {
      ok: problem === null,
      events,
      from,
      head: this.#before,
      checkpoints: all.length,
      ...proofOf({
        ok: problem === null,
        events,
        from,
        head: this.#before,
        floor,
        vouched,
        keys: publicKeys.length,
        keptHead: expectHead !== undefined,
        kept: checkpoint ?? null,
      }),
      ...(problem === null ? {} : { problem }),
    };
  }
}

/** Rows and head of one moment. */
function readPart(db: DatabaseSync, from: number | bigint): { rows: readonly EventRow[]; head: Head | null } {
  db.exec('BEGIN');
  try {
    const statement = db.prepare('SELECT seq, body, hash FROM events WHERE seq >= ? ORDER BY seq LIMIT ?');
    statement.setReturnArrays(true);
    const rows = statement.all(from, PART) as unknown as SQLOutputValue[][];
    const head = db.prepare('SELECT seq, hash FROM head WHERE id = 1').get();
    return {
      rows: rows.map(([seq, body, hash]) => ({ seq: Number(seq), body: String(body), hash: String(hash) })),
      head: head === undefined ? null : { seq: Number(head.seq), hash: String(head.hash) },
    };
  } finally {
    db.exec('ROLLBACK');
  }
}
