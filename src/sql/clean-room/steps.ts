/**
 * The grid on which measures are added up where noise is on: whole steps, so that nothing of a sum lies between two of them
 * (noise on floats can be told from its last digits: Mironov 2012).
 */
import type { Column } from '../../catalogue/dataset.ts';

/** Steps that the largest value has at the most. */
const MOST_STEPS = 10_000_000;

export interface Steps {
  /** Ten to this is a step. */
  readonly power: number;
  /** Of one row, at the most. */
  readonly most: number;
}

/** Null for a measure whose bounds are not known. */
export function stepsOf(
  { family }: Column,
  { min, max }: { readonly min?: number; readonly max?: number },
): Steps | null {
  if (min === undefined || max === undefined || !(min <= max)) return null;
  const largest = Math.max(Math.abs(min), Math.abs(max));
  if (!Number.isFinite(largest) || largest > 1e15) return null;
  let power = family === 'integer' ? 0 : -6;
  while (largest / 10 ** power > MOST_STEPS) power += 1;
  return { power, most: Math.max(1, Math.ceil(largest / 10 ** power)) };
}
