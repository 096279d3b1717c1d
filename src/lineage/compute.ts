/** The lineage of a whole project: what is unchanged is taken over by hash, what changed is read in threads, parents before those that need their columns. */
import { createHash } from 'node:crypto';
import type { PhysicalByEngine } from '../catalogue/physical.ts';
import type { DbtCatalog } from '../dbt/project.ts';
import type { Analysed, Job, NodeColumns } from './analyse.ts';
import { dialectOf } from './dialect.ts';
import { type Graph, type GraphNode, readGraph } from './graph.ts';
import type { Lineage, NodeLineage, TagRules } from './lineage.ts';
import { openReaders, type Readers } from './threads.ts';

/** Grows with whatever changes what is read out of the same SQL; the parser's version belongs to it. */
const VERSION = '3 polyglot 0.12.1';

export interface LineageInput {
  readonly manifest: unknown;
  readonly catalog: DbtCatalog | null;
  readonly physical: PhysicalByEngine;
  readonly tagRules: TagRules;
  /** Of the state before. */
  readonly previous: Lineage | null;
  /** Told as it goes, for people. */
  readonly onStep?: ((text: string) => void) | undefined;
  readonly threads?: number;
}

export async function computeLineage(input: LineageInput): Promise<Lineage> {
  const graph = readGraph(input.manifest, input.catalog, input.physical);
  const words = [...new Set(Object.values(input.tagRules).flatMap((rule) => rule.stopped_by ?? []))]
    .map((word) => word.toLowerCase())
    .sort();
  const world = { dialect: dialectOf(graph.adapter), words, relations: relationsOf(graph) };
  const known = new Map([...graph.nodes.values()].map((node) => [node.id, columnsBefore(node)]));
  const hashOf = hasher([VERSION, world.dialect, ...words], world.relations, known);
  const total = [...graph.nodes.values()].filter(({ code }) => code !== null).length;
  const done = new Map<string, NodeLineage>();
  let readers: Readers | null = null;
  let read = 0;

  async function readAll(jobs: readonly Job[]): Promise<ReadonlyMap<string, Analysed>> {
    if (jobs.length === 0) return new Map();
    if (readers === null) {
      readers = openReaders({ world, ...(input.threads === undefined ? {} : { threads: input.threads }) });
      for (const [id, columns] of known) readers.learn(id, columns);
    }
    return readers.read(jobs, (count) => {
      read += count;
      input.onStep?.(`reading where columns come from: ${read + reused(done)} of ${total} models`);
    });
  }

  try {
    for (const level of levelsOf(graph)) {
      const jobs: Job[] = [];
      for (const node of level) {
        const before = input.previous === null ? undefined : entryOf(input.previous, node.id);
        const hash = hashOf(node, before?.beside ?? []);
        if (before?.hash === hash) done.set(node.id, before);
        else if (node.code === null || node.unreadable !== null)
          done.set(node.id, unread(node, hash, before));
        else jobs.push(jobOf(node, node.code));
      }
      for (const [id, result] of await readAll(jobs)) {
        const node = graph.nodes.get(id);
        // What it reads beside dbt is known only now.
        if (node !== undefined)
          done.set(id, { hash: hashOf(node, result.beside ?? []), ...checksumOf(node), ...result });
      }
      for (const node of level) {
        const columns = columnsAfter(node, done.get(node.id));
        if (columns === null) continue;
        known.set(node.id, columns);
        (readers as Readers | null)?.learn(node.id, columns);
      }
    }
  } finally {
    await (readers as Readers | null)?.close();
  }
  return { nodes: Object.fromEntries([...done].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const reused = (done: ReadonlyMap<string, NodeLineage>): number =>
  [...done.values()].filter(({ status }) => status === 'known').length;

/** A name of a column or a node may be any text: nothing is read that is not the object's own. */
export function entryOf({ nodes }: Lineage, id: string): NodeLineage | undefined {
  return Object.hasOwn(nodes, id) ? nodes[id] : undefined;
}

const checksumOf = ({ checksum }: GraphNode): Pick<NodeLineage, 'checksum'> =>
  checksum === null ? {} : { checksum };

/**
 * `dbt parse` compiles nothing. Of code that is what it was, the lineage of then is the best guess there is: it is kept as
 * one, and names count beside it.
 */
function unread(node: GraphNode, hash: string, before: NodeLineage | undefined): NodeLineage {
  const { unreadable, parents, checksum, code } = node;
  if (unreadable === null) return { hash, status: 'none', parents: [], columns: {} };
  const same = code === null && checksum !== null && before?.checksum === checksum;
  const guessed = Object.entries(same ? before.columns : {}).map(
    ([name, { from }]) => [name, { resolved: false, from }] as const,
  );
  return {
    hash,
    status: 'unknown',
    why: unreadable,
    ...checksumOf(node),
    parents: same ? [...new Set([...parents, ...before.parents])].sort() : parents,
    columns: Object.fromEntries(guessed),
    ...(same && before.rest !== undefined ? { rest: before.rest } : {}),
  };
}

function jobOf(node: GraphNode, code: string): Job {
  const { id, parents, ephemerals, added } = node;
  return { id, code, parents, ephemerals, own: ownColumns(node), added };
}

const ownColumns = ({ warehouse, documented }: GraphNode): readonly string[] => [
  ...new Set([...(warehouse ?? []), ...documented]),
];

function columnsBefore({ warehouse, documented }: GraphNode): NodeColumns {
  if (warehouse === null) return { columns: documented, exact: false, also: [] };
  const present = new Set(warehouse);
  // Two that differ in case alone are one here: then their places say nothing.
  return {
    columns: [...present],
    exact: present.size === warehouse.length,
    also: documented.filter((name) => !present.has(name)),
  };
}

/** What its own SQL tells where the warehouse does not; null where nothing new is known. */
function columnsAfter(node: GraphNode, lineage: NodeLineage | undefined): NodeColumns | null {
  if (node.warehouse !== null || lineage?.status !== 'known') return null;
  const names = Object.keys(lineage.columns);
  if (lineage.exact === undefined) return { columns: names, exact: false, also: [] };
  return { columns: names.slice(0, lineage.exact), exact: true, also: names.slice(lineage.exact) };
}

/** By every ending of the whole name: SQL may leave the first parts out. */
function relationsOf({ nodes }: Graph): ReadonlyMap<string, readonly string[]> {
  const relations = new Map<string, string[]>();
  for (const { id, relation } of nodes.values()) {
    if (relation === null) continue;
    const parts = relation.split('.');
    for (const at of parts.keys()) {
      const name = parts.slice(at).join('.');
      const known = relations.get(name);
      if (known === undefined) relations.set(name, [id]);
      else known.push(id);
    }
  }
  return relations;
}

/** Parents before children as far as a child needs the columns that its parent's SQL tells. */
function levelsOf({ nodes }: Graph): readonly (readonly GraphNode[])[] {
  const depths = new Map<string, number>();
  const needed = ({ parents }: GraphNode): readonly GraphNode[] =>
    parents.flatMap((id) => {
      const parent = nodes.get(id);
      return parent === undefined || parent.warehouse !== null || parent.code === null ? [] : parent;
    });
  for (const start of nodes.values()) {
    const path = [start];
    const open = new Set<string>();
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      open.add(node.id);
      // One that is open already reads itself by way of others: it goes without.
      const next = needed(node).find(({ id }) => !depths.has(id) && !open.has(id));
      if (next !== undefined) {
        path.push(next);
        continue;
      }
      if (!depths.has(node.id))
        depths.set(node.id, Math.max(0, ...needed(node).map(({ id }) => (depths.get(id) ?? -1) + 1)));
      path.pop();
    }
  }
  const levels: GraphNode[][] = [];
  for (const node of nodes.values()) {
    const depth = depths.get(node.id) ?? 0;
    while (levels.length <= depth) levels.push([]);
    levels[depth]?.push(node);
  }
  return levels;
}

/** Over all that the reading of a node is made of. */
function hasher(
  fixed: readonly string[],
  relations: ReadonlyMap<string, readonly string[]>,
  known: ReadonlyMap<string, NodeColumns>,
): (node: GraphNode, beside: readonly string[]) => string {
  const digests = new WeakMap<NodeColumns, string>();
  const digestOf = (id: string): string => {
    const columns = known.get(id);
    if (columns === undefined) return '';
    const digest = digests.get(columns) ?? sha256(JSON.stringify(columns));
    digests.set(columns, digest);
    return digest;
  };
  return (node, beside) => {
    const { id, code, checksum, unreadable, parents, ephemerals, added } = node;
    const read = [...parents, ...Object.values(ephemerals)].map((one) => [one, digestOf(one)]);
    const named = beside.map((name) => [
      name,
      (relations.get(name) ?? []).map((one) => [one, digestOf(one)]),
    ]);
    return sha256(
      JSON.stringify([
        fixed,
        id,
        code,
        checksum,
        unreadable,
        ownColumns(node),
        ephemerals,
        added,
        read,
        named,
      ]),
    );
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
