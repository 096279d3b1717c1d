/**
 * Retention: old events go, the chain stays verifiable. What goes is checked first and closed by a checkpoint; the chain
 * itself tells of it, in the same transaction; then the events are deleted in parts, oldest first. Killed anywhere, the
 * file verifies, and the next run goes on. Nothing leaves that a sink has not had, and never the newest event.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { SluiceError } from '../errors.ts';
import { inTransaction, openSqlite, sqliteFault } from '../store/sqlite.ts';
import { EMPTY_HEAD, type Head } from './chain.ts';
import { checkLink, type EventRow } from './check-link.ts';
import { type Checkpoint, readContent } from './checkpoint.ts';
import { AUDIT_FILE, brokenLog, floorOf, prepareAppendInside } from './file.ts';
import { KEEPING } from './keeping-file.ts';
import { checkpointInside, type KeepingOptions } from './make-checkpoint.ts';

export interface RetainOptions extends KeepingOptions {
  /** Milliseconds that an event is kept. */
  readonly keepMs: number;
  /** Seq of the first event that must stay whatever its age; null where none must. */
  readonly firstNeeded: number | null;
  /** Only tells what would go. */
  readonly dryRun: boolean;
  /** Milliseconds since the last removal before which nothing more goes. Default 0. */
  readonly notWithinMs?: number;
  /** Events that are deleted in one transaction: for as long appending waits. Default 1,000. */
  readonly atOnce?: number;
}

export interface Retained {
  /** Events that went, or would go. */
  readonly removed: number;
  readonly from: number | null;
  readonly to: number | null;
  /** Null where nothing went. */
  readonly checkpoint: Checkpoint | null;
  /** Old events that stay since a sink has not had them. */
  readonly heldBack: boolean;
}

/** Events a read. */
const PART = 1000;

/** Milliseconds between two transactions, for those who append. */
const BREATH_MS = 5;

/** Pages given back to the disk at a time. */
const PAGES = 1000;

/** @throws SluiceError audit_unavailable; audit_broken where what would go does not verify: it is evidence */
export async function retainAudit(path: string, options: RetainOptions): Promise<Retained> {
  const db = openSqlite(path, AUDIT_FILE, KEEPING);
  try {
    const atOnce = options.atOnce ?? PART;
    if (!options.dryRun) await deleteRemoved(db, atOnce);
    const lately = removedAt(db) > options.now.getTime() - (options.notWithinMs ?? 0);
    const cut = lately ? NOTHING : await findCut(db, options);
    const { from, upTo, heldBack } = cut;
    if (upTo.seq < from) return { removed: 0, from: null, to: null, checkpoint: null, heldBack };
    const told = { removed: upTo.seq - from + 1, from, to: upTo.seq, heldBack };
    if (options.dryRun) return { ...told, checkpoint: null };
    const checkpoint = close(db, from, upTo, options);
    await deleteRemoved(db, atOnce);
    return { ...told, checkpoint };
  } catch (error) {
    throw sqliteFault(error, AUDIT_FILE);
  } finally {
    db.close();
  }
}

interface Cut {
  readonly from: number;
  /** The last event that goes. */
  readonly upTo: Head;
  readonly heldBack: boolean;
}

const NOTHING: Cut = { from: 1, upTo: EMPTY_HEAD, heldBack: false };

function lastRemoval(db: DatabaseSync) {
  const row = db
    .prepare("SELECT body FROM checkpoints WHERE reason = 'retention' ORDER BY number DESC LIMIT 1")
    .get();
  if (row === undefined) return null;
  const content = readContent(String(row.body));
  if (content === null) throw brokenLog('holds a checkpoint that was altered');
  return content;
}

/** When events were given up last, in milliseconds. */
function removedAt(db: DatabaseSync): number {
  const last = lastRemoval(db);
  return last === null ? Number.NEGATIVE_INFINITY : Date.parse(last.made_at);
}

/** Up to the first event that is not old, link by link. */
async function findCut(
  db: DatabaseSync,
  { now, keepMs, firstNeeded }: Pick<RetainOptions, 'now' | 'keepMs' | 'firstNeeded'>,
): Promise<Cut> {
  const floor = lastRemoval(db);
  const from = (floor?.seq ?? 0) + 1;
  const last = Number(db.prepare('SELECT max(seq) AS seq FROM events').get()?.seq ?? 0);
  const oldest = new Date(now.getTime() - keepMs).toISOString();
  let upTo: Head = floor === null ? EMPTY_HEAD : { seq: floor.seq, hash: floor.hash };
  const read = db.prepare('SELECT seq, body, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?');
  for (;;) {
    const rows = read.all(upTo.seq, PART) as unknown as readonly EventRow[];
    for (const row of rows) {
      const { problem, content } = checkLink(row, upTo);
      if (problem !== undefined) throw brokenLog(`does not verify where events would go: ${problem.message}`);
      const old = String(content.time) < oldest;
      const needed = firstNeeded !== null && row.seq >= firstNeeded;
      if (!old || needed || row.seq >= last) return { from, upTo, heldBack: old && needed };
      upTo = { seq: row.seq, hash: row.hash };
    }
    if (rows.length < PART) return { from, upTo, heldBack: false };
    await pause(0);
  }
}

/** From here on the events up to the cut are given up; nobody can have given up others in the meantime. */
function close(db: DatabaseSync, from: number, upTo: Head, options: RetainOptions): Checkpoint {
  const append = prepareAppendInside(db);
  return inTransaction(db, () => {
    if (floorOf(db) !== from - 1)
      throw new SluiceError('audit_unavailable', 'Another process removes old events at this moment');
    append([], upTo);
    return checkpointInside(db, append, { reason: 'retention', from, upTo }, options);
  });
}

/** Oldest first and in parts: what is left in between still hangs together, up to the checkpoint. */
async function deleteRemoved(db: DatabaseSync, atOnce: number): Promise<void> {
  const floor = floorOf(db);
  const lowest = db.prepare('SELECT min(seq) AS seq FROM events');
  const remove = db.prepare('DELETE FROM events WHERE seq < ?');
  for (;;) {
    const { seq } = lowest.get() ?? {};
    if (seq === null || seq === undefined || Number(seq) > floor) break;
    remove.run(Math.min(Number(seq) + atOnce, floor + 1));
    await pause(BREATH_MS);
  }
  while (Number(db.prepare('PRAGMA freelist_count').get()?.freelist_count ?? 0) > 0) {
    const before = pageCount(db);
    db.exec(`PRAGMA incremental_vacuum(${PAGES})`);
    // A file from before this was possible keeps its free pages for new events.
    if (pageCount(db) === before) break;
    await pause(BREATH_MS);
  }
}

function pageCount(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA page_count').get()?.page_count);
}
