/** Every tag that dbt says of a node or column, with the place it came from; what follows along lineage is the pass after this one. */
import type { TagAssignment, TagSource } from '../catalogue/dataset.ts';
import type { DbtNode, DbtProject, Placed } from '../dbt/project.ts';
import type { YamlFiles } from '../dbt/yaml.ts';
import { type Finding, finding } from '../findings.ts';
import { derivedTags } from './derived.ts';
import { ownColumnTags } from './inherited.ts';
import { normaliseTag } from './tag.ts';

export interface NodeTags {
  /** Explicit and derived, in order of their names. */
  readonly tags: readonly TagAssignment[];
  /** Parallel to the node's columns. */
  readonly columns: readonly (readonly TagAssignment[])[];
  /** By lower-case name, what came from elsewhere than dbt: for columns that it does not document too. */
  readonly others?: ReadonlyMap<string, readonly TagAssignment[]>;
}

export interface AssignedTags {
  /** By unique_id; every node has an entry. */
  readonly byNode: ReadonlyMap<string, NodeTags>;
  readonly findings: readonly Finding[];
}

export function assignTags(project: DbtProject, yamlFiles: YamlFiles): AssignedTags {
  const byNode = new Map<string, NodeTags>();
  const findings: Finding[] = [];
  const own = ownColumnTags(project, yamlFiles);
  for (const node of [...project.nodes, ...project.ephemeral]) {
    const collect = collector(node, findings);
    const { tagsOf, unsettled } = own(node);
    if (unsettled > 0) findings.push(doubt(node));
    byNode.set(node.uniqueId, {
      tags: collect('', node.facts.tags, derivedTags(node)),
      columns: node.columns.map((column) => collect('column ', tagsOf(column), NO_TAGS)),
    });
  }
  return { byNode, findings };
}

const doubt = (node: DbtNode): Finding =>
  finding(
    'fusion-inherited-doubt',
    "dbt Fusion may only have copied its tags into its columns; they count as column tags, since the project's YAML is not at hand or does not settle it",
    { node: node.uniqueId, file: node.file },
  );

const NO_TAGS: readonly TagAssignment[] = Object.freeze([]);

type Collect = (
  prefix: string,
  placed: readonly Placed<readonly string[]>[],
  derived: readonly TagAssignment[],
) => readonly TagAssignment[];

/** The first place of a tag is its source. Assignments are shared between the columns of a node: they are most of a big catalogue. */
function collector(node: DbtNode, findings: Finding[]): Collect {
  const reserved = new Set<string>();
  const shared = new Map<string, TagAssignment>();
  const sources = new Map<string, TagSource>();
  const assignment = (tag: string, via: string): TagAssignment => {
    const key = `${via}\n${tag}`;
    const known = shared.get(key);
    if (known !== undefined) return known;
    const source = sources.get(via) ?? Object.freeze({ kind: 'explicit' as const, via, file: node.file });
    sources.set(via, source);
    const made = Object.freeze({ tag, source });
    shared.set(key, made);
    return made;
  };
  return (prefix, placed, derived) => {
    if (placed.length === 0 && derived.length === 0) return NO_TAGS;
    const found = new Map<string, TagAssignment>();
    for (const { via, value } of placed)
      for (const text of value) {
        const tag = normaliseTag(text);
        if (tag === null) continue;
        if (tag.startsWith('dbt.') && !reserved.has(tag)) {
          reserved.add(tag);
          findings.push(
            finding('reserved-tag', `the tag "${tag}" is written by hand, though dbt. is for derived tags`, {
              node: node.uniqueId,
              file: node.file,
            }),
          );
        }
        if (!found.has(tag)) found.set(tag, assignment(tag, `${prefix}${via}`));
      }
    for (const tag of derived) if (!found.has(tag.tag)) found.set(tag.tag, tag);
    return found.size === 0
      ? NO_TAGS
      : Object.freeze([...found.values()].sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0)));
  };
}
