/** `column in (select … from dataset where …)` in a row filter: the one shape of a subquery that a policy may hold. */
import type { Node, RangeVar, SelectStmt, SubLink } from '@pgsql/types';

export interface LookupParts {
  readonly left: Node;
  /** As written: `ref.user_regions`. */
  readonly dataset: string;
  readonly column: Node;
  readonly where: Node | null;
}

const SHAPE = 'a lookup is `… in (select column from namespace.dataset where …)`';

/** A text that says what is wrong where the shape is another. */
export function readLookup(link: SubLink): LookupParts | string {
  if (link.subLinkType !== 'ANY_SUBLINK' || link.testexpr === undefined) return SHAPE;
  if ((link.operName ?? []).some((part) => !('String' in part) || part.String.sval !== '=')) return SHAPE;
  const select =
    link.subselect !== undefined && 'SelectStmt' in link.subselect ? link.subselect.SelectStmt : null;
  return select === null ? SHAPE : readSelect(select, link.testexpr);
}

const CLAUSES = ['targetList', 'fromClause', 'whereClause', 'limitOption', 'op'];

function readSelect(select: SelectStmt, left: Node): LookupParts | string {
  const [target, second] = select.targetList ?? [];
  const [from, another] = select.fromClause ?? [];
  const more = Object.keys(select).find((clause) => !CLAUSES.includes(clause));
  if (more !== undefined || select.op !== 'SETOP_NONE' || select.limitOption !== 'LIMIT_OPTION_DEFAULT')
    return `${SHAPE}, without further clauses`;
  if (target === undefined || second !== undefined || !('ResTarget' in target)) return SHAPE;
  if (from === undefined || another !== undefined || !('RangeVar' in from)) return SHAPE;
  const column = target.ResTarget.val;
  const dataset = nameOf(from.RangeVar);
  if (column === undefined || dataset === null) return SHAPE;
  return { left, dataset, column, where: select.whereClause ?? null };
}

function nameOf({ catalogname, schemaname, relname, alias, inh }: RangeVar): string | null {
  if (alias !== undefined || inh !== true || relname === undefined) return null;
  return [catalogname, schemaname, relname].filter((part) => part !== undefined).join('.');
}
