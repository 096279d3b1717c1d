/** The table of who is refused whatever their token says. Nothing of it is kept in memory: every gate on the state asks with every request. */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** A subject of an issuer, or one token by its `jti`, of whatever issuer. */
export type Denied =
  | { readonly kind: 'subject'; readonly sub: string; readonly issuer: string }
  | { readonly kind: 'token'; readonly token_id: string };

export interface NewDenial {
  readonly denied: Denied;
  /** Never shown to whom it concerns. */
  readonly reason: string;
  /** Epoch seconds; null for good. */
  readonly until: number | null;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface Denial extends NewDenial {
  readonly id: string;
}

export interface DenialStore {
  /** Resolves once it is durable. What is over is forgotten. @param now epoch seconds */
  add(denial: NewDenial, now: number): Promise<Denial>;
  /** Null where there was none. */
  remove(id: string): Promise<Denial | null>;
  find(id: string): Promise<Denial | null>;
  /** Those in force, the newest first. */
  list(now: number): Promise<readonly Denial[]>;
  /** Whether one of them is refused now. Cheap: every request asks. */
  denies(any: readonly Denied[], now: number): Promise<boolean>;
}

/** @param guarded runs a piece of work, and says of each failure that the state is not available */
export function denialStore(
  db: DatabaseSync,
  guarded: <T>(work: () => Promise<T>) => Promise<T>,
): DenialStore {
  const matching = db.prepare('SELECT 1 FROM denials WHERE key = ? AND (until IS NULL OR until > ?) LIMIT 1');
  const find = (id: string): Denial | null => {
    const row = db.prepare('SELECT body FROM denials WHERE id = ?').get(id);
    return row === undefined ? null : (JSON.parse(String(row.body)) as Denial);
  };
  return {
    add: (given, now) =>
      guarded(async () => {
        const denial: Denial = { id: randomUUID(), ...given };
        db.prepare('DELETE FROM denials WHERE until <= ?').run(now);
        db.prepare('INSERT INTO denials (id, key, until, body) VALUES (?, ?, ?, ?)').run(
          denial.id,
          keyOf(given.denied),
          given.until,
          JSON.stringify(denial),
        );
        return denial;
      }),
    remove: (id) =>
      guarded(async () => {
        const known = find(id);
        db.prepare('DELETE FROM denials WHERE id = ?').run(id);
        return known;
      }),
    find: (id) => guarded(async () => find(id)),
    list: (now) =>
      guarded(async () =>
        db
          .prepare('SELECT body FROM denials WHERE until IS NULL OR until > ?')
          .all(now)
          .map((row) => JSON.parse(String(row.body)) as Denial)
          .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
      ),
    denies: (any, now) => guarded(async () => any.some((one) => matching.get(keyOf(one), now) !== undefined)),
  };
}

function keyOf(denied: Denied): string {
  return JSON.stringify(
    denied.kind === 'subject' ? ['subject', denied.issuer, denied.sub] : ['token', denied.token_id],
  );
}
