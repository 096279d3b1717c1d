/**
 * What a query reads of clean rooms, and the way in: its cost is charged, and what it will be answered from is compared with
 * what the subject was answered from before. Where the engine cannot name its data, the answer is held back until the data is
 * seen to be the same afterwards.
 */
import type { Decision } from '../access/decision.ts';
import type { CleanRoomLimits } from '../catalogue/clean-room.ts';
import { charge, chargesFor } from '../clean-room/budget.ts';
import { versionOf } from '../clean-room/content.ts';
import { enter, type Standing } from '../clean-room/ledger.ts';
import type { Engine, RowChunk, RunningQuery, RunOptions } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { actorsOf, type Identity } from '../identity/identity.ts';
import type { CensusWorld } from '../sql/clean-room/census-queries.ts';
import { isRoom, type Lattice, latticeOf } from '../sql/clean-room/lattice.ts';
import { ruleOf } from '../sql/clean-room/rule.ts';
import { noisyAnswers } from '../sql/clean-room/through.ts';
import type { GovernedDataset, ParamValue, ResolvedQuery } from '../sql/stages.ts';
import type { RoomSubject } from '../store/clean-rooms.ts';
import { sharing, Taking } from './census.ts';
import { readsClock } from './reads-clock.ts';

/** One dataset that a query reads in a clean room. */
export interface RoomRead {
  readonly lattice: Lattice;
  /** Of each room that it stands in. */
  readonly rules: readonly CleanRoomLimits[];
  readonly rule: string;
  /** Whether the rows may change while the data stays the same: by the clock, or as a view has them. */
  readonly moving: boolean;
  /** How many noisy answers the query is given of it; none where answers are exact. */
  readonly answers: number;
  readonly world: CensusWorld;
}

export interface RoomReadsAsk {
  /** By dataset id, what the query reads. */
  readonly governed: ReadonlyMap<string, GovernedDataset>;
  /** What may be joined with it beside. */
  readonly partners: ReadonlyMap<string, GovernedDataset>;
  readonly world: CensusWorld;
  readonly resolved: () => ResolvedQuery;
  /** The caller's values. */
  readonly params: readonly ParamValue[];
}

/** @throws SluiceError clean_room_conflict */
export function roomReads(
  { governed, partners, world, resolved, params }: RoomReadsAsk,
  { rooms }: Gate,
): readonly RoomRead[] {
  const governedOf = (id: string) => governed.get(id) ?? partners.get(id);
  const answers = drawsNoise([...governed.values()].map(({ decision }) => decision))
    ? noisyAnswers(resolved(), { engine: world.engine, governedOf, params })
    : null;
  return [...governed.values()].filter(isRoom).map((own) => {
    const lattice = latticeOf(own, governedOf, world.engine);
    const members = [own, ...lattice.joins.map(({ member }) => member.governed)];
    const { identity, project } = world;
    return {
      lattice,
      answers: answers?.get(own.dataset.id) ?? 0,
      rules: own.decision.limits.aggregate_only ?? [],
      rule: ruleOf(lattice, { identity, project, secretName: rooms.secretName }),
      moving: members.some(
        ({ dataset, decision }) =>
          dataset.view ||
          readsClock(decision) ||
          // A view may ask for the time itself.
          lookedInto(decision.rows).some((id) => world.datasetOf(id)?.view ?? true),
      ),
      world,
    };
  });
}

/** The datasets that filters look into, by id. */
function lookedInto(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'kind' in value && value.kind === 'lookup' && 'dataset' in value ? [String(value.dataset)] : [];
  return [...own, ...Object.values(value).flatMap(lookedInto)];
}

export interface Pass {
  /** Asked in the instant in which the query goes out: whether it will read what was compared. */
  holds(): boolean;
  /** The answer, once it is certain from what it came. @throws SluiceError clean_room_difference */
  settle(running: RunningQuery): Promise<RunningQuery>;
}

const FREE: Pass = { holds: () => true, settle: async (running) => running };

/** Everyone in whose name the query is asked. */
export function subjectsOf(identity: Identity): readonly RoomSubject[] {
  return actorsOf(identity).map(({ issuer, sub }) => ({ issuer: issuer ?? '', sub }));
}

/** @throws SluiceError clean_room_budget, clean_room_difference */
export async function enterRooms(
  reads: readonly RoomRead[],
  identity: Identity,
  engine: Engine,
  run: RunOptions,
  gate: Gate,
): Promise<Pass> {
  if (reads.length === 0) return FREE;
  const { store } = gate.rooms;
  const at = Math.floor(gate.now().getTime() / 1000);
  const subjects = subjectsOf(identity);
  await charge(
    chargesFor(
      reads.flatMap(({ rules, answers }) => rules.map((rule) => costing(rule, answers))),
      subjects,
      at,
    ),
    at,
    store,
  );
  const data = engine.dataVersion();
  const standings: Standing[] = [];
  for (const read of reads) standings.push(await standingOf(read, engine, run, gate));
  await enter(standings, subjects, at, store);
  const still = data !== null && reads.every(({ moving }) => !moving);
  return {
    holds: () => engine.dataVersion() === data,
    settle: async (running) => {
      if (still) return running;
      const held = await drained(running);
      for (const [i, read] of reads.entries()) {
        const { version } = await standingOf(read, engine, run, gate);
        if (version !== standings[i]?.version) throw moved();
      }
      return held;
    },
  };
}

async function standingOf(read: RoomRead, engine: Engine, run: RunOptions, gate: Gate): Promise<Standing> {
  const { lattice, rule } = read;
  const { versions, underWay } = gate.rooms;
  const data = read.moving ? null : engine.dataVersion();
  const key = `${engine.name} ${data} ${rule}`;
  const taken = new Taking(read, engine, run, gate);
  /** Of data that has a name, what another asks for in this moment is the same. */
  const once = <T>(part: string, take: () => Promise<T>): Promise<T> =>
    data === null ? take() : sharing(underWay, `${part} ${key}`, take);
  const atoms = () => once('atoms', () => taken.atoms());
  const known = data === null ? undefined : versions.get(key);
  const version = known ?? versionOf(rule, await atoms());
  if (data !== null && engine.dataVersion() === data) versions.set(key, version);
  const { dataset } = lattice.fact.governed;
  return {
    dataset: dataset.id,
    relation: JSON.stringify([engine.name, dataset.relation]),
    room: lattice.fact.rule.room,
    rule,
    version,
    memory: lattice.fact.rule.budget.memory,
    content: () =>
      once('content', async () => {
        const atoms = await taken.atoms();
        const shares = await taken.shares();
        if (shares === 'moved' || versionOf(rule, atoms) !== version) throw moved();
        return { atoms, shares, least: taken.least };
      }),
  };
}

const moved = (): SluiceError =>
  new SluiceError('clean_room_difference', 'The data changed while it was read.', {
    hint: 'Ask again.',
    retryAfter: 1,
  });

/** All of it, read before any of it is shown. */
async function drained(running: RunningQuery): Promise<RunningQuery> {
  const chunks: RowChunk[] = [];
  for await (const chunk of running.chunks) chunks.push(chunk);
  return {
    columns: running.columns,
    chunks: (async function* () {
      yield* chunks;
    })(),
    truncated: () => running.truncated(),
    cancel: async () => {},
  };
}

/** Each answer costs by itself. */
function costing(rule: CleanRoomLimits, answers: number): CleanRoomLimits {
  const { noise } = rule;
  return noise === null ? rule : { ...rule, noise: { ...noise, epsilon: noise.epsilon * answers } };
}

/** Whether answers from any of them are blurred. */
export function drawsNoise(decisions: Iterable<Decision>): boolean {
  return [...decisions].some(({ limits }) =>
    (limits.aggregate_only ?? []).some(({ noise }) => noise !== null),
  );
}

/** Whether any of them is of a clean room. */
export function readsRooms(decisions: Iterable<Decision>): boolean {
  return [...decisions].some(({ limits }) => limits.aggregate_only !== undefined);
}
