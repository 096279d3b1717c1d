/** How a manifest's relations hang together: what each is built from, which keys refer to which, what tells its rows apart. What is odd is left out: nothing here decides about access. */
import { readHeader } from './artifact.ts';
import type { Json } from './json.ts';

/** Some columns of a node, as dbt spells them. */
export interface ColumnsOf {
  /** unique_id. */
  readonly node: string;
  readonly columns: readonly string[];
}

/** Every value of `from` that is not NULL stands in `to`, or so the project says. */
export interface Reference {
  readonly from: ColumnsOf;
  readonly to: ColumnsOf;
  readonly via: 'test' | 'constraint';
}

export interface DbtLinks {
  /** By unique_id: what a node reads, with ephemeral models seen through. */
  readonly inputs: ReadonlyMap<string, readonly string[]>;
  readonly references: readonly Reference[];
  /** By unique_id: the columns that tell its rows apart. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** By unique_id: the SQL of a model, compiled where it is. */
  readonly code: ReadonlyMap<string, string>;
}

/** @throws SluiceError manifest_invalid where it is no manifest at all */
export function readLinks(manifest: unknown): DbtLinks {
  const { root } = readHeader(manifest, 'manifest_invalid');
  const nodes = new Map<string, Json>();
  for (const section of [root.nodes, root.sources])
    for (const [id, node] of Object.entries(objectOf(section)))
      if (enabled(node)) nodes.set(id, objectOf(node));
  const names = byName(nodes);
  const references: Reference[] = [];
  const unique = new Map<string, string[]>();
  const keys = new Map<string, readonly string[]>();
  for (const [id, node] of nodes) {
    if (node.resource_type === 'test') {
      const reference = referenceOf(node, nodes, names);
      if (reference !== null) references.push(reference);
      const single = uniqueOf(node);
      if (single !== null) unique.set(single.node, [...(unique.get(single.node) ?? []), ...single.columns]);
      continue;
    }
    references.push(...constrained(id, node, names));
    const key = primaryKeyOf(node);
    if (key.length > 0) keys.set(id, key);
  }
  for (const [id, columns] of unique) if (!keys.has(id)) keys.set(id, columns.sort().slice(0, 1));
  return { inputs: inputsOf(nodes), references: distinct(references), keys, code: codeOf(nodes) };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textsOf = (value: unknown): readonly string[] =>
  listOf(value).filter((item): item is string => typeof item === 'string');
const enabled = (node: unknown): boolean => objectOf(objectOf(node).config).enabled !== false;
const dependsOn = (node: Json): readonly string[] => textsOf(objectOf(node.depends_on).nodes);

type Names = ReadonlyMap<string, readonly string[]>;

/** unique_ids by every name that `ref`, `source` or a constraint may call them, with the keys told apart by their form. */
function byName(nodes: ReadonlyMap<string, Json>): Names {
  const names = new Map<string, string[]>();
  const add = (name: string, id: string) => names.set(name, [...(names.get(name) ?? []), id]);
  for (const [id, node] of nodes) {
    if (node.resource_type === 'test') continue;
    if (typeof node.relation_name === 'string') add(node.relation_name, id);
    if (node.resource_type === 'source') add(`source:${String(node.source_name)}.${String(node.name)}`, id);
    else add(`ref:${String(node.name)}`, id);
  }
  return names;
}

/** `ref('a')`, `ref('package', 'a', v=2)`, `source('s', 't')`, or the name of a relation; all that it could mean. */
function meant(text: unknown, names: Names): readonly string[] {
  if (typeof text !== 'string') return [];
  const call = /\b(ref|source)\s*\(([^)]*)\)/.exec(text);
  if (call === null) return names.get(text.trim()) ?? [];
  const given = [...(call[2] ?? '').replace(/\bv(ersion)?\s*=[^,]*/, '').matchAll(/'([^']*)'|"([^"]*)"/g)];
  const parts = given.map(([, single, double]) => single ?? double ?? '');
  return names.get(call[1] === 'ref' ? `ref:${parts.at(-1)}` : `source:${parts.join('.')}`) ?? [];
}

/** A `relationships` test: dbt names both of its nodes, and which of them is the parent follows from `to`. */
function referenceOf(test: Json, nodes: ReadonlyMap<string, Json>, names: Names): Reference | null {
  const { name, kwargs } = objectOf(test.test_metadata);
  const { column_name: column, field, to, model } = objectOf(kwargs);
  if (name !== 'relationships' || typeof column !== 'string' || typeof field !== 'string') return null;
  const both = dependsOn(test);
  if (both.length === 0 || both.length > 2 || !both.every((id) => nodes.has(id))) return null;
  const child = oneOf(
    both,
    typeof test.attached_node === 'string' ? [test.attached_node] : meant(model, names),
  );
  const parent =
    both.length === 1 ? both[0] : (both.find((id) => id !== child) ?? oneOf(both, meant(to, names)));
  if (child === undefined || parent === undefined) return null;
  return { from: { node: child, columns: [column] }, to: { node: parent, columns: [field] }, via: 'test' };
}

/** The only one of `given` that is among `wanted`. */
function oneOf(given: readonly string[], wanted: readonly string[]): string | undefined {
  const found = given.filter((id) => wanted.includes(id));
  return found.length === 1 ? found[0] : undefined;
}

function uniqueOf(test: Json): ColumnsOf | null {
  const { name, kwargs } = objectOf(test.test_metadata);
  const column = objectOf(kwargs).column_name;
  const [node, ...others] = dependsOn(test);
  if (name !== 'unique' || typeof column !== 'string' || node === undefined || others.length > 0) return null;
  return { node, columns: [column] };
}

/** A column may be an expression, which has no place in a key. */
const PLAIN = /^[\p{L}_][\p{L}\p{N}_$ ]*$/u;

function primaryKeyOf(node: Json): readonly string[] {
  const stated = listOf(node.constraints)
    .map(objectOf)
    .find(({ type }) => type === 'primary_key');
  if (stated !== undefined && textsOf(stated.columns).length > 0) return textsOf(stated.columns);
  for (const column of Object.values(objectOf(node.columns)).map(objectOf))
    if (listOf(column.constraints).some((one) => objectOf(one).type === 'primary_key'))
      return [String(column.name)];
  return textsOf(node.primary_key).filter((column) => PLAIN.test(column));
}

/** Foreign keys of contracts, of the model and of its columns. */
function constrained(id: string, node: Json, names: Names): readonly Reference[] {
  const columns = Object.values(objectOf(node.columns)).map(objectOf);
  const stated = [
    ...listOf(node.constraints).map((one) => ({ one: objectOf(one), of: textsOf(objectOf(one).columns) })),
    ...columns.flatMap((column) =>
      listOf(column.constraints).map((one) => ({ one: objectOf(one), of: [String(column.name)] })),
    ),
  ];
  return stated.flatMap(({ one, of }): Reference[] => {
    const [parent, ...others] = one.type === 'foreign_key' ? meant(one.to, names) : [];
    const fields = textsOf(one.to_columns);
    if (parent === undefined || others.length > 0 || of.length === 0 || fields.length !== of.length)
      return [];
    return [{ from: { node: id, columns: of }, to: { node: parent, columns: fields }, via: 'constraint' }];
  });
}

function distinct(references: readonly Reference[]): readonly Reference[] {
  const found = new Map(references.map((one) => [JSON.stringify([one.from, one.to]).toLowerCase(), one]));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function inputsOf(nodes: ReadonlyMap<string, Json>): DbtLinks['inputs'] {
  const isEphemeral = (id: string): boolean => objectOf(nodes.get(id)?.config).materialized === 'ephemeral';
  const inputs = new Map<string, readonly string[]>();
  for (const [id, node] of nodes) {
    if (node.resource_type === 'test' || isEphemeral(id)) continue;
    const found = new Set<string>();
    const passed = new Set<string>();
    const open = [...dependsOn(node)];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (!isEphemeral(next)) found.add(next);
      else if (!passed.has(next)) {
        passed.add(next);
        open.push(...dependsOn(nodes.get(next) ?? {}));
      }
    }
    inputs.set(id, [...found].sort());
  }
  return inputs;
}

/** Manifests before v7 had `sql` where `code` stands now. */
const CODE = ['compiled_code', 'compiled_sql', 'raw_code', 'raw_sql'];

function codeOf(nodes: ReadonlyMap<string, Json>): DbtLinks['code'] {
  const found = [...nodes].map(([id, node]) => {
    const codes = CODE.map((key) => node[key]);
    return [id, codes.find((code): code is string => typeof code === 'string' && code !== '') ?? ''] as const;
  });
  return new Map(found);
}
