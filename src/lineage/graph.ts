/** The nodes of a manifest as lineage needs them: compiled code, what they read, and what is known of their columns. Lenient, since the catalogue's reader refuses what is wrong. */

import type { PhysicalByEngine } from '../catalogue/physical.ts';
import type { DbtCatalog } from '../dbt/project.ts';
import { parseRelationName } from '../dbt/relation.ts';
import { type Fields, fold, isFields, listIn } from './tree.ts';

export interface GraphNode {
  readonly id: string;
  /** Null for what is not computed from other nodes. */
  readonly code: string | null;
  /** Of the code before dbt compiled it, null where dbt does not tell. */
  readonly checksum: string | null;
  /** Why its code cannot be read, null where it can. */
  readonly unreadable: string | null;
  readonly parents: readonly string[];
  /** Ephemeral models among what it reads, at any depth, by the name that dbt gives them in WITH. */
  readonly ephemerals: Readonly<Record<string, string>>;
  /** Dotted, in lower case; null for ephemeral models and for what is no relation. */
  readonly relation: string | null;
  /** In the order of the warehouse, null where nobody knows. */
  readonly warehouse: readonly string[] | null;
  readonly documented: readonly string[];
  /** Columns that dbt adds to a snapshot, with the column that they come from, or null. */
  readonly added: Readonly<Record<string, string | null>>;
}

export interface Graph {
  readonly adapter: string | null;
  readonly nodes: ReadonlyMap<string, GraphNode>;
}

const COMPUTED: ReadonlySet<string> = new Set(['model', 'snapshot']);
const GIVEN: ReadonlySet<string> = new Set(['source', 'seed']);

export function readGraph(manifest: unknown, catalog: DbtCatalog | null, physical: PhysicalByEngine): Graph {
  const root = isFields(manifest) ? manifest : {};
  const metadata = isFields(root.metadata) ? root.metadata : {};
  const entries = [root.nodes, root.sources].flatMap((section) =>
    isFields(section) ? Object.entries(section) : [],
  );
  const raw = new Map<string, Fields>();
  for (const [id, node] of entries)
    if (isFields(node) && !isDisabled(node) && isDataset(node)) raw.set(id, node);
  const served = servedColumns(physical);
  const nodes = new Map<string, GraphNode>();
  for (const [id, node] of raw)
    nodes.set(
      id,
      graphNode(id, node, raw, (relation) => warehouseOf(id, relation, served, catalog)),
    );
  const { adapter_type: adapter } = metadata;
  return { adapter: typeof adapter === 'string' ? adapter.toLowerCase() : null, nodes };
}

const typeOf = (node: Fields): string => textIn(node, 'resource_type') ?? '';
const isDataset = (node: Fields): boolean => COMPUTED.has(typeOf(node)) || GIVEN.has(typeOf(node));
const configOf = (node: Fields): Fields => (isFields(node.config) ? node.config : {});
const isDisabled = (node: Fields): boolean => configOf(node).enabled === false;
const isEphemeral = (node: Fields): boolean => configOf(node).materialized === 'ephemeral';

function textIn(fields: Fields, key: string): string | null {
  const value = fields[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

function parentsOf(node: Fields, raw: ReadonlyMap<string, Fields>): readonly string[] {
  const named = isFields(node.depends_on) ? listIn(node.depends_on, 'nodes') : [];
  return [...new Set(named.filter((id) => typeof id === 'string'))].filter((id) => raw.has(id)).sort();
}

function graphNode(
  id: string,
  node: Fields,
  raw: ReadonlyMap<string, Fields>,
  warehouseOf: (relation: string) => readonly string[] | null,
): GraphNode {
  const computed = COMPUTED.has(typeOf(node));
  const code = computed ? (textIn(node, 'compiled_code') ?? textIn(node, 'compiled_sql')) : null;
  const relation = isEphemeral(node) ? null : relationOf(node);
  return {
    id,
    code,
    checksum: computed && isFields(node.checksum) ? textIn(node.checksum, 'checksum') : null,
    unreadable: computed ? whyUnreadable(node, code) : null,
    parents: computed ? parentsOf(node, raw) : [],
    ephemerals: computed ? ephemeralsOf(node, raw) : {},
    relation,
    warehouse: relation === null ? null : warehouseOf(relation),
    documented: documentedIn(node),
    added: typeOf(node) === 'snapshot' ? addedBySnapshot(node) : {},
  };
}

function whyUnreadable(node: Fields, code: string | null): string | null {
  if ((textIn(node, 'language') ?? 'sql') !== 'sql') return 'it is not written in SQL';
  return code === null
    ? 'the manifest holds no compiled SQL of it; `dbt compile` or `dbt build` writes it'
    : null;
}

function ephemeralsOf(node: Fields, raw: ReadonlyMap<string, Fields>): GraphNode['ephemerals'] {
  const found: Record<string, string> = {};
  const visit = (from: Fields): void => {
    for (const id of parentsOf(from, raw)) {
      const parent = raw.get(id);
      if (parent === undefined || !isEphemeral(parent)) continue;
      const name = `__dbt__cte__${fold(textIn(parent, 'alias') ?? textIn(parent, 'name') ?? '')}`;
      const older = `__dbt__cte__${fold(textIn(parent, 'name') ?? '')}`;
      if (found[name] === id) continue;
      found[name] = id;
      found[older] ??= id;
      visit(parent);
    }
  };
  visit(node);
  return found;
}

/** What a relation is called, in lower case, as its parts stand in SQL. */
function relationOf(node: Fields): string | null {
  const text = textIn(node, 'relation_name');
  const parsed = text === null ? null : parseRelationName(text);
  if (text !== null && parsed === null) return null;
  const parts =
    parsed?.map(({ name }) => name) ??
    [
      textIn(node, 'database'),
      textIn(node, 'schema'),
      textIn(node, typeOf(node) === 'source' ? 'identifier' : 'alias') ?? textIn(node, 'name'),
    ].filter((part) => part !== null);
  return fold(parts.join('.'));
}

function documentedIn(node: Fields): readonly string[] {
  if (!isFields(node.columns)) return [];
  return Object.entries(node.columns).map(([key, column]) =>
    fold((isFields(column) ? textIn(column, 'name') : null) ?? key),
  );
}

/** Their names may be set; what they hold is time, and a digest of the key. */
function addedBySnapshot(node: Fields): GraphNode['added'] {
  const config = configOf(node);
  const names = isFields(config.snapshot_meta_column_names) ? config.snapshot_meta_column_names : {};
  const name = (key: string): string => fold(textIn(names, key) ?? key);
  const moment = textIn(config, 'strategy') === 'timestamp' ? textIn(config, 'updated_at') : null;
  // An expression is not looked into: it then counts as unresolved.
  const from = moment === null ? null : fold(moment);
  return Object.fromEntries([
    [name('dbt_scd_id'), null],
    [name('dbt_updated_at'), from],
    [name('dbt_valid_from'), from],
    [name('dbt_valid_to'), from],
    [name('dbt_is_deleted'), null],
  ]);
}

/** Columns of what the engines serve, by the last two parts of the name and by all three. */
function servedColumns(physical: PhysicalByEngine): ReadonlyMap<string, readonly string[]> {
  const served = new Map<string, readonly string[]>();
  for (const relations of Object.values(physical))
    for (const { relation, columns } of relations) {
      const names = columns.map(({ name }) => fold(name));
      const local = fold(`${relation.schema}.${relation.identifier}`);
      served.set(local, names);
      if (relation.database !== null) served.set(`${fold(relation.database)}.${local}`, names);
    }
  return served;
}

/** What the engine serves now counts before what the docs saw when they were generated. */
function warehouseOf(
  id: string,
  relation: string,
  served: ReadonlyMap<string, readonly string[]>,
  catalog: DbtCatalog | null,
): readonly string[] | null {
  const now = served.get(relation) ?? served.get(relation.split('.').slice(-2).join('.'));
  return now ?? catalog?.relations.get(id)?.map(({ name }) => fold(name)) ?? null;
}
