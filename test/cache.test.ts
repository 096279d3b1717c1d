import { describe, expect, it } from 'vitest';
import { BoundedCache } from '../src/cache.ts';
import { emptyCaches } from '../src/request/plan-caches.ts';

const ofLength = (capacity: number): BoundedCache<string, string> =>
  new BoundedCache(capacity, (value) => value.length);

describe('a bounded cache', () => {
  it('keeps so many entries, those used last', () => {
    const cache = new BoundedCache<string, number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  });

  it('makes room for what is heavy', () => {
    const cache = ofLength(10);
    for (const key of ['a', 'b', 'c']) cache.set(key, 'xxx');
    cache.set('d', 'xxxxxxx');
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.get('d')]).toEqual([
      undefined,
      undefined,
      'xxx',
      'xxxxxxx',
    ]);
  });

  it('does not keep what is heavier than all of it, and loses nothing for it', () => {
    const cache = ofLength(10);
    cache.set('a', 'xxx');
    cache.set('b', 'x'.repeat(11));
    expect([cache.get('a'), cache.get('b')]).toEqual(['xxx', undefined]);
  });

  it('counts what is replaced and deleted no longer', () => {
    const cache = ofLength(10);
    cache.set('a', 'xxxxxxxxx');
    cache.set('a', 'x');
    cache.set('b', 'xxxxxxxx');
    cache.delete('b');
    cache.set('c', 'xxxxxxxxx');
    expect([cache.get('a'), cache.get('c')]).toEqual(['x', 'xxxxxxxxx']);
  });
});

it('texts that are all as long as a text may be are soon too many', () => {
  const { texts } = emptyCaches();
  for (let i = 0; i < 100; i++) texts.set(`${i} ${'x'.repeat(256 << 10)}`, {} as never);
  expect(texts.size).toBeLessThan(10);
});
