import { describe, expect, it } from 'vitest';
import { type Changing, changePatches } from '../../src/tags/change.ts';

const CHANGING: Changing = {
  find: (dataset) => ({ node: dataset, dataset, tags: [], columns: [] }),
  names: [],
  by: 'ada',
  at: '2026-01-01T00:00:00Z',
};

describe('what is told of tag changes', () => {
  it('is bounded, however many there are', () => {
    const changes = Array.from({ length: 5_000 }, (_, i) => ({ dataset: `d${i}`, remove: ['pii'] }));
    const { warnings } = changePatches([], { source: 'tool', mode: 'merge', changes }, CHANGING);
    expect(warnings).toHaveLength(101);
    expect(warnings.at(-1)).toBe('and 4900 more');
  });
});
