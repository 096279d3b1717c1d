/** What a check of the chain proved, said in one sentence, and what it could not prove. */
import type { Head } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';

export interface Proof {
  readonly proved: string;
  /** Each with what would prove it. */
  readonly unproved: readonly string[];
}

export interface Ground {
  readonly ok: boolean;
  readonly events: number;
  readonly from: number;
  readonly head: Head;
  readonly floor: Checkpoint | null;
  /** The last checkpoint with a signature that counts. */
  readonly vouched: Checkpoint | null;
  /** Public keys that were at hand. */
  readonly keys: number;
  /** Whether a head that was noted elsewhere was looked for. */
  readonly keptHead: boolean;
  readonly kept: Checkpoint | null;
}

export function proofOf(ground: Ground): Proof {
  const { ok, events, from, head, floor, vouched, keys, keptHead, kept } = ground;
  if (!ok)
    return { proved: `Only that ${count(events)} before the break are whole and in order.`, unproved: [] };
  if (events === 0 && floor === null) return { proved: 'The log is empty.', unproved: [] };
  const start =
    floor === null
      ? 'from the first event on'
      : `from checkpoint ${floor.number} on, which closes ${floor.seq} removed events${
          vouched === null ? '' : ` and is signed by key ${floor.key}`
        }`;
  const signed =
    vouched === null
      ? ''
      : `; up to event ${vouched.seq} nobody without the key ${vouched.key} can have rebuilt them`;
  const proved = `${count(events)} (${from} to ${head.seq}) are unaltered, complete and in order, ${start}${signed}.`;
  const unproved: string[] = [];
  if (!keptHead && kept === null)
    unproved.push(
      `that nothing was cut off at the end or rebuilt${
        vouched === null ? '' : ` after event ${vouched.seq}`
      } by whoever can write the file: compare with a head or a checkpoint that was kept elsewhere (--expect-head, --checkpoint)`,
    );
  if (floor !== null && keys === 0)
    unproved.push(
      floor.key === null
        ? 'that the gate removed the events before, and nobody else: checkpoints are not signed (audit.signing)'
        : 'that the gate removed the events before, and nobody else: no key was given to check the signature with (--public-key)',
    );
  return { proved, unproved };
}

function count(events: number): string {
  return events === 1 ? '1 event' : `${events} events`;
}
