/** Resolves FROM: datasets, CTEs, subqueries and joins become ranges with names of ours; USING and NATURAL become ON. */
import type { JoinExpr, RangeFunction, RangeSubselect, RangeVar, SelectStmt } from '@pgsql/types';
import type { AppliedMask } from '../../access/decision.ts';
import type { Column } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import type { GovernedDataset } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, open } from '../walk.ts';
import { notFound } from './bind.ts';
import { addRange, type Context, type QueryColumn } from './context.ts';
import { resolveExpression } from './expression.ts';
import { fault } from './fault.ts';
import { resolveFunction } from './from-function.ts';
import { named } from './named.ts';
import { combine, EMPTY, type Namespace, namespaceOf, type Scope, type ScopeColumn } from './scope.ts';
import { columnType, UNKNOWN } from './types.ts';

export interface ResolvedFrom {
  readonly nodes: readonly Node[];
  readonly namespace: Namespace;
}

export interface ResolvedItem {
  readonly node: Node;
  readonly namespace: Namespace;
}

/** Left to right: LATERAL sees what stands before it in the same FROM. */
export function resolveFrom(items: readonly Node[], outer: Scope | null, context: Context): ResolvedFrom {
  const nodes: Node[] = [];
  let namespace = EMPTY;
  for (const item of items) {
    const resolved = resolveItem(item, namespace, outer, context);
    nodes.push(resolved.node);
    namespace = combine(namespace, resolved.namespace, context.text);
  }
  return { nodes, namespace };
}

/** @param before what LATERAL may see besides `outer`. */
function resolveItem(item: Node, before: Namespace, outer: Scope | null, context: Context): ResolvedItem {
  const { tag, body } = open(item);
  switch (tag) {
    case 'RangeVar':
      return resolveRelation(body as RangeVar, context);
    case 'RangeSubselect':
      return resolveSubquery(body as RangeSubselect, before, outer, context);
    case 'RangeFunction':
      return resolveFunction(body as RangeFunction, before, outer, context);
    case 'JoinExpr':
      return resolveJoin(body as JoinExpr, before, outer, context);
    default:
      throw new SluiceError('rewrite_failed', undefined, { cause: `FROM ${tag}` });
  }
}

/** The columns that exist for this identity, in the catalogue's order. */
export function visibleColumns({ dataset, decision }: GovernedDataset): readonly Column[] {
  const hidden = new Set(decision.hidden);
  return dataset.columns.filter((column) => column.exposed && !hidden.has(column.folded));
}

function resolveRelation(relation: RangeVar, context: Context): ResolvedItem {
  const target = context.bound.relations.get(relation);
  if (target === undefined) throw new SluiceError('rewrite_failed', undefined, { cause: 'unbound relation' });
  if (target.kind === 'unknown') throw notFound(context.text, relation);
  const range = context.fresh('t');
  if (target.kind === 'cte') {
    const cte = context.ctes.get(target.cte);
    if (cte === undefined) throw new SluiceError('rewrite_failed', undefined, { cause: 'unknown CTE' });
    const node: Node = close('RangeVar', { ...plainRange(cte.printed), alias: { aliasname: range } });
    const columns = addRange(cte.columns, range, context);
    return {
      node,
      namespace: named(relation.relname!, [], columns, relation.alias, relation.location, context),
    };
  }
  const governed = context.governed.get(target.dataset.id);
  if (governed === undefined || !governed.decision.allow) {
    throw new SluiceError('rewrite_failed', undefined, { cause: `no decision for ${target.dataset.id}` });
  }
  if (target.dataset.invalid !== null) {
    throw fault(
      context.text,
      'dataset_invalid',
      `Dataset ${target.dataset.id} is not available in the engine`,
      relation.location,
    );
  }
  const visible = visibleColumns(governed);
  context.uses.set(range, { governed, columns: visible });
  const columns: QueryColumn[] = visible.map((column) => ({
    name: column.name,
    insensitive: true,
    printed: column.name,
    type: maskedType(column, governed),
    masked: maskOf(governed, column) !== undefined || isCoarse(governed, column),
  }));
  const node: Node = close('RangeVar', { ...plainRange(range), alias: { aliasname: range } });
  return {
    node,
    namespace: named(
      relation.relname!,
      target.dataset.names,
      addRange(columns, range, context),
      relation.alias,
      relation.location,
      context,
    ),
  };
}

/** The mask that stands over a column, if any; a column may be called `constructor`. */
export function maskOf(
  { decision: { masks } }: GovernedDataset,
  { folded }: Column,
): AppliedMask | undefined {
  return Object.hasOwn(masks, folded) ? masks[folded] : undefined;
}

/** Whether a clean room shows it in steps alone. */
function isCoarse({ decision: { limits } }: GovernedDataset, { folded }: Column): boolean {
  return (limits.aggregate_only ?? []).some(({ dimensions }) =>
    dimensions.some((one) => one.column === folded && one.mask !== null),
  );
}

/** The type under the caller's masks: hashed integers are widened. */
export function maskedType(column: Column, governed: GovernedDataset) {
  const type = columnType(column);
  const applied = maskOf(governed, column);
  const hashed = [applied, ...(applied?.when ?? [])].some((one) => one?.mask?.kind === 'hash');
  return hashed && type.family === 'integer' ? { ...type, bits: 64 } : type;
}

function plainRange(relname: string): RangeVar {
  return { relname, inh: true, relpersistence: 'p' };
}

function resolveSubquery(
  item: RangeSubselect,
  before: Namespace,
  outer: Scope | null,
  context: Context,
): ResolvedItem {
  const scope = item.lateral === true ? { namespace: before, outer } : outer;
  const resolved = context.select(open(item.subquery!).body as SelectStmt, scope, context);
  const range = context.fresh('t');
  const node: Node = close('RangeSubselect', {
    ...(item.lateral === true ? { lateral: true } : {}),
    subquery: close('SelectStmt', resolved.select),
    alias: { aliasname: range },
  });
  const columns = addRange(resolved.columns, range, context);
  return {
    node,
    namespace: named(item.alias?.aliasname ?? null, [], columns, item.alias, undefined, context),
  };
}

function resolveJoin(join: JoinExpr, before: Namespace, outer: Scope | null, context: Context): ResolvedItem {
  const left = resolveItem(join.larg!, before, outer, context);
  // LATERAL on the right of a RIGHT or FULL join may not look to the left.
  const seen = join.jointype === 'JOIN_INNER' || join.jointype === 'JOIN_LEFT';
  const beside = seen ? combine(before, left.namespace, context.text) : before;
  const right = resolveItem(join.rarg!, beside, outer, context);
  const both = combine(left.namespace, right.namespace, context.text);
  const merged = mergedColumns(join, left.namespace, right.namespace, context);
  const [lefts, rights] = [
    new Set(merged.map((pair) => pair.left)),
    new Set(merged.map((pair) => pair.right)),
  ];
  const columns = merged.map((pair) => pair.column);
  // `USING (…) AS j` names the merged columns besides, and hides nothing.
  const again =
    join.join_using_alias === undefined
      ? EMPTY
      : named(null, [], columns, join.join_using_alias, undefined, context);
  const { ranges } = combine(both, namespaceOf(again.ranges, []), context.text);
  const namespace = namespaceOf(ranges, [
    ...columns,
    ...left.namespace.columns.filter((column) => !lefts.has(column)),
    ...right.namespace.columns.filter((column) => !rights.has(column)),
  ]);
  const quals =
    join.quals === undefined
      ? joinCondition(merged, join)
      : resolveExpression(join.quals, { namespace: both, outer }, null, context);
  const node: Node = close('JoinExpr', {
    jointype: join.jointype,
    larg: left.node,
    rarg: right.node,
    ...(quals === null ? {} : { quals }),
  });
  if (join.alias === undefined) return { node, namespace };
  // An alias on a join hides the ranges inside it.
  return { node, namespace: named(null, [], namespace.columns, join.alias, undefined, context) };
}

interface Merged {
  readonly left: ScopeColumn;
  readonly right: ScopeColumn;
  readonly column: ScopeColumn;
}

function mergedColumns(join: JoinExpr, left: Namespace, right: Namespace, context: Context): Merged[] {
  const names =
    join.isNatural === true
      ? left.columns.flatMap((column) => (right.find.has(column) ? [column.name] : []))
      : (join.usingClause ?? []).map((name) => open(name).body.sval as string);
  if (join.isNatural === true) context.expanded(names.length, undefined);
  return names.map((name) => {
    const l = usingColumn(name, left, 'left', context);
    const r = usingColumn(name, right, 'right', context);
    const ref: Node =
      join.jointype === 'JOIN_FULL'
        ? close('CoalesceExpr', { args: [l.ref, r.ref] })
        : join.jointype === 'JOIN_RIGHT'
          ? r.ref
          : l.ref;
    const type =
      l.type.family === r.type.family ? (join.jointype === 'JOIN_RIGHT' ? r.type : l.type) : UNKNOWN;
    const column: ScopeColumn = {
      name,
      insensitive: l.insensitive || r.insensitive,
      ref,
      type,
      masked: l.masked || r.masked,
    };
    return { left: l, right: r, column };
  });
}

function usingColumn(name: string, side: Namespace, which: 'left' | 'right', context: Context): ScopeColumn {
  const found = side.find.named(name);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    throw fault(
      context.text,
      'column_ambiguous',
      `Column "${name}" appears more than once in the ${which} side of the join`,
      undefined,
    );
  }
  throw fault(context.text, 'column_not_found', `No such column: ${name}`, undefined);
}

/** Null for a join without a condition, which is an inner one. */
function joinCondition(merged: readonly Merged[], join: JoinExpr): Node | null {
  const equal = merged.map(
    ({ left, right }): Node => ({
      A_Expr: {
        kind: 'AEXPR_OP',
        name: [{ String: { sval: '=' } }],
        lexpr: left.ref,
        rexpr: right.ref,
      },
    }),
  );
  if (equal.length === 0) {
    return join.jointype === 'JOIN_INNER' ? null : { A_Const: { boolval: { boolval: true } } };
  }
  return equal.length === 1 ? equal[0]! : { BoolExpr: { boolop: 'AND_EXPR', args: equal } };
}
