/**
 * What refused a query on either side. A text is kept without its values: what its shape comes to counts only where it holds
 * none, or where the same reading under the state of then gives what the record says.
 */
import type { Outcome } from './decide-again.ts';
import type { AuditedQuery } from './queries.ts';
import { isOfShape, type Shape } from './shape.ts';

export interface Settled {
  /** Null where it was let in. */
  readonly before: string | null;
  readonly after: string | null;
  /** False where the shape might decide, and cannot be judged: rights alone are compared. */
  readonly shapeKnown: boolean;
}

/** @param was null where only the record tells. @returns null where it cannot be told whether it was, or is, refused */
export function settle(query: AuditedQuery, was: Outcome | null, is: Outcome): Settled | null {
  const byRights = was === null ? query.refusal : was.refusal;
  const refusedByShape = isOfShape(query.refusal);
  const fits = (was === null || was.shape.kind === 'fits') && is.shape.kind === 'fits';
  if (fits && !refusedByShape) return { before: byRights, after: is.refusal, shapeKnown: true };
  const unknown = was?.shape.kind === 'unknown' || is.shape.kind === 'unknown';
  if (!unknown && (isWhole(query) || isBorneOut(query, was)))
    return {
      before: was === null ? query.refusal : (was.refusal ?? codeOf(was.shape)),
      after: is.refusal ?? codeOf(is.shape),
      shapeKnown: true,
    };
  if (is.refusal !== null)
    return { before: refusedByShape ? query.refusal : byRights, after: is.refusal, shapeKnown: true };
  return refusedByShape ? null : { before: byRights, after: null, shapeKnown: false };
}

/** Whether the text on record is all of what was asked. */
const isWhole = ({ normalised }: AuditedQuery): boolean => normalised !== null && !normalised.includes('$');

function isBorneOut({ refusal }: AuditedQuery, was: Outcome | null): boolean {
  return was !== null && was.refusal === null && codeOf(was.shape) === refusal;
}

const codeOf = (shape: Shape): string | null => (shape.kind === 'refused' ? shape.code : null);
