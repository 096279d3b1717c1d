/** What can be said of outcomes: which are alike, and which tell nothing. */
import { sameRows } from './compare.ts';
import type { Outcome } from './stand.ts';

/** Rows that a page of the oracle's has at most. */
export const MOST_ROWS = 5_000;

export function alike(a: Outcome, b: Outcome): boolean {
  if (a.kind === 'rows' && b.kind === 'rows') return sameRows(a.rows, b.rows);
  return a.kind === 'failed' && b.kind === 'failed' && a.code === b.code;
}

/** Which rows of a cut result are given is the engine's choice. */
export function isCut(outcome: Outcome): boolean {
  return outcome.kind === 'rows' && outcome.rows.length >= MOST_ROWS;
}

/** Time, memory and disk are channels of their own. */
const GIVEN_UP: ReadonlySet<string> = new Set([
  'cancelled',
  'timeout',
  'out_of_memory',
  'engine_unavailable',
]);

export function isGivenUp(outcome: Outcome): boolean {
  return outcome.kind === 'failed' && GIVEN_UP.has(outcome.code);
}
