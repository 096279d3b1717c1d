/**
 * Looking into the audit: auditors see all of it, and their look is on record before they are told; everyone else sees what
 * they did themselves or had done on their behalf, and of that no more than they were told at the time.
 */
import { createHash } from 'node:crypto';
import { cleanText, isTold } from './audit/check.ts';
import type { AuditEvent, StoredAuditEvent } from './audit/event.ts';
import { writeParquet } from './audit/export/parquet.ts';
import type { AuditFilter } from './audit/search/filter.ts';
import { concerns, type FindAsk } from './audit/search/find.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Identity } from './identity/identity.ts';
import type { Caller } from './request/ask.ts';
import { watchLetIn } from './request/let-in.ts';
import { onRecordedLook } from './request/look.ts';
import type { Author } from './request/on-record.ts';
import { openCursor, signCursor } from './results/cursor.ts';

export type { AuditFilter } from './audit/search/filter.ts';

export interface AuditAsk {
  readonly filter: AuditFilter;
  /** Events of a page; excluded by a cursor, which carries it. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** An event as whoever it concerns may see it: without policies, states, engines and the events of others around it. */
export type OwnEvent = Omit<
  AuditEvent,
  'reasons' | 'policy_ids' | 'snapshot' | 'engine' | 'sql_fingerprint' | 'sql_normalised'
> &
  Partial<Pick<AuditEvent, 'sql_fingerprint' | 'sql_normalised'>>;

export interface AuditPage {
  /** Newest first. */
  readonly events: readonly (StoredAuditEvent | OwnEvent)[];
  readonly page: {
    readonly limit: number;
    readonly returned: number;
    readonly has_more: boolean;
    readonly next_cursor: string | null;
  };
}

export type AuditGate = Pick<
  Gate,
  'authenticate' | 'refusalOf' | 'permits' | 'now' | 'audit' | 'auditReader'
> & {
  readonly keys: Pick<Gate['keys'], 'cursor'>;
};

const USUAL = 100;
export const MOST = 1000;

const REFUSAL = 'Only auditors see the audit of everyone.';

/** @throws SluiceError token_missing, cursor_invalid, bad_request, audit_unavailable */
export async function searchAudit(author: Author, ask: AuditAsk, gate: AuditGate): Promise<AuditPage> {
  const own = author.kind === 'caller' ? await whoseOwn(author.caller, gate) : null;
  if (own !== null) return searchOwn(own, ask, gate);
  return onRecordedLook(author, look('audit_search'), gate, async (identity) => {
    const page = pageOf(ask, identity, 'all', gate);
    const { events, more } = await gate.auditReader.find({ ...page, filter: ask.filter, concerning: [] });
    const rest = { reasons: told(ask.filter), rows: events.length };
    const answer = answerOf(events, events.at(-1)?.seq, more, { ask, page, identity, view: 'all' }, gate);
    return { answer, snapshot: null, datasets: [], rest };
  });
}

/** All events of one request, oldest first. @throws SluiceError not_found where the caller may see none */
export async function auditOfRequest(author: Author, requestId: string, gate: AuditGate): Promise<AuditPage> {
  const found = await searchAudit(author, { filter: { request_id: requestId }, limit: MOST }, gate);
  if (found.events.length === 0) throw new SluiceError('not_found', 'No event of this request.');
  return { ...found, events: found.events.toReversed() };
}

export interface ExportAsk {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly format: 'ndjson' | 'parquet';
}

export type Exported =
  | { readonly format: 'ndjson'; readonly lines: AsyncGenerator<Uint8Array> }
  /** To be discarded once it is read. */
  | { readonly format: 'parquet'; readonly path: string; discard(): void };

/**
 * Whole events with their places in the chain: all from the first that happened in the period to the last.
 *
 * @param signal ends what has to be written before it can be read
 * @throws SluiceError token_missing, access_denied, audit_unavailable
 */
export async function exportAudit(
  author: Author,
  { format, ...range }: ExportAsk,
  signal: AbortSignal,
  gate: AuditGate,
): Promise<Exported> {
  const lines = await onRecordedLook(author, look('audit_export'), gate, async (identity) => {
    // What is wrong from the start is a fault with a status, not half a stream.
    const all = await begun(gate.auditReader.lines(range));
    const answer = identity === null ? all : watchLetIn(identity, signal, gate).through(all);
    return { answer, snapshot: null, datasets: [], rest: { reasons: told(range) } };
  });
  return format === 'ndjson'
    ? { format, lines }
    : { format, ...(await writeParquet(lines, gate.auditReader.folder, signal)) };
}

/** The same, its first part read already. */
async function begun(lines: AsyncGenerator<Uint8Array>): Promise<AsyncGenerator<Uint8Array>> {
  const first = await lines.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* lines;
  })();
}

function look(action: string) {
  return { action, permissions: ['auditor'], refusal: REFUSAL } as const;
}

/** What was looked for, as the audit keeps it. */
function told(filter: AuditFilter): readonly string[] {
  return Object.entries(filter).flatMap(([field, value]) =>
    value === undefined ? [] : [cleanText(`${field}=${value}`, 1024)],
  );
}

/** Null for auditors, and for who has no name: they are refused where auditors are recorded. */
async function whoseOwn(caller: Caller, gate: AuditGate): Promise<Identity | null> {
  const identity = await gate.authenticate(caller.token, caller);
  return identity.kind === 'anonymous' || gate.permits(identity, 'auditor') ? null : identity;
}

async function searchOwn(identity: Identity, ask: AuditAsk, gate: AuditGate): Promise<AuditPage> {
  // Whoever acts for somebody learns nothing of what others did for them.
  const concerning = [identity, ...(identity.actor === undefined ? [] : [identity.actor])];
  if (concerning.some(({ sub, issuer }) => issuer === null || !isTold(sub) || !isTold(issuer)))
    throw new SluiceError('access_denied', 'The audit cannot tell your events from those of others.');
  const { filter } = ask;
  if (filter.policy !== undefined)
    throw new SluiceError('access_denied', 'Only auditors search by policy.', {
      hint: 'See identity.permissions.auditor in the configuration.',
    });
  const page = pageOf(ask, identity, 'own', gate);
  const seeable = visibly(filter);
  const { events, more } =
    seeable === null
      ? { events: [], more: false }
      : await gate.auditReader.find({ ...page, filter: seeable, concerning: concerning.map(personOf) });
  // The events themselves are looked at, whatever found them.
  const shown = events.filter((event) => concerning.every((one) => concerns(event, one))).map(ownView);
  return answerOf(shown, events.at(-1)?.seq, more, { ask, page, identity, view: 'own' }, gate);
}

/**
 * What refused events are about is not shown, so it must not be found either: a dataset that does not exist for this
 * caller would else be told by what a search for it finds. Null where nothing can be found.
 */
function visibly(filter: AuditFilter): AuditFilter | null {
  const { dataset, project, purpose, fingerprint, decision } = filter;
  if ([dataset, project, purpose, fingerprint].every((value) => value === undefined)) return filter;
  return decision === 'deny' ? null : { ...filter, decision: 'allow' };
}

function ownView(event: StoredAuditEvent): OwnEvent {
  const { subject, on_behalf_of: behalf } = event;
  const { time, request_id, action, decision, error_code, rows, bytes, duration_ms, client } = event;
  const always = {
    time,
    request_id,
    event: event.event,
    subject,
    ...(behalf === undefined ? {} : { on_behalf_of: behalf }),
    action,
    decision,
    ...(error_code === undefined ? {} : { error_code }),
    rows,
    bytes,
    duration_ms,
    client,
  };
  if (decision === 'deny') return { ...always, datasets: [] };
  const { datasets, project, purpose, sql_fingerprint, sql_normalised } = event;
  return {
    ...always,
    datasets,
    ...(project === undefined ? {} : { project }),
    ...(purpose === undefined ? {} : { purpose }),
    sql_fingerprint,
    sql_normalised,
  };
}

const personOf = ({ sub, issuer }: Identity) => ({ sub, issuer });

interface Bound {
  readonly ask: AuditAsk;
  readonly page: Pick<FindAsk, 'before' | 'limit'>;
  readonly identity: Identity | null;
  readonly view: 'all' | 'own';
}

function pageOf(
  { filter, limit, cursor }: AuditAsk,
  identity: Identity | null,
  view: Bound['view'],
  { keys }: AuditGate,
): Bound['page'] {
  if (cursor === undefined) {
    if (limit !== undefined && limit > MOST)
      throw new SluiceError('bad_request', `At most ${MOST} events can be asked for at once.`, {
        hint: 'Follow next_cursor, or export them.',
      });
    return { before: null, limit: limit ?? USUAL };
  }
  if (limit !== undefined) throw new SluiceError('bad_request', 'A cursor excludes limit: it carries it.');
  const opened = openCursor(keys.cursor, cursor, bindingOf(filter, identity, view));
  return { before: opened.offset, limit: opened.limit };
}

/** A cursor goes on before the last event that was looked at, shown or not. */
function answerOf(
  events: AuditPage['events'],
  last: number | undefined,
  more: boolean,
  { ask, page, identity, view }: Bound,
  { keys }: AuditGate,
): AuditPage {
  const bound = bindingOf(ask.filter, identity, view);
  const next =
    more && last !== undefined
      ? signCursor(keys.cursor, { ...bound, offset: last, limit: page.limit })
      : null;
  return {
    events,
    page: { limit: page.limit, returned: events.length, has_more: next !== null, next_cursor: next },
  };
}

function bindingOf(filter: AuditFilter, identity: Identity | null, view: Bound['view']) {
  const fields = Object.entries(filter).filter(([, value]) => value !== undefined);
  return {
    identity: JSON.stringify(
      [identity, identity?.actor].map((one) => [one?.issuer ?? null, one?.sub ?? null]),
    ),
    query: createHash('sha256')
      .update(JSON.stringify(['audit', view, fields.sort()]))
      .digest('base64url'),
    snapshot: '',
  };
}
