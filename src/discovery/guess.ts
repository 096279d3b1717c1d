/** A column's name and type to what it most likely holds; a guess to review, never a decision. */
import type { TypeFamily } from '../catalogue/dataset.ts';
import { DISARMING, PERSONAL_NAMES, PERSONS, type PersonalName, THINGS, TRAILING } from './personal-names.ts';
import { indexPhrases, type Phrase, wordsOf } from './words.ts';

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

interface Meaning {
  readonly row: PersonalName;
  /** Only beside a word for a person. */
  readonly beside: boolean;
}

const PHRASES = indexPhrases<Meaning>(
  PERSONAL_NAMES.flatMap((row) => [
    ...row.names.map((text) => ({ text, of: { row, beside: false } })),
    ...(row.beside ?? []).map((text) => ({ text, of: { row, beside: true } })),
  ]),
);

/** Below this, a name says too little. */
export const LEAST_CONFIDENCE = 0.55;

export function guess({ column, dataset, family }: Named): Guess | null {
  if (family === 'boolean') return null;
  const words = wordsOf(column);
  const found = PHRASES.in(words);
  for (const [row, phrases] of Map.groupBy(found, ({ of }) => of.row)) {
    if (family !== 'unknown' && !row.types.includes(family)) continue;
    const sure = longest(phrases.filter(({ of }) => !of.beside));
    const confidence =
      sure !== undefined
        ? confidenceOf(row, words, sure, family)
        : besidePerson(row, words, longest(phrases) ?? [], wordsOf(dataset));
    if (confidence >= LEAST_CONFIDENCE) return { tag: row.tag, what: row.what, confidence };
  }
  return null;
}

const longest = (phrases: readonly Phrase<Meaning>[]): readonly string[] | undefined =>
  phrases.reduce<readonly string[] | undefined>(
    (best, { words }) => (best === undefined || words.length > best.length ? words : best),
    undefined,
  );

/** What stands around the phrase may say that it is about the data, not the data itself. */
function confidenceOf(
  row: PersonalName,
  words: readonly string[],
  phrase: readonly string[],
  family: TypeFamily,
): number {
  const around = words.filter((word) => !phrase.includes(word));
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
