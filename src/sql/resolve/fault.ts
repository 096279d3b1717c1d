/** Faults of name resolution: a stable code, a message that holds nothing but the caller's own words, and a position in the text. */
import { type Code, SluiceError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
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

/** A hint with the nearest name. Give it only names that the caller may see. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const near = nearest(name, known, Math.max(1, Math.floor(name.length / 3)));
  return near === null ? undefined : `Did you mean "${near}"?`;
}
