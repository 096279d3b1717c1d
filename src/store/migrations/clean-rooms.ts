/** What was released from clean rooms, and what is spent of their budgets. Moments are epoch seconds. */
import type { Migration } from '../sqlite.ts';

export const cleanRooms: Migration = {
  version: 7,
  name: 'clean rooms',
  sql: `
    CREATE TABLE room_spending (
      room TEXT NOT NULL,
      issuer TEXT NOT NULL,
      sub TEXT NOT NULL,
      began_at INTEGER NOT NULL, -- of the period
      ends_at INTEGER NOT NULL,
      queries INTEGER NOT NULL,
      epsilon REAL NOT NULL,
      PRIMARY KEY (room, issuer, sub, began_at)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX room_spending_by_end ON room_spending (ends_at);

    -- The data of a relation under one rule, as keyed digests: of nobody in particular.
    CREATE TABLE room_versions (
      id TEXT PRIMARY KEY,
      relation TEXT NOT NULL,
      rule TEXT NOT NULL,
      content BLOB NOT NULL, -- zstd
      made_at INTEGER NOT NULL
    ) STRICT;

    -- Who was answered from which.
    CREATE TABLE room_answers (
      issuer TEXT NOT NULL,
      sub TEXT NOT NULL,
      relation TEXT NOT NULL,
      version TEXT NOT NULL REFERENCES room_versions (id),
      room TEXT NOT NULL,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      until INTEGER NOT NULL, -- forgotten then
      PRIMARY KEY (issuer, sub, relation, version)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX room_answers_of_version ON room_answers (version);
    CREATE INDEX room_answers_by_end ON room_answers (until);`,
};
