/**
 * Which columns the value of an expression is made of: every column below it, whatever stands between. Left out is what
 * only decides which rows take part: FILTER, PARTITION BY, and the WHERE of a subquery whose rows are the value. A kind of expression that is not
 * known here is walked whole, so that a new one loses nothing.
 */
import { COUNTS, NULL_TEST, STOPS_ALL } from './breakers.ts';
import { binding, everything, lookup, type Scope } from './scope.ts';
import { type Shape, wide } from './shape.ts';
import { NOTHING, type Sources, through, UNKNOWN, union, unresolved } from './sources.ts';
import { type Fields, fold, isFields, kinded, listIn, nameOf, namesIn, Unreadable } from './tree.ts';

export interface FlowContext {
  /** Functions that may stop a tag, besides those that stop all. */
  readonly words: ReadonlySet<string>;
  /** Whether `x = value` in the select list names a column. */
  readonly assigns: boolean;
  /** WINDOW of the statement, by name. */
  readonly windows: ReadonlyMap<string, Fields>;
  /** A subquery; `conditions` takes what its WHERE and ON are made of. */
  query(expression: unknown, scope: Scope, conditions?: Sources[]): Shape;
}

export function flow(expression: unknown, scope: Scope, context: FlowContext): Sources {
  if (Array.isArray(expression)) return union(expression.map((one) => flow(one, scope, context)));
  if (!isFields(expression)) return NOTHING;
  const found = kinded(expression);
  if (found === null) return inside(expression, scope, context);
  const { kind, fields } = found;
  switch (kind) {
    case 'literal':
    case 'data_type':
    case 'boolean':
      return NOTHING;
    case 'column':
    case 'dot':
      return path(expression, scope, context);
    case 'star':
    case 'braced_wildcard':
      return everything(scope, nameOf(fields.table));
    case 'columns':
      return everything(scope, null);
    case 'identifier':
    case 'var':
      return quietly(nameOf(fields) ?? nameOf(fields.this), scope);
    case 'select':
    case 'union':
    case 'intersect':
    case 'except':
    case 'subquery':
    case 'values':
      return wide(context.query(expression, scope));
    case 'parameter':
    case 'placeholder':
    case 'session_parameter':
      // A place in the list (`$2`), or something that dbt should have filled in.
      return unresolved(everything(scope, null));
    case 'exists': {
      const conditions: Sources[] = [];
      const shape = context.query(fields.this, scope, conditions);
      return union([wide(shape), ...conditions]);
    }
    case 'in':
      return membership(fields, 'query', scope, context);
    case 'any':
    case 'all':
      return membership(fields, 'subquery', scope, context);
    case 'filter':
      return flow(fields.this, scope, context);
    case 'window_function':
      return windowed(fields, scope, context);
    case 'lambda':
      return flow(fields.body, binding(scope, namesIn(fields, 'parameters')), context);
    case 'comprehension':
      return comprehension(fields, scope, context);
    case 'is_null':
      return through(inside(fields, scope, context), NULL_TEST);
    case 'raw':
    case 'command':
      throw new Unreadable('its SQL holds a part that the parser does not understand');
    case 'function':
    case 'aggregate_function':
    case 'anonymous':
    case 'anonymous_agg_func':
    case 'parameterized_agg':
      return call(functionName(fields), fields, scope, context);
    default:
      return call(kind, fields, scope, context);
  }
}

/** Whether a value is among the rows of a subquery tells, as EXISTS does, what they had to be. */
function membership(fields: Fields, key: string, scope: Scope, context: FlowContext): Sources {
  const { [key]: query, ...rest } = fields;
  if (kinded(query) === null) return inside(fields, scope, context);
  const conditions: Sources[] = [];
  const shape = context.query(query, scope, conditions);
  return union([inside(rest, scope, context), wide(shape), ...conditions]);
}

/** `jsonb_each WITH ORDINALITY` is how the parser names some. */
export const functionName = (fields: Fields): string =>
  (nameOf(fields.name) ?? nameOf(fields.this) ?? '').split(' ')[0] ?? '';

function call(word: string, fields: Fields, scope: Scope, context: FlowContext): Sources {
  if (word === 'columns') return everything(scope, null);
  const sources = inside(fields, scope, context);
  return STOPS_ALL.has(word) || context.words.has(word) ? through(sources, word) : sources;
}

/** Names that are given here, types, comments, and what decides about rows. */
const NOT_WALKED: ReadonlySet<string> = new Set([
  'alias',
  'column_aliases',
  'filter',
  'to',
  'name',
  'original_name',
  'field',
  'span',
  'inferred_type',
  'limit',
  'comments',
  'trailing_comments',
  'leading_comments',
  'pre_alias_comments',
  'left_comments',
  'operator_comments',
]);

function inside(fields: Fields, scope: Scope, context: FlowContext): Sources {
  const found: Sources[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (NOT_WALKED.has(key) || typeof value !== 'object' || value === null) continue;
    // A bare identifier where an expression could stand: if a column has that name, it is that column.
    if (isIdentifier(value)) found.push(quietly(nameOf(value), scope));
    else found.push(flow(value, scope, context));
  }
  return union(found);
}

const isIdentifier = (value: unknown): boolean =>
  isFields(value) && typeof value.name === 'string' && typeof value.quoted === 'boolean';

function quietly(name: string | null, scope: Scope): Sources {
  return (name === null ? null : lookup([name], scope)) ?? NOTHING;
}

function path(expression: unknown, scope: Scope, context: FlowContext): Sources {
  const parts = pathOf(expression);
  if (parts !== null) return lookup(parts, scope) ?? UNKNOWN;
  // A field of something that is no name: `(f(x)).y`.
  const found = kinded(expression);
  return found === null ? NOTHING : inside(found.fields, scope, context);
}

/** `a.b.c`; null where it does not begin with a name. */
export function pathOf(expression: unknown): readonly string[] | null {
  const found = kinded(expression);
  if (found === null) return null;
  const { kind, fields } = found;
  switch (kind) {
    case 'column': {
      const name = nameOf(fields.name);
      const table = nameOf(fields.table);
      if (name === null) return null;
      return table === null ? [name] : [...table.split('.'), name];
    }
    case 'dot': {
      const before = pathOf(fields.this);
      const field = nameOf(fields.field);
      return before === null || field === null ? null : [...before, field];
    }
    case 'paren':
    case 'annotated':
      return pathOf(fields.this);
    default:
      return null;
  }
}

const RANKS: ReadonlySet<string> = new Set([
  'row_number',
  'rank',
  'dense_rank',
  'percent_rank',
  'cume_dist',
  'n_tile',
  'ntile',
]);

/**
 * A rank is made of what it is ordered by, and so is a running count, or a sum of what is no column; of any other window
 * function the keys only choose rows.
 */
function windowed(fields: Fields, scope: Scope, context: FlowContext): Sources {
  const value = flow(fields.this, scope, context);
  const inner = kinded(fields.this);
  const word = inner === null ? '' : inner.kind === 'function' ? functionName(inner.fields) : inner.kind;
  const ranks = RANKS.has(word) || COUNTS.has(word) || value.origins.length === 0;
  if (inner !== null && !ranks) return value;
  return union([value, ...orders(fields.over, context).map((order) => flow(order, scope, context))]);
}

function orders(over: unknown, context: FlowContext): readonly unknown[] {
  const orderings: unknown[] = [];
  const seen = new Set<string>();
  let here = over;
  while (isFields(here)) {
    orderings.push(...listIn(here, 'order_by'));
    const name = nameOf(here.window_name);
    if (name === null || seen.has(name)) break;
    seen.add(name);
    here = context.windows.get(name);
  }
  return orderings;
}

function comprehension(fields: Fields, scope: Scope, context: FlowContext): Sources {
  const names = [fields.expression, fields.position].flatMap((one) => pathOf(one) ?? []);
  const list = flow(fields.iterator, scope, context);
  const bound = binding(scope, names.map(fold));
  // Which items are left tells of what they are chosen by.
  return union([list, flow(fields.this, bound, context), flow(fields.condition, bound, context)]);
}
