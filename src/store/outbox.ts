/**
 * What is to be told later, and was decided in the same transaction that put it here. Whoever takes a letter has it for a while:
 * one who dies leaves it to the next, so that each is told at least once. Moments are epoch seconds.
 */
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './sqlite.ts';

/** `clock` is for the gate itself: something is to be done at that moment. */
export type Channel = 'clock' | 'webhook' | 'mail';

export interface Letter {
  /** The request or the grant that it is about. */
  readonly topic: string;
  readonly channel: Channel;
  readonly target: string;
  readonly dueAt: number;
  readonly createdAt: number;
  /** JSON. */
  readonly body: string;
}

export interface OutboxRow extends Letter {
  readonly id: number;
  readonly state: 'waiting' | 'done' | 'dead';
  readonly attempts: number;
  readonly problem: string | null;
}

export interface Outbox {
  put(letters: readonly Letter[]): Promise<void>;
  /** Those that are due, each with one attempt more; nobody else gets them before `until`. */
  take(now: number, until: number, most: number): Promise<readonly OutboxRow[]>;
  done(id: number): Promise<void>;
  /** @param dueAt when it is tried again; null never */
  failed(id: number, problem: string, dueAt: number | null): Promise<void>;
  /** Newest first; null for every state. What the gate tells itself is not among them. */
  list(state: OutboxRow['state'] | null, limit: number): Promise<readonly OutboxRow[]>;
  /** Forgets what was told before that moment. */
  forget(before: number): Promise<void>;
}

type Row = Readonly<Record<string, unknown>>;

/** In the caller's transaction. */
export function put(db: DatabaseSync, { topic, channel, target, dueAt, createdAt, body }: Letter): void {
  db.prepare(
    `INSERT INTO outbox (topic, channel, target, state, due_at, created_at, body) VALUES (?, ?, ?, 'waiting', ?, ?, ?)`,
  ).run(topic, channel, target, dueAt, createdAt, body);
}

/** In the caller's transaction. */
export function withdraw(db: DatabaseSync, topic: string, channel: Channel): void {
  db.prepare(`DELETE FROM outbox WHERE topic = ? AND channel = ? AND state = 'waiting'`).run(topic, channel);
}

export function outboxStore(db: DatabaseSync, guarded: <T>(work: () => Promise<T>) => Promise<T>): Outbox {
  const due = db.prepare(
    `SELECT * FROM outbox WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
  );
  const take = db.prepare('UPDATE outbox SET due_at = ?, attempts = attempts + 1 WHERE id = ?');
  return {
    put: (letters) =>
      guarded(async () =>
        inTransaction(db, () => {
          for (const letter of letters) put(db, letter);
        }),
      ),
    take: (now, until, most) =>
      guarded(async () => {
        // Most of the time nothing is due, and no lock is needed to see that.
        if (due.get(now, 1) === undefined) return [];
        return inTransaction(db, () => {
          const rows = due.all(now, most).map(outboxRow);
          for (const { id } of rows) take.run(until, id);
          return rows.map((row) => ({ ...row, attempts: row.attempts + 1 }));
        });
      }),
    done: (id) =>
      guarded(async () => {
        db.prepare(`UPDATE outbox SET state = 'done', problem = NULL WHERE id = ?`).run(id);
      }),
    failed: (id, problem, dueAt) =>
      guarded(async () => {
        db.prepare('UPDATE outbox SET state = ?, problem = ?, due_at = coalesce(?, due_at) WHERE id = ?').run(
          dueAt === null ? 'dead' : 'waiting',
          problem,
          dueAt,
          id,
        );
      }),
    list: (state, limit) =>
      guarded(async () =>
        db
          .prepare(
            `SELECT * FROM outbox WHERE channel <> 'clock' AND (?1 IS NULL OR state = ?1) ORDER BY id DESC LIMIT ?2`,
          )
          .all(state, limit)
          .map(outboxRow),
      ),
    forget: (before) =>
      guarded(async () => {
        db.prepare(`DELETE FROM outbox WHERE state <> 'waiting' AND created_at < ?`).run(before);
      }),
  };
}

function outboxRow(row: Row): OutboxRow {
  return {
    id: Number(row.id),
    topic: String(row.topic),
    channel: String(row.channel) as Channel,
    target: String(row.target),
    state: String(row.state) as OutboxRow['state'],
    dueAt: Number(row.due_at),
    attempts: Number(row.attempts),
    createdAt: Number(row.created_at),
    problem: row.problem === null ? null : String(row.problem),
    body: String(row.body),
  };
}
