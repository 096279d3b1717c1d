/**
 * The atoms of a dataset as a subquery: a row for each group of at least as many distinct units as the rules ask for, with
 * counts and sums, and nothing of a single row. It is the same for every query of a caller, whatever that asks, and all that
 * any of the caller's expressions ever sees of the room.
 */
import type { SelectStmt } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';
import {
  bool,
  CALLS,
  cast,
  choose,
  column,
  type EngineKind,
  every,
  not,
  operation,
  RAW,
  rangeOf,
  some,
  whole,
} from '../rewrite/build.ts';
import { filterExpression } from '../rewrite/filters.ts';
import type { Node } from '../tree.ts';
import { close } from '../walk.ts';
import { type Lattice, type LatticeJoin, type LatticeMeasure, type Member, ROWS } from './lattice.ts';
import { measureValue } from './measures.ts';
import { countAll, distinct, filtered, isNotNull, named, plain, subquery, targets } from './nodes.ts';
import { dimensionValue, type RoomWorld, rawValue, shownValue } from './values.ts';

/** The range of the rows that atoms are made of, and of those rows put together by unit. */
const OWN = 'own';
const SHARE = 'share';
const ATOM = 'atom';
/** Columns of ours beside those that the lattice names. */
const UNIT = 'unit';
const FOUND = 'found';
const ALIKE = 'alike';
const ALONE = 'alone';

/**
 * @param needed the columns of the atoms that the query uses.
 * @param reads told of each relation that is read.
 */
export function atomsOf(
  range: string,
  lattice: Lattice,
  needed: ReadonlySet<string>,
  world: RoomWorld,
): Node {
  const known = new Set([ROWS, ...namesOf(lattice)]);
  for (const name of needed)
    if (!known.has(name)) throw new SluiceError('rewrite_failed', undefined, { cause: `no column ${name}` });
  const measures = lattice.measures.filter(({ sum, known: count }) => needed.has(sum) || needed.has(count));
  const shares = sharesOf(lattice, measures, world);
  const atoms = groupsOf(lattice, measures, shares, world.engine);
  return subquery(fenced(atoms, lattice, needed, world.engine), range);
}

/** Every column that atoms may have. */
function namesOf({ fact, measures, joins }: Lattice): readonly string[] {
  return [
    ...fact.dimensions.map(({ as }) => as),
    ...measures.flatMap(({ sum, known }) => [sum, known]),
    ...joins.flatMap(({ matched, member }) => [matched, ...member.dimensions.map(({ as }) => as)]),
  ];
}

/** What tells atoms apart. */
export function cutsOf({ fact, joins }: Lattice): readonly string[] {
  return [
    ...fact.dimensions.map(({ as }) => as),
    ...joins.flatMap(({ matched, member }) => [matched, ...member.dimensions.map(({ as }) => as)]),
  ];
}

const keyName = (join: LatticeJoin, i: number): string => `${join.matched}_k${i + 1}`;
export const unitName = (join: LatticeJoin): string => `${join.matched}_${UNIT}`;

/** A row of each unit in each atom: how many rows it has there, and of each measure the sum and how many are known. */
export function sharesOf(
  lattice: Lattice,
  measures: readonly LatticeMeasure[],
  world: RoomWorld,
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
  const values = measures.flatMap(({ sum, known }): readonly (readonly [string, Node])[] => {
    const value = column(OWN, sum);
    return alone
      ? [
          [sum, value],
          [known, choose([[isNotNull(value), whole(1)]], whole(0))],
        ]
      : [
          [sum, call('sum', value)],
          [known, call('count', value)],
        ];
  });
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
      [ROWS]: alone ? whole(1) : countAll(engine),
      ...named(values),
    }),
    fromClause: [from],
    ...(alone ? { whereClause: operation('=', column(OWN, ALONE), whole(1)) } : {}),
    ...(alone ? {} : { groupClause: Object.values(keys) }),
  });
}

/** The fact's rows that the filters leave, with a unit. */
function ownRows(
  member: Member,
  { joins }: Lattice,
  measures: readonly LatticeMeasure[],
  world: RoomWorld,
): SelectStmt {
  const unit = rawValue(member.unit, world);
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
      ...(member.rule.one_row_per_unit ? { [ALONE]: countAll(world.engine, [unit]) } : {}),
    }),
    ...rowsOf(member, [unit], world),
  });
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

/** Puts the shares together, and leaves out every atom of too few units. */
function groupsOf(
  lattice: Lattice,
  measures: readonly LatticeMeasure[],
  shares: SelectStmt,
  engine: EngineKind,
): SelectStmt {
  const { fact, joins } = lattice;
  const call = CALLS[engine];
  const cuts = cutsOf(lattice);
  /** Of the fact's own units, a share is one unless a unit has several partners. */
  const single = fact.rule.one_row_per_unit || joins.every(({ sameUnit }) => sameUnit);
  const counted = (unit: string, condition: Node | null): Node =>
    filtered(
      unit === UNIT && single ? countAll(engine) : distinct(call('count', column(SHARE, unit))),
      condition,
    );
  const units = [
    { unit: UNIT, least: fact.rule.min_group_size, matched: null },
    ...joins.map((join) => ({
      unit: join.sameUnit ? UNIT : unitName(join),
      least: join.member.rule.min_group_size,
      matched: column(SHARE, join.matched),
    })),
  ];
  const unlessApart = (matched: Node | null, condition: Node): Node =>
    matched === null ? condition : some([not(matched), condition]);
  const enough = (condition: Node | null): readonly Node[] =>
    units.map(({ unit, least, matched }) =>
      unlessApart(matched, operation('>=', counted(unit, condition), whole(least))),
    );
  /** Those with a value are enough, and so are those without, or there are none. */
  const told = ({ known }: LatticeMeasure): Node => {
    const [has, lacks] = [
      operation('>', column(SHARE, known), whole(0)),
      operation('<', column(SHARE, known), column(SHARE, ROWS)),
    ];
    const none = operation('=', filtered(countAll(engine), lacks), whole(0));
    return every([...enough(has), some([none, every(enough(lacks))])]);
  };
  const bigint = (name: string): Node => cast(call('sum', column(SHARE, name)), 'bigint');
  return plain({
    targetList: targets({
      ...named(cuts.map((name) => [name, column(SHARE, name)])),
      [ROWS]: bigint(ROWS),
      ...named(
        measures.flatMap((one) => [
          [one.sum, choose([[told(one), call('sum', column(SHARE, one.sum))]], null)] as const,
          [one.known, choose([[told(one), bigint(one.known)]], null)] as const,
        ]),
      ),
    }),
    fromClause: [subquery(shares, SHARE)],
    ...(cuts.length === 0 ? {} : { groupClause: cuts.map((name) => column(SHARE, name)) }),
    havingClause: every(enough(null)),
  });
}

/**
 * No engine moves a condition of the caller's below this, or runs one on its dictionaries and statistics: see `Barrier`.
 * Atoms are few, so that it costs nothing.
 */
function fenced(
  atoms: SelectStmt,
  lattice: Lattice,
  needed: ReadonlySet<string>,
  engine: EngineKind,
): SelectStmt {
  const texts = new Set(
    [lattice.fact, ...lattice.joins.map(({ member }) => member)].flatMap(({ dimensions }) =>
      dimensions.flatMap(({ as, column: { family } }) => (family === 'text' ? [as] : [])),
    ),
  );
  const shielded = (name: string): Node => {
    const value = column(ATOM, name);
    if (engine === 'duckdb') return CALLS.duckdb('least', value, value);
    return texts.has(name) ? { MinMaxExpr: { op: 'IS_LEAST', args: [value, value] } } : value;
  };
  const names = [...needed];
  return {
    targetList: targets(
      names.length === 0 ? { nothing: whole(1) } : named(names.map((name) => [name, shielded(name)])),
    ),
    fromClause: [subquery(atoms, ATOM)],
    limitOffset: whole(0),
    limitOption: 'LIMIT_OPTION_COUNT',
    op: 'SETOP_NONE',
  };
}
