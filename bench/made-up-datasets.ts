/** Datasets as a catalogue holds them, without the project that they would come from. */
import type { Column, Dataset, TagAssignment } from '../src/catalogue/dataset.ts';

const assign = (tag: string): TagAssignment => ({
  tag,
  source: { kind: 'explicit', via: 'tags', file: null },
});

export function madeUpColumn(name: string, tags: readonly string[]): Column {
  return {
    name,
    folded: name,
    type: 'VARCHAR',
    family: 'text',
    description: '',
    tags: tags.map(assign),
    state: tags.length > 0 ? 'documented' : 'untagged',
    exposed: true,
  };
}

/** `gold.dataset_N` */
export function madeUpDataset(n: number, tags: readonly string[], columns: readonly Column[]): Dataset {
  return {
    id: `gold.dataset_${n}`,
    names: [`gold.dataset_${n}`],
    namespace: 'gold',
    name: `dataset_${n}`,
    version: null,
    uniqueId: `model.bench.dataset_${n}`,
    engine: 'warehouse',
    relation: { database: 'bench', schema: 'gold', identifier: `dataset_${n}` },
    description: '',
    owner: null,
    resourceType: 'model',
    package: 'bench',
    folder: ['marts'],
    materialized: 'table',
    view: false,
    access: null,
    group: null,
    contract: false,
    tags: tags.map(assign),
    columns,
    accessLevel: 'internal',
    accessLevelSource: 'publish rule 1',
    invalid: null,
  };
}
