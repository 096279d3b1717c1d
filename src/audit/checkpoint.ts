/** Checkpoints: where the chain stood at one moment, numbered, each naming the one before, signed where there is a key. */
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { canonicalise, GENESIS, type Head, hashOf } from './chain.ts';
import type { Signer } from './signing.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const moment = z.iso.datetime({ precision: 3 });

/** What hash and signature cover, in canonical form. */
const contentSchema = z.strictObject({
  kind: z.literal('sluice-audit-checkpoint'),
  number: z.int().min(1),
  /** Hash of the checkpoint before. */
  previous: digest,
  /** `retention`: the events it covers were given up after it. */
  reason: z.enum(['demand', 'retention']),
  /** The first event it covers, and the last with its hash. */
  from: z.int().min(1),
  seq: z.int().min(1),
  hash: digest,
  count: z.int().min(1),
  first_time: moment,
  last_time: moment,
  made_at: moment,
  /** Which key signed it; null for a checkpoint that nobody vouches for. */
  key: z.string().nullable(),
});

export type CheckpointContent = z.output<typeof contentSchema>;

/** As it is printed, to be kept elsewhere. */
export interface Checkpoint extends CheckpointContent {
  readonly checkpoint_hash: string;
  /** Base64, Ed25519 over the canonical form of the content. */
  readonly signature: string | null;
}

export const checkpointSchema = contentSchema.extend({
  checkpoint_hash: digest,
  signature: z.string().nullable(),
});

/** Of the stored form; null where it is not one. */
export function readContent(body: string): CheckpointContent | null {
  try {
    const content = contentSchema.parse(JSON.parse(body));
    return canonicalise(content) === body ? content : null;
  } catch {
    return null;
  }
}

/** The text that hash and signature of a printed checkpoint cover. */
export function bodyOf({ checkpoint_hash: _, signature: __, ...content }: Checkpoint): string {
  return canonicalise(content);
}

export interface Cut {
  readonly reason: CheckpointContent['reason'];
  readonly from: number;
  readonly upTo: Head;
  /** Times of the first and the last event. */
  readonly firstTime: string;
  readonly lastTime: string;
}

/** Inside a write transaction of the caller's. */
export function writeCheckpoint(
  db: DatabaseSync,
  { reason, from, upTo, firstTime, lastTime }: Cut,
  { signer, now }: { readonly signer: Signer | null; readonly now: Date },
): Checkpoint {
  const last = db.prepare('SELECT number, hash FROM checkpoints ORDER BY number DESC LIMIT 1').get();
  const content: CheckpointContent = {
    kind: 'sluice-audit-checkpoint',
    number: Number(last?.number ?? 0) + 1,
    previous: String(last?.hash ?? GENESIS),
    reason,
    from,
    seq: upTo.seq,
    hash: upTo.hash,
    count: upTo.seq - from + 1,
    first_time: firstTime,
    last_time: lastTime,
    made_at: now.toISOString(),
    key: signer?.keyId ?? null,
  };
  const body = canonicalise(content);
  const hash = hashOf(body);
  const signature = signer?.sign(body) ?? null;
  db.prepare(
    'INSERT INTO checkpoints (number, seq, reason, body, hash, signature) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(content.number, content.seq, reason, body, hash, signature);
  return { ...content, checkpoint_hash: hash, signature };
}

/** How the audit names a checkpoint in the event that tells of it. */
export function mentionOf(hash: string): string {
  return `checkpoint:${hash}`;
}
