/** Changes texts by characters, tokens and whole pieces of other texts; what comes out is mostly nearly SQL. */
import type { Random } from '../leaks/random.ts';
import { spliced } from './splice.ts';

/** Words that turn one construct into another. */
const WORDS = [
  ...'select from where group by having order limit offset union all except intersect with recursive as on'.split(
    ' ',
  ),
  ...'join left right full cross lateral natural using over partition window rows range groups between and'.split(
    ' ',
  ),
  ...'or not in any some exists case when then else end null is distinct like ilike similar to escape'.split(
    ' ',
  ),
  ...'cast array row grouping sets cube rollup filter within values only tablesample into for update'.split(
    ' ',
  ),
  ...'interval at time zone collate default materialized ordinality fetch first ties exclude unnest'.split(
    ' ',
  ),
  ...[
    '$1',
    '$0',
    '$99999',
    '*',
    '.',
    '..',
    ',',
    '(',
    ')',
    '[',
    ']',
    '::',
    ';',
    '--',
    '/*',
    '*/',
    "'",
    '"',
    '$$',
  ],
  ...['=', '<>', '||', '->', '->>', '@>', '~', '!~~*', '^@', '//', '%', '^', '@', 'OPERATOR(pg_catalog.+)'],
  ...[
    '1',
    '-1',
    '0',
    '1e400',
    '0x1F',
    '1_000',
    "'x'",
    "E'\\\\'",
    "U&'\\0041'",
    "B'01'",
    "''",
    '"a""b"',
    'U&"\\0061"',
  ],
  ...[
    'gold.members',
    'pg_catalog.pg_class',
    'ctid',
    'regclass',
    'oid',
    'read_csv',
    'query',
    'pg_sleep',
    'chr',
  ],
  ...['\u00a0', '\u2028', '\ud83d\ude00', '\u0000', '\ufeff', '\u202e', 'ﬀ'],
];

const TOKENS = /\s+|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$?\w+|[^\s\w]/g;

export function mutate(text: string, others: readonly string[], random: Random): string {
  if (random.chance(0.5)) {
    const once = spliced(text, random.pick(others), random);
    const twice = once !== null && random.chance(0.5) ? spliced(once, random.pick(others), random) : once;
    if (twice !== null) return twice.slice(0, 20_000);
  }
  let tokens: readonly string[] = text.match(TOKENS) ?? [];
  const rounds = random.pick([1, 1, 1, 2, 3, 6]);
  for (let i = 0; i < rounds; i++) tokens = changed(tokens, others, random);
  const joined = tokens.join('').slice(0, 20_000);
  return random.chance(0.06) ? characters(joined, random) : joined;
}

function changed(tokens: readonly string[], others: readonly string[], random: Random): string[] {
  const at = random.below(tokens.length + 1);
  const end = Math.min(tokens.length, at + random.pick([1, 1, 1, 2, 5, 12]));
  const splice = (...put: string[]): string[] => [...tokens.slice(0, at), ...put, ...tokens.slice(end)];
  const insert = (...put: string[]): string[] => [...tokens.slice(0, at), ...put, ...tokens.slice(at)];
  const piece = (): string[] => {
    const other = random.pick(others).match(TOKENS) ?? [];
    const from = random.below(other.length);
    return other.slice(from, from + random.pick([1, 1, 3, 8, 30]));
  };
  return random.pick<() => string[]>([
    () => splice(),
    () => splice(random.pick(WORDS)),
    () => splice(...piece()),
    () => insert(' ', random.pick(WORDS), ' '),
    () => insert(...piece()),
    () => insert(...tokens.slice(at, end)),
    () => splice('(', ...tokens.slice(at, end), ')'),
    () => splice(...random.shuffled(tokens.slice(at, end))),
    () => insert(` (${random.pick(others)}) `),
    () => nested(tokens.slice(), at, end, random),
    () => [...tokens, ' ', random.pick(['union', 'except', ';', ',', 'limit']), ' ', random.pick(others)],
  ])();
}

/** One piece many times inside itself. */
function nested(tokens: string[], at: number, end: number, random: Random): string[] {
  const [open, close] = random.pick([
    ['(', ')'],
    ['(select ', ')'],
    ['not ', ''],
    ['- ', ''],
    ['coalesce(', ')'],
    ['case when true then ', ' end'],
    ['array[', ']'],
    ['exists (select 1 where ', ')'],
  ] as const);
  const depth = random.pick([2, 10, 60, 400, 3000]);
  const middle = tokens.slice(at, end).join('').slice(0, 200);
  return [...tokens.slice(0, at), open.repeat(depth), middle, close.repeat(depth), ...tokens.slice(end)];
}

function characters(text: string, random: Random): string {
  const points = Array.from(text);
  for (let i = 0; i < random.between(1, 4); i++) {
    const at = random.below(points.length + 1);
    const change = random.next();
    if (change < 0.4) points.splice(at, 1);
    else if (change < 0.8) points.splice(at, 0, String.fromCharCode(random.below(0x3000)));
    else points.splice(at, 1, String.fromCharCode(random.between(0, 127)));
  }
  return points.join('');
}
