/** A query without its values, for the audit: literals become `$0`, comments are gone, names and shape stay, and so do places of the select list. */
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
  const without = mapChildren(node, withoutValues);
  return collapsed(
    'SelectStmt' in node && 'SelectStmt' in without
      ? withPlaces(node.SelectStmt, without.SelectStmt)
      : without,
  );
}

/** `GROUP BY 1` names a column of the very list: it is no value. Whatever is beyond the list may be one. */
function withPlaces(select: SelectStmt, without: SelectStmt): Node {
  const places = outputsOf(select);
  const kept = (items: Node[] | undefined, own: Node[] | undefined): Node[] | undefined =>
    own?.map((item, i) => keptPlace(items?.[i], item, places));
  const { groupClause, sortClause, distinctClause } = without;
  return close('SelectStmt', {
    ...without,
    ...(groupClause === undefined ? {} : { groupClause: kept(select.groupClause, groupClause) }),
    ...(sortClause === undefined ? {} : { sortClause: kept(select.sortClause, sortClause) }),
    ...(distinctClause === undefined ? {} : { distinctClause: kept(select.distinctClause, distinctClause) }),
  });
}

function keptPlace(item: Node | undefined, without: Node, places: number): Node {
  if (item === undefined) return without;
  if ('A_Const' in item) {
    const place = item.A_Const.ival?.ival ?? 0;
    return place >= 1 && place <= places ? { A_Const: { ival: { ival: place } } } : without;
  }
  if ('SortBy' in item && 'SortBy' in without && without.SortBy.node !== undefined)
    return { SortBy: { ...without.SortBy, node: keptPlace(item.SortBy.node, without.SortBy.node, places) } };
  if ('GroupingSet' in item && 'GroupingSet' in without) {
    const { content = [] } = item.GroupingSet;
    const kept = (without.GroupingSet.content ?? []).map((one, i) => keptPlace(content[i], one, places));
    return { GroupingSet: { ...without.GroupingSet, content: kept } };
  }
  return without;
}

/** How many columns it certainly gives out: a star counts as one. */
function outputsOf({ larg, targetList = [] }: SelectStmt): number {
  return larg === undefined ? targetList.length : outputsOf(larg);
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
