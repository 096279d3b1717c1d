/** A state to catalogue files and policies: what people decide as plain YAML, what follows from it as comments; read back, it is the same state. */
import { Document, isMap, isPair, isScalar, isSeq, type YAMLMap } from 'yaml';
import type { Column, Dataset, TagAssignment } from '../catalogue/dataset.ts';
import type { DbtProject, Placed } from '../dbt/project.ts';
import { readProject, type Snapshot, type SnapshotInput } from '../snapshot.ts';
import { ownColumnTags } from '../tags/inherited.ts';
import { HEADER_FILE, LINEAGE_FILE } from './catalogue-file.ts';
import { placePolicies } from './place-policies.ts';
import { type Draft, type Json, putAt, take } from './places.ts';
import { tagFiles } from './tag-files.ts';

export interface WrittenCatalogue {
  /** By path below the folder, with `/`; never outside of it. */
  readonly files: ReadonlyMap<string, string>;
  /** What cannot be pushed back unchanged, and why. */
  readonly notes: readonly string[];
}

type Exported = Pick<
  SnapshotInput,
  'manifest' | 'catalog' | 'yamlFiles' | 'policyFiles' | 'lineage' | 'patches'
>;

/** @param snapshot of that input */
export function writeCatalogue(input: Exported, snapshot: Pick<Snapshot, 'catalogue'>): WrittenCatalogue {
  const project = readProject(input.manifest);
  const published = new Map(snapshot.catalogue.datasets.map((dataset) => [dataset.uniqueId, dataset]));
  const groups = new Map<string, Entry[]>();
  for (const entry of entriesOf(input, project)) {
    const dataset = published.get(entry.uniqueId) ?? null;
    const path = pathOf(entry, dataset);
    const list = groups.get(path);
    if (list === undefined) groups.set(path, [{ ...entry, dataset }]);
    else list.push({ ...entry, dataset });
  }
  const { files: policies, roots, notes } = placePolicies(input.policyFiles);
  const files = new Map<string, string>([[HEADER_FILE, headerText(input.manifest, project, roots)]]);
  for (const [path, entries] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
    files.set(path, fileText(entries));
  if (input.lineage) files.set(LINEAGE_FILE, `${JSON.stringify(input.lineage, null, 1)}\n`);
  for (const [path, text] of [...tagFiles(input.patches ?? []), ...policies]) files.set(path, text);
  return { files, notes };
}

interface Entry {
  readonly uniqueId: string;
  readonly schema: string;
  readonly name: string;
  readonly node: Draft;
  readonly dataset: Dataset | null;
}

/** In the order of their names, so that files compare well. */
function entriesOf({ manifest, catalog, yamlFiles }: Exported, project: DbtProject): readonly Entry[] {
  const raw = new Map(
    ['nodes', 'sources'].flatMap((section) => Object.entries(objectOf(objectOf(manifest)[section]))),
  );
  const relations = new Map(
    ['nodes', 'sources'].flatMap((section) => Object.entries(objectOf(objectOf(catalog)[section]))),
  );
  const own = ownColumnTags(project, yamlFiles);
  // Ephemeral nodes are no datasets, and tags pass through them.
  return [...project.nodes, ...project.ephemeral]
    .map((node): Entry => {
      const draft = structuredClone(objectOf(raw.get(node.uniqueId))) as Draft;
      const { tagsOf } = own(node);
      // Fusion's copies are settled here: what is written is what counts.
      if (project.fusion)
        draft.columns = Object.fromEntries(
          node.columns.map((column) => [
            column.name,
            settled(objectOf(draft.columns)[column.name], tagsOf(column)),
          ]),
        );
      const written = entryOf(draft, node.owner, objectOf(relations.get(node.uniqueId)));
      return {
        uniqueId: node.uniqueId,
        schema: node.relation.schema,
        name: node.name,
        node: written,
        dataset: null,
      };
    })
    .sort((a, b) => (a.uniqueId < b.uniqueId ? -1 : a.uniqueId > b.uniqueId ? 1 : 0));
}

/** A column of Fusion's with the tags that are its own, each where it stood. */
function settled(column: unknown, own: readonly Placed<readonly string[]>[]): Draft {
  const draft = structuredClone(objectOf(column)) as Draft;
  take(draft);
  for (const { via, value } of own) if (value.length > 0) putAt(draft, via, value);
  return draft;
}

function entryOf(draft: Draft, owner: string | null, relation: Json): Draft {
  const { name, description, columns, ...rest } = draft;
  const dbt: Draft = rest;
  const said = take(dbt);
  const entry: Draft = { name };
  const add = (key: string, value: unknown): void => {
    if (!isEmpty(value)) entry[key] = value;
  };
  add('namespace', said.namespace);
  add('description', description);
  add('owner', owner);
  add('access_level', said.access_level);
  add('tags', said.tags);
  add(
    'columns',
    Object.entries(objectOf(columns)).map(([key, column]) => columnOf(key, column)),
  );
  add('warehouse', warehouseOf(relation));
  add('placed', said.placed);
  add('dbt', dbt);
  return entry;
}

function columnOf(key: string, given: unknown): Draft {
  const dbt = structuredClone(objectOf(given)) as Draft;
  const { name = key, data_type: type, description } = dbt;
  for (const taken of ['name', 'data_type', 'description']) delete dbt[taken];
  const said = take(dbt);
  const column: Draft = { name };
  for (const [at, value] of Object.entries({ type, description, tags: said.tags, placed: said.placed, dbt }))
    if (!isEmpty(value)) column[at] = value;
  return column;
}

/** In the order of the warehouse. */
function warehouseOf(relation: Json): Draft {
  const columns = Object.entries(objectOf(relation.columns)).map(([key, value], order) => {
    const { name = key, type = null, index = order } = objectOf(value);
    return { name: String(name), type, index: Number(index) };
  });
  return Object.fromEntries(columns.sort((a, b) => a.index - b.index).map(({ name, type }) => [name, type]));
}

const PLAIN = /^[a-z_][a-z0-9_-]*$/;

/** One file a namespace; what is not published, by schema. Names are anyone's, so none of them becomes a path as it is. */
function pathOf({ schema }: Entry, dataset: Dataset | null): string {
  const name = (dataset?.namespace ?? schema).toLowerCase();
  const safe = PLAIN.test(name) ? name : `_${Buffer.from(name).toString('hex').slice(0, 100)}`;
  return `${dataset === null ? 'unpublished' : 'datasets'}/${safe}.yml`;
}

function fileText(entries: readonly Entry[]): string {
  const namespace = entries[0]?.dataset?.namespace;
  const common = namespace !== undefined && PLAIN.test(namespace) ? namespace : null;
  const document = new Document({
    ...(common === null ? {} : { namespace: common }),
    datasets: entries.map(({ node }) => {
      if (common === null || node.namespace !== common) return node;
      const { namespace: _, ...rest } = node;
      return rest;
    }),
  });
  document.commentBefore =
    common === null
      ? ' Not published: no publish rule and no access_level of their own. Tags of theirs may flow downstream.'
      : ` Datasets of the namespace ${common}. Comments tell what follows from elsewhere; \`dbt\` is as the project had it.`;
  const list = document.get('datasets');
  if (isSeq(list))
    list.items.forEach((item, index) => {
      const dataset = entries[index]?.dataset ?? null;
      if (isMap(item)) dress(item, dataset, index === 0);
    });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Columns on a line each, and what was decided elsewhere beside them. */
function dress(item: YAMLMap, dataset: Dataset | null, first: boolean): void {
  item.spaceBefore = !first;
  const byName = new Map((dataset?.columns ?? []).map((column) => [column.name.toLowerCase(), column]));
  for (const pair of item.items) {
    if (!isPair(pair) || !isScalar(pair.key)) continue;
    const { value } = pair;
    if (pair.key.value === 'columns' && isSeq(value))
      for (const column of value.items) {
        if (!isMap(column)) continue;
        column.flow = true;
        const comment = columnComment(byName.get(String(column.get('name')).toLowerCase()));
        if (comment !== null) column.comment = ` ${comment}`;
      }
    else if ((isMap(value) || isSeq(value)) && pair.key.value !== 'dbt') value.flow = true;
  }
  if (dataset !== null) item.commentBefore = ` ${datasetComment(dataset)}`;
}

function datasetComment({ id, accessLevel, accessLevelSource, tags, invalid }: Dataset): string {
  const also = elsewhere(tags);
  return oneLine(
    `${id}: ${accessLevel} (${accessLevelSource})${also === '' ? '' : `; also tagged ${also}`}${invalid === null ? '' : `; refused: ${invalid}`}`,
  );
}

function columnComment(column: Column | undefined): string | null {
  const also = elsewhere(column?.tags ?? []);
  return also === '' ? null : oneLine(`also ${also}`);
}

/** Tags that are not the file's to say. */
function elsewhere(tags: readonly TagAssignment[]): string {
  return tags
    .flatMap(({ tag, source }) => {
      if (source.kind === 'patched') return [`${tag} by ${source.via}`];
      if (source.kind !== 'propagated') return [];
      const [origin] = source.path;
      return [`${tag} by lineage${origin === undefined ? '' : ` from ${origin.dataset}.${origin.column}`}`];
    })
    .join(', ');
}

/** A comment ends where the line does. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');

function headerText(manifest: unknown, project: DbtProject, roots: readonly string[]): string {
  const header: Draft = {};
  if (project.adapter !== null) header.adapter = project.adapter;
  if (project.name !== null) header.project = project.name;
  // Fusion's copies of tags are settled in these files: they are not to be settled again.
  if (!project.fusion && project.dbtVersion !== '') header.dbt_version = project.dbtVersion;
  if (roots.length > 0) header.policies = roots.length === 1 ? roots[0] : roots;
  const exposures = objectOf(objectOf(manifest).exposures);
  if (!isEmpty(exposures)) header.projects = exposures;
  const document = new Document(header);
  document.commentBefore =
    ' Written by `sluice export`. Edit, and push back with `sluice push --catalogue`. Publish rules stay in sluice.yml.';
  return document.toString({ lineWidth: 0 });
}

const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
