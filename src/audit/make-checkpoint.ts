/** Makes a checkpoint of where the chain stands, or of what is given up; the next event of the chain tells of it. */
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openSqlite, sqliteFault } from '../store/sqlite.ts';
import type { Head } from './chain.ts';
import { type Checkpoint, type CheckpointContent, writeCheckpoint } from './checkpoint.ts';
import { type Appender, AUDIT_FILE, brokenLog, floorOf, prepareAppendInside } from './file.ts';
import { CHECKPOINT_ACTION, type Keeper, keepingEvent, RETENTION_ACTION } from './keeping-event.ts';
import { KEEPING, timeOf } from './keeping-file.ts';
import type { Signer } from './signing.ts';

export interface KeepingOptions {
  readonly keeper: Keeper;
  readonly signer: Signer | null;
  readonly now: Date;
}

/** Null where the log is empty. @throws SluiceError audit_unavailable, audit_broken */
export function makeCheckpoint(path: string, options: KeepingOptions): Checkpoint | null {
  const db = openSqlite(path, AUDIT_FILE, KEEPING);
  try {
    const append = prepareAppendInside(db);
    return inTransaction(db, () => {
      // Appending nothing checks that the head record is the last event's.
      const upTo = append([], null);
      if (upTo.seq === 0) return null;
      return checkpointInside(db, append, { reason: 'demand', from: floorOf(db) + 1, upTo }, options);
    });
  } catch (error) {
    throw sqliteFault(error, AUDIT_FILE);
  } finally {
    db.close();
  }
}

const ACTIONS = { demand: CHECKPOINT_ACTION, retention: RETENTION_ACTION } as const;

/** Writes it, and the event that tells of it. Inside a write transaction of the caller's. @throws SluiceError audit_broken */
export function checkpointInside(
  db: DatabaseSync,
  append: Appender,
  {
    reason,
    from,
    upTo,
  }: { readonly reason: CheckpointContent['reason']; readonly from: number; readonly upTo: Head },
  { keeper, signer, now }: KeepingOptions,
): Checkpoint {
  const [firstTime, lastTime] = [timeOf(db, from), timeOf(db, upTo.seq)];
  if (firstTime === null || lastTime === null) throw brokenLog('does not hold the events that it should');
  const cut = { reason, from, upTo, firstTime, lastTime };
  const checkpoint = writeCheckpoint(db, cut, { signer, now });
  const { checkpoint_hash: checkpointHash } = checkpoint;
  append([keepingEvent(keeper, { action: ACTIONS[reason], checkpointHash, from, to: upTo.seq, now })], null);
  return checkpoint;
}
