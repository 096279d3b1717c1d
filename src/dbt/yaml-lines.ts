/** A project's YAML as its authors wrote it: the lines where a node or a column is described, and the tags that stand there. */
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import type { DbtNode } from './project.ts';
import { tagsOf, type YamlFiles } from './yaml.ts';

export interface WrittenYaml {
  /** 1-based; of the node where the column is not described; null where the file does not tell. */
  lineOf(path: string, node: DbtNode, column: string | null): number | null;
  /**
   * Tags of the node as a whole, in whatever place; null where the file cannot settle it. dbt keeps one place of several (its
   * own `config` before the top level, a table's meta before its source's) and says nothing of the rest.
   */
  tagsOf(path: string, node: DbtNode): readonly string[] | null;
}

interface Parsed {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** Reads each file once. */
export function writtenYaml(files: YamlFiles): WrittenYaml {
  const parsed = new Map<string, Parsed | null>();
  const read = (path: string): Parsed | null => {
    if (!parsed.has(path)) parsed.set(path, Object.hasOwn(files, path) ? parse(files[path] ?? '') : null);
    return parsed.get(path) ?? null;
  };
  return {
    lineOf(path, node, column) {
      const file = read(path);
      const entry = file === null ? null : entryOf(file.document, node);
      if (file === null || entry === null) return null;
      const found = (column === null ? null : columnOf(entry, node, column)) ?? entry;
      return found.range ? file.lines.linePos(found.range[0]).line : null;
    },
    tagsOf(path, node) {
      const document = read(path)?.document;
      // A file with faults has lines, and settles nothing else.
      if (document === undefined || document.errors.length > 0) return null;
      const entry = entryOf(document, node);
      if (entry === null) return null;
      const told = [entry, ...sourcesOf(document, node), ...versionsOf(entry, node)].map((one) =>
        tagsOf(withoutColumns(one, document)),
      );
      return told.includes(null) ? null : told.flatMap((tags) => tags ?? []);
    },
  };
}

/** Columns and tables are most of an entry, and not asked for. Aliases without end read as Jinja does: they settle nothing. */
function withoutColumns(entry: YAMLMap, document: Document.Parsed): Readonly<Record<string, unknown>> {
  const value = (key: string): unknown => {
    const node = entry.get(key, true);
    if (node === undefined || node === null) return undefined;
    try {
      return node.toJS(document, { maxAliasCount: 100 });
    } catch {
      return '{{ }}';
    }
  };
  return { tags: value('tags'), meta: value('meta'), config: value('config') };
}

const sourcesOf = ({ contents }: Document.Parsed, node: DbtNode): readonly YAMLMap[] =>
  node.resourceType === 'source'
    ? listIn(contents, 'sources').filter((source) => source.get('name') === node.sourceName)
    : [];

const versionsOf = (entry: YAMLMap, node: DbtNode): readonly YAMLMap[] =>
  listIn(entry, 'versions').filter((one) => String(one.get('v')) === node.version);

/** Jinja of dbt's may stand anywhere: what does not parse has no lines. */
function parse(text: string): Parsed | null {
  const lines = new LineCounter();
  try {
    return { document: parseDocument(text, { lineCounter: lines, merge: true, logLevel: 'silent' }), lines };
  } catch {
    return null;
  }
}

function entryOf({ contents }: Document.Parsed, node: DbtNode): YAMLMap | null {
  if (node.resourceType !== 'source') return named(listIn(contents, `${node.resourceType}s`), node.name);
  for (const source of listIn(contents, 'sources'))
    if (source.get('name') === node.sourceName) {
      const table = named(listIn(source, 'tables'), node.name);
      if (table !== null) return table;
    }
  return null;
}

function columnOf(entry: YAMLMap, node: DbtNode, column: string): YAMLMap | null {
  const [version] = versionsOf(entry, node);
  return named(listIn(version, 'columns'), column) ?? named(listIn(entry, 'columns'), column);
}

/** Columns are found without case: the finding may tell of the case itself. */
function named(list: readonly YAMLMap[], name: string): YAMLMap | null {
  const exact = list.find((entry) => entry.get('name') === name);
  const wanted = name.toLowerCase();
  return exact ?? list.find((entry) => String(entry.get('name')).toLowerCase() === wanted) ?? null;
}

function listIn(parent: unknown, key: string): readonly YAMLMap[] {
  if (!isMap(parent)) return [];
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
  return isSeq(pair?.value) ? pair.value.items.filter((item): item is YAMLMap => isMap(item)) : [];
}
