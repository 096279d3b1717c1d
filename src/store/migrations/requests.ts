/** Access requests, their approvals, grants, and what waits to be told of them. Moments are epoch seconds. */
import type { Migration } from '../sqlite.ts';

export const requests: Migration = {
  version: 6,
  name: 'requests',
  sql: `
    CREATE TABLE access_requests (
      id TEXT PRIMARY KEY,
      issuer TEXT NOT NULL,
      sub TEXT NOT NULL,
      matter TEXT NOT NULL, -- what is asked for, in one form
      state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'denied', 'withdrawn')),
      created_at INTEGER NOT NULL,
      closed_at INTEGER,
      closing TEXT, -- JSON: who closed it, and what they said
      body TEXT NOT NULL -- JSON
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX one_open_request ON access_requests (issuer, sub, matter) WHERE state = 'open';
    CREATE INDEX requests_of_subject ON access_requests (issuer, sub, created_at);
    CREATE INDEX requests_by_moment ON access_requests (state, created_at);

    CREATE TABLE approvals (
      request TEXT NOT NULL REFERENCES access_requests (id),
      sub TEXT NOT NULL, -- whatever the issuer: nobody counts twice
      body TEXT NOT NULL, -- JSON
      PRIMARY KEY (request, sub)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE grants (
      id TEXT PRIMARY KEY,
      request TEXT NOT NULL UNIQUE REFERENCES access_requests (id),
      issuer TEXT NOT NULL,
      sub TEXT NOT NULL,
      until INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      revoked_at INTEGER,
      revoking TEXT, -- JSON: who, and why
      body TEXT NOT NULL -- JSON
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX grants_of_subject ON grants (issuer, sub, until) WHERE revoked_at IS NULL;
    CREATE INDEX grants_by_end ON grants (until);

    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      topic TEXT NOT NULL, -- the request or the grant that it is about
      channel TEXT NOT NULL, -- clock, webhook, mail
      target TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
      due_at INTEGER NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL,
      problem TEXT, -- why the last attempt failed, without secrets
      body TEXT NOT NULL -- JSON
    ) STRICT;
    CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'waiting';
    CREATE INDEX outbox_of_topic ON outbox (topic);`,
};
