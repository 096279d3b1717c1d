/** dbt exposures as projects: a named set of datasets with an owner. Nodes that are not exposed are left out. */
import type { DbtProject } from '../dbt/project.ts';
import { normaliseTag } from '../tags/tag.ts';
import type { Dataset, Project } from './dataset.ts';

export function buildProjects(
  project: DbtProject,
  datasets: readonly Dataset[],
  problems: string[],
): readonly Project[] {
  const idOf = new Map(datasets.map(({ uniqueId, id }) => [uniqueId, id]));
  const byName = new Map<string, string>();
  return project.exposures
    .map((exposure) => {
      const other = byName.get(exposure.name);
      if (other !== undefined)
        problems.push(`${other} and ${exposure.uniqueId} both become the project "${exposure.name}"`);
      byName.set(exposure.name, exposure.uniqueId);
      const tags = exposure.tags
        .flatMap(({ value }) => value.map(normaliseTag))
        .filter((tag) => tag !== null);
      const ids = exposure.dependsOn.map((uniqueId) => idOf.get(uniqueId)).filter((id) => id !== undefined);
      return Object.freeze({
        name: exposure.name,
        label: exposure.label,
        type: exposure.type,
        owner: exposure.owner,
        maturity: exposure.maturity,
        url: exposure.url,
        description: exposure.description,
        tags: Object.freeze([...new Set(tags)].sort()),
        datasets: Object.freeze([...new Set(ids)].sort()),
      });
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
