/**
 * What the atoms of a clean room hold, as keyed digests: for the gate's own comparison of two states of the data, never for a
 * caller. `atoms` tells of each atom how many units and one digest for each thing that is summed; `shares` lists its units as well.
 * Both group by the values themselves, and digest what is told: digests are most of what a census costs.
 */
import type { SelectStmt } from '@pgsql/types';
import type { Column } from '../../catalogue/dataset.ts';
import { CALLS, cast, choose, column, every, not, operation, some, text, whole } from '../rewrite/build.ts';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import { cutsOf, type Lattice, ROWS, unitName } from './lattice.ts';
import {
  countAll,
  distinct,
  filtered,
  inOrder,
  isNotNull,
  named,
  plain,
  subquery,
  targets,
} from './nodes.ts';
import { sharesOf, UNIT } from './shares.ts';
import type { RoomWorld } from './values.ts';

const SHARE = 'share';
const TOLD = 'told';

export interface CensusTrees {
  /**
   * Rows: the atom; of each kind of unit how many; of each thing that is summed a digest, and of each kind how many have any;
   * how many shares there are.
   */
  readonly atoms: SelectStmt;
  /**
   * Rows: the atom; of each thing its digest; then its shares, divided by semicolons, each with the unit of each kind and a
   * digest of each thing, divided by commas, nothing where there is none.
   */
  readonly shares: SelectStmt;
  /** Of each kind of unit, the dataset's own first: how many a group has at the least. */
  readonly least: readonly number[];
  /** How many things are summed: the rows themselves, then the measures. */
  readonly things: number;
}

/** @param secret keys the digests, so that nobody who reads them can try values */
export function censusOf(lattice: Lattice, secret: string, world: RoomWorld): CensusTrees {
  const { fact, joins, measures } = lattice;
  const { engine } = world;
  const call = CALLS[engine];
  /** A share is of one unit, unless a unit has several partners. */
  const single = fact.rule.one_row_per_unit || joins.every(({ sameUnit }) => sameUnit);
  const kinds: readonly Kind[] = [
    {
      unit: UNIT,
      least: fact.rule.min_group_size,
      matched: null,
      single,
      number: isExact(fact.unit),
    },
    ...joins.map((join) => ({
      unit: unitName(join),
      least: join.member.rule.min_group_size,
      matched: column(TOLD, join.matched),
      single: single && join.sameUnit,
      number: isExact(join.member.unit),
    })),
  ];
  const cuts = cutsOf(lattice);
  const units = kinds.map(({ unit }) => unit);
  const numbers = new Set([
    ...kinds.flatMap(({ unit, number }) => (number ? [unit] : [])),
    ...measures.flatMap(({ column: { family }, sum }) => (family === 'float' ? [] : [sum])),
  ]);
  const things = [[ROWS], ...measures.map(({ sum, known }) => [known, sum])];
  const digest = (range: string, label: string, names: readonly string[]): Node =>
    call(
      'md5',
      [
        world.binder.bind(secret),
        text(label),
        ...names.map((name) => spelled(range, name, numbers, world)),
      ].reduce((all, one) => operation('||', typed(all), typed(one))),
    );
  /** Nothing where a unit adds nothing: it is as if it were not there. */
  const adds = things.map(([count = ROWS, ...rest], i) =>
    choose(
      [
        [
          operation('>', column(SHARE, count), whole(0)),
          digest(SHARE, `thing ${i}`, [...units, count, ...rest]),
        ],
      ],
      null,
    ),
  );
  const names = things.map((_, i) => `t${i}`);
  const kept = [...new Set([...cutsOf(lattice), ...units])];
  const rows = plain({
    targetList: targets({
      ...named(kept.map((name) => [name, column(SHARE, name)])),
      ...named(adds.map((value, i) => [`t${i}`, value])),
    }),
    fromClause: [subquery(sharesOf(lattice, measures, world), SHARE)],
  });
  const counted = ({ unit, matched, single: once }: Kind, condition: Node | null): Node => {
    const both = [matched, condition].flatMap((one) => one ?? []);
    const made = once ? countAll(engine) : distinct(call('count', column(TOLD, unit)));
    return filtered(made, both.length === 0 ? null : every(both));
  };
  const all = (name: string): Node => {
    const made = open(call('string_agg', column(TOLD, name), text(''))).body;
    return call('md5', { FuncCall: { ...made, agg_order: [inOrder(column(TOLD, name))] } });
  };
  const enough = kinds.map((kind, i) => {
    const many = operation('>=', counted(kind, null), whole(kind.least));
    // Where nothing was joined there are none of that kind.
    return i === 0 ? many : some([operation('=', counted(kind, null), whole(0)), many]);
  });
  const grouped = (values: Readonly<Record<string, Node>>): SelectStmt =>
    plain({
      targetList: targets({ atom: digest(TOLD, 'atom', cuts), ...values }),
      fromClause: [subquery(rows, TOLD)],
      ...(cuts.length === 0 ? {} : { groupClause: cuts.map((name) => column(TOLD, name)) }),
      havingClause: every(enough),
    });
  const digests = names.map((name) => [name, all(name)] as const);
  const unitDigest = ({ unit, matched }: Kind, i: number): Node => {
    const value = short(digest(TOLD, `unit ${i}`, [unit]));
    return choose([[matched === null ? isNotNull(column(TOLD, unit)) : matched, value]], text(''));
  };
  const parts = [
    ...kinds.map(unitDigest),
    ...names.map((name) => choose([[isNotNull(column(TOLD, name)), short(column(TOLD, name))]], text(''))),
  ];
  function short(value: Node): Node {
    return call('substr', value, whole(1), whole(KEPT));
  }
  const share = parts.reduce((before, part) => operation('||', operation('||', before, text(',')), part));
  return {
    atoms: grouped({
      ...named(kinds.map((kind, i) => [`n${i}`, counted(kind, null)])),
      ...named(
        digests.flatMap(([name, value]) => [
          [name, value] as const,
          ...kinds.map((kind, i) => [`${name}_n${i}`, counted(kind, isNotNull(column(TOLD, name)))] as const),
        ]),
      ),
      shares: countAll(engine),
    }),
    shares: grouped({ ...named(digests), shares: call('string_agg', share, text(';')) }),
    least: kinds.map(({ least }) => least),
    things: things.length,
  };
}

interface Kind {
  readonly unit: string;
  readonly least: number;
  /** Null where there is one always. */
  readonly matched: Node | null;
  /** Whether no two shares of an atom have the same. */
  readonly single: boolean;
  /** Whether it is a number that may be written in several ways. */
  readonly number: boolean;
}

const isExact = ({ family }: Column): boolean => family === 'integer' || family === 'decimal';

/** Hex digits that are kept of what tells units apart and of what they add: an accident among them is less likely than any other. */
const KEPT = 16;

/**
 * Its length first, so that no two rows of values are written alike. PostgreSQL writes one number with as many zeros as it came
 * with: where a load brings more of them, nobody has changed.
 */
function spelled(range: string, name: string, numbers: ReadonlySet<string>, { engine }: RoomWorld): Node {
  const shown = column(range, name);
  const trimmed = engine === 'postgres' && numbers.has(name);
  const value = cast(trimmed ? CALLS.postgres('trim_scale', cast(shown, 'decimal')) : shown, 'text');
  const length = cast(CALLS[engine]('length', value), 'text');
  return choose(
    [[not(isNotNull(column(range, name))), text('-')]],
    operation('||', operation('||', length, text(':')), value),
  );
}

const typed = (node: Node): Node => ('ParamRef' in node ? cast(node, 'text') : node);
