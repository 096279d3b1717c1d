/**
 * What atoms are made of: of each unit in each atom how many rows it has there, and of each measure the sum and how many are
 * known. Joins find one row or none, so that no row counts twice.
 */
import type { SelectStmt } from '@pgsql/types';
import {
  bool,
  CALLS,
  cast,
  choose,
  column,
  every,
  numeral,
  operation,
  RAW,
  rangeOf,
  text,
  whole,
} from '../rewrite/build.ts';
import { filterExpression } from '../rewrite/filters.ts';
import type { Node } from '../tree.ts';
import { close, open, transform } from '../walk.ts';
import {
  keyName,
  type Lattice,
  type LatticeJoin,
  type LatticeMeasure,
  type Member,
  ROWS,
  unitName,
} from './lattice.ts';
import { measureValue, sumOf } from './measures.ts';
import {
  countAll,
  DEFAULT_FRAME,
  filtered,
  inOrder,
  isNotNull,
  named,
  plain,
  subquery,
  targets,
} from './nodes.ts';
import { dimensionValue, type RoomWorld, rawValue, shownValue } from './values.ts';

/** The range of the rows. */
const OWN = 'own';
/** Columns of ours beside those that the lattice names. */
export const UNIT = 'unit';
const FOUND = 'found';
const ALIKE = 'alike';
const ALONE = 'alone';
const PLACE = 'place';

/** A row of each unit in each atom: how many rows it has there, and of each measure the sum and how many are known. */
export function sharesOf(
  lattice: Lattice,
  measures: readonly LatticeMeasure[],
  world: RoomWorld,
  chosen: readonly Node[] = [],
): SelectStmt {
  const { fact, joins } = lattice;
  const { engine } = world;
  const call = CALLS[engine];
  const alone = fact.rule.one_row_per_unit;
  const keys: Record<string, Node> = {
    ...named(fact.dimensions.map(({ as }) => [as, column(OWN, as)])),
    ...Object.assign(
      {},
      ...joins.map(({ matched, member }) => ({
        [matched]: isNotNull(column(matched, FOUND)),
        ...named(member.dimensions.map(({ as }) => [as, column(matched, as)])),
      })),
    ),
    [UNIT]: column(OWN, UNIT),
    ...named(
      joins.flatMap((join) => (join.sameUnit ? [] : [[unitName(join), column(join.matched, UNIT)] as const])),
    ),
  };
  const same = joins.flatMap((join): readonly (readonly [string, Node])[] =>
    join.sameUnit ? [[unitName(join), choose([[keys[join.matched]!, keys[UNIT]!]], null)]] : [],
  );
  const kept = keptRows(lattice, chosen);
  const ifKept = (value: Node): Node => (kept === null ? value : choose([[kept, value]], null));
  const values = measures.flatMap((measure): readonly (readonly [string, Node])[] => {
    const { sum, known } = measure;
    const value = ifKept(column(OWN, sum));
    return alone
      ? [
          [sum, value],
          [known, choose([[isNotNull(value), whole(1)]], whole(0))],
        ]
      : [
          [sum, sumOf(value, measure, engine)],
          [known, call('count', value)],
        ];
  });
  const rows = alone
    ? kept === null
      ? whole(1)
      : choose([[kept, whole(1)]], whole(0))
    : filtered(countAll(engine), kept);
  const own = ownRows(fact, lattice, measures, world);
  const from = joins.reduce<Node>(
    (left, join) =>
      close('JoinExpr', {
        jointype: 'JOIN_LEFT',
        larg: left,
        rarg: subquery(partnersOf(join, world), join.matched),
        quals: every(
          join.on.map((_, i) =>
            operation('=', column(OWN, keyName(join, i)), column(join.matched, keyName(join, i))),
          ),
        ),
      }),
    subquery(own, OWN),
  );
  return plain({
    targetList: targets({
      ...keys,
      ...named(same),
      [ROWS]: rows,
      ...named(values),
    }),
    fromClause: [from],
    ...(alone ? { whereClause: operation('=', column(OWN, ALONE), whole(1)) } : {}),
    ...(alone ? {} : { groupClause: Object.values(keys) }),
  });
}

/** With noise: the rows that count; null for all of them. */
function keptRows({ fact, joins, noise }: Lattice, chosen: readonly Node[]): Node | null {
  if (noise === null) return null;
  const ranges = new Map(
    joins.flatMap(({ matched, member }) => member.dimensions.map(({ as }) => [as, matched] as const)),
  );
  const overRows = (node: Node): Node =>
    transform(node, (at) => {
      if (!('ColumnRef' in at)) return at;
      const fields = at.ColumnRef.fields ?? [];
      const name = open(fields[fields.length - 1]!).body.sval as string;
      return column(ranges.get(name) ?? OWN, name);
    });
  const conditions = chosen.map(
    (condition): Node => ({ BooleanTest: { arg: overRows(condition), booltesttype: 'IS_TRUE' } }),
  );
  const bound = fact.rule.one_row_per_unit ? [] : [operation('<=', column(OWN, PLACE), numeral(noise.rows))];
  return conditions.length + bound.length === 0 ? null : every([...conditions, ...bound]);
}

/** The fact's rows that the filters leave, with a unit. */
function ownRows(
  member: Member,
  lattice: Lattice,
  measures: readonly LatticeMeasure[],
  world: RoomWorld,
): SelectStmt {
  const { joins, filters, noise } = lattice;
  const unit = rawValue(member.unit, world);
  const bounded = noise !== null && !member.rule.one_row_per_unit;
  return plain({
    targetList: targets({
      [UNIT]: unit,
      ...named(member.dimensions.map((one) => [one.as, dimensionValue(one, member, world)])),
      ...named(measures.map((one) => [one.sum, measureValue(one, member, world)])),
      ...named(
        joins.flatMap((join) =>
          join.on.map(({ column: of }, i) => [keyName(join, i), shownValue(of, member, world)]),
        ),
      ),
      ...named(filters.map((one) => [one.as, shownValue(one.column, member, world)])),
      ...(member.rule.one_row_per_unit ? { [ALONE]: countAll(world.engine, [unit]) } : {}),
      ...(bounded ? { [PLACE]: placeAmongUnits(unit, lattice, world) } : {}),
    }),
    ...rowsOf(member, [unit], world),
  });
}

/**
 * The place of a row among those of its unit: by a hash of all that is asked of rows, so that only rows that are alike can
 * change places.
 */
function placeAmongUnits(unit: Node, { fact, measures, filters, joins }: Lattice, world: RoomWorld): Node {
  const call = CALLS[world.engine];
  const values = [
    ...fact.dimensions.map((one) => dimensionValue(one, fact, world)),
    ...measures.map((one) => measureValue(one, fact, world)),
    ...filters.map((one) => shownValue(one.column, fact, world)),
    ...joins.flatMap(({ on }) => on.map(({ column: of }) => shownValue(of, fact, world))),
  ];
  const texts = values.map((value): Node => ({ CoalesceExpr: { args: [cast(value, 'text'), text('-')] } }));
  const all = texts.reduce<Node>(
    (before, value) => operation('||', operation('||', before, text('|')), value),
    text(''),
  );
  return {
    FuncCall: {
      ...open(call('row_number')).body,
      over: {
        partitionClause: [unit],
        orderClause: [inOrder(call('md5', all))],
        frameOptions: DEFAULT_FRAME,
      },
    },
  };
}

/** The rows that others join to: one of each key, or none. */
function partnersOf(join: LatticeJoin, world: RoomWorld): SelectStmt {
  const { member, on } = join;
  const unit = rawValue(member.unit, world);
  const keys = on.map(({ other }) => shownValue(other, member, world));
  const alone = member.rule.one_row_per_unit && !join.sameUnit;
  const names = [
    UNIT,
    FOUND,
    ...member.dimensions.map(({ as }) => as),
    ...on.map((_, i) => keyName(join, i)),
  ];
  const rows = plain({
    targetList: targets({
      [UNIT]: unit,
      [FOUND]: bool(true),
      ...named(member.dimensions.map((one) => [one.as, dimensionValue(one, member, world)])),
      ...named(keys.map((key, i) => [keyName(join, i), key])),
      [ALIKE]: countAll(world.engine, keys),
      ...(alone ? { [ALONE]: countAll(world.engine, [unit]) } : {}),
    }),
    ...rowsOf(member, [unit, ...keys], world),
  });
  return plain({
    targetList: targets(named(names.map((name) => [name, column(OWN, name)]))),
    fromClause: [subquery(rows, OWN)],
    whereClause: every(
      [ALIKE, ...(alone ? [ALONE] : [])].map((name) => operation('=', column(OWN, name), whole(1))),
    ),
  });
}

function rowsOf(
  { governed: { dataset, decision } }: Member,
  present: readonly Node[],
  world: RoomWorld,
): SelectStmt {
  world.reads(dataset.relation);
  const filters = decision.rows.map(({ predicate }) =>
    filterExpression(predicate, { ...world, dataset, range: RAW }),
  );
  return {
    fromClause: [rangeOf(dataset.relation, RAW)],
    whereClause: every([...filters, ...present.map(isNotNull)]),
  };
}
