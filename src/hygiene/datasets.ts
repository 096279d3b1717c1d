/** What is amiss with datasets as a whole: nobody to ask, and tags that were written and did not arrive. */
import type { Dataset } from '../catalogue/dataset.ts';
import type { DbtNode, DbtProject } from '../dbt/project.ts';
import { yamlPathOf } from '../dbt/yaml.ts';
import type { WrittenYaml } from '../dbt/yaml-lines.ts';
import { type Finding, finding } from '../findings.ts';
import { normaliseTag } from '../tags/tag.ts';

export function datasetFindings(
  datasets: readonly Dataset[],
  project: DbtProject | null,
  yaml: WrittenYaml,
): readonly Finding[] {
  const nodes = new Map((project?.nodes ?? []).map((node) => [node.uniqueId, node]));
  return datasets.flatMap((dataset) => {
    const node = nodes.get(dataset.uniqueId) ?? null;
    const place = { node: dataset.uniqueId, dataset: dataset.id, file: node?.file ?? null };
    const found: Finding[] = [];
    if (dataset.owner === null)
      found.push(
        finding('published-without-owner', `is published as ${dataset.accessLevel} and has no owner`, place),
      );
    for (const tag of node === null ? [] : lostTags(node, project, yaml))
      found.push(
        finding('tag-not-in-manifest', `the tag "${tag}" is in the YAML and not in the manifest`, place),
      );
    return found;
  });
}

/** Which of several places dbt kept is its own affair; a tag that someone wrote and that protects nothing is ours. */
function lostTags(node: DbtNode, project: DbtProject | null, yaml: WrittenYaml): readonly string[] {
  const path = yamlPathOf(node, project?.name ?? null);
  const tags = path === null ? null : yaml.tagsOf(path, node);
  if (tags === null) return [];
  const known = new Set(node.facts.tags.flatMap(({ value }) => value.map(normaliseTag)));
  return [...new Set(tags.map(normaliseTag))].filter((tag) => tag !== null && !known.has(tag)) as string[];
}
