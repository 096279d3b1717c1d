/** Catalogue files to what a push takes: the shape of dbt's artifacts, so that one path leads from there to the snapshot. */
import type { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { PolicyFile } from '../policies/compile.ts';
import { readYaml } from '../policies/document.ts';
import {
  type CatalogueFile,
  type ColumnEntry,
  catalogueFileSchema,
  type DatasetEntry,
  HEADER_FILE,
  type Header,
  headerSchema,
  LINEAGE_FILE,
} from './catalogue-file.ts';
import { type Draft, put, type Said } from './places.ts';

/** Texts by path below the folder, with `/`. */
export type Files = ReadonlyMap<string, string>;

export interface ReadCatalogue {
  readonly manifest: unknown;
  /** Null where no file says what the warehouse had. */
  readonly catalog: unknown;
  /** The files of policies among them; null where the header names none. */
  readonly policies: readonly PolicyFile[] | null;
  /** As it was written; null where there is none. Checked by whoever takes it. */
  readonly lineage: unknown;
}

export interface ReadCatalogueOptions {
  /** dbt's name of the warehouse, where the files name none: it says how names are compared. */
  readonly adapter: string | null;
}

const MOST_TOLD = 100;

/** @throws SluiceError catalogue_invalid with every problem as `file:line: message` in `details` */
export function readCatalogue(files: Files, { adapter }: ReadCatalogueOptions): ReadCatalogue {
  const problems: string[] = [];
  const text = files.get(HEADER_FILE);
  const header = text === undefined ? {} : (checked(HEADER_FILE, text, headerSchema, problems)?.value ?? {});
  const sections: Sections = { nodes: new Map(), sources: new Map(), warehouse: new Map() };
  const roots = header.policies === undefined ? null : [header.policies].flat();
  const isPolicy = (path: string): boolean =>
    (roots ?? []).some((root) => path === root || path.startsWith(`${root}/`));
  for (const [path, body] of files) {
    // `tags/` is for `sluice tag`: a push leaves the tags of other tools as they are.
    if (path === HEADER_FILE || path === LINEAGE_FILE || path.startsWith('tags/') || isPolicy(path)) continue;
    const file = checked(path, body, catalogueFileSchema, problems);
    file?.value.datasets.forEach((entry, index) => {
      const problem = addDataset(entry, file.value, path, sections);
      if (problem !== null) problems.push(`${path}:${file.lineOf(['datasets', index])}: ${problem}`);
    });
  }
  if (problems.length === 0 && sections.nodes.size + sections.sources.size === 0)
    problems.push('there is no dataset in any file');
  refuse(problems);
  return {
    manifest: manifestOf(header, sections, adapter),
    catalog: catalogOf(sections),
    policies:
      roots === null
        ? null
        : [...files].filter(([path]) => isPolicy(path)).map(([path, body]) => ({ path, text: body })),
    lineage: lineageOf(files),
  };
}

function lineageOf(files: Files): unknown {
  const text = files.get(LINEAGE_FILE);
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SluiceError('catalogue_invalid', `${LINEAGE_FILE} is not valid JSON`, { cause });
  }
}

interface Sections {
  readonly nodes: Map<string, Draft>;
  readonly sources: Map<string, Draft>;
  readonly warehouse: Map<string, Readonly<Record<string, string | null>>>;
}

interface Checked<T> {
  readonly value: T;
  lineOf(path: readonly (string | number)[]): number;
}

function checked<S extends z.ZodType>(
  path: string,
  text: string,
  schema: S,
  problems: string[],
): Checked<z.output<S>> | null {
  const document = readYaml(text);
  if ('problems' in document) {
    for (const { line, message } of document.problems) problems.push(`${path}:${line}: ${message}`);
    return null;
  }
  const read = schema.safeParse(document.value);
  if (read.success) return { value: read.data, lineOf: document.lineOf };
  for (const issue of read.error.issues) {
    const where = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    const shown = where.length === 0 ? '' : `${where.join('.')}: `;
    problems.push(`${path}:${document.lineOf(where)}: ${shown}${issue.message}`);
  }
  return null;
}

/** @returns what is wrong with it, or null */
function addDataset(
  entry: DatasetEntry,
  file: CatalogueFile,
  path: string,
  sections: Sections,
): string | null {
  const namespace = entry.namespace ?? file.namespace;
  if (namespace === undefined && entry.dbt === undefined)
    return `${entry.name} needs a namespace, its own or that of the file`;
  const draft =
    entry.dbt === undefined ? freshNode(entry, namespace ?? '', path) : structuredClone(entry.dbt);
  if (typeof draft === 'string') return draft;
  const uniqueId = draft.unique_id;
  if (typeof uniqueId !== 'string' || uniqueId === '') return `${entry.name}: dbt.unique_id must be a text`;
  if (sections.nodes.has(uniqueId) || sections.sources.has(uniqueId))
    return `${entry.name} is there twice (${uniqueId})`;
  draft.name = entry.name;
  if (entry.description !== undefined) draft.description = entry.description;
  const columns = columnsOf(entry.columns ?? []);
  if (typeof columns === 'string') return `${entry.name}: ${columns}`;
  draft.columns = columns;
  put(draft, saidOf(entry, namespace, entry.access_level ?? file.access_level));
  (draft.resource_type === 'source' ? sections.sources : sections.nodes).set(uniqueId, draft);
  if (entry.warehouse !== undefined) sections.warehouse.set(uniqueId, entry.warehouse);
  return null;
}

function saidOf(
  { tags = [], owner, placed = {} }: DatasetEntry,
  namespace: string | undefined,
  level: string | undefined,
): Said {
  return {
    tags,
    placed,
    ...(level === undefined ? {} : { access_level: level }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(owner === undefined ? {} : { owner }),
  };
}

/** A dataset that no dbt project knows is a source: nothing here says how it is computed. */
function freshNode(entry: DatasetEntry, namespace: string, path: string): Draft | string {
  const parts = entry.relation?.split('.') ?? [namespace, entry.name];
  if (parts.length > 3 || parts.some((part) => part === ''))
    return `${entry.name}: relation is \`schema.table\` or \`database.schema.table\``;
  const [identifier, schema = namespace, database = null] = [...parts].reverse();
  return {
    resource_type: 'source',
    unique_id: `source.catalogue.${namespace}.${entry.name}`,
    package_name: 'catalogue',
    source_name: namespace,
    original_file_path: path,
    fqn: ['catalogue', namespace, entry.name],
    database,
    schema,
    identifier,
  };
}

function columnsOf(entries: readonly ColumnEntry[]): Draft | string {
  const columns = new Map<string, Draft>();
  for (const { name, type, description, tags = [], placed = {}, dbt = {} } of entries) {
    if (columns.has(name)) return `the column ${name} is there twice`;
    const draft: Draft = { ...structuredClone(dbt), name };
    if (type !== undefined) draft.data_type = type;
    if (description !== undefined) draft.description = description;
    put(draft, { tags, placed });
    columns.set(name, draft);
  }
  return Object.fromEntries(columns);
}

const ARTIFACTS = 'https://schemas.getdbt.com/dbt';

function manifestOf(header: Header, { nodes, sources }: Sections, adapter: string | null): unknown {
  return {
    metadata: {
      dbt_schema_version: `${ARTIFACTS}/manifest/v12.json`,
      dbt_version: header.dbt_version ?? '',
      adapter_type: header.adapter ?? adapter,
      project_name: header.project ?? null,
    },
    nodes: Object.fromEntries(nodes),
    sources: Object.fromEntries(sources),
    exposures: header.projects ?? {},
    groups: {},
  };
}

function catalogOf({ sources, warehouse }: Sections): unknown {
  if (warehouse.size === 0) return null;
  const relations = [...warehouse].map(([uniqueId, columns]) => {
    const named = Object.entries(columns).map(([name, type], index) => [
      name,
      { name, type, index: index + 1 },
    ]);
    return [uniqueId, { columns: Object.fromEntries(named) }] as const;
  });
  const isSource = ([uniqueId]: readonly [string, unknown]): boolean => sources.has(uniqueId);
  return {
    metadata: { dbt_schema_version: `${ARTIFACTS}/catalog/v1.json` },
    nodes: Object.fromEntries(relations.filter((one) => !isSource(one))),
    sources: Object.fromEntries(relations.filter(isSource)),
  };
}

function refuse(problems: readonly string[]): void {
  const [first, ...rest] = problems;
  if (first === undefined) return;
  const more = problems.length - MOST_TOLD;
  throw new SluiceError(
    'catalogue_invalid',
    rest.length === 0 ? first : `The catalogue files have ${problems.length} problems`,
    {
      details: more > 0 ? [...problems.slice(0, MOST_TOLD), `and ${more} more`] : problems,
      hint: 'Nothing was changed.',
    },
  );
}
