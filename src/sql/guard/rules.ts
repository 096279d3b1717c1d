/** What the table of nodes cannot say: rules of single node types, checked after their fields. */
import type {
  A_Const,
  A_Expr,
  CollateClause,
  ColumnRef,
  CommonTableExpr,
  FuncCall,
  NamedArgExpr,
  Node,
  RangeVar,
  SelectStmt,
  SubLink,
  TypeName,
  WindowDef,
  WithClause,
} from '@pgsql/types';
import { eachChild, walk } from '../walk.ts';
import { checkCall, checkNamed } from './calls.ts';
import { checkExpression, checkQuantifier } from './expressions.ts';
import { groupingSets } from './grouping.ts';
import { type Inspection, type Place, refuse } from './inspection.ts';
import type { Tag } from './nodes.ts';
import { SYSTEM_COLUMNS } from './refuse.ts';
import { INTERVAL_FIELDS, MAX_DIMENSIONS, typeOf } from './types.ts';

type Rule = (body: never, seen: Inspection, place: Place) => void;

const RULES: Readonly<Partial<Record<Tag, Rule>>> = {
  SelectStmt: checkSelect,
  WithClause: checkWith,
  RangeVar: checkRelation,
  ColumnRef: checkColumn,
  A_Const: checkConstant,
  ParamRef: checkParameter,
  A_Expr: (body: A_Expr, seen, place) => checkExpression(body, seen, place),
  SubLink: (body: SubLink, seen, place) => checkQuantifier(body, seen, place),
  FuncCall: (body: FuncCall, seen, place) => checkCall(body, seen, place),
  CollateClause: checkCollation,
  NamedArgExpr: (body: NamedArgExpr, seen, place) => checkNamed(body, seen, place),
  TypeName: checkType,
  WindowDef: checkWindow,
};

export function checkRules(tag: Tag, body: object, seen: Inspection, place: Place): void {
  RULES[tag]?.(body as never, seen, place);
}

function checkSelect(select: SelectStmt, seen: Inspection, place: Place): void {
  // EXISTS asks for rows alone: there `SELECT FROM x` is a habit.
  const exists = place.parentBody.subLinkType === 'EXISTS_SUBLINK';
  const columns = select.targetList ?? select.valuesLists;
  if (select.op === 'SETOP_NONE' && columns === undefined && !exists) {
    refuse(
      seen,
      place,
      'sql_construct_refused',
      'Not accepted: a SELECT without columns',
      'Select a column or a constant.',
    );
  }
  for (const bound of [select.limitCount, select.limitOffset]) {
    if (bound !== undefined && !isRowCount(bound)) {
      refuse(
        seen,
        place,
        'sql_limit',
        'LIMIT and OFFSET must be whole numbers or parameters',
        'Write the number itself.',
      );
    }
  }
  if (select.groupClause !== undefined && groupingSets(select.groupClause) > seen.bounds.groupingSets) {
    refuse(
      seen,
      place,
      'sql_too_large',
      `GROUP BY spells out more than ${seen.bounds.groupingSets} sets`,
      'Group by fewer columns.',
    );
  }
}

/** PostgreSQL refuses it while it analyses, DuckDB while it parses: here is the place to say so. */
function checkWindow(window: WindowDef, seen: Inspection, place: Place): void {
  let nested = false;
  eachChild({ WindowDef: window }, (child) =>
    walk(child, (node) => {
      nested ||= 'FuncCall' in node && node.FuncCall.over !== undefined;
      return !(nested || 'SelectStmt' in node);
    }),
  );
  if (nested) {
    refuse(
      seen,
      place,
      'sql_semantics',
      'A window cannot be defined by a window function',
      'Compute it in a subquery first.',
    );
  }
}

/** `LIMIT ALL` is a NULL constant. */
function isRowCount(node: Node): boolean {
  if ('ParamRef' in node) return true;
  if (!('A_Const' in node)) return false;
  const { isnull, ival, fval } = node.A_Const;
  return (
    isnull === true ||
    (ival !== undefined && (ival.ival ?? 0) >= 0) ||
    (fval !== undefined && /^\d{1,15}$/.test(fval.fval ?? ''))
  );
}

function checkWith(clause: WithClause, seen: Inspection, place: Place): void {
  if (clause.recursive !== true) return;
  for (const cte of clause.ctes ?? []) {
    if (!('CommonTableExpr' in cte) || !namesItself(cte.CommonTableExpr)) continue;
    seen.recursions += 1;
    if (seen.recursions > seen.bounds.recursions) {
      refuse(
        seen,
        place,
        'sql_too_large',
        `More than ${seen.bounds.recursions} recursive CTEs`,
        'Use fewer recursions.',
      );
    }
    const query = cte.CommonTableExpr.ctequery;
    if (query === undefined || !('SelectStmt' in query) || query.SelectStmt.op !== 'SETOP_UNION') {
      refuse(
        seen,
        place,
        'recursion_refused',
        'A recursive CTE must be a UNION of a start and a step',
        'Write WITH RECURSIVE x AS (start UNION ALL step).',
      );
    }
  }
}

/** Counts a name that an inner CTE shadows too: the bound is then reached early, never late. */
function namesItself(cte: CommonTableExpr): boolean {
  let found = false;
  if (cte.ctequery === undefined) return false;
  walk(cte.ctequery, (node) => {
    if ('RangeVar' in node && node.RangeVar.relname === cte.ctename) found ||= !node.RangeVar.schemaname;
    return !found;
  });
  return found;
}

function checkRelation(relation: RangeVar, seen: Inspection, place: Place): void {
  seen.relations += 1;
  if (seen.relations > seen.bounds.relations) {
    refuse(
      seen,
      place,
      'sql_too_large',
      `The query reads more than ${seen.bounds.relations} relations`,
      'Split the query.',
    );
  }
  if (relation.inh !== true) {
    refuse(seen, place, 'sql_construct_refused', 'Not accepted: ONLY', 'Remove ONLY.');
  }
}

const WHOLE_ROW =
  'Name the columns; to count rows, write count(*), or count(x.key) for a relation that is joined.';

function checkColumn(column: ColumnRef, seen: Inspection, place: Place): void {
  const last = column.fields?.at(-1);
  if (last === undefined) return;
  if ('A_Star' in last && place.parent !== 'ResTarget') {
    refuse(seen, place, 'whole_row', 'A whole row is not accepted as a value', WHOLE_ROW);
  }
  if ('String' in last && SYSTEM_COLUMNS.has(last.String.sval ?? '')) {
    refuse(
      seen,
      place,
      'sql_system_column',
      'System columns are not accepted',
      'Name columns of the dataset.',
    );
  }
}

/** Decimal notation, which every engine reads alike; PostgreSQL also reads `0x1F` and `1_000`. */
const DECIMAL = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function checkConstant(constant: A_Const, seen: Inspection, place: Place): void {
  const number = constant.fval?.fval;
  // Beyond a double's range DuckDB makes infinity of it.
  const fits = (text: string): boolean =>
    text.length <= 400 && DECIMAL.test(text) && Number.isFinite(Number(text));
  if (number === undefined || fits(number)) return;
  refuse(
    seen,
    place,
    'sql_construct_refused',
    'Not accepted: this way to write a number',
    'Write it in decimal.',
  );
}

function checkParameter(parameter: { number?: number }, seen: Inspection, place: Place): void {
  const number = parameter.number ?? 0;
  if (number < 1 || number > seen.bounds.parameters) {
    refuse(
      seen,
      place,
      'sql_parameter',
      `Parameters go from $1 to $${seen.bounds.parameters}`,
      'Number them from 1.',
    );
  }
  seen.paramCount = Math.max(seen.paramCount, number);
}

/** By code point, which is what DuckDB sorts by; other orders differ from server to server. */
const COLLATIONS: ReadonlySet<string> = new Set(['C', 'POSIX', 'pg_catalog.C', 'pg_catalog.POSIX']);

function checkCollation(clause: CollateClause, seen: Inspection, place: Place): void {
  const name = (clause.collname ?? [])
    .map((part) => ('String' in part ? (part.String.sval ?? '') : ''))
    .join('.');
  if (COLLATIONS.has(name)) return;
  refuse(
    seen,
    place,
    'sql_construct_refused',
    'Not accepted: this COLLATE',
    'Write COLLATE "C", or leave it out: sorting follows the engine\'s default.',
  );
}

function checkType(type: TypeName, seen: Inspection, place: Place): void {
  const accepted = typeOf(type);
  const modifiers = type.typmods ?? [];
  const fits =
    accepted !== undefined &&
    modifiers.length >= accepted.modifiers.min &&
    modifiers.length <= accepted.modifiers.max &&
    modifiers.every(isWholeConstant) &&
    (type.arrayBounds ?? []).length <= MAX_DIMENSIONS &&
    // A fixed size is ignored by PostgreSQL and enforced by DuckDB.
    (type.arrayBounds ?? []).every((bound) => 'Integer' in bound && bound.Integer.ival === -1) &&
    (accepted.family !== 'interval' || modifiers.length === 0 || isIntervalLiteral(modifiers, place));
  if (fits) return;
  refuse(
    seen,
    place,
    'sql_type_refused',
    'This type is not accepted',
    'The reference lists the types that are accepted.',
  );
}

function isWholeConstant(node: Node): boolean {
  return 'A_Const' in node && node.A_Const.ival !== undefined;
}

/** DuckDB reads `INTERVAL '90' DAY`, but drops the field of a cast: there is no other way to write one. */
function isIntervalLiteral(modifiers: readonly Node[], place: Place): boolean {
  const [field] = modifiers;
  const argument = place.parentBody.arg as Node | undefined;
  return (
    field !== undefined &&
    'A_Const' in field &&
    INTERVAL_FIELDS.has(field.A_Const.ival?.ival ?? 0) &&
    argument !== undefined &&
    'A_Const' in argument &&
    argument.A_Const.sval !== undefined
  );
}
