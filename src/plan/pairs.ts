/** Which dataset of the state after is which of the state before: by id, else by what dbt calls the node. */
import type { Catalogue, Dataset } from '../catalogue/dataset.ts';

export interface DatasetPair {
  /** Null for one that is added. */
  readonly before: Dataset | null;
  /** Null for one that is removed. */
  readonly after: Dataset | null;
}

/** In the order of ids. */
export function pairDatasets(
  before: Pick<Catalogue, 'datasets'>,
  after: Pick<Catalogue, 'datasets'>,
): readonly DatasetPair[] {
  const was = new Map(before.datasets.map((dataset) => [dataset.id, dataset]));
  const pairs: DatasetPair[] = [];
  const added: Dataset[] = [];
  for (const dataset of after.datasets) {
    const same = was.get(dataset.id);
    if (same === undefined) added.push(dataset);
    else pairs.push({ before: same, after: dataset });
    was.delete(dataset.id);
  }
  const left = new Map([...was.values()].map((dataset) => [dataset.uniqueId, dataset]));
  for (const dataset of added) {
    const moved = left.get(dataset.uniqueId) ?? null;
    left.delete(dataset.uniqueId);
    pairs.push({ before: moved, after: dataset });
  }
  for (const dataset of left.values()) pairs.push({ before: dataset, after: null });
  return pairs.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

/** As it is called now, or was where it is gone. */
export const idOf = ({ before, after }: DatasetPair): string => (after ?? before)?.id ?? '';
