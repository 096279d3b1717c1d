/** Several who need the same census at once: it is taken once, and nobody fails by another's going away. */
import { expect, it } from 'vitest';
import { sharing } from '../../src/request/census.ts';

it('who comes while it is taken waits for it, and who comes later takes it anew', async () => {
  const underWay = new Map<string, Promise<unknown>>();
  const { promise, resolve } = Promise.withResolvers<string>();
  let taken = 0;
  const take = () => {
    taken += 1;
    return promise;
  };
  const both = [sharing(underWay, 'a', take), sharing(underWay, 'a', take)];
  const other = sharing(underWay, 'b', take);
  resolve('census');
  expect(await Promise.all([...both, other])).toEqual(['census', 'census', 'census']);
  expect(taken).toBe(2);
  expect(underWay.size).toBe(0);
  await sharing(underWay, 'a', take);
  expect(taken).toBe(3);
});

it('where the first one fails, the second takes it', async () => {
  const underWay = new Map<string, Promise<unknown>>();
  const { promise, reject } = Promise.withResolvers<string>();
  const first = sharing(underWay, 'a', () => promise);
  const second = sharing(underWay, 'a', async () => 'own');
  reject(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  expect(await second).toBe('own');
  expect(underWay.size).toBe(0);
});
