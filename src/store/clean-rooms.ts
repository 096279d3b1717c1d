/**
 * What subjects have spent of clean rooms' budgets, and from which state of the data each was answered. Every method is one
 * durable transaction, so that several gates on one state share one ledger. Moments are epoch seconds.
 */
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './sqlite.ts';

export interface RoomSubject {
  /** Empty for whoever came without a token. */
  readonly issuer: string;
  readonly sub: string;
}

export interface Charge {
  readonly room: string;
  readonly subject: RoomSubject;
  readonly beganAt: number;
  readonly endsAt: number;
  readonly queries: number;
  readonly epsilon: number;
  /** Null where there is no bound. */
  readonly mostQueries: number | null;
  readonly mostEpsilon: number | null;
}

export interface Spending extends RoomSubject {
  readonly beganAt: number;
  readonly endsAt: number;
  readonly queries: number;
  readonly epsilon: number;
}

export interface Answered {
  readonly version: string;
  readonly rule: string;
  readonly room: string;
}

export interface NewAnswer {
  readonly subject: RoomSubject;
  readonly relation: string;
  readonly version: string;
  readonly room: string;
  readonly at: number;
  readonly until: number;
}

export interface NewVersion {
  readonly id: string;
  readonly relation: string;
  readonly rule: string;
  readonly content: Uint8Array;
  readonly at: number;
}

export interface RoomStore {
  /** All of them, or none: then the first that is beyond its bound. One charge for each room and subject. */
  charge(charges: readonly Charge[], at: number): Promise<Charge | null>;
  /** Zero where nothing was spent. */
  spent(room: string, subject: RoomSubject, beganAt: number): Promise<Pick<Spending, 'queries' | 'epsilon'>>;
  /** Of the periods that have not ended, in the order of subjects. */
  spendingIn(room: string, at: number): Promise<readonly Spending[]>;
  /** What the subject was answered from and is remembered. */
  answersOf(subject: RoomSubject, relation: string, at: number): Promise<readonly Answered[]>;
  /** Null where it is not known. */
  version(id: string): Promise<Uint8Array | null>;
  saveVersion(version: NewVersion): Promise<void>;
  /** Whether it is known; then it stays for a while, also where nobody was answered from it yet. */
  touch(id: string, at: number): Promise<boolean>;
  /** All of them, or none where a subject was answered from something else meanwhile: each brings what it was compared with. */
  record(answers: readonly (NewAnswer & { readonly compared: readonly string[] })[]): Promise<boolean>;
  /** Whether anyone is remembered for what they spent or were answered in a room. */
  remembers(room: string): Promise<boolean>;
  /** Forgets what was spent and answered in a room, of one subject or of all. Gives how many subjects it was. */
  reset(room: string, subject: RoomSubject | null): Promise<number>;
}

type Guarded = <T>(work: () => Promise<T>) => Promise<T>;

/** Rules of several rooms that hold together name them all. */
const IN_ROOM = `instr(', ' || room || ', ', ', ' || @room || ', ') > 0`;

/** Sums of decimal fractions miss by less. */
const SLACK = 1e-9;

export function roomStore(db: DatabaseSync, guarded: Guarded): RoomStore {
  const change = <T>(work: () => T): Promise<T> => guarded(async () => inTransaction(db, work));
  const findSpent = (room: string, { issuer, sub }: RoomSubject, beganAt: number) => {
    const row = db
      .prepare(
        'SELECT queries, epsilon FROM room_spending WHERE room = ? AND issuer = ? AND sub = ? AND began_at = ?',
      )
      .get(room, issuer, sub, beganAt);
    return { queries: Number(row?.queries ?? 0), epsilon: Number(row?.epsilon ?? 0) };
  };
  const findAnswers = ({ issuer, sub }: RoomSubject, relation: string, at: number): readonly Answered[] =>
    db
      .prepare(
        `SELECT a.version, v.rule, a.room FROM room_answers a JOIN room_versions v ON v.id = a.version
         WHERE a.issuer = ? AND a.sub = ? AND a.relation = ? AND a.until > ? ORDER BY a.first_at, a.version`,
      )
      .all(issuer, sub, relation, at)
      .map((row) => ({ version: String(row.version), rule: String(row.rule), room: String(row.room) }));

  const payable = (charge: Charge): boolean => {
    const { room, subject, beganAt, queries, epsilon, mostQueries, mostEpsilon } = charge;
    const before = findSpent(room, subject, beganAt);
    return (
      (mostQueries === null || before.queries + queries <= mostQueries) &&
      (mostEpsilon === null || before.epsilon + epsilon <= mostEpsilon + SLACK)
    );
  };
  const pay = ({ room, subject, beganAt, endsAt, queries, epsilon }: Charge): void => {
    db.prepare(
      `INSERT INTO room_spending (room, issuer, sub, began_at, ends_at, queries, epsilon) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET queries = queries + excluded.queries, epsilon = epsilon + excluded.epsilon`,
    ).run(room, subject.issuer, subject.sub, beganAt, endsAt, queries, epsilon);
  };

  return {
    charge: (charges, at) =>
      change(() => {
        db.prepare('DELETE FROM room_spending WHERE ends_at <= ?').run(at);
        const beyond = charges.find((charge) => !payable(charge));
        if (beyond !== undefined) return beyond;
        for (const charge of charges) pay(charge);
        return null;
      }),

    spent: (room, subject, beganAt) => guarded(async () => findSpent(room, subject, beganAt)),

    spendingIn: (room, at) =>
      guarded(async () =>
        db
          .prepare(
            'SELECT * FROM room_spending WHERE room = ? AND ends_at > ? ORDER BY issuer, sub, began_at',
          )
          .all(room, at)
          .map((row) => ({
            issuer: String(row.issuer),
            sub: String(row.sub),
            beganAt: Number(row.began_at),
            endsAt: Number(row.ends_at),
            queries: Number(row.queries),
            epsilon: Number(row.epsilon),
          })),
      ),

    remembers: (room) =>
      guarded(async () => {
        const found = db
          .prepare(
            `SELECT EXISTS (SELECT 1 FROM room_answers WHERE ${IN_ROOM})
               OR EXISTS (SELECT 1 FROM room_spending WHERE ${IN_ROOM}) AS found`,
          )
          .get({ room });
        return found?.found === 1;
      }),

    answersOf: (subject, relation, at) => guarded(async () => findAnswers(subject, relation, at)),

    version: (id) =>
      guarded(async () => {
        const row = db.prepare('SELECT content FROM room_versions WHERE id = ?').get(id);
        return row === undefined ? null : (row.content as Uint8Array);
      }),

    saveVersion: ({ id, relation, rule, content, at }) =>
      guarded(async () => {
        db.prepare(
          'INSERT INTO room_versions (id, relation, rule, content, made_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
        ).run(id, relation, rule, content, at);
      }),

    touch: (id, at) =>
      guarded(async () => {
        const known = db.prepare('SELECT made_at FROM room_versions WHERE id = ?').get(id);
        if (known === undefined) return false;
        // Seldom written: every query of a clean room comes by.
        if (Number(known.made_at) > at - GRACE_SECONDS / 2) return true;
        return db.prepare('UPDATE room_versions SET made_at = ? WHERE id = ?').run(at, id).changes > 0;
      }),

    record: (answers) =>
      change(() => {
        for (const { subject, relation, at, compared } of answers) {
          const seen = findAnswers(subject, relation, at).map(({ version }) => version);
          if (seen.some((version) => !compared.includes(version))) return false;
        }
        const save = db.prepare(
          `INSERT INTO room_answers (issuer, sub, relation, version, room, first_at, last_at, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET room = excluded.room, last_at = excluded.last_at, until = max(until, excluded.until)`,
        );
        for (const { subject, relation, version, room, at, until } of answers)
          save.run(subject.issuer, subject.sub, relation, version, room, at, at, until);
        forget(db, Math.min(...answers.map(({ at }) => at)));
        return true;
      }),

    reset: (room, subject) =>
      change(() => {
        const who = subject === null ? '' : ' AND issuer = @issuer AND sub = @sub';
        const inRoom = `${IN_ROOM}${who}`;
        const named = { room, ...subject };
        const known = db
          .prepare(
            `SELECT count(*) AS n FROM (SELECT issuer, sub FROM room_answers WHERE ${inRoom}
               UNION SELECT issuer, sub FROM room_spending WHERE ${inRoom})`,
          )
          .get(named);
        db.prepare(`DELETE FROM room_answers WHERE ${inRoom}`).run(named);
        db.prepare(`DELETE FROM room_spending WHERE ${inRoom}`).run(named);
        return Number(known?.n);
      }),
  };
}

/** A version that nobody is remembered for goes, but not one that somebody is just about to be answered from. */
const GRACE_SECONDS = 3600;

function forget(db: DatabaseSync, at: number): void {
  db.prepare('DELETE FROM room_answers WHERE until <= ?').run(at);
  db.prepare(
    'DELETE FROM room_versions WHERE made_at < ? AND NOT EXISTS (SELECT 1 FROM room_answers a WHERE a.version = room_versions.id)',
  ).run(at - GRACE_SECONDS);
}
