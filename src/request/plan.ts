/** From a text to a verified query: parse -> guard -> bind -> decide -> admit -> resolve -> limits -> rewrite -> verify. Plans are cached by all that they depend on. */
import { randomBytes } from 'node:crypto';
import type { Action, Decision } from '../access/decision.ts';
import { summarise } from '../access/summarise.ts';
import type { BoundedCache } from '../cache.ts';
import type { Engine } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Snapshot } from '../snapshot.ts';
import { columnsRead } from '../sql/columns-read.ts';
import { composeRead } from '../sql/compose.ts';
import { guard } from '../sql/guard/guard.ts';
import { checkLimits } from '../sql/limits/check.ts';
import { normalise } from '../sql/normalise.ts';
import { checkParameters } from '../sql/parameters.ts';
import { parse } from '../sql/parse.ts';
import { admit } from '../sql/resolve/admit.ts';
import { bind } from '../sql/resolve/bind.ts';
import { resolve } from '../sql/resolve/resolve.ts';
import { rewrite } from '../sql/rewrite/rewrite.ts';
import type { BoundQuery, OutputColumn, ResolvedQuery, VerifiedQuery } from '../sql/stages.ts';
import { verify } from '../sql/verify.ts';
import type { ActedIn, Acting } from './acting.ts';
import type { Ask } from './ask.ts';
import { type Bounds, boundsOf } from './bounds.ts';
import { decisionsFor } from './decisions.ts';
import type { PageAsked } from './page.ts';
import type { BoundText } from './plan-caches.ts';
import { readsClock } from './reads-clock.ts';
import { partnersOf } from './room-partners.ts';
import { drawsNoise, type RoomRead, readsRooms, roomReads } from './rooms.ts';
import { checkScan } from './scan.ts';

export interface AnswerColumn extends OutputColumn {
  readonly type: string;
}

/** What a caller learns of a decision. */
export interface DecisionSummary {
  readonly dataset: string;
  readonly allow: boolean;
  readonly reason: string;
  /** Names of the columns that are shown masked. */
  readonly masked: readonly string[];
  readonly filtered: boolean;
  /** In a clean room: sums over groups alone. */
  readonly aggregate_only?: true;
}

export interface Plan {
  readonly verified: VerifiedQuery;
  /** Those that it reads: `gold.members.region`. */
  readonly columns: readonly string[];
  /** By dataset id. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly bounds: Bounds;
  /** What is read of clean rooms, to be let in before it is run. */
  readonly rooms: readonly RoomRead[];
  /** Settles the names once more: for explanations, since a plan that is kept has forgotten the tree. */
  readonly resolved: () => ResolvedQuery;
}

/** What is known of a query while its stages run: what the audit is told should it be refused. */
export interface Known {
  datasets: readonly string[];
  reasons: readonly string[];
  policyIds: readonly string[];
  fingerprint: string | null;
  normalised: string | null;
  decisions: readonly Decision[];
  acted: ActedIn;
}

export interface PlanAsk {
  readonly ask: Ask;
  readonly acting: Acting;
  readonly snapshot: Snapshot;
  readonly page: PageAsked;
  readonly clientIp: string | null;
  readonly action: Action;
  /** Filled on the way, for the audit. */
  readonly known: Known;
}

/** @throws SluiceError 3xxx to 6xxx; `known` holds what was found out until then */
export async function planQuery(asked: PlanAsk, gate: Gate): Promise<Plan> {
  const { ask, acting, snapshot, page, known } = asked;
  const text = 'sql' in ask.text ? ask.text.sql : composeRead(ask.text.read, gate.limits.sqlBytes);
  // To the second: a plan whose filters ask for the time holds for as long.
  const now = Math.floor(gate.now().getTime() / 1000) * 1000;
  const worded = boundText(text, snapshot, acting, gate);
  const { bound, fingerprint, normalised } = worded;
  Object.assign(known, { fingerprint, normalised });

  const { action, clientIp } = asked;
  const weighed = namesRelations(bound)
    ? await decisionsFor({ acting, snapshot, datasets: bound.datasets, action, clientIp, ...page }, gate)
    : new Map<string, Decision>();
  note(known, weighed);
  const { bound: meant, governed } = admit(bound, weighed);
  const decisions = new Map([...governed].map(([id, { decision }]) => [id, decision]));
  if (decisions.size < weighed.size) note(known, decisions);
  checkScan(meant, decisions, gate);
  const partners = await partnersOf(governed, asked, gate);
  const decided = new Map([...partners].map(([id, { decision }]) => [id, decision]));

  const key = keyOf(worded, new Map([...decisions, ...decided]), now, asked, gate);
  const make = async () => {
    const params = checkParameters(ask.params, bound.guarded.paramCount);
    const resolved = resolve(meant, governed);
    const engine = engineOf(meant, gate);
    const { mask: maskKey, tokens } = gate.keys;
    const keys = { maskKey, tokenKey: tokens.current };
    checkLimits(meant, resolved);
    const rows = { limit: page.limit + 1, offset: page.offset };
    // Filters look where they must, also out of the project.
    const datasetOf = snapshot.catalogue.byId;
    const { identity } = acting;
    const project = acting.project?.name ?? null;
    const made = await verify(
      rewrite(resolved, {
        engine: engine.kind,
        identity,
        project,
        now,
        datasetOf,
        governedOf: (id) => governed.get(id) ?? partners.get(id),
        ...keys,
        nonce: randomBytes(32),
        params,
        page: rows,
      }),
      engine,
    );
    gate.caches.columns.set(made, columnsRead(resolved));
    return made;
  };
  // What hides one answer hides no other: noise is drawn for each query.
  const verified = drawsNoise(decisions.values()) ? await make() : await cached(key, gate.caches.plans, make);
  const rooms = readsRooms(decisions.values())
    ? roomReads(
        {
          governed,
          partners,
          world: worldOf(meant),
          resolved: () => resolve(meant, governed),
          params: checkParameters(ask.params, bound.guarded.paramCount),
        },
        gate,
      )
    : [];
  return {
    verified,
    columns: gate.caches.columns.get(verified) ?? [],
    decisions,
    bounds: boundsOf(decisions),
    rooms,
    resolved: () => resolve(meant, governed),
  };

  function worldOf(query: BoundQuery): RoomRead['world'] {
    const { mask: hash, tokens } = gate.keys;
    return {
      engine: engineOf(query, gate).kind,
      identity: acting.identity,
      project: acting.project?.name ?? null,
      now,
      datasetOf: snapshot.catalogue.byId,
      keys: { hash, token: tokens.current },
    };
  }
}

/** Whatever else they are: those that exist, and those that do not. */
function namesRelations({ relations }: BoundQuery): boolean {
  return [...relations.values()].some(({ kind }) => kind !== 'cte');
}

function note(known: Known, decisions: ReadonlyMap<string, Decision>): void {
  const { reasons, policy_ids } = summarise(decisions.values());
  known.datasets = [...decisions.keys()];
  known.reasons = reasons;
  known.policyIds = policy_ids;
  known.decisions = [...decisions.values()];
}

function boundText(text: string, snapshot: Snapshot, { project, catalogue }: Acting, gate: Gate): BoundText {
  // In a project the same names mean less.
  const key = `${snapshot.hash}\n${project === null ? '' : JSON.stringify(project.name)}\n${text}`;
  const known = gate.caches.texts.get(key);
  if (known !== undefined) return known;
  const guarded = guard(parse(text, { maxBytes: gate.limits.sqlBytes }));
  const made = { bound: bind(guarded, catalogue), ...normalise(guarded) };
  gate.caches.texts.set(key, made);
  return made;
}

/** @throws SluiceError sql_semantics where the datasets lie in several engines */
function engineOf({ datasets }: BoundQuery, gate: Gate): Engine {
  const names = [...new Set(datasets.map((dataset) => dataset.engine))];
  if (names.length > 1)
    throw new SluiceError('sql_semantics', 'The query joins datasets that lie in different engines.', {
      hint: 'Query one engine at a time.',
    });
  return gate.engine(names[0] ?? gate.defaults.engines[0] ?? '');
}

/** The text as it is bound stands for its words and its snapshot. */
function keyOf(
  worded: BoundText,
  decisions: ReadonlyMap<string, Decision>,
  now: number,
  { ask, acting, page }: PlanAsk,
  { caches }: Gate,
): string {
  const parties = [worded, acting.identity, ...decisions.values()].map((one) => caches.tickets.of(one));
  const moment = [...decisions.values()].some(readsClock) ? now : '';
  const within = JSON.stringify([acting.project?.name ?? null, acting.purpose]);
  return `${parties.join(' ')} ${within} ${moment} ${page.limit} ${page.offset} ${JSON.stringify(ask.params ?? [])}`;
}

async function cached<T>(key: string, cache: BoundedCache<string, T>, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = await make();
  cache.set(key, made);
  return made;
}

export function tell(decisions: Iterable<Decision>): readonly DecisionSummary[] {
  return [...decisions].map((decision) => ({
    dataset: decision.dataset_id,
    allow: decision.allow,
    reason: decision.reason,
    masked: decision.allow ? Object.keys(decision.masks) : [],
    filtered: decision.allow && decision.rows.length > 0,
    ...(decision.allow && decision.limits.aggregate_only !== undefined ? { aggregate_only: true } : {}),
  }));
}
