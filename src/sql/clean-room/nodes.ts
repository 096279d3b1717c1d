/** Small builders of tree nodes that clean rooms are made with. */
import type { SelectStmt } from '@pgsql/types';
import { CALLS, type EngineKind } from '../rewrite/build.ts';
import type { Node } from '../tree.ts';
import { close, open } from '../walk.ts';

/** parsenodes.h: FRAMEOPTION_DEFAULTS. */
export const DEFAULT_FRAME = 1058;

export function named(pairs: readonly (readonly [string, Node])[]): Record<string, Node> {
  return Object.fromEntries(pairs);
}

export function targets(values: Readonly<Record<string, Node>>): Node[] {
  return Object.entries(values).map(([name, val]) => ({ ResTarget: { name, val } }));
}

export function plain(select: SelectStmt): SelectStmt {
  return { ...select, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' };
}

export function subquery(select: SelectStmt, aliasname: string): Node {
  return close('RangeSubselect', { subquery: close('SelectStmt', select), alias: { aliasname } });
}

export function isNotNull(arg: Node): Node {
  return { NullTest: { arg, nulltesttype: 'IS_NOT_NULL' } };
}

/** Of all rows, or of those that have the same values as the row itself. */
export function countAll(engine: EngineKind, partitionClause?: readonly Node[]): Node {
  const made = engine === 'duckdb' ? CALLS.duckdb('count_star') : CALLS.postgres('count');
  return {
    FuncCall: {
      ...open(made).body,
      ...(engine === 'postgres' ? { agg_star: true } : {}),
      ...(partitionClause === undefined
        ? {}
        : { over: { partitionClause: [...partitionClause], frameOptions: DEFAULT_FRAME } }),
    },
  };
}

export function distinct(call: Node): Node {
  return { FuncCall: { ...open(call).body, agg_distinct: true } };
}

export function filtered(call: Node, condition: Node | null): Node {
  return condition === null ? call : { FuncCall: { ...open(call).body, agg_filter: condition } };
}

export function inOrder(node: Node): Node {
  return close('SortBy', { node, sortby_dir: 'SORTBY_DEFAULT', sortby_nulls: 'SORTBY_NULLS_DEFAULT' });
}
