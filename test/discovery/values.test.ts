/** What values look like: shares, thresholds, and how often the detectors are right on made-up columns. */
import { describe, expect, it } from 'vitest';
import { classifier } from '../../src/discovery/classify.ts';
import { detectors } from '../../src/discovery/detectors.ts';
import { personDictionary } from '../../src/discovery/person-dictionary.ts';
import { labelled } from './labelled.ts';

const DETECTORS = detectors(personDictionary());

function look(values: readonly unknown[]) {
  const found = classifier(DETECTORS);
  for (const value of values) found.add(value);
  return found.end();
}

const times = (count: number, value: (index: number) => unknown) =>
  Array.from({ length: count }, (_, i) => value(i));

describe('made-up columns', () => {
  const columns = labelled(4_711, 200);
  const outcomes = columns.map(({ tag, values }) => ({ tag, told: look(values).verdict?.tag ?? null }));
  const right = outcomes.filter(({ tag, told }) => told !== null && told === tag).length;
  const told = outcomes.filter(({ told }) => told !== null).length;
  const personal = outcomes.filter(({ tag }) => tag !== null).length;

  it('are told rightly nearly always', () => expect(right / told).toBeGreaterThanOrEqual(0.97));
  it('are told nearly all', () => expect(right / personal).toBeGreaterThanOrEqual(0.94));
  it('are enough of both', () => {
    expect(personal).toBeGreaterThan(40);
    expect(columns.length - personal).toBeGreaterThan(40);
  });
});

describe('a share', () => {
  it('counts what is there, rounded down', () => {
    const values = [...times(199, (i) => `a${i}@example.org`), null, '', '  ', 'none'];
    expect(look(values)).toEqual({
      values: 200,
      verdict: { tag: 'pii.email', what: 'e-mail addresses', rate: 99 },
    });
  });

  it('of a few e-mail addresses is told too', () => {
    const values = times(100, (i) => (i < 6 ? `a${i}@example.org` : `ref ${i}`));
    expect(look(values).verdict?.rate).toBe(6);
  });

  it('of two values says nothing', () => {
    expect(look(['a@example.org', 'b@example.org'])).toEqual({ values: 2, verdict: null });
  });

  it('of nothing is nothing', () =>
    expect(look([null, '', undefined])).toEqual({ values: 0, verdict: null }));

  it('of one name over and over is no column of names', () => {
    expect(look(times(100, () => 'Sabine')).verdict).toBeNull();
  });
});

describe('numbers', () => {
  it('of one country: those of ten countries are none', () => {
    expect(look(times(400, (i) => String(100_000_000 + i * 7_919)))).toMatchObject({ verdict: null });
  });

  it('of cards as integers', () => {
    const luhn = (head: string) => {
      const sum = [...head].reverse().reduce((total, digit, at) => {
        const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
        return total + (value > 9 ? value - 9 : value);
      }, 0);
      return Number(`${head}${(10 - (sum % 10)) % 10}`);
    };
    const values = times(50, (i) => luhn(`40000000000${String(i).padStart(4, '0')}`));
    expect(look(values).verdict?.tag).toBe('pii.payment_card');
  });

  /** A check digit that most keys pass would tell of every table's key. */
  it('made by chance pass no check often', () => {
    const ids = DETECTORS.find(({ tag }) => tag === 'pii.national_id');
    let state = 7;
    const next = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state;
    };
    const chance = (length: number) =>
      Array.from({ length: 400 }, () =>
        Array.from({ length }, (_, at) => String((next() >> 7) % 10).replace('0', at === 0 ? '4' : '0')).join(
          '',
        ),
      );
    for (const length of [9, 10, 11, 12, 13]) {
      const texts = chance(length);
      for (const test of ids?.variants ?? [])
        expect(texts.filter(test).length / texts.length).toBeLessThan(0.5);
    }
  });
});

describe('a text', () => {
  it.each([
    ['Call +49 30 901820 before noon', 'pii.free_text'],
    ['Send it to jo@example.org, please', 'pii.free_text'],
    ['Nothing to see here at all', null],
    ['see user@host for the build', null],
  ])('%s: %s', (text, tag) => {
    expect(look(times(20, (i) => `${text} (${i})`)).verdict?.tag ?? null).toBe(tag);
  });

  it('without end takes no time without end', () => {
    const long = `${'a '.repeat(50_000)}@`;
    expect(look(times(20, (i) => `${long}${i}`)).values).toBe(20);
  });
});
