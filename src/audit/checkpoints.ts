/** The chain of checkpoints in an audit file: read whole (there is one a day at most, and those that were asked for) and checked. */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { GENESIS, hashOf } from './chain.ts';
import type { AuditProblem } from './check-link.ts';
import { type Checkpoint, type CheckpointContent, readContent } from './checkpoint.ts';
import { isSignedBy } from './signing.ts';

export interface Checkpoints {
  readonly all: readonly Checkpoint[];
  /** The one that the chain goes on from; null where nothing was removed. */
  readonly floor: Checkpoint | null;
  /** Of the last one whose signature was checked with a key that counts. */
  readonly vouched: Checkpoint | null;
}

export const NO_CHECKPOINTS: Checkpoints = { all: [], floor: null, vouched: null };

/** @param keys public keys that count; without any, signatures are not looked at. */
export function readCheckpoints(db: DatabaseSync, keys: readonly KeyObject[]): Checkpoints | AuditProblem {
  // A file that an older version wrote, and no gate has opened since.
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'checkpoints'").get() === undefined)
    return NO_CHECKPOINTS;
  const all: Checkpoint[] = [];
  let floor: Checkpoint | null = null;
  let vouched: Checkpoint | null = null;
  for (const row of db.prepare('SELECT * FROM checkpoints ORDER BY number').iterate()) {
    const content = checked(row, all.at(-1), floor);
    if (content === null) return altered(all.length + 1);
    const signature = row.signature === null ? null : String(row.signature);
    const checkpoint = { ...content, checkpoint_hash: String(row.hash), signature };
    if (keys.length > 0) {
      const signed = signature !== null && isSignedBy(keys, String(row.body), signature);
      // From the first signature on, one without could have been made by anybody; the same goes for a removal.
      if (!signed && (vouched !== null || signature !== null || content.reason === 'retention'))
        return unsigned(content);
      if (signed) vouched = checkpoint;
    }
    all.push(checkpoint);
    if (content.reason === 'retention') floor = checkpoint;
  }
  return { all, floor, vouched };
}

function checked(
  row: Record<string, unknown>,
  before: Checkpoint | undefined,
  floor: Checkpoint | null,
): CheckpointContent | null {
  const body = String(row.body);
  const content = readContent(body);
  const fits =
    content !== null &&
    hashOf(body) === row.hash &&
    content.number === row.number &&
    content.number === (before?.number ?? 0) + 1 &&
    content.previous === (before?.checkpoint_hash ?? GENESIS) &&
    content.seq === row.seq &&
    content.reason === row.reason &&
    content.from === (floor?.seq ?? 0) + 1 &&
    content.count === content.seq - content.from + 1 &&
    (content.key === null) === (row.signature === null);
  return fits ? content : null;
}

function altered(number: number): AuditProblem {
  const message = `Checkpoint ${number} is missing or was altered`;
  return { kind: 'checkpoint_altered', seq: null, message };
}

function unsigned({ number, seq }: CheckpointContent): AuditProblem {
  const message = `Checkpoint ${number}, up to event ${seq}, is not signed by a key that counts: name each that ever signed (--public-key)`;
  return { kind: 'checkpoint_unsigned', seq: null, message };
}
