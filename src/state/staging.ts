/** What all engines would serve next, taken together: committed at once or let go whole. */
import type { Dataset, Relation } from '../catalogue/dataset.ts';
import type { Engine, PhysicalRelation, Staged } from '../engines/engine.ts';
import type { SnapshotInput } from '../snapshot.ts';

export interface StagedEngines {
  readonly physical: SnapshotInput['physical'];
  commit(): void;
  discard(): Promise<void>;
}

/** @throws SluiceError engine_unavailable; nothing is staged then */
export async function stageAll(engines: ReadonlyMap<string, Engine>): Promise<StagedEngines> {
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

/** The engines' estimates of rows, as they were staged. */
export type Sizes = ReadonlyMap<string, number | null>;

export function sizesOf(physical: SnapshotInput['physical']): Sizes {
  return new Map(
    Object.entries(physical).flatMap(([engine, relations]) =>
      relations.map(({ relation, rows }) => [placeOf(engine, relation), rows] as const),
    ),
  );
}

/** Null where the engine does not tell. */
export function rowsIn(sizes: Sizes, { engine, relation }: Dataset): number | null {
  return sizes.get(placeOf(engine, relation)) ?? null;
}

const placeOf = (engine: string, { database, schema, identifier }: Relation): string =>
  [engine, database ?? '', schema, identifier].join('\n');
