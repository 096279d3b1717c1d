/**
 * Regular expressions of PostgreSQL for RE2, where a lowering promises PostgreSQL's meaning: only patterns that both read
 * alike pass. PostgreSQL takes the longest match of alternatives, RE2 the first, and they escape some words differently.
 */
import type { SluiceError } from '../../errors.ts';
import type { Node } from '../tree.ts';
import { text } from './build.ts';
import { unsupported } from './unsupported.ts';

/** `.` matches a line break as well, as in PostgreSQL. */
export const ANY_CHARACTER = 's';

/** A pattern that is only tested: alternatives and greed do not matter. One that is no literal is taken as it is. */
export function testedPattern(pattern: Node): Node {
  const written = literal(pattern);
  return written === null ? pattern : text(translated(written));
}

/** A pattern whose match is taken: a literal, without what the two would match at different lengths. */
export function takenPattern(pattern: Node): { readonly pattern: Node; readonly groups: number } {
  const written = literal(pattern);
  if (written === null) throw unsupported('A pattern that is no literal, here', 'Write the pattern itself.');
  if (/[*+?}]\?/.test(written) && /[*+?}](?!\?)/.test(written.replace(/[*+?}]\?/g, ''))) throw other(GREED);
  if (!plainAlternatives(written)) throw other('Use alternatives none of which begins another.');
  return { pattern: text(translated(written)), groups: groupsOf(written) };
}

const GREED = 'Use quantifiers of one kind: either all greedy, or none.';

/** Whether each group takes part in each match: an absent one is NULL in PostgreSQL and empty in DuckDB. */
export function groupsAlwaysMatch(pattern: Node): boolean {
  const written = literal(pattern) ?? '';
  return !/\)[*?{]/.test(written) && !/\|.*\(|\).*\|/.test(written.replace(/\([^()|]*(\|[^()|]*)+\)/g, '()'));
}

function literal(pattern: Node): string | null {
  return 'A_Const' in pattern && pattern.A_Const.sval !== undefined
    ? (pattern.A_Const.sval.sval ?? '')
    : null;
}

function other(hint: string): SluiceError {
  return unsupported('This regular expression', hint);
}

/** `\y` is a word's edge in PostgreSQL, and `\b` a backspace. */
const EDGES: Readonly<Record<string, string>> = { y: '\\b', Y: '\\B', A: '\\A', Z: '\\z' };

function translated(written: string): string {
  if (/\(\?(?!:)|\[\[[:.=][<>]|\[[.=]|^\*\*\*/.test(written)) throw other('Leave out what begins with (?.');
  return written.replace(/\\(.)/gs, (whole, letter: string) => {
    const edge = EDGES[letter];
    if (edge !== undefined) return edge;
    if (/[a-zA-Z0-9]/.test(letter) && !/[dDwWsSntr]/.test(letter))
      throw other('Of the escapes, use \\d, \\w, \\s and \\y.');
    return whole;
  });
}

/** Every `|` stands between plain words, and no word begins another of them. */
function plainAlternatives(written: string): boolean {
  const unescaped = written.replace(/\\./gs, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (!unescaped.includes('|')) return true;
  const rest = unescaped.replace(/\((?:\?:)?([^()|]*(?:\|[^()|]*)+)\)/g, (group, inner: string) =>
    distinct(inner.split('|')) ? '' : group,
  );
  return !rest.includes('|') || (!rest.includes('(') && rest === unescaped && distinct(rest.split('|')));
}

function distinct(words: readonly string[]): boolean {
  return words.every(
    (word, i) =>
      word !== '' &&
      !/[.*+?{}^$\\[\]]/.test(word) &&
      words.every((one, j) => i === j || !one.startsWith(word)),
  );
}

function groupsOf(written: string): number {
  const bare = written.replace(/\\./gs, '').replace(/\[[^\]]*\]/g, '');
  return (bare.match(/\((?!\?)/g) ?? []).length;
}
