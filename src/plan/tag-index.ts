/**
 * The tags of a column, wherever one writes them: on the dataset itself or on another one of the same relation, before or after.
 * A second dataset on a tagged relation, without the tags, would else show tagged columns that nobody calls so.
 */
import type { Column, Dataset } from '../catalogue/dataset.ts';

/** @returns tags of the column with that compared name, each once */
export type TagIndex = (dataset: Dataset, folded: string) => readonly string[];

export function tagIndex(datasets: readonly Dataset[]): TagIndex {
  const relations = new Map<string, Map<string, Set<string>>>();
  for (const dataset of datasets) {
    const place = placeOf(dataset);
    const columns = relations.get(place) ?? new Map<string, Set<string>>();
    relations.set(place, columns);
    for (const column of dataset.columns) {
      const tags = tagsOf(column);
      if (tags.length === 0) continue;
      const known = columns.get(column.folded) ?? new Set();
      for (const tag of tags) known.add(tag);
      columns.set(column.folded, known);
    }
  }
  return (dataset, folded) => [...(relations.get(placeOf(dataset))?.get(folded) ?? [])];
}

/** Without case: two spellings of one relation are taken for one. */
function placeOf({ engine, relation: { database, schema, identifier } }: Dataset): string {
  return JSON.stringify([engine, database, schema, identifier]).toLowerCase();
}

/** What says something of the data: a tag that follows from how a node is built does not. */
function tagsOf(column: Column): readonly string[] {
  return column.tags.flatMap(({ tag, source }) => (source.kind === 'derived' ? [] : [tag]));
}
