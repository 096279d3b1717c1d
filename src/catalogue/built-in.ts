/** Datasets that the gate itself publishes, under a namespace of its own: they are served with every state and are part of none. */
import type { Catalogue, Dataset } from './dataset.ts';
import { lowerAscii } from './fold.ts';
import { freezeCatalogue } from './lookup.ts';

/** What no push may publish into while the gate does. */
export const BUILT_IN_NAMESPACE = 'sluice';
/** No engine of a configuration can have such a name. */
export const BUILT_IN_ENGINE = '_sluice';

export const isBuiltIn = ({ engine }: Pick<Dataset, 'engine'>): boolean => engine === BUILT_IN_ENGINE;

/** What a state holds of its own. */
export const ownDatasets = ({ datasets }: Pick<Catalogue, 'datasets'>): readonly Dataset[] =>
  datasets.some(isBuiltIn) ? datasets.filter((dataset) => !isBuiltIn(dataset)) : datasets;

/** Of datasets that would be published where the gate's own are. */
export const intruders = (datasets: readonly Dataset[]): readonly string[] =>
  datasets
    .filter(
      ({ namespace, engine }) => lowerAscii(namespace) === BUILT_IN_NAMESPACE && engine !== BUILT_IN_ENGINE,
    )
    .map(
      ({ uniqueId }) =>
        `${uniqueId}: the namespace \`${BUILT_IN_NAMESPACE}\` is the gate's own; choose another, or set audit.dataset to false`,
    );

/** @param searchPath as the catalogue was made with */
export function withBuiltIn(
  catalogue: Catalogue,
  datasets: readonly Dataset[],
  searchPath: readonly string[],
): Catalogue {
  const all = [...catalogue.datasets, ...datasets].sort((a, b) => (a.id < b.id ? -1 : 1));
  return freezeCatalogue(all, catalogue.projects, searchPath.map(lowerAscii));
}
