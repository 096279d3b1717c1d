/** The encoders on their own, against what any value must read back to; and rows in their framing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/results/byte-writer.ts';
import {
  writeBigDecimal,
  writeBigInteger,
  writeDecimal,
  writeDouble,
  writeFloat,
} from '../../src/results/numbers.ts';
import { type Cells, createRowWriter, distinctNames, type RowEncoding } from '../../src/results/rows.ts';
import { writeDate, writeDuration, writeTimestamp } from '../../src/results/temporal.ts';
import { csvHeader, writeCsvText, writeJsonText } from '../../src/results/text.ts';

function written(write: (out: ByteWriter) => void): string {
  // Two bytes of room: every writer must ask for its own.
  const out = new ByteWriter(2);
  write(out);
  return Buffer.from(out.bytes.subarray(0, out.position)).toString();
}

describe('numbers', () => {
  it('writes each whole number as JavaScript does', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (n) => written((out) => out.integer(n)) === String(n)));
  });

  it.each([0, 9, 10, 99, 100, 999_999_999, 1_000_000_000, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1])(
    'writes %d at a digit boundary',
    (n) => expect(written((out) => out.integer(n))).toBe(String(n)),
  );

  it('writes a double that reads back to itself, never longer than its shortest text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = written((out) => writeDouble(out, value, true));
        return Object.is(JSON.parse(text), value) && text.replace(/^-0$/, '0').length <= String(value).length;
      }),
      { numRuns: 5000 },
    );
  });

  it('writes measured values, which have few decimals, as they were measured', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.nat({ max: 6 }), (n, scale) => {
        const value = n / 10 ** scale;
        return written((out) => writeDouble(out, value, true)) === String(value);
      }),
      { numRuns: 5000 },
    );
  });

  it('writes a float that reads back to itself', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = written((out) => writeFloat(out, value, true));
        const digits = text.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '');
        return Object.is(Math.fround(Number(text)), value) && digits.length <= 9;
      }),
      { numRuns: 5000 },
    );
  });

  it('writes the same decimal by words and by big integers', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat({ max: 15 }), (n, scale) => {
        const exact = written((out) => writeBigDecimal(out, BigInt(n), scale));
        return written((out) => writeDecimal(out, n, scale)) === exact;
      }),
    );
  });

  it('quotes integers in JSON exactly where a double would round them', () => {
    expect(written((out) => writeBigInteger(out, 2n ** 53n - 1n, true))).toBe('9007199254740991');
    expect(written((out) => writeBigInteger(out, 2n ** 53n, true))).toBe('"9007199254740992"');
    expect(written((out) => writeBigInteger(out, 2n ** 53n, false))).toBe('9007199254740992');
  });
});

describe('texts', () => {
  it('writes a JSON string that reads back to the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bytes = Buffer.from(`<${text}>`);
        return JSON.parse(written((out) => writeJsonText(out, bytes, 1, bytes.length - 2))) === text;
      }),
    );
  });

  it('escapes every control character', () => {
    for (let code = 0; code < 32; code++) {
      const json = written((out) => writeJsonText(out, Uint8Array.of(code), 0, 1));
      expect(JSON.parse(json)).toBe(String.fromCharCode(code));
    }
  });

  it('writes a CSV field that a parser of RFC 4180 reads back', () => {
    const unit = fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'é');
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1 }), (text) => {
        const bytes = Buffer.from(text);
        const field = written((out) => writeCsvText(out, bytes, 0, bytes.length));
        const quoted = /^"((?:[^"]|"")*)"$/.exec(field);
        return quoted === null
          ? field === text && !/[",\r\n]/.test(field)
          : quoted[1]!.replaceAll('""', '"') === text;
      }),
    );
  });

  it('quotes names in a CSV header that need it', () => {
    expect(csvHeader(['plain', 'a,b', 'say "x"', ''])).toBe('plain,"a,b","say ""x""",""\r\n');
  });
});

describe('dates', () => {
  it('agrees with JavaScript on every day of its calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (days) => {
        const expected = new Date(days * 86_400_000).toISOString().replace(/T.*/, '');
        return written((out) => writeDate(out, days)) === expected;
      }),
      { numRuns: 5000 },
    );
  });

  it('writes six digits of a fraction, or none', () => {
    expect(written((out) => writeTimestamp(out, 0, 0))).toBe('1970-01-01T00:00:00');
    expect(written((out) => writeTimestamp(out, 0, 1))).toBe('1970-01-01T00:00:00.000001');
    expect(written((out) => writeTimestamp(out, -1, 86_399_500_000))).toBe('1969-12-31T23:59:59.500000');
  });

  it.each([
    [0, 0, 0n, 'PT0S'],
    [14, 0, 0n, 'P1Y2M'],
    [-1, 2, -3_600_000_000n, 'P-1M2DT-1H'],
    [0, 0, 90_061_000_001n, 'PT25H1M1.000001S'],
    [0, 0, -500_000n, 'PT-0.5S'],
  ] as const)('writes the duration of %i months, %i days and %s µs', (months, days, micros, text) => {
    expect(written((out) => writeDuration(out, months, days, micros))).toBe(text);
  });
});

describe('rows', () => {
  const columns: Cells[] = [number(), number()];

  it.each<[RowEncoding, string]>([
    ['json', '[0,0],[1,1]'],
    ['ndjson', '{"a":0,"a_2":0}\n{"a":1,"a_2":1}\n'],
    ['csv', '0,0\r\n1,1\r\n'],
  ])('are framed as %s', (encoding, expected) => {
    const writer = createRowWriter(encoding, ['a', 'a']);
    expect(
      written((out) => {
        writer.write(columns, 0, out);
        writer.write(columns, 1, out);
      }),
    ).toBe(expected);
  });

  it.each([
    [
      ['a', 'a', 'a'],
      ['a', 'a_2', 'a_3'],
    ],
    [
      ['a', 'a_2', 'a'],
      ['a', 'a_2', 'a_3'],
    ],
    [
      ['', ''],
      ['', '_2'],
    ],
    [
      ['__proto__', 'constructor'],
      ['__proto__', 'constructor'],
    ],
  ])('%j are told apart as %j', (names, distinct) => {
    expect(distinctNames(names)).toEqual(distinct);
  });

  function number(): Cells {
    const write = (row: number, out: ByteWriter): void => out.integer(row);
    return { json: write, csv: write };
  }
});
