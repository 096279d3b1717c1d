/** Faults of name resolution: a stable code, a message that holds nothing but the caller's own words, and a position in the text. */
import { distance } from 'fastest-levenshtein';
import { type Code, SluiceError } from '../../errors.ts';

/** @param offset UTF-8 byte offset as the parser counts; a result in UTF-16 units, or null where there is none. */
export function positionOf(text: string, offset: number | undefined): number | null {
  if (offset === undefined || offset < 0) return null;
  let bytes = 0;
  let index = 0;
  for (const char of text) {
    if (bytes >= offset) break;
    const point = char.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += char.length;
  }
  return index;
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
