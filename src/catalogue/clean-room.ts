/**
 * What may be learnt of a dataset in a clean room: sums over groups of at least `min_group_size` distinct units, by listed
 * dimensions alone. Column names are folded and were checked against the catalogue; a dataset without rules is not in the room.
 */
import { SluiceError } from '../errors.ts';

/** How a dimension is made coarse: a part of what masks can do, and done by them. */
export type Coarsening =
  | { readonly kind: 'bucket'; readonly width: number; readonly origin: number }
  | { readonly kind: 'bucket'; readonly boundaries: readonly number[] }
  | { readonly kind: 'round'; readonly to: number }
  | { readonly kind: 'truncate_date'; readonly to: CoarseDate };

export const COARSE_DATES = ['year', 'quarter', 'month', 'week', 'day', 'hour'] as const;
export type CoarseDate = (typeof COARSE_DATES)[number];

export interface CleanRoomDimension {
  readonly column: string;
  /** Null where the column's own values are coarse enough. */
  readonly mask: Coarsening | null;
}

export interface CleanRoomMeasure {
  readonly column: string;
  /** Values beyond are taken for these. */
  readonly min?: number;
  readonly max?: number;
}

/** To a dataset in which the other columns together are a key: rows whose key occurs twice there match nothing. */
export interface CleanRoomJoin {
  /** Dataset id. */
  readonly dataset: string;
  readonly on: readonly { readonly column: string; readonly other: string }[];
}

export interface CleanRoomBudget {
  /** Queries of one subject per period; null for any number. */
  readonly queries: number | null;
  /** What the noise of one subject's queries may cost per period; null without noise. */
  readonly epsilon: number | null;
  /** Seconds; whole periods since the epoch. */
  readonly per: number;
  /** Seconds for which it is remembered what a subject was answered from. */
  readonly memory: number;
}

export interface CleanRoomLimits {
  /** Name of the project, or id of the policy, that the rules stand in. */
  readonly room: string;
  readonly min_group_size: number;
  /** What is counted and protected: the column that tells people apart. */
  readonly unit: string;
  /** Rows of a unit that has several are left out. */
  readonly one_row_per_unit: boolean;
  readonly dimensions: readonly CleanRoomDimension[];
  readonly measures: readonly CleanRoomMeasure[];
  readonly join_keys: readonly string[];
  readonly joins: readonly CleanRoomJoin[];
  /** Columns beyond the dimensions that WHERE may use; only with noise. */
  readonly filters: readonly string[];
  /** Per answered aggregate; of one unit, at most `rows_per_unit` rows count. */
  readonly noise: { readonly epsilon: number; readonly rows_per_unit: number } | null;
  readonly budget: CleanRoomBudget;
}

/** The rules of one room, by dataset id. */
export interface CleanRoom {
  readonly datasets: Readonly<Record<string, CleanRoomLimits>>;
}

interface Roomed {
  readonly name: string;
  readonly cleanRoom?: CleanRoom | null;
}

/** Null where the project is no clean room. @throws SluiceError access_denied for a dataset that has no rules in the room */
export function roomLimits(project: Roomed, datasetId: string): CleanRoomLimits | null {
  const { cleanRoom = null } = project;
  if (cleanRoom === null) return null;
  const rules = Object.hasOwn(cleanRoom.datasets, datasetId) ? cleanRoom.datasets[datasetId] : undefined;
  if (rules === undefined)
    throw new SluiceError('access_denied', `${datasetId} has no rules in the clean room ${project.name}.`);
  return rules;
}

/** Of the project's datasets, those that may be read by whoever acts in it. */
export function readableIn(project: Roomed & { readonly datasets: readonly string[] }): readonly string[] {
  const { cleanRoom = null } = project;
  if (cleanRoom === null) return project.datasets;
  return project.datasets.filter((id) => Object.hasOwn(cleanRoom.datasets, id));
}

/**
 * The one rule that several come down to: what all of them permit. Null where they cannot be brought together (two units, two
 * ways to count): then nothing is released.
 */
export function tightestRoom(rules: readonly CleanRoomLimits[]): CleanRoomLimits | null {
  const [first, ...others] = rules;
  if (first === undefined) return null;
  return others.reduce<CleanRoomLimits | null>(
    (one, other) => (one === null ? null : both(one, other)),
    first,
  );
}

function both(a: CleanRoomLimits, b: CleanRoomLimits): CleanRoomLimits | null {
  if (a.unit !== b.unit) return null;
  const same = (x: unknown, y: unknown): boolean => JSON.stringify(x) === JSON.stringify(y);
  const noise =
    a.noise === null || b.noise === null
      ? (a.noise ?? b.noise)
      : {
          epsilon: Math.min(a.noise.epsilon, b.noise.epsilon),
          rows_per_unit: Math.min(a.noise.rows_per_unit, b.noise.rows_per_unit),
        };
  return {
    room: a.room === b.room ? a.room : `${a.room}, ${b.room}`,
    min_group_size: Math.max(a.min_group_size, b.min_group_size),
    unit: a.unit,
    one_row_per_unit: a.one_row_per_unit || b.one_row_per_unit,
    // Coarsened in two ways there is no saying which is the coarser.
    dimensions: a.dimensions.filter((one) => b.dimensions.some((other) => same(one, other))),
    measures: a.measures.flatMap((one) => {
      const other = b.measures.find(({ column }) => column === one.column);
      return other === undefined ? [] : [clamped(one, other)];
    }),
    join_keys: a.join_keys.filter((key) => b.join_keys.includes(key)),
    joins: a.joins.filter((one) => b.joins.some((other) => same(one, other))),
    filters: a.filters.filter((column) => b.filters.includes(column)),
    noise,
    // Each room's own budget is charged; this one is the memory's.
    budget: {
      queries: null,
      epsilon: null,
      per: Math.max(a.budget.per, b.budget.per),
      memory: Math.max(a.budget.memory, b.budget.memory),
    },
  };
}

function clamped(a: CleanRoomMeasure, b: CleanRoomMeasure): CleanRoomMeasure {
  const mins = [a.min, b.min].filter((bound) => bound !== undefined);
  const maxs = [a.max, b.max].filter((bound) => bound !== undefined);
  return {
    column: a.column,
    ...(mins.length === 0 ? {} : { min: Math.max(...mins) }),
    ...(maxs.length === 0 ? {} : { max: Math.min(...maxs) }),
  };
}
