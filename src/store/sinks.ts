/** The cursors of the audit's sinks, and the lease of the one process that ships: only its holder moves a cursor. */
import type { DatabaseSync } from 'node:sqlite';

/** How far one sink has come. Times in milliseconds since the epoch. */
export interface SinkCursor {
  readonly name: string;
  /** Of the last event that the receiver confirmed; 0 before the first. */
  readonly seq: number;
  readonly hash: string;
  readonly shipped: number;
  readonly refused: number;
  readonly gap: number;
  readonly shippedAt: number | null;
  /** Since the last success. */
  readonly failures: number;
  readonly error: string | null;
  readonly failedAt: number | null;
}

export interface SinkProgress {
  readonly seq: number;
  readonly hash: string;
  /** Since the last progress. */
  readonly shipped: number;
  readonly refused: number;
  readonly gap: number;
  readonly at: number;
}

/** Each method is one durable transaction. */
export interface SinkStore {
  /** Takes or keeps the lease; false while another holder has it. */
  lease(holder: string, now: number, until: number): Promise<boolean>;
  /** Gives it back, so that the next need not wait. */
  release(holder: string): Promise<void>;
  list(): Promise<readonly SinkCursor[]>;
  /** Where a sink begins that is not known yet; a known one stays where it is. */
  begin(name: string, seq: number, hash: string): Promise<void>;
  /** False where the lease is no longer the holder's: nothing was moved then. */
  advance(holder: string, name: string, progress: SinkProgress): Promise<boolean>;
  failed(holder: string, name: string, error: string, at: number): Promise<void>;
}

/** @param guarded turns every failure into one of the store's */
export function sinkStore(db: DatabaseSync, guarded: <T>(work: () => Promise<T>) => Promise<T>): SinkStore {
  const holds = 'EXISTS (SELECT 1 FROM audit_shipper WHERE holder = ?)';
  return {
    lease: (holder, now, until) =>
      guarded(async () => {
        const { changes } = db
          .prepare(
            `INSERT INTO audit_shipper (id, holder, until) VALUES (1, ?1, ?3)
             ON CONFLICT (id) DO UPDATE SET holder = ?1, until = ?3 WHERE holder = ?1 OR until < ?2`,
          )
          .run(holder, now, until);
        return changes === 1;
      }),
    release: (holder) =>
      guarded(async () => {
        db.prepare('DELETE FROM audit_shipper WHERE holder = ?').run(holder);
      }),
    list: () =>
      guarded(async () => db.prepare('SELECT * FROM audit_sinks ORDER BY name').all().map(cursorOf)),
    begin: (name, seq, hash) =>
      guarded(async () => {
        db.prepare('INSERT INTO audit_sinks (name, seq, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(
          name,
          seq,
          hash,
        );
      }),
    advance: (holder, name, { seq, hash, shipped, refused, gap, at }) =>
      guarded(async () => {
        const { changes } = db
          .prepare(
            `UPDATE audit_sinks SET seq = ?, hash = ?, shipped = shipped + ?, refused = refused + ?, gap = gap + ?,
               shipped_at = ?, failures = 0, error = NULL, failed_at = NULL
             WHERE name = ? AND ${holds}`,
          )
          .run(seq, hash, shipped, refused, gap, at, name, holder);
        return changes === 1;
      }),
    failed: (holder, name, error, at) =>
      guarded(async () => {
        db.prepare(
          `UPDATE audit_sinks SET failures = failures + 1, error = ?, failed_at = ? WHERE name = ? AND ${holds}`,
        ).run(error, at, name, holder);
      }),
  };
}

function cursorOf(row: Readonly<Record<string, unknown>>): SinkCursor {
  const number = (value: unknown) => (value === null ? null : Number(value));
  return {
    name: String(row.name),
    seq: Number(row.seq),
    hash: String(row.hash),
    shipped: Number(row.shipped),
    refused: Number(row.refused),
    gap: Number(row.gap),
    shippedAt: number(row.shipped_at),
    failures: Number(row.failures),
    error: row.error === null ? null : String(row.error),
    failedAt: number(row.failed_at),
  };
}
