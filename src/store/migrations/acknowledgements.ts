/** What members acknowledged. */
import type { Migration } from '../sqlite.ts';

export const acknowledgements: Migration = {
  version: 5,
  name: 'acknowledgements',
  sql: `
    CREATE TABLE acknowledgements (
      issuer TEXT NOT NULL,
      sub TEXT NOT NULL,
      project TEXT NOT NULL,
      purpose TEXT NOT NULL,
      version TEXT NOT NULL, -- of the text
      at TEXT NOT NULL, -- ISO 8601, UTC: the first time
      PRIMARY KEY (issuer, sub, project, purpose, version)
    ) STRICT, WITHOUT ROWID;`,
};
