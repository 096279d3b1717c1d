/** Lines of a project's YAML: where a node or one of its columns is described, for whoever has to mend it. */
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import type { DbtNode } from './project.ts';
import type { YamlFiles } from './yaml.ts';

/** 1-based; of the node where the column is not described; null where the file does not tell. */
export type LineOf = (path: string, node: DbtNode, column: string | null) => number | null;

interface Parsed {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** Reads each file once. */
export function yamlLines(files: YamlFiles): LineOf {
  const parsed = new Map<string, Parsed | null>();
  return (path, node, column) => {
    if (!parsed.has(path)) parsed.set(path, Object.hasOwn(files, path) ? parse(files[path] ?? '') : null);
    const file = parsed.get(path) ?? null;
    const entry = file === null ? null : entryOf(file.document, node);
    if (file === null || entry === null) return null;
    const found = (column === null ? null : columnOf(entry, node, column)) ?? entry;
    return found.range ? file.lines.linePos(found.range[0]).line : null;
  };
}

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
  const version = listIn(entry, 'versions').find((one) => String(one.get('v')) === node.version);
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
