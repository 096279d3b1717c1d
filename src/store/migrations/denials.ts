/** Subjects and tokens that are refused. */
import type { Migration } from '../sqlite.ts';

export const denials: Migration = {
  version: 8,
  name: 'denials',
  sql: `
    CREATE TABLE denials (
      id TEXT PRIMARY KEY,
      key TEXT NOT NULL, -- of a subject with its issuer, or of a token's id
      until INTEGER, -- epoch seconds; NULL for good
      body TEXT NOT NULL -- JSON
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX denials_by_key ON denials (key, until);`,
};
