import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, normaliseTag, tagAndAncestors, tagDepth } from '../../src/tags/tag.ts';

describe('normaliseTag', () => {
  it.each([
    ['pii.email', 'pii.email'],
    ['PII.Email', 'pii.email'],
    [' pii ', 'pii'],
    ['community:alpha', 'community:alpha'],
    ['team/finance', 'team/finance'],
    ['contains PII', 'contains_pii'],
    ['a\u0000b', 'a_b'],
    ['pii..email.', 'pii.email'],
    ['ｐｉｉ', 'pii'],
    ['données', 'données'],
    ["'; drop", '_drop'],
    ['', null],
    [' . ', null],
  ])('%j is %j', (text, tag) => expect(normaliseTag(text)).toBe(tag));

  it('is stable, and drops nothing that holds a letter or digit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const tag = normaliseTag(text);
        if (tag === null) expect(text).not.toMatch(/[\p{L}\p{N}]/u);
        else {
          expect(normaliseTag(tag)).toBe(tag);
          expect(tag.split('.')).not.toContain('');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the hierarchy', () => {
  it.each([
    ['pii', 'pii', true],
    ['pii', 'pii.email', true],
    ['pii', 'pii.email.work', true],
    ['pii.email', 'pii', false],
    ['pii', 'piilot', false],
    ['pii', 'not.pii', false],
    ['community', 'community:alpha', false],
  ])('%s covers %s: %s', (tag, candidate, covered) => expect(covers(tag, candidate)).toBe(covered));

  it('a tag is covered by itself and its ancestors alone', () => {
    const part = fc.stringMatching(/^[a-z]{1,3}$/);
    const tag = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(tag, tag, (one, other) => {
        expect(covers(one, other)).toBe(tagAndAncestors(other).includes(one));
      }),
    );
  });

  it('counts parts', () => expect(['pii', 'pii.email.work'].map(tagDepth)).toEqual([1, 3]));
});
