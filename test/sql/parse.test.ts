/** Text to one SELECT: codes, positions in UTF-16, and no text that breaks or stalls the parser. */
import fc from 'fast-check';
import { scanSync } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { measure } from '../../src/sql/nesting.ts';
import { fromByteOffset, loadParser, parse } from '../../src/sql/parse.ts';

beforeAll(loadParser);

function refusal(text: string, maxBytes = 1_000_000): SluiceError | null {
  try {
    parse(text, { maxBytes });
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

describe('positions', () => {
  it.each([
    { text: 'select 1 frm x y', at: 'x' },
    { text: "select 'é😀' frm x y", at: 'x' },
    { text: 'select /* 漢字 */ 1 + + from', at: 'from' },
    { text: 'select (1', at: null },
    { text: "select 'abc' 'é' , 2", at: "'é'" },
  ])('$text fails at $at', ({ text, at }) => {
    const error = refusal(text);
    expect(error?.code).toBe('sql_syntax');
    expect(error?.position).toBe(at === null ? text.length : text.indexOf(at));
  });

  it('count UTF-16 units where the tree counts bytes', () => {
    const text = "'é😀' x";
    expect(fromByteOffset(text, Buffer.byteLength("'é😀' "))).toBe(text.indexOf('x'));
    expect(fromByteOffset(text, -1)).toBeNull();
    expect(fromByteOffset(text, undefined)).toBe(0);
  });

  it('point at the second statement', () => {
    expect(refusal('select 1; select 2')?.position).toBe('select 1; '.length);
  });
});

describe('length', () => {
  it('counts bytes, not characters', () => {
    const text = `select '${'é'.repeat(100)}'`;
    expect(refusal(text, text.length)?.code).toBe('sql_too_long');
    expect(refusal(text, Buffer.byteLength(text))).toBeNull();
  });
});

/** Shapes that nest, each by its own rule of the grammar. */
const SHAPES: Readonly<Record<string, (n: number) => string>> = {
  parentheses: (n) => `select ${'('.repeat(n)}1${')'.repeat(n)}`,
  or: (n) => `select ${'a or '.repeat(n)}a`,
  plus: (n) => `select ${'1+'.repeat(n)}1`,
  not: (n) => `select ${'not '.repeat(n)}a`,
  subquery: (n) => `select ${'(select '.repeat(n)}1${')'.repeat(n)}`,
  from: (n) => `select 1 from ${'(select 1 from '.repeat(n)}b${') x'.repeat(n)}`,
  union: (n) => `select 1${' union select 1'.repeat(n)}`,
  values: (n) => `values(1)${' union values(1)'.repeat(n)}`,
  table: (n) => `table a${' union table a'.repeat(n)}`,
  'right union': (n) => `${'select 1 union ('.repeat(n)}select 1${')'.repeat(n)}`,
  call: (n) => `select ${'f('.repeat(n)}1${')'.repeat(n)}`,
  'second argument': (n) => `select ${'f(1,'.repeat(n)}1${')'.repeat(n)}`,
  window: (n) => `select ${'f() over(order by '.repeat(n)}1${')'.repeat(n)}`,
  case: (n) => `select ${'case when '.repeat(n)}1${' then 1 end'.repeat(n)}`,
  array: (n) => `select array${'['.repeat(n)}1${']'.repeat(n)}`,
  subscript: (n) => `select ${'a['.repeat(n)}1${']'.repeat(n)}`,
  cast: (n) => `select a${'::int'.repeat(n)}`,
  isnull: (n) => `select a${' isnull'.repeat(n)}`,
  join: (n) => `select 1 from a${' join a on 1=1'.repeat(n)}`,
  natural: (n) => `select 1 from a${' natural join a'.repeat(n)}`,
  'left join': (n) => `select 1 from ${'(a cross join '.repeat(n)}b${')'.repeat(n)}`,
  with: (n) => `${'with x as ('.repeat(n)}select 1${') select 1'.repeat(n)}`,
  row: (n) => `select ${'row('.repeat(n)}1${')'.repeat(n)}`,
  collate: (n) => `select a${' collate b'.repeat(n)}`,
  'time zone': (n) => `select a${' at local'.repeat(n)}`,
  grouping: (n) => `select 1 group by ${'grouping sets('.repeat(n)}a${')'.repeat(n)}`,
  nullif: (n) => `select ${'nullif(a,'.repeat(n)}1${')'.repeat(n)}`,
  xml: (n) => `select ${'xmlconcat('.repeat(n)}1${')'.repeat(n)}`,
  json: (n) => `select ${'json_scalar('.repeat(n)}1${')'.repeat(n)}`,
  dots: (n) => `select a${'.b'.repeat(n)}`,
  'not closed': (n) => `select ${'('.repeat(n)}`,
};

describe('nesting', () => {
  it.each(Object.keys(SHAPES))('%s never overflows the stack of the parser', (name) => {
    const shape = SHAPES[name]!;
    const seen = new Set<string>();
    for (const times of [400, 700, 900, 1_000, 1_300, 1_900, 2_000, 3_000, 3_900, 5_000, 20_000, 60_000]) {
      const error = refusal(shape(times), 2_000_000);
      expect(error?.cause).not.toBeInstanceOf(RangeError);
      seen.add(error?.code ?? 'parsed');
    }
    expect([...seen].filter((code) => !/^(parsed|sql_too_(deep|large)|sql_syntax)$/.test(code))).toEqual([]);
    expect(seen.size).toBeGreaterThan(1);
    expect(refusal('select 1')).toBeNull();
  });

  it('lets ordinary long texts through', () => {
    const list = `select 1 where a in (${Array.from({ length: 5_000 }, (_, i) => i).join()})`;
    const columns = `select ${Array.from({ length: 2_000 }, (_, i) => `a${i}`).join()} from t`;
    const banner = `-- ${'='.repeat(120)}\nselect 1 /* ${'*'.repeat(150)} */, '${'-'.repeat(10_000).replace(/.{100}/g, '$& ')}'`;
    const terms = `select 1 where ${'(a = 1 and b = 2) or '.repeat(900)}true`;
    expect([list, columns, banner, terms].map((text) => refusal(text)?.code)).toEqual(
      Array(4).fill(undefined),
    );
  });

  const atoms = [
    ...[
      "'",
      '"',
      'a',
      '1',
      '.',
      '$',
      '$a$',
      '$$',
      '$1',
      '\\',
      '\n',
      ' ',
      '-',
      '--',
      '/*',
      '*/',
      '(',
      ')',
      '[',
      ']',
    ],
    ...[
      ',',
      ';',
      '::',
      '=',
      '+',
      '!',
      "E'",
      'e',
      'U&"',
      "U&'",
      "b'",
      "x'",
      "n'",
      'é',
      '_',
      'select ',
      'a$b',
      "''",
    ],
  ];

  it('measures no less than the scanner of PostgreSQL finds', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...atoms), { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        const tokens = scanned(text);
        if (tokens === null) return;
        compared += 1;
        expect(measure(text).tokens).toBeGreaterThanOrEqual(tokens);
      }),
      { numRuns: 20_000 },
    );
    console.log(`${compared} random texts compared with PostgreSQL's scanner`);
    expect(compared).toBeGreaterThan(1_000);
  });
});

/** Number of tokens that are no comments; null where PostgreSQL's scanner stops. */
function scanned(text: string): number | null {
  try {
    return scanSync(text).tokens.filter(({ tokenName }) => !tokenName.endsWith('COMMENT')).length;
  } catch {
    return null;
  }
}

describe('any text', () => {
  const words = [
    ...[
      'select',
      'from',
      'where',
      'group by',
      'order by',
      'union',
      'with',
      'as',
      'case',
      'when',
      'end',
      'a',
      't',
      '1',
    ],
    ...[
      "'x'",
      '(',
      ')',
      ',',
      '.',
      '*',
      '+',
      '=',
      'and',
      'not',
      'null',
      'over',
      'limit',
      'join',
      'on',
      ';',
      '--',
      '/*',
    ],
  ];

  it('is parsed or refused with a code of its own', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(fc.constantFrom(...words)).map((w) => w.join(' ')),
        ),
        (text) => {
          const error = refusal(text);
          if (error !== null) expect(error.code).toMatch(/^sql_/);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
