/** Tags that other tools put on datasets and columns: kept by tool, apart from what dbt says, and laid over it at every build. */
import type { TagAssignment } from '../catalogue/dataset.ts';
import { lowerAscii } from '../catalogue/fold.ts';
import type { DbtProject } from '../dbt/project.ts';
import type { AssignedTags, NodeTags } from './assign.ts';

/** One tag of one tool. As plain JSON: part of what the store keeps. */
export interface TagPatch {
  /** As the tool calls itself. */
  readonly tool: string;
  /** dbt unique_id of what was named. */
  readonly node: string;
  /** Its dataset id when it was named; its unique_id where it had none. */
  readonly dataset: string;
  /** As the column is compared; null for the dataset itself. */
  readonly column: string | null;
  readonly tag: string;
  /** Subject of whoever sent it. */
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Unique_ids of the nodes that are published under a dataset id now. */
export type NodesNamed = (datasetId: string) => readonly string[];

/**
 * A patch holds for the node that it was put on and, should the names have moved, for what has that dataset id now:
 * of the two the tag is never lost. It adds; nothing that dbt declares goes away.
 */
export function applyPatches(
  project: DbtProject,
  assigned: AssignedTags,
  patches: readonly TagPatch[],
  nodesNamed: NodesNamed,
): AssignedTags {
  if (patches.length === 0) return assigned;
  const byNode = new Map(assigned.byNode);
  const shared = new Map<string, TagAssignment>();
  const nodes = new Map([...project.nodes, ...project.ephemeral].map((node) => [node.uniqueId, node]));
  for (const [uniqueId, own] of patchesByNode(patches, nodesNamed)) {
    const node = nodes.get(uniqueId);
    const tags = byNode.get(uniqueId);
    if (node === undefined || tags === undefined) continue;
    const byColumn = Map.groupBy(own, ({ column }) => (column === null ? null : lowerAscii(column)));
    const added = (column: string | null): readonly TagAssignment[] =>
      (byColumn.get(column) ?? []).map((patch) => assignmentOf(patch, shared));
    const others = new Map(tags.others);
    for (const column of byColumn.keys())
      if (column !== null) others.set(column, withTags(others.get(column) ?? [], added(column)));
    byNode.set(uniqueId, {
      tags: withTags(tags.tags, added(null)),
      columns: tags.columns.map((before, index) =>
        withTags(before, added(lowerAscii(node.columns[index]?.name ?? ''))),
      ),
      others,
    } satisfies NodeTags);
  }
  return { ...assigned, byNode };
}

function patchesByNode(
  patches: readonly TagPatch[],
  nodesNamed: NodesNamed,
): ReadonlyMap<string, readonly TagPatch[]> {
  const byNode = new Map<string, TagPatch[]>();
  for (const patch of patches)
    for (const uniqueId of new Set([patch.node, ...nodesNamed(patch.dataset)])) {
      const list = byNode.get(uniqueId);
      if (list === undefined) byNode.set(uniqueId, [patch]);
      else list.push(patch);
    }
  return byNode;
}

/** One object for the same tag of the same call: a tool sends many at once. */
function assignmentOf({ tool, tag, by, at }: TagPatch, shared: Map<string, TagAssignment>): TagAssignment {
  const key = JSON.stringify([tool, tag, by, at]);
  const known = shared.get(key);
  if (known !== undefined) return known;
  const source = Object.freeze({ kind: 'patched' as const, via: tool, file: null, by, at });
  const made = Object.freeze({ tag, source });
  shared.set(key, made);
  return made;
}

/** In order of their names; of one tag from several places, the first stays. */
export function withTags(
  before: readonly TagAssignment[],
  added: readonly TagAssignment[],
): readonly TagAssignment[] {
  if (added.length === 0) return before;
  const byTag = new Map(before.map((assignment) => [assignment.tag, assignment]));
  for (const assignment of added) if (!byTag.has(assignment.tag)) byTag.set(assignment.tag, assignment);
  return Object.freeze([...byTag.values()].sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0)));
}
