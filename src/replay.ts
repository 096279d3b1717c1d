/** The path of a replay: the queries that the audit holds of a period, decided again under another state. Nothing is read and nothing changes. */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { createDecider } from './access/decide.ts';
import { BoundedCache, Tickets } from './cache.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { etagOf } from './history.ts';
import { type Pushed, stateOf } from './push.ts';
import { type Compared, compareOutcomes, type Difference } from './replay/compare.ts';
import { type DecideAgain, decideAgain, type GateThen } from './replay/decide-again.ts';
import { createGathering } from './replay/gather.ts';
import { grantsThen } from './replay/grants-then.ts';
import { type FindPerson, peopleSeen } from './replay/people.ts';
import { type AuditedQuery, eventsIn, queryReader } from './replay/queries.ts';
import type { ReplayReport } from './replay/report.ts';
import { settle } from './replay/settle.ts';
import { onRecordedLook } from './request/look.ts';
import type { Author } from './request/on-record.ts';
import type { Snapshot } from './snapshot.ts';
import { columnType } from './sql/resolve/types.ts';
import { maskFits } from './sql/rewrite/masks/fits.ts';
import type { PushedInput } from './state/metadata.ts';

export type { ReplayChange, ReplayReport, ReplayWord } from './replay/report.ts';

export interface ReplayAsk {
  /** ISO 8601; `to` is the first moment that no longer counts. By default the last day. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** ETag of a state of the history, or its beginning. */
  readonly against?: string | undefined;
  /** What a push would bring. With neither, the applied state. */
  readonly metadata?: Pushed | undefined;
  readonly onStep?: ((text: string) => void) | undefined;
}

const DAY = 86_400_000;
/** Decisions, pairs of outcomes and states that are kept meanwhile. */
const DECISIONS = 200_000;
const PAIRS = 50_000;
const STATES = 8;
const STEP = 10_000;
/** Queries between two breaths of whoever else runs in this process. */
const AT_ONCE = 200;

/** @throws SluiceError token_missing, access_denied unless the caller is an auditor, bad_request, state_unknown, 9xxx as a push */
export function replay(author: Author, ask: ReplayAsk, gate: Gate): Promise<ReplayReport> {
  const refusal = 'Only auditors replay the audit.';
  const options = { action: 'audit_replay', permissions: ['auditor'], refusal } as const;
  return onRecordedLook(author, options, gate, async (identity) => {
    const period = periodOf(ask, gate.now());
    const by = identity?.sub ?? 'operator';
    const signal = author.kind === 'caller' ? author.caller.signal : null;
    ask.onStep?.('building the state to decide under');
    const { snapshot, source } = await stateAsked(ask, by, gate);
    const answer = await compareAll(period, { snapshot, source, by, signal, onStep: ask.onStep }, gate);
    return { answer, snapshot: snapshot.hash, datasets: [] };
  });
}

interface Against {
  readonly snapshot: Snapshot;
  readonly source: ReplayReport['against']['source'];
  readonly by: string;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal | null;
  readonly onStep: ReplayAsk['onStep'];
}

async function compareAll(
  { from, to }: { readonly from: string; readonly to: string },
  { snapshot, source, by, signal, onStep }: Against,
  gate: Gate,
): Promise<ReplayReport> {
  const then: GateThen = {
    ...gate,
    // Of its own, so that a replay takes no room from those who ask now.
    decider: createDecider({
      pdp: gate.pdp,
      cacheSize: DECISIONS,
      fits: (mask, column) => maskFits(mask, columnType(column)),
    }),
    grants: grantsThen(gate.requests.store),
  };
  const find: FindPerson = peopleSeen(await gate.seenSince(''));
  const after = decideAgain(snapshot, then);
  const before = statesThen({ snapshot, after, by, then }, gate);
  const differences = differencesBetween();
  const gathering = createGathering();
  const queries = { all: 0, same: 0, newly_denied: 0, newly_allowed: 0, otherwise: 0, undecided: 0 };
  const undecided = { identity_unknown: 0, cannot_be_decided: 0 };
  let recordedOnly = 0;
  let shapeUnknown = 0;
  let differFromRecord = 0;

  async function one(query: AuditedQuery): Promise<void> {
    queries.all += 1;
    const person = find(query);
    if (person === null) {
      undecided.identity_unknown += 1;
      return;
    }
    const state = await before(query.snapshot);
    const was = state === null ? null : await state(query, person).catch(noAnswer);
    const is = await after(query, person).catch(noAnswer);
    if (is === UNDECIDABLE || was === UNDECIDABLE) {
      undecided.cannot_be_decided += 1;
      return;
    }
    const settled = settle(query, was, is);
    if (settled === null) {
      undecided.cannot_be_decided += 1;
      return;
    }
    const { before: refusedThen, after: refusedNow, shapeKnown } = settled;
    if (!shapeKnown) shapeUnknown += 1;
    if (was === null) recordedOnly += 1;
    else if ((refusedThen === null) !== (query.refusal === null)) differFromRecord += 1;
    const found = differences({ was, is, before: refusedThen, after: refusedNow });
    queries[kindOf(found)] += 1;
    gathering.add(query, found);
  }

  const read = queryReader();
  for await (const events of eventsIn(gate.auditReader.lines({ from, to })))
    for (const event of events) {
      if (event.time < from || event.time >= to) continue;
      const query = read(event);
      if (query === null) continue;
      await one(query);
      if (queries.all % STEP === 0) onStep?.(`${queries.all} queries`);
      if (queries.all % AT_ONCE !== 0) continue;
      signal?.throwIfAborted();
      await yieldToOthers();
    }
  queries.undecided = undecided.identity_unknown + undecided.cannot_be_decided;
  return {
    format: 1,
    from,
    to,
    against: { etag: snapshot.hash, source },
    verdict: gathering.verdict(),
    queries,
    undecided,
    recorded_only: recordedOnly,
    shape_unknown: shapeUnknown,
    differ_from_record: differFromRecord,
    changes: gathering.changes(),
    truncated: gathering.truncated(),
  };
}

const UNDECIDABLE = 'undecidable';

/** A decision point that does not answer ends the replay; what no answer can be had for is counted. */
function noAnswer(thrown: unknown): typeof UNDECIDABLE {
  if (thrown instanceof SluiceError && thrown.status !== 503) return UNDECIDABLE;
  throw thrown;
}

function kindOf(found: readonly Difference[]): 'same' | 'newly_denied' | 'newly_allowed' | 'otherwise' {
  const [first] = found;
  if (first === undefined) return 'same';
  return first.change === 'newly_denied' || first.change === 'newly_allowed' ? first.change : 'otherwise';
}

/** The same two outcomes differ in the same, however often they come. */
function differencesBetween() {
  const known = new BoundedCache<string, readonly Difference[]>(PAIRS);
  const tickets = new Tickets();
  return (compared: Compared): readonly Difference[] => {
    const { was, is, before, after } = compared;
    const key = `${was === null ? '' : tickets.of(was)} ${tickets.of(is)} ${before} ${after}`;
    const found = known.get(key) ?? compareOutcomes(compared);
    known.set(key, found);
    return found;
  };
}

interface Then {
  readonly snapshot: Snapshot;
  readonly after: DecideAgain;
  readonly by: string;
  readonly then: GateThen;
}

/** The states of the record, by hash, as the history still has them; null where it has not. */
function statesThen({ snapshot, after, by, then }: Then, gate: Gate) {
  const known = new BoundedCache<string, Promise<DecideAgain | null>>(STATES);
  return (hash: string): Promise<DecideAgain | null> => {
    // The very same, so that equal outcomes are one.
    if (hash === snapshot.hash) return Promise.resolve(after);
    const state =
      known.get(hash) ??
      pastState(hash, by, gate).then((found) => (found === null ? null : decideAgain(found, then)));
    known.set(hash, state);
    return state;
  };
}

async function pastState(etag: string, by: string, gate: Gate): Promise<Snapshot | null> {
  const { snapshot } = await gate.metadata.current();
  if (snapshot.hash === etag) return snapshot;
  try {
    const { input } = await gate.metadata.content(etag);
    return await built(() => here(input, gate), by, gate);
  } catch (thrown) {
    // What cannot be built any more, of data that is gone say, is not known either.
    if (thrown instanceof SluiceError && thrown.status < 500) return null;
    throw thrown;
  }
}

/** Against the engines and under the environment of now, as a rollback would. */
const here = (input: PushedInput, { environment, defaults }: Gate): PushedInput => ({
  ...input,
  environment,
  engines: defaults.engines,
});

async function stateAsked(
  { against, metadata }: ReplayAsk,
  by: string,
  gate: Gate,
): Promise<Pick<Against, 'snapshot' | 'source'>> {
  if (against !== undefined && metadata !== undefined)
    throw new SluiceError('bad_request', 'Either a state of the history or metadata, not both.');
  if (metadata !== undefined)
    return { snapshot: await built(stateOf(metadata, gate), by, gate), source: 'files' };
  const current = await gate.metadata.current();
  if (against === undefined) return { snapshot: current.snapshot, source: 'applied' };
  const etag = await etagOf(against, gate);
  if (etag === current.etag) return { snapshot: current.snapshot, source: 'applied' };
  const { input } = await gate.metadata.content(etag);
  return { snapshot: await built(() => here(input, gate), by, gate), source: 'history' };
}

async function built(
  make: (latest: PushedInput | null) => PushedInput,
  by: string,
  gate: Gate,
): Promise<Snapshot> {
  const record = async (): Promise<void> => {};
  return (await gate.metadata.replace(make, { action: 'push', by, dryRun: true, record })).snapshot;
}

function periodOf({ from, to }: ReplayAsk, now: Date): { readonly from: string; readonly to: string } {
  const end = to === undefined ? now : new Date(to);
  const begin = from === undefined ? new Date(end.getTime() - DAY) : new Date(from);
  if (Number.isNaN(begin.getTime()) || Number.isNaN(end.getTime()) || begin >= end)
    throw new SluiceError('bad_request', 'The period ends before it begins.');
  return { from: begin.toISOString(), to: end.toISOString() };
}
