/** The known word that a typo most likely meant, for hints; give it only words that the reader may see. */
import { distance } from 'fastest-levenshtein';

/**
 * Case does not count, and a word that is known itself is no help.
 * @param most edits that still are a typo; by default a third of the word, and two in a short one
 */
export function nearest(
  word: string,
  known: Iterable<string>,
  most: number = Math.max(2, Math.floor(word.length / 3)),
): string | null {
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let least = most + 1;
  for (const candidate of known) {
    if (candidate === word || Math.abs(candidate.length - wanted.length) >= least) continue;
    const away = distance(wanted, candidate.toLowerCase());
    if (away < least) {
      least = away;
      best = candidate;
    }
  }
  return best;
}
