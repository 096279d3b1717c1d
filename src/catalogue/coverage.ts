/** Counts for the report after a push: what is exposed, and how well dbt documents it. */
import type { Catalogue, ColumnState } from './dataset.ts';

export interface Coverage {
  readonly datasets: number;
  readonly invalid: number;
  readonly projects: number;
  readonly columns: Readonly<Record<ColumnState, number>>;
}

export function coverageOf(catalogue: Catalogue): Coverage {
  const columns = { documented: 0, untagged: 0, unclassified: 0, ghost: 0 };
  for (const dataset of catalogue.datasets) for (const { state } of dataset.columns) columns[state] += 1;
  return {
    datasets: catalogue.datasets.length,
    invalid: catalogue.datasets.filter(({ invalid }) => invalid !== null).length,
    projects: catalogue.projects.length,
    columns,
  };
}
