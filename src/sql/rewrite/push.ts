/**
 * Finds the caller's conditions that may run inside a fence: those of WHERE and ON over one dataset's unmasked columns
 * that cannot raise. They stay where they are as well, so that nothing hangs on this but the time that a fenced scan takes.
 */
import type { JoinExpr } from '@pgsql/types';
import type { ResolvedQuery } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, open, transform, walk } from '../walk.ts';
import { column, RAW } from './build.ts';
import type { RaiseContext } from './raises/comparable.ts';
import { conditionCanRaise } from './raises/raises.ts';

/** By range: copies over the raw relation, in the engine's dialect. */
export function pushableConditions(
  resolved: ResolvedQuery,
  context: RaiseContext,
  lower: (node: Node) => Node,
): ReadonlyMap<string, readonly Node[]> {
  const pushed = new Map<string, Node[]>();
  const push = (whole: Node, kept: ReadonlySet<string>): void => {
    for (const condition of conjuncts(whole)) {
      const range = onlyRange(condition, resolved);
      if (range === null || !kept.has(range) || conditionCanRaise(condition, context)) continue;
      const copy = lower(overRaw(condition));
      pushed.set(range, [...(pushed.get(range) ?? []), copy]);
    }
  };
  walk(close('SelectStmt', resolved.tree), (node) => {
    if ('SelectStmt' in node && node.SelectStmt.whereClause !== undefined)
      push(node.SelectStmt.whereClause, keptBy(node.SelectStmt.fromClause ?? []));
    if ('JoinExpr' in node && node.JoinExpr.quals !== undefined)
      push(node.JoinExpr.quals, keptBy(sidesThatLose(node.JoinExpr)));
    return undefined;
  });
  return pushed;
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
