/** Whether two states of the data differ by too few: against a reckoning by hand, unit by unit, and by counts alone. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differsByTooFew } from '../../src/clean-room/compare.ts';
import {
  type Content,
  pack,
  readAtoms,
  readShares,
  unpack,
  versionOf,
} from '../../src/clean-room/content.ts';

/** By group and unit: what it adds to each of two things, null for nothing. */
type World = Readonly<Record<string, Readonly<Record<string, readonly (string | null)[]>>>>;

const LEAST = 3;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** As the engine's census would give it. */
function contentOf(world: World, detail = true): Content {
  const groups = Object.entries(world).filter(([, units]) => Object.keys(units).length >= LEAST);
  const rows = Object.entries(world).flatMap(([group, units]) =>
    Object.entries(units).map(([unit, things]) => [
      md5(group),
      md5(unit),
      ...things.map((value) => (value === null ? null : md5(`${unit} ${value}`))),
    ]),
  );
  const atomRows = groups.map(([group, units]) => {
    const own = rows.filter(([atom]) => atom === md5(group));
    return [
      md5(group),
      Object.keys(units).length,
      ...[0, 1].flatMap((i) => {
        const told = own.flatMap((row) => row[2 + i] ?? []);
        return [told.length === 0 ? null : md5([...told].sort().join('')), told.length];
      }),
    ];
  });
  const atoms = readAtoms(atomRows, 1, 2);
  const shares = readShares(rows, atoms, 1);
  expect(shares).not.toBeNull();
  return { atoms, shares: detail ? shares : null, least: [LEAST] };
}

function byHand(before: World, after: World): boolean {
  return Object.keys(after).some((group) => {
    const [a, b] = [before[group] ?? {}, after[group] ?? {}];
    if (Object.keys(a).length < LEAST || Object.keys(b).length < LEAST) return false;
    return [0, 1].some((i) => {
      const units = [...new Set([...Object.keys(a), ...Object.keys(b)])];
      const changed = units.filter((unit) => (a[unit]?.[i] ?? null) !== (b[unit]?.[i] ?? null)).length;
      return changed > 0 && changed < LEAST;
    });
  });
}

const value = fc.option(fc.constantFrom('1', '2'), { nil: null });
const world: fc.Arbitrary<World> = fc.dictionary(
  fc.constantFrom('EU', 'FR', 'US'),
  fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.tuple(value, value)),
);

describe('two states of the data', () => {
  it('differ by too few where a reckoning by hand says so', () => {
    fc.assert(
      fc.property(world, world, (before, after) => {
        expect(differsByTooFew(contentOf(before), contentOf(after))).toBe(byHand(before, after));
      }),
      { numRuns: 500 },
    );
  });

  it('by counts alone are never let through where units would refuse', () => {
    fc.assert(
      fc.property(world, world, (before, after) => {
        const counted = differsByTooFew(contentOf(before, false), contentOf(after, false));
        expect(counted || !byHand(before, after)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('that are equal have one name, and others another', () => {
    fc.assert(
      fc.property(world, world, (before, after) => {
        const [a, b] = [contentOf(before), contentOf(after)];
        const same = JSON.stringify([...a.atoms].sort()) === JSON.stringify([...b.atoms].sort());
        expect(versionOf('rule', a.atoms) === versionOf('rule', b.atoms)).toBe(same);
        expect(versionOf('rule', a.atoms)).not.toBe(versionOf('another', a.atoms));
      }),
    );
  });

  it('are kept as they are', async () => {
    const content = contentOf({ EU: { a: ['1', null], b: ['2', '1'], c: ['1', '1'] } });
    expect(await unpack(await pack(content))).toEqual(content);
    await expect(unpack(Buffer.from('damaged'))).rejects.toThrow(/cannot be read/);
  });

  it('read in two parts are told to have moved between them', () => {
    const content = contentOf({ EU: { a: ['1', null], b: ['2', '1'], c: ['1', '1'] } });
    expect(readShares([[md5('EU'), md5('a'), md5('x'), null]], content.atoms, 1)).toBeNull();
  });
});
