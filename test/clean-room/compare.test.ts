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
  const shareRows = atomRows.map((row) => {
    const own = rows.filter(([atom]) => atom === row[0]);
    const text = own.map(([, ...values]) => values.map((one) => one?.slice(0, 16) ?? '').join()).join(';');
    return [row[0], row[2], row[4], text];
  });
  const shares = readShares(shareRows, atoms);
  expect(shares).not.toBeNull();
  return { atoms, shares: detail ? shares : null, least: [LEAST] };
}

/** Each group with itself, and all choices of groups of the one against all choices of groups of the other. */
function byHand(before: World, after: World): boolean {
  return [0, 1].some((i) => {
    const [a, b] = [told(before, i), told(after, i)];
    const pairs = shown(after).filter((group) => shown(before).includes(group));
    const chosen = [
      ...pairs.map((group) => [[group], [group]] as const),
      ...subsets(a).flatMap((some) => subsets(b).map((others) => [some, others] as const)),
    ];
    return chosen.some(([some, others]) => {
      const left = leftOver(before, after, some, others, i);
      return left > 0 && left < LEAST;
    });
  });
}

const shown = (world: World): readonly string[] =>
  Object.keys(world).filter((group) => Object.keys(world[group] ?? {}).length >= LEAST);

const told = (world: World, i: number): readonly string[] =>
  shown(world).filter(
    (group) => Object.values(world[group] ?? {}).filter((things) => things[i] !== null).length >= LEAST,
  );

const subsets = (all: readonly string[]): readonly (readonly string[])[] =>
  all.reduce<readonly (readonly string[])[]>(
    (sets, one) => sets.concat(sets.map((set) => [...set, one])),
    [[]],
  );

/** How many units do not cancel out. */
function leftOver(
  before: World,
  after: World,
  some: readonly string[],
  others: readonly string[],
  i: number,
): number {
  const of = (world: World, groups: readonly string[], unit: string): string =>
    JSON.stringify(groups.flatMap((group) => world[group]?.[unit]?.[i] ?? []).sort());
  const units = new Set(
    [...some.map((g) => before[g]), ...others.map((g) => after[g])].flatMap((g) => Object.keys(g ?? {})),
  );
  return [...units].filter((unit) => of(before, some, unit) !== of(after, others, unit)).length;
}

const value = fc.option(fc.constantFrom('1', '2'), { nil: null });
/** Every unit stands in one group. */
const world: fc.Arbitrary<World> = fc
  .dictionary(
    fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'),
    fc.tuple(fc.constantFrom('EU', 'FR', 'US'), value, value),
    { minKeys: 5 },
  )
  .map((units) => {
    const groups: Record<string, Record<string, readonly (string | null)[]>> = {};
    for (const [unit, [group, ...things]] of Object.entries(units))
      groups[group] = { ...groups[group], [unit]: things };
    return groups;
  });

const people = (...names: readonly string[]): World[string] =>
  Object.fromEntries(names.map((name) => [name, ['1', null]]));

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

  it.each([
    ['a group is called otherwise, and one more is in it', { EU: 'abcdef' }, { EC: 'abcdefg' }],
    [
      'some move between groups, and one comes with them',
      { EU: 'abcdef', US: 'ghi' },
      { EU: 'abc', US: 'defghij' },
    ],
    ['a group falls into two, and one is gone', { EU: 'abcdefg' }, { N: 'abc', S: 'def' }],
    ['two groups change places, and one has gone', { EU: 'abcd', US: 'efgh' }, { EU: 'efgh', US: 'bcd' }],
    ['everyone is dealt out anew', { A: 'abc', B: 'def', C: 'ghi' }, { A: 'adg', B: 'beh', C: 'cfij' }],
  ] as const)('leave over one where %s', (_, earlier, later) => {
    const of = (groups: Readonly<Record<string, string>>): World =>
      Object.fromEntries(Object.entries(groups).map(([name, all]) => [name, people(...all)]));
    for (const detail of [true, false]) {
      expect(differsByTooFew(contentOf(of(earlier), detail), contentOf(of(later), detail))).toBe(true);
      expect(differsByTooFew(contentOf(of(later), detail), contentOf(of(earlier), detail))).toBe(true);
    }
  });

  it('that only grow by whole groups, or by enough in one, are let through by counts alone too', () => {
    const one = { EU: people(...'abcd') };
    for (const other of [
      { ...one, US: people(...'efg'), FR: people(...'hij') },
      { EU: people(...'abcdefg') },
    ]) {
      expect(differsByTooFew(contentOf(one, false), contentOf(other, false))).toBe(false);
      expect(differsByTooFew(contentOf(other, false), contentOf(one, false))).toBe(false);
    }
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
    expect(readShares([[md5('EU'), md5('x'), null, `${md5('a')},${md5('x')},`]], content.atoms)).toBeNull();
  });
});
