/** Strict reading of clean-room rules in a decision, whoever answered it: what is odd makes the whole answer one that is not trusted. */
import { z } from 'zod';
import { type CleanRoomLimits, COARSE_DATES } from '../catalogue/clean-room.ts';

const finite = z.number().refine(Number.isFinite);
const column = z.string().min(1);
const seconds = z.int().positive();

const coarsening = z.union([
  z.strictObject({ kind: z.literal('bucket'), width: finite.positive(), origin: finite }),
  z.strictObject({ kind: z.literal('bucket'), boundaries: z.array(finite).min(1).max(100) }),
  z.strictObject({ kind: z.literal('round'), to: finite.positive() }),
  z.strictObject({ kind: z.literal('truncate_date'), to: z.enum(COARSE_DATES) }),
]);

const room = z.strictObject({
  room: z.string().min(1),
  min_group_size: z.int().min(2),
  unit: column,
  one_row_per_unit: z.boolean(),
  dimensions: z.array(z.strictObject({ column, mask: coarsening.nullable() })),
  measures: z.array(
    z
      .strictObject({ column, min: finite.optional(), max: finite.optional() })
      .transform(({ column, min, max }) => ({
        column,
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
      })),
  ),
  join_keys: z.array(column),
  joins: z.array(
    z.strictObject({
      dataset: z.string().min(1),
      on: z.array(z.strictObject({ column, other: column })).min(1),
    }),
  ),
  filters: z.array(column),
  noise: z.strictObject({ epsilon: finite.positive(), rows_per_unit: z.int().positive() }).nullable(),
  budget: z.strictObject({
    queries: z.int().positive().nullable(),
    epsilon: finite.positive().nullable(),
    per: seconds,
    memory: seconds,
  }),
});

export const ROOMS: z.ZodType<readonly CleanRoomLimits[]> = z
  .array(room.refine(({ noise, filters }) => noise !== null || filters.length === 0))
  .min(1);

/** The dataset's own columns that the rules name. */
export function columnsOfRooms(rooms: readonly CleanRoomLimits[]): readonly string[] {
  return rooms.flatMap(({ unit, dimensions, measures, join_keys, joins, filters }) => [
    unit,
    ...dimensions.map((one) => one.column),
    ...measures.map((one) => one.column),
    ...join_keys,
    ...joins.flatMap(({ on }) => on.map((pair) => pair.column)),
    ...filters,
  ]);
}
