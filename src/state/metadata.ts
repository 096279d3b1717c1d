/** The state that the gate serves: taken from the store, put beside what the engines hold, swapped whole, and never worse than the last good one. */
import type { Dataset, Relation } from '../catalogue/dataset.ts';
import type { Engine, PhysicalRelation, Staged } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import type { Observe } from '../observe.ts';
import { buildSnapshot, type Snapshot, type SnapshotInput, trimInput } from '../snapshot.ts';
import type { Store } from '../store/store.ts';

/** What a push brings; the rest of the input is the gate's own. */
export type PushedInput = Omit<SnapshotInput, 'physical'>;

export interface AppliedState {
  readonly snapshot: Snapshot;
  readonly etag: string;
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface Applied {
  readonly snapshot: Snapshot;
  readonly etag: string;
  /** False where the very same state stood already. */
  readonly changed: boolean;
}

export interface ApplyOptions {
  readonly by: string;
  readonly dryRun: boolean;
  /** What the caller believes to be the latest. */
  readonly expected?: string | null | undefined;
  /** Awaited when everything has been checked and nothing has been stored; a push that cannot be put on record is none. */
  readonly record: (etag: string) => Promise<void>;
}

export interface Metadata {
  /** The newest applied state; sees a push of another process. @throws SluiceError snapshot_missing */
  current(): Promise<AppliedState>;
  /** The state in memory, without a look at the store. */
  loaded(): Snapshot | null;
  /** The engine's estimate of what the dataset's relation holds, as it was staged; null where it does not tell. */
  rowsOf(dataset: Dataset): number | null;
  /** All of it or none. @throws SluiceError 9xxx, state_unavailable, engine_unavailable */
  apply(pushed: PushedInput, options: ApplyOptions): Promise<Applied>;
}

export interface MetadataOptions {
  readonly store: Store;
  readonly engines: ReadonlyMap<string, Engine>;
  readonly observe: Observe;
}

export function createMetadata({ store, engines, observe }: MetadataOptions): Metadata {
  let state: AppliedState | null = null;
  let sizes: Sizes = new Map();
  /** The push that `state` came from. */
  let taken: number | null = null;
  /** A push that could not be taken over: not tried again until the next one. */
  let refused: number | null = null;
  /** Takeovers and pushes, one after the other. */
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {});
    return mine;
  }

  /** Everything that the engines would serve next, with what they hold. */
  async function stageAll(): Promise<{
    physical: SnapshotInput['physical'];
    commit(): void;
    discard(): Promise<void>;
  }> {
    const staged: [string, Staged][] = [];
    const discard = async () => {
      await Promise.all(staged.map(([, one]) => one.discard()));
    };
    try {
      for (const [name, engine] of engines) staged.push([name, await engine.stage()]);
    } catch (thrown) {
      await discard();
      throw thrown;
    }
    const physical: Record<string, readonly PhysicalRelation[]> = {};
    for (const [name, one] of staged) physical[name] = one.relations;
    const commit = () => {
      for (const [, one] of staged) one.commit();
    };
    return { physical, discard, commit };
  }

  async function takeOver(): Promise<void> {
    const stored = await store.latestSnapshot();
    // Whoever had the turn before may have taken it over already.
    if (stored === null || stored.push === taken || stored.push === refused) return;
    const staged = await stageAll();
    // The data may be that of a push after this one: it is never served under the rules of this one.
    const overtaken = await store.latestPush().then(
      (push) => push !== stored.push,
      () => true,
    );
    if (overtaken) {
      await staged.discard();
      return takeOver();
    }
    try {
      const snapshot = buildSnapshot({
        ...(JSON.parse(stored.input) as PushedInput),
        physical: staged.physical,
      });
      // From here to the end nothing waits: the data and what is known of it change at once.
      staged.commit();
      sizes = sizesOf(staged.physical);
      state = { snapshot, etag: stored.hash, createdAt: stored.createdAt, createdBy: stored.createdBy };
      taken = stored.push;
      refused = null;
      observe({ kind: 'snapshot_applied', etag: state.etag, datasets: snapshot.catalogue.datasets.length });
    } catch (thrown) {
      await staged.discard();
      refused = stored.push;
      observe({ kind: 'snapshot_refused', etag: stored.hash, error: thrown });
      if (state === null) throw thrown;
    }
  }

  return {
    loaded: () => state?.snapshot ?? null,
    rowsOf: ({ engine, relation }) => sizes.get(placeOf(engine, relation)) ?? null,
    async current() {
      const latest = await store.latestPush().catch((thrown: unknown) => {
        // The last good state goes on: what it decides does not depend on the store.
        if (state === null) throw thrown;
        return taken;
      });
      if (latest !== null && latest !== taken && latest !== refused) await inTurn(takeOver);
      if (state === null)
        throw new SluiceError('snapshot_missing', undefined, { hint: 'Push a state first: `sluice push`.' });
      return state;
    },
    apply: (pushed, options) =>
      inTurn(async () => {
        const staged = await stageAll();
        try {
          const input: SnapshotInput = { ...pushed, physical: staged.physical };
          const snapshot = buildSnapshot(input);
          if (options.dryRun) {
            await staged.discard();
            const latest = await store.latestSnapshotHash();
            await options.record(snapshot.hash);
            return { snapshot, etag: snapshot.hash, changed: snapshot.hash !== latest };
          }
          await options.record(snapshot.hash);
          const { physical: _, ...kept } = trimInput(input);
          const { saved, latest } = await store.saveSnapshot({
            hash: snapshot.hash,
            input: JSON.stringify(kept),
            createdBy: options.by,
            expected: options.expected,
          });
          staged.commit();
          sizes = sizesOf(staged.physical);
          taken = latest.push;
          state = { snapshot, etag: latest.hash, createdAt: latest.createdAt, createdBy: latest.createdBy };
          observe({
            kind: 'snapshot_applied',
            etag: snapshot.hash,
            datasets: snapshot.catalogue.datasets.length,
          });
          return { snapshot, etag: snapshot.hash, changed: saved };
        } catch (thrown) {
          await staged.discard();
          throw thrown;
        }
      }),
  };
}

/** Estimated rows by place. */
type Sizes = ReadonlyMap<string, number | null>;

function sizesOf(physical: SnapshotInput['physical']): Sizes {
  return new Map(
    Object.entries(physical).flatMap(([engine, relations]) =>
      relations.map(({ relation, rows }) => [placeOf(engine, relation), rows] as const),
    ),
  );
}

const placeOf = (engine: string, { database, schema, identifier }: Relation): string =>
  [engine, database ?? '', schema, identifier].join('\n');
