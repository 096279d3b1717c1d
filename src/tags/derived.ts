/** Tags that follow from what a node is, under the reserved `dbt.`: `dbt.resource.model`, `dbt.folder.marts.finance`, `dbt.group.finance`. */
import type { TagAssignment } from '../catalogue/dataset.ts';
import type { DbtNode } from '../dbt/project.ts';
import { normaliseTag } from './tag.ts';

export function derivedTags(node: DbtNode): readonly TagAssignment[] {
  const derived: readonly (readonly [via: string, kind: string, parts: readonly string[]])[] = [
    ['resource type', 'resource', [node.resourceType]],
    ['folder', 'folder', node.folder],
    ['package', 'package', [node.package]],
    ['group', 'group', node.group === null ? [] : [node.group]],
    ['access', 'access', node.access === null ? [] : [node.access]],
    ['materialisation', 'materialized', node.materialized === null ? [] : [node.materialized]],
  ];
  return derived.flatMap(([via, kind, parts]) => {
    // A dot inside a name is no level of the hierarchy.
    const tag = normaliseTag(['dbt', kind, ...parts.map((part) => part.replaceAll('.', '_'))].join('.'));
    return parts.length === 0 || tag === null
      ? []
      : [Object.freeze({ tag, source: Object.freeze({ kind: 'derived' as const, via, file: node.file }) })];
  });
}
