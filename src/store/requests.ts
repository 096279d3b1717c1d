/**
 * Access requests, approvals and grants. Every change says what it believes to be so and is made only where it is: of two
 * processes that decide at once, one is told that it came late. Moments are epoch seconds.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type Letter, put, withdraw } from './outbox.ts';
import { inTransaction } from './sqlite.ts';

export type RequestState = 'open' | 'approved' | 'denied' | 'withdrawn';

export interface RequestRow {
  readonly id: string;
  readonly issuer: string;
  readonly sub: string;
  /** What is asked for, in one form: nobody has two open requests for the same. */
  readonly matter: string;
  readonly state: RequestState;
  readonly createdAt: number;
  readonly closedAt: number | null;
  /** JSON. */
  readonly closing: string | null;
  readonly body: string;
}

export interface ApprovalRow {
  readonly request: string;
  readonly sub: string;
  readonly body: string;
}

export interface RequestWithApprovals extends RequestRow {
  /** In the order of their subjects. */
  readonly approvals: readonly ApprovalRow[];
}

export interface GrantRow {
  readonly id: string;
  readonly request: string;
  readonly issuer: string;
  readonly sub: string;
  readonly until: number;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  /** JSON. */
  readonly revoking: string | null;
  readonly body: string;
}

export interface Subject {
  readonly issuer: string;
  readonly sub: string;
}

export interface AskBounds {
  /** Requests of one subject that are open. */
  readonly open: number;
  /** Requests of one subject since that moment. */
  readonly since: number;
  readonly recent: number;
}

/** The last one of the page before; newest first. */
export interface After {
  readonly createdAt: number;
  readonly id: string;
}

export interface RequestFilter {
  readonly state: RequestState | null;
  readonly subject: Subject | null;
  readonly after: After | null;
  readonly limit: number;
}

export interface GrantFilter {
  readonly subject: Subject | null;
  /** Those that hold at that moment; null for all. */
  readonly activeAt: number | null;
  readonly after: After | null;
  readonly limit: number;
}

export interface Closing {
  readonly state: Exclude<RequestState, 'open'>;
  readonly at: number;
  /** JSON. */
  readonly closing: string;
}

/** Each method is one durable transaction. */
export interface RequestStore {
  ask(
    row: RequestRow,
    bounds: AskBounds,
    letters: readonly Letter[],
  ): Promise<'asked' | 'duplicate' | 'too_many'>;
  find(id: string): Promise<RequestWithApprovals | null>;
  list(filter: RequestFilter): Promise<readonly RequestWithApprovals[]>;
  /** False where it is not open any more, or has not as many approvals, or has one of that subject. */
  approve(
    approval: ApprovalRow,
    before: number,
    granting: { readonly closing: Closing; readonly grant: GrantRow } | null,
    letters: readonly Letter[],
  ): Promise<boolean>;
  /** False where it is not open any more. */
  close(id: string, closing: Closing, letters: readonly Letter[]): Promise<boolean>;
  /** Cheap: every request to the gate asks it. */
  activeGrants(subject: Subject, at: number): Promise<readonly GrantRow[]>;
  findGrant(id: string): Promise<GrantRow | null>;
  listGrants(filter: GrantFilter): Promise<readonly GrantRow[]>;
  /** False where it is over or revoked already. What was to be told at its end is not told any more. */
  revoke(id: string, at: number, revoking: string, letters: readonly Letter[]): Promise<boolean>;
}

type Row = Readonly<Record<string, unknown>>;
type Guarded = <T>(work: () => Promise<T>) => Promise<T>;

const BEFORE = '(created_at < @createdAt OR (created_at = @createdAt AND id < @id))';
const text = (value: unknown): string | null => (value === null ? null : String(value));
const number = (value: unknown): number | null => (value === null ? null : Number(value));

export function requestStore(db: DatabaseSync, guarded: Guarded): RequestStore {
  const findActive = db.prepare(
    `SELECT * FROM grants WHERE issuer = ? AND sub = ? AND until > ? AND revoked_at IS NULL ORDER BY id`,
  );
  const withApprovals = (row: Row): RequestWithApprovals => ({
    ...requestRow(row),
    approvals: db
      .prepare('SELECT * FROM approvals WHERE request = ? ORDER BY sub')
      .all(String(row.id))
      .map((one) => ({ request: String(one.request), sub: String(one.sub), body: String(one.body) })),
  });
  const count = (where: string, ...values: (string | number)[]): number =>
    Number(db.prepare(`SELECT count(*) AS n FROM access_requests WHERE ${where}`).get(...values)?.n);
  const change = (work: () => boolean): Promise<boolean> => guarded(async () => inTransaction(db, work));
  const close = (id: string, { state, at, closing }: Closing): boolean =>
    Number(
      db
        .prepare(
          `UPDATE access_requests SET state = ?, closed_at = ?, closing = ? WHERE id = ? AND state = 'open'`,
        )
        .run(state, at, closing, id).changes,
    ) === 1;
  const post = (letters: readonly Letter[]): true => {
    for (const letter of letters) put(db, letter);
    return true;
  };

  return {
    ask: (row, bounds, letters) =>
      guarded(async () =>
        inTransaction(db, () => {
          const { issuer, sub, matter } = row;
          const own = 'issuer = ? AND sub = ?';
          if (count(`${own} AND matter = ? AND state = 'open'`, issuer, sub, matter) > 0) return 'duplicate';
          if (count(`${own} AND state = 'open'`, issuer, sub) >= bounds.open) return 'too_many';
          if (count(`${own} AND created_at > ?`, issuer, sub, bounds.since) >= bounds.recent)
            return 'too_many';
          db.prepare(
            `INSERT INTO access_requests (id, issuer, sub, matter, state, created_at, body)
             VALUES (?, ?, ?, ?, 'open', ?, ?)`,
          ).run(row.id, issuer, sub, matter, row.createdAt, row.body);
          post(letters);
          return 'asked';
        }),
      ),

    find: (id) =>
      guarded(async () => {
        const row = db.prepare('SELECT * FROM access_requests WHERE id = ?').get(id);
        return row === undefined ? null : withApprovals(row);
      }),

    list: ({ state, subject, after, limit }) =>
      guarded(async () => {
        const where = [
          ...(state === null ? [] : ['state = @state']),
          ...(subject === null ? [] : ['issuer = @issuer AND sub = @sub']),
          ...(after === null ? [] : [BEFORE]),
        ];
        return db
          .prepare(
            `SELECT * FROM access_requests ${whereOf(where)} ORDER BY created_at DESC, id DESC LIMIT @limit`,
          )
          .all({ ...(state === null ? {} : { state }), ...subject, ...after, limit })
          .map(withApprovals);
      }),

    approve: (approval, before, granting, letters) =>
      change(() => {
        const { request, sub, body } = approval;
        if (count(`id = ? AND state = 'open'`, request) === 0) return false;
        const own = db
          .prepare('SELECT count(*) AS n, coalesce(sum(sub = ?), 0) AS own FROM approvals WHERE request = ?')
          .get(sub, request);
        if (Number(own?.n) !== before || Number(own?.own) > 0) return false;
        db.prepare('INSERT INTO approvals (request, sub, body) VALUES (?, ?, ?)').run(request, sub, body);
        if (granting !== null) {
          const { grant, closing } = granting;
          if (!close(request, closing)) return false;
          db.prepare(
            `INSERT INTO grants (id, request, issuer, sub, until, created_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          ).run(grant.id, request, grant.issuer, grant.sub, grant.until, grant.createdAt, grant.body);
        }
        return post(letters);
      }),

    close: (id, closing, letters) => change(() => close(id, closing) && post(letters)),

    activeGrants: ({ issuer, sub }, at) => guarded(async () => findActive.all(issuer, sub, at).map(grantRow)),

    findGrant: (id) =>
      guarded(async () => {
        const row = db.prepare('SELECT * FROM grants WHERE id = ?').get(id);
        return row === undefined ? null : grantRow(row);
      }),

    listGrants: ({ subject, activeAt, after, limit }) =>
      guarded(async () => {
        const where = [
          ...(subject === null ? [] : ['issuer = @issuer AND sub = @sub']),
          ...(activeAt === null ? [] : ['until > @activeAt AND revoked_at IS NULL']),
          ...(after === null ? [] : [BEFORE]),
        ];
        return db
          .prepare(`SELECT * FROM grants ${whereOf(where)} ORDER BY created_at DESC, id DESC LIMIT @limit`)
          .all({ ...subject, ...(activeAt === null ? {} : { activeAt }), ...after, limit })
          .map(grantRow);
      }),

    revoke: (id, at, revoking, letters) =>
      change(() => {
        const revoked = db
          .prepare(
            'UPDATE grants SET revoked_at = ?, revoking = ? WHERE id = ? AND revoked_at IS NULL AND until > ?',
          )
          .run(at, revoking, id, at);
        if (Number(revoked.changes) === 0) return false;
        withdraw(db, id, 'clock');
        return post(letters);
      }),
  };
}

const whereOf = (parts: readonly string[]): string =>
  parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`;

function requestRow(row: Row): RequestRow {
  return {
    id: String(row.id),
    issuer: String(row.issuer),
    sub: String(row.sub),
    matter: String(row.matter),
    state: String(row.state) as RequestState,
    createdAt: Number(row.created_at),
    closedAt: number(row.closed_at),
    closing: text(row.closing),
    body: String(row.body),
  };
}

function grantRow(row: Row): GrantRow {
  return {
    id: String(row.id),
    request: String(row.request),
    issuer: String(row.issuer),
    sub: String(row.sub),
    until: Number(row.until),
    createdAt: Number(row.created_at),
    revokedAt: number(row.revoked_at),
    revoking: text(row.revoking),
    body: String(row.body),
  };
}
