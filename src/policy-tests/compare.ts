/** What a case expects beside what came of it: the differences in words, none where it holds. */
import { isDeepStrictEqual } from 'node:util';
import type { Expectation, ValueMatcher } from './case.ts';
import type { Outcome } from './outcome.ts';

type Answer = Extract<Outcome, { kind: 'answer' }>;
type Refused = Extract<Outcome, { kind: 'refused' }>;

const json = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

export function compare(expect: Expectation, outcome: Outcome): readonly string[] {
  return outcome.kind === 'refused' ? compareRefusal(expect, outcome) : compareAnswer(expect, outcome);
}

function compareRefusal({ denied, error }: Expectation, refused: Refused): readonly string[] {
  const { status, code, message } = refused;
  const problems: string[] = [];
  if (error !== undefined && code !== error) problems.push(`expected the error ${error}, got ${code}`);
  if (denied === true && !DENIALS.has(code)) problems.push(`expected a denial, got ${status} ${code}`);
  if (typeof denied === 'number' && status !== denied)
    problems.push(`expected ${denied}, got ${status} ${code}`);
  if (denied === undefined && error === undefined)
    problems.push(`expected an answer, got ${status} ${code}: ${message}`);
  return problems;
}

/** Not to be let in, as far as the caller can tell. */
const DENIALS: ReadonlySet<string> = new Set(['access_denied', 'dataset_not_found', 'token_missing']);

function compareAnswer(expect: Expectation, answer: Answer): readonly string[] {
  if (expect.denied !== undefined || expect.error !== undefined) {
    const wanted = expect.error ?? (expect.denied === true ? 'a denial' : expect.denied);
    return [`expected ${wanted}, got an answer of ${answer.rows.length} rows`];
  }
  const problems: string[] = [];
  const names = answer.columns.map((column) => column.name);
  const check = (what: string, wanted: unknown, got: unknown): void => {
    if (wanted !== undefined && !isDeepStrictEqual(wanted, got))
      problems.push(`${what}: expected ${json(wanted)}, got ${json(got)}`);
  };
  check('columns', expect.columns, names);
  problems.push(...compareMasks(expect.masked, answer));
  for (const name of expect.hidden ?? []) if (names.includes(name)) problems.push(`hidden: ${name} is shown`);
  problems.push(...compareRows(expect.rows, answer.rows));
  if (expect.row_count !== undefined && answer.hasMore)
    problems.push(`row_count: expected ${expect.row_count}, got more than ${answer.rows.length}`);
  else check('row_count', expect.row_count, answer.rows.length);
  for (const [column, wanted] of Object.entries(expect.values ?? {}))
    problems.push(...compareValues(column, matcherOf(wanted), names, answer.rows));
  if (typeof expect.filtered === 'boolean') check('filtered', expect.filtered, answer.filtered.length > 0);
  else if (expect.filtered) check('filtered', [...expect.filtered].sort(), [...answer.filtered].sort());
  return problems;
}

function compareMasks(wanted: Expectation['masked'], answer: Answer): readonly string[] {
  if (wanted === undefined) return [];
  const masked = answer.columns
    .filter((column) => column.masked)
    .map((column) => column.name)
    .sort();
  const names = (Array.isArray(wanted) ? [...wanted] : Object.keys(wanted)).sort();
  if (!isDeepStrictEqual(names, masked)) return [`masked: expected ${json(names)}, got ${json(masked)}`];
  if (Array.isArray(wanted)) return [];
  const { maskKinds } = answer;
  if (maskKinds === null) return [];
  return Object.entries(wanted).flatMap(([column, kinds]) => {
    const expected = [kinds].flat().sort();
    const got = [...(maskKinds.get(column) ?? [])].sort();
    return isDeepStrictEqual(expected, got)
      ? []
      : [`masked: expected ${column} by ${expected.join(' and ')}, got ${got.join(' and ') || 'no mask'}`];
  });
}

/** The first row that differs says more than two lists of rows. */
function compareRows(
  wanted: readonly (readonly unknown[])[] | undefined,
  got: readonly (readonly unknown[])[],
): readonly string[] {
  if (wanted === undefined) return [];
  const at = wanted.findIndex((row, index) => !isDeepStrictEqual(row, got[index]));
  if (at !== -1) {
    const instead = at < got.length ? json(got[at]) : 'no such row';
    return [`row ${at + 1}: expected ${json(wanted[at])}, got ${instead}`];
  }
  return got.length > wanted.length
    ? [`rows: expected ${wanted.length}, got more: ${json(got[wanted.length])}`]
    : [];
}

type Wanted = NonNullable<Expectation['values']>[string];

const matcherOf = (wanted: Wanted): ValueMatcher =>
  typeof wanted === 'object' && wanted !== null ? wanted : { equals: wanted };

/** The first value that does not hold; what nothing is there to hold for does not hold. */
function compareValues(
  column: string,
  wanted: ValueMatcher,
  names: readonly string[],
  rows: readonly (readonly unknown[])[],
): readonly string[] {
  const index = names.indexOf(column);
  if (index === -1) return [`values: there is no column ${column}`];
  if (rows.length === 0) return [`values: there are no rows, so nothing is known of ${column}`];
  const values = rows.map((row) => row[index]);
  const problems: string[] = [];
  const every = (what: string, holds: (value: unknown) => boolean): void => {
    const at = values.findIndex((value) => !holds(value));
    if (at !== -1) problems.push(`values: ${column} must ${what}, row ${at + 1} has ${json(values[at])}`);
  };
  const { equals, one_of, matches, excludes, distinct } = wanted;
  if (equals !== undefined) every(`be ${json(equals)}`, (value) => same(value, equals));
  if (one_of) every(`be one of ${json(one_of)}`, (value) => one_of.some((one) => same(value, one)));
  if (excludes) every(`be none of ${json(excludes)}`, (value) => !excludes.some((one) => same(value, one)));
  if (matches !== undefined) {
    const pattern = new RegExp(matches, 'u');
    every(`match ${matches}`, (value) => typeof value === 'string' && pattern.test(value));
  }
  if (wanted.is_null !== undefined)
    every(wanted.is_null ? 'be null' : 'not be null', (value) => (value === null) === wanted.is_null);
  if (distinct !== undefined) {
    const found = new Set(values.map(json)).size;
    if (found !== distinct)
      problems.push(`values: ${column} must have ${distinct} different values, it has ${found}`);
  }
  return problems;
}

const same = (value: unknown, wanted: unknown): boolean => isDeepStrictEqual(value, wanted);
