/**
 * Whether answers from two states of the data would differ by too few: in some group that both show, or in some groups of the
 * one against some of the other, something that is summed changed, and fewer units than a group must have took part in that.
 */
import { type Atom, addedBy, type Content, type Shares } from './content.ts';
import { movesByTooFew } from './moves.ts';

/** Of two states under the same rule. */
export function differsByTooFew(before: Content, after: Content): boolean {
  for (const [key, atom] of after.atoms) {
    const earlier = before.atoms.get(key);
    // What one of them does not show is a whole group, unless its units stand in others now.
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
  return movesByTooFew(before, after);
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

function fewerBySet(before: Shares, after: Shares, thing: number, least: readonly number[]): boolean {
  return least.some((bound, kind) => {
    const [earlier, later] = [
      addedBy(before, thing, kind, least.length),
      addedBy(after, thing, kind, least.length),
    ];
    const units = new Set([...earlier.keys(), ...later.keys()]);
    if (units.size === 0) return false;
    let changed = 0;
    for (const unit of units) if (earlier.get(unit) !== later.get(unit)) changed += 1;
    return changed < bound;
  });
}
