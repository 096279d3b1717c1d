/** Words for a set of classes: the fact that sets them apart from everyone else, where one does. */
import type { Literal } from '../policies/policy.ts';
import { Bitset } from './bitset.ts';
import type { IdentityClass } from './classes.ts';
import type { Who } from './report.ts';
import type { Subject } from './subjects.ts';

export interface NamingOptions {
  readonly subjects: readonly Subject[];
  readonly classes: readonly IdentityClass[];
  /** Whoever has the fact, by class. */
  readonly holders: (fact: Literal) => Uint8Array;
  /** Those by which people are rather told apart first. */
  readonly facts: readonly Literal[];
  /** Facts that stand on one side of the change alone. */
  readonly differing: ReadonlySet<Literal>;
  /** Whether subjects may be named. */
  readonly names: boolean;
}

interface Known {
  readonly label: string;
  readonly differing: boolean;
  readonly classes: Bitset;
}

/** Facts of people, not of requests. */
const PERSONAL = ['group', 'role', 'scope', 'attribute', 'kind', 'issuer', 'sub'];
/** Alternatives in one label. */
const MOST_PARTS = 4;
const MOST_EXAMPLES = 5;
/** Facts that are combined in pairs. */
const MOST_PAIRED = 40;

export type Name = (classes: Bitset) => Who;

export function naming(options: NamingOptions): Name {
  const { classes, facts } = options;
  const known = facts
    .filter(({ fact }) => PERSONAL.includes(fact))
    .flatMap((fact) => {
      const differing = options.differing.has(fact);
      const truths = options.holders(fact);
      const has = { label: labelOf(fact), differing, classes: setOf(truths, 2) };
      // Of a value one can have another one; of a group one is in it or not, and that is said with "without".
      if (fact.fact !== 'attribute') return [has];
      const other = `attribute ${fact.name} other than ${String(fact.value)}`;
      return [has, { label: other, differing, classes: setOf(truths, 0) }];
    })
    .filter(({ classes: set }) => !set.empty);
  const everyone = new Bitset(classes.length);
  const signedIn = new Bitset(classes.length);
  const anonymous = new Bitset(classes.length);
  const real = new Bitset(classes.length);
  classes.forEach(({ identity, subjects }, index) => {
    everyone.add(index);
    (identity.kind === 'anonymous' ? anonymous : signedIn).add(index);
    if (subjects.some((at) => options.subjects[at]?.origin !== 'imagined')) real.add(index);
  });
  const wholes: readonly Known[] = [
    { label: 'everyone', differing: false, classes: everyone },
    { label: 'everyone signed in', differing: false, classes: signedIn },
    { label: 'whoever is not signed in', differing: false, classes: anonymous },
  ];
  const inside = (whole: Bitset, list: readonly Known[]): readonly Known[] =>
    list.map((one) => ({ ...one, classes: one.classes.and(whole) })).filter((one) => !one.classes.empty);
  const realKnown = inside(real, known);
  const realDiffering = realKnown.filter((one) => one.differing);
  return (set) => {
    const among = set.and(real);
    const label =
      wholes.find((one) => one.classes.equals(set))?.label ??
      // What the change itself names, where it tells the people apart that are known,
      (among.empty ? null : factLabel(among, realDiffering)) ??
      // else what sets them apart from people that are only imagined as well.
      labelFor(set, wholes, known) ??
      (among.empty ? null : labelFor(among, [], realKnown));
    return whoOf(set, label, options);
  };
}

function labelFor(set: Bitset, wholes: readonly Known[], known: readonly Known[]): string | null {
  return (
    factLabel(set, known) ??
    exceptLabel(set, wholes, known) ??
    bothLabel(set, known) ??
    exceptLabel(set, known.filter((one) => set.within(one.classes)).slice(0, MOST_PAIRED), known)
  );
}

function setOf(truths: Uint8Array, wanted: number): Bitset {
  const set = new Bitset(truths.length);
  truths.forEach((truth, index) => {
    if (truth === wanted) set.add(index);
  });
  return set;
}

function labelOf(literal: Literal): string {
  return literal.fact === 'attribute'
    ? `attribute ${literal.name} ${String(literal.value)}`
    : `${literal.fact} ${String(literal.value)}`;
}

/** One fact, or the alternatives that together are the set. */
function factLabel(set: Bitset, known: readonly Known[]): string | null {
  const single = known.find((one) => one.classes.equals(set));
  if (single !== undefined) return single.label;
  const parts: string[] = [];
  let covered = new Bitset(set.words.length * 32);
  for (const one of known) {
    if (!one.classes.within(set) || one.classes.within(covered)) continue;
    covered = covered.or(one.classes);
    if (parts.push(one.label) > MOST_PARTS) return null;
    if (covered.equals(set)) return parts.join(' or ');
  }
  return null;
}

/** All of something but those with one fact, or with one of a few. */
function exceptLabel(set: Bitset, wholes: readonly Known[], known: readonly Known[]): string | null {
  for (const whole of wholes) {
    if (!set.within(whole.classes)) continue;
    const inside = known.map((one) => ({ ...one, classes: one.classes.and(whole.classes) }));
    const others = factLabel(whole.classes.without(set), inside);
    if (others !== null) return `${whole.label} without ${others}`;
  }
  return null;
}

function bothLabel(set: Bitset, known: readonly Known[]): string | null {
  const around = known.filter((one) => set.within(one.classes)).slice(0, MOST_PAIRED);
  for (const [index, one] of around.entries())
    for (const other of around.slice(index + 1))
      if (one.classes.and(other.classes).equals(set)) return `${one.label} and ${other.label}`;
  return null;
}

function whoOf(set: Bitset, label: string | null, { subjects, classes, names }: NamingOptions): Who {
  const personas: string[] = [];
  const examples: string[] = [];
  let seen = 0;
  for (const index of set)
    for (const at of classes[index]?.subjects ?? []) {
      const subject = subjects[at];
      if (subject?.origin === 'persona') personas.push(subject.name);
      if (subject?.origin !== 'seen') continue;
      seen += 1;
      if (names && examples.length < MOST_EXAMPLES) examples.push(subject.name);
    }
  personas.sort();
  return {
    label: label ?? otherwise(set, personas, seen, { subjects, classes }),
    personas,
    seen,
    examples,
    imagined: personas.length === 0 && seen === 0,
  };
}

function otherwise(
  set: Bitset,
  personas: readonly string[],
  seen: number,
  of: Pick<NamingOptions, 'subjects' | 'classes'>,
): string {
  if (personas.length > 0 && seen === 0) return personas.slice(0, MOST_PARTS).join(', ');
  if (seen > 0) return 'identities without one fact in common';
  // Of people that are only imagined, the one with the fewest facts says what it takes.
  const facts = [...set].flatMap((index) =>
    (of.classes[index]?.subjects ?? []).flatMap((at) => {
      const subject = of.subjects[at];
      return subject === undefined ? [] : [factsOf(subject.identity)];
    }),
  );
  const least = facts.reduce((best, one) => (one.length < best.length ? one : best), facts[0] ?? []);
  return least.length === 0 ? 'someone' : `someone with ${least.join(' and ')}`;
}

function factsOf({ kind, groups, roles, scopes, attributes }: Subject['identity']): readonly string[] {
  return [
    ...(kind === 'user' ? [] : [`kind ${kind}`]),
    ...groups.map((group) => `group ${group}`),
    ...roles.map((role) => `role ${role}`),
    ...scopes.map((scope) => `scope ${scope}`),
    ...Object.entries(attributes).map(([name, value]) => `attribute ${name} ${String(value)}`),
  ];
}
