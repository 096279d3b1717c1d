/** A column's name and type to what it most likely holds; a guess to review, never a decision. */
import type { TypeFamily } from '../catalogue/dataset.ts';
import { DISARMING, PERSONAL_NAMES, PERSONS, type PersonalName, THINGS, TRAILING } from './personal-names.ts';
import { holds, wordsOf } from './words.ts';

export interface Guess {
  readonly tag: string;
  /** `an e-mail address`. */
  readonly what: string;
  /** 0 to 1. */
  readonly confidence: number;
}

export interface Named {
  readonly column: string;
  readonly dataset: string;
  readonly family: TypeFamily;
}

/** Names are compared as words; phrases are divided once. */
interface Compiled {
  readonly row: PersonalName;
  readonly names: readonly (readonly string[])[];
  readonly beside: readonly (readonly string[])[];
}

const compile = (phrases: readonly string[]): readonly (readonly string[])[] => phrases.map(wordsOf);

const TABLE: readonly Compiled[] = PERSONAL_NAMES.map((row) => ({
  row,
  names: compile(row.names),
  beside: compile(row.beside ?? []),
}));

/** Below this, a name says too little. */
export const LEAST_CONFIDENCE = 0.55;

export function guess({ column, dataset, family }: Named): Guess | null {
  const words = wordsOf(column);
  if (words.length === 0 || family === 'boolean') return null;
  for (const { row, names, beside } of TABLE) {
    if (family !== 'unknown' && !row.types.includes(family)) continue;
    const phrase = longest(names.filter((name) => holds(words, name)));
    const weak = phrase ?? longest(beside.filter((name) => holds(words, name)));
    if (weak === undefined) continue;
    const confidence =
      phrase !== undefined
        ? confidenceOf(row, words, phrase, family)
        : besidePerson(row, words, weak, wordsOf(dataset));
    if (confidence >= LEAST_CONFIDENCE) return { tag: row.tag, what: row.what, confidence };
  }
  return null;
}

const longest = (phrases: readonly (readonly string[])[]): readonly string[] | undefined =>
  phrases.reduce<readonly string[] | undefined>(
    (best, one) => (best === undefined || one.length > best.length ? one : best),
    undefined,
  );

/** What stands around the phrase may say that it is about the data, not the data itself. */
function confidenceOf(
  row: PersonalName,
  words: readonly string[],
  phrase: readonly string[],
  family: TypeFamily,
): number {
  const around = words.filter((word) => !phrase.includes(word) && word !== phrase.join(''));
  if (around.some((word) => DISARMING.has(word))) return 0;
  // `company_display_name`, `city_phone_code`.
  if (row.tag === 'pii.name' && around.some((word) => THINGS.has(word))) return 0;
  // A key of another table, though `email_id` may well be the address itself.
  if (around.includes('id') && family !== 'text') return 0;
  // The longer the rest, the less the phrase is what the name is about.
  const share = 1 - around.filter((word) => !PERSONS.has(word) && !/^\d+$/.test(word)).length * 0.08;
  return row.confidence * Math.max(0.5, share);
}

/** `name` alone is a person's in a table of people. */
function besidePerson(
  row: PersonalName,
  words: readonly string[],
  phrase: readonly string[],
  dataset: readonly string[],
): number {
  const around = words.filter((word) => !phrase.includes(word));
  if (around.some((word) => DISARMING.has(word) || THINGS.has(word))) return 0;
  if (around.some((word) => PERSONS.has(word))) return row.confidence * 0.9;
  if (around.length > 0) return 0;
  const about = dataset.findLast((word) => !TRAILING.has(word) && !/^\d+$/.test(word));
  return about !== undefined && PERSONS.has(about) ? row.confidence * 0.75 : 0;
}
