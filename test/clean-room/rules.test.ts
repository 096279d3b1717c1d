/** `clean_room` of an exposure: what is settled, and what a push refuses with the nearest right name. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readableIn, roomLimits, tightestRoom } from '../../src/catalogue/clean-room.ts';
import { readCleanRoom } from '../../src/catalogue/settle-clean-room.ts';
import { dataset } from '../policies/support/catalogue.ts';

const members = dataset({
  id: 'gold.members',
  columns: {
    member_id: { family: 'integer' },
    region: { family: 'text' },
    joined_on: { family: 'date' },
    age: { family: 'integer' },
    fax: { state: 'ghost' },
  },
});
const usage = dataset({
  id: 'gold.usage',
  columns: {
    member_id: { family: 'integer' },
    code: { family: 'text' },
    month: { family: 'timestamp' },
    kwh: { family: 'decimal' },
  },
});
const elsewhere = {
  ...dataset({ id: 'lake.members', columns: { member_id: { family: 'integer' } } }),
  engine: 'lake',
};

function read(yaml: string) {
  const problems: string[] = [];
  const room = readCleanRoom(
    parse(yaml),
    { name: 'partners', datasets: [members, usage, elsewhere] },
    (path, message) => problems.push(`${path.join('.')}: ${message}`),
  );
  return { room, problems };
}

const of = (rules: string, room = '') =>
  `{ ${room} datasets: { gold.members: { unit: member_id, ${rules} } } }`;

describe('a clean room', () => {
  const whole = read(
    `
    min_group_size: 12
    budget: { queries: 100, per: 1h }
    datasets:
      gold.members:
        unit: MEMBER_ID
        one_row_per_unit: true
        dimensions: [region, { column: joined_on, truncate_date: year }, { column: age, bucket: 10 }]
        join_keys: [member_id]
      gold.usage:
        unit: member_id
        dimensions: [{ column: month, truncate_date: month }]
        measures: [kwh]
        join_keys: [member_id]
        joins: [{ dataset: gold.members, on: member_id }]
  `.replace('members: &members', 'gold.members:'),
  );

  it('is settled: folded names, defaults, ids of joined datasets', () => {
    expect(whole.problems).toEqual([]);
    expect(whole.room?.datasets['gold.members']).toMatchObject({
      room: 'partners',
      min_group_size: 12,
      unit: 'member_id',
      one_row_per_unit: true,
      dimensions: [
        { column: 'region', mask: null },
        { column: 'joined_on', mask: { kind: 'truncate_date', to: 'year' } },
        { column: 'age', mask: { kind: 'bucket', width: 10, origin: 0 } },
      ],
      noise: null,
      budget: { queries: 100, epsilon: null, per: 3600, memory: 90 * 86_400 },
    });
    expect(whole.room?.datasets['gold.usage']?.joins).toEqual([
      { dataset: 'gold.members', on: [{ column: 'member_id', other: 'member_id' }] },
    ]);
  });

  it('is read by dbt name where only one dataset has it', () => {
    expect(Object.keys(read('{ datasets: { usage: { unit: member_id } } }').room?.datasets ?? {})).toEqual([
      'gold.usage',
    ]);
    expect(read('{ datasets: { members: { unit: member_id } } }').problems[0]).toContain(
      'is no dataset of the project',
    );
  });

  it('holds ten people to a group where it does not say how many', () => {
    expect(read(of('')).room?.datasets['gold.members']?.min_group_size).toBe(10);
  });

  it('lets nothing be read that has no rules', () => {
    const project = { name: 'partners', cleanRoom: whole.room, datasets: ['gold.members', 'gold.tariffs'] };
    expect(readableIn(project)).toEqual(['gold.members']);
    expect(() => roomLimits(project, 'gold.tariffs')).toThrow(/no rules in the clean room/);
    expect(roomLimits({ ...project, cleanRoom: null }, 'gold.tariffs')).toBeNull();
  });

  it.each([
    ['', 'expected a map with min_group_size, noise, budget, datasets; found nothing'],
    ['{}', 'a clean room needs `datasets`'],
    ['{ datasets: {} }', 'releases nothing'],
    [
      '{ min_group: 5, datasets: { gold.members: { unit: member_id } } }',
      'unknown key `min_group`; known are',
    ],
    ['{ datasets: { gold.member: { unit: member_id } } }', 'did you mean `gold.members`?'],
    ['{ datasets: { gold.members: {} } }', '`unit` takes the column that tells people apart'],
    [of('', 'min_group_size: 1,'), '`min_group_size` takes a whole number from 2'],
    [of('', 'min_group_size: 2.5,'), '`min_group_size` takes a whole number from 2'],
    [of('dimension: [region]'), 'unknown key `dimension`; did you mean `dimensions`?'],
    [of('dimensions: region'), '`dimensions` takes a list'],
    [of('dimensions: [regoin]'), 'no column `regoin`; did you mean `region`?'],
    [of('dimensions: [fax]'), 'no column `fax`'],
    [of('dimensions: [member_id]'), 'is the unit: a group of one person is no group'],
    [of('dimensions: [{ column: region, bucket: 10 }]'), '`bucket` does not fit `region`'],
    [of('dimensions: [{ column: age, bucket: 0 }]'), '`bucket` takes a width'],
    [of('dimensions: [{ column: age, bucket: [5, 5] }]'), '`bucket` takes a width'],
    [of('dimensions: [{ column: joined_on, truncate_date: hour }]'), '`truncate_date` does not fit'],
    [of('dimensions: [{ column: joined_on, truncate_date: decade }]'), '`truncate_date` takes one of'],
    [of('dimensions: [{ column: age, bucket: 10, round: 10 }]'), 'made coarse in one way'],
    [of('dimensions: [region, region]'), '`dimensions` names something twice'],
    [of('measures: [region]'), 'a measure is a number'],
    [of('measures: [member_id]'), 'sums of it would name people'],
    [of('dimensions: [age], measures: [age]'), 'is a dimension already'],
    [of('measures: [{ column: age, min: 5, max: 5 }]'), '`max` is to be greater'],
    [of('filters: [age]'), '`filters` need `noise`'],
    [of('joins: [{ dataset: gold.usage, on: member_id }]'), 'is no dataset of the room'],
    [of('join_keys: [member_id], joins: [{ dataset: gold.members, on: member_id }]'), 'does not join itself'],
    [of('', 'noise: { epsilon: 0 }, budget: { epsilon: 1 },'), '`epsilon` takes a number above 0'],
    [of('', 'noise: { epsilon: 0.1 },'), 'needs `budget: { epsilon'],
    [of('', 'budget: { epsilon: 1 },'), 'this room has none'],
    [of('measures: [age]', 'noise: { epsilon: 0.1 }, budget: { epsilon: 1 },'), 'needs its bounds'],
    [
      of('filters: [member_id]', 'noise: { epsilon: 0.1 }, budget: { epsilon: 1 },'),
      'a condition on it chooses a person',
    ],
    [of('', 'budget: { queries: 0 },'), '`queries` takes a whole number from 1'],
    [of('', 'budget: { per: day },'), '`per` takes a duration'],
    [
      '{ datasets: { gold.members: { unit: member_id }, gold.usage: { unit: member_id, join_keys: [member_id], joins: [{ dataset: gold.members, on: member_id }] } } }',
      'one of the join_keys of gold.members',
    ],
    [
      '{ datasets: { gold.members: { unit: member_id, join_keys: [member_id] }, gold.usage: { unit: member_id, joins: [{ dataset: gold.members, on: member_id }] } } }',
      'one of the join_keys of gold.usage',
    ],
    [
      '{ datasets: { gold.members: { unit: member_id, join_keys: [member_id] }, gold.usage: { unit: member_id, join_keys: [code], joins: [{ dataset: gold.members, on: { code: member_id } }] } } }',
      'are of different types',
    ],
    [
      '{ datasets: { lake.members: { unit: member_id, join_keys: [member_id] }, gold.usage: { unit: member_id, join_keys: [member_id], joins: [{ dataset: lake.members, on: member_id }] } } }',
      'lies in another engine',
    ],
  ])('is refused: %s', (yaml, problem) => {
    const { room, problems } = read(yaml);
    expect(room).toBeNull();
    expect(problems.join('\n')).toContain(problem);
  });
});

describe('rooms that hold together', () => {
  const room = (rules: string, terms = '') => read(of(rules, terms)).room!.datasets['gold.members']!;

  it('come down to what all of them permit', () => {
    const a = room('dimensions: [region, { column: age, bucket: 10 }]', 'min_group_size: 5,');
    const b = room(
      'dimensions: [region, { column: age, bucket: 20 }], one_row_per_unit: true',
      'min_group_size: 20,',
    );
    expect(tightestRoom([a, b])).toMatchObject({
      min_group_size: 20,
      one_row_per_unit: true,
      dimensions: [{ column: 'region', mask: null }],
    });
  });

  it('keep noise, the stronger of two, and filters only where both permit them', () => {
    const noisy = (epsilon: number) =>
      room('filters: [age]', `noise: { epsilon: ${epsilon} }, budget: { epsilon: 10 },`);
    expect(tightestRoom([noisy(0.5), noisy(0.1)])).toMatchObject({
      noise: { epsilon: 0.1 },
      filters: ['age'],
    });
    expect(tightestRoom([noisy(0.5), room('')])).toMatchObject({ noise: { epsilon: 0.5 }, filters: [] });
  });

  it('bound a measure by the narrower of both', () => {
    const a = room('measures: [{ column: age, min: 0, max: 100 }]');
    const b = room('measures: [{ column: age, min: 18 }]');
    expect(tightestRoom([a, b])?.measures).toEqual([{ column: 'age', min: 18, max: 100 }]);
  });

  it('release nothing where they protect different units', () => {
    const other = read('{ datasets: { gold.members: { unit: region } } }').room!.datasets['gold.members']!;
    expect(tightestRoom([room(''), other])).toBeNull();
    expect(tightestRoom([])).toBeNull();
  });
});
