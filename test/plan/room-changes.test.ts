/** What a plan says of the rules of clean rooms, whoever is let in: of which datasets, for whom, how grave. */
import { expect, it } from 'vitest';
import type { CleanRoomLimits } from '../../src/catalogue/clean-room.ts';
import type { Project } from '../../src/catalogue/dataset.ts';
import { pairDatasets } from '../../src/plan/pairs.ts';
import { roomChanges } from '../../src/plan/room-changes.ts';
import { tagIndex } from '../../src/plan/tag-index.ts';
import { ENVIRONMENT, persona, seen, state } from './states.ts';

const rule = (over: Partial<CleanRoomLimits> = {}): CleanRoomLimits => ({
  room: 'board',
  min_group_size: 10,
  unit: 'id',
  one_row_per_unit: true,
  dimensions: [],
  measures: [],
  join_keys: [],
  joins: [],
  filters: [],
  noise: null,
  budget: { queries: 500, epsilon: null, per: 86_400, memory: 604_800 },
  ...over,
});

const room = (datasets: Record<string, CleanRoomLimits> | null, over: Partial<Project> = {}): Project => ({
  name: 'board',
  uniqueId: 'exposure.test.board',
  label: null,
  type: 'dashboard',
  owner: null,
  maturity: null,
  url: null,
  description: '',
  tags: [],
  datasets: ['gold.a', 'gold.plain'],
  members: [[{ fact: 'group', value: 'partners', negated: false }]],
  purposes: [],
  equalise: false,
  cleanRoom: datasets === null ? null : { datasets },
  ...over,
});

const { catalogue } = state([
  { id: 'gold.a', columns: { id: [], mail: ['pii.email'] } },
  { id: 'gold.plain', columns: { id: [] } },
]);
const KNOWN = [seen('petra', { groups: ['partners'] }), persona('anna', { groups: ['staff'] })];

function changes(before: readonly Project[], after: readonly Project[], names = true) {
  return roomChanges({
    ...{ before, after, names },
    pairs: pairDatasets(catalogue, catalogue),
    tags: tagIndex(catalogue.datasets),
    known: KNOWN,
    environment: ENVIRONMENT,
  });
}

const BOTH = { 'gold.a': rule(), 'gold.plain': rule() };

it.each([
  ['the same', room(BOTH), room(BOTH), []],
  [
    'a dataset that comes into it',
    room({ 'gold.plain': rule() }),
    room(BOTH),
    ['gain tagged gold.a dataset_gained not in it -> aggregates alone'],
  ],
  [
    'a dataset that leaves it',
    room(BOTH),
    room({ 'gold.plain': rule() }),
    ['loss gold.a dataset_lost aggregates alone -> not in it'],
  ],
  [
    'a room that is opened',
    room({ 'gold.a': rule() }, { datasets: ['gold.a'] }),
    room(null, { datasets: ['gold.a'] }),
    ['gain tagged gold.a limit_loosened aggregates alone, as in board -> rows'],
  ],
  [
    'a room that is closed',
    room(null),
    room({ 'gold.a': rule() }),
    [
      'loss gold.a limit_tightened rows -> aggregates alone, as in board',
      'loss gold.plain dataset_lost rows -> not in it',
    ],
  ],
  [
    'rules over what nobody has tagged',
    room(BOTH),
    room({ ...BOTH, 'gold.plain': rule({ min_group_size: 2 }) }),
    ['gain gold.plain limit_loosened min_group_size 10 -> min_group_size 2'],
  ],
  ['no room on either side', room(null), room(null, { datasets: [] }), []],
] as const)('%s', (_, was, is, wanted) => {
  const lines = changes([was], [is]).flatMap(({ tagged, changes: all }) =>
    all.map(
      ({ dataset, change, direction, from, to }) =>
        `${direction}${tagged ? ' tagged' : ''} ${dataset} ${change} ${from} -> ${to}`,
    ),
  );
  expect(lines).toEqual(wanted);
});

it('a room that is new, or gone, is told among the projects', () => {
  expect([changes([], [room(BOTH)]), changes([room(BOTH)], [])]).toEqual([[], []]);
});

it('members are those who meet the condition, and named for stewards alone', () => {
  const is = room({ ...BOTH, 'gold.a': rule({ min_group_size: 5 }) });
  const [told] = changes([room(BOTH)], [is]);
  expect(told?.who).toEqual({
    label: 'members of board: group partners',
    personas: [],
    seen: 1,
    examples: ['petra'],
    imagined: false,
  });
  expect(changes([room(BOTH)], [is], false)[0]?.who.examples).toEqual([]);
  const nobody = changes([room(BOTH)], [room(is.cleanRoom?.datasets ?? {}, { members: [] })]);
  expect(nobody[0]?.who).toMatchObject({ label: 'members of board: nobody', imagined: true });
});
