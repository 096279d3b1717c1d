/** Tokens and their reversal, apart from any engine: what comes back, for which keys and domains, and that nothing else does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  makeToken,
  reverseToken,
  type TokenDomain,
  type TokenKeys,
} from '../../src/sql/rewrite/masks/token.ts';

const key = (id: string) => ({
  id,
  secret: new Uint8Array(Buffer.from(`the secret of the key ${id} for this test`)),
});
const [k1, k2] = [key('k1'), key('k2')];
const keysOf = (...known: readonly (typeof k1)[]): TokenKeys => ({
  current: known[0]!,
  all: new Map(known.map((one) => [one.id, one])),
});
const domain: TokenDomain = { policy: 'p', scope: 'dataset', datasetId: 'gold.members' };
const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((one) => Buffer.byteLength(one) <= 255);

describe('a token', () => {
  it('comes back as the value that it was made of', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(reverseToken(makeToken(value, k1, domain)!, keysOf(k1), domain)).toBe(value);
      }),
    );
  });

  it('is the same for the same value, and another for another', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(makeToken(a, k1, domain) === makeToken(b, k1, domain)).toBe(a === b);
      }),
    );
  });

  it.each([
    [0, 32],
    [31, 32],
    [32, 64],
    [255, 256],
  ])('of %i bytes holds %i', (length, held) => {
    expect(makeToken('x'.repeat(length), k1, domain)).toHaveLength('tok_k1_'.length + 2 * (16 + held));
  });

  it('is none of a longer value', () => expect(makeToken('x'.repeat(256), k1, domain)).toBeNull());

  it.each(['a\u0000', 'a\u0080', '\u0000', 'é\u0000\u0000'])(
    'keeps what looks like its padding: %j',
    (value) => {
      expect(reverseToken(makeToken(value, k1, domain)!, keysOf(k1), domain)).toBe(value);
    },
  );

  it('of an older key comes back for as long as the key is there', () => {
    const old = makeToken('ada', k1, domain)!;
    expect(old).not.toBe(makeToken('ada', k2, domain));
    expect(reverseToken(old, keysOf(k2, k1), domain)).toBe('ada');
    expect(reverseToken(old, keysOf(k2), domain)).toBeNull();
    expect(reverseToken(old, keysOf({ ...k2, id: 'k1' }), domain)).toBeNull();
  });
});

describe('nothing comes back', () => {
  const token = makeToken('ada@example.org', k1, domain)!;

  it.each<[string, TokenDomain]>([
    ['of another policy', { ...domain, policy: 'q' }],
    ['of another dataset', { ...domain, datasetId: 'gold.orders' }],
    ['of another scope', { ...domain, scope: 'policy' }],
  ])('%s', (_name, other) => {
    expect(makeToken('ada@example.org', k1, other)).not.toBe(token);
    expect(reverseToken(token, keysOf(k1), other)).toBeNull();
  });

  it('for a token with any one character changed, left out or added', () => {
    const digits = '0123456789abcdefg_ ';
    for (let i = 0; i < token.length; i++) {
      for (const digit of digits) {
        const changed = token.slice(0, i) + digit + token.slice(i + 1);
        if (changed !== token) expect(reverseToken(changed, keysOf(k1, k2), domain)).toBeNull();
      }
      expect(reverseToken(token.slice(0, i) + token.slice(i + 1), keysOf(k1), domain)).toBeNull();
      expect(reverseToken(`${token.slice(0, i)}0${token.slice(i)}`, keysOf(k1), domain)).toBeNull();
    }
  });

  it('for blocks that are added or put in another order', () => {
    const long = makeToken('x'.repeat(100), k1, domain)!;
    const [head, a, b, ...rest] = [long.slice(0, 7 + 32), ...(long.slice(7 + 32).match(/.{64}/g) ?? [])];
    expect(reverseToken([head, b, a, ...rest].join(''), keysOf(k1), domain)).toBeNull();
    expect(reverseToken(`${long}${a}`, keysOf(k1), domain)).toBeNull();
    expect(reverseToken(long.slice(0, -64), keysOf(k1), domain)).toBeNull();
  });

  it.each([
    '',
    'tok_',
    'tok_k1_',
    'ada',
    'TOK_k1_00',
    'tok_k1_zz',
    'tok___proto___00',
    `tok_k1_${'0'.repeat(96)}`,
    `tok_k1_${'00'.repeat(600)}`,
    `${token}\n`,
    ` ${token}`,
  ])('for %j', (other) => expect(reverseToken(other, keysOf(k1), domain)).toBeNull());
});
