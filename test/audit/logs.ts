/** Audit files of any length, written at once. */
import type { DatabaseSync } from 'node:sqlite';
import type { AuditEvent } from '../../src/audit/event.ts';
import { AUDIT_FILE, prepareAppend } from '../../src/audit/file.ts';
import type { Keeper } from '../../src/audit/keeping-event.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

/** As a gate would have written it, without its waiting. */
export function writeLog(path: string, events: readonly AuditEvent[]): void {
  const db: DatabaseSync = openSqlite(path, AUDIT_FILE, { synchronous: 'NORMAL', busyTimeoutMs: 1000 });
  prepareAppend(db)(events, null);
  db.close();
}

export const KEEPER: Keeper = {
  subject: { sub: 'operator:test', kind: 'user', issuer: null },
  client: { ip: null, door: 'cli', user_agent: null },
  requestId: 'keeping',
};
