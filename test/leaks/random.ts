/** Seeded randomness: the same seed gives the same cases on every machine. */

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  /** A whole number from a to b, both included. */
  between(a: number, b: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A few of them, in their order, each at most once. */
  some<T>(list: readonly T[], probability: number): T[];
  shuffled<T>(list: readonly T[]): T[];
}

/** @param seed any text; sub-streams are made by extending it. */
export function random(seed: string): Random {
  const next = generator(seed);
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    between: (a, b) => a + below(b - a + 1),
    chance: (probability) => next() < probability,
    pick: (list) => {
      if (list.length === 0) throw new Error('nothing to pick from');
      return list[below(list.length)]!;
    },
    some: (list, probability) => list.filter(() => next() < probability),
    shuffled: (list) => {
      const rest = [...list];
      for (let i = rest.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [rest[i], rest[j]] = [rest[j]!, rest[i]!];
      }
      return rest;
    },
  };
}

/** FNV-1a of the seed into mulberry32. */
function generator(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
