/** How whoever keeps the audit file (checkpoints, retention) holds it: briefly, beside a gate that appends. */
import type { DatabaseSync } from 'node:sqlite';
import type { OpenSqliteOptions } from '../store/sqlite.ts';

/** Durable in any case: what a checkpoint says must not be forgotten while events behind it are gone. */
export const KEEPING: OpenSqliteOptions = { synchronous: 'FULL', busyTimeoutMs: 10_000 };

/** Of an event; null where it is not there. */
export function timeOf(db: DatabaseSync, seq: number): string | null {
  const row = db.prepare("SELECT body ->> 'time' AS time FROM events WHERE seq = ?").get(seq);
  return row === undefined ? null : String(row.time);
}
