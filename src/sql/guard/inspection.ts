/** What the guard keeps while it looks through one tree: the text for positions, the bounds, and what was counted so far. */
import { type Code, SluiceError } from '../../errors.ts';
import { fromByteOffset } from '../parse.ts';
import type { GuardBounds } from './bounds.ts';
import type { Tag } from './nodes.ts';

export interface Inspection {
  readonly text: string;
  readonly bounds: GuardBounds;
  /** Counted as the guard goes down. */
  nodes: number;
  relations: number;
  recursions: number;
  repetition: number;
  paramCount: number;
}

/** Where a node stands. */
export interface Place {
  readonly parent: Tag | null;
  readonly parentBody: Readonly<Record<string, unknown>>;
  readonly field: string;
  /** Byte offset of the node, or of the nearest node above that has one. */
  readonly location: number | undefined;
  readonly depth: number;
  /** Whether a function that gives rows may stand here: in FROM, or in the select list. */
  readonly sets: SetsPlace;
}

export type SetsPlace = 'from' | 'target' | null;

export function inspection(text: string, bounds: GuardBounds): Inspection {
  return { text, bounds, nodes: 0, relations: 0, recursions: 0, repetition: 1, paramCount: 0 };
}

/** Ends the inspection: what is wrong, what would mend it, and where it stands in the caller's text. */
export function refuse(
  seen: Inspection,
  place: Pick<Place, 'location'>,
  code: Code,
  message: string,
  hint: string,
): never {
  const position = place.location === undefined ? null : fromByteOffset(seen.text, place.location);
  throw new SluiceError(code, message, { hint, position });
}
