/** Resolves the names inside one expression; whatever has no names in it comes back as it is. */
import type { ColumnRef, FuncCall, SelectStmt, SubLink, WindowDef } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import type { Context } from './context.ts';
import { fault } from './fault.ts';
import { findColumn, type Scope, wholeRow } from './scope.ts';

/** Caller's window names to ours. */
export type WindowNames = ReadonlyMap<string, string>;

/**
 * @param scope null where no column can be seen at all (a LIMIT at the top).
 * @param windows names that OVER may use; null where window functions have no place.
 */
export function resolveExpression(
  node: Node,
  scope: Scope | null,
  windows: WindowNames | null,
  context: Context,
): Node {
  const { tag, body } = open(node);
  const again = (child: Node): Node => resolveExpression(child, scope, windows, context);
  switch (tag) {
    case 'ColumnRef':
      return resolveColumn(body as ColumnRef, scope, context);
    case 'SubLink':
      return resolveSubLink(body as SubLink, scope, windows, context);
    case 'SelectStmt':
      return close('SelectStmt', context.select(body, scope, context).select);
    case 'WindowDef':
      return resolveWindow(body as WindowDef, again, windows, context);
    case 'FuncCall':
      refuseWholeRows(body as FuncCall, context);
      return mapChildren(node, again);
    default:
      return mapChildren(node, again);
  }
}

function resolveColumn(ref: ColumnRef, scope: Scope | null, context: Context): Node {
  if ((ref.fields ?? []).some((field) => 'A_Star' in field)) throw wholeRow('*', ref, context.text);
  return findColumn(ref, scope, context.text).ref;
}

function refuseWholeRows(call: FuncCall, context: Context): void {
  for (const argument of call.args ?? []) {
    if ('ColumnRef' in argument && (argument.ColumnRef.fields ?? []).some((field) => 'A_Star' in field)) {
      throw wholeRow('*', argument.ColumnRef, context.text);
    }
  }
}

function resolveSubLink(
  link: SubLink,
  scope: Scope | null,
  windows: WindowNames | null,
  context: Context,
): Node {
  const resolved = context.select(withColumns(open(link.subselect!).body), scope, context);
  const one = link.subLinkType === 'EXPR_SUBLINK' || link.subLinkType === 'ARRAY_SUBLINK';
  const row = link.testexpr !== undefined && 'RowExpr' in link.testexpr ? link.testexpr.RowExpr : null;
  const wanted = one ? 1 : link.testexpr === undefined ? null : (row?.args?.length ?? 1);
  if (wanted !== null && resolved.columns.length !== wanted) {
    throw fault(
      context.text,
      'sql_semantics',
      wanted === 1
        ? 'The subquery must return only one column'
        : `The subquery must return ${wanted} columns`,
      link.location,
    );
  }
  return close('SubLink', {
    ...link,
    ...(link.testexpr === undefined
      ? {}
      : { testexpr: resolveExpression(link.testexpr, scope, windows, context) }),
    subselect: close('SelectStmt', resolved.select),
  });
}

/** `EXISTS (SELECT FROM x)`: no engine but PostgreSQL takes a list of nothing. */
function withColumns(select: SelectStmt): SelectStmt {
  if (select.op !== 'SETOP_NONE' || (select.targetList ?? select.valuesLists) !== undefined) return select;
  return { ...select, targetList: [{ ResTarget: { val: { A_Const: { ival: { ival: 1 } } } } }] };
}

/** OVER, or an entry of WINDOW: names become ours, the rest are expressions. */
function resolveWindow(
  window: WindowDef,
  again: (child: Node) => Node,
  windows: WindowNames | null,
  context: Context,
): Node {
  const rename = (name: string): string => {
    const printed = windows?.get(name);
    if (printed !== undefined) return printed;
    throw fault(context.text, 'sql_semantics', `Window "${name}" does not exist`, window.location);
  };
  const inner = open(mapChildren(close('WindowDef', window), again)).body as WindowDef;
  return close('WindowDef', {
    ...inner,
    ...(window.name === undefined ? {} : { name: rename(window.name) }),
    ...(window.refname === undefined ? {} : { refname: rename(window.refname) }),
  });
}
