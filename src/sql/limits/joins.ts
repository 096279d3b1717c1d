/** How much of a query is joined, and whether by more than nothing. */
import type { A_Expr, SelectStmt } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { close, walk } from '../walk.ts';
import { conjuncts, rangesIn, reads } from './conjuncts.ts';

/** One item of a FROM, wherever it stands in its joins. */
interface Item {
  readonly range: string;
  readonly node: Node;
}

interface From {
  /** Those that read a relation; VALUES and series join nothing. */
  readonly items: readonly Item[];
  /** What is said of their rows, by ON and WHERE. */
  readonly conditions: readonly Node[];
}

/** Each further item of a FROM, and each subquery in an expression that reads something. */
export function countJoins(tree: SelectStmt): number {
  let joins = 0;
  walk(close('SelectStmt', tree), (node) => {
    if ('SelectStmt' in node) joins += Math.max(0, fromOf(node.SelectStmt).items.length - 1);
    if ('SubLink' in node && node.SubLink.subselect !== undefined && reads(node.SubLink.subselect))
      joins += 1;
    return undefined;
  });
  return joins;
}

/** Whether some FROM holds two items that no comparison of their columns connects, over others or at once. */
export function joinsEverything(tree: SelectStmt): boolean {
  let found = false;
  walk(close('SelectStmt', tree), (node) => {
    if ('SelectStmt' in node) found ||= !connected(fromOf(node.SelectStmt));
    return undefined;
  });
  return found;
}

function fromOf({ fromClause = [], whereClause }: SelectStmt): From {
  const items: Item[] = [];
  const conditions: Node[] = [...conjuncts(whereClause)];
  const visit = (node: Node): void => {
    if ('JoinExpr' in node) {
      const { larg, rarg, quals } = node.JoinExpr;
      conditions.push(...conjuncts(quals));
      for (const side of [larg, rarg]) if (side !== undefined) visit(side);
    } else if (reads(node)) items.push({ range: aliasOf(node), node });
  };
  for (const item of fromClause) visit(item);
  return { items, conditions };
}

function aliasOf(node: Node): string {
  if ('RangeVar' in node) return node.RangeVar.alias?.aliasname ?? node.RangeVar.relname ?? '';
  return 'RangeSubselect' in node ? (node.RangeSubselect.alias?.aliasname ?? '') : '';
}

function connected({ items, conditions }: From): boolean {
  const group = new Map(items.map(({ range }) => [range, range]));
  const unite = (ranges: Iterable<string>): void => {
    const groups = new Set([...ranges].flatMap((range) => group.get(range) ?? []));
    const [into] = groups;
    if (into === undefined) return;
    for (const [range, of] of group) if (groups.has(of)) group.set(range, into);
  };
  for (const condition of conditions) if ('A_Expr' in condition) unite(compared(condition.A_Expr));
  // LATERAL: a subquery is of the rows that it refers to.
  for (const { range, node } of items) unite([range, ...rangesIn(node)]);
  return new Set(group.values()).size <= 1;
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<', '<=', '>', '>=']);
const KINDS: ReadonlySet<string> = new Set([
  'AEXPR_OP',
  'AEXPR_NOT_DISTINCT',
  'AEXPR_BETWEEN',
  'AEXPR_BETWEEN_SYM',
]);

/** Ranges that a comparison has on either side, none where one side is of no range, or of one that the other side has too. */
function compared({ kind, name, lexpr, rexpr }: A_Expr): readonly string[] {
  const [operator] = name ?? [];
  const text = operator !== undefined && 'String' in operator ? (operator.String.sval ?? '') : '';
  if (lexpr === undefined || rexpr === undefined || !KINDS.has(kind ?? '')) return [];
  if (kind === 'AEXPR_OP' && !COMPARISONS.has(text)) return [];
  const [left, right] = [rangesIn(lexpr), rangesIn(rexpr)];
  return left.isDisjointFrom(right) && left.size > 0 && right.size > 0 ? [...left, ...right] : [];
}
