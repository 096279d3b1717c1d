/** One content has one text, so that one hash covers exactly one content. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalise,
  EMPTY_HEAD,
  GENESIS,
  hashOf,
  isCanonical,
  type Json,
  link,
  readRow,
} from '../../src/audit/chain.ts';
import { sampleEvent } from './sample.ts';

// fast-check also makes lone surrogates and `__proto__` keys: both must hold.
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

/** The value as JSON can say it: -0 becomes 0. */
const plain = (value: Json): unknown => JSON.parse(JSON.stringify(value));

/** The same content, its keys in another order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value as Record<string, Json>).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, shuffled(member)]));
}

describe('canonical text', () => {
  test('is JSON of the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(plain(JSON.parse(canonicalise(value)) as Json)).toStrictEqual(plain(value));
      }),
    );
  });

  test('does not depend on the order of keys', () => {
    fc.assert(fc.property(json, (value) => canonicalise(shuffled(value)) === canonicalise(value)));
  });

  test('stays the same when read and written again', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalise(value);
        return canonicalise(JSON.parse(text) as Json) === text;
      }),
    );
  });

  test('is equal only for equal values', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        return (canonicalise(a) === canonicalise(b)) === isDeepStrictEqual(plain(a), plain(b));
      }),
    );
  });

  test.each<{ value: Json; text: string }>([
    // Examples of RFC 8785: order by UTF-16 code units, numbers as ECMAScript prints them.
    {
      value: { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 },
      text: '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    },
    {
      value: [1e30, 4.5, 2e-3, 0.000000000000000000000000001, 1e21, 123456789012345680000],
      text: '[1e+30,4.5,0.002,1e-27,1e+21,123456789012345680000]',
    },
    { value: { b: undefined, a: [true, null, '"\\/'] }, text: '{"a":[true,null,"\\"\\\\/"]}' },
  ])('$text', ({ value, text }) => {
    expect(canonicalise(value)).toBe(text);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s has none', (value) => {
    expect(() => canonicalise({ value })).toThrow(RangeError);
  });
});

test('what is canonical is told fast as it is told slowly', () => {
  const texts = fc.oneof(
    json.map((value) => canonicalise(value)),
    json.map((value) => JSON.stringify(value)),
    json.map((value) => JSON.stringify(value, null, 1)),
    fc.constantFrom(
      '{"a":1,"a":1}',
      '{"9":1,"10":2}',
      '{"10":2,"9":1}',
      '{"b":1,"a":{}}',
      '[{"b":1,"a":2}]',
      '1.0',
      '"\\u0061"',
    ),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const value = JSON.parse(text) as Json;
      return isCanonical(text, value) === (canonicalise(value) === text);
    }),
    { numRuns: 1000 },
  );
});

describe('link', () => {
  test('covers content, position and the event before', () => {
    const first = link(sampleEvent('a'), EMPTY_HEAD);
    const second = link(sampleEvent('b'), first);
    expect(JSON.parse(first.body)).toEqual({ ...sampleEvent('a'), seq: 1, prev_hash: GENESIS });
    expect(JSON.parse(second.body)).toEqual({ ...sampleEvent('b'), seq: 2, prev_hash: first.hash });
    expect(second.hash).toBe(createHash('sha256').update(second.body).digest('hex'));
  });

  test('gives another hash for any other field', () => {
    const hash = link(sampleEvent('a'), EMPTY_HEAD).hash;
    for (const key of Object.keys(sampleEvent('a'))) {
      expect(link({ ...sampleEvent('a'), [key]: 'other' }, EMPTY_HEAD).hash, key).not.toBe(hash);
    }
    expect(link(sampleEvent('a'), { seq: 1, hash: GENESIS }).hash).not.toBe(hash);
    expect(link(sampleEvent('a'), { seq: 0, hash: hashOf('x') }).hash).not.toBe(hash);
  });

  test('an export is enough to check it: canonical text without `hash`, SHA-256', () => {
    const row = link(sampleEvent('a'), EMPTY_HEAD);
    const { hash, ...rest } = JSON.parse(JSON.stringify(readRow(row))) as { hash: string };
    expect(hashOf(canonicalise(rest))).toBe(hash);
  });
});
