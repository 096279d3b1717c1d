/** The concerns of a plan as its report tells them: in the names of each dataset, by people, the gravest first. */
import type { Concern, Item } from './access-changes.ts';
import { Bitset } from './bitset.ts';
import type { IdentityClass } from './classes.ts';
import { idOf } from './pairs.ts';
import type { Access, AccessChange, Direction, Verdict, Who } from './report.ts';
import { columnOf, inNames, type NamedPair } from './shape.ts';
import type { Subject } from './subjects.ts';
import type { TagIndex } from './tag-index.ts';
import type { Name } from './who.ts';

const GRAVITY: readonly Direction[] = ['gain', 'may_gain', 'loss', 'notice'];

/** Classes with someone known among them. */
export function realOf(classes: readonly IdentityClass[], subjects: readonly Subject[]): Bitset {
  const real = new Bitset(classes.length);
  classes.forEach((one, index) => {
    if (one.subjects.some((at) => subjects[at]?.origin !== 'imagined')) real.add(index);
  });
  return real;
}

/** What concerns the same known people under the same name is told at once, whoever else is imagined with them. */
export function gather(concerns: readonly Concern[], name: Name, real: Bitset, tags: TagIndex): Access[] {
  const named = concerns.map((concern) => ({ who: name(concern.classes), ...concern }));
  const together = Map.groupBy(named, ({ who, classes }, index) =>
    who.imagined ? `${index}` : `${who.label}\n${classes.and(real).words.join(' ')}`,
  );
  return [...together.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          accessOf(
            first.who,
            [first, ...others].flatMap(({ items }) => items),
            tags,
          ),
        ],
  );
}

function accessOf(who: Who, items: readonly Item[], tags: TagIndex): Access {
  const changes = items.flatMap((item) => told(item, tags)).sort(inOrder);
  const direction = GRAVITY.find((one) => changes.some((change) => change.direction === one)) ?? 'notice';
  const tagged = items.some(({ atom }) => atom.tagged.length > 0 && isGain(atom.direction));
  return { who, direction, tagged, changes };
}

const isGain = (direction: Direction): boolean => direction === 'gain' || direction === 'may_gain';

/** The item in the names of each of its datasets. */
function told({ shape, atom, when }: Item, tags: TagIndex): readonly AccessChange[] {
  const { change, direction, from, to } = atom;
  return shape.pairs.map((named) => ({
    dataset: idOf(named.pair),
    change,
    direction,
    column: atom.column === null ? null : columnName(named, atom.column),
    tags: [...new Set(atom.tagged.flatMap((column) => tagsAt(named, column, tags)))].sort(),
    from: inNames(from, named.columns),
    to: inNames(to, named.columns),
    policies: [...new Set(atom.policies.map((id) => named.policies[Number(id)] ?? id))],
    when,
  }));
}

function columnName({ pair, columns }: NamedPair, column: number): string {
  const folded = columns[column] ?? '';
  return (columnOf(pair.after, folded) ?? columnOf(pair.before, folded))?.name ?? folded;
}

function tagsAt({ pair, columns }: NamedPair, column: number, tags: TagIndex): readonly string[] {
  const folded = columns[column] ?? '';
  return [pair.before, pair.after].flatMap((dataset) => (dataset === null ? [] : tags(dataset, folded)));
}

function inOrder(a: AccessChange, b: AccessChange): number {
  return (
    GRAVITY.indexOf(a.direction) - GRAVITY.indexOf(b.direction) ||
    (a.dataset < b.dataset ? -1 : a.dataset > b.dataset ? 1 : 0) ||
    ((a.column ?? '') < (b.column ?? '') ? -1 : 1)
  );
}

export function byGravity(a: Access, b: Access): number {
  const people = ({ who }: Access): number => who.seen + who.personas.length;
  return (
    Number(b.tagged) - Number(a.tagged) ||
    GRAVITY.indexOf(a.direction) - GRAVITY.indexOf(b.direction) ||
    Number(a.who.imagined) - Number(b.who.imagined) ||
    people(b) - people(a) ||
    b.changes.length - a.changes.length
  );
}

export function verdictOf(access: readonly Access[]): Verdict {
  const grave = access.filter(({ tagged }) => tagged);
  if (grave.length === 0) return 'no_gain';
  const certain = grave.some(
    ({ who, changes }) =>
      !who.imagined && changes.some((change) => change.direction === 'gain' && change.tags.length > 0),
  );
  return certain ? 'gain' : 'may_gain';
}
