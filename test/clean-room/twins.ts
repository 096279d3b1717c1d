/**
 * Three worlds that no caller may tell apart. They differ in people of groups that are too small to be shown, and in who of a
 * group that is shown has which value: the sums of whole groups are the same in all of them.
 */
import type { WorldOptions } from './world.ts';

const TABLES = [
  'CREATE TABLE gold.weights (member_id integer, label text)',
  'CREATE TABLE gold.payroll (member_id integer, salary integer)',
  'INSERT INTO gold.payroll VALUES (31, 4242)',
];

interface Person {
  readonly id: number;
  readonly region: string | null;
  readonly joined: string;
  readonly age: number | null;
  readonly used: readonly number[];
  /** Of the partner's list; several are several rows. */
  readonly labels: readonly string[];
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

const shown = (region: string, year: number, ids: readonly number[]): readonly Person[] =>
  ids.map((id) => ({
    id,
    region,
    joined: `${year}-0${1 + (id % 9)}-1${id % 9}`,
    // Of FR one is unknown: then no age of FR is told.
    age: id === 13 ? null : 20 + id,
    used: [id * 1.5, id * 2.25],
    labels: [id % 2 === 0 ? 'even' : 'odd'],
  }));

const small: readonly Person[] = [
  { id: 31, region: 'IT', joined: '2020-04-03', age: 99, used: [4242.25, 1], labels: ['victim'] },
  { id: 32, region: 'IT', joined: '2020-05-05', age: 41, used: [3, 4], labels: ['odd', 'odd', 'odd', 'odd'] },
  { id: 33, region: 'IT', joined: '2020-07-08', age: 42, used: [5], labels: [] },
  { id: 34, region: null, joined: '2020-01-01', age: 43, used: [6, 7], labels: ['even'] },
];

const A: readonly Person[] = [
  ...shown('EU', 2020, range(1, 12)),
  ...shown('FR', 2020, range(13, 20)),
  ...shown('US', 2021, range(21, 30)),
  ...small,
];

/** Other people in the small groups, with other values, in other small groups; the victim is gone. */
const B: readonly Person[] = [
  ...A.filter(({ id }) => id <= 30),
  { id: 32, region: 'ES', joined: '2021-05-05', age: null, used: [], labels: ['victim', 'odd'] },
  { id: 35, region: 'IT', joined: '2022-05-05', age: 17, used: [99_999, 0.5], labels: [] },
];

/** In each group that is shown, others have the values, and all rows lie in another order. */
const C: readonly Person[] = [...A].reverse().map((person) => {
  const { id, age, used } = person;
  // An age goes from one to another; nobody's of FR is told, so they are others altogether.
  const older: Readonly<Record<number, number>> = { 1: 7, 2: -7, 21: 5, 22: -3, 23: -2 };
  const more: Readonly<Record<number, number>> = { 1: 0.5, 3: -0.5, 13: 100, 15: -100, 22: 3, 24: -3 };
  if (id > 30) return person;
  const within = id >= 13 && id <= 20;
  return {
    ...person,
    joined: person.joined.slice(0, 5) + (id % 2 === 0 ? '11-30' : '02-01'),
    age: within ? (id === 14 ? null : 60 + id) : (age ?? 0) + (older[id] ?? 0),
    used: used.map((kwh) => kwh + (more[id] ?? 0)),
  };
});

export const TWINS = {
  'as it is': A,
  'with others in small groups': B,
  'with the values of others': C,
} as const;

const literal = (value: string | number | null): string =>
  value === null ? 'NULL' : typeof value === 'string' ? `'${value}'` : String(value);

function dataOf(people: readonly Person[]): readonly string[] {
  const rows = (table: string, values: readonly (readonly (string | number | null)[])[]): string =>
    `INSERT INTO gold.${table} VALUES ${values.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`;
  return [
    ...TABLES,
    rows(
      'members',
      people.map(({ id, region, joined, age }) => [id, region, joined, age, `SECRET4242${id}`]),
    ),
    rows(
      'usage',
      people.flatMap(({ id, used }) => used.map((kwh, month) => [id, `2024-0${month + 1}-01`, kwh])),
    ),
    rows(
      'weights',
      people.flatMap(({ id, labels }) => labels.map((label) => [id, label])),
    ),
  ];
}

const clean_room = {
  min_group_size: 5,
  datasets: {
    'gold.members': {
      unit: 'member_id',
      one_row_per_unit: true,
      dimensions: ['region', { column: 'joined_on', truncate_date: 'year' }],
      measures: ['age'],
      join_keys: ['member_id'],
    },
    'gold.weights': { unit: 'member_id', dimensions: ['label'], join_keys: ['member_id'] },
    'gold.usage': {
      unit: 'member_id',
      dimensions: ['month'],
      measures: ['kwh'],
      join_keys: ['member_id'],
      joins: [
        { dataset: 'gold.members', on: 'member_id' },
        { dataset: 'gold.weights', on: 'member_id' },
      ],
    },
  },
};

const on = ['gold.members', 'gold.usage', 'gold.weights'];

export const twinOptions = (people: readonly Person[]): WorldOptions => ({
  data: dataOf(people),
  tables: [
    { schema: 'gold', name: 'weights', columns: ['member_id integer', 'label text'] },
    { schema: 'gold', name: 'payroll', columns: ['member_id integer', 'salary integer'] },
  ],
  exposures: {
    partners: { on, sluice: { members: { group: 'readers' }, clean_room } },
    second: {
      on,
      sluice: { members: { group: 'readers' }, clean_room: { ...clean_room, min_group_size: 6 } },
    },
    theirs: { on, sluice: { members: { group: 'others' }, clean_room } },
  },
  policies: `
  - id: readers-in-rooms
    on: { namespace: gold }
    deny: { group: readers }
    unless: { any: [ { project: partners }, { project: second } ] }`,
});
