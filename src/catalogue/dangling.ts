/** Tags of other tools on what is gone: kept, since it may return, and told, since it may have been renamed. */
import type { DbtCatalog, DbtProject } from '../dbt/project.ts';
import { type Finding, finding } from '../findings.ts';
import type { TagPatch } from '../tags/patch.ts';
import type { Catalogue } from './dataset.ts';
import { lowerAscii } from './fold.ts';

export function danglingPatches(
  patches: readonly TagPatch[],
  project: DbtProject,
  catalog: DbtCatalog | null,
  catalogue: Catalogue,
): readonly Finding[] {
  if (patches.length === 0) return [];
  const nodes = new Map([...project.nodes, ...project.ephemeral].map((node) => [node.uniqueId, node]));
  const published = new Map(catalogue.datasets.map((dataset) => [dataset.uniqueId, dataset]));
  const known = new Map<string, ReadonlySet<string>>();
  const columnsOf = (uniqueId: string): ReadonlySet<string> => {
    const before = known.get(uniqueId);
    if (before !== undefined) return before;
    const columns = new Set(
      [
        ...(nodes.get(uniqueId)?.columns ?? []),
        ...(published.get(uniqueId)?.columns ?? []),
        ...(catalog?.relations.get(uniqueId) ?? []),
      ].map(({ name }) => lowerAscii(name)),
    );
    known.set(uniqueId, columns);
    return columns;
  };
  return patches.flatMap(({ tool, node, dataset, column, tag }) => {
    const now = catalogue.byId(dataset)?.uniqueId;
    const holders = [node, ...(now === undefined ? [] : [now])].filter((id) => nodes.has(id));
    const gone =
      holders.length === 0
        ? ''
        : column !== null && !holders.some((id) => columnsOf(id).has(lowerAscii(column)))
          ? `: the column ${column}`
          : null;
    if (gone === null) return [];
    return [
      finding('patched-tag-dangling', `the tag "${tag}" of ${tool} is on what is gone${gone}`, {
        dataset,
        node,
        column,
      }),
    ];
  });
}
