/**
 * Whether some groups of one state, taken from some groups of another, leave the sums of too few: units that moved between
 * groups, or whose group is called otherwise, cancel out, and whoever is left over stands alone.
 */
import { addedBy, type Content, type Shares, type Thing } from './content.ts';

/** Of two states under the same rule, whose groups of one name were compared already. */
export function movesByTooFew(before: Content, after: Content): boolean {
  const [first] = [...before.atoms.values(), ...after.atoms.values()];
  return (first?.things ?? []).some((_, thing) => {
    const [gone, come] = [changedIn(before, after, thing), changedIn(after, before, thing)];
    // Groups that are new are told whole, and so are those that are gone.
    if (gone.length === 0 || come.length === 0) return false;
    if (gone.length === 1 && come.length === 1 && gone[0] === come[0]) return false;
    const [earlier, later] = [before.shares, after.shares];
    // Counts do not tell who moved.
    if (earlier === null || later === null) return true;
    return after.least.some((bound, kind) => {
      const sums = (shares: ReadonlyMap<string, Shares>, keys: readonly string[]) =>
        new Map(keys.map((key) => [key, addedBy(shares.get(key) ?? '', thing, kind, after.least.length)]));
      return cutByTooFew(edgesOf(sums(earlier, gone), sums(later, come)), bound);
    });
  });
}

/** The groups of `one` whose sum is told, and is another in `other`. */
function changedIn(one: Content, other: Content, thing: number): readonly string[] {
  return [...one.atoms].flatMap(([key, { units, things }]) => {
    const own = things[thing] as Thing;
    const told = one.least.every((bound, kind) => units[kind] === 0 || (own.units[kind] ?? 0) >= bound);
    return told && other.atoms.get(key)?.things[thing]?.digest !== own.digest ? [key] : [];
  });
}

type Sums = ReadonlyMap<string, ReadonlyMap<string, string>>;
type Units = ReadonlySet<string>;

/** Between two nodes, the units that cancel out where both are taken; between a node and what is outside, all others. */
class Edges {
  readonly #at = new Map<number, Map<number, Set<string>>>();

  add(a: number, b: number, units: Iterable<string>): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const ends = this.#at.get(from) ?? new Map<number, Set<string>>();
      this.#at.set(from, ends);
      const known = ends.get(to) ?? new Set<string>();
      ends.set(to, known);
      for (const unit of units) known.add(unit);
    }
  }

  nodes(): readonly number[] {
    return [...this.#at.keys()];
  }

  of(node: number): ReadonlyMap<number, Units> {
    return this.#at.get(node) ?? new Map();
  }

  /** The two become one: the one of fewer ends is moved, so that none is moved often. */
  merge(a: number, b: number): void {
    const [kept, gone] = this.of(a).size < this.of(b).size ? [b, a] : [a, b];
    const ends = this.of(gone);
    this.#at.delete(gone);
    for (const [to, units] of ends) {
      this.#at.get(to)?.delete(gone);
      if (to !== kept) this.add(kept, to, units);
    }
  }
}

const OUTSIDE = 0;

function edgesOf(before: Sums, after: Sums): Edges {
  const edges = new Edges();
  const later = new Map<string, Map<string, { readonly node: number; readonly value: string }>>();
  let node = OUTSIDE;
  for (const [key, sums] of after) {
    node += 1;
    for (const [unit, value] of sums) {
      const own = later.get(unit) ?? new Map<string, { node: number; value: string }>();
      later.set(unit, own.set(key, { node, value }));
    }
  }
  for (const [key, sums] of before) {
    node += 1;
    for (const [unit, value] of sums) {
      const own = later.get(unit);
      const same = own?.get(key)?.value === value ? key : null;
      const found = same ?? [...(own ?? [])].find(([name, one]) => alike(name, one.value))?.[0];
      edges.add(node, found === undefined ? OUTSIDE : own!.get(found)!.node, [unit]);
      if (found !== undefined) own!.delete(found);

      /** Not one that stands where it stood. */
      function alike(name: string, wanted: string): boolean {
        return wanted === value && before.get(name)?.get(unit) !== value;
      }
    }
  }
  for (const [unit, own] of later) for (const one of own.values()) edges.add(one.node, OUTSIDE, [unit]);
  return edges;
}

/** Beyond as many nodes that hang together loosely, not every choice is tried: it is refused. */
const MOST_TRIED = 12;

/** Whether some choice of nodes leaves over anybody, and fewer than the bound. */
function cutByTooFew(edges: Edges, bound: number): boolean {
  // What enough units hold together, nobody parts with too few left over.
  for (let merged = true; merged; ) {
    merged = false;
    for (const node of edges.nodes()) {
      const strong = [...edges.of(node)].find(([, units]) => units.size >= bound);
      if (strong === undefined) continue;
      edges.merge(node, strong[0]);
      merged = true;
    }
  }
  const seen = new Set<number>();
  for (const start of edges.nodes()) {
    if (seen.has(start)) continue;
    const together = [start];
    seen.add(start);
    for (const node of together)
      for (const next of edges.of(node).keys())
        if (!seen.has(next)) {
          seen.add(next);
          together.push(next);
        }
    if (together.length > MOST_TRIED || someChoice(together, edges, bound)) return true;
  }
  return false;
}

function someChoice([, ...nodes]: readonly number[], edges: Edges, bound: number): boolean {
  for (let choice = 1; choice < 2 ** nodes.length; choice++) {
    const taken = new Set(nodes.filter((_, i) => (choice >> i) % 2 === 1));
    const left = new Set<string>();
    for (const node of taken)
      for (const [to, units] of edges.of(node)) if (!taken.has(to)) for (const unit of units) left.add(unit);
    if (left.size < bound) return true;
  }
  return false;
}
