/** Resolves one query level: WITH, FROM, the select list with stars expanded and names made explicit, and what is ordered or grouped by it. */
import type { CommonTableExpr, ResTarget, SelectStmt, WindowDef } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { close, isBlank, open } from '../walk.ts';
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
import { outputName } from './output-name.ts';
import { position, resolveGroupItem, resolveSort, type Target } from './position.ts';
import { findRange, type Namespace, type Scope, type ScopeColumn } from './scope.ts';
import { typeOf, UNKNOWN, unify } from './types.ts';

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

function resolveWith(select: SelectStmt, outer: Scope | null, context: Context) {
  if (select.withClause === undefined) return null;
  const ctes = (select.withClause.ctes ?? []).map((node) => open(node).body as CommonTableExpr);
  const resolved = ctes.map((cte) => resolveCte(cte, outer, context));
  const recursive = ctes.some((cte) => context.bound.recursive.has(cte));
  return { ctes: resolved, ...(recursive ? { recursive: true } : {}) };
}

function resolveCte(cte: CommonTableExpr, outer: Scope | null, context: Context): Node {
  const printed = context.fresh('cte_');
  const query = open(cte.ctequery!).body as SelectStmt;
  const resolved = context.bound.recursive.has(cte)
    ? resolveRecursive(cte, query, printed, outer, context)
    : context.select(query, outer, context);
  context.ctes.set(cte, { printed, columns: renamed(resolved.columns, cte, context) });
  return close('CommonTableExpr', {
    ctename: printed,
    ctematerialized: cte.ctematerialized,
    ctequery: close('SelectStmt', resolved.select),
  });
}

/** The first branch names the columns; what flows round cannot be typed by looking once, so nothing is claimed of it. */
function resolveRecursive(
  cte: CommonTableExpr,
  query: SelectStmt,
  printed: string,
  outer: Scope | null,
  context: Context,
): ResolvedSelect {
  if (query.sortClause !== undefined || query.limitCount !== undefined || query.limitOffset !== undefined) {
    throw fault(
      context.text,
      'recursion_refused',
      'ORDER BY and LIMIT are not accepted in a recursive query',
      cte.location,
      'Put them around the reference to it.',
    );
  }
  const withClause = resolveWith(query, outer, context);
  const first = context.select(query.larg!, outer, context);
  const masked = [...context.governed.values()].some(
    ({ decision }) => Object.keys(decision.masks).length > 0,
  );
  const columns = first.columns.map((column) => ({ ...column, type: UNKNOWN, masked }));
  context.ctes.set(cte, { printed, columns: renamed(columns, cte, context) });
  const second = context.select(query.rarg!, outer, context);
  sameWidth(first, second, context);
  return {
    columns,
    select: {
      ...(withClause === null ? {} : { withClause }),
      op: query.op,
      ...(query.all === true ? { all: true } : {}),
      larg: first.select,
      rarg: second.select,
      limitOption: 'LIMIT_OPTION_DEFAULT',
    },
  };
}

function renamed(columns: readonly QueryColumn[], cte: CommonTableExpr, context: Context): QueryColumn[] {
  const names = (cte.aliascolnames ?? []).map((name) => open(name).body.sval as string);
  if (names.length > columns.length) {
    throw fault(
      context.text,
      'sql_semantics',
      `WITH query "${cte.ctename}" has ${columns.length} columns but ${names.length} names`,
      cte.location,
    );
  }
  return columns.map((column, i) => {
    const name = names[i];
    return name === undefined ? column : { ...column, name, insensitive: false };
  });
}

function sameWidth(left: ResolvedSelect, right: ResolvedSelect, context: Context): void {
  if (left.columns.length === right.columns.length) return;
  throw fault(
    context.text,
    'sql_semantics',
    'Each branch of UNION, INTERSECT or EXCEPT must have the same number of columns',
    undefined,
  );
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
  const targets: Target[] = columns.map((column) => ({ column, value: null }));
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
  const targets = scope.map((column) => starTarget(column));
  return finish(select, targets, { ranges: [], columns: scope }, outer, null, names, context, {
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
  const targets = (select.targetList ?? []).flatMap((node) =>
    resolveTarget(open(node).body as ResTarget, scope, windows, context),
  );
  return finish(select, targets, from.namespace, outer, windows, names, context, {
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
}

/** The parts that VALUES and SELECT share: DISTINCT, the named select list, ORDER BY, LIMIT. */
function finish(
  select: SelectStmt,
  targets: readonly Target[],
  namespace: Namespace,
  outer: Scope | null,
  windows: WindowNames | null,
  names: 'output' | 'inner',
  context: Context,
  parts: SelectStmt,
): ResolvedSelect {
  if (targets.length === 0) {
    throw fault(context.text, 'sql_semantics', 'The select list is empty', undefined);
  }
  const printed = printedNames(
    targets.map(({ column }) => column.name),
    names,
  );
  const scope: Scope = { namespace, outer };
  const distinct = select.distinctClause;
  return {
    columns: targets.map(({ column }, i) => ({ ...column, printed: printed[i]! })),
    select: {
      ...(distinct === undefined
        ? {}
        : {
            distinctClause: distinct.map((node) =>
              isBlank(node) ? node : position(node, targets, scope, windows, context),
            ),
          }),
      targetList: targets.map(({ value }, i) => ({ ResTarget: { name: printed[i]!, val: value! } })),
      ...parts,
      ...sorted(select, targets, scope, windows, context),
      ...limited(select, outer, context),
      op: 'SETOP_NONE',
    },
  };
}

function sorted(
  select: SelectStmt,
  targets: readonly Target[],
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

function resolveWindows(select: SelectStmt, expression: (node: Node) => Node): Node[] {
  return (select.windowClause ?? []).map(expression);
}

function resolveTarget(
  target: ResTarget,
  scope: Scope,
  windows: WindowNames,
  context: Context,
): readonly Target[] {
  const written = target.val!;
  const { tag, body } = open(written);
  if (tag === 'ColumnRef') {
    const fields = body.fields as Node[];
    if ('A_Star' in fields[fields.length - 1]!) {
      return starColumns(fields, target, scope, context).map((column) => starTarget(column));
    }
  }
  const value = resolveExpression(written, scope, windows, context);
  const column: QueryColumn = {
    name: target.name ?? outputName(written),
    // A warehouse's column passed on without a name of the caller's still matches in any case.
    insensitive: target.name === undefined && tag === 'ColumnRef',
    printed: '',
    type: typeOf(value, context.ranges),
    masked: isMasked(value, context),
  };
  return [{ column, value }];
}

function starColumns(
  fields: readonly Node[],
  target: ResTarget,
  scope: Scope,
  context: Context,
): readonly ScopeColumn[] {
  if (fields.length === 1) {
    if (scope.namespace.ranges.length > 0) return scope.namespace.columns;
    throw fault(context.text, 'sql_semantics', 'SELECT * without FROM means nothing', target.location);
  }
  const path = fields.slice(0, -1).map((field) => open(field).body.sval as string);
  const range = findRange(path, scope, context.text, { fields: [...fields], location: target.location! });
  if (range !== null) return range.columns;
  throw fault(
    context.text,
    'relation_not_found',
    `No relation "${path.join('.')}" in this part of the query`,
    target.location,
  );
}

function starTarget(column: ScopeColumn): Target {
  const { name, insensitive, type, masked } = column;
  return { column: { name, insensitive, printed: '', type, masked }, value: column.ref };
}

/** Inner names are plain and unique in their query even for an engine that ignores case. */
function printedNames(names: readonly string[], kind: 'output' | 'inner'): readonly string[] {
  if (kind === 'output') return names;
  const taken = new Set(names);
  const used = new Set<string>();
  return names.map((name, i) => {
    if (/^[a-z_][a-z0-9_]*$/.test(name) && !used.has(name)) {
      used.add(name);
      return name;
    }
    let fresh = `c${i + 1}`;
    while (taken.has(fresh) || used.has(fresh)) fresh = `${fresh}_`;
    used.add(fresh);
    return fresh;
  });
}
