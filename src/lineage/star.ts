/** What a star covers, in order; EXCLUDE, REPLACE and RENAME are applied to it. */
import { type Range, rangesNamed, type Scope } from './scope.ts';
import { mergeOpen, named, type Output, openColumn, type Shape } from './shape.ts';
import { NOTHING, type Sources, UNKNOWN, union } from './sources.ts';
import { type Fields, isFields, listIn, nameOf, namesIn } from './tree.ts';

/** All columns of the ranges; those that a join merged stand once. */
export function star(ranges: readonly Range[], merged: readonly string[]): Shape {
  const shapes = ranges.map(({ shape }) => shape);
  const once = new Set(merged);
  const columns: Output[] = [];
  const firstOf = new Map<string, number>();
  for (const column of shapes.flatMap((shape) => shape.columns)) {
    const { name } = column;
    const first = name === null ? undefined : firstOf.get(name);
    const known = first === undefined ? undefined : columns[first];
    if (first !== undefined && known !== undefined) {
      columns[first] = { ...column, sources: union([known.sources, column.sources]) };
      continue;
    }
    if (name !== null && once.has(name)) firstOf.set(name, columns.length);
    columns.push(column);
  }
  // Merged columns come first: where they did not stand there, the order is another one.
  const inOrder = [...firstOf.values()].every((at) => at < firstOf.size);
  return {
    columns,
    exact: shapes.every(({ exact }) => exact) && inOrder,
    open: mergeOpen(shapes.map(({ open }) => open)),
    node: null,
  };
}

/** `t.*` of the nearest range of that name; null where there is none. */
export function starOf(table: string, scope: Scope): Shape | null {
  const name = table.split('.').at(-1) ?? table;
  for (let here: Scope | null = scope; here !== null; here = here.outer) {
    const ranges = rangesNamed(here, name);
    if (ranges.length > 0) return star(ranges, []);
  }
  return null;
}

export function altered(shape: Shape, fields: Fields, flowOf: (expression: unknown) => Sources): Shape {
  const except = new Set(namesIn(fields, 'except'));
  const replaced = new Map(
    listIn(fields, 'replace')
      .filter(isFields)
      .map((one) => [nameOf(one.alias) ?? '', flowOf(one.this)] as const),
  );
  const renames = new Map(
    listIn(fields, 'rename').flatMap((pair) => {
      const [from, to] = Array.isArray(pair) ? pair.map(nameOf) : [];
      return from && to ? [[from, to] as const] : [];
    }),
  );
  const columns = shape.columns
    .filter(({ name }) => name === null || !except.has(name))
    .map((column) =>
      column.name === null
        ? column
        : named(renames.get(column.name) ?? column.name, replaced.get(column.name) ?? column.sources),
    );
  if (shape.open === null) return { ...shape, columns };
  // Columns that nobody listed may be replaced and renamed as well.
  const listed = new Set(shape.columns.map(({ name }) => name));
  for (const name of new Set([...replaced.keys(), ...renames.keys()]))
    if (!listed.has(name))
      columns.push(
        named(renames.get(name) ?? name, replaced.get(name) ?? openColumn(shape, name) ?? UNKNOWN),
      );
  return { ...shape, columns };
}

/** DuckDB's COLUMNS(…): one item for each column that it matches, whatever is done with them. */
export function spread(scope: Scope, all: Sources, renames: boolean): Shape {
  const { columns } = star(scope.ranges, []);
  const one = all === NOTHING ? UNKNOWN : all;
  return {
    columns: renames ? [] : columns.map((column) => ({ ...column, sources: union([column.sources, one]) })),
    exact: false,
    open: { alike: [], from: one },
    node: null,
  };
}
