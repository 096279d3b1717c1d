/**
 * Tags that follow columns downstream: through the whole graph, exposed or not, until nothing changes. What is not known
 * of a column's lineage never loses a tag: of a node that could not be read, every column of the same name gets it.
 */
import type { TagAssignment } from '../catalogue/dataset.ts';
import type { DbtNode, DbtProject } from '../dbt/project.ts';
import { type Finding, finding } from '../findings.ts';
import type { Lineage, NodeLineage } from '../lineage/lineage.ts';
import type { AssignedTags, NodeTags } from './assign.ts';
import type { Carried, Columns, Tags } from './carried.ts';
import { createFlow, type Flow } from './flow.ts';
import { withTags } from './patch.ts';
import type { Propagation } from './rules.ts';

export interface PropagateInput {
  readonly project: DbtProject;
  readonly assigned: AssignedTags;
  readonly lineage: Lineage;
  readonly propagation: Propagation;
  /** Dataset id of a node, its unique_id where it has none. */
  readonly nameOf: (uniqueId: string) => string;
}

export function propagateTags(input: PropagateInput): AssignedTags {
  const { project, assigned, lineage, propagation, nameOf } = input;
  const nodes = [...project.nodes, ...project.ephemeral];
  const lineageOf = (id: string): NodeLineage | undefined =>
    Object.hasOwn(lineage.nodes, id) ? lineage.nodes[id] : undefined;
  const twins = twinsOf(project.nodes);
  const declassified = new Map(nodes.map((node) => [node.uniqueId, declassifiedIn(node)]));
  const own = new Map(
    nodes.map((node) => [node.uniqueId, followingIn(node, assigned.byNode.get(node.uniqueId), propagation)]),
  );
  const flow = createFlow({
    propagation,
    lineageOf,
    own: (id) => own.get(id) ?? new Map(),
    twins,
    declassified: (id) => declassified.get(id) ?? new Map(),
    nameOf,
  });
  const upstream = (id: string): readonly string[] => [...(lineageOf(id)?.parents ?? []), ...twins(id)];
  const order = parentsFirst(nodes, upstream);
  const places = new Map(order.map((id, place) => [id, place]));
  // Once is enough unless a node reads itself by way of others.
  const circular = order.some((id) =>
    upstream(id).some((parent) => (places.get(parent) ?? -1) >= (places.get(id) ?? 0)),
  );
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) if (flow.step(id)) changed = circular;
  }
  const findings: Finding[] = [...assigned.findings];
  const byNode = new Map(assigned.byNode);
  for (const node of nodes) {
    const before = byNode.get(node.uniqueId) ?? { tags: [], columns: [] };
    byNode.set(node.uniqueId, withPropagated(node, before, flow, lineageOf(node.uniqueId)));
    findings.push(...findingsOf(node, flow, lineageOf(node.uniqueId), declassified.get(node.uniqueId)));
  }
  return { byNode, findings };
}

/** Lineage compares without case: so do the names here. */
const nameIn = (name: string): string => name.toLowerCase();

function followingIn(node: DbtNode, tags: NodeTags | undefined, { follows }: Propagation): Columns {
  const found = new Map<string, Tags>();
  const add = (name: string, assignments: readonly TagAssignment[]): void => {
    const following = assignments.filter(({ tag, source }) => source.kind !== 'derived' && follows(tag));
    if (following.length === 0) return;
    const all = new Map(found.get(name));
    for (const { tag, source } of following) if (!all.has(tag)) all.set(tag, { file: source.file, path: [] });
    found.set(name, all);
  };
  node.columns.forEach((column, index) => {
    add(nameIn(column.name), tags?.columns[index] ?? []);
  });
  for (const [name, assignments] of tags?.others ?? []) add(nameIn(name), assignments);
  return found;
}

/** Of columns that differ in case alone each has to say so: lineage does not tell them apart. */
function declassifiedIn(node: DbtNode): ReadonlyMap<string, string> {
  const open = new Set(
    node.columns.flatMap(({ name, declassify }) => (declassify === undefined ? [nameIn(name)] : [])),
  );
  return new Map(
    node.columns.flatMap(({ name, declassify }) =>
      declassify === undefined || open.has(nameIn(name)) ? [] : [[nameIn(name), declassify] as const],
    ),
  );
}

function twinsOf(nodes: readonly DbtNode[]): (id: string) => readonly string[] {
  const groups = Map.groupBy(nodes, ({ relation: { database, schema, identifier } }) =>
    JSON.stringify([database, schema, identifier].map((part) => part?.toLowerCase() ?? null)),
  );
  const twins = new Map<string, readonly string[]>();
  for (const group of groups.values())
    if (group.length > 1)
      for (const { uniqueId } of group)
        twins.set(
          uniqueId,
          group.map((other) => other.uniqueId).filter((id) => id !== uniqueId),
        );
  return (id) => twins.get(id) ?? [];
}

function parentsFirst(
  nodes: readonly DbtNode[],
  upstream: (id: string) => readonly string[],
): readonly string[] {
  const order = new Set<string>();
  const opened = new Set<string>();
  const known = new Set(nodes.map(({ uniqueId }) => uniqueId));
  for (const start of known) {
    const path = [start];
    for (let id = path.at(-1); id !== undefined; id = path.at(-1)) {
      opened.add(id);
      const next = upstream(id).find((parent) => known.has(parent) && !opened.has(parent));
      if (next !== undefined) path.push(next);
      else {
        order.add(id);
        path.pop();
      }
    }
  }
  return [...order];
}

/** Its own words stay the source of what both say. */
function withPropagated(
  node: DbtNode,
  before: NodeTags,
  flow: Flow,
  lineage: NodeLineage | undefined,
): NodeTags {
  const tags = lineage?.status === 'unknown' ? withTags(before.tags, [unknownTag(node.file)]) : before.tags;
  const arrived = flow.arrived(node.uniqueId);
  if (arrived.size === 0) return { ...before, tags };
  const others = new Map(before.others);
  for (const [name, carried] of arrived)
    others.set(
      name,
      withTags(
        others.get(name) ?? [],
        [...carried].map(([tag, way]) => assignment(tag, way)),
      ),
    );
  return { ...before, tags, others };
}

function assignment(tag: string, { file, path }: Carried): TagAssignment {
  const source = Object.freeze({
    kind: 'propagated' as const,
    via: 'lineage',
    file,
    path: Object.freeze(path),
  });
  return Object.freeze({ tag, source });
}

/** Policies may ask for it: what goes by names alone is a guess. */
const unknownTag = (file: string | null): TagAssignment =>
  Object.freeze({
    tag: 'dbt.lineage.unknown',
    source: Object.freeze({ kind: 'derived' as const, via: 'lineage', file }),
  });

const COMPUTED: ReadonlySet<string> = new Set(['model', 'snapshot']);

/** Only lineage that came with a push can: what is computed has every node. */
const leftOut = (place: Pick<Finding, 'node' | 'file'>): Finding =>
  finding('lineage-unknown', 'the lineage of the push leaves it out, so no tag follows into it', place);

function findingsOf(
  node: DbtNode,
  flow: Flow,
  lineage: NodeLineage | undefined,
  reasons: ReadonlyMap<string, string> | undefined,
): readonly Finding[] {
  const place = { node: node.uniqueId, file: node.file };
  if (lineage === undefined) return COMPUTED.has(node.resourceType) ? [leftOut(place)] : [];
  const found: Finding[] = [];
  if (lineage.status === 'unknown')
    found.push(finding('lineage-unknown', lineage.why ?? 'it could not be read', place));
  for (const { column, tag, from, by } of flow.ended(node.uniqueId)) {
    const where = by === null ? `it is declassified: ${reasons?.get(column) ?? ''}` : `${by} stops it`;
    found.push(
      finding('lineage-broken', `"${tag}" of ${from.dataset}.${from.column} ends here: ${where}`, {
        ...place,
        column,
      }),
    );
  }
  for (const [column, { resolved }] of Object.entries(lineage.columns)) {
    if (resolved || lineage.status === 'unknown') continue;
    const guessed = flow.arrived(node.uniqueId).get(column);
    if (guessed === undefined) continue;
    found.push(
      finding(
        'lineage-unknown',
        `"${[...guessed.keys()].join('", "')}" is there by a guess: where the column comes from is not known`,
        {
          ...place,
          column,
          level: 'note',
        },
      ),
    );
  }
  return found;
}
