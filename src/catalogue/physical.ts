/** Relations as the engines have them now, found by the relation that dbt names. */
import type { DbtRelation } from '../dbt/project.ts';
import type { PhysicalRelation } from '../engines/engine.ts';
import { type Folding, lowerAscii } from './fold.ts';

/** By engine name; an engine that is not named was not asked. */
export type PhysicalByEngine = Readonly<Record<string, readonly PhysicalRelation[]>>;

/** `unasked`: nobody looked, which is no reason to call a relation missing. */
export type Found = PhysicalRelation | 'missing' | 'unasked';

export type FindRelation = (engine: string, relation: DbtRelation) => Found;

export function relationFinder(physical: PhysicalByEngine, folding: Folding): FindRelation {
  const indexes = new Map(
    Object.entries(physical).map(([engine, relations]) => [
      engine,
      Map.groupBy(relations, ({ relation }) => looseKey(relation.schema, relation.identifier)),
    ]),
  );
  return (engine, wanted) => {
    const index = indexes.get(engine);
    if (index === undefined) return 'unasked';
    const candidates = (index.get(looseKey(wanted.schema, wanted.identifier)) ?? []).filter(
      ({ relation }) =>
        wanted.database === null ||
        relation.database === null ||
        lowerAscii(relation.database) === lowerAscii(wanted.database),
    );
    const exact = candidates.find(
      ({ relation }) => relation.schema === wanted.schema && relation.identifier === wanted.identifier,
    );
    if (exact !== undefined) return exact;
    // Where case tells relations apart, another spelling is another relation; elsewhere two spellings are a guess.
    return folding === 'lower' || candidates.length !== 1 ? 'missing' : (candidates[0] ?? 'missing');
  };
}

const looseKey = (schema: string, identifier: string): string =>
  `${lowerAscii(schema)}\n${lowerAscii(identifier)}`;
