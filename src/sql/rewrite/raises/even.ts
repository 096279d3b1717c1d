/** What a SELECT does by itself, whatever its expressions do: it bounds rows, and brings branches and rows to one type. */
import type { SelectStmt } from '@pgsql/types';
import type { Node } from '../../tree.ts';
import { open } from '../../walk.ts';
import { alike, comparable, type RaiseContext } from './comparable.ts';

/** Whether none of that raises. */
export function evenSelect(select: SelectStmt, context: RaiseContext): boolean {
  for (const bound of [select.limitCount, select.limitOffset]) {
    if (bound !== undefined && !safeBound(bound, context)) return false;
  }
  if (select.larg !== undefined && !sameColumns(select.larg, select.rarg!, context)) return false;
  return select.valuesLists === undefined || evenRows(select.valuesLists, context);
}

function safeBound(node: Node, context: RaiseContext): boolean {
  if ('A_Const' in node) return node.A_Const.ival !== undefined || node.A_Const.isnull === true;
  if (!('ParamRef' in node)) return false;
  const value = context.params[(node.ParamRef.number ?? 0) - 1];
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);
}

/** Branches of a set operation are converted to a common type. */
function sameColumns(left: SelectStmt, right: SelectStmt, context: RaiseContext): boolean {
  const a = outputs(left);
  const b = outputs(right);
  return a.length === b.length && a.every((node, i) => comparable(node, b[i]!, context));
}

function outputs(select: SelectStmt): Node[] {
  let at = select;
  while (at.larg !== undefined) at = at.larg;
  return (at.targetList ?? []).map((target) => open(target).body.val as Node);
}

function evenRows(rows: readonly Node[], context: RaiseContext): boolean {
  const lists = rows.map((row) => open(row).body.items as Node[]);
  return (lists[0] ?? []).every((_, i) =>
    alike(
      lists.map((items) => items[i]!),
      context,
    ),
  );
}
