/** What stands in FROM or comes out of a query: its columns as far as they are known, and what any further one would come from. */
import { fromColumn, NOTHING, type Sources, UNKNOWN, union, unresolved } from './sources.ts';

export interface Output {
  /** Lower-case; null where the dialect makes up a name. */
  readonly name: string | null;
  /** What that name likely is. */
  readonly hint: string | null;
  readonly sources: Sources;
}

/** Columns that nobody listed. */
export interface Open {
  /** Nodes whose column of the same name it is. */
  readonly alike: readonly string[];
  readonly from: Sources;
}

export interface Shape {
  readonly columns: readonly Output[];
  /** Whether `columns` are all of them, in this order. */
  readonly exact: boolean;
  /** What a star covers beyond `columns`; null where there is nothing. */
  readonly open: Open | null;
  /** Of a relation: the node that it is. */
  readonly node: KnownNode | null;
}

/** The list of its columns may be behind its SQL: where a name can be nothing else, it is a column of it. */
export interface KnownNode {
  readonly id: string;
  /** Columns that it is said to have beyond those that a star covers. */
  readonly also: ReadonlySet<string>;
}

export const EMPTY: Shape = Object.freeze({ columns: [], exact: true, open: null, node: null });

/** A relation that nobody knows, or a function that may return anything. */
export const opaque = (from: Sources, names: readonly string[] = []): Shape => ({
  columns: names.map((name) => named(name, from)),
  exact: false,
  open: { alike: [], from },
  node: null,
});

export const NOBODY_KNOWS: Shape = opaque(UNKNOWN);

export const named = (name: string, sources: Sources): Output => ({ name, hint: null, sources });

/** Everything in it, as one value. */
export function wide({ columns, open, node }: Shape): Sources {
  const all = columns.map(({ sources }) => sources);
  if (node !== null) all.push(fromColumn(node.id, null));
  if (open !== null) all.push(open.from, ...open.alike.map((one) => fromColumn(one, null)));
  return union(all);
}

export const hasColumn = ({ columns, node }: Shape, name: string): boolean =>
  columns.some((column) => column.name === name || column.hint === name) || node?.also.has(name) === true;

/** Null where it has no such column. */
export function listedColumn({ columns, node }: Shape, name: string): Sources | null {
  const exact = columns.filter((column) => column.name === name);
  const found = exact.length > 0 ? exact : columns.filter((column) => column.hint === name);
  if (found.length > 0) return union(found.map(({ sources }) => sources));
  return node?.also.has(name) ? fromColumn(node.id, name) : null;
}

/** Of a name that is not listed: null where nothing is open. */
export function openColumn({ open }: Shape, name: string): Sources | null {
  if (open === null) return null;
  const ways = open.alike.map((node) => fromColumn(node, name));
  if (open.from !== NOTHING || ways.length === 0) ways.push(open.from);
  const all = union(ways);
  return ways.length === 1 ? all : unresolved(all);
}

/** A column whose name the dialect made up. */
export function unnamedColumn({ columns }: Shape): Sources | null {
  const unnamed = columns.filter(({ name }) => name === null).map(({ sources }) => sources);
  if (unnamed.length === 0) return null;
  return unnamed.length === 1 ? union(unnamed) : unresolved(union(unnamed));
}

export function columnOf(shape: Shape, name: string): Sources | null {
  return (
    listedColumn(shape, name) ??
    openColumn(shape, name) ??
    unnamedColumn(shape) ??
    (shape.node === null ? null : strayColumn(shape.node.id, name))
  );
}

/** Of a list that is said to be whole and lacks the name: a new column, or no name at all (`#2`, `$2`, an escape). */
export const strayColumn = (node: string, name: string): Sources =>
  unresolved(fromColumn(node, /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : null));

export function mergeOpen(all: readonly (Open | null)[]): Open | null {
  const open = all.filter((one) => one !== null);
  const [first, ...rest] = open;
  if (first === undefined) return null;
  if (rest.length === 0) return first;
  return {
    alike: [...new Set(open.flatMap(({ alike }) => alike))],
    from: union(open.map(({ from }) => from)),
  };
}

/** `t(a, b)`: new names for the first columns. */
export function renamed(shape: Shape, names: readonly string[]): Shape {
  if (names.length === 0) return shape;
  if (shape.exact && names.length <= shape.columns.length)
    return {
      ...shape,
      node: null,
      columns: shape.columns.map((column, index) => {
        const name = names[index];
        return name === undefined ? column : named(name, column.sources);
      }),
    };
  // Functions give every column what they were given; of anything else, which column it is is open.
  const any = wide(shape);
  const sources = shape.columns.length === 0 && shape.open?.alike.length === 0 ? any : unresolved(any);
  return { columns: names.map((name) => named(name, sources)), exact: false, open: shape.open, node: null };
}

/** UNION, INTERSECT: column by column where both sides are known, else anything may have met anything. */
export function combined(left: Shape, right: Shape, byName: boolean): Shape {
  const open = mergeOpen([left.open, right.open]);
  if (byName) {
    const names = new Set([...left.columns, ...right.columns].flatMap(({ name }) => name ?? []));
    const columns = [...names].map((name) =>
      named(name, union([columnOf(left, name) ?? NOTHING, columnOf(right, name) ?? NOTHING])),
    );
    return { columns, exact: left.exact && right.exact, open, node: null };
  }
  if (left.exact && right.exact && left.columns.length === right.columns.length)
    return {
      columns: left.columns.map((column, index) => ({
        ...column,
        sources: union([column.sources, right.columns[index]?.sources ?? UNKNOWN]),
      })),
      exact: true,
      open: null,
      node: null,
    };
  const both = unresolved(union([wide(left), wide(right)]));
  const columns = left.columns.map((column) => ({
    ...column,
    // What is known of one side stays known; the other may have put anything beside it.
    sources: left.exact ? unresolved(union([column.sources, wide(right)])) : both,
  }));
  return { columns, exact: false, open: left.exact ? null : { alike: [], from: both }, node: null };
}
