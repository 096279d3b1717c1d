/** What ORDER BY, GROUP BY and DISTINCT ON mean by a number or a bare name: PostgreSQL's rules, settled into positions of the select list. */
import type { ColumnRef, SortBy } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import type { Context, QueryColumn } from './context.ts';
import { resolveExpression, type WindowNames } from './expression.ts';
import { fault, nearest } from './fault.ts';
import { matching, type Scope } from './scope.ts';

/** An item of the select list; `value` is null for the columns of a set operation. */
export interface Target {
  readonly column: QueryColumn;
  readonly value: Node | null;
}

/**
 * ORDER BY and DISTINCT ON: an output name first, then an expression over the input.
 * @param scope null where only output columns can be named (set operations).
 */
export function position(
  node: Node,
  targets: readonly Target[],
  scope: Scope | null,
  windows: WindowNames | null,
  context: Context,
): Node {
  const number = numbered(node, targets, context);
  if (number !== null) return number;
  const name = bareName(node);
  if (name !== null) {
    const index = targetNamed(name, targets, locationOf(node), context);
    if (index !== null) return ordinal(index);
  }
  if (scope === null) throw notAnOutput(node, name, targets, context);
  const value = resolveExpression(node, scope, windows, context);
  const index = targets.findIndex((target) => target.value !== null && sameTree(target.value, value));
  return index >= 0 ? ordinal(index) : value;
}

export function resolveSort(
  item: Node,
  targets: readonly Target[],
  scope: Scope | null,
  windows: WindowNames | null,
  distinct: boolean,
  context: Context,
): Node {
  const sort = open(item).body as SortBy;
  const node = position(sort.node!, targets, scope, windows, context);
  if (distinct && !isOrdinal(node)) {
    throw fault(
      context.text,
      'sql_semantics',
      'For SELECT DISTINCT, ORDER BY expressions must appear in the select list',
      locationOf(sort.node!),
    );
  }
  return close('SortBy', { ...sort, node });
}

/** GROUP BY: an input column first, then an output name. Grouping sets hold items of the same kind. */
export function resolveGroupItem(
  node: Node,
  targets: readonly Target[],
  scope: Scope,
  context: Context,
): Node {
  if ('GroupingSet' in node) {
    return mapChildren(node, (child) => resolveGroupItem(child, targets, scope, context));
  }
  const number = numbered(node, targets, context);
  if (number !== null) return number;
  const name = bareName(node);
  if (name !== null && matching(scope.namespace.columns, name).length === 0) {
    const index = targetNamed(name, targets, locationOf(node), context);
    if (index !== null) return ordinal(index);
  }
  return resolveExpression(node, scope, null, context);
}

function numbered(node: Node, targets: readonly Target[], context: Context): Node | null {
  if (!('A_Const' in node)) return null;
  const { ival, location } = node.A_Const;
  if (ival === undefined) {
    throw fault(context.text, 'sql_semantics', 'A constant here must be a position', location);
  }
  const number = ival.ival ?? 0;
  if (number >= 1 && number <= targets.length) return ordinal(number - 1);
  throw fault(context.text, 'sql_semantics', `Position ${number} is not in the select list`, location);
}

function ordinal(index: number): Node {
  return { A_Const: { ival: { ival: index + 1 } } };
}

function isOrdinal(node: Node): boolean {
  return 'A_Const' in node && node.A_Const.ival !== undefined;
}

function bareName(node: Node): string | null {
  if (!('ColumnRef' in node)) return null;
  const fields = node.ColumnRef.fields ?? [];
  const only = fields[0];
  return fields.length === 1 && only !== undefined && 'String' in only ? (only.String.sval ?? null) : null;
}

/** Several output columns of one name are one answer as long as they hold the same expression. */
function targetNamed(
  name: string,
  targets: readonly Target[],
  location: number | undefined,
  context: Context,
): number | null {
  const exact = targets.flatMap((target, i) => (target.column.name === name ? [i] : []));
  const found =
    exact.length > 0
      ? exact
      : targets.flatMap((target, i) =>
          target.column.insensitive && target.column.name.toLowerCase() === name.toLowerCase() ? [i] : [],
        );
  const first = found[0];
  if (first === undefined) return null;
  const value = targets[first]!.value;
  const same = (i: number): boolean =>
    value !== null && targets[i]!.value !== null && sameTree(value, targets[i]!.value);
  if (found.slice(1).every(same)) return first;
  throw fault(context.text, 'column_ambiguous', `Output column "${name}" is ambiguous`, location);
}

function notAnOutput(node: Node, name: string | null, targets: readonly Target[], context: Context) {
  const names = targets.map((target) => target.column.name);
  return name === null
    ? fault(
        context.text,
        'sql_semantics',
        'ORDER BY of UNION, INTERSECT or EXCEPT may only name result columns',
        locationOf(node),
        'Put the set operation into a subquery and order that.',
      )
    : fault(
        context.text,
        'column_not_found',
        `No such column: ${name}`,
        locationOf(node),
        nearest(name, names),
      );
}

function locationOf(node: Node): number | undefined {
  const { body } = open(node);
  return (body as Partial<ColumnRef>).location;
}

/** Whether two resolved trees say the same; offsets into the text do not count. */
export function sameTree(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    if (/location$|_start$|_end$/.test(key)) continue;
    const left = (a as Record<string, unknown>)[key];
    if (!sameTree(left, (b as Record<string, unknown>)[key])) return false;
  }
  return true;
}
