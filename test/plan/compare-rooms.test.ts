/** Of two rules of a clean room: which tells more, which less, and what cannot be told. */
import { describe, expect, it } from 'vitest';
import type { CleanRoomDimension, CleanRoomLimits } from '../../src/catalogue/clean-room.ts';
import { compareRooms } from '../../src/plan/compare-rooms.ts';

const BUDGET = { queries: 500, epsilon: null, per: 86_400, memory: 604_800 };

const rule = (over: Partial<CleanRoomLimits> = {}): CleanRoomLimits => ({
  room: 'partners',
  min_group_size: 10,
  unit: 'member_id',
  one_row_per_unit: true,
  dimensions: [{ column: 'region', mask: null }],
  measures: [{ column: 'kwh', min: 0, max: 100 }],
  join_keys: ['member_id'],
  joins: [],
  filters: [],
  noise: null,
  budget: BUDGET,
  ...over,
});

const by = (to: 'year' | 'month' | 'week'): CleanRoomDimension => ({
  column: 'joined_on',
  mask: { kind: 'truncate_date', to },
});
const steps = (width: number, origin = 0): CleanRoomDimension => ({
  column: 'age',
  mask: { kind: 'bucket', width, origin },
});
const plain = (column: string): CleanRoomDimension => ({ column, mask: null });
const joined = { dataset: 'gold.members', on: [{ column: 'a', other: 'b' }] };
const noise = (epsilon: number, rows_per_unit = 1) => ({ noise: { epsilon, rows_per_unit } });

const MORE: readonly (readonly [string, Partial<CleanRoomLimits>, Partial<CleanRoomLimits>])[] = [
  ['smaller groups', {}, { min_group_size: 5 }],
  ['a dimension more', {}, { dimensions: [plain('region'), plain('community')] }],
  [
    'a dimension that is no longer made coarse',
    { dimensions: [by('year')] },
    { dimensions: [plain('joined_on')] },
  ],
  ['months instead of years', { dimensions: [by('year')] }, { dimensions: [by('month')] }],
  ['steps that divide those of before', { dimensions: [steps(10)] }, { dimensions: [steps(5)] }],
  ['a measure more', {}, { measures: [...rule().measures, { column: 'eur' }] }],
  ['a measure with wider bounds', {}, { measures: [{ column: 'kwh', min: -5, max: 200 }] }],
  ['a measure with one bound less', {}, { measures: [{ column: 'kwh', min: 0 }] }],
  ['a key to join by', { join_keys: [] }, {}],
  ['a join', {}, { joins: [joined] }],
  ['a filter', noise(1), { ...noise(1), filters: ['age'] }],
  ['no noise any more', noise(1), {}],
  ['less noise', noise(0.5), noise(1)],
  ['more queries', {}, { budget: { ...BUDGET, queries: 600 } }],
  ['any number of queries', {}, { budget: { ...BUDGET, queries: null } }],
  ['a shorter period', {}, { budget: { ...BUDGET, per: 3_600 } }],
  ['a shorter memory', {}, { budget: { ...BUDGET, memory: 3_600 } }],
];

describe('more is told by', () => {
  it.each(MORE)('%s, and less the other way round', (_, was, is) => {
    const kinds = (a: Partial<CleanRoomLimits>, b: Partial<CleanRoomLimits>) =>
      compareRooms([rule(a)], [rule(b)]).map(({ compared }) => compared);
    expect(kinds(was, is)).toEqual(['more']);
    expect(kinds(is, was)).toEqual(['less']);
  });
});

describe('it cannot be told', () => {
  it.each([
    ['for another unit', {}, { unit: 'household' }],
    ['where units of several rows count', {}, { one_row_per_unit: false }],
    ['for another dimension', {}, { dimensions: [plain('community')] }],
    ['of weeks and months', { dimensions: [by('week')] }, { dimensions: [by('month')] }],
    ['of steps that do not nest', { dimensions: [steps(10)] }, { dimensions: [steps(4)] }],
    ['of steps that begin elsewhere', { dimensions: [steps(10)] }, { dimensions: [steps(5, 1)] }],
    ['of bounds that move', {}, { measures: [{ column: 'kwh', min: 10, max: 200 }] }],
    ['where more rows of a unit count', noise(1), noise(1, 2)],
    ['of a room of another name, which begins to remember anew', {}, { room: 'friends' }],
  ] as const)('%s', (_, was, is) => {
    expect(compareRooms([rule(was)], [rule(is)]).map(({ compared }) => compared)).toEqual(['in_doubt']);
  });
});

describe('of several rooms', () => {
  const other = rule({ room: 'other', min_group_size: 20 });
  it.each([
    ['the same', [rule()], [rule()], []],
    ['one that is opened', [rule()], [], ['more']],
    ['one that is closed', [], [rule()], ['less']],
    ['one more', [rule()], [rule(), other], ['less']],
    ['one less', [rule(), other], [rule()], ['more']],
    [
      'another one beside',
      [rule(), other],
      [rule(), rule({ room: 'third', min_group_size: 20 })],
      ['in_doubt'],
    ],
    [
      'two that contradict one another',
      [rule()],
      [rule({ min_group_size: 5 }), rule({ unit: 'x' })],
      ['less'],
    ],
  ] as const)('%s', (_, was, is, kinds) => {
    expect(compareRooms(was, is).map(({ compared }) => compared)).toEqual(kinds);
  });

  it('says both sides in words', () => {
    expect(
      compareRooms(
        [rule({ dimensions: [by('year')] })],
        [rule({ dimensions: [by('month'), plain('region')], min_group_size: 5 })],
      ),
    ).toEqual([
      { compared: 'more', from: 'min_group_size 10', to: 'min_group_size 5' },
      {
        compared: 'more',
        from: 'dimensions joined_on (by year)',
        to: 'dimensions joined_on (by month), region',
      },
    ]);
  });
});
