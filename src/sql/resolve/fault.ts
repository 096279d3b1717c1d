/** Faults of name resolution: a stable code, a message that holds nothing but the caller's own words, and a position in the text. */
import { distance } from 'fastest-levenshtein';
import { type Code, SluiceError } from '../../errors.ts';
import { fromByteOffset } from '../parse.ts';

/** @param location UTF-8 byte offset as the tree carries it; undefined where there is nothing to point at. */
export function positionOf(text: string, location: number | undefined): number | null {
  return location === undefined ? null : fromByteOffset(text, location);
}

export function fault(
  text: string,
  code: Code,
  message: string,
  location: number | undefined,
  hint?: string,
): SluiceError {
  const position = positionOf(text, location);
  return new SluiceError(code, message, hint === undefined ? { position } : { position, hint });
}

/** The nearest names, for a hint. Give it only names that the caller may see. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  const bound = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let least = bound + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) > bound) continue;
    const d = distance(wanted, candidate.toLowerCase());
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best === undefined ? undefined : `Did you mean "${best}"?`;
}
