/** Resolves one query level: WITH, FROM, the select list with stars expanded and names made explicit, and what is ordered or grouped by it. */
import type { ResTarget, SelectStmt, WindowDef } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { close, isBlank, open, walk } from '../walk.ts';
import {
  addRange,
  type Context,
  isMasked,
  type QueryColumn,
  type ResolvedSelect,
  string,
} from './context.ts';
import { resolveExpression, type WindowNames } from './expression.ts';
import { fault } from './fault.ts';
import { resolveFrom } from './from.ts';
import { position, resolveGroupItem, resolveSort } from './position.ts';
import { type Namespace, namespaceOf, type Scope } from './scope.ts';
import { printedNames, resolveTarget, starTarget } from './target.ts';
import { type Targets, targetsOf } from './targets.ts';
import { typeOf, unify } from './types.ts';
import { resolveWith, sameWidth } from './with.ts';

/** @param names `output` keeps the caller's names for the result; `inner` gives names that no engine can take for another. */
export function resolveSelect(
  select: SelectStmt,
  outer: Scope | null,
  context: Context,
  names: 'output' | 'inner' = 'inner',
): ResolvedSelect {
  const withClause = resolveWith(select, outer, context);
  const resolved =
    select.valuesLists !== undefined
      ? resolveValues(select, outer, context, names)
      : select.op !== undefined && select.op !== 'SETOP_NONE'
        ? resolveSetOperation(select, outer, context, names)
        : resolvePlain(select, outer, context, names);
  return withClause === null
    ? resolved
    : { columns: resolved.columns, select: { withClause, ...resolved.select } };
}

function resolveSetOperation(
  select: SelectStmt,
  outer: Scope | null,
  context: Context,
  names: 'output' | 'inner',
): ResolvedSelect {
  const left = resolveSelect(select.larg!, outer, context, names);
  const right = resolveSelect(select.rarg!, outer, context);
  sameWidth(left, right, context);
  const columns = left.columns.map((column, i) => {
    const other = right.columns[i]!;
    return {
      ...column,
      type: unify([column.type, other.type]),
      masked: column.masked || other.masked,
    };
  });
  const targets = targetsOf(columns.map((column) => ({ column, value: null })));
  return {
    columns,
    select: {
      op: select.op,
      ...(select.all === true ? { all: true } : {}),
      larg: left.select,
      rarg: right.select,
      ...sorted(select, targets, null, null, context),
      ...limited(select, outer, context),
    },
  };
}

/** VALUES names its columns column1, column2, … : a subquery with these names says so to every engine. */
function resolveValues(
  select: SelectStmt,
  outer: Scope | null,
  context: Context,
  names: 'output' | 'inner',
): ResolvedSelect {
  const rows = (select.valuesLists ?? []).map((row) =>
    ((open(row).body.items as Node[]) ?? []).map((item) => resolveExpression(item, outer, null, context)),
  );
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width)) {
    throw fault(context.text, 'sql_semantics', 'VALUES lists must all be the same length', undefined);
  }
  const columns: QueryColumn[] = Array.from({ length: width }, (_, i) => ({
    name: `column${i + 1}`,
    insensitive: false,
    printed: `column${i + 1}`,
    type: unify(rows.map((row) => typeOf(row[i]!, context.ranges))),
    masked: rows.some((row) => isMasked(row[i]!, context)),
  }));
  const range = context.fresh('t');
  const scope = addRange(columns, range, context);
  const values: SelectStmt = {
    valuesLists: rows.map((items) => ({ List: { items } })),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  const targets = targetsOf(scope.map((column) => starTarget(column)));
  return finish(select, targets, namespaceOf([], scope), outer, null, names, context, {
    fromClause: [
      close('RangeSubselect', {
        subquery: close('SelectStmt', values),
        alias: { aliasname: range, colnames: columns.map((column) => string(column.printed)) },
      }),
    ],
  });
}

function resolvePlain(
  select: SelectStmt,
  outer: Scope | null,
  context: Context,
  names: 'output' | 'inner',
): ResolvedSelect {
  const from = resolveFrom(select.fromClause ?? [], outer, context);
  const scope: Scope = { namespace: from.namespace, outer };
  const windows = windowNames(select, context);
  const expression = (node: Node): Node => resolveExpression(node, scope, windows, context);
  const targets = targetsOf(
    (select.targetList ?? []).flatMap((node) =>
      resolveTarget(open(node).body as ResTarget, scope, windows, context),
    ),
  );
  const resolved = finish(select, targets, from.namespace, outer, windows, names, context, {
    ...(from.nodes.length === 0 ? {} : { fromClause: [...from.nodes] }),
    ...(select.whereClause === undefined
      ? {}
      : { whereClause: resolveExpression(select.whereClause, scope, null, context) }),
    ...(select.groupClause === undefined
      ? {}
      : { groupClause: select.groupClause.map((item) => resolveGroupItem(item, targets, scope, context)) }),
    ...(select.havingClause === undefined
      ? {}
      : { havingClause: resolveExpression(select.havingClause, scope, null, context) }),
    ...(select.windowClause === undefined ? {} : { windowClause: resolveWindows(select, expression) }),
  });
  return { columns: resolved.columns, select: withoutUnusedWindows(resolved.select) };
}

/** The parts that VALUES and SELECT share: DISTINCT, the named select list, ORDER BY, LIMIT. */
function finish(
  select: SelectStmt,
  targets: Targets,
  namespace: Namespace,
  outer: Scope | null,
  windows: WindowNames | null,
  names: 'output' | 'inner',
  context: Context,
  parts: SelectStmt,
): ResolvedSelect {
  if (targets.list.length === 0) {
    throw fault(context.text, 'sql_semantics', 'The select list is empty', undefined);
  }
  const printed = printedNames(
    targets.list.map(({ column }) => column.name),
    names,
  );
  const scope: Scope = { namespace, outer };
  const distinct = select.distinctClause;
  return {
    columns: targets.list.map(({ column }, i) => ({ ...column, printed: printed[i]! })),
    select: {
      ...(distinct === undefined
        ? {}
        : {
            distinctClause: distinct.map((node) =>
              isBlank(node) ? node : position(node, targets, scope, windows, context),
            ),
          }),
      targetList: targets.list.map(({ value }, i) => ({ ResTarget: { name: printed[i]!, val: value! } })),
      ...parts,
      ...sorted(select, targets, scope, windows, context),
      ...limited(select, outer, context),
      op: 'SETOP_NONE',
    },
  };
}

function sorted(
  select: SelectStmt,
  targets: Targets,
  scope: Scope | null,
  windows: WindowNames | null,
  context: Context,
): SelectStmt {
  if (select.sortClause === undefined) return {};
  const distinct = (select.distinctClause ?? []).some(isBlank);
  return {
    sortClause: select.sortClause.map((item) =>
      resolveSort(item, targets, scope, windows, distinct, context),
    ),
  };
}

function limited(select: SelectStmt, outer: Scope | null, context: Context): SelectStmt {
  const { limitCount, limitOffset } = select;
  return {
    ...(limitCount === undefined ? {} : { limitCount: resolveExpression(limitCount, outer, null, context) }),
    ...(limitOffset === undefined
      ? {}
      : { limitOffset: resolveExpression(limitOffset, outer, null, context) }),
    limitOption: select.limitOption ?? 'LIMIT_OPTION_DEFAULT',
  };
}

function windowNames(select: SelectStmt, context: Context): WindowNames {
  const names = new Map<string, string>();
  for (const node of select.windowClause ?? []) {
    const { name, location } = open(node).body as WindowDef;
    if (names.has(name!)) {
      throw fault(context.text, 'sql_semantics', `Window "${name}" is already defined`, location);
    }
    names.set(name!, context.fresh('w'));
  }
  return names;
}

/** DuckDB's parser drops windows that nothing uses, with the functions and parameters in them; here they go in sight. */
function withoutUnusedWindows(select: SelectStmt): SelectStmt {
  const { windowClause, ...rest } = select;
  if (windowClause === undefined) return select;
  const used = new Set<string>();
  const note = (node: Node): undefined => {
    if (!('WindowDef' in node)) return;
    const { name, refname } = node.WindowDef;
    for (const one of [name, refname]) if (one !== undefined) used.add(one);
  };
  walk(close('SelectStmt', rest), note);
  // A window may only build on one that stands before it.
  const kept = windowClause
    .toReversed()
    .filter((node) => {
      const { name, refname } = open(node).body as WindowDef;
      if (!used.has(name!)) return false;
      if (refname !== undefined) used.add(refname);
      return true;
    })
    .toReversed();
  return kept.length === 0 ? rest : { ...rest, windowClause: kept };
}

function resolveWindows(select: SelectStmt, expression: (node: Node) => Node): Node[] {
  return (select.windowClause ?? []).map(expression);
}
