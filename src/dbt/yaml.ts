/** What a project's own YAML says about the columns of one node: the only place that tells a tag written on a column from one that Fusion copied there. */
import { parse } from 'yaml';
import type { DbtNode } from './project.ts';

/** By lower-case column name, the tags written on it; null where the file cannot settle it. */
export type WrittenTags = ReadonlyMap<string, readonly string[]>;

/** YAML files by path: relative to the project's root, packages below `dbt_packages/<package>/`. */
export type YamlFiles = Readonly<Record<string, string>>;

/** Where the node's YAML lies below the project's root; null where the artifact does not say. */
export function yamlPathOf(node: DbtNode, project: string | null): string | null {
  if (node.yaml === null) return null;
  const path = node.yaml.replaceAll('\\', '/');
  return project === null || node.package === project ? path : `dbt_packages/${node.package}/${path}`;
}

/** Reads each file once. */
export function yamlReader(files: YamlFiles): (node: DbtNode, path: string) => WrittenTags | null {
  const parsed = new Map<string, unknown>();
  return (node, path) => {
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    if (text === undefined) return null;
    if (!parsed.has(path)) parsed.set(path, parseYaml(text));
    const entry = entryOf(parsed.get(path), node);
    return entry === null ? null : writtenTags(entry, node);
  };
}

/** A file that does not parse settles nothing; dbt has parsed it, with Jinja that we do not run. */
function parseYaml(text: string): unknown {
  try {
    return parse(text, { merge: true, logLevel: 'error' });
  } catch {
    return null;
  }
}

type Entry = Readonly<Record<string, unknown>>;

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const entries = (value: unknown): readonly Entry[] => (Array.isArray(value) ? value.filter(isEntry) : []);

function entryOf(document: unknown, node: DbtNode): Entry | null {
  if (!isEntry(document)) return null;
  const named = (list: unknown, name: string | null): readonly Entry[] =>
    entries(list).filter((entry) => entry.name === name);
  const found =
    node.resourceType === 'source'
      ? named(document.sources, node.sourceName).flatMap((source) => named(source.tables, node.name))
      : named(document[`${node.resourceType}s`], node.name);
  // Two entries of one name: which one dbt took is a guess.
  return found.length === 1 ? (found[0] ?? null) : null;
}

function writtenTags(entry: Entry, node: DbtNode): WrittenTags | null {
  const written = new Map<string, readonly string[]>();
  const versions = entries(entry.versions).filter((version) => String(version.v) === node.version);
  for (const column of [
    ...entries(entry.columns),
    ...versions.flatMap((version) => entries(version.columns)),
  ]) {
    if (typeof column.name !== 'string') continue;
    const tags = tagsOf(column);
    if (tags === null) return null;
    const key = column.name.toLowerCase();
    written.set(key, [...(written.get(key) ?? []), ...tags]);
  }
  return written;
}

/** All four places of a column or a node; null where Jinja or an odd shape stands in one of them. */
export function tagsOf(column: Readonly<Record<string, unknown>>): readonly string[] | null {
  const config = isEntry(column.config) ? column.config : {};
  const places = [column.tags, config.tags, sluiceTags(column.meta), sluiceTags(config.meta)];
  const tags: string[] = [];
  for (const place of places) {
    if (place === undefined || place === null) continue;
    for (const tag of Array.isArray(place) ? place : [place]) {
      if ((typeof tag !== 'string' && typeof tag !== 'number') || String(tag).includes('{{')) return null;
      tags.push(String(tag));
    }
  }
  // Meta as a whole may come out of Jinja as well.
  return [column.tags, column.meta, column.config].some(
    (value) => typeof value === 'string' && value.includes('{{'),
  )
    ? null
    : tags;
}

function sluiceTags(meta: unknown): unknown {
  if (typeof meta === 'string') return meta.includes('{{') ? meta : undefined;
  const sluice = isEntry(meta) ? meta.sluice : undefined;
  if (typeof sluice === 'string') return sluice.includes('{{') ? sluice : undefined;
  return isEntry(sluice) ? sluice.tags : undefined;
}
