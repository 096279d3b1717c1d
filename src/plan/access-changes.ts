/**
 * Who gains or loses what: for each shape the classes are split by how they answer its conditions, each piece is decided for
 * once on either side, and what differs is gathered by whom it concerns.
 */
import { setImmediate } from 'node:timers/promises';
import { Bitset } from './bitset.ts';
import { type Change, changesOfShape } from './changes-of-shape.ts';
import { describeVariant, type Variant } from './circumstances.ts';
import type { Atom } from './compare.ts';
import type { Questions } from './questions.ts';
import type { Shape } from './shape.ts';
import type { Splitter } from './split.ts';

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
  /** Number of classes. */
  readonly size: number;
  readonly splitter: Splitter;
  readonly variants: readonly Variant[];
  readonly questions: Questions;
}

/** Shapes that are looked at between two breaths of whoever else runs in this process. */
const AT_ONCE = 64;

/** @throws SluiceError pdp_unavailable */
export async function accessChanges(asked: Asked): Promise<readonly Concern[]> {
  const { shapes, size, splitter, variants, questions } = asked;
  const concerns = new Map<number, Concern[]>();
  for (let start = 0; start < shapes.length; start += AT_ONCE) {
    const split = shapes.slice(start, start + AT_ONCE).map((shape) => {
      const often = splitter.varies(shape) ? variants.length : 1;
      return {
        shape,
        variants: Array.from({ length: often }, (_, variant) => splitter.split(shape, variant)),
      };
    });
    await questions.settle();
    for (const { shape, variants: of } of split) {
      const changes = of.map((one) => changesOfShape(shape, one, questions, size));
      for (const { classes, item } of itemsOf(shape, changes, asked))
        concernFor(classes, concerns).items.push(item);
    }
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

function itemsOf(
  shape: Shape,
  byVariant: readonly (readonly Change[])[],
  { size, variants }: Asked,
): readonly { readonly classes: Bitset; readonly item: Item }[] {
  const atoms = new Map<string, { readonly atom: Atom; readonly sets: Bitset[] }>();
  byVariant.forEach((changes, variant) => {
    for (const { atom, classes } of changes) {
      const text = JSON.stringify(atom);
      const known = atoms.get(text) ?? { atom, sets: byVariant.map(() => new Bitset(size)) };
      atoms.set(text, known);
      known.sets[variant] = classes.or(known.sets[variant] ?? classes);
    }
  });
  return [...atoms.values()].flatMap(({ atom, sets }) =>
    byCircumstances(sets, variants).map(({ classes, when }) => ({ classes, item: { shape, atom, when } })),
  );
}

/** Whom it concerns always, and whom else in which circumstances. */
function byCircumstances(
  sets: readonly Bitset[],
  variants: readonly Variant[],
): readonly { readonly classes: Bitset; readonly when: string | null }[] {
  const always = sets.reduce((all, one) => all.and(one));
  const others: { readonly classes: Bitset; readonly labels: string[] }[] = [];
  sets.forEach((set, index) => {
    const rest = set.without(always);
    const variant = variants[index];
    if (rest.empty || variant === undefined) return;
    const known = others.find((one) => one.classes.equals(rest));
    if (known === undefined) others.push({ classes: rest, labels: [describeVariant(variant)] });
    else known.labels.push(describeVariant(variant));
  });
  return [
    ...(always.empty ? [] : [{ classes: always, when: null }]),
    ...others.map(({ classes, labels }) => ({ classes, when: labels.slice(0, 3).join('; or ') })),
  ];
}
