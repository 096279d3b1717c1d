/** Whether what a decision releases depends on the moment of the query, so that no plan made for it outlives that moment. */
import type { Decision } from '../access/decision.ts';

/** Wherever a predicate stands: in row filters, and in the conditions of masks. */
export function readsClock({ rows, masks }: Decision): boolean {
  return holdsNow(rows) || holdsNow(masks);
}

function holdsNow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('kind' in value && value.kind === 'now') return true;
  return Object.values(value).some(holdsNow);
}
