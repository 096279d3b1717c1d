/** The inheritance trap: dbt Fusion copies a parent's tags and meta into each column. A copied tag is no column tag; a tag is only dropped where the project's YAML proves it copied. */
import type { DbtColumn, DbtNode, DbtProject, Placed } from '../dbt/project.ts';
import { type WrittenTags, type YamlFiles, yamlPathOf, yamlReader } from '../dbt/yaml.ts';
import { normaliseTag } from './tag.ts';

/** Fusion keeps what was written under `config:` apart from what it copied. */
const COPIED_INTO: readonly string[] = ['tags', 'meta.sluice.tags'];

/** The tags of a node that its columns may merely have inherited. */
function parentTags(node: DbtNode): ReadonlySet<string> {
  return new Set(node.facts.tags.flatMap(({ value }) => value.map((tag) => normaliseTag(tag) ?? '')));
}

function ambiguousTags(column: DbtColumn, parent: ReadonlySet<string>): ReadonlySet<string> {
  const own = new Set<string>();
  const doubtful = new Set<string>();
  for (const { via, value } of column.tags)
    for (const text of value) {
      const tag = normaliseTag(text) ?? '';
      (COPIED_INTO.includes(via) && parent.has(tag) ? doubtful : own).add(tag);
    }
  return doubtful.difference(own);
}

/** YAML files, relative to the project's root, that would settle which column tags are copies. Empty for dbt Core. */
export function yamlFilesThatSettle(project: DbtProject): readonly string[] {
  if (!project.fusion) return [];
  const paths = new Set<string>();
  for (const node of project.nodes) {
    const parent = parentTags(node);
    const path = yamlPathOf(node, project.name);
    if (parent.size === 0 || path === null) continue;
    if (node.columns.some((column) => ambiguousTags(column, parent).size > 0)) paths.add(path);
  }
  return [...paths].sort();
}

/** The columns' own tags by place, copies taken out. */
export type OwnTags = (node: DbtNode) => {
  readonly tagsOf: (column: DbtColumn) => readonly Placed<readonly string[]>[];
  /** Columns whose tags count though they may be copies. */
  readonly unsettled: number;
};

export function ownColumnTags(project: DbtProject, files: YamlFiles): OwnTags {
  const asRead = { tagsOf: (column: DbtColumn) => column.tags, unsettled: 0 };
  if (!project.fusion) return () => asRead;
  const read = yamlReader(files);
  return (node) => {
    const parent = parentTags(node);
    const doubtful = node.columns.filter((column) => ambiguousTags(column, parent).size > 0);
    if (doubtful.length === 0) return asRead;
    const path = yamlPathOf(node, project.name);
    const written = path === null ? null : read(node, path);
    if (written === null) return { ...asRead, unsettled: doubtful.length };
    return {
      tagsOf: (column) => withoutCopies(column, ambiguousTags(column, parent), written),
      unsettled: 0,
    };
  };
}

function withoutCopies(
  column: DbtColumn,
  doubtful: ReadonlySet<string>,
  written: WrittenTags,
): readonly Placed<readonly string[]>[] {
  if (doubtful.size === 0) return column.tags;
  const own = new Set((written.get(column.name.toLowerCase()) ?? []).map((tag) => normaliseTag(tag) ?? ''));
  const copies = doubtful.difference(own);
  return column.tags.map(({ via, value }) => ({
    via,
    value: value.filter((text) => !copies.has(normaliseTag(text) ?? '')),
  }));
}
