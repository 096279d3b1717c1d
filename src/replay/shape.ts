/**
 * Whether a query that is let in by rights is let through by its shape: what policies limit of a text, and what a clean room
 * answers. Judged of a text without values, so that whoever asks must know whether they could matter.
 */
import type { Decision } from '../access/decision.ts';
import { type Code, SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { readsRooms } from '../request/rooms.ts';
import { throughRooms } from '../sql/clean-room/through.ts';
import { checkLimits } from '../sql/limits/check.ts';
import { resolve } from '../sql/resolve/resolve.ts';
import type { BoundQuery, GovernedDataset } from '../sql/stages.ts';

export type Shape =
  | { readonly kind: 'fits' }
  | { readonly kind: 'refused'; readonly code: Code }
  | { readonly kind: 'unknown' };

export const FITS: Shape = Object.freeze({ kind: 'fits' });
export const UNKNOWN: Shape = Object.freeze({ kind: 'unknown' });

/** Refusals that follow from the shape of a text and from the rules. */
const OF_SHAPE: ReadonlySet<string> = new Set<Code>([
  'limit_columns',
  'limit_filter',
  'limit_joins',
  'limit_cross_join',
  'limit_join_with',
  'clean_room_shape',
  'clean_room_conflict',
]);

export const isOfShape = (code: string | null): boolean => code !== null && OF_SHAPE.has(code);

/** Whether the rules look at a text at all. */
export function looksAtShape(decisions: Iterable<Decision>): boolean {
  return [...decisions].some(({ limits }) =>
    [
      limits.explicit_columns,
      limits.require_filter,
      limits.max_joins,
      limits.cross_join,
      limits.join_with,
      limits.aggregate_only,
    ].some((rule) => rule !== undefined),
  );
}

export interface ShapeAsk {
  readonly bound: BoundQuery;
  /** By dataset id, what the query reads, all of it let in. */
  readonly governed: ReadonlyMap<string, GovernedDataset>;
  /** What a clean room joins beside. */
  readonly partners: ReadonlyMap<string, GovernedDataset>;
}

/** @throws SluiceError column_not_found, which no value changes */
export function shapeOf({ bound, governed, partners }: ShapeAsk, gate: Pick<Gate, 'engine'>): Shape {
  const engines = new Set(bound.datasets.map(({ engine }) => engine));
  if (engines.size > 1) return { kind: 'refused', code: 'sql_semantics' };
  try {
    const resolved = resolve(bound, governed);
    checkLimits(bound, resolved);
    const [engine] = engines;
    if (engine !== undefined && readsRooms([...governed.values()].map(({ decision }) => decision)))
      throughRooms(resolved, {
        engine: gate.engine(engine).kind,
        governedOf: (id) => governed.get(id) ?? partners.get(id),
        // Beside NULL nothing raises: what values there were is not held against the query.
        params: Array.from({ length: bound.guarded.paramCount }, () => null),
      });
    return FITS;
  } catch (thrown) {
    if (!(thrown instanceof SluiceError) || thrown.code === 'column_not_found') throw thrown;
    return isOfShape(thrown.code) ? { kind: 'refused', code: thrown.code } : UNKNOWN;
  }
}
