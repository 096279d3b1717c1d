/** What holds for a whole clean room, as written in YAML: the size of groups, noise, and the budget of a subject. */
import type { CleanRoomBudget } from './clean-room.ts';
import { type Fields, found, type Path, type Report, readMap } from './read-clean-room.ts';

export interface WrittenTerms {
  readonly minGroupSize: number;
  readonly noise: { readonly epsilon: number; readonly rows_per_unit: number } | null;
  readonly budget: CleanRoomBudget;
}

export const TERM_KEYS = ['min_group_size', 'noise', 'budget'] as const;

const DAY = 86_400;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: DAY };
const MOST = 1_000_000_000;

export function readTerms(fields: Fields, path: Path, report: Report): WrittenTerms {
  const { min_group_size = 10 } = fields;
  const minGroupSize = typeof min_group_size === 'number' ? min_group_size : Number.NaN;
  if (!Number.isInteger(minGroupSize) || minGroupSize < 2 || minGroupSize > MOST)
    report(
      [...path, 'min_group_size'],
      `\`min_group_size\` takes a whole number from 2; found ${found(min_group_size)}`,
    );
  const noise = fields.noise === undefined ? null : readNoise(fields.noise, [...path, 'noise'], report);
  const budget = readBudget(fields.budget, [...path, 'budget'], report);
  if (noise !== null && budget.epsilon === null)
    report(
      [...path, 'budget'],
      'a room with `noise` needs `budget: { epsilon: … }`: what its answers may cost together',
    );
  if (noise === null && budget.epsilon !== null)
    report([...path, 'budget', 'epsilon'], '`epsilon` is the cost of noise; this room has none');
  return { minGroupSize, noise, budget };
}

function readNoise(value: unknown, path: Path, report: Report): WrittenTerms['noise'] {
  const fields = readMap(value, ['epsilon', 'rows_per_unit'], path, report);
  if (fields === null) return null;
  const { epsilon, rows_per_unit = 1 } = fields;
  if (!(typeof epsilon === 'number' && epsilon > 0 && epsilon <= 100))
    report([...path, 'epsilon'], `\`epsilon\` takes a number above 0, at most 100; found ${found(epsilon)}`);
  if (!isCount(rows_per_unit))
    report(
      [...path, 'rows_per_unit'],
      `\`rows_per_unit\` takes a whole number from 1; found ${found(rows_per_unit)}`,
    );
  return { epsilon: Number(epsilon), rows_per_unit: Number(rows_per_unit) };
}

function readBudget(value: unknown, path: Path, report: Report): CleanRoomBudget {
  const fields =
    value === undefined ? {} : readMap(value, ['queries', 'epsilon', 'per', 'memory'], path, report);
  const { queries, epsilon, per, memory } = fields ?? {};
  if (queries !== undefined && !isCount(queries))
    report([...path, 'queries'], `\`queries\` takes a whole number from 1; found ${found(queries)}`);
  if (epsilon !== undefined && !(typeof epsilon === 'number' && epsilon > 0 && Number.isFinite(epsilon)))
    report([...path, 'epsilon'], `\`epsilon\` takes a number above 0; found ${found(epsilon)}`);
  return {
    queries: queries === undefined ? null : Number(queries),
    epsilon: epsilon === undefined ? null : Number(epsilon),
    per: readDuration(per, DAY, [...path, 'per'], report),
    memory: readDuration(memory, 90 * DAY, [...path, 'memory'], report),
  };
}

function readDuration(value: unknown, otherwise: number, path: Path, report: Report): number {
  if (value === undefined) return otherwise;
  const parts = typeof value === 'string' ? /^(\d{1,6})([smhd])$/.exec(value) : null;
  const seconds = Number(parts?.[1]) * (SECONDS[parts?.[2] ?? ''] ?? Number.NaN);
  if (seconds >= 1) return seconds;
  report(
    path,
    `\`${path.at(-1)}\` takes a duration with its unit, such as 12h or 30d; found ${found(value)}`,
  );
  return otherwise;
}

const isCount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST;
