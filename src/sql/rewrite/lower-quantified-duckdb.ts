/** `x op ANY (list)` and `x op ALL (list)` in DuckDB's words. */
import type { SelectStmt } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { bool, call, every, isIn, operation, some, when } from './build.ts';
import { writtenElements } from './lower-casts-duckdb.ts';
import { unsupported } from './unsupported.ts';

/** Those that ANY and ALL take. */
export const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** `x op ANY (list)`: a list that is written out becomes IN, any other a subquery over its elements, as DuckDB itself does. */
export function lowerQuantified(
  kind: 'AEXPR_OP_ANY' | 'AEXPR_OP_ALL',
  operator: string,
  left: Node,
  right: Node,
  again: (child: Node) => Node,
): Node {
  const any = kind === 'AEXPR_OP_ANY';
  const fromText = writtenElements(right);
  const list = fromText ?? right;
  const elements = 'A_ArrayExpr' in list ? (list.A_ArrayExpr.elements ?? []) : [];
  if (fromText !== undefined && elements.length === 0) return bool(!any);
  if (!COMPARISONS.has(operator)) {
    if (elements.length === 0)
      throw unsupported(`${operator} ANY or ALL`, 'Write ARRAY[…] with its elements.');
    const each = elements.map((element) => again(operation(operator, left, element)));
    return any ? some(each) : every(each);
  }
  // Each text is read as what stands on the left, which it would not be as the element of a list.
  if (fromText !== undefined && operator !== (any ? '=' : '<>')) {
    const each = elements.map((element) => again(operation(operator, left, element)));
    return any ? some(each) : every(each);
  }
  if (elements.length > 0 && operator === (any ? '=' : '<>')) {
    return isIn(again(left), elements.map(again), !any);
  }
  const select: SelectStmt = {
    targetList: [{ ResTarget: { name: 'c1', val: call('unnest', again(list)) } }],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  const found: Node = {
    SubLink: {
      subLinkType: any ? 'ANY_SUBLINK' : 'ALL_SUBLINK',
      testexpr: again(left),
      operName: [{ String: { sval: operator } }],
      subselect: { SelectStmt: select },
    },
  };
  // No list is not an empty one: nobody knows what is in it.
  if (elements.length > 0) return found;
  return when({ NullTest: { arg: again(list), nulltesttype: 'IS_NOT_NULL' } }, found, null);
}
