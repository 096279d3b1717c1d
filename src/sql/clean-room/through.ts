/**
 * Turns what a caller asks of clean rooms into the same question about their atoms. A SELECT that reads a clean room groups by
 * dimensions and sums measures; each of its sums becomes a sum over atoms, and nothing else of the room is left in the tree.
 * Whatever stands around it sees sums of whole groups, and may do with them what it likes.
 */
import type { SelectStmt } from '@pgsql/types';
import type { EngineKind } from '../rewrite/build.ts';
import type { DatasetUse, RangeColumn, ResolvedQuery } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import { type Block, blockOf, roomsIn } from './block.ts';
import { isRoom, type Lattice, latticeOf, ROWS } from './lattice.ts';
import type { NoisyGroups } from './noisy.ts';
import { sumType } from './numbers.ts';
import { type Found, type ThroughOptions, throughBlock } from './through-block.ts';

export interface ThroughRooms {
  readonly resolved: ResolvedQuery;
  /** By range: what stands in the place of the dataset. */
  readonly atoms: ReadonlyMap<string, Lattice>;
  /** By range of atoms: with noise, of which rows there are counts and sums; in the caller's dialect, none of it can raise. */
  readonly chosen: ReadonlyMap<string, readonly Node[]>;
  /** By range: with noise, what the caller's own SELECT is left over. */
  readonly noisy: ReadonlyMap<string, NoisyGroups>;
}

/** @throws SluiceError clean_room_shape, clean_room_conflict */
export function throughRooms(resolved: ResolvedQuery, options: ThroughOptions): ThroughRooms {
  const { engine, governedOf } = options;
  const ranges = new Map<string, ReadonlyMap<string, RangeColumn>>(resolved.ranges);
  const found: Found = { atoms: new Map(), chosen: new Map(), noisy: new Map(), ranges };
  if (![...resolved.uses.values()].some(({ governed }) => isRoom(governed))) return { resolved, ...found };
  const lattices = new Map<string, Lattice>();
  const latticeAt = (range: string): Lattice => {
    const { governed } = resolved.uses.get(range)!;
    const { id } = governed.dataset;
    const known = lattices.get(id) ?? latticeOf(governed, governedOf, engine);
    lattices.set(id, known);
    return known;
  };
  const uses = new Map<string, DatasetUse>(resolved.uses);
  const visit = (node: Node): Node => {
    if (!('SelectStmt' in node)) return mapChildren(node, visit);
    const select = node.SelectStmt;
    if (roomsIn(select, resolved.uses).length === 0) return mapChildren(node, visit);
    const block = blockOf(select, resolved.uses, latticeAt, resolved.text);
    found.atoms.set(block.range, block.lattice);
    ranges.set(block.range, columnsOf(block, resolved, engine));
    for (const { range } of block.joined) uses.delete(range);
    return close('SelectStmt', {
      ...throughBlock(select, block, resolved, options, found),
      ...(select.withClause === undefined
        ? {}
        : { withClause: open(mapChildren(close('WithClause', select.withClause), visit)).body }),
    });
  };
  const tree = open(visit(close('SelectStmt', resolved.tree))).body as SelectStmt;
  return { resolved: { ...resolved, tree, uses, ranges }, ...found };
}

/** By dataset id: how many noisy answers a query is given, each of which costs. */
export function noisyAnswers(resolved: ResolvedQuery, options: ThroughOptions): ReadonlyMap<string, number> {
  const { atoms, noisy } = throughRooms(resolved, options);
  const answers = new Map<string, number>();
  for (const { of, answers: own } of noisy.values()) {
    const id = atoms.get(of)!.fact.governed.dataset.id;
    answers.set(id, (answers.get(id) ?? 0) + own.length);
  }
  return answers;
}

/** The types of what atoms hold. */
function columnsOf(
  { range, lattice, joined }: Block,
  { ranges }: ResolvedQuery,
  engine: EngineKind,
): ReadonlyMap<string, RangeColumn> {
  const { fact, measures, filters } = lattice;
  const columns = new Map<string, RangeColumn>();
  const count = { type: { family: 'integer', bits: 64 }, masked: false } as const;
  columns.set(ROWS, count);
  const shown = ranges.get(range);
  for (const { column: of, as } of [...fact.dimensions, ...filters]) columns.set(as, shown!.get(of.name)!);
  for (const { column: of, sum, known } of measures) {
    const masked = shown!.get(of.name)?.masked ?? true;
    columns.set(sum, { type: sumType(of, fact.governed, engine), masked });
    columns.set(known, { ...count, masked });
  }
  for (const { range: other, join } of joined) {
    columns.set(join.matched, { type: { family: 'boolean' }, masked: false });
    for (const { column: of, as } of join.member.dimensions)
      columns.set(as, ranges.get(other)!.get(of.name)!);
  }
  return columns;
}
