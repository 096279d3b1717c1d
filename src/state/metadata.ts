/** The state that the gate serves: taken from the store, put beside what the engines hold, swapped whole, and never worse than the last good one. */
import { ownDatasets } from '../catalogue/built-in.ts';
import type { Dataset } from '../catalogue/dataset.ts';
import type { Engine } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import type { Observe } from '../observe.ts';
import { type BuiltIn, buildSnapshot, type Snapshot, type SnapshotInput, trimInput } from '../snapshot.ts';
import type { SnapshotRow, Store } from '../store/store.ts';
import { type Expected, refuseUnexpected } from './expected.ts';
import { type Changes, changesBetween, type Outline, outlineOf } from './outline.ts';
import { rowsIn, type Sizes, sizesOf, stageAll } from './staging.ts';
import { traced } from './trace.ts';

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
  readonly changes: Changes;
}

/** How the history and the audit call it. */
export type Action = 'push' | 'patch_tags' | 'rollback';

export interface ChangeOptions {
  readonly action: Action;
  readonly by: string;
  readonly dryRun: boolean;
  readonly expected?: Expected | undefined;
  /** Awaited when everything has been checked and nothing has been stored; a change that cannot be put on record is none. */
  readonly record: (etag: string) => Promise<void>;
  /** Told as it goes, for people. */
  readonly onStep?: ((text: string) => void) | undefined;
}

/** The latest state, as whoever changes it finds it. */
export interface Base {
  readonly input: PushedInput;
  /** As it is served, with its tags and their sources. */
  readonly snapshot: Snapshot;
}

/** A state that was applied once. */
export interface PastState {
  readonly etag: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly action: string;
  /** Null of states that earlier releases stored. */
  readonly note: StateNote | null;
}

export interface StateNote {
  readonly datasets: number;
  readonly columns: number;
  readonly policies: number;
  readonly changes: Changes;
}

export interface Metadata {
  /** The newest applied state; sees a push of another process. @throws SluiceError snapshot_missing */
  current(): Promise<AppliedState>;
  /** The state in memory, without a look at the store. */
  loaded(): Snapshot | null;
  /** The engine's estimate of what the dataset's relation holds, as it was staged; null where it does not tell. */
  rowsOf(dataset: Dataset): number | null;
  /**
   * A whole new state, from the input of the latest (null where there is none): all of it or none.
   * `make` is called again where another process was faster. @throws SluiceError 9xxx, state_unavailable, engine_unavailable
   */
  replace(
    make: (latest: PushedInput | null) => PushedInput | Promise<PushedInput>,
    options: ChangeOptions,
  ): Promise<Applied>;
  /** As `replace`, from the latest state as it is served. @throws SluiceError snapshot_missing too */
  amend(make: (base: Base) => PushedInput, options: ChangeOptions): Promise<Applied>;
  /** Newest first; the first is the latest. */
  history(limit: number): Promise<readonly PastState[]>;
  /** What was pushed, trimmed: of the latest, or of the newest with that ETag. @throws SluiceError snapshot_missing, state_unknown */
  content(etag?: string): Promise<{ readonly etag: string; readonly input: PushedInput }>;
}

export interface MetadataOptions {
  readonly store: Store;
  readonly engines: ReadonlyMap<string, Engine>;
  readonly observe: Observe;
  /** Served with every state. */
  readonly builtIn?: BuiltIn | null;
}

/** Another process may be faster than this one so many times; then the caller is told. */
const MOST_TRIES = 5;

export function createMetadata({ store, engines, observe, builtIn = null }: MetadataOptions): Metadata {
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

  async function takeOver(): Promise<void> {
    const stored = await store.latestSnapshot();
    // Whoever had the turn before may have taken it over already.
    if (stored === null || stored.push === taken || stored.push === refused) return;
    const staged = await stageAll(engines);
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
      const snapshot = buildSnapshot({ ...inputOf(stored.input), physical: staged.physical }, builtIn);
      // From here to the end nothing waits: the data and what is known of it change at once.
      staged.commit();
      sizes = sizesOf(staged.physical);
      state = { snapshot, etag: stored.hash, createdAt: stored.createdAt, createdBy: stored.createdBy };
      taken = stored.push;
      refused = null;
      observe({
        kind: 'snapshot_applied',
        etag: state.etag,
        datasets: ownDatasets(snapshot.catalogue).length,
      });
    } catch (thrown) {
      await staged.discard();
      refused = stored.push;
      observe({ kind: 'snapshot_refused', etag: stored.hash, error: thrown });
      if (state === null) throw thrown;
    }
  }

  /** One try. @throws SluiceError metadata_conflict where another process was faster */
  async function change(
    make: (latest: PushedInput | null, push: number | null) => PushedInput | Promise<PushedInput>,
    options: ChangeOptions,
  ): Promise<Applied> {
    const latest = await store.latestSnapshot();
    refuseUnexpected(options.expected, latest?.hash ?? null);
    const base = latest === null ? null : inputOf(latest.input);
    const pushed = await make(base, latest?.push ?? null);
    const staged = await stageAll(engines);
    try {
      const given: SnapshotInput = { ...pushed, physical: staged.physical };
      // Only a push brings SQL to read; every other change keeps what its state knew.
      const input =
        options.action === 'push' && pushed.lineage === undefined
          ? await traced(given, {
              previous: base?.lineage,
              onStep: options.onStep,
            })
          : given;
      options.onStep?.('building the snapshot');
      const snapshot = buildSnapshot(input, builtIn);
      const outline = outlineOf(snapshot);
      // Without an outline there is nothing to compare with: what earlier releases stored.
      const before = latest?.outline == null ? null : (JSON.parse(latest.outline) as Outline);
      const changes = changesBetween(before, outline);
      const etag = snapshot.hash;
      if (options.dryRun) {
        await staged.discard();
        await options.record(etag);
        return { snapshot, etag, changed: etag !== latest?.hash, changes };
      }
      await options.record(etag);
      const { physical: _, ...kept } = trimInput(input);
      const { saved, latest: now } = await store.saveSnapshot({
        hash: etag,
        input: JSON.stringify(kept),
        createdBy: options.by,
        expected: latest?.hash ?? null,
        action: options.action,
        note: JSON.stringify(noteOf(snapshot, changes)),
        outline: JSON.stringify(outline),
      });
      staged.commit();
      sizes = sizesOf(staged.physical);
      taken = now.push;
      state = { snapshot, etag: now.hash, createdAt: now.createdAt, createdBy: now.createdBy };
      observe({ kind: 'snapshot_applied', etag, datasets: ownDatasets(snapshot.catalogue).length });
      return { snapshot, etag, changed: saved, changes };
    } catch (thrown) {
      await staged.discard();
      throw thrown;
    }
  }

  /** In turn, and again while other processes are faster; but who expects something is told that they were. */
  function changing({ expected }: ChangeOptions, tryOnce: () => Promise<Applied>): Promise<Applied> {
    return inTurn(async () => {
      for (let tries = 1; ; tries++)
        try {
          return await tryOnce();
        } catch (thrown) {
          const overtaken = thrown instanceof SluiceError && thrown.code === 'metadata_conflict';
          const open = expected === undefined || expected === 'some';
          if (!overtaken || !open || tries === MOST_TRIES) throw thrown;
        }
    });
  }

  const missing = () =>
    new SluiceError('snapshot_missing', undefined, { hint: 'Push a state first: `sluice push`.' });

  const notServed = () =>
    new SluiceError(
      'metadata_conflict',
      'The latest state is not the one that is served: it could not be taken over',
      {
        hint: 'Push a state that can be, or roll back to one.',
      },
    );

  return {
    loaded: () => state?.snapshot ?? null,
    rowsOf: (dataset) => rowsIn(sizes, dataset),
    async current() {
      const latest = await store.latestPush().catch((thrown: unknown) => {
        // The last good state goes on: what it decides does not depend on the store.
        if (state === null) throw thrown;
        return taken;
      });
      if (latest !== null && latest !== taken && latest !== refused) await inTurn(takeOver);
      if (state === null) throw missing();
      return state;
    },
    replace: (make, options) => changing(options, () => change(make, options)),
    amend: (make, options) =>
      changing(options, async () => {
        await takeOver();
        return change((input, push) => {
          if (input === null || state === null) throw missing();
          if (push === refused) throw notServed();
          if (push !== taken) throw new SluiceError('metadata_conflict');
          return make({ input, snapshot: state.snapshot });
        }, options);
      }),
    async history(limit) {
      return (await store.listSnapshots(limit)).map(pastState);
    },
    async content(etag) {
      const stored = await (etag === undefined ? store.latestSnapshot() : store.snapshot(etag));
      if (stored !== null) return { etag: stored.hash, input: inputOf(stored.input) };
      if (etag === undefined) throw missing();
      throw new SluiceError('state_unknown', undefined, {
        hint: '`sluice history` lists those that are kept.',
      });
    },
  };
}

/** What this or an earlier release stored. */
const inputOf = (stored: string): PushedInput => JSON.parse(stored) as PushedInput;

function noteOf({ catalogue, policies }: Snapshot, changes: Changes): StateNote {
  const datasets = ownDatasets(catalogue);
  return {
    datasets: datasets.length,
    columns: datasets.reduce((sum, { columns }) => sum + columns.length, 0),
    policies: policies.policies.length,
    changes,
  };
}

function pastState({ hash, createdAt, createdBy, action, note }: SnapshotRow): PastState {
  return {
    etag: hash,
    createdAt,
    createdBy,
    action,
    note: note === null ? null : (JSON.parse(note) as StateNote),
  };
}
