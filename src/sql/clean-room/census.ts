/**
 * What the atoms of a clean room hold, as keyed digests: for the gate's own comparison of two states of the data, never for a
 * caller. `atoms` tells of each atom how many units and one digest for each thing that is summed; `shares` the same unit by unit.
 */
import type { SelectStmt } from '@pgsql/types';
import { CALLS, cast, choose, column, every, not, operation, some, text, whole } from '../rewrite/build.ts';
import type { Node } from '../tree.ts';
import { close, open } from '../walk.ts';
import { cutsOf, type Lattice, ROWS, unitName } from './lattice.ts';
import { sharesOf } from './shares.ts';
import type { RoomWorld } from './values.ts';

const SHARE = 'share';
const TOLD = 'told';

export interface CensusTrees {
  /** Rows: the atom; of each kind of unit how many; of each thing that is summed a digest, and of each kind how many have any. */
  readonly atoms: SelectStmt;
  /** Rows: the atom; the unit of each kind, null where there is none; of each thing that is summed a digest, null for nothing. */
  readonly shares: SelectStmt;
  /** Of each kind of unit, the dataset's own first: how many a group has at the least. */
  readonly least: readonly number[];
  /** How many things are summed: the rows themselves, then the measures. */
  readonly things: number;
}

/** @param secret keys the digests, so that nobody who reads them can try values */
export function censusOf(lattice: Lattice, secret: string, world: RoomWorld): CensusTrees {
  const { fact, joins, measures } = lattice;
  const kinds = [
    { unit: 'unit', least: fact.rule.min_group_size, matched: null },
    ...joins.map((join) => ({
      unit: unitName(join),
      least: join.member.rule.min_group_size,
      matched: column(SHARE, join.matched),
    })),
  ];
  const digest = (label: string, names: readonly string[]): Node =>
    CALLS[world.engine](
      'md5',
      [world.binder.bind(secret), text(label), ...names.map((name) => spelled(name, world))].reduce(
        (all, one) => operation('||', typed(all), typed(one)),
      ),
    );
  const things = [[ROWS], ...measures.map(({ sum, known }) => [known, sum])];
  const units = kinds.map(({ unit }) => unit);
  /** Nothing where a unit adds nothing: it is as if it were not there. */
  const told = things.map(([count = ROWS, ...rest], i) =>
    choose(
      [[operation('>', column(SHARE, count), whole(0)), digest(`thing ${i}`, [...units, count, ...rest])]],
      null,
    ),
  );
  const shares = {
    atom: digest('atom', cutsOf(lattice)),
    ...named(kinds.map(({ unit, matched }, i) => [`u${i}`, unitDigest(unit, i, matched)])),
    ...named(told.map((value, i) => [`t${i}`, value])),
  };
  function unitDigest(unit: string, i: number, matched: Node | null): Node {
    const value = digest(`unit ${i}`, [unit]);
    return matched === null ? value : choose([[matched, value]], null);
  }
  const source = subquery(sharesOf(lattice, measures, world), SHARE);
  const rows = plain({ targetList: targets(shares), fromClause: [source] });
  return {
    atoms: atomsOver(rows, kinds, things.length, world),
    shares: rows,
    least: kinds.map(({ least }) => least),
    things: things.length,
  };
}

function atomsOver(
  shares: SelectStmt,
  kinds: readonly { readonly least: number }[],
  things: number,
  { engine }: RoomWorld,
): SelectStmt {
  const call = CALLS[engine];
  const of = (name: string): Node => column(TOLD, name);
  const counted = (unit: string, condition: Node | null): Node => {
    const made = open(call('count', of(unit))).body;
    return {
      FuncCall: { ...made, agg_distinct: true, ...(condition === null ? {} : { agg_filter: condition }) },
    };
  };
  const all = (name: string): Node => {
    const sortClause = [
      close('SortBy', { node: of(name), sortby_dir: 'SORTBY_DEFAULT', sortby_nulls: 'SORTBY_NULLS_DEFAULT' }),
    ];
    const made = open(call('string_agg', of(name), text(''))).body;
    return call('md5', { FuncCall: { ...made, agg_order: sortClause } });
  };
  const units = kinds.map((_, i) => `u${i}`);
  const names = Array.from({ length: things }, (_, i) => `t${i}`);
  const enough = kinds.map(({ least }, i) => {
    const many = operation('>=', counted(`u${i}`, null), whole(least));
    // Where nothing was joined there are none of that kind.
    return i === 0 ? many : some([operation('=', counted(`u${i}`, null), whole(0)), many]);
  });
  return plain({
    targetList: targets({
      atom: of('atom'),
      ...named(units.map((unit) => [`n_${unit}`, counted(unit, null)])),
      ...named(
        names.flatMap((name) => [
          [name, all(name)] as const,
          ...units.map((unit) => [`${name}_${unit}`, counted(unit, isNotNull(of(name)))] as const),
        ]),
      ),
    }),
    fromClause: [subquery(shares, TOLD)],
    groupClause: [of('atom')],
    havingClause: every(enough),
  });
}

/** Its length first, so that no two rows of values are written alike. */
function spelled(name: string, { engine }: RoomWorld): Node {
  const value = cast(column(SHARE, name), 'text');
  const length = cast(CALLS[engine]('length', value), 'text');
  return choose(
    [[not(isNotNull(column(SHARE, name))), text('-')]],
    operation('||', operation('||', length, text(':')), value),
  );
}

const typed = (node: Node): Node => ('ParamRef' in node ? cast(node, 'text') : node);

function isNotNull(arg: Node): Node {
  return { NullTest: { arg, nulltesttype: 'IS_NOT_NULL' } };
}

function named(pairs: readonly (readonly [string, Node])[]): Record<string, Node> {
  return Object.fromEntries(pairs);
}

function targets(values: Readonly<Record<string, Node>>): Node[] {
  return Object.entries(values).map(([name, val]) => ({ ResTarget: { name, val } }));
}

function plain(select: SelectStmt): SelectStmt {
  return { ...select, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' };
}

function subquery(select: SelectStmt, aliasname: string): Node {
  return close('RangeSubselect', { subquery: close('SelectStmt', select), alias: { aliasname } });
}
