import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { random } from '../leaks/random.ts';
import { mutate } from './mutate.ts';
import { allSeeds, keptSeeds } from './seeds.ts';
import { type FuzzTarget, fuzzTarget } from './target.ts';

const TEXTS = 4_000;
const BUDGET_MS = 15_000;

let target: FuzzTarget;

beforeAll(async () => {
  target = await fuzzTarget();
});

afterAll(() => target.close());

describe('a text that once led to an unclassified error', () => {
  it.each(keptSeeds())('$name', async ({ text }) => {
    expect((await target.try(text)).kind).not.toBe('finding');
  });
});

it('mutated texts are refused by a code or verified, and nothing else', async () => {
  const seed = process.env.SLUICE_SEED ?? String(Date.now() % 1_000_000);
  const source = random(seed);
  const seeds = allSeeds();
  const started = performance.now();
  const counts = { accepted: 0, refused: 0 };
  const findings: unknown[] = [];
  while (counts.accepted + counts.refused < TEXTS && performance.now() - started < BUDGET_MS) {
    const text = mutate(source.pick(seeds), seeds, source);
    const outcome = await target.try(text);
    if (outcome.kind === 'finding') findings.push({ text, what: outcome.what });
    else counts[outcome.kind] += 1;
  }
  console.log(`fuzzing, seed ${seed} (SLUICE_SEED repeats it): ${JSON.stringify(counts)}`);
  expect(findings).toEqual([]);
  expect(counts.accepted).toBeGreaterThan(0);
});
