/**
 * What PostgreSQL marks leakproof (pg_proc.proleakproof): only that may run on a row before the filter does, or on the
 * statistics of a column while the planner estimates. A test holds these rules to the catalog of a real server.
 */
import type { FuncCall, TypeCast } from '@pgsql/types';
import { calledName, functionNamed } from '../../guard/functions.ts';
import { LEAKPROOF } from '../../guard/functions-postgres.ts';
import { typeOfName } from '../../resolve/types.ts';
import type { Node } from '../../tree.ts';
import { close, walk } from '../../walk.ts';
import { isBoolean, isText, literalText, PLAIN, type RaiseContext, typeInPostgres } from './comparable.ts';

/** @param name of an infix operator that compares nothing. */
export function leakproofOperator(name: string, left: Node, right: Node, context: RaiseContext): boolean {
  return name === '^@' && isText(left, context) && isText(right, context);
}

/** @param body a cast whose argument is known to be safe itself, and no literal. */
export function leakproofCast(body: TypeCast, context: RaiseContext): boolean {
  const from = typeInPostgres(body.arg!, context);
  const to = typeOfName(body.typeName);
  if ((body.typeName?.typmods ?? []).length > 0) return false;
  if (from.family === 'integer') {
    const bits = from.bits ?? 128;
    return (to.family === 'integer' && bits <= (to.bits ?? 0)) || (to.family === 'float' && bits <= 64);
  }
  return from.family === to.family && PLAIN.has(from.family);
}

/** Aggregates and window functions only ever see rows that the filter left. */
export function leakproofCall(body: FuncCall, context: RaiseContext): boolean {
  const entry = functionNamed(calledName(body) ?? '');
  if (entry === undefined || entry.postgres === null) return false;
  if (entry.kind !== 'scalar') {
    return body.agg_filter === undefined || isBoolean(body.agg_filter, context);
  }
  return LEAKPROOF.has(entry.name) && (body.args ?? []).every((arg) => isText(arg, context));
}

const MATCHES: ReadonlySet<string> = new Set([
  ...['~', '!~', '~*', '!~*', '@>', '<@', '&&'],
  ...['?', '?|', '?&', '@?'],
]);

/**
 * Whether the planner would run one of the caller's operators over a column's most common values, hidden ones included,
 * where that could raise: LIKE with a pattern that may end in its escape character, and regular expressions.
 */
export function matchesPatterns(select: object, context: RaiseContext): boolean {
  let found = false;
  walk(close('SelectStmt', select), (node) => {
    if (!('A_Expr' in node)) return !found;
    const { kind, name, rexpr } = node.A_Expr;
    const operator = name?.[0] !== undefined && 'String' in name[0] ? (name[0].String.sval ?? '') : '';
    if (kind === 'AEXPR_SIMILAR' || MATCHES.has(operator)) found = true;
    if (kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE' || operator.includes('~~')) {
      const pattern = literalText(rexpr!, context);
      found ||= pattern === null || pattern.includes('\\');
    }
    return !found;
  });
  return found;
}
