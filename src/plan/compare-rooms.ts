/** Two rules of a clean room for one dataset: whether more or less can be learnt, rule by rule, in words. What cannot be told is in doubt. */
import {
  type CleanRoomDimension,
  type CleanRoomLimits,
  type CleanRoomMeasure,
  type Coarsening,
  tightestRoom,
} from '../catalogue/clean-room.ts';
import type { AccessWord, Direction } from './report.ts';
import type { Compared } from './strictness.ts';

export interface RoomDifference {
  readonly compared: Exclude<Compared, 'same'>;
  readonly from: string;
  readonly to: string;
}

const WORDS = {
  more: { change: 'limit_loosened', direction: 'gain' },
  less: { change: 'limit_tightened', direction: 'loss' },
  in_doubt: { change: 'limit_loosened', direction: 'may_gain' },
} as const satisfies Record<RoomDifference['compared'], { change: AccessWord; direction: Direction }>;

export const roomWords = (compared: RoomDifference['compared']) => WORDS[compared];

/** What all of them together permit; none is rows. */
export function compareRooms(
  before: readonly CleanRoomLimits[],
  after: readonly CleanRoomLimits[],
): readonly RoomDifference[] {
  if (same(before, after)) return [];
  const words = (rooms: readonly CleanRoomLimits[]): string =>
    rooms.length === 0
      ? 'rows'
      : `aggregates alone, as in ${[...new Set(rooms.map(({ room }) => room))].join(' and ')}`;
  const [from, to] = [words(before), words(after)];
  if (before.length === 0) return [{ compared: 'less', from, to }];
  if (after.length === 0) return [{ compared: 'more', from, to }];
  const among = (some: typeof before, others: typeof before): boolean =>
    some.every((room) => others.some((other) => same(room, other)));
  // Held to one more than before, or to one less.
  if (among(before, after)) return [{ compared: 'less', from, to }];
  if (among(after, before)) return [{ compared: 'more', from, to }];
  const [was, is] = [tightestRoom(before), tightestRoom(after)];
  if (was === null && is === null) return [];
  if (was === null || is === null)
    return was === null
      ? [{ compared: 'more', from: 'nothing', to }]
      : [{ compared: 'less', from, to: 'nothing' }];
  const [one, other] = [before, after].map((rooms) => (rooms.length === 1 ? rooms[0] : undefined));
  if (one !== undefined && other !== undefined && one.room === other.room) return compareRules(one, other);
  // Each room has its own budget, and remembers by its own name what was asked.
  return [
    ...compareRules(was, { ...is, budget: was.budget }),
    { compared: 'in_doubt', from: `room ${was.room}`, to: `room ${is.room}` },
  ];
}

/** Of rules for one dataset, whose names do not matter. */
export function compareRules(was: CleanRoomLimits, is: CleanRoomLimits): readonly RoomDifference[] {
  if (was.unit !== is.unit)
    return [{ compared: 'in_doubt', from: `unit ${was.unit}`, to: `unit ${is.unit}` }];
  const differences = [
    compareSizes(was, is),
    compareUnits(was, is),
    ofLists('dimensions', was.dimensions, is.dimensions, dimensionWords, compareDimensions),
    ofLists('measures', was.measures, is.measures, measureWords, compareBounds),
    ofLists('join_keys', named(was.join_keys), named(is.join_keys)),
    ofLists('joins', joinsOf(was), joinsOf(is)),
    ofLists('filters', named(was.filters), named(is.filters)),
    compareNoise(was.noise, is.noise),
    ofBudget('queries', was, is, more),
    ofBudget('epsilon', was, is, more),
    // What renews sooner, or is forgotten sooner, holds less back.
    ofBudget('per', was, is, less),
    ofBudget('memory', was, is, less),
  ];
  return differences.filter((one) => one !== null);
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function compareSizes(was: CleanRoomLimits, is: CleanRoomLimits): RoomDifference | null {
  const [from, to] = [was.min_group_size, is.min_group_size];
  if (from === to) return null;
  return { compared: less(from, to), from: `min_group_size ${from}`, to: `min_group_size ${to}` };
}

/** Whose rows were left out are in the sums then, and cannot be counted apart. */
function compareUnits(was: CleanRoomLimits, is: CleanRoomLimits): RoomDifference | null {
  if (was.one_row_per_unit === is.one_row_per_unit) return null;
  const words = (one: boolean): string => (one ? 'one row per unit' : 'any rows per unit');
  return { compared: 'in_doubt', from: words(was.one_row_per_unit), to: words(is.one_row_per_unit) };
}

interface Listed {
  readonly column: string;
}

const named = (columns: readonly string[]): readonly Listed[] => columns.map((column) => ({ column }));

/** What differs of two lists: what came, what went, and what of the same name is otherwise. */
function ofLists<T extends Listed>(
  field: string,
  before: readonly T[],
  after: readonly T[],
  words: (item: T) => string = ({ column }) => column,
  judge: (was: T, is: T) => Compared = () => 'same',
): RoomDifference | null {
  const [was, is] = [before, after].map((list) => new Map(list.map((item) => [item.column, item])));
  if (was === undefined || is === undefined) return null;
  const kinds = new Set<Compared>();
  for (const [name, item] of is) {
    const old = was.get(name);
    kinds.add(old === undefined ? 'more' : judge(old, item));
  }
  for (const name of was.keys()) if (!is.has(name)) kinds.add('less');
  kinds.delete('same');
  const [only, ...others] = kinds;
  if (only === undefined || only === 'same') return null;
  const told = (list: readonly T[]): string =>
    list.length === 0 ? `no ${field}` : `${field} ${list.map(words).join(', ')}`;
  return { compared: others.length === 0 ? only : 'in_doubt', from: told(before), to: told(after) };
}

function compareDimensions({ mask: was }: CleanRoomDimension, { mask: is }: CleanRoomDimension): Compared {
  if (same(was, is)) return 'same';
  if (was === null) return 'less';
  if (is === null) return 'more';
  if (was.kind === 'truncate_date' && is.kind === 'truncate_date') {
    // A week is of two months.
    const [a, b] = [NESTED.indexOf(was.to), NESTED.indexOf(is.to)];
    return a === -1 || b === -1 ? 'in_doubt' : b > a ? 'more' : 'less';
  }
  const [a, b] = [stepOf(was), stepOf(is)];
  if (a === null || b === null || was.kind !== is.kind) return 'in_doubt';
  if (a.origin !== b.origin) return 'in_doubt';
  if (a.width % b.width === 0) return 'more';
  return b.width % a.width === 0 ? 'less' : 'in_doubt';
}

const NESTED: readonly string[] = ['year', 'quarter', 'month', 'day', 'hour'];

/** Null for what is not in equal steps; rounding to half as much does not nest, since its steps lie around their values. */
function stepOf(mask: Coarsening): { readonly width: number; readonly origin: number } | null {
  return mask.kind === 'bucket' && 'width' in mask ? mask : null;
}

function dimensionWords({ column, mask }: CleanRoomDimension): string {
  switch (mask?.kind) {
    case undefined:
      return column;
    case 'truncate_date':
      return `${column} (by ${mask.to})`;
    case 'round':
      return `${column} (rounded to ${mask.to})`;
    case 'bucket':
      return 'width' in mask
        ? `${column} (in steps of ${mask.width} from ${mask.origin})`
        : `${column} (between ${mask.boundaries.join(', ')})`;
    default:
      return mask satisfies never;
  }
}

/** Wider bounds leave more of a single value in a sum. */
function compareBounds(was: CleanRoomMeasure, is: CleanRoomMeasure): Compared {
  const low = compareNumbers(was.min ?? Number.NEGATIVE_INFINITY, is.min ?? Number.NEGATIVE_INFINITY);
  const high = compareNumbers(is.max ?? Number.POSITIVE_INFINITY, was.max ?? Number.POSITIVE_INFINITY);
  if (low === 'same' || high === 'same' || low === high) return low === 'same' ? high : low;
  return 'in_doubt';
}

const compareNumbers = (a: number, b: number): Compared => (a === b ? 'same' : b < a ? 'more' : 'less');

function measureWords({ column, min, max }: CleanRoomMeasure): string {
  return min === undefined && max === undefined ? column : `${column} (${min ?? ''}..${max ?? ''})`;
}

const joinsOf = ({ joins }: CleanRoomLimits): readonly Listed[] =>
  named(
    joins.map(
      ({ dataset, on }) =>
        `${dataset} on ${on.map(({ column, other }) => `${column} = ${other}`).join(' and ')}`,
    ),
  );

function compareNoise(was: CleanRoomLimits['noise'], is: CleanRoomLimits['noise']): RoomDifference | null {
  if (same(was, is)) return null;
  const words = (noise: CleanRoomLimits['noise']): string =>
    noise === null ? 'no noise' : `noise epsilon ${noise.epsilon}, ${noise.rows_per_unit} rows per unit`;
  const told = { from: words(was), to: words(is) };
  if (was === null || is === null) return { compared: is === null ? 'more' : 'less', ...told };
  if (was.rows_per_unit !== is.rows_per_unit) return { compared: 'in_doubt', ...told };
  return { compared: is.epsilon > was.epsilon ? 'more' : 'less', ...told };
}

const more = (from: number, to: number): RoomDifference['compared'] => (to > from ? 'more' : 'less');
const less = (from: number, to: number): RoomDifference['compared'] => (to < from ? 'more' : 'less');

function ofBudget(
  field: keyof CleanRoomLimits['budget'],
  was: CleanRoomLimits,
  is: CleanRoomLimits,
  judge: typeof more,
): RoomDifference | null {
  const [from, to] = [was.budget[field], is.budget[field]];
  if (from === to) return null;
  const words = (value: number | null): string => `budget ${field} ${value ?? 'without bound'}`;
  return {
    compared: judge(from ?? Number.POSITIVE_INFINITY, to ?? Number.POSITIVE_INFINITY),
    from: words(from),
    to: words(to),
  };
}
