/** Resolves the items of a select list: stars expand to the columns that exist for this identity, and every item gets a name. */
import type { ResTarget } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import { type Context, isMasked, type QueryColumn } from './context.ts';
import { resolveExpression, type WindowNames } from './expression.ts';
import { fault } from './fault.ts';
import { outputName } from './output-name.ts';
import { findRange, type Scope, type ScopeColumn } from './scope.ts';
import type { Target } from './targets.ts';
import { typeOf } from './types.ts';

export function resolveTarget(
  target: ResTarget,
  scope: Scope,
  windows: WindowNames,
  context: Context,
): readonly Target[] {
  const written = target.val!;
  const { tag, body } = open(written);
  if (tag === 'ColumnRef') {
    const fields = body.fields as Node[];
    if ('A_Star' in fields[fields.length - 1]!) {
      const columns = starColumns(fields, target, scope, context);
      context.expanded(columns.length, target.location);
      return columns.map((column) => starTarget(column));
    }
  }
  const value = resolveExpression(written, scope, windows, context);
  const column: QueryColumn = {
    name: target.name ?? outputName(written),
    // A warehouse's column passed on without a name of the caller's still matches in any case.
    insensitive: target.name === undefined && tag === 'ColumnRef',
    printed: '',
    type: typeOf(value, context.ranges),
    masked: isMasked(value, context),
  };
  return [{ column, value }];
}

function starColumns(
  fields: readonly Node[],
  target: ResTarget,
  scope: Scope,
  context: Context,
): readonly ScopeColumn[] {
  if (fields.length === 1) {
    if (scope.namespace.ranges.length > 0) return scope.namespace.columns;
    throw fault(context.text, 'sql_semantics', 'SELECT * without FROM means nothing', target.location);
  }
  const path = fields.slice(0, -1).map((field) => open(field).body.sval as string);
  const range = findRange(path, scope, context.text, { fields: [...fields], location: target.location! });
  if (range !== null) return range.columns;
  throw fault(
    context.text,
    'relation_not_found',
    `No relation "${path.join('.')}" in this part of the query`,
    target.location,
  );
}

export function starTarget(column: ScopeColumn): Target {
  const { name, insensitive, type, masked } = column;
  return { column: { name, insensitive, printed: '', type, masked }, value: column.ref };
}

/** Inner names are plain and unique in their query even for an engine that ignores case. */
export function printedNames(names: readonly string[], kind: 'output' | 'inner'): readonly string[] {
  if (kind === 'output') return names;
  const taken = new Set(names);
  const used = new Set<string>();
  return names.map((name, i) => {
    if (/^[a-z_][a-z0-9_]*$/.test(name) && !used.has(name)) {
      used.add(name);
      return name;
    }
    let fresh = `c${i + 1}`;
    while (taken.has(fresh) || used.has(fresh)) fresh = `${fresh}_`;
    used.add(fresh);
    return fresh;
  });
}
