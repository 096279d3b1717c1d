/**
 * FETCH FIRST … WITH TIES as a rank: DuckDB has no such clause, and on the outermost query the page's own bound takes its
 * place. A row is among the first n, ties included, where fewer than n rows come before it.
 */
import type { SelectStmt, SortBy } from '@pgsql/types';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, isBlank, mapChildren, open } from '../walk.ts';
import { column, type EngineKind, operation } from './build.ts';
import { boundOf, number } from './limit.ts';

/** parsenodes.h: FRAMEOPTION_DEFAULTS. */
const DEFAULT_FRAME = 1058;
const PLACE = 'place';

/** @param root resolved. @param params the caller's values. */
export function withoutTies(root: SelectStmt, engine: EngineKind, params: readonly ParamValue[]): SelectStmt {
  let count = 0;
  const fresh = (): string => `f${++count}`;
  const spread = (select: SelectStmt): SelectStmt =>
    select.limitOption === 'LIMIT_OPTION_WITH_TIES' ? ranked(select, params, fresh) : select;
  // PostgreSQL has the clause itself, wherever the page's bound does not stand.
  if (engine === 'postgres') return spread(root);
  const replace = (node: Node): Node => {
    const mapped = mapChildren(node, replace);
    return 'SelectStmt' in mapped ? close('SelectStmt', spread(mapped.SelectStmt)) : mapped;
  };
  return open(replace(close('SelectStmt', root))).body as SelectStmt;
}

function ranked(select: SelectStmt, params: readonly ParamValue[], fresh: () => string): SelectStmt {
  const { limitCount, limitOffset, limitOption: _, withClause, sortClause = [], ...rest } = select;
  const most = boundOf(limitCount, params) ?? 0;
  const skip = boundOf(limitOffset, params) ?? 0;
  const [rows, places] = [fresh(), fresh()];
  const names = namesOf(rest);
  const sorts = sortClause.map((item) => open(item).body as SortBy);
  const keys = sorts.map(({ node }, i) => {
    const place = 'A_Const' in node! ? node.A_Const.ival?.ival : undefined;
    return place === undefined ? { name: `s${i + 1}`, value: node! } : { name: `c${place}`, value: null };
  });
  const extra = keys.flatMap(({ name, value }) =>
    value === null ? [] : [{ ResTarget: { name, val: value } } as Node],
  );
  const sortedBy = (range: string): Node[] =>
    sorts.map((sort, i) => close('SortBy', { ...sort, node: column(range, keys[i]!.name) }));
  const on = (rest.distinctClause ?? []).some((node) => !isBlank(node));
  const all = [...names.map((_name, i) => `c${i + 1}`), ...extra.map((one) => open(one).body.name as string)];
  const numbered = plain({
    targetList: [
      ...all.map((name): Node => ({ ResTarget: { name, val: column(rows, name) } })),
      { ResTarget: { name: PLACE, val: rankOver(sortedBy(rows)) } },
    ],
    fromClause: [
      within(rows, {
        ...renamed(rest, extra),
        // DISTINCT ON takes the first of each in this order.
        ...(on ? { sortClause } : {}),
        limitOption: 'LIMIT_OPTION_DEFAULT',
      }),
    ],
  });
  return {
    ...(withClause === undefined ? {} : { withClause }),
    ...plain({
      targetList: names.map((name, i): Node => ({ ResTarget: { name, val: column(places, `c${i + 1}`) } })),
      fromClause: [within(places, numbered)],
      whereClause: operation('<=', column(places, PLACE), number(most === 0 ? 0 : skip + most)),
    }),
    sortClause: sortedBy(places),
    ...(skip === 0 ? {} : { limitOffset: number(skip), limitOption: 'LIMIT_OPTION_COUNT' }),
  };
}

function plain(select: SelectStmt): SelectStmt {
  return { ...select, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' };
}

function within(range: string, select: SelectStmt): Node {
  return close('RangeSubselect', { subquery: close('SelectStmt', select), alias: { aliasname: range } });
}

function rankOver(orderClause: Node[]): Node {
  return {
    FuncCall: {
      funcname: [{ String: { sval: 'rank' } }],
      funcformat: 'COERCE_EXPLICIT_CALL',
      over: { orderClause, frameOptions: DEFAULT_FRAME },
    },
  };
}

function namesOf(select: SelectStmt): readonly string[] {
  let first = select;
  while (first.larg !== undefined) first = first.larg;
  return (first.targetList ?? []).map((target) => open(target).body.name as string);
}

/** Output names may stand for several columns. */
function renamed(select: SelectStmt, extra: readonly Node[]): SelectStmt {
  if (select.larg !== undefined) return { ...select, larg: renamed(select.larg, []) };
  const targets = (select.targetList ?? []).map((target, i) =>
    close('ResTarget', { ...open(target).body, name: `c${i + 1}` }),
  );
  return { ...select, targetList: [...targets, ...extra] };
}
