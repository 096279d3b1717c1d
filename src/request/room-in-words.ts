/** The rules of a clean room for whoever works in it. */
import type { CleanRoom, CleanRoomDimension, CleanRoomLimits } from '../catalogue/clean-room.ts';

export interface RoomInWords {
  readonly datasets: readonly {
    readonly dataset: string;
    readonly min_group_size: number;
    readonly unit: string;
    /** What may be grouped by. */
    readonly dimensions: readonly string[];
    /** What may be summed. */
    readonly measures: readonly string[];
    readonly join_keys: readonly string[];
    readonly joins: readonly string[];
    readonly rule: string;
  }[];
}

export function roomInWords({ datasets }: CleanRoom): RoomInWords {
  return {
    datasets: Object.entries(datasets).map(([dataset, limits]) => ({
      dataset,
      min_group_size: limits.min_group_size,
      unit: limits.unit,
      dimensions: limits.dimensions.map(dimension),
      measures: limits.measures.map(({ column }) => column),
      join_keys: limits.join_keys,
      joins: limits.joins.map((join) => join.dataset),
      rule: ruleOf(limits),
    })),
  };
}

function ruleOf({ min_group_size, unit, dimensions, measures, noise }: CleanRoomLimits): string {
  const by = dimensions.length === 0 ? '' : ` by ${dimensions.map(dimension).join(', ')}`;
  const what =
    measures.length === 0
      ? 'counts'
      : `counts, and sums of ${measures.map(({ column }) => column).join(', ')},`;
  const blur = noise === null ? '' : ', with noise';
  return `${what}${by} over groups of at least ${min_group_size} different ${unit}${blur}; no single rows`;
}

function dimension({ column, mask }: CleanRoomDimension): string {
  if (mask === null) return column;
  switch (mask.kind) {
    case 'truncate_date':
      return `${mask.to} of ${column}`;
    case 'round':
      return `${column} rounded to ${mask.to}`;
    case 'bucket':
      return 'width' in mask
        ? `${column} in steps of ${mask.width}`
        : `${column} between ${mask.boundaries.join(', ')}`;
    default:
      return mask satisfies never;
  }
}
