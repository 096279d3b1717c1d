/**
 * Who gains or loses what: for each shape the classes are split by how they answer its conditions, each part is decided for
 * once on either side, and what differs is gathered by whom it concerns.
 */
import { setImmediate } from 'node:timers/promises';
import { Bitset } from './bitset.ts';
import { describeVariant, type Variant } from './circumstances.ts';
import { dependsOnRequest, type IdentityClass, type TruthTable } from './classes.ts';
import { type Atom, compareDecisions } from './compare.ts';
import type { ConditionTable } from './conditions.ts';
import type { Questions } from './questions.ts';
import type { Shape } from './shape.ts';

/** What changes in datasets of one shape. */
export interface Item {
  readonly shape: Shape;
  readonly atom: Atom;
  /** Null where it holds in all circumstances. */
  readonly when: string | null;
}

/** What changes for one and the same classes. */
export interface Concern {
  readonly classes: Bitset;
  readonly items: Item[];
}

export interface Asked {
  readonly shapes: readonly Shape[];
  readonly classes: readonly IdentityClass[];
  readonly conditions: ConditionTable;
  readonly truths: TruthTable;
  readonly variants: readonly Variant[];
  readonly questions: Questions;
}

/** Shapes that are looked at between two breaths of whoever else runs in this process. */
const AT_ONCE = 64;

/** @throws SluiceError pdp_unavailable */
export async function accessChanges(asked: Asked): Promise<readonly Concern[]> {
  const concerns = new Map<number, Concern[]>();
  for (let start = 0; start < asked.shapes.length; start += AT_ONCE) {
    const parts = asked.shapes
      .slice(start, start + AT_ONCE)
      .map((shape) => ({ shape, parts: split(shape, asked) }));
    await asked.questions.settle();
    for (const { shape, parts: of } of parts)
      for (const { classes, item } of changesOf(shape, of, asked))
        concernFor(classes, concerns).items.push(item);
    await setImmediate();
  }
  return [...concerns.values()].flat();
}

function concernFor(classes: Bitset, concerns: Map<number, Concern[]>): Concern {
  const { hash } = classes;
  const alike = concerns.get(hash) ?? [];
  concerns.set(hash, alike);
  const known = alike.find((one) => one.classes.equals(classes));
  if (known !== undefined) return known;
  const made = { classes, items: [] };
  alike.push(made);
  return made;
}

/** Classes in one variant of the circumstances that answer every condition of a shape alike. */
interface ShapePart {
  readonly variant: number;
  readonly classes: Bitset;
  /** Keys of the questions; null where the dataset is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

function split(
  shape: Shape,
  { classes, conditions, truths, variants, questions }: Asked,
): readonly ShapePart[] {
  const sides = [shape.before, shape.after];
  const numbers = [...new Set(sides.flatMap((side) => side?.conditions ?? []))];
  const named = numbers.map((number) => ({ number, condition: conditions.conditions[number] ?? [] }));
  const often = named.some(({ condition }) => dependsOnRequest(condition)) ? variants.length : 1;
  return Array.from({ length: often }, (_, variant) => {
    const rows = new Map(
      named.map(({ number, condition }) => [number, truths.row(number, condition, variant)]),
    );
    return partition(classes, [...rows.values()]).map((members): ShapePart => {
      const one = members[0] ?? 0;
      const kind = classes[one]?.identity.kind ?? 'anonymous';
      const [before = null, after = null] = sides.map((side) =>
        side === null
          ? null
          : questions.add(
              side,
              shape.columns,
              kind,
              side.conditions.map((number) => rows.get(number)?.[one] ?? 1),
            ),
      );
      const set = new Bitset(classes.length);
      for (const member of members) set.add(member);
      return { variant, classes: set, before, after };
    });
  }).flat();
}

/** Classes of one kind with the same value in every row. */
function partition(
  classes: readonly IdentityClass[],
  rows: readonly Uint8Array[],
): readonly (readonly number[])[] {
  const kinds = ['anonymous', 'service', 'user'];
  let part = Int32Array.from(classes, ({ identity }) => kinds.indexOf(identity.kind));
  let count = kinds.length;
  for (const row of rows) {
    const renumbered = new Int32Array(count * 3).fill(-1);
    let next = 0;
    part = part.map((old, index) => {
      const at = old * 3 + (row[index] ?? 1);
      if (renumbered[at] === -1) renumbered[at] = next++;
      return renumbered[at] ?? 0;
    });
    count = next;
  }
  const members: number[][] = Array.from({ length: count }, () => []);
  for (const [index, of] of part.entries()) members[of]?.push(index);
  return members.filter((list) => list.length > 0);
}

function changesOf(
  shape: Shape,
  parts: readonly ShapePart[],
  { classes, variants, questions }: Asked,
): readonly { readonly classes: Bitset; readonly item: Item }[] {
  const often = Math.max(1, ...parts.map(({ variant }) => variant + 1));
  const atoms = new Map<string, { readonly atom: Atom; readonly byVariant: readonly Bitset[] }>();
  const seen = new Map<string, readonly Atom[]>();
  for (const { variant, classes: members, before, after } of parts) {
    const key = `${before}\n${after}`;
    const changes =
      seen.get(key) ??
      compareDecisions(
        shape,
        before === null ? null : questions.answer(before),
        after === null ? null : questions.answer(after),
      );
    seen.set(key, changes);
    for (const atom of changes) {
      const text = JSON.stringify(atom);
      const known = atoms.get(text) ?? {
        atom,
        byVariant: Array.from({ length: often }, () => new Bitset(classes.length)),
      };
      atoms.set(text, known);
      const set = known.byVariant[variant];
      set?.words.forEach((word, i) => {
        set.words[i] = word | (members.words[i] ?? 0);
      });
    }
  }
  return [...atoms.values()].flatMap(({ atom, byVariant }) =>
    byCircumstances(byVariant, variants).map(({ classes: set, when }) => ({
      classes: set,
      item: { shape, atom, when },
    })),
  );
}

/** Whom it concerns always, and whom else in which circumstances. */
function byCircumstances(
  byVariant: readonly Bitset[],
  variants: readonly Variant[],
): readonly { readonly classes: Bitset; readonly when: string | null }[] {
  const always = byVariant.reduce((all, one) => all.and(one));
  const found: { classes: Bitset; when: string | null; labels: string[] }[] = [];
  if (!always.empty) found.push({ classes: always, when: null, labels: [] });
  byVariant.forEach((set, index) => {
    const rest = set.without(always);
    const variant = variants[index];
    if (rest.empty || variant === undefined) return;
    const known = found.find((one) => one.when !== null && one.classes.equals(rest));
    if (known === undefined) {
      const label = describeVariant(variant);
      found.push({ classes: rest, when: label, labels: [label] });
    } else {
      known.labels.push(describeVariant(variant));
      known.when = known.labels.slice(0, 3).join('; or ');
    }
  });
  return found.map(({ classes, when }) => ({ classes, when }));
}
