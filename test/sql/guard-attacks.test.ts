/** Hostile texts at the guard: it refuses each with its own stable code, or lets it pass to whoever does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { ATTACKS, shown, textOf } from '../attacks/corpus.ts';

function admit(text: string): SluiceError | null {
  try {
    guard(parse(text, { maxBytes: 1_000_000 }));
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

beforeAll(loadParser);

describe.each(ATTACKS)('$class', ({ cases }) => {
  it.each(cases.map((attack) => ({ attack, shown: shown(attack) })))('$shown', ({ attack }) => {
    const text = textOf(attack);
    const refusal = admit(text);
    if (attack.stage !== undefined || attack.code === undefined) {
      expect(refusal).toBeNull();
      return;
    }
    expect(refusal?.code).toBe(attack.code);
    expect(refusal?.hint).toBeTruthy();
    const position = refusal?.position ?? 0;
    expect(position).toBeGreaterThanOrEqual(0);
    expect(position).toBeLessThanOrEqual(text.length);
  });
});

describe('all of them', () => {
  it('leave the parser whole', () => {
    expect(admit('select a, sum(b) from t group by a')).toBeNull();
  });
});
