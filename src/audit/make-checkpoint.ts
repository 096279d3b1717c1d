/** Makes a checkpoint of where the chain stands; the next event of the chain tells of it. */
import { inTransaction, openSqlite, sqliteFault } from '../store/sqlite.ts';
import { type Checkpoint, writeCheckpoint } from './checkpoint.ts';
import { AUDIT_FILE, brokenLog, floorOf, prepareAppendInside } from './file.ts';
import { CHECKPOINT_ACTION, type Keeper, keepingEvent } from './keeping-event.ts';
import { KEEPING, timeOf } from './keeping-file.ts';
import type { Signer } from './signing.ts';

export interface KeepingOptions {
  readonly keeper: Keeper;
  readonly signer: Signer | null;
  readonly now: Date;
}

/** Null where the log is empty. @throws SluiceError audit_unavailable, audit_broken */
export function makeCheckpoint(path: string, { keeper, signer, now }: KeepingOptions): Checkpoint | null {
  const db = openSqlite(path, AUDIT_FILE, KEEPING);
  try {
    const append = prepareAppendInside(db);
    return inTransaction(db, () => {
      // Appending nothing checks that the head record is the last event's.
      const head = append([], null);
      if (head.seq === 0) return null;
      const from = floorOf(db) + 1;
      const [firstTime, lastTime] = [timeOf(db, from), timeOf(db, head.seq)];
      if (firstTime === null || lastTime === null) throw brokenLog('does not hold the events that it should');
      const cut = { reason: 'demand' as const, from, upTo: head, firstTime, lastTime };
      const checkpoint = writeCheckpoint(db, cut, { signer, now });
      const kept = {
        action: CHECKPOINT_ACTION,
        checkpointHash: checkpoint.checkpoint_hash,
        from,
        to: head.seq,
        now,
      };
      append([keepingEvent(keeper, kept)], null);
      return checkpoint;
    });
  } catch (error) {
    throw sqliteFault(error, AUDIT_FILE);
  } finally {
    db.close();
  }
}
