/** The FROM of a SELECT that reads clean rooms: one dataset whose rows are summed, and those that it is joined to as declared. */
import type { JoinExpr, SelectStmt } from '@pgsql/types';
import { conjuncts } from '../limits/conjuncts.ts';
import type { DatasetUse } from '../stages.ts';
import type { Node } from '../tree.ts';
import { eachChild, open, walk } from '../walk.ts';
import { isRoom, type Lattice, type LatticeJoin } from './lattice.ts';
import { type Refusing, refuseShape } from './refuse.ts';

export interface Joined {
  readonly range: string;
  readonly join: LatticeJoin;
  /** Whether rows that found nothing are left out. */
  readonly inner: boolean;
}

export interface Block {
  /** The range of the dataset whose rows are summed. */
  readonly range: string;
  readonly lattice: Lattice;
  readonly joined: readonly Joined[];
}

type Uses = ReadonlyMap<string, DatasetUse>;

/** The ranges of clean rooms that stand in the FROM of this very SELECT. */
export function roomsIn({ fromClause = [] }: SelectStmt, uses: Uses): readonly string[] {
  return fromClause.flatMap(leaves).flatMap((leaf) => roomRange(leaf, uses) ?? []);
}

function leaves(item: Node): readonly Node[] {
  if (!('JoinExpr' in item)) return [item];
  const { larg, rarg } = item.JoinExpr;
  return [larg, rarg].flatMap((side) => (side === undefined ? [] : leaves(side)));
}

function roomRange(item: Node, uses: Uses): string | null {
  if (!('RangeVar' in item)) return null;
  const range = item.RangeVar.alias?.aliasname ?? '';
  const use = uses.get(range);
  return use !== undefined && isRoom(use.governed) ? range : null;
}

/** @param latticeAt of the range of a clean room. @throws SluiceError clean_room_shape */
export function blockOf(
  { fromClause = [] }: SelectStmt,
  uses: Uses,
  latticeAt: (range: string) => Lattice,
  text: string,
): Block {
  const first = fromClause.flatMap(leaves).flatMap((leaf) => roomRange(leaf, uses) ?? [])[0]!;
  const [item, ...others] = fromClause;
  const refusing: Refusing = { text, lattice: latticeAt(first) };
  if (item === undefined || others.length > 0)
    throw refuseShape(refusing, 'In a clean room, datasets are joined by JOIN … ON, not by a comma');
  const joins: JoinExpr[] = [];
  let left = item;
  for (; 'JoinExpr' in left; left = left.JoinExpr.larg!) joins.unshift(left.JoinExpr);
  const range = roomRange(left, uses);
  if (range === null) throw refuseShape(refusing, 'A clean room is joined with nothing but its own datasets');
  const lattice = latticeAt(range);
  const joined: Joined[] = [];
  for (const join of joins) joined.push(joinedBy(join, range, joined, uses, { text, lattice }));
  return { range, lattice, joined };
}

function joinedBy(
  { jointype, rarg, quals }: JoinExpr,
  fact: string,
  before: readonly Joined[],
  uses: Uses,
  refusing: Refusing,
): Joined {
  const range = rarg === undefined ? null : roomRange(rarg, uses);
  if (range === null) throw refuseShape(refusing, 'A clean room is joined with nothing but its own datasets');
  const { dataset } = uses.get(range)!.governed;
  if (jointype !== 'JOIN_INNER' && jointype !== 'JOIN_LEFT')
    throw refuseShape(refusing, `${dataset.id} can only stand on the right of JOIN or LEFT JOIN`);
  const pairs = conjuncts(quals).map((condition) => equated(condition, fact, range));
  const join = refusing.lattice.joins.find(
    (declared) =>
      declared.member.governed.dataset.id === dataset.id &&
      before.every((other) => other.join !== declared) &&
      sameSet(
        pairs,
        declared.on.map(({ column, other }) => JSON.stringify([column.name, other.name])),
      ),
  );
  if (join === undefined)
    throw refuseShape(
      refusing,
      `${dataset.id} is joined on exactly the keys that the clean room declares, or not at all`,
    );
  return { range, join, inner: jointype === 'JOIN_INNER' };
}

/** The two columns of `fact.a = other.b`, whichever stands first; null for anything else. */
function equated(condition: Node, fact: string, other: string): string | null {
  if (!('A_Expr' in condition) || condition.A_Expr.kind !== 'AEXPR_OP') return null;
  const { name, lexpr, rexpr } = condition.A_Expr;
  const [operator] = name ?? [];
  if (operator === undefined || open(operator).body.sval !== '=') return null;
  const [left, right] = [columnIn(lexpr), columnIn(rexpr)];
  if (left === null || right === null) return null;
  if (left.range === fact && right.range === other) return JSON.stringify([left.name, right.name]);
  if (left.range === other && right.range === fact) return JSON.stringify([right.name, left.name]);
  return null;
}

/** Range and column of a resolved reference, null for anything else. */
export function columnIn(node: Node | undefined): { readonly range: string; readonly name: string } | null {
  if (node === undefined || !('ColumnRef' in node)) return null;
  const [range, name] = (node.ColumnRef.fields ?? []).map((field) => open(field).body.sval as string);
  return range === undefined || name === undefined ? null : { range, name };
}

function sameSet(a: readonly (string | null)[], b: readonly string[]): boolean {
  const [given, wanted] = [new Set(a), new Set(b)];
  return given.size === wanted.size && a.length === b.length && [...wanted].every((one) => given.has(one));
}

/** A place in the text for a node of it: its own, or that of the first part that has one. */
export function placeOf(node: Node): number | undefined {
  let found: number | undefined;
  walk(node, (at) => {
    const { location } = open(at).body as { location?: number };
    found ??= location;
    return found === undefined;
  });
  return found;
}

/** Whether a subquery stands below. */
export function holdsSubquery(node: Node): boolean {
  let found = 'SubLink' in node;
  eachChild(node, (child) => {
    found ||= holdsSubquery(child);
  });
  return found;
}
