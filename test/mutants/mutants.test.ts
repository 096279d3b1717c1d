import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { patched } from './patch.ts';

describe('the seeded faults', () => {
  it.each(MUTANTS)('$name: fits the source and is one that Node can run', (mutant) => {
    const source = readFileSync(mutant.file, 'utf8');
    const faulty = patched(mutant, source);
    expect(faulty).not.toBe(source);
    expect(() => stripTypeScriptTypes(faulty)).not.toThrow();
  });

  it('have names of their own, and are at least twenty', () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(20);
  });
});
