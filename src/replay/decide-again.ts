/** One audited query under one state: let in by rights or refused, whether its shape is let through, and how each of its datasets is shown. The path is that of a query, as far as its text needs no values. */
import type { Decision } from '../access/decision.ts';
import { BoundedCache } from '../cache.ts';
import type { Dataset } from '../catalogue/dataset.ts';
import { type Code, SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import { type Acting, actingIn } from '../request/acting.ts';
import { decisionsFor } from '../request/decisions.ts';
import { emptyCaches } from '../request/plan-caches.ts';
import { partnersOf } from '../request/room-partners.ts';
import type { Snapshot } from '../snapshot.ts';
import { guard } from '../sql/guard/guard.ts';
import { parse } from '../sql/parse.ts';
import { type Admitted, admit } from '../sql/resolve/admit.ts';
import { bind } from '../sql/resolve/bind.ts';
import type { BoundQuery } from '../sql/stages.ts';
import type { AuditedQuery } from './queries.ts';
import { FITS, isOfShape, looksAtShape, type Shape, shapeOf, UNKNOWN } from './shape.ts';

export interface Outcome {
  /** By rights; null where it is let in. */
  readonly refusal: Code | null;
  /** Of what is let in by rights. */
  readonly shape: Shape;
  /** Those that were asked about, and how they were decided. */
  readonly shown: readonly { readonly dataset: Dataset; readonly decision: Decision }[];
}

/** @throws SluiceError pdp_unavailable, and whatever else is no answer */
export type DecideAgain = (query: AuditedQuery, identity: Identity) => Promise<Outcome>;

/** The parts of a gate that a decision depends on. */
export type GateThen = Omit<Gate, 'now' | 'caches'>;

interface Kept {
  readonly outcome: Outcome;
  /** Epoch seconds; null where nothing in it ends. */
  readonly expires: number | null;
}

const OUTCOMES = 50_000;
const TEXTS = 20_000;
const SHAPES = 50_000;
/** As the audit keeps it: longer ones were cut. */
const MOST_SQL = 65_536;

export function decideAgain(snapshot: Snapshot, gate: GateThen): DecideAgain {
  const outcomes = new BoundedCache<string, Kept>(OUTCOMES);
  const texts = new BoundedCache<string, BoundQuery | 'unreadable'>(TEXTS);
  const shapes = new BoundedCache<string, Shape>(SHAPES);
  const identities = new Map<Identity, number>();
  const caches = emptyCaches();
  const alike = alikeDecisions();

  return async (query, identity) => {
    const now = new Date(query.time);
    const then: Gate = { ...gate, caches, now: () => now };
    const key = await keyOf(query, identity, then);
    const epoch = now.getTime() / 1000;
    const known = outcomes.get(key);
    if (known !== undefined && (known.expires === null || known.expires > epoch)) return known.outcome;
    const outcome = await outcomeOf(query, identity, then);
    const ends = outcome.shown.flatMap(({ decision }) => decision.expires_at ?? []);
    outcomes.set(key, { outcome, expires: ends.length === 0 ? null : Math.min(...ends) });
    return outcome;
  };

  /** Everything that the outcome can follow from. */
  async function keyOf(query: AuditedQuery, identity: Identity, then: Gate): Promise<string> {
    const number = identities.get(identity) ?? identities.size;
    identities.set(identity, number);
    const { policies } = snapshot;
    const held = [identity, ...(identity.actor === undefined ? [] : [identity.actor])];
    const grants = await Promise.all(held.map((one) => then.grants.activeFor(one, then.now())));
    return JSON.stringify([
      number,
      query.project,
      query.purpose,
      policies.networksOf(query.clientIp),
      policies.hoursAt(then.now().getTime()),
      grants.flatMap((list) => list.map(({ id }) => id)),
      query.fingerprint ?? query.datasets,
      query.columns,
    ]);
  }

  async function outcomeOf(query: AuditedQuery, identity: Identity, then: Gate): Promise<Outcome> {
    let decisions: ReadonlyMap<string, Decision> = new Map();
    let datasets: readonly Dataset[] = [];
    let shape: Shape = FITS;
    try {
      const { project, purpose, clientIp } = query;
      const acting = await actingIn({ project, purpose }, identity, snapshot, then, {
        acknowledgement: 'given',
      });
      const bound = boundIn(query, acting);
      datasets = bound === null ? recorded(query, acting) : bound.datasets;
      decisions = await decisionsFor({ acting, snapshot, datasets, action: 'query', clientIp }, then);
      if (bound === null) {
        refuseDenied(query, datasets, decisions);
        refuseHidden(query, datasets, decisions);
        if (looksAtShape(decisions.values())) shape = UNKNOWN;
      } else {
        const admitted = admit(bound, decisions);
        datasets = admitted.bound.datasets;
        decisions = new Map([...admitted.governed].map(([id, { decision }]) => [id, decision]));
        shape = await shapeIn(bound, admitted, { acting, clientIp }, then);
      }
      return { refusal: null, shape, shown: shown(datasets, decisions) };
    } catch (thrown) {
      // What the decision point or the state says of itself is no answer about the query.
      if (!(thrown instanceof SluiceError) || thrown.status >= 500) throw thrown;
      return { refusal: thrown.code, shape: FITS, shown: shown(datasets, decisions) };
    }
  }

  /** The same text over the same decisions has one shape, whoever asks. */
  async function shapeIn(
    text: BoundQuery,
    { bound, governed }: Admitted,
    who: { readonly acting: Acting; readonly clientIp: string | null },
    then: Gate,
  ): Promise<Shape> {
    const partners = await partnersOf(governed, { ...who, snapshot, action: 'query' }, then);
    const decided = [...governed.values(), ...partners.values()].map(({ decision }) => decision);
    const key = [caches.tickets.of(text), ...decided.map(alike)].join(' ');
    const known = shapes.get(key);
    if (known !== undefined) return known;
    const made = shapeOf({ bound, governed, partners }, then);
    shapes.set(key, made);
    return made;
  }

  /** The text as it is kept, without its values, against the names of this state; null where it cannot be read. */
  function boundIn(
    { fingerprint, normalised }: AuditedQuery,
    { project, catalogue }: Acting,
  ): BoundQuery | null {
    if (fingerprint === null || normalised === null) return null;
    const key = JSON.stringify([project?.name ?? null, fingerprint]);
    const known = texts.get(key);
    if (known !== undefined) return known === 'unreadable' ? null : known;
    const made = read(normalised, catalogue);
    texts.set(key, made ?? 'unreadable');
    return made;
  }
}

/** A number for each decision: the same for those that release the same, whoever they are for. */
function alikeDecisions(): (decision: Decision) => number {
  const numbers = new WeakMap<Decision, number>();
  const kinds = new Map<string, number>();
  return (decision) => {
    const known = numbers.get(decision);
    if (known !== undefined) return known;
    const { dataset_id, allow, rows, masks, hidden, limits } = decision;
    const text = JSON.stringify([dataset_id, allow, rows, masks, hidden, limits]);
    const made = kinds.get(text) ?? kinds.size;
    kinds.set(text, made);
    numbers.set(decision, made);
    return made;
  };
}

function read(text: string, catalogue: Acting['catalogue']): BoundQuery | null {
  try {
    return bind(guard(parse(withParameters(text), { maxBytes: MOST_SQL })), catalogue);
  } catch {
    return null;
  }
}

/** What stands for values in the record is no parameter that one could give; what values there were decides nothing here. */
export const withParameters = (text: string): string =>
  text.replace(/"count"\(\$0\)|"(?:[^"]|"")*"|\$0\b/g, (found) => PLACEHOLDERS[found] ?? found);

const PLACEHOLDERS: Readonly<Record<string, string>> = { $0: '$1', '"count"($0)': '"count"(1)' };

const recorded = ({ datasets }: AuditedQuery, { catalogue }: Acting): readonly Dataset[] =>
  datasets.flatMap((id) => catalogue.byId(id) ?? []);

function refuseDenied(
  query: AuditedQuery,
  datasets: readonly Dataset[],
  decisions: ReadonlyMap<string, Decision>,
): void {
  // Nothing tells what it asked for.
  if (query.refusal !== null && (query.datasets.length === 0 || isOfText(query.refusal)))
    throw new SluiceError('internal');
  const known = new Set(datasets.flatMap(({ names }) => names));
  for (const id of query.datasets) if (!known.has(id)) throw new SluiceError('dataset_not_found');
  for (const { id } of datasets) {
    const decision = decisions.get(id);
    if (decision?.allow !== true)
      throw new SluiceError(decision?.discoverable ? 'access_denied' : 'dataset_not_found');
  }
}

/** Only the text tells whether another state would refuse as well. */
const isOfText = (code: string): boolean => code === 'column_not_found' || isOfShape(code);

/** A column that the query read and that does not exist for the caller refuses it. */
function refuseHidden(
  { columns }: AuditedQuery,
  datasets: readonly Dataset[],
  decisions: ReadonlyMap<string, Decision>,
): void {
  for (const item of columns ?? [])
    for (const { id, columns: all } of datasets) {
      if (!item.startsWith(`${id}.`)) continue;
      const name = item.slice(id.length + 1);
      const column = all.find(({ folded }) => folded === name);
      const hidden = decisions.get(id)?.hidden.includes(name) ?? false;
      if (name !== '*' && (column?.exposed !== true || hidden)) throw new SluiceError('column_not_found');
    }
}

function shown(datasets: readonly Dataset[], decisions: ReadonlyMap<string, Decision>): Outcome['shown'] {
  return datasets.flatMap((dataset) => {
    const decision = decisions.get(dataset.id);
    return decision === undefined ? [] : [{ dataset, decision }];
  });
}
