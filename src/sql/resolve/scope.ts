/** What names mean inside one query level: ranges, their columns, and the levels around it. Only visible columns are ever put in. */
import type { ColumnRef } from '@pgsql/types';
import { asRead } from '../../catalogue/fold.ts';
import type { SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import { fault, nearestName } from './fault.ts';

export interface ScopeColumn {
  readonly name: string;
  /** Warehouse names match in any case; names that the caller gave match as PostgreSQL folds them. */
  readonly insensitive: boolean;
  /** What a reference to it becomes. */
  readonly ref: Node;
  readonly type: SqlType;
  readonly masked: boolean;
}

export interface ScopeRange {
  /** Null for a subquery without an alias: its columns have no qualified name. */
  readonly name: string | null;
  /** Dotted names that also stand for it: those of a dataset without alias. */
  readonly paths: readonly string[];
  readonly columns: readonly ScopeColumn[];
  readonly find: Finder;
  /** What its bare name stands for, where no column is called so: the one column of a function in FROM. */
  readonly itself?: ScopeColumn;
}

/** What FROM offers: ranges for qualified names, columns (USING merged) for bare names and `*`. */
export interface Namespace {
  readonly ranges: readonly ScopeRange[];
  readonly columns: readonly ScopeColumn[];
  readonly find: Finder;
}

export interface Scope {
  readonly namespace: Namespace;
  readonly outer: Scope | null;
}

export const EMPTY: Namespace = namespaceOf([], []);

/** The system columns of PostgreSQL and DuckDB: they never exist here. */
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
  'tableoid',
  'oid',
  'rowid',
]);

export function sameName(
  a: { readonly name: string; readonly insensitive: boolean },
  b: { readonly name: string; readonly insensitive: boolean },
): boolean {
  return (
    a.name === b.name || ((a.insensitive || b.insensitive) && a.name.toLowerCase() === b.name.toLowerCase())
  );
}

/** Columns of one list by what a query may call them. */
export interface Finder {
  /**
   * Those that a written name means: an exact one hides those that differ in case, and either hides those that are too
   * long for the grammar and begin so.
   */
  readonly named: (name: string) => readonly ScopeColumn[];
  /** Whether NATURAL would join one of them with this column of the other side. */
  readonly has: (column: ScopeColumn) => boolean;
}

/** Characters that the grammar leaves of a name which was too long for it, at the least. */
const SHORTEST_CUT = 21;

/** Thousands of columns are looked up by thousands of names: never one list through the other. */
export function finderOf(columns: readonly ScopeColumn[]): Finder {
  const folded = lazily(() => Map.groupBy(columns, ({ name }) => name.toLowerCase()));
  const cut = lazily(() => {
    const long = columns.map((column) => ({ ...column, name: asRead(column.name), whole: column }));
    return Map.groupBy(
      long.filter(({ name, whole }) => name !== whole.name),
      ({ name }) => name.toLowerCase(),
    );
  });
  return {
    named(name) {
      const alike = folded().get(name.toLowerCase()) ?? [];
      const exact = alike.filter((column) => column.name === name);
      if (exact.length > 0) return exact;
      const written = { name, insensitive: false };
      const same = alike.filter((column) => sameName(column, written));
      if (same.length > 0 || name.length < SHORTEST_CUT) return same;
      const longer = cut().get(name.toLowerCase()) ?? [];
      return longer.flatMap((column) => (sameName(column, written) ? [column.whole] : []));
    },
    has: (column) => (folded().get(column.name.toLowerCase()) ?? []).some((other) => sameName(column, other)),
  };
}

/** Made when it is first asked for. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export function namespaceOf(ranges: readonly ScopeRange[], columns: readonly ScopeColumn[]): Namespace {
  return { ranges, columns, find: finderOf(columns) };
}

/** Joins two namespaces; a range name used twice is refused, except for datasets of different namespaces without alias. */
export function combine(left: Namespace, right: Namespace, text: string, location?: number): Namespace {
  for (const range of right.ranges) {
    const clash = left.ranges.find((other) => other.name !== null && other.name === range.name);
    const both = clash !== undefined && clash.paths.length > 0 && range.paths.length > 0;
    if (clash === undefined || (both && clash.paths[0] !== range.paths[0])) continue;
    throw fault(
      text,
      'relation_ambiguous',
      `Relation name "${range.name}" specified more than once`,
      location,
      'Give each one its own alias.',
    );
  }
  return namespaceOf([...left.ranges, ...right.ranges], [...left.columns, ...right.columns]);
}

/** Settles a column reference (not a star) to the one visible column that it means. */
export function findColumn(ref: ColumnRef, scope: Scope | null, text: string): ScopeColumn {
  const path = (ref.fields ?? []).map((field) => open(field).body.sval as string);
  const name = path[path.length - 1]!;
  const found = path.length === 1 ? findBare(name, ref, scope, text) : findQualified(path, ref, scope, text);
  if (found !== null) return found;
  const range = findRange(path, scope, text, ref);
  if (range?.itself !== undefined) return range.itself;
  if (range !== null) throw wholeRow(path.join('.'), ref, text);
  throw missing(path, ref, scope, text);
}

function findBare(name: string, ref: ColumnRef, scope: Scope | null, text: string): ScopeColumn | null {
  for (let at = scope; at !== null; at = at.outer) {
    const found = at.namespace.find.named(name);
    if (found.length === 1) return found[0]!;
    if (found.length > 1) throw ambiguous(name, ref, text);
  }
  return null;
}

function findQualified(
  path: readonly string[],
  ref: ColumnRef,
  scope: Scope | null,
  text: string,
): ScopeColumn | null {
  const range = findRange(path.slice(0, -1), scope, text, ref);
  if (range === null) return null;
  const found = range.find.named(path[path.length - 1]!);
  if (found.length > 1) throw ambiguous(path.join('.'), ref, text);
  return found[0] ?? null;
}

/** The innermost range that a (dotted) name means. */
export function findRange(
  path: readonly string[],
  scope: Scope | null,
  text: string,
  ref: ColumnRef,
): ScopeRange | null {
  const dotted = path.join('.');
  for (let at = scope; at !== null; at = at.outer) {
    const found = at.namespace.ranges.filter((range) =>
      path.length === 1 ? range.name === dotted : range.paths.includes(dotted),
    );
    if (found.length > 1) {
      throw fault(text, 'relation_ambiguous', `Relation name "${dotted}" is ambiguous`, ref.location);
    }
    if (found.length === 1) return found[0]!;
  }
  return null;
}

function ambiguous(name: string, ref: ColumnRef, text: string) {
  return fault(
    text,
    'column_ambiguous',
    `Column "${name}" is ambiguous`,
    ref.location,
    'Write it as relation.column.',
  );
}

export function wholeRow(name: string, ref: ColumnRef, text: string) {
  return fault(
    text,
    'whole_row',
    `"${name}" stands for a whole row, which is not accepted`,
    ref.location,
    'Name the columns, or write relation.* in the select list; to count rows, write count(*).',
  );
}

/** One and the same error for a column that does not exist and one that is hidden from this caller. */
function missing(path: readonly string[], ref: ColumnRef, scope: Scope | null, text: string) {
  const name = path[path.length - 1]!;
  const range = path.length > 1 ? findRange(path.slice(0, -1), scope, text, ref) : null;
  if (path.length > 1 && range === null) {
    const names: string[] = [];
    for (let at = scope; at !== null; at = at.outer) {
      names.push(...at.namespace.ranges.flatMap((other) => other.name ?? []));
    }
    const qualifier = path.slice(0, -1).join('.');
    return fault(
      text,
      'relation_not_found',
      `No relation "${qualifier}" in this part of the query`,
      ref.location,
      nearestName(qualifier, names),
    );
  }
  if (SYSTEM_COLUMNS.has(name.toLowerCase())) {
    return fault(text, 'sql_system_column', `System column "${name}" is not accepted`, ref.location);
  }
  const names: string[] = [];
  if (range !== null) names.push(...range.columns.map((column) => column.name));
  else
    for (let at = scope; at !== null; at = at.outer)
      names.push(...at.namespace.columns.map((column) => column.name));
  return fault(
    text,
    'column_not_found',
    `No such column: ${path.join('.')}`,
    ref.location,
    nearestName(name, names),
  );
}
