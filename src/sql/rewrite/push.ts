/**
 * Moves the caller's conditions inside a fence that may run there: those of WHERE and ON over one dataset's unmasked columns
 * that cannot raise. Outside nothing is left of them: there an engine would hold them against the least and greatest value of
 * all rows, and what it then leaves out would not fail.
 */
import type { JoinExpr, SelectStmt } from '@pgsql/types';
import type { ResolvedQuery } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open, transform, walk } from '../walk.ts';
import { bool, column, every, RAW } from './build.ts';
import type { RaiseContext } from './raises/comparable.ts';
import { conditionCanRaise } from './raises/raises.ts';

export interface Pushed {
  /** Without the conditions that were moved. */
  readonly tree: SelectStmt;
  /** By range: what was, over the raw relation, in the caller's dialect. */
  readonly conditions: ReadonlyMap<string, readonly Node[]>;
}

/** @param fenced whether a range is a dataset behind a fence, which takes conditions in */
export function pushConditions(
  resolved: ResolvedQuery,
  context: RaiseContext,
  fenced: (range: string) => boolean,
): Pushed {
  const conditions = new Map<string, Node[]>();
  /** What is left of it; null for nothing. */
  const push = (whole: Node, kept: ReadonlySet<string>): Node | null => {
    const parts = conjuncts(whole);
    const left = parts.filter((condition) => {
      const range = onlyRange(condition, resolved);
      if (range === null || !kept.has(range) || !fenced(range) || conditionCanRaise(condition, context))
        return true;
      conditions.set(range, [...(conditions.get(range) ?? []), overRaw(condition)]);
      return false;
    });
    if (left.length === parts.length) return whole;
    return left.length === 0 ? null : every(left);
  };
  const visit = (node: Node): Node => {
    if ('SelectStmt' in node) return mapChildren(close('SelectStmt', pushedWhere(node.SelectStmt)), visit);
    if ('JoinExpr' in node) return mapChildren(close('JoinExpr', pushedOn(node.JoinExpr)), visit);
    return mapChildren(node, visit);
  };
  const pushedWhere = (select: SelectStmt): SelectStmt => {
    const { whereClause, ...rest } = select;
    if (whereClause === undefined) return select;
    const left = push(whereClause, keptBy(select.fromClause ?? []));
    return left === null ? rest : { ...rest, whereClause: left };
  };
  const pushedOn = (join: JoinExpr): JoinExpr => {
    if (join.quals === undefined) return join;
    return { ...join, quals: push(join.quals, keptBy(sidesThatLose(join))) ?? bool(true) };
  };
  const tree = open(visit(close('SelectStmt', resolved.tree))).body as SelectStmt;
  return { tree, conditions };
}

/** Sides of which a row that fails the join's own condition is not given out. */
function sidesThatLose({ jointype, larg, rarg }: JoinExpr): readonly Node[] {
  switch (jointype) {
    case 'JOIN_INNER':
      return [larg!, rarg!];
    case 'JOIN_LEFT':
      return [rarg!];
    case 'JOIN_RIGHT':
      return [larg!];
    default:
      return [];
  }
}

/** Ranges of which no outer join among these makes rows up: only those may lose rows early. */
function keptBy(from: readonly Node[]): ReadonlySet<string> {
  const kept = new Set<string>();
  const visit = (node: Node): void => {
    if ('RangeVar' in node) kept.add(node.RangeVar.alias?.aliasname ?? '');
    if (!('JoinExpr' in node)) return;
    const { jointype, larg, rarg } = node.JoinExpr;
    if (jointype === 'JOIN_INNER' || jointype === 'JOIN_LEFT') visit(larg!);
    if (jointype === 'JOIN_INNER' || jointype === 'JOIN_RIGHT') visit(rarg!);
  };
  for (const item of from) visit(item);
  return kept;
}

function conjuncts(condition: Node): readonly Node[] {
  if ('BoolExpr' in condition && condition.BoolExpr.boolop === 'AND_EXPR') {
    return (condition.BoolExpr.args ?? []).flatMap(conjuncts);
  }
  return [condition];
}

/** The one dataset whose unmasked columns a condition is about; null for none, several, or masked ones. */
function onlyRange(condition: Node, resolved: ResolvedQuery): string | null {
  const ranges = new Set<string>();
  let plain = true;
  walk(condition, (node) => {
    if (!('ColumnRef' in node)) return undefined;
    const [range, name] = (node.ColumnRef.fields ?? []).map((field) => open(field).body.sval as string);
    ranges.add(range ?? '');
    plain &&= resolved.ranges.get(range ?? '')?.get(name ?? '')?.masked === false;
    return undefined;
  });
  const [only] = ranges;
  return plain && ranges.size === 1 && resolved.uses.has(only ?? '') ? (only ?? null) : null;
}

function overRaw(condition: Node): Node {
  return transform(condition, (node) => {
    if (!('ColumnRef' in node)) return node;
    const fields = node.ColumnRef.fields ?? [];
    return column(RAW, open(fields[fields.length - 1]!).body.sval as string);
  });
}
