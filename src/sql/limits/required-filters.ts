/** Which datasets of a query stand in a SELECT that does not restrict the columns that a policy wants restricted. */
import type { A_Expr, SelectStmt } from '@pgsql/types';
import type { DatasetUse, ResolvedQuery } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, open, walk } from '../walk.ts';
import { conjuncts } from './conjuncts.ts';

export interface Unfiltered {
  readonly use: DatasetUse;
  /** Folded. */
  readonly column: string;
}

/** Each place where a dataset stands is looked at by itself: a filter of another SELECT leaves this one whole. */
export function unfiltered({ tree, uses }: ResolvedQuery): readonly Unfiltered[] {
  if ([...uses.values()].every(({ governed }) => governed.decision.limits.require_filter === undefined))
    return [];
  const missing: Unfiltered[] = [];
  walk(close('SelectStmt', tree), (node) => {
    if ('SelectStmt' in node) missing.push(...missingIn(node.SelectStmt, uses));
    return undefined;
  });
  return missing;
}

function missingIn(select: SelectStmt, uses: ResolvedQuery['uses']): readonly Unfiltered[] {
  const conditions = conjuncts(select.whereClause);
  return rangesOf(select.fromClause ?? []).flatMap((range) => {
    const use = uses.get(range);
    if (use === undefined) return [];
    const { dataset, decision } = use.governed;
    return (decision.limits.require_filter ?? []).flatMap((column) => {
      const name = dataset.columns.find(({ folded }) => folded === column)?.name;
      const restricted =
        name !== undefined && conditions.some((condition) => restricts(condition, range, name));
      return restricted ? [] : [{ use, column }];
    });
  });
}

function rangesOf(items: readonly Node[]): readonly string[] {
  return items.flatMap((node): readonly string[] => {
    if ('RangeVar' in node) return [node.RangeVar.alias?.aliasname ?? ''];
    if (!('JoinExpr' in node)) return [];
    return rangesOf([node.JoinExpr.larg, node.JoinExpr.rarg].filter((side) => side !== undefined));
  });
}

const ORDERS: ReadonlySet<string> = new Set(['=', '<', '<=', '>', '>=']);

/** Whether the condition sets the column against constants: equal, among, between, or in order. */
function restricts(condition: Node, range: string, column: string): boolean {
  if ('ColumnRef' in condition) return isColumn(condition, range, column);
  if (!('A_Expr' in condition)) return false;
  const { kind, lexpr, rexpr } = condition.A_Expr;
  if (lexpr === undefined || rexpr === undefined) return false;
  const onLeft = isColumn(lexpr, range, column) && isConstant(rexpr);
  switch (kind) {
    case 'AEXPR_OP':
      return (
        ORDERS.has(operatorOf(condition.A_Expr)) &&
        (onLeft || (isConstant(lexpr) && isColumn(rexpr, range, column)))
      );
    // `not in` and `<> any` are operators of these kinds as well.
    case 'AEXPR_IN':
    case 'AEXPR_OP_ANY':
      return operatorOf(condition.A_Expr) === '=' && onLeft;
    case 'AEXPR_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_DISTINCT':
      return onLeft;
    default:
      return false;
  }
}

function operatorOf({ name }: A_Expr): string {
  const [only] = name ?? [];
  return only !== undefined && 'String' in only ? (only.String.sval ?? '') : '';
}

/** Casts do not widen what is compared. */
function isColumn(node: Node, range: string, column: string): boolean {
  if ('TypeCast' in node && node.TypeCast.arg !== undefined)
    return isColumn(node.TypeCast.arg, range, column);
  if (!('ColumnRef' in node)) return false;
  const [first, second] = (node.ColumnRef.fields ?? []).map((field) => open(field).body.sval);
  return first === range && second === column;
}

/** Nothing of a row: a value is compared with, not the column itself or another one. */
function isConstant(node: Node): boolean {
  let constant = true;
  walk(node, (inner) => {
    if ('ColumnRef' in inner || 'SubLink' in inner) constant = false;
    return undefined;
  });
  return constant;
}
