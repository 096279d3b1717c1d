/** A catalogue in which nothing but certain datasets exists. */
import type { Catalogue, Dataset } from './dataset.ts';

export function narrowCatalogue(catalogue: Catalogue, ids: readonly string[]): Catalogue {
  const within = new Set(ids);
  const inside = (dataset: Dataset): boolean => within.has(dataset.id);
  const candidates = (parts: readonly string[]): readonly Dataset[] =>
    catalogue.candidates(parts).filter(inside);
  return Object.freeze({
    datasets: Object.freeze(ids.flatMap((id) => catalogue.byId(id) ?? [])),
    projects: catalogue.projects,
    byId(id: string) {
      const dataset = catalogue.byId(id);
      return dataset !== undefined && inside(dataset) ? dataset : undefined;
    },
    lookup: (parts: readonly string[]) => candidates(parts)[0],
    candidates,
  });
}
