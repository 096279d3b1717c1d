/**
 * What the parser left out of its tree: it drops parts of some texts without a word (an inner WITH under parentheses).
 * A name that matters and stands in the text more often than in the tree makes the text unreadable.
 */
import { fold } from './tree.ts';

/** Names of columns that are words of the language as well come and go with the way they are written. */
const WORDS_OF_SQL: ReadonlySet<string> = new Set(
  (
    'all and any array as asc at between both by case cast column columns count cross current date day days desc distinct else end ' +
    'except exists false filter first float following for from full group hour hours if in inner int integer interval into is ' +
    'join key last lateral left like limit list map max min minute minutes month months name natural no not null nulls number of ' +
    'offset on only or order outer over partition position preceding quarter range right row rows second seconds select set struct table text then ' +
    'time timestamp to true type union unnest using value values varchar week weeks when where window with within year years zone'
  ).split(' '),
);

/** @returns the first such name, or null */
export function lostWord(
  words: readonly string[],
  tree: unknown,
  matters: (name: string) => boolean,
): string | null {
  const missing = new Map<string, number>();
  words.forEach((word, index) => {
    // A function may have become a kind of expression.
    if (words[index + 1] === '(') return;
    for (const name of split(word))
      if (!WORDS_OF_SQL.has(name) && matters(name)) missing.set(name, (missing.get(name) ?? 0) + 1);
  });
  if (missing.size === 0) return null;
  const count = (name: string): void => {
    const left = missing.get(name);
    if (left !== undefined) missing.set(name, left - 1);
  };
  const visit = (value: unknown): void => {
    if (typeof value === 'string') for (const name of split(value)) count(name);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) if (!key.endsWith('comments')) visit(inner);
  };
  visit(tree);
  for (const [name, left] of missing) if (left > 0) return name;
  return null;
}

function split(text: string): readonly string[] {
  return fold(text).match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? [];
}
