/** The path of a simulation: who would see what, as a matrix of identities and datasets, on the applied state or on one that a push would give. */
import { setImmediate } from 'node:timers/promises';
import { createDecider } from './access/decide.ts';
import type { Decision } from './access/decision.ts';
import { buildContext } from './access/input.ts';
import type { MaskFits } from './access/intersect.ts';
import { partiesOf } from './access/party.ts';
import type { Dataset } from './catalogue/dataset.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { type GivenIdentity, identityFrom } from './identity/given.ts';
import type { Identity } from './identity/identity.ts';
import { describeView, type View } from './plan/strictness.ts';
import { globMatcher } from './policies/glob.ts';
import { type Pushed, stateOf } from './push.ts';
import { type Acting, actingIn } from './request/acting.ts';
import { inRoom } from './request/in-room.ts';
import { onRecordedLook } from './request/look.ts';
import type { Author } from './request/on-record.ts';
import type { Snapshot } from './snapshot.ts';
import { columnType } from './sql/resolve/types.ts';
import { maskFits } from './sql/rewrite/masks/fits.ts';

export interface SimulateAsk {
  readonly identities?: readonly (GivenIdentity & { readonly name?: string | undefined })[] | undefined;
  /** Personas of the development issuer; all of them where nobody is named at all. */
  readonly personas?: readonly string[] | undefined;
  /** Dataset ids with `*` for any text; all of them where none is given. */
  readonly datasets?: readonly string[] | undefined;
  /** Whether every column is told, and not only those that are not shown as they are. */
  readonly columns?: boolean | undefined;
  readonly context?:
    | {
        readonly time?: string | undefined;
        readonly client_ip?: string | undefined;
        /** In which project everyone acts, as far as they are members; that its purpose was acknowledged is taken as given. */
        readonly project?: string | undefined;
        readonly purpose?: string | undefined;
      }
    | undefined;
  /** The state that a push of it would give, instead of the applied one. */
  readonly metadata?: Pushed | undefined;
}

export interface SimulatedCell {
  readonly identity: string;
  readonly dataset: string;
  readonly allow: boolean;
  readonly reason: string;
  readonly discoverable: boolean;
  /** By name, how each masked column is shown: `hash`, `partial (first 4, last 4)`. */
  readonly masked: Readonly<Record<string, string>>;
  readonly hidden: readonly string[];
  /** Policies whose filters leave rows out. */
  readonly filters: readonly string[];
  readonly limits: Readonly<Record<string, unknown>>;
  readonly columns?: readonly { readonly name: string; readonly shown: string }[];
}

export interface Simulation {
  readonly snapshot: string;
  readonly environment: string;
  readonly time: string;
  readonly identities: readonly {
    readonly name: string;
    readonly sub: string;
    readonly kind: string;
    readonly groups: readonly string[];
    readonly roles: readonly string[];
    readonly scopes: readonly string[];
    readonly attributes: Readonly<Record<string, unknown>>;
    /** Who acts for them in person, where somebody does. */
    readonly actor?: { readonly sub: string; readonly kind: string };
  }[];
  readonly datasets: readonly {
    readonly id: string;
    readonly access_level: string;
    readonly invalid: boolean;
  }[];
  /** By identity, then by dataset. */
  readonly cells: readonly SimulatedCell[];
}

/** Decisions of one call. */
const MOST_CELLS = 50_000;
/** Decided between two breaths of whoever else runs in this process. */
const BATCH = 50;

/** @throws SluiceError token_missing, access_denied unless the caller is a steward, bad_request, 9xxx as a push */
export async function simulate(author: Author, ask: SimulateAsk, gate: Gate): Promise<Simulation> {
  const refusal = 'What others would see is shown to stewards.';
  return onRecordedLook(author, { action: 'simulate', permissions: ['steward'], refusal }, gate, async () => {
    const identities = identitiesOf(ask, gate);
    const snapshot = await stateFor(ask, gate);
    const datasets = chosen(snapshot.catalogue.datasets, ask.datasets);
    if (identities.length * datasets.length > MOST_CELLS)
      throw new SluiceError('bad_request', `At most ${MOST_CELLS} pairs of identity and dataset at once.`, {
        hint: 'Name fewer datasets or identities.',
      });
    const now = momentOf(ask, gate);
    const cells: SimulatedCell[] = [];
    const fits: MaskFits = (mask, column) => maskFits(mask, columnType(column));
    const decider = createDecider({ pdp: gate.pdp, cacheSize: 0, fits });
    for (const [name, identity] of identities) {
      const acting = await actingAs(identity, snapshot, now, ask, gate);
      for (let start = 0; start < datasets.length; start += BATCH) {
        const batch = datasets.slice(start, start + BATCH);
        const inside = batch.filter(({ id }) => acting?.catalogue.byId(id) !== undefined);
        const decisions =
          acting === null ? null : await decide(acting, inside, snapshot, now, ask, { ...gate, decider });
        for (const dataset of batch) {
          const decision = decisions?.get(dataset.id);
          cells.push(
            decision === undefined
              ? outsideOf(name, dataset, acting === null ? 'no_member' : 'not_in_project')
              : cellOf(name, dataset, decision, ask.columns ?? false),
          );
        }
        await setImmediate();
      }
    }
    const answer: Simulation = {
      snapshot: snapshot.hash,
      environment: gate.environment,
      time: new Date(now).toISOString(),
      identities: identities.map(([name, { sub, kind, groups, roles, scopes, attributes, actor }]) => ({
        name,
        sub,
        kind,
        groups,
        roles,
        scopes,
        attributes,
        ...(actor === undefined ? {} : { actor: { sub: actor.sub, kind: actor.kind } }),
      })),
      datasets: datasets.map(({ id, accessLevel, invalid }) => ({
        id,
        access_level: accessLevel,
        invalid: invalid !== null,
      })),
      cells,
    };
    return { answer, snapshot: snapshot.hash, datasets: datasets.slice(0, 100).map(({ id }) => id) };
  });
}

/** @throws SluiceError bad_request where a persona is unknown, or two have one name */
function identitiesOf(ask: SimulateAsk, gate: Gate): readonly (readonly [string, Identity])[] {
  const { identities = [], personas = [] } = ask;
  const named = new Map<string, Identity>();
  const add = (name: string, identity: Identity): void => {
    if (named.has(name)) throw new SluiceError('bad_request', `Two identities are called ${name}.`);
    named.set(name, identity);
  };
  const wanted = identities.length + personas.length === 0 ? [...gate.personas.keys()] : personas;
  for (const name of wanted) {
    const identity = gate.personas.get(name);
    if (identity === undefined) throw new SluiceError('bad_request', `There is no persona ${name} here.`);
    add(name, identity);
  }
  identities.forEach(({ name, ...given }, index) => {
    add(name ?? given.sub ?? `identity ${index + 1}`, identityFrom(given, null));
  });
  if (named.size === 0)
    throw new SluiceError('bad_request', 'There is nobody to simulate.', {
      hint: 'This gate has no personas: write identities out.',
    });
  return [...named];
}

async function stateFor({ metadata }: SimulateAsk, gate: Gate): Promise<Snapshot> {
  if (metadata === undefined) return (await gate.metadata.current()).snapshot;
  const applied = await gate.metadata.replace(stateOf(metadata, gate), {
    action: 'push',
    by: 'simulate',
    dryRun: true,
    record: async () => {},
  });
  return applied.snapshot;
}

/** @throws SluiceError bad_request for a pattern that matches nothing */
function chosen(all: readonly Dataset[], patterns: readonly string[] | undefined): readonly Dataset[] {
  if (patterns === undefined || patterns.length === 0) return all;
  const matchers = patterns.map((pattern) => ({ pattern, matches: globMatcher(pattern.toLowerCase()) }));
  const idle = matchers.find(({ matches }) => !all.some(({ names }) => names.some(matches)));
  if (idle !== undefined) throw new SluiceError('bad_request', `No dataset is called ${idle.pattern}.`);
  return all.filter(({ names }) => matchers.some(({ matches }) => names.some(matches)));
}

/** @throws SluiceError bad_request */
function momentOf({ context }: SimulateAsk, gate: Gate): number {
  if (context?.time === undefined) return gate.now().getTime();
  const time = Date.parse(context.time);
  if (Number.isNaN(time)) throw new SluiceError('bad_request', 'context.time is no moment in ISO 8601.');
  return time;
}

/** Null for who is no member of the project that is asked about. @throws SluiceError project_not_found for one that there is not, purpose_… */
async function actingAs(
  identity: Identity,
  snapshot: Snapshot,
  now: number,
  { context }: SimulateAsk,
  gate: Gate,
): Promise<Acting | null> {
  const { project = null, purpose = null } = context ?? {};
  const known = snapshot.catalogue.projects.some(({ name }) => name === project);
  const then = { ...gate, now: () => new Date(now) };
  try {
    return await actingIn({ project, purpose }, identity, snapshot, then, { acknowledgement: 'given' });
  } catch (thrown) {
    if (known && thrown instanceof SluiceError && thrown.code === 'project_not_found') return null;
    throw thrown;
  }
}

/** Not kept: what holds at another moment, or from another address, must answer no query. */
async function decide(
  { identity, project, purpose, roomOf }: Acting,
  datasets: readonly Dataset[],
  { policies, hash }: Snapshot,
  now: number,
  { context }: SimulateAsk,
  { environment, decider, caches }: Gate,
): Promise<ReadonlyMap<string, Decision>> {
  // The environment is the deployment's: nobody asks for another one.
  const told = buildContext({
    now,
    environment,
    clientIp: context?.client_ip ?? null,
    policies,
    project: project?.name ?? null,
    purpose,
  });
  const decisions = await decider.decide({
    parties: partiesOf(identity, () => told),
    datasets,
    policies,
    snapshotHash: hash,
    action: 'query',
    request: { sql_tables: [], columns: [], limit: null, offset: null, formats: [] },
  });
  return new Map([...decisions].map(([id, one]) => [id, inRoom(one, roomOf(id), caches.roomed)]));
}

function outsideOf(identity: string, { id }: Dataset, reason: string): SimulatedCell {
  return {
    identity,
    dataset: id,
    allow: false,
    reason,
    discoverable: false,
    masked: {},
    hidden: [],
    filters: [],
    limits: {},
  };
}

function cellOf(name: string, dataset: Dataset, decision: Decision, columns: boolean): SimulatedCell {
  const allow = decision.allow && dataset.invalid === null;
  const exposed = dataset.columns.filter((column) => column.exposed);
  const views = exposed.map((column) => ({ name: column.name, view: viewOf(column.folded, decision) }));
  const shown = allow ? views : [];
  return {
    identity: name,
    dataset: dataset.id,
    allow,
    reason: decision.allow && dataset.invalid !== null ? 'dataset_invalid' : decision.reason,
    discoverable: decision.allow || decision.discoverable,
    masked: Object.fromEntries(
      shown.flatMap((one) => (one.view.kind === 'masked' ? [[one.name, describeView(one.view)]] : [])),
    ),
    hidden: shown.flatMap((one) => (one.view.kind === 'absent' ? [one.name] : [])),
    filters: allow ? decision.rows.map(({ policy }) => policy) : [],
    limits: allow ? { ...decision.limits } : {},
    ...(columns ? { columns: shown.map((one) => ({ name: one.name, shown: describeView(one.view) })) } : {}),
  };
}

function viewOf(folded: string, decision: Decision): View {
  if (decision.hidden.includes(folded)) return { kind: 'absent' };
  const applied = decision.masks[folded];
  return applied === undefined ? { kind: 'raw' } : { kind: 'masked', applied };
}
