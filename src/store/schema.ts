/** The state file's schema, as numbered migrations. */
import type { FileKind } from './sqlite.ts';

export const STATE_FILE: FileKind = {
  what: 'state file',
  // "SlSt"
  applicationId: 0x536c5374,
  code: 'state_unavailable',
  migrations: [
    {
      version: 1,
      name: 'snapshots, keys, values',
      sql: `
        CREATE TABLE snapshots (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          hash TEXT NOT NULL,
          created_at TEXT NOT NULL,
          created_by TEXT NOT NULL,
          bytes INTEGER NOT NULL,
          input BLOB NOT NULL -- zstd
        ) STRICT;
        CREATE TABLE keys (
          name TEXT PRIMARY KEY,
          secret BLOB NOT NULL CHECK (length(secret) >= 32),
          created_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE kv (
          name TEXT PRIMARY KEY,
          value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;`,
    },
    {
      version: 2,
      name: 'pushes are counted',
      sql: `
        ALTER TABLE snapshots ADD COLUMN push INTEGER NOT NULL DEFAULT 0;
        UPDATE snapshots SET push = id;`,
    },
  ],
};
