/** The lineage of one node: its compiled SQL read against what is known of the relations that it names. Pure, and never throws for what stands in the SQL. */
import type { ColumnLineage, NodeLineage, RestLineage } from './lineage.ts';
import { lostWord } from './lost-words.ts';
import type { SqlLibrary } from './parse.ts';
import type { Reading } from './reading.ts';
import { type Output, opaque, openColumn, type Shape } from './shape.ts';
import { fromColumn, NOTHING, type Sources, UNKNOWN, union, unresolved } from './sources.ts';
import { outputOf } from './statement.ts';
import { Unreadable } from './tree.ts';

/** What is known of a node's columns before its SQL is read, or after. Lower-case. */
export interface NodeColumns {
  readonly columns: readonly string[];
  /** Whether these are all, in the order of the relation. */
  readonly exact: boolean;
  /** Columns that it is said to have besides. */
  readonly also: readonly string[];
}

export interface World {
  readonly dialect: string;
  readonly words: readonly string[];
  /** unique_ids by dotted name, in lower case: every ending of the whole path stands in it. */
  readonly relations: ReadonlyMap<string, readonly string[]>;
  readonly columns: Map<string, NodeColumns>;
}

export interface Job {
  readonly id: string;
  readonly code: string;
  /** What dbt says that it reads. */
  readonly parents: readonly string[];
  /** Ephemeral models among them, by the name that dbt gives them in WITH. */
  readonly ephemerals: Readonly<Record<string, string>>;
  /** Columns that dbt or the warehouse know of it. */
  readonly own: readonly string[];
  /** Columns that dbt adds to a snapshot, with the column of the SQL that they come from, or null. */
  readonly added: Readonly<Record<string, string | null>>;
}

export type Analysed = Omit<NodeLineage, 'hash'>;

export function analyse(job: Job, world: World, library: SqlLibrary): Analysed {
  const found = new Set<string>();
  const beside = new Set<string>();
  const reading: Reading = {
    dialect: world.dialect,
    words: new Set(world.words),
    relation: (path) => {
      const name = path.join('.');
      const ids = world.relations.get(name) ?? [];
      const among = ids.filter((id) => job.parents.includes(id));
      const meant = among.length > 0 && ids.length > 1 ? among : ids;
      if (meant.some((id) => !job.parents.includes(id)) || meant.length === 0) beside.add(name);
      for (const id of meant) if (id !== job.id) found.add(id);
      return meant.length === 0 ? null : relationShape(meant, job.id, world.columns);
    },
    ephemeral: (name) => {
      const id = Object.hasOwn(job.ephemerals, name) ? job.ephemerals[name] : undefined;
      return id === undefined ? null : relationShape([id], job.id, world.columns);
    },
  };
  const rest = (): Pick<NodeLineage, 'parents' | 'beside'> => ({
    parents: [...new Set([...job.parents, ...found])].sort(),
    ...(beside.size === 0 ? {} : { beside: [...beside].sort() }),
  });
  try {
    const tree = library.parse(job.code, world.dialect);
    const shape = outputOf(tree, reading);
    const matters = namesThatMatter([...job.parents, ...found], world);
    const lost = lostWord(library.words(job.code, world.dialect), tree, matters);
    if (lost !== null) throw new Unreadable(`the SQL parser leaves out a part of its SQL (near ${lost})`);
    return { status: 'known', ...rest(), ...columnsOf(shape, job) };
  } catch (thrown) {
    if (!(thrown instanceof Unreadable || thrown instanceof RangeError)) throw thrown;
    const why = thrown instanceof Unreadable ? thrown.message : 'its SQL is nested too deeply';
    return { status: 'unknown', why, ...rest(), columns: {} };
  }
}

/** Several nodes of one name are one relation that dbt knows twice, or a name that does not tell which. */
function relationShape(ids: readonly string[], self: string, known: World['columns']): Shape {
  const others = ids.filter((id) => id !== self);
  // What it reads of itself (an incremental run) was put there by itself.
  if (others.length === 0) return opaque(NOTHING);
  const lists = others.map((id) => ({ id, list: known.get(id) ?? NO_COLUMNS }));
  const [first] = lists;
  if (first === undefined) return opaque(UNKNOWN);
  if (lists.length === 1) {
    const { id, list } = first;
    return {
      columns: list.columns.map((name) => ({ name, hint: null, sources: fromColumn(id, name) })),
      exact: list.exact,
      open: list.exact ? null : { alike: [id], from: NOTHING },
      node: { id, also: new Set(list.also) },
    };
  }
  const best = lists.find(({ list }) => list.exact) ?? first;
  const names = new Set([...best.list.columns, ...lists.flatMap(({ list }) => list.columns)]);
  return {
    columns: [...names].map((name) => ({
      name,
      hint: null,
      sources: union(others.map((id) => fromColumn(id, name))),
    })),
    exact: best.list.exact && names.size === best.list.columns.length,
    open: { alike: others, from: NOTHING },
    node: null,
  };
}

const NO_COLUMNS: NodeColumns = { columns: [], exact: false, also: [] };

function namesThatMatter(ids: readonly string[], { columns, relations }: World): (name: string) => boolean {
  const names = new Set(
    ids.flatMap((id) => {
      const list = columns.get(id);
      return list === undefined ? [] : [...list.columns, ...list.also];
    }),
  );
  return (name) => names.has(name) || relations.has(name);
}

function columnsOf(shape: Shape, job: Job): Pick<NodeLineage, 'columns' | 'rest' | 'exact'> {
  const found = new Map<string, Sources>();
  const put = (name: string, sources: Sources): void => {
    const known = found.get(name);
    found.set(name, known === undefined ? sources : union([known, sources]));
  };
  const unnamed: Output[] = [];
  for (const column of shape.columns)
    if (column.name === null) unnamed.push(column);
    else put(column.name, column.sources);
  for (const [name, origin] of Object.entries(job.added))
    put(name, origin === null ? NOTHING : (found.get(origin) ?? openColumn(shape, origin) ?? UNKNOWN));
  const outputs = found.size;
  const left = job.own.filter((name) => !found.has(name));
  for (const name of left) put(name, unlisted(name, shape, unnamed));
  // Nobody knows what the warehouse calls them: they go by what it likely is.
  if (left.length === 0) for (const { hint, sources } of unnamed) if (hint !== null) put(hint, sources);
  const columns = Object.fromEntries([...found].map(([name, sources]) => [name, lineageOf(sources)]));
  if (shape.open === null) {
    const all = shape.exact && outputs === shape.columns.length + Object.keys(job.added).length;
    return all ? { columns, exact: outputs } : { columns };
  }
  const rest: RestLineage = { alike: shape.open.alike, from: shape.open.from.origins };
  return { columns, rest };
}

/** A column that the node is said to have and that its SQL does not name. */
function unlisted(name: string, shape: Shape, unnamed: readonly Output[]): Sources {
  const open = openColumn(shape, name);
  if (unnamed.length === 0) return open ?? UNKNOWN;
  const hinted = unnamed.filter(({ hint }) => hint === name);
  const meant = hinted.length > 0 ? hinted : unnamed;
  const any = union([...meant.map(({ sources }) => sources), ...(open === null ? [] : [open])]);
  return meant.length === 1 && open === null ? any : unresolved(any);
}

const lineageOf = ({ resolved, origins }: Sources): ColumnLineage => ({ resolved, from: origins });
