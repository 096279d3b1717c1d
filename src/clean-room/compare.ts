/**
 * Whether answers from two states of the data would differ by too few: in some group that both show, something that is summed
 * changed, and fewer units than a group must have took part in that.
 */
import type { Atom, Content, Share } from './content.ts';

/** Of two states under the same rule. */
export function differsByTooFew(before: Content, after: Content): boolean {
  for (const [key, atom] of after.atoms) {
    const earlier = before.atoms.get(key);
    // What one of them does not show can be learnt as the sum of a whole group at most.
    if (earlier === undefined) continue;
    const [mine, theirs] = [before.shares?.get(key), after.shares?.get(key)];
    for (const [i, thing] of atom.things.entries()) {
      if (earlier.things[i]?.digest === thing.digest) continue;
      const few =
        mine === undefined || theirs === undefined
          ? fewerByCount(earlier, atom, i, after.least)
          : fewerBySet(mine, theirs, i, after.least);
      if (few) return true;
    }
  }
  return false;
}

/** As many have changed as there are more or fewer of them, at the least. */
function fewerByCount(before: Atom, after: Atom, thing: number, least: readonly number[]): boolean {
  const [earlier, later] = [before.things[thing]?.units ?? [], after.things[thing]?.units ?? []];
  return least.some((bound, kind) => {
    // Nobody of this kind is in the group.
    if (before.units[kind] === 0 && after.units[kind] === 0) return false;
    return Math.abs((later[kind] ?? 0) - (earlier[kind] ?? 0)) < bound;
  });
}

function fewerBySet(
  before: readonly Share[],
  after: readonly Share[],
  thing: number,
  least: readonly number[],
): boolean {
  return least.some((bound, kind) => {
    const [earlier, later] = [addedBy(before, thing, kind), addedBy(after, thing, kind)];
    const units = new Set([...earlier.keys(), ...later.keys()]);
    if (units.size === 0) return false;
    let changed = 0;
    for (const unit of units) if (earlier.get(unit) !== later.get(unit)) changed += 1;
    return changed < bound;
  });
}

/** By unit, all that it adds. */
function addedBy(shares: readonly Share[], thing: number, kind: number): ReadonlyMap<string, string> {
  const added = new Map<string, string[]>();
  for (const { units, things } of shares) {
    const [unit, value] = [units[kind] ?? null, things[thing] ?? null];
    if (unit === null || value === null) continue;
    const list = added.get(unit);
    if (list === undefined) added.set(unit, [value]);
    else list.push(value);
  }
  return new Map([...added].map(([unit, values]) => [unit, values.sort().join()]));
}
