/** Which column a name in an expression means: the ranges of its own SELECT first, then those around it. What is not certain is the union of what it may be. */
import {
  columnOf,
  hasColumn,
  listedColumn,
  openColumn,
  type Shape,
  strayColumn,
  unnamedColumn,
  wide,
} from './shape.ts';
import { NOTHING, type Sources, union, unresolved } from './sources.ts';

export interface Range {
  /** Alias, or the last part of the relation's name; null where it has none. */
  readonly name: string | null;
  /** The relation's name as written, for columns that carry it whole. */
  readonly path: readonly string[];
  readonly shape: Shape;
}

export interface Scope {
  readonly ranges: readonly Range[];
  readonly outer: Scope | null;
  /** Names that the same SELECT gave further left. */
  readonly aliases: ReadonlyMap<string, Sources>;
  /** Whether such a name goes before a column (ClickHouse). */
  readonly aliasFirst: boolean;
  /** Parameters of lambdas: what they stand for flows in with the list. */
  readonly bound: ReadonlySet<string>;
}

const NO_ALIASES: ReadonlyMap<string, Sources> = new Map();
const NO_NAMES: ReadonlySet<string> = new Set();

export const scopeOf = (ranges: readonly Range[], outer: Scope | null, aliasFirst = false): Scope => ({
  ranges,
  outer,
  aliases: NO_ALIASES,
  aliasFirst,
  bound: NO_NAMES,
});

export const binding = (scope: Scope, names: readonly string[]): Scope => ({
  ...scopeOf([], scope),
  bound: new Set(names),
});

/** `a`, `t.a`, `s.t.a.field`; null where nothing of that name is in sight. */
export function lookup(path: readonly string[], scope: Scope): Sources | null {
  const [first, second, third, fourth] = path;
  if (first === undefined) return null;
  if (second === undefined) return bare(first, scope);
  for (let here: Scope | null = scope; here !== null; here = here.outer) {
    if (here.bound.has(first)) return NOTHING;
    const ranges = rangesNamed(here, first);
    if (ranges.length > 0) return ofRanges(ranges, second) ?? bare(first, scope);
    const schema = here.ranges.filter(({ path: written }) => endsWith(written, [first, second]));
    if (schema.length > 0) return third === undefined ? rowOf(schema) : ofRanges(schema, third);
    if (third === undefined) continue;
    const catalog = here.ranges.filter(({ path: written }) => endsWith(written, [first, second, third]));
    if (catalog.length > 0) return fourth === undefined ? rowOf(catalog) : ofRanges(catalog, fourth);
  }
  // A field of a column.
  return bare(first, scope);
}

/** All columns in sight: what `hash(*)` reads. */
export function everything(scope: Scope, qualifier: string | null): Sources {
  for (let here: Scope | null = scope; here !== null; here = here.outer) {
    const ranges = qualifier === null ? here.ranges : rangesNamed(here, qualifier);
    if (ranges.length > 0) return rowOf(ranges);
  }
  return qualifier === null ? NOTHING : (bare(qualifier, scope) ?? unresolved(NOTHING));
}

export const rangesNamed = ({ ranges }: Scope, name: string): readonly Range[] =>
  ranges.filter((range) => range.name === name);

const rowOf = (ranges: readonly Range[]): Sources => union(ranges.map(({ shape }) => wide(shape)));

function ofRanges(ranges: readonly Range[], name: string): Sources | null {
  const found = ranges.map(({ shape }) => columnOf(shape, name)).filter((one) => one !== null);
  return found.length === 0 ? null : union(found);
}

function bare(name: string, scope: Scope): Sources | null {
  if (scope.bound.has(name)) return NOTHING;
  const shapes = scope.ranges.map(({ shape }) => shape);
  const alias = scope.aliases.get(name) ?? null;
  // More than one range has it only where USING or NATURAL made them one.
  const listed = shapes.filter((shape) => hasColumn(shape, name)).map((shape) => listedColumn(shape, name));
  if (listed.length > 0) return union([...listed, scope.aliasFirst ? alias : null].filter(isFound));
  if (alias !== null)
    return union([alias, ...shapes.map((shape) => openColumn(shape, name))].filter(isFound));
  const row = rangesNamed(scope, name);
  if (row.length > 0) return rowOf(row);
  const around = scope.outer === null ? null : bare(name, scope.outer);
  const ways = [...shapes.map((shape) => openColumn(shape, name)), around].filter(isFound);
  if (ways.length > 0) return oneOf(ways);
  const unnamed = shapes.map(unnamedColumn).filter(isFound);
  if (unnamed.length > 0) return oneOf(unnamed);
  const stray = shapes.flatMap(({ node }) => (node === null ? [] : strayColumn(node.id, name)));
  return stray.length > 0 ? oneOf(stray) : null;
}

const isFound = (sources: Sources | null): sources is Sources => sources !== null;

function oneOf(ways: readonly Sources[]): Sources {
  return ways.length === 1 ? union(ways) : unresolved(union(ways));
}

const endsWith = (written: readonly string[], parts: readonly string[]): boolean =>
  written.length >= parts.length &&
  parts.every((part, index) => written[written.length - parts.length + index] === part);
