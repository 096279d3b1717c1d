/** Clean-room rules as written in YAML, under an exposure or in a policy: every key is checked, names are not settled yet. */
import { nearest } from '../nearest.ts';
import { COARSE_DATES, type Coarsening } from './clean-room.ts';

export type Path = readonly (string | number)[];
export type Report = (path: Path, message: string) => void;

export interface WrittenDimension {
  readonly name: string;
  readonly mask: Coarsening | null;
}

export interface WrittenMeasure {
  readonly name: string;
  readonly min?: number;
  readonly max?: number;
}

export interface WrittenJoin {
  readonly dataset: string;
  readonly on: readonly { readonly column: string; readonly other: string }[];
}

/** Of one dataset. */
export interface WrittenRules {
  readonly unit: string;
  readonly oneRowPerUnit: boolean;
  readonly dimensions: readonly WrittenDimension[];
  readonly measures: readonly WrittenMeasure[];
  readonly joinKeys: readonly string[];
  readonly joins: readonly WrittenJoin[];
  readonly filters: readonly string[];
}

export const RULE_KEYS = [
  'unit',
  'one_row_per_unit',
  'dimensions',
  'measures',
  'join_keys',
  'joins',
  'filters',
] as const;

export type Fields = Readonly<Record<string, unknown>>;

/** Null (reported) where the value is no map; unknown keys are reported each at its own place. */
export function readMap(value: unknown, known: readonly string[], path: Path, report: Report): Fields | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(path, `expected a map with ${known.join(', ')}; found ${found(value)}`);
    return null;
  }
  for (const key of Object.keys(value))
    if (!known.includes(key)) report([...path, key], `unknown key \`${key}\`${meant(key, known)}`);
  return value as Fields;
}

export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === null ? `; known are ${known.slice(0, 12).join(', ')}` : `; did you mean \`${near}\`?`;
}

export function found(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string'
    ? `the text \`${value.slice(0, 60)}\``
    : `${typeof value} ${String(value)}`;
}

/** Null where it names no unit; every problem was reported. */
export function readRules(fields: Fields, path: Path, report: Report): WrittenRules | null {
  const { unit, one_row_per_unit = false } = fields;
  if (typeof unit !== 'string' || unit === '')
    report([...path, 'unit'], `\`unit\` takes the column that tells people apart; found ${found(unit)}`);
  if (typeof one_row_per_unit !== 'boolean')
    report(
      [...path, 'one_row_per_unit'],
      `\`one_row_per_unit\` takes true or false; found ${found(one_row_per_unit)}`,
    );
  const list = <T>(key: string, read: (item: unknown, place: Path) => T | null): readonly T[] => {
    const value = fields[key] ?? [];
    const place = [...path, key];
    if (Array.isArray(value)) return value.flatMap((item: unknown, i) => read(item, [...place, i]) ?? []);
    report(place, `\`${key}\` takes a list; found ${found(value)}`);
    return [];
  };
  const name = (item: unknown, place: Path): string | null => {
    if (typeof item === 'string' && item !== '') return item;
    report(place, `expected the name of a column; found ${found(item)}`);
    return null;
  };
  const rules = {
    oneRowPerUnit: one_row_per_unit === true,
    dimensions: list('dimensions', (item, place) => readDimension(item, place, report)),
    measures: list('measures', (item, place) => readMeasure(item, place, report)),
    joinKeys: list('join_keys', name),
    joins: list('joins', (item, place) => readJoin(item, place, report)),
    filters: list('filters', name),
  };
  return typeof unit === 'string' ? { unit, ...rules } : null;
}

const COARSE_KEYS = ['bucket', 'round', 'truncate_date'] as const;

function readDimension(item: unknown, path: Path, report: Report): WrittenDimension | null {
  if (typeof item === 'string' && item !== '') return { name: item, mask: null };
  const fields = readMap(item, ['column', ...COARSE_KEYS], path, report);
  if (fields === null) return null;
  const { column } = fields;
  if (typeof column !== 'string' || column === '') {
    report([...path, 'column'], `a dimension needs \`column\`; found ${found(column)}`);
    return null;
  }
  const [key, second] = COARSE_KEYS.filter((one) => Object.hasOwn(fields, one));
  if (second !== undefined)
    report([...path, second], `a dimension is made coarse in one way; it has \`${key}\` already`);
  const mask = key === undefined ? null : readCoarsening(key, fields[key], [...path, key], report);
  return { name: column, mask };
}

function readCoarsening(
  key: (typeof COARSE_KEYS)[number],
  value: unknown,
  path: Path,
  report: Report,
): Coarsening | null {
  switch (key) {
    case 'truncate_date': {
      const to = COARSE_DATES.find((one) => one === value);
      if (to !== undefined) return { kind: 'truncate_date', to };
      report(path, `\`truncate_date\` takes one of ${COARSE_DATES.join(', ')}; found ${found(value)}`);
      return null;
    }
    case 'round':
      if (isSize(value)) return { kind: 'round', to: value };
      report(path, `\`round\` takes ${SIZE}; found ${found(value)}`);
      return null;
    case 'bucket': {
      if (isSize(value)) return { kind: 'bucket', width: value, origin: 0 };
      if (Array.isArray(value) && isAscending(value)) return { kind: 'bucket', boundaries: value };
      report(
        path,
        `\`bucket\` takes a width (${SIZE}), or up to 100 boundaries, each greater than the one before`,
      );
      return null;
    }
    default:
      return key satisfies never;
  }
}

const SIZE = 'a number from 0.000001 to 1e15, of at most six digits after the point';

/** What the masks that do it can compute exactly. */
function isSize(value: unknown): value is number {
  return typeof value === 'number' && value >= 1e-6 && isExact(value);
}

const isExact = (value: number): boolean => Math.abs(value) <= 1e15 && Number(value.toFixed(6)) === value;

function isAscending(list: readonly unknown[]): list is readonly number[] {
  return (
    list.length > 0 &&
    list.length <= 100 &&
    list.every((one, i) => typeof one === 'number' && isExact(one) && (i === 0 || one > Number(list[i - 1])))
  );
}

function readMeasure(item: unknown, path: Path, report: Report): WrittenMeasure | null {
  if (typeof item === 'string' && item !== '') return { name: item };
  const fields = readMap(item, ['column', 'min', 'max'], path, report);
  if (fields === null) return null;
  const { column, min, max } = fields;
  if (typeof column !== 'string' || column === '') {
    report([...path, 'column'], `a measure needs \`column\`; found ${found(column)}`);
    return null;
  }
  for (const [key, value] of Object.entries({ min, max }))
    if (value !== undefined && !(typeof value === 'number' && isExact(value)))
      report(
        [...path, key],
        `\`${key}\` takes a number of at most six digits after the point; found ${found(value)}`,
      );
  if (typeof min === 'number' && typeof max === 'number' && min >= max)
    report([...path, 'max'], '`max` is to be greater than `min`');
  return {
    name: column,
    ...(typeof min === 'number' ? { min } : {}),
    ...(typeof max === 'number' ? { max } : {}),
  };
}

function readJoin(item: unknown, path: Path, report: Report): WrittenJoin | null {
  const fields = readMap(withOn(item), ['dataset', 'on'], path, report);
  if (fields === null) return null;
  const { dataset, on } = fields;
  if (typeof dataset !== 'string' || dataset === '')
    report([...path, 'dataset'], `a join needs \`dataset\`; found ${found(dataset)}`);
  const pairs = (Array.isArray(on) ? on : [on]).flatMap((one: unknown) => readPairs(one));
  if (pairs.length === 0)
    report(
      [...path, 'on'],
      '`on` takes the name of a column that both have, a map { column: column of the other }, or a list of them',
    );
  return typeof dataset === 'string' && pairs.length > 0 ? { dataset, on: pairs } : null;
}

/** dbt reads YAML 1.1, in which a bare `on` is true. */
function withOn(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Object.hasOwn(item, 'on')) return item;
  const entries = Object.entries(item);
  return Object.fromEntries(entries.map(([key, value]) => [key === 'true' ? 'on' : key, value]));
}

function readPairs(on: unknown): WrittenJoin['on'] {
  if (typeof on === 'string' && on !== '') return [{ column: on, other: on }];
  if (typeof on !== 'object' || on === null || Array.isArray(on)) return [];
  return Object.entries(on).flatMap(([column, other]: [string, unknown]) =>
    typeof other === 'string' ? [{ column, other }] : [],
  );
}
