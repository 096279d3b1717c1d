/**
 * One SELECT that reads a clean room, as the same question about atoms: it groups by dimensions and sums measures, each of its
 * sums becomes a sum over atoms, and nothing else of the room is left in it.
 */
import type { FuncCall, SelectStmt } from '@pgsql/types';
import type { SluiceError } from '../../errors.ts';
import { calledName, functionNamed } from '../guard/functions.ts';
import { conjuncts } from '../limits/conjuncts.ts';
import { column, type EngineKind, every } from '../rewrite/build.ts';
import { conditionCanRaise } from '../rewrite/raises/raises.ts';
import type { GovernedDataset, ParamValue, RangeColumn, ResolvedQuery } from '../stages.ts';
import type { Node } from '../tree.ts';
import { isBlank, mapChildren, open, walk } from '../walk.ts';
import { type AggregateOptions, overAtoms } from './aggregates.ts';
import { type Block, columnIn, placeOf } from './block.ts';
import type { Lattice } from './lattice.ts';
import { collectAnswers, type NoisyGroups } from './noisy.ts';
import { refuseShape } from './refuse.ts';

export interface ThroughOptions {
  readonly engine: EngineKind;
  /** By id: what the caller may see of a dataset, in the query or not. */
  readonly governedOf: (id: string) => GovernedDataset | undefined;
  /** The caller's values. */
  readonly params: readonly ParamValue[];
}

/** What is found on the way through a query. */
export interface Found {
  readonly atoms: Map<string, Lattice>;
  readonly chosen: Map<string, readonly Node[]>;
  readonly noisy: Map<string, NoisyGroups>;
  readonly ranges: Map<string, ReadonlyMap<string, RangeColumn>>;
}

/** The name among the atoms of each column that may be grouped and filtered by. */
function dimensionsOf({ range, lattice, joined }: Block): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (of: string, { dimensions }: Lattice['fact']): void => {
    for (const { column: dimension, as } of dimensions) names.set(`${of}.${dimension.name}`, as);
  };
  add(range, lattice.fact);
  for (const { range: other, join } of joined) add(other, join.member);
  return names;
}

/** @throws SluiceError clean_room_shape */
export function throughBlock(
  select: SelectStmt,
  block: Block,
  { text }: ResolvedQuery,
  { engine, params }: ThroughOptions,
  { chosen, noisy, ranges }: Found,
): SelectStmt {
  const refusing = { text, lattice: block.lattice };
  const refuse = (message: string, node?: Node): SluiceError =>
    refuseShape(refusing, message, node === undefined ? undefined : placeOf(node));
  const dimensions = dimensionsOf(block);
  const atom = (name: string): Node => column(block.range, name);

  /** An expression of dimensions, constants and parameters. */
  const ofDimensions = (node: Node): Node => over(dimensions, node);
  const over = (names: ReadonlyMap<string, string>, node: Node): Node => {
    const name = columnIn(node);
    if (name !== null) {
      const as = names.get(`${name.range}.${name.name}`);
      if (as === undefined) throw refuse(misused(name, block), node);
      return atom(as);
    }
    if ('SubLink' in node || 'SelectStmt' in node)
      throw refuse('A SELECT that reads a clean room holds no subquery; put one around it', node);
    if ('FuncCall' in node) {
      if (node.FuncCall.over !== undefined)
        throw refuse('A SELECT that reads a clean room holds no window; put another SELECT around it', node);
      if (isAggregate(node.FuncCall)) throw refuse('An aggregate has no place here', node);
    }
    return mapChildren(node, (child) => over(names, child));
  };

  const { targetList = [], groupClause, havingClause, sortClause, distinctClause = [] } = select;
  const items = (groupClause ?? []).flatMap(groupedItems);
  const grouped = new Map(items.map((item, place) => [spelled(meant(item, targetList)), place]));
  let answers = false;
  const whole = [...targetList, ...(havingClause === undefined ? [] : [havingClause]), ...(sortClause ?? [])];
  for (const part of whole)
    walk(part, (node) => {
      answers ||= 'FuncCall' in node && isAggregate(node.FuncCall);
      return !('SubLink' in node);
    });

  const aggregated = answers || groupClause !== undefined;
  if (select.windowClause !== undefined)
    throw refuse('A SELECT that reads a clean room holds no window; put another SELECT around it');
  if (distinctClause.some((node) => !isBlank(node)))
    throw refuse('A SELECT that reads a clean room has no DISTINCT ON; write GROUP BY');
  if (!aggregated && distinctClause.length === 0)
    throw refuse('A clean room gives no rows out; write GROUP BY, and count(*) or sum(…)');

  const filters = new Map(
    block.lattice.filters.map(({ column: of, as }) => [`${block.range}.${of.name}`, as]),
  );
  const parts = conjuncts(select.whereClause);
  const about = (condition: Node): Node | null => columnAmong(condition, filters);
  const conditions = [
    ...block.joined.flatMap(({ join, inner }) => (inner ? [atom(join.matched)] : [])),
    ...parts.flatMap((part) => (about(part) === null ? [ofDimensions(part)] : [])),
  ];
  const rows = parts.flatMap((part) => {
    const named = about(part);
    if (named === null) return [];
    const condition = over(new Map([...dimensions, ...filters]), part);
    if (!answers)
      throw refuse('Groups are the same whatever rows are chosen; ask for count(*) or a sum', named);
    // An error would tell exactly what the noise hides.
    if (conditionCanRaise(condition, { engine, ranges, params }))
      throw refuse(
        `A condition on "${columnIn(named)?.name}" must be one that fails on no row: a comparison with a constant of its type`,
        named,
      );
    return [condition];
  });
  chosen.set(block.range, rows);

  const asking: AggregateOptions = { block, engine, dimensions, ofDimensions, refuse };
  const collected =
    block.lattice.noise === null || !answers
      ? null
      : collectAnswers({
          ...asking,
          range: `${block.range}_n`,
          grouped: items.map((item) => ofDimensions(meant(item, targetList))),
          conditions,
          from: rangeVar(block.range),
          number: noisy.size + 1,
          ranges,
        });
  if (collected !== null && (groupClause ?? []).some((item) => 'GroupingSet' in item))
    throw refuse('With noise, each SELECT groups in one way');

  /** An expression over groups: of what they are grouped by, and of sums. */
  const ofGroups = (node: Node): Node => {
    const place = grouped.get(spelled(node));
    if (place !== undefined && collected !== null) return collected.group(place);
    if (!aggregated || place !== undefined) return ofDimensions(node);
    const name = columnIn(node);
    if (name !== null) {
      const known = dimensions.has(`${name.range}.${name.name}`);
      throw refuse(
        known ? `"${name.name}" is neither grouped by nor aggregated` : misused(name, block),
        node,
      );
    }
    if ('FuncCall' in node && node.FuncCall.over === undefined && isAggregate(node.FuncCall)) {
      const call = { ...asking, refuse: (message: string) => refuse(message, node) };
      return collected === null ? overAtoms(node.FuncCall, call) : collected.answer(node.FuncCall, call);
    }
    if ('SubLink' in node || ('FuncCall' in node && node.FuncCall.over !== undefined))
      return ofDimensions(node);
    return mapChildren(node, ofGroups);
  };

  const { whereClause: _, withClause: __, groupClause: ___, havingClause: ____, ...rest } = select;
  const having = havingClause === undefined ? [] : [ofGroups(havingClause)];
  const outer: SelectStmt = {
    ...rest,
    targetList: targetList.map((target) => mapChildren(target, ofGroups)),
    ...(sortClause === undefined
      ? {}
      : {
          sortClause: sortClause.map((item) =>
            mapChildren(item, (node) => (isPlace(node) ? node : ofGroups(node))),
          ),
        }),
  };
  if (collected !== null) {
    const { range, groups, columns } = collected.finish();
    noisy.set(range, groups);
    ranges.set(range, columns);
    return { ...outer, fromClause: [rangeVar(range)], ...where(having) };
  }
  return {
    ...outer,
    fromClause: [rangeVar(block.range)],
    ...where(conditions),
    ...(groupClause === undefined
      ? {}
      : { groupClause: groupClause.map((item) => grouping(item, ofDimensions)) }),
    ...(having[0] === undefined ? {} : { havingClause: having[0] }),
  };
}

const where = (conditions: readonly Node[]): SelectStmt =>
  conditions.length === 0 ? {} : { whereClause: every(conditions) };

/** The first reference below to one of these. */
function columnAmong(condition: Node, names: ReadonlyMap<string, string>): Node | null {
  let found: Node | null = null;
  walk(condition, (node) => {
    const name = columnIn(node);
    if (found === null && name !== null && names.has(`${name.range}.${name.name}`)) found = node;
    return found === null;
  });
  return found;
}

/** What is wrong with a column that is no dimension. */
function misused(
  { range, name }: { readonly range: string; readonly name: string },
  { range: fact, lattice, joined }: Block,
): string {
  if (range !== fact && joined.every((other) => other.range !== range))
    return 'A SELECT that reads a clean room does not look into what stands around it';
  if (range === fact && lattice.measures.some(({ column: of }) => of.name === name))
    return `"${name}" is a measure: sum(${name}), avg(${name}) or count(${name}) by itself, and nothing else`;
  return `"${name}" is no dimension of the clean room`;
}

function isAggregate(call: FuncCall): boolean {
  const kind = functionNamed(calledName(call) ?? '')?.kind;
  const plain = kind === 'scalar' || kind === undefined;
  return !plain || call.agg_star === true || call.agg_distinct === true;
}

const isPlace = (node: Node): boolean => 'A_Const' in node && node.A_Const.ival !== undefined;

/** A number is a place of the select list. */
function meant(item: Node, targetList: readonly Node[]): Node {
  const place = 'A_Const' in item ? item.A_Const.ival?.ival : undefined;
  const target = place === undefined ? undefined : targetList[place - 1];
  return target === undefined ? item : (open(target).body.val as Node);
}

function groupedItems(item: Node): readonly Node[] {
  if (!('GroupingSet' in item)) return [item];
  return (item.GroupingSet.content ?? []).flatMap(groupedItems);
}

function grouping(item: Node, ofDimensions: (node: Node) => Node): Node {
  if ('GroupingSet' in item) return mapChildren(item, (child) => grouping(child, ofDimensions));
  return isPlace(item) ? item : ofDimensions(item);
}

const spelled = (node: Node): string =>
  JSON.stringify(node, (key, value: unknown) => (/location$|_start$|_end$/.test(key) ? undefined : value));

function rangeVar(range: string): Node {
  return {
    RangeVar: { relname: range, inh: true, relpersistence: 'p', alias: { aliasname: range } },
  };
}
