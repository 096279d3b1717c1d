/** Queries and what stands in FROM as text: every arm of a set operation, every join and every subquery in parentheses. */
import type {
  Alias,
  GroupingSet,
  JoinExpr,
  Node,
  RangeFunction,
  RangeSubselect,
  RangeVar,
  ResTarget,
  SelectStmt,
  WithClause,
} from '@pgsql/types';
import { isBlank } from '../walk.ts';
import { printWindow } from './calls.ts';
import { need, printAll } from './expressions.ts';
import { type Print, quoteList, quoteName, unprintable, words } from './tokens.ts';

export function printSelect(print: Print, select: SelectStmt): string {
  return words([
    select.withClause === undefined ? '' : printWith(print, select.withClause),
    printBody(print, select),
    select.sortClause === undefined ? '' : `ORDER BY ${printAll(print, select.sortClause)}`,
    printLimit(print, select),
    select.limitOffset === undefined ? '' : `OFFSET ${print(select.limitOffset)}`,
  ]);
}

const SET_OPERATIONS: Readonly<Record<string, string>> = {
  SETOP_UNION: 'UNION',
  SETOP_INTERSECT: 'INTERSECT',
  SETOP_EXCEPT: 'EXCEPT',
};

function printBody(print: Print, select: SelectStmt): string {
  const operation = SET_OPERATIONS[select.op ?? ''];
  if (operation !== undefined) {
    const arm = (side: SelectStmt | undefined): string => `(${printSelect(print, side ?? fail('an arm'))})`;
    return `${arm(select.larg)} ${operation}${select.all === true ? ' ALL' : ''} ${arm(select.rarg)}`;
  }
  if (select.valuesLists !== undefined) {
    return `VALUES ${select.valuesLists.map((row) => `(${printAll(print, rowOf(row))})`).join(', ')}`;
  }
  return words([
    'SELECT',
    select.distinctClause === undefined ? '' : printDistinct(print, select.distinctClause),
    printAll(print, select.targetList),
    select.fromClause === undefined ? '' : `FROM ${printAll(print, select.fromClause)}`,
    select.whereClause === undefined ? '' : `WHERE ${print(select.whereClause)}`,
    select.groupClause === undefined ? '' : `GROUP BY ${printAll(print, select.groupClause)}`,
    select.havingClause === undefined ? '' : `HAVING ${print(select.havingClause)}`,
    select.windowClause === undefined ? '' : `WINDOW ${printWindows(print, select.windowClause)}`,
  ]);
}

function rowOf(row: Node): readonly Node[] {
  return 'List' in row ? (row.List.items ?? []) : fail('this row of VALUES');
}

function printDistinct(print: Print, columns: readonly Node[]): string {
  const [first] = columns;
  return first === undefined || isBlank(first) ? 'DISTINCT' : `DISTINCT ON (${printAll(print, columns)})`;
}

function printWindows(print: Print, windows: readonly Node[]): string {
  return windows
    .map((window) => {
      if (!('WindowDef' in window)) return fail('this window');
      return `${quoteName(window.WindowDef.name)} AS ${printWindow(print, window.WindowDef)}`;
    })
    .join(', ');
}

/** `LIMIT ALL` is a NULL in the tree. */
function printLimit(print: Print, { limitCount, limitOption }: SelectStmt): string {
  if (limitCount === undefined) return '';
  if (limitOption === 'LIMIT_OPTION_WITH_TIES') return `FETCH FIRST ${print(limitCount)} ROWS WITH TIES`;
  const all = 'A_Const' in limitCount && limitCount.A_Const.isnull === true;
  return `LIMIT ${all ? 'ALL' : print(limitCount)}`;
}

const MATERIALIZED: Readonly<Record<string, string>> = {
  CTEMaterializeAlways: 'MATERIALIZED ',
  CTEMaterializeNever: 'NOT MATERIALIZED ',
};

function printWith(print: Print, clause: WithClause): string {
  const ctes = (clause.ctes ?? []).map((node) => {
    if (!('CommonTableExpr' in node)) return fail('this CTE');
    const cte = node.CommonTableExpr;
    const name = `${quoteName(cte.ctename)}${quoteList(cte.aliascolnames)}`;
    return `${name} AS ${MATERIALIZED[cte.ctematerialized ?? ''] ?? ''}(${print(need(cte.ctequery))})`;
  });
  return `WITH ${clause.recursive === true ? 'RECURSIVE ' : ''}${ctes.join(', ')}`;
}

export function printTarget(print: Print, { val, name }: ResTarget): string {
  return `${print(need(val))}${name === undefined ? '' : ` AS ${quoteName(name)}`}`;
}

export function printGrouping(print: Print, set: GroupingSet): string {
  const content = printAll(print, set.content);
  switch (set.kind) {
    case 'GROUPING_SET_EMPTY':
      return '()';
    case 'GROUPING_SET_ROLLUP':
      return `ROLLUP (${content})`;
    case 'GROUPING_SET_CUBE':
      return `CUBE (${content})`;
    case 'GROUPING_SET_SETS':
      return `GROUPING SETS (${content})`;
    default:
      return fail('this grouping set');
  }
}

export function printRelation({ catalogname, schemaname, relname, alias, inh }: RangeVar): string {
  if (inh !== true) throw unprintable('ONLY');
  const parts = [catalogname, schemaname, relname].filter((part) => part !== undefined);
  return `${parts.map(quoteName).join('.')}${printAlias(alias)}`;
}

export function printSubselect(print: Print, range: RangeSubselect): string {
  return `${range.lateral === true ? 'LATERAL ' : ''}(${print(need(range.subquery))})${printAlias(range.alias)}`;
}

/** `f(…) WITH ORDINALITY AS "t"("a", "b")`: one function, without definitions of columns. */
export function printFunctionInFrom(print: Print, range: RangeFunction): string {
  const [first, ...others] = range.functions ?? [];
  const items = first !== undefined && 'List' in first ? (first.List.items ?? []) : [];
  const [call, definition, ...more] = items;
  const plain = call !== undefined && definition !== undefined && isBlank(definition);
  if (
    !plain ||
    others.length + more.length > 0 ||
    range.is_rowsfrom === true ||
    range.coldeflist !== undefined
  )
    return fail('this function in FROM');
  return words([
    range.lateral === true ? 'LATERAL' : '',
    `${print(call)}${range.ordinality === true ? ' WITH ORDINALITY' : ''}${printAlias(range.alias)}`,
  ]);
}

const JOINS: Readonly<Record<string, string>> = {
  JOIN_INNER: 'JOIN',
  JOIN_LEFT: 'LEFT JOIN',
  JOIN_FULL: 'FULL JOIN',
  JOIN_RIGHT: 'RIGHT JOIN',
};

export function printJoin(print: Print, join: JoinExpr): string {
  const word = JOINS[join.jointype ?? ''] ?? fail('this join');
  const [left, right] = [print(need(join.larg)), print(need(join.rarg))];
  const condition = words([
    join.usingClause === undefined
      ? ''
      : `USING ${quoteList(join.usingClause)}${printAlias(join.join_using_alias)}`,
    join.quals === undefined ? '' : `ON ${print(join.quals)}`,
  ]);
  const natural = join.isNatural === true ? 'NATURAL ' : '';
  const cross = natural === '' && condition === '';
  if (cross && word !== 'JOIN') throw unprintable('an outer join without a condition');
  const joined = words([left, cross ? 'CROSS JOIN' : `${natural}${word}`, right, condition]);
  return `(${joined})${printAlias(join.alias)}`;
}

function printAlias(alias: Alias | undefined): string {
  return alias === undefined ? '' : ` AS ${quoteName(alias.aliasname)}${quoteList(alias.colnames)}`;
}

function fail(what: string): never {
  throw unprintable(what);
}
