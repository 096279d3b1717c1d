/**
 * The atoms of a dataset as a subquery: a row for each group of at least as many distinct units as the rules ask for, with
 * counts and sums, and nothing of a single row. It is the same for every query of a caller, whatever that asks, and all that
 * any of the caller's expressions ever sees of the room.
 */
import type { SelectStmt } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';
import {
  CALLS,
  cast,
  choose,
  column,
  type EngineKind,
  every,
  not,
  numeral,
  operation,
  some,
  whole,
} from '../rewrite/build.ts';
import type { Node } from '../tree.ts';
import { cutsOf, type Lattice, type LatticeMeasure, namesOf, ROWS, unitName } from './lattice.ts';
import { sumOf } from './measures.ts';
import { countAll, distinct, filtered, inOrder, named, plain, subquery, targets } from './nodes.ts';
import { sharesOf, UNIT } from './shares.ts';
import { collated, isText, type RoomWorld } from './values.ts';

/** The range of the shares, and of the atoms made of them. */
const SHARE = 'share';
const ATOM = 'atom';

/**
 * @param needed the columns of the atoms that the query uses.
 * @param chosen with noise: of which rows there are counts and sums, over the names of the lattice; atoms are the same whatever is chosen.
 * @param reads told of each relation that is read.
 */
export function atomsOf(
  range: string,
  lattice: Lattice,
  needed: ReadonlySet<string>,
  world: RoomWorld,
  chosen: readonly Node[] = [],
): Node {
  const known = new Set([ROWS, ...namesOf(lattice)]);
  for (const name of needed)
    if (!known.has(name)) throw new SluiceError('rewrite_failed', undefined, { cause: `no column ${name}` });
  const measures = lattice.measures.filter(({ sum, known: count }) => needed.has(sum) || needed.has(count));
  const shares = sharesOf(lattice, measures, world, chosen);
  const atoms = groupsOf(lattice, measures, shares, world.engine);
  return subquery(fenced(atoms, lattice, needed, world.engine), range);
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
      unlessApart(matched, operation('>=', counted(unit, condition), numeral(least))),
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
  // Noise hides how many there are.
  const ifTold = (one: LatticeMeasure, value: Node): Node =>
    lattice.noise === null ? choose([[told(one), value]], null) : value;
  const bigint = (name: string): Node => cast(call('sum', column(SHARE, name)), 'bigint');
  return plain({
    targetList: targets({
      ...named(cuts.map((name) => [name, column(SHARE, name)])),
      [ROWS]: bigint(ROWS),
      ...named(
        measures.flatMap((one) => [
          [one.sum, ifTold(one, sumOf(column(SHARE, one.sum), one, engine))] as const,
          [one.known, ifTold(one, bigint(one.known))] as const,
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
    [lattice.fact, ...lattice.joins.map(({ member }) => member)].flatMap(({ dimensions, governed }) =>
      dimensions.flatMap(({ as, column: of }) => (isText(of, governed) ? [as] : [])),
    ),
  );
  const shielded = (name: string): Node => {
    const value = column(ATOM, name);
    if (engine === 'duckdb') return CALLS.duckdb('least', value, value);
    // Told apart by code point, and compared by the caller as any text.
    return texts.has(name)
      ? collated({ MinMaxExpr: { op: 'IS_LEAST', args: [value, value] } }, 'default')
      : value;
  };
  const names = [...needed];
  // Groups come in the order in which their first rows lie otherwise, and those may lie in order of anything.
  const cuts = cutsOf(lattice);
  return {
    targetList: targets(
      names.length === 0 ? { nothing: whole(1) } : named(names.map((name) => [name, shielded(name)])),
    ),
    fromClause: [subquery(atoms, ATOM)],
    ...(cuts.length === 0 ? {} : { sortClause: cuts.map((name) => inOrder(column(ATOM, name))) }),
    limitOffset: whole(0),
    limitOption: 'LIMIT_OPTION_COUNT',
    op: 'SETOP_NONE',
  };
}
