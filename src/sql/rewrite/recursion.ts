/**
 * Puts a bound on the rows of each recursive CTE: its rows are numbered as they come, and the query ends at the first that
 * is too many. Both engines make them one round at a time, each round at least one row, and only as many as are asked for
 * (PostgreSQL 13 to 18, DuckDB 1.5): so a recursion without an end meets the bound, and never fills the memory.
 */
import type { CommonTableExpr, SelectStmt, WithClause } from '@pgsql/types';
import { DEFAULT_BOUNDS } from '../guard/bounds.ts';
import { FUNCTIONS } from '../guard/functions.ts';
import { CTE_PREFIX } from '../resolve/context.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open, walk } from '../walk.ts';
import { bool, CALLS, column, type EngineKind, operation, some, whole } from './build.ts';
import { unlessTooMany } from './too-many.ts';
import { unsupported } from './unsupported.ts';

/** What the numbered rows, and the recursion itself, are called inside the CTE that stands for it. */
const NUMBERED = 'numbered';
const ROUNDS = 'rounds';
/** parsenodes.h: FRAMEOPTION_DEFAULTS. */
const WHOLE_FRAME = 1058;

/** @param node in the engine's dialect, with resolved names: no two CTEs share one. */
export function boundRecursions(node: Node, engine: EngineKind): Node {
  const mapped = mapChildren(node, (child) => boundRecursions(child, engine));
  if (!('WithClause' in mapped) || mapped.WithClause.recursive !== true) return mapped;
  const { recursive: _, ...clause }: WithClause = mapped.WithClause;
  const ctes = (clause.ctes ?? []).map((item) => {
    const cte = open(item).body as CommonTableExpr;
    return refersTo(cte.ctequery!, cte.ctename!) ? bounded(cte, engine) : item;
  });
  return close('WithClause', { ...clause, ctes });
}

/**
 * DuckDB 1.5 numbers the rows of a recursion that looks outwards for each outer row, and so only once all of them are
 * there: then nothing bounds them.
 */
function looksOutwards(query: Node): boolean {
  const inside = new Set<string>();
  const used = new Set<string>();
  walk(query, (node) => {
    if ('ColumnRef' in node) used.add(open(node.ColumnRef.fields![0]!).body.sval as string);
    if ('RangeVar' in node) inside.add(node.RangeVar.alias?.aliasname ?? '');
    if ('RangeSubselect' in node) inside.add(node.RangeSubselect.alias?.aliasname ?? '');
    if ('RangeFunction' in node) inside.add(node.RangeFunction.alias?.aliasname ?? '');
    return undefined;
  });
  return [...used].some((range) => !inside.has(range));
}

function refersTo(query: Node, name: string): boolean {
  let found = false;
  walk(query, (node) => {
    found ||= 'RangeVar' in node && node.RangeVar.relname === name;
    return !found;
  });
  return found;
}

function bounded(cte: CommonTableExpr, engine: EngineKind): Node {
  if (engine === 'duckdb' && looksOutwards(cte.ctequery!)) {
    throw unsupported(
      'A recursive query that refers to columns of the query around it',
      'Start it from a relation of its own, and join the result.',
    );
  }
  const name = cte.ctename!;
  const recursion = `${CTE_PREFIX}${name}`;
  const union = open(cte.ctequery!).body as SelectStmt;
  const names = columnsOf(union);
  const [placed, round] = [unusedName('place', names), unusedName('round', names)];
  const counted = engine === 'duckdb' ? countingRounds(union, name, round) : null;
  const most = DEFAULT_BOUNDS;
  const targets = (range: string): Node[] =>
    names.map((one) => ({ ResTarget: { name: one, val: column(range, one) } }));
  const place: Node = {
    FuncCall: {
      ...(open(CALLS[engine]('row_number')).body as object),
      over: { frameOptions: WHOLE_FRAME },
    },
  };
  const numbered: SelectStmt = {
    targetList: [
      ...targets(ROUNDS),
      { ResTarget: { name: placed, val: place } },
      ...(counted === null ? [] : [{ ResTarget: { name: round, val: column(ROUNDS, round) } }]),
    ],
    fromClause: [
      { RangeVar: { relname: recursion, inh: true, relpersistence: 'p', alias: { aliasname: ROUNDS } } },
    ],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  const tooMany = some([
    operation('>', column(NUMBERED, placed), whole(most.recursionRows)),
    ...(counted === null ? [] : [operation('>', column(NUMBERED, round), whole(most.recursionRounds))]),
  ]);
  const query: SelectStmt = {
    withClause: {
      ctes: [
        close('CommonTableExpr', {
          ctename: recursion,
          ctematerialized: 'CTEMaterializeDefault',
          ctequery: renamed(close('SelectStmt', counted ?? union), name, recursion),
        }),
      ],
      recursive: true,
    },
    targetList: targets(NUMBERED),
    fromClause: [
      close('RangeSubselect', {
        subquery: close('SelectStmt', numbered),
        alias: { aliasname: NUMBERED },
      }),
    ],
    whereClause: unlessTooMany(tooMany, bool(true), engine),
    // A condition of the caller's may not come first: where it is false, nothing would be counted.
    limitOffset: whole(0),
    limitOption: 'LIMIT_OPTION_COUNT',
    op: 'SETOP_NONE',
  };
  return close('CommonTableExpr', { ...cte, ctequery: close('SelectStmt', query) });
}

function unusedName(wanted: string, names: readonly string[]): string {
  let name = wanted;
  while (names.includes(name)) name = `${name}_`;
  return name;
}

/**
 * DuckDB takes long for each round, however few its rows: so rounds are counted besides, in a column of their own. Null
 * where a column more would change what the recursion gives, or what a step means.
 */
function countingRounds(union: SelectStmt, name: string, round: string): SelectStmt | null {
  const { larg, rarg } = union;
  if (union.all !== true || larg === undefined || rarg === undefined) return null;
  const range = rarg.larg === undefined ? ownRange(rarg.fromClause ?? [], name) : undefined;
  const grouped = rarg.groupClause !== undefined || rarg.havingClause !== undefined;
  if (range === undefined || grouped || (rarg.targetList ?? []).some(aggregates)) return null;
  const next = operation('+', column(range, round), whole(1));
  return { ...union, larg: withColumn(larg, round, whole(0)), rarg: withColumn(rarg, round, next) };
}

function ownRange(items: readonly Node[], name: string): string | undefined {
  for (const item of items) {
    if ('RangeVar' in item && item.RangeVar.relname === name) return item.RangeVar.alias?.aliasname;
    if (!('JoinExpr' in item)) continue;
    const found = ownRange([item.JoinExpr.larg!, item.JoinExpr.rarg!], name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whatever is not known to be computed row by row. */
function aggregates(node: Node): boolean {
  let found = false;
  walk(node, (at) => {
    if ('FuncCall' in at && at.FuncCall.over === undefined) {
      const called = open((at.FuncCall.funcname ?? []).at(-1)!).body.sval as string;
      found ||= AGGREGATES.has(called);
    }
    return !found && !('SelectStmt' in at);
  });
  return found;
}

const AGGREGATES: ReadonlySet<string> = new Set([
  'count_star',
  ...FUNCTIONS.flatMap(({ kind, duckdb, name }) => (kind === 'scalar' ? [] : [duckdb ?? name, name])),
]);

function withColumn(select: SelectStmt, name: string, val: Node): SelectStmt {
  if (select.larg !== undefined && select.rarg !== undefined) {
    return { ...select, larg: withColumn(select.larg, name, val), rarg: withColumn(select.rarg, name, val) };
  }
  return { ...select, targetList: [...(select.targetList ?? []), { ResTarget: { name, val } }] };
}

/** The first branch names them. */
function columnsOf(select: SelectStmt): readonly string[] {
  let first = select;
  while (first.larg !== undefined) first = first.larg;
  return (first.targetList ?? []).map((target) => open(target).body.name as string);
}

function renamed(query: Node, from: string, to: string): Node {
  const replace = (node: Node): Node =>
    'RangeVar' in node && node.RangeVar.relname === from
      ? { RangeVar: { ...node.RangeVar, relname: to } }
      : mapChildren(node, replace);
  return replace(query);
}
