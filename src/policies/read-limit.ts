/** `limit:` of a policy: bounds on a query and its answer, for whom, and within which hours and networks; every key is checked. */
import { RULE_KEYS, readMap, readRules, type WrittenRules } from '../catalogue/read-clean-room.ts';
import { readTerms, TERM_KEYS, type WrittenTerms } from '../catalogue/read-room-terms.ts';
import { normaliseTag } from '../tags/tag.ts';
import { readCondition } from './conditions.ts';
import type { Dnf, Limits } from './policy.ts';
import { isRecord, kindOf, type Path, type Report, readRecord, suggest } from './problem.ts';

const KEYS = [
  'to',
  'max_rows',
  'max_scan_rows',
  'timeout',
  'require_filter',
  'explicit_columns',
  'max_joins',
  'join_with',
  'cross_join',
  'formats',
  'aggregate_only',
  'hours',
  'networks',
] as const;
const FORMATS = ['json', 'ndjson', 'csv', 'arrow', 'parquet'];
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const EVERYONE: Dnf = [[]];
const MOST = 1_000_000_000_000_000;

/** A column by name, or the columns that carry a tag. */
export type FilterColumn =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'tagged'; readonly tag: string };

export interface LimitBody {
  readonly effect: 'limit';
  readonly who: Dnf;
  readonly limits: Omit<Limits, 'require_filter' | 'aggregate_only'>;
  /** Before it is known which columns of a dataset they are. */
  readonly requireFilter: readonly FilterColumn[];
  /** Likewise; null where rows may be shown. */
  readonly aggregateOnly: { readonly terms: WrittenTerms; readonly rules: WrittenRules } | null;
  readonly within: Dnf | null;
}

/** Null where anything was wrong; each problem was reported. */
export function readLimit(value: unknown, report: Report): LimitBody | null {
  let sound = true;
  const tell: Report = (path, message) => {
    sound = false;
    report(path, message);
  };
  const limit = readRecord(value, KEYS, ['limit'], tell);
  if (limit === null) return null;
  const given = KEYS.filter((key) => key !== 'to' && Object.hasOwn(limit, key));
  if (given.length === 0) tell(['limit'], `\`limit\` limits nothing; say one of ${KEYS.slice(1).join(', ')}`);
  const who = limit.to === undefined ? EVERYONE : readCondition(limit.to, ['limit', 'to'], tell);
  const at = (key: string): Path => ['limit', key];
  const count = (key: 'max_rows' | 'max_scan_rows' | 'max_joins', least: number) =>
    Object.hasOwn(limit, key) ? { [key]: readCount(limit[key], key, least, tell) } : {};
  const limits: LimitBody['limits'] = {
    ...count('max_rows', 1),
    ...count('max_scan_rows', 1),
    ...(limit.timeout === undefined ? {} : { timeout: readTimeout(limit.timeout, tell) }),
    ...flag(limit, 'explicit_columns', true, tell),
    ...count('max_joins', 0),
    ...(limit.join_with === undefined
      ? {}
      : { join_with: readWords(limit.join_with, at('join_with'), null, tell) }),
    ...flag(limit, 'cross_join', false, tell),
    ...(limit.formats === undefined
      ? {}
      : { formats: readWords(limit.formats, at('formats'), FORMATS, tell) }),
  };
  const requireFilter =
    limit.require_filter === undefined ? [] : readFilterColumns(limit.require_filter, tell);
  const aggregateOnly =
    limit.aggregate_only === undefined ? null : readAggregateOnly(limit.aggregate_only, tell);
  const within = readWithin(limit, tell);
  return sound && who !== null
    ? { effect: 'limit', who, limits, requireFilter, aggregateOnly, within }
    : null;
}

/** The rules of a clean room, for every dataset that the policy covers. */
function readAggregateOnly(value: unknown, report: Report): LimitBody['aggregateOnly'] {
  const path = ['limit', 'aggregate_only'];
  const fields = readMap(value, [...TERM_KEYS, ...RULE_KEYS], path, report);
  const rules = fields === null ? null : readRules(fields, path, report);
  return fields === null || rules === null ? null : { terms: readTerms(fields, path, report), rules };
}

function readCount(value: unknown, key: string, least: number, report: Report): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= MOST) return value;
  report(['limit', key], `\`${key}\` takes a whole number from ${least}; found ${kindOf(value)}`);
  return least;
}

/** Only the one value says anything; the other reads as if it could lift what another policy sets. */
function flag(
  limit: Readonly<Record<string, unknown>>,
  key: 'explicit_columns' | 'cross_join',
  only: boolean,
  report: Report,
): Limits {
  if (!Object.hasOwn(limit, key)) return {};
  if (limit[key] !== only)
    report(['limit', key], `\`${key}\` takes ${only} alone, since a limit lifts nothing; leave it out`);
  return { [key]: only };
}

function readTimeout(value: unknown, report: Report): number {
  const parts = typeof value === 'string' ? /^(\d{1,9})(ms|s|m|h)$/.exec(value) : null;
  const milliseconds = Number(parts?.[1]) * (UNITS[parts?.[2] ?? ''] ?? Number.NaN);
  if (milliseconds >= 1 && milliseconds <= MOST) return milliseconds;
  report(
    ['limit', 'timeout'],
    `\`timeout\` takes a duration with its unit, such as 500ms, 10s or 2m; found ${kindOf(value)}`,
  );
  return 1;
}

function readWords(
  value: unknown,
  path: Path,
  known: readonly string[] | null,
  report: Report,
): readonly string[] {
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (words.length === 0) report(path, `\`${path[1]}\` is empty; name at least one`);
  return words.flatMap((word, i) => {
    const place = Array.isArray(value) ? [...path, i] : path;
    if (typeof word !== 'string' || word === '')
      report(place, `\`${path[1]}\` takes a text or a list of texts; found ${kindOf(word)}`);
    else if (known !== null && !known.includes(word))
      report(place, `unknown \`${word}\` in \`${path[1]}\`${suggest(word, known)}`);
    else return [word.toLowerCase()];
    return [];
  });
}

function readFilterColumns(value: unknown, report: Report): readonly FilterColumn[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const path = ['limit', 'require_filter'];
  if (items.length === 0) report(path, '`require_filter` is empty; name at least one column');
  return items.flatMap((item, i): readonly FilterColumn[] => {
    const place = Array.isArray(value) ? [...path, i] : path;
    if (typeof item === 'string' && item !== '') return [{ kind: 'column', name: item }];
    const tag =
      isRecord(item) && Object.keys(item).length === 1 && typeof item.column_tag === 'string'
        ? normaliseTag(item.column_tag)
        : null;
    if (tag !== null) return [{ kind: 'tagged', tag }];
    report(place, `\`require_filter\` takes names of columns, or { column_tag: … }; found ${kindOf(item)}`);
    return [];
  });
}

/** Inside one of these hours, and inside one of these networks. */
function readWithin(limit: Readonly<Record<string, unknown>>, report: Report): Dnf | null {
  const parts = [
    { key: 'hours', fact: 'hours' },
    { key: 'networks', fact: 'network' },
  ].filter(({ key }) => Object.hasOwn(limit, key));
  if (parts.length === 0) return null;
  const condition = { all: parts.map(({ key, fact }) => ({ [fact]: limit[key] })) };
  return readCondition(condition, [], ([, i, , ...rest], message) =>
    report(['limit', parts[Number(i)]?.key ?? '', ...rest], message),
  );
}
