/** What must hold of every row: the parts of a condition that stand side by side with AND. */
import type { Node } from '../tree.ts';
import { open, walk } from '../walk.ts';

export function conjuncts(condition: Node | undefined): readonly Node[] {
  if (condition === undefined) return [];
  if ('BoolExpr' in condition && condition.BoolExpr.boolop === 'AND_EXPR')
    return (condition.BoolExpr.args ?? []).flatMap(conjuncts);
  return [condition];
}

/** The range of a column, null where the node is no column. */
export function rangeOfColumn(node: Node): string | null {
  if (!('ColumnRef' in node)) return null;
  const [range] = node.ColumnRef.fields ?? [];
  return range === undefined ? null : (open(range).body.sval as string);
}

/** Ranges of all columns below a node, in subqueries too. */
export function rangesIn(node: Node): ReadonlySet<string> {
  const ranges = new Set<string>();
  walk(node, (inner) => {
    const range = rangeOfColumn(inner);
    if (range !== null) ranges.add(range);
    return undefined;
  });
  return ranges;
}

/** Whether a node reads a relation. */
export function reads(node: Node): boolean {
  let found = false;
  walk(node, (inner) => {
    found ||= 'RangeVar' in inner;
    return undefined;
  });
  return found;
}
