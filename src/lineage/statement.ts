/** The output of a query: scope by scope as a database reads it, each column with what its values come from. */
import { type Env, withNames } from './ctes.ts';
import { aliasFirst, assignsInSelect, recursesUnsaid } from './dialect.ts';
import { type FlowContext, flow, functionName, pathOf } from './flow.ts';
import { type FromContext, type Joined, joined, lateralView, rangesOf, spellingOf } from './from.ts';
import type { Around, Reading } from './reading.ts';
import { lookup, type Scope, scopeOf } from './scope.ts';
import { combined, EMPTY, mergeOpen, named, type Output, opaque, renamed, type Shape } from './shape.ts';
import { type Sources, UNKNOWN, union } from './sources.ts';
import { altered, spread, star, starOf } from './star.ts';
import { expected, type Fields, isFields, kinded, listIn, nameOf, namesIn, Unreadable } from './tree.ts';

/** @throws Unreadable where it is no query */
export function outputOf(statement: unknown, reading: Reading): Shape {
  return evaluate(statement, { reading, env: null, outer: null, top: true, conditions: null });
}

function evaluate(query: unknown, around: Around): Shape {
  const { kind, fields } = expected(query);
  switch (kind) {
    case 'select':
      return select(fields, around);
    case 'union':
    case 'intersect':
    case 'except':
      return setOperation(kind, fields, around);
    case 'subquery':
      return renamed(
        evaluate(fields.this, { ...around, env: envOf(fields, around) }),
        namesIn(fields, 'column_aliases'),
      );
    case 'paren':
    case 'annotated':
      return evaluate(fields.this, around);
    case 'pivot':
    case 'unpivot':
    case 'values':
    case 'table':
    case 'joined_table': {
      const inner = { ...around, env: envOf(fields, around), top: false };
      return star(rangesOf(query, scopeOf([], around.outer), fromContext(inner, new Map())), []);
    }
    default:
      throw new Unreadable(`its SQL is no query that can be read (${kind})`);
  }
}

function envOf(fields: Fields, around: Around): Env | null {
  const { reading, outer, top } = around;
  return withNames(fields.with, around.env, {
    recursesUnsaid: recursesUnsaid(reading.dialect),
    spell: (identifier) => spellingOf(identifier, reading.dialect),
    known: (name) => (top ? reading.ephemeral(name) : null),
    evaluate: (body, columns, env) =>
      renamed(evaluate(body, { reading, env, outer, top: false, conditions: null }), columns),
  });
}

function setOperation(kind: 'union' | 'intersect' | 'except', fields: Fields, around: Around): Shape {
  const inner = { ...around, env: envOf(fields, around), top: false };
  const left = evaluate(fields.left, inner);
  // What EXCEPT takes away only decides which rows are left.
  if (kind === 'except') return left;
  const right = evaluate(fields.right, inner);
  return combined(left, right, fields.by_name === true || fields.corresponding === true);
}

function fromContext(around: Around, windows: FlowContext['windows']): FromContext {
  const flowing: FlowContext = {
    words: around.reading.words,
    windows,
    assigns: assignsInSelect(around.reading.dialect),
    query: (query, scope, conditions) =>
      evaluate(query, { ...around, outer: scope, conditions: conditions ?? null }),
  };
  return { around, flowing, evaluate };
}

function select(fields: Fields, around: Around): Shape {
  const inner: Around = { ...around, env: envOf(fields, around), top: false, conditions: null };
  const context = fromContext(inner, windowsOf(fields));
  const { flowing } = context;
  const empty = scopeOf([], around.outer, aliasFirst(around.reading.dialect));
  let from: Joined = { ranges: [], merged: [] };
  const sight = (): Scope => ({ ...empty, ranges: from.ranges });
  if (isFields(fields.from))
    for (const item of listIn(fields.from, 'expressions'))
      from = { ...from, ranges: [...from.ranges, ...rangesOf(item, sight(), context)] };
  const joins = listIn(fields, 'joins').filter(isFields);
  for (const join of joins) from = joined(from, join, sight(), context);
  for (const view of listIn(fields, 'lateral_views').filter(isFields))
    from = { ...from, ranges: [...from.ranges, lateralView(view, sight(), context)] };

  const deciding = [fields.where_clause, fields.prewhere, fields.having, ...joins.map(({ on }) => on)];
  around.conditions?.push(...deciding.map((one) => flow(one, sight(), flowing)));
  const shape = selectList(listIn(fields, 'expressions'), sight(), from.merged, flowing);
  // SELECT AS VALUE: the columns are those of the one value.
  return typeof fields.kind === 'string' && fields.kind.toUpperCase() === 'VALUE'
    ? opaque(union(shape.columns.map(({ sources }) => sources)))
    : shape;
}

function windowsOf(fields: Fields): FlowContext['windows'] {
  return new Map(
    listIn(fields, 'windows')
      .filter(isFields)
      .flatMap(({ name, spec }) => (isFields(spec) ? [[nameOf(name) ?? '', spec] as const] : [])),
  );
}

function selectList(
  items: readonly unknown[],
  from: Scope,
  merged: readonly string[],
  context: FlowContext,
): Shape {
  const aliases = new Map<string, Sources>();
  const scope: Scope = { ...from, aliases };
  const shapes: Shape[] = [];
  for (const item of items) {
    const shape = outputsOf(item, scope, merged, context);
    shapes.push(shape);
    for (const { name, sources } of shape.columns) if (name !== null) aliases.set(name, sources);
  }
  return {
    columns: shapes.flatMap(({ columns }) => columns),
    exact: shapes.every(({ exact }) => exact),
    open: mergeOpen(shapes.map(({ open }) => open)),
    node: null,
  };
}

const columnsOf = (columns: readonly Output[]): Shape => ({ ...EMPTY, columns });

/** What one item of the select list becomes. */
function outputsOf(item: unknown, scope: Scope, merged: readonly string[], context: FlowContext): Shape {
  const { kind, fields } = expected(item);
  if (kind === 'annotated') return outputsOf(fields.this, scope, merged, context);
  if (kind === 'star') {
    const table = nameOf(fields.table);
    const shape =
      table === null
        ? star(scope.ranges, merged)
        : // Or the fields of a struct.
          (starOf(table, scope) ?? opaque(lookup(table.split('.'), scope) ?? UNKNOWN));
    return altered(shape, fields, (expression) => flow(expression, scope, context));
  }
  const sources = flow(item, scope, context);
  if (spreads(item)) return spread(scope, sources, kind === 'alias');
  if (makesColumns(item)) {
    const name = kind === 'alias' ? nameOf(fields.alias) : null;
    const names = kind === 'alias' ? namesIn(fields, 'column_aliases') : [];
    return opaque(sources, name === null || names.length > 0 ? names : [name]);
  }
  const assigned = kind === 'eq' && context.assigns ? pathOf(fields.left) : null;
  if (assigned?.length === 1)
    return columnsOf([named(assigned[0] ?? '', flow(fields.right, scope, context))]);
  if (kind === 'alias') {
    const several = namesIn(fields, 'column_aliases');
    const name = nameOf(fields.alias);
    const names = several.length > 0 ? several : name === null ? [] : [name];
    return columnsOf(
      names.length === 0 ? [{ name: null, hint: null, sources }] : names.map((one) => named(one, sources)),
    );
  }
  const last = pathOf(item)?.at(-1) ?? null;
  if (last === '*') return opaque(sources);
  return columnsOf([{ name: last, hint: last === null ? hintOf(item) : null, sources }]);
}

/** The name that most dialects make up. */
function hintOf(item: unknown): string | null {
  const found = kinded(item);
  if (found === null) return null;
  const { kind, fields } = found;
  switch (kind) {
    case 'function':
    case 'aggregate_function':
      return functionName(fields);
    case 'cast':
    case 'try_cast':
    case 'safe_cast':
    case 'paren':
    case 'annotated':
      return pathOf(fields.this)?.at(-1) ?? hintOf(fields.this);
    case 'window_function':
    case 'filter':
      return hintOf(fields.this);
    default:
      return kind;
  }
}

/** Functions that may become several columns: those of a struct, or of a list with places. */
const MAKES_COLUMNS: ReadonlySet<string> = new Set([
  'unnest',
  'explode',
  'explode_outer',
  'posexplode',
  'posexplode_outer',
  'inline',
  'inline_outer',
  'stack',
  'json_tuple',
]);

function makesColumns(item: unknown): boolean {
  const found = kinded(item);
  if (found === null) return false;
  if (['alias', 'annotated', 'paren'].includes(found.kind)) return makesColumns(found.fields.this);
  return MAKES_COLUMNS.has(found.kind === 'function' ? functionName(found.fields) : found.kind);
}

/** Whether DuckDB's COLUMNS(…) stands in it. */
function spreads(item: unknown): boolean {
  if (Array.isArray(item)) return item.some(spreads);
  if (!isFields(item)) return false;
  const found = kinded(item);
  if (found?.kind === 'columns') return true;
  if (found?.kind === 'function' && functionName(found.fields) === 'columns') return true;
  return Object.values(item).some(spreads);
}
