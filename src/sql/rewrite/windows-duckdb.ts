/** Windows that build on others, written out: DuckDB 1.5 forgets the partition of a window two steps away. */
import type { SelectStmt, WindowDef } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { close, open, transform } from '../walk.ts';

/** @param select of a resolved tree, where a window's name stands for one window in all of it. */
export function withoutInheritedWindows(select: SelectStmt): SelectStmt {
  if (select.windowClause === undefined) return select;
  const known = new Map<string, WindowDef>();
  const whole = (window: WindowDef): WindowDef => {
    const { refname, ...own } = window;
    const base = refname === undefined ? undefined : known.get(refname);
    if (base === undefined) return window;
    const { partitionClause, orderClause } = base;
    return {
      ...(partitionClause === undefined ? {} : { partitionClause }),
      ...(orderClause === undefined ? {} : { orderClause }),
      ...own,
    };
  };
  const windowClause = select.windowClause.map((node) => {
    const window = whole(open(node).body as WindowDef);
    known.set(window.name!, window);
    return close('WindowDef', window);
  });
  const { windowClause: _, ...rest } = select;
  const used = new Set<string>();
  const replaced = transform(close('SelectStmt', rest), (node: Node): Node => {
    if (!('WindowDef' in node)) return node;
    if (node.WindowDef.name !== undefined) used.add(node.WindowDef.name);
    return close('WindowDef', whole(node.WindowDef));
  });
  // DuckDB's parser drops windows that nothing uses, with the functions and parameters in them.
  const kept = windowClause.filter((node) => used.has((open(node).body as WindowDef).name!));
  const flat = open(replaced).body as SelectStmt;
  return kept.length === 0 ? flat : { ...flat, windowClause: kept };
}
