/** Resolves WITH: each query gets a reserved name; a recursive one offers the columns of its first branch to itself. */
import type { CommonTableExpr, SelectStmt, WithClause } from '@pgsql/types';
import type { SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, open } from '../walk.ts';
import { type Context, CTE_PREFIX, type QueryColumn, type ResolvedSelect } from './context.ts';
import { fault } from './fault.ts';
import type { Scope } from './scope.ts';
import { UNKNOWN } from './types.ts';

export function resolveWith(select: SelectStmt, outer: Scope | null, context: Context): WithClause | null {
  if (select.withClause === undefined) return null;
  const ctes = (select.withClause.ctes ?? []).map((node) => open(node).body as CommonTableExpr);
  const resolved = ctes.map((cte) => resolveCte(cte, outer, context));
  const recursive = ctes.some((cte) => context.bound.recursive.has(cte));
  return { ctes: resolved, ...(recursive ? { recursive: true } : {}) };
}

function resolveCte(cte: CommonTableExpr, outer: Scope | null, context: Context): Node {
  const printed = context.fresh(CTE_PREFIX);
  const query = open(cte.ctequery!).body as SelectStmt;
  const resolved = context.bound.recursive.has(cte)
    ? resolveRecursive(cte, query, printed, outer, context)
    : context.select(query, outer, context);
  context.ctes.set(cte, { printed, columns: renamed(resolved.columns, cte, context) });
  return close('CommonTableExpr', {
    ctename: printed,
    // Never NOT MATERIALIZED: a query that is put in two places, by another that is, doubles with each of thirty names.
    ctematerialized:
      cte.ctematerialized === 'CTEMaterializeNever' ? 'CTEMaterializeDefault' : cte.ctematerialized,
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
  const columns = first.columns.map((column) => ({ ...column, type: roughly(column.type), masked }));
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

/** Whether it is a list does not change on the way. */
function roughly({ family }: SqlType): SqlType {
  if (family === 'list') return { family };
  return family === 'unknown' ? UNKNOWN : { family: 'other' };
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

/** PostgreSQL and DuckDB both refuse it; said here, where the words are ours. */
export function sameWidth(left: ResolvedSelect, right: ResolvedSelect, context: Context): void {
  if (left.columns.length === right.columns.length) return;
  throw fault(
    context.text,
    'sql_semantics',
    'Each branch of UNION, INTERSECT or EXCEPT must have the same number of columns',
    undefined,
  );
}
