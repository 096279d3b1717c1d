/** Renumbers the parameters that are left in the tree, in the order of their numbers: an engine refuses a value that nothing refers to. */
import type { SelectStmt } from '@pgsql/types';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, open, transform, walk } from '../walk.ts';

export function compactParameters(
  select: SelectStmt,
  values: readonly ParamValue[],
): { readonly select: SelectStmt; readonly params: readonly ParamValue[] } {
  const root = close('SelectStmt', select);
  const used = new Set<number>();
  walk(root, (node) => {
    if ('ParamRef' in node) used.add(node.ParamRef.number ?? 0);
    return undefined;
  });
  const order = [...used].sort((a, b) => a - b);
  const renumbered = new Map(order.map((number, i) => [number, i + 1]));
  const renumber = (node: Node): Node =>
    'ParamRef' in node ? { ParamRef: { number: renumbered.get(node.ParamRef.number ?? 0)! } } : node;
  return {
    select: open(transform(root, renumber)).body as SelectStmt,
    params: order.map((number) => values[number - 1] ?? null),
  };
}
