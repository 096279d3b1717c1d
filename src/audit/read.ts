/** Reading the audit log without holding up the one who writes it. */
import { openSqliteReadOnly, sqliteFault } from '../store/sqlite.ts';
import { readRow } from './chain.ts';
import type { StoredAuditEvent } from './event.ts';
import { AUDIT_FILE } from './file.ts';

/** The last `count` events (at most 10,000), newest last; empty where there is no log yet. */
export function readTail(path: string, count: number): readonly StoredAuditEvent[] {
  const limit = Math.max(0, Math.min(Math.trunc(count), 10_000));
  const db = openSqliteReadOnly(path, AUDIT_FILE, 1000);
  if (db === null) return [];
  try {
    const rows = db.prepare('SELECT body, hash FROM events ORDER BY seq DESC LIMIT ?').all(limit);
    return rows.map((row) => readRow({ body: String(row.body), hash: String(row.hash) })).reverse();
  } catch (error) {
    throw sqliteFault(error, AUDIT_FILE);
  } finally {
    db.close();
  }
}
