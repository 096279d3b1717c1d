/** How far each sink of the audit has come, and which process ships. */
import type { Migration } from '../sqlite.ts';

export const sinks: Migration = {
  version: 9,
  name: 'sinks',
  sql: `
    CREATE TABLE audit_sinks (
      name TEXT PRIMARY KEY,
      seq INTEGER NOT NULL, -- of the last event that the receiver confirmed
      hash TEXT NOT NULL, -- of that event
      shipped INTEGER NOT NULL DEFAULT 0, -- events confirmed since the sink is known
      refused INTEGER NOT NULL DEFAULT 0, -- events that the receiver will never take
      gap INTEGER NOT NULL DEFAULT 0, -- events that were gone before they could be shipped
      shipped_at INTEGER, -- milliseconds since the epoch
      failures INTEGER NOT NULL DEFAULT 0, -- since the last success
      error TEXT,
      failed_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit_shipper (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      holder TEXT NOT NULL,
      until INTEGER NOT NULL -- milliseconds since the epoch
    ) STRICT;`,
};
