/** What ORDER BY, GROUP BY and DISTINCT ON mean by a number or a bare name: PostgreSQL's rules, settled into positions of the select list. */
import type { ColumnRef, SortBy } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import type { Context } from './context.ts';
import { resolveExpression, type WindowNames } from './expression.ts';
import { fault, nearestName } from './fault.ts';
import type { Scope } from './scope.ts';
import type { Targets } from './targets.ts';

/**
 * ORDER BY and DISTINCT ON: an output name first, then an expression over the input.
 * @param scope null where only output columns can be named (set operations).
 */
export function position(
  node: Node,
  targets: Targets,
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
  const index = targets.holding(value);
  return index === null ? value : ordinal(index);
}

export function resolveSort(
  item: Node,
  targets: Targets,
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
export function resolveGroupItem(node: Node, targets: Targets, scope: Scope, context: Context): Node {
  if ('GroupingSet' in node) {
    return mapChildren(node, (child) => resolveGroupItem(child, targets, scope, context));
  }
  const number = numbered(node, targets, context);
  if (number !== null) return number;
  const name = bareName(node);
  if (name !== null && scope.namespace.find.named(name).length === 0) {
    const index = targetNamed(name, targets, locationOf(node), context);
    if (index !== null) return ordinal(index);
  }
  return resolveExpression(node, scope, null, context);
}

function numbered(node: Node, targets: Targets, context: Context): Node | null {
  if (!('A_Const' in node)) return null;
  const { ival, location } = node.A_Const;
  if (ival === undefined) {
    throw fault(context.text, 'sql_semantics', 'A constant here must be a position', location);
  }
  const number = ival.ival ?? 0;
  if (number >= 1 && number <= targets.list.length) return ordinal(number - 1);
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
  targets: Targets,
  location: number | undefined,
  context: Context,
): number | null {
  const found = targets.named(name);
  if (found !== 'several') return found;
  throw fault(context.text, 'column_ambiguous', `Output column "${name}" is ambiguous`, location);
}

function notAnOutput(node: Node, name: string | null, targets: Targets, context: Context) {
  const names = targets.list.map((target) => target.column.name);
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
        nearestName(name, names),
      );
}

function locationOf(node: Node): number | undefined {
  const { body } = open(node);
  return (body as Partial<ColumnRef>).location;
}
