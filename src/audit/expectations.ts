/** What must be found on the way through a chain and at its end: its checkpoints in their places, its head, and what was kept elsewhere. */
import type { KeyObject } from 'node:crypto';
import { type Head, hashOf } from './chain.ts';
import type { AuditProblem, Content, EventRow } from './check-link.ts';
import { bodyOf, type Checkpoint, mentionOf } from './checkpoint.ts';
import { CHECKPOINT_ACTION, RETENTION_ACTION } from './keeping-event.ts';
import { isSignedBy } from './signing.ts';

/** Where checkpoints say that the chain passes, and which of them the events told of. */
export interface Places {
  readonly bySeq: ReadonlyMap<number, readonly Checkpoint[]>;
  readonly mentions: ReadonlyMap<string, Checkpoint>;
  readonly mentioned: Set<string>;
  /** A checkpoint whose event should be there and is not. */
  missing(floor: Checkpoint | null): AuditProblem | null;
}

/** @param before what was found so far, where the checkpoints were read again */
export function placesOf(all: readonly Checkpoint[], before?: Places): Places {
  const bySeq = new Map<number, Checkpoint[]>();
  for (const one of all) bySeq.set(one.seq, [...(bySeq.get(one.seq) ?? []), one]);
  const mentions = new Map(all.map((one) => [mentionOf(one.checkpoint_hash), one]));
  const mentioned = before?.mentioned ?? new Set();
  return {
    bySeq,
    mentions,
    mentioned,
    missing(floor) {
      // The event of an older checkpoint may have been removed since: it stands behind that one, not behind the floor.
      const untold = all.find(
        (one) => one.seq >= (floor?.seq ?? 0) && !mentioned.has(mentionOf(one.checkpoint_hash)),
      );
      if (untold === undefined) return null;
      const message = `No event tells of checkpoint ${untold.number}, up to event ${untold.seq}: it was not made by a gate`;
      return { kind: 'checkpoint_altered', seq: null, message };
    },
  };
}

export function checkPlaces(
  { seq, hash }: EventRow,
  content: Content,
  { bySeq, mentions, mentioned }: Places,
): AuditProblem | 'unknown_checkpoint' | null {
  const wrong = bySeq.get(seq)?.find((one) => one.hash !== hash);
  if (wrong !== undefined) {
    const message = `Event ${seq} is not the one that checkpoint ${wrong.number} names: the chain was rebuilt`;
    return { kind: 'checkpoint_altered', seq, message };
  }
  const { event, action, reasons } = content;
  const tells = event === 'admin' && (action === CHECKPOINT_ACTION || action === RETENTION_ACTION);
  const mention = tells && Array.isArray(reasons) ? String(reasons[0]) : null;
  if (mention === null) return null;
  const named = mentions.get(mention);
  if (named === undefined) return 'unknown_checkpoint';
  // Else a checkpoint that was only asked for could pass for the one before a removal.
  if ((named.reason === 'retention') === (action === RETENTION_ACTION)) mentioned.add(mention);
  return null;
}

export function checkEnd(recorded: Head | null, last: Head): AuditProblem | null {
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
  const message = 'The head record names another hash than the last event';
  return { kind: 'head_altered', seq: last.seq, message };
}

export function unexpectedHead(): AuditProblem {
  return {
    kind: 'head_unexpected',
    seq: null,
    message:
      'The expected head is not in this chain: it was cut or rebuilt, or the hash belongs to another log',
  };
}

export interface Against {
  readonly checkpoints: readonly Checkpoint[];
  /** Seq of the oldest event there is. */
  readonly from: number;
  readonly head: Head;
  readonly hashAt: (seq: number) => string | null;
  readonly publicKeys: readonly KeyObject[];
}

/** One that was kept elsewhere, against the chain that was found whole. */
export function checkKept(
  kept: Checkpoint,
  { checkpoints, from, head, hashAt, publicKeys }: Against,
): AuditProblem | null {
  const wrong = (message: string): AuditProblem => ({ kind: 'checkpoint_unexpected', seq: null, message });
  const body = bodyOf(kept);
  if (hashOf(body) !== kept.checkpoint_hash) return wrong('The checkpoint that was given is damaged');
  if (publicKeys.length > 0 && !(kept.signature !== null && isSignedBy(publicKeys, body, kept.signature)))
    return wrong('The checkpoint that was given is not signed by a key that counts');
  if (kept.seq > head.seq)
    return wrong(
      `The checkpoint that was given names event ${kept.seq}, but the log ends at ${head.seq}: it was cut`,
    );
  if (!checkpoints.some((one) => one.checkpoint_hash === kept.checkpoint_hash))
    return wrong(
      'The checkpoint that was given is not among those of this log: it was rebuilt, or is another log',
    );
  // Removed events are vouched for by the checkpoints, whose chain holds this one.
  if (kept.seq >= from && hashAt(kept.seq) !== kept.hash)
    return wrong(`Event ${kept.seq} is not the one that the checkpoint names: the chain was rebuilt`);
  return null;
}
