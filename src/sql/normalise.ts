/** A query without its values, for the audit: literals become `$0`, comments are gone, names and shape stay. */
import { createHash } from 'node:crypto';
import type { Node, SelectStmt } from '@pgsql/types';
import { print } from './print/print.ts';
import type { GuardedQuery } from './stages.ts';
import { close, mapChildren, open } from './walk.ts';

export interface NormalisedQuery {
  /** Equal for queries that differ in their values alone: SHA-256 of `normalised`, in hex. */
  readonly fingerprint: string;
  /** Printed as the gate prints; `$0` stands for any literal, a list of literals counts as one. Not meant to be run. */
  readonly normalised: string;
}

export function normalise(guarded: Pick<GuardedQuery, 'select'>): NormalisedQuery {
  const tree = withoutValues(close('SelectStmt', guarded.select));
  const normalised = print(open(tree).body as SelectStmt);
  return { normalised, fingerprint: createHash('sha256').update(normalised).digest('hex') };
}

/** Callers' parameters start at `$1`. */
const PLACEHOLDER: Node = { ParamRef: { number: 0 } };

function withoutValues(node: Node): Node {
  const { tag } = open(node);
  // `numeric(10, 2)` and the field of an interval are part of a type, not values.
  if (tag === 'TypeName') return node;
  if (tag === 'A_Const') return PLACEHOLDER;
  return collapsed(mapChildren(node, withoutValues));
}

/** `IN (1, 2, 3)`, `ARRAY[1, 2]` and `VALUES (1), (2)` come in any length. */
function collapsed(node: Node): Node {
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_IN' && node.A_Expr.rexpr !== undefined) {
    return { A_Expr: { ...node.A_Expr, rexpr: collapsedList(node.A_Expr.rexpr) } };
  }
  if ('A_ArrayExpr' in node && node.A_ArrayExpr.elements !== undefined) {
    return { A_ArrayExpr: { ...node.A_ArrayExpr, elements: once(node.A_ArrayExpr.elements) } };
  }
  if ('SelectStmt' in node && node.SelectStmt.valuesLists !== undefined) {
    const rows = node.SelectStmt.valuesLists;
    return rows.every(isLiteralRow)
      ? close('SelectStmt', { ...node.SelectStmt, valuesLists: rows.slice(0, 1) })
      : node;
  }
  return node;
}

function collapsedList(node: Node): Node {
  return 'List' in node ? { List: { items: once(node.List.items ?? []) } } : node;
}

function once(items: readonly Node[]): Node[] {
  return items.every((item) => item === PLACEHOLDER) ? items.slice(0, 1) : [...items];
}

function isLiteralRow(row: Node): boolean {
  return 'List' in row && (row.List.items ?? []).every((item) => item === PLACEHOLDER);
}
