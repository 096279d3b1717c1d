/** The state file's schema, as numbered migrations. */
import { acknowledgements } from './migrations/acknowledgements.ts';
import { cleanRooms } from './migrations/clean-rooms.ts';
import { denials } from './migrations/denials.ts';
import { requests } from './migrations/requests.ts';
import { sinks } from './migrations/sinks.ts';
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
    {
      version: 3,
      name: 'identities seen',
      sql: `
        CREATE TABLE identities_seen (
          issuer TEXT NOT NULL,
          sub TEXT NOT NULL,
          facts TEXT NOT NULL, -- JSON: kind, groups, roles, scopes, attributes
          last_seen TEXT NOT NULL, -- the day, UTC
          PRIMARY KEY (issuer, sub)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX identities_by_day ON identities_seen (last_seen);`,
    },
    {
      version: 4,
      name: 'what each state changed',
      sql: `
        ALTER TABLE snapshots ADD COLUMN action TEXT NOT NULL DEFAULT 'push';
        ALTER TABLE snapshots ADD COLUMN note TEXT; -- JSON
        ALTER TABLE snapshots ADD COLUMN outline BLOB; -- zstd, of the latest alone`,
    },
    acknowledgements,
    requests,
    cleanRooms,
    denials,
    sinks,
  ],
};
