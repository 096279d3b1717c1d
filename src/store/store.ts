/** Durable state: the port that every kind of store fills. The last snapshot saved here is what the gate serves. */
import type { AcknowledgementStore } from './acknowledgements.ts';
import type { RoomStore } from './clean-rooms.ts';
import type { DenialStore } from './denials.ts';
import type { Outbox } from './outbox.ts';
import type { RequestStore } from './requests.ts';
import type { SinkStore } from './sinks.ts';

/** A pushed state without its content. */
export interface SnapshotRow {
  /** Hash of the snapshot: the etag of the metadata. */
  readonly hash: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Subject of whoever pushed. */
  readonly createdBy: string;
  /** Bytes of `input` as UTF-8. */
  readonly bytes: number;
  /** Number of the last push of it: grows with each push, also with one that brought new data to the same snapshot. */
  readonly push: number;
  /** What made it: `push`, `patch_tags`, `rollback`. */
  readonly action: string;
  /** What it changed, as a small JSON text; null where nobody said. */
  readonly note: string | null;
}

export interface StoredSnapshot extends SnapshotRow {
  /** The serialised SnapshotInput (JSON), from which the snapshot is built again. */
  readonly input: string;
  /** What the next change is compared with (JSON), of the latest alone; null where there is none. */
  readonly outline: string | null;
}

export interface SaveSnapshot {
  readonly hash: string;
  readonly input: string;
  readonly createdBy: string;
  /** What the caller believes to be the latest: a hash, null for none yet, undefined where it does not matter. */
  readonly expected?: string | null | undefined;
  /** Default `push`. */
  readonly action?: string;
  readonly note?: string;
  readonly outline?: string;
}

/** Who was authenticated lately, with the facts that policies ask for: no name, no token, the day only. */
export interface SeenIdentity {
  readonly issuer: string;
  readonly sub: string;
  /** JSON: kind, groups, roles, scopes, attributes, as they were last. */
  readonly facts: string;
  /** `2026-03-31`, UTC. */
  readonly lastSeen: string;
}

export interface KeepSeen {
  /** Those last seen before this day are forgotten. */
  readonly since: string;
  /** At most as many are kept, the newest. */
  readonly most: number;
}

export interface Store {
  /**
   * Makes it the latest, whole or not at all. Saving the latest again counts as a push and renews its input, no more.
   * Throws metadata_conflict where `expected` is not the latest, state_unavailable where it cannot be written.
   */
  saveSnapshot(snapshot: SaveSnapshot): Promise<{ readonly saved: boolean; readonly latest: SnapshotRow }>;
  latestSnapshot(): Promise<StoredSnapshot | null>;
  /** The newest one kept of that hash. */
  snapshot(hash: string): Promise<StoredSnapshot | null>;
  latestSnapshotHash(): Promise<string | null>;
  /** Number of the latest push, null before the first. Cheap: to see whether another process pushed. */
  latestPush(): Promise<number | null>;
  /** The ones still kept, newest first. */
  listSnapshots(limit?: number): Promise<readonly SnapshotRow[]>;
  /** Takes them in, each in place of what was known of it, and forgets what is not to be kept. */
  saveSeen(seen: readonly SeenIdentity[], keep: KeepSeen): Promise<void>;
  /** Those seen on that day or later, the newest first. */
  listSeen(since: string): Promise<readonly SeenIdentity[]>;
  /** 32 or more secret bytes under that name: the configured ones, else random ones made at first use and kept. */
  key(name: KeyName): Promise<Uint8Array>;
  readonly sinks: SinkStore;
  /** A small JSON text under a name, null where there is none. */
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  delete(name: string): Promise<void>;
  readonly requests: RequestStore;
  readonly outbox: Outbox;
  readonly rooms: RoomStore;
  readonly acknowledgements: AcknowledgementStore;
  readonly denials: DenialStore;
  close(): Promise<void>;
}

/**
 * `mask_hash`: pseudonyms of hashed columns; changing it changes every one of them. `tokenise`: tokens where no key for them
 * is configured; without it none of them is reversed again. `cursor`: signs page cursors.
 */
export type KeyName = 'mask_hash' | 'tokenise' | 'cursor';

export interface StoreOptions {
  /** Snapshots kept for looking back, the latest counted. Default 50. */
  readonly keep?: number;
  /** Bytes that they may take together, as stored; the latest is kept whatever it takes. Default 256 MiB. */
  readonly keepBytes?: number;
  /** Keys from the configuration, which win over stored ones, so that several gates can share them. */
  readonly keys?: Readonly<Partial<Record<KeyName, Uint8Array>>>;
  readonly now?: () => Date;
}
