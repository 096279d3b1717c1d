/** The table of identities seen lately: one row each, bounded by day and by number. */
import type { DatabaseSync } from 'node:sqlite';
import type { KeepSeen, SeenIdentity } from './store.ts';

/** In the caller's transaction. */
export function saveSeen(db: DatabaseSync, seen: readonly SeenIdentity[], { since, most }: KeepSeen): void {
  const save = db.prepare(
    `INSERT INTO identities_seen (issuer, sub, facts, last_seen) VALUES (?, ?, ?, ?)
     ON CONFLICT (issuer, sub) DO UPDATE SET facts = excluded.facts, last_seen = excluded.last_seen
     WHERE excluded.last_seen >= identities_seen.last_seen`,
  );
  for (const { issuer, sub, facts, lastSeen } of seen) save.run(issuer, sub, facts, lastSeen);
  db.prepare('DELETE FROM identities_seen WHERE last_seen < ?').run(since);
  db.prepare(
    `DELETE FROM identities_seen WHERE (issuer, sub) IN
       (SELECT issuer, sub FROM identities_seen ORDER BY last_seen DESC, issuer, sub LIMIT -1 OFFSET ?)`,
  ).run(most);
}

export function listSeen(db: DatabaseSync, since: string): readonly SeenIdentity[] {
  return db
    .prepare(
      'SELECT issuer, sub, facts, last_seen FROM identities_seen WHERE last_seen >= ? ORDER BY last_seen DESC, issuer, sub',
    )
    .all(since)
    .map((row) => ({
      issuer: String(row.issuer),
      sub: String(row.sub),
      facts: String(row.facts),
      lastSeen: String(row.last_seen),
    }));
}
