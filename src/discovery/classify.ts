/** Values of one column to what they look like. They go in one by one and none is kept; a share comes out. */
import type { Detector } from './detectors.ts';
import type { Sampled } from './verdict.ts';

export interface Classifier {
  add(value: unknown): void;
  end(): Sampled;
}

/** So few values say nothing, whatever they look like. */
const FEWEST = 3;
/** Characters of a value that are looked at. */
const LONGEST = 4_000;
/** Values without one of a variant, after which it is looked for no more. */
const PATIENCE = 200;
/** Values are told apart up to here: more are many. */
const MOST_DISTINCT = 16;

export function classifier(detectors: readonly Detector[]): Classifier {
  const hits = detectors.map(({ variants }) => variants.map(() => 0));
  const distinct = new Set<string>();
  let values = 0;
  return {
    add(value) {
      const text = textOf(value);
      if (text === '') return;
      values += 1;
      if (distinct.size < MOST_DISTINCT) distinct.add(text);
      detectors.forEach(({ variants }, kind) => {
        const counts = hits[kind] ?? [];
        variants.forEach((test, variant) => {
          const before = counts[variant] ?? 0;
          // Of thirty countries, most are out of the question early.
          if (before === 0 && values > PATIENCE && variants.length > 1) return;
          if (test(text)) counts[variant] = before + 1;
        });
      });
    },
    end() {
      const different = distinct.size;
      distinct.clear();
      for (const [kind, detector] of detectors.entries()) {
        const most = Math.max(...(hits[kind] ?? [0]));
        const rate = values === 0 ? 0 : (100 * most) / values;
        if (most < FEWEST || different < detector.distinct || rate < detector.least) continue;
        const { tag, what } = detector;
        // Rounded down: a hundred percent means each one.
        return { values, verdict: { tag, what, rate: Math.floor(rate) } };
      }
      return { values, verdict: null };
    },
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, LONGEST).trim();
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}
