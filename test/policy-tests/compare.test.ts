/** What a case expects beside what came of it. */
import { expect, it } from 'vitest';
import { testCase } from '../../src/policy-tests/case.ts';
import { compare } from '../../src/policy-tests/compare.ts';
import type { Outcome } from '../../src/policy-tests/outcome.ts';

const ANSWER: Outcome = {
  kind: 'answer',
  columns: [
    { name: 'id', masked: false },
    { name: 'email', masked: true },
    { name: 'city', masked: false },
  ],
  rows: [
    [1, 'aa', 'Delft'],
    [2, 'bb', null],
  ],
  hasMore: false,
  filtered: ['gold.people'],
  maskKinds: new Map([
    ['id', []],
    ['email', ['hash', 'partial']],
    ['city', []],
  ]),
};

const DENIED: Outcome = { kind: 'refused', status: 403, code: 'access_denied', message: 'You may not.' };
const UNKNOWN: Outcome = { kind: 'refused', status: 404, code: 'dataset_not_found', message: 'No such.' };
const WRONG: Outcome = { kind: 'refused', status: 400, code: 'column_not_found', message: 'No such.' };

const EMPTY: Outcome = { ...ANSWER, rows: [] };

const CASES: readonly (readonly [
  name: string,
  outcome: Outcome,
  expect: object,
  problems: readonly string[],
])[] = [
  ['kinds of masks', ANSWER, { masked: { email: ['partial', 'hash'] } }, []],
  [
    'another kind of mask',
    ANSWER,
    { masked: { email: 'hash' } },
    ['masked: expected email by hash, got hash and partial'],
  ],
  ['a mask where none is meant', ANSWER, { masked: {} }, ['masked: expected [], got ["email"]']],
  ['kinds that the gate does not tell', { ...ANSWER, maskKinds: null }, { masked: { email: 'null' } }, []],
  ['equal values', ANSWER, { values: { id: { one_of: [1, 2] }, city: { one_of: ['Delft', null] } } }, []],
  ['a plain value', { ...ANSWER, rows: [[1, 'x', null]] }, { values: { city: null, id: 1 } }, []],
  ['another plain value', ANSWER, { values: { id: 1 } }, ['values: id must be 1, row 2 has 2']],
  ['a form', ANSWER, { values: { email: { matches: '^[ab]+$', distinct: 2 } } }, []],
  [
    'another form',
    ANSWER,
    { values: { email: { matches: '^a' } } },
    ['values: email must match ^a, row 2 has "bb"'],
  ],
  [
    'a form of what is no text',
    ANSWER,
    { values: { id: { matches: '1' } } },
    ['values: id must match 1, row 1 has 1'],
  ],
  [
    'nulls',
    ANSWER,
    { values: { city: { is_null: true } } },
    ['values: city must be null, row 1 has "Delft"'],
  ],
  [
    'no nulls',
    ANSWER,
    { values: { city: { is_null: false } } },
    ['values: city must not be null, row 2 has null'],
  ],
  [
    'excluded values',
    ANSWER,
    { values: { id: { excludes: [2] } } },
    ['values: id must be none of [2], row 2 has 2'],
  ],
  [
    'too few different values',
    ANSWER,
    { values: { id: { distinct: 3 } } },
    ['values: id must have 3 different values, it has 2'],
  ],
  [
    'values of no rows',
    EMPTY,
    { values: { id: 1 } },
    ['values: there are no rows, so nothing is known of id'],
  ],
  ['values of no column', ANSWER, { values: { name: 1 } }, ['values: there is no column name']],
  ['a filter', ANSWER, { filtered: true }, []],
  ['no filter', ANSWER, { filtered: false }, ['filtered: expected false, got true']],
  ['filters by dataset', ANSWER, { filtered: ['gold.people'] }, []],
  [
    'another filter',
    ANSWER,
    { filtered: ['gold.people', 'gold.cities'] },
    ['filtered: expected ["gold.cities","gold.people"], got ["gold.people"]'],
  ],
  ['a denial', DENIED, { denied: true }, []],
  ['a denial that says nothing', UNKNOWN, { denied: true }, []],
  ['an error that is no denial', WRONG, { denied: true }, ['expected a denial, got 400 column_not_found']],
  ['a denial and its code', DENIED, { denied: 403, error: 'access_denied' }, []],
  ['an answer for a denial', ANSWER, { denied: true }, ['expected a denial, got an answer of 2 rows']],
];

it.each(CASES)('%s', (_name, outcome, wanted, problems) => {
  const { expect: read } = testCase.parse({ name: 'x', as: 'y', sql: 'SELECT 1', expect: wanted });
  expect(compare(read, outcome)).toEqual(problems);
});

it.each([
  ['a refusal with rows', { denied: true, rows: [] }],
  ['a matcher of nothing', { values: { a: {} } }],
  ['a pattern that is none', { values: { a: { matches: '(' } } }],
  ['a mask that there is not', { masked: { a: 'blur' } }],
])('refuses %s', (_name, wanted) => {
  expect(testCase.safeParse({ name: 'x', as: 'y', sql: 'SELECT 1', expect: wanted }).success).toBe(false);
});
