import { describe, expect, it } from 'vitest';
import type { DecisionInput } from '../../src/access/decision.ts';
import { decodeBatch } from '../../src/access/decode.ts';
import { buildInput } from '../../src/access/input.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, context, dataset, identity, request } from '../policies/support/catalogue.ts';

const members = dataset({ columns: { email: [], region: [], constructor: [] } });
const inputOf = (level: 'open' | 'internal' | 'restricted'): DecisionInput =>
  buildInput({
    action: 'query',
    dataset: { ...members, accessLevel: level },
    identity: identity(),
    policies: compilePolicies([], catalogue([]), { environment: 'production' }),
    request,
    context: context(),
  });
const input = inputOf('internal');

const sound = {
  dataset_id: 'gold.members',
  allow: true,
  reason: 'allowed',
  reasons: [{ policy: 'm', effect: 'mask', because: 'everyone', source: { file: 'a.yml', line: 1 } }],
  rows: [
    { policy: 'r', predicate: { kind: 'is_null', arg: { kind: 'column', name: 'region' }, negated: false } },
  ],
  masks: { email: { policy: 'm', mask: { kind: 'hash', scope: 'global' } } },
  hidden: ['constructor'],
  limits: {},
  expires_at: null,
  discoverable: true,
};

const room = {
  room: 'partners',
  min_group_size: 5,
  unit: 'email',
  one_row_per_unit: true,
  dimensions: [{ column: 'region', mask: null }],
  measures: [],
  join_keys: ['email'],
  joins: [{ dataset: 'gold.usage', on: [{ column: 'email', other: 'id' }] }],
  filters: [],
  noise: null,
  budget: { queries: null, epsilon: null, per: 86_400, memory: 86_400 },
};

const roomed = (...rooms: unknown[]) => ({ ...sound, limits: { aggregate_only: rooms } });

const decodeOne = (value: unknown, over = input) => decodeBatch([value], [over])[0];

it('a sound answer passes as it is', () => {
  expect(decodeOne(sound)).toEqual(sound);
});

it('rules of clean rooms pass as they are', () => {
  expect(decodeOne(roomed(room, room))?.limits).toEqual({ aggregate_only: [room, room] });
});

it('a column called like a member of Object has no mask by accident', () => {
  expect(decodeOne(sound)?.masks.toString).toBeUndefined();
});

describe('a policy of the user’s own may answer shortly', () => {
  it('true releases all', () => {
    expect(decodeOne(true)).toMatchObject({ allow: true, reason: 'allowed', hidden: [], masks: {} });
  });
  it('false releases nothing', () => {
    expect(decodeOne(false)).toMatchObject({
      allow: false,
      reason: 'denied_by_policy',
      hidden: ['email', 'region', 'constructor'],
    });
  });
  it('with a reason', () => {
    expect(decodeOne({ allow: false, reason: 'not_today' })).toMatchObject({
      allow: false,
      reason: 'not_today',
    });
  });
  it('without naming the dataset or whether it is discoverable', () => {
    const { dataset_id: _id, discoverable: _discoverable, ...rest } = sound;
    expect(decodeOne(rest)).toEqual(sound);
  });
});

describe('anything odd is a denial', () => {
  const odd: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['a text', 'true'],
    ['a number', 1],
    ['a list', [true]],
    ['an empty object', {}],
    ['allow as text', { allow: 'true' }],
    ['allow as number', { allow: 1 }],
    ['a short answer with an unknown field', { allow: true, masks: {} }],
    ['an unknown field', { ...sound, grants: [] }],
    ...Object.keys(sound)
      .filter((key) => !['dataset_id', 'discoverable'].includes(key))
      .map(
        (key) =>
          [`${key} missing`, Object.fromEntries(Object.entries(sound).filter(([k]) => k !== key))] as const,
      ),
    ...Object.keys(sound).map((key) => [`${key} of another type`, { ...sound, [key]: { odd: [] } }] as const),
    ['another dataset', { ...sound, dataset_id: 'gold.meters' }],
    ['a mask on an unknown column', { ...sound, masks: { ssn: sound.masks.email } }],
    [
      'a mask on __proto__',
      { ...sound, masks: JSON.parse('{"__proto__": {"policy": "m", "mask": {"kind": "null"}}}') },
    ],
    ['an unknown mask', { ...sound, masks: { email: { policy: 'm', mask: { kind: 'rot13' } } } }],
    ['hide among the masks', { ...sound, masks: { email: { policy: 'm', mask: { kind: 'hide' } } } }],
    [
      'a mask with an unknown field',
      { ...sound, masks: { email: { policy: 'm', mask: { kind: 'null', of: 1 } } } },
    ],
    ['a mask without policy', { ...sound, masks: { email: { mask: { kind: 'null' } } } }],
    [
      'a negative count',
      {
        ...sound,
        masks: { email: { policy: 'm', mask: { kind: 'partial', first: -1, last: 0, with: '*' } } },
      },
    ],
    ['masks as a list', { ...sound, masks: [] }],
    ['masks as null', { ...sound, masks: null }],
    ['an unknown hidden column', { ...sound, hidden: ['ssn'] }],
    ['a column both hidden and masked', { ...sound, hidden: ['email'] }],
    [
      'a filter on an unknown column',
      {
        ...sound,
        rows: [
          {
            policy: 'r',
            predicate: { kind: 'is_null', arg: { kind: 'column', name: 'ssn' }, negated: false },
          },
        ],
      },
    ],
    ['a filter as SQL', { ...sound, rows: [{ policy: 'r', predicate: 'true' }] }],
    [
      'a filter of an unknown kind',
      { ...sound, rows: [{ policy: 'r', predicate: { kind: 'sql', text: '1=1' } }] },
    ],
    [
      'a filter with an unknown operator',
      {
        ...sound,
        rows: [
          {
            policy: 'r',
            predicate: {
              kind: 'compare',
              op: '~',
              left: { kind: 'literal', value: 1 },
              right: { kind: 'literal', value: 1 },
            },
          },
        ],
      },
    ],
    ['an empty or', { ...sound, rows: [{ policy: 'r', predicate: { kind: 'or', args: [] } }] }],
    [
      'an unknown effect',
      { ...sound, reasons: [{ policy: 'p', effect: 'maybe', because: '', source: null }] },
    ],
    ['an unknown limit', { ...sound, limits: { min_rows: 1 } }],
    ['a clean room of no rules', roomed()],
    ['a clean room that is none', { ...sound, limits: { aggregate_only: room } }],
    ['groups of one', roomed({ ...room, min_group_size: 1 })],
    ['no unit', roomed({ ...room, unit: undefined })],
    ['a unit that the dataset lacks', roomed({ ...room, unit: 'id' })],
    ['a dimension that it lacks', roomed({ ...room, dimensions: [{ column: 'age', mask: null }] })],
    [
      'a dimension by a mask of another kind',
      roomed({ ...room, dimensions: [{ column: 'region', mask: { kind: 'null' } }] }),
    ],
    [
      'a join by a column that it lacks',
      roomed({ ...room, joins: [{ dataset: 'x', on: [{ column: 'id', other: 'id' }] }] }),
    ],
    ['a join on nothing', roomed({ ...room, joins: [{ dataset: 'x', on: [] }] })],
    ['filters without noise', roomed({ ...room, filters: ['region'] })],
    ['noise of nothing', roomed({ ...room, noise: { epsilon: 0, rows_per_unit: 1 } })],
    ['no budget', roomed({ ...room, budget: undefined })],
    ['a word too many in a room', roomed({ ...room, exempt: true })],
    ['one odd room of two', roomed(room, { ...room, unit: 5 })],
    ['a limit of zero', { ...sound, limits: { max_rows: 0 } }],
    ['an expiry as text', { ...sound, expires_at: 'never' }],
  ];
  it.each(odd)('%s', (_name, value) => {
    expect(decodeOne(value)).toMatchObject({
      dataset_id: 'gold.members',
      allow: false,
      reason: 'undecodable',
      rows: [],
      hidden: ['email', 'region', 'constructor'],
    });
  });

  it('an expiry that has passed', () => {
    expect(decodeOne({ ...sound, expires_at: 1_600_000_000 })).toMatchObject({
      allow: false,
      reason: 'expired',
    });
  });

  it('of one dataset leaves the others as they are', () => {
    expect(decodeBatch(['?', true], [input, input])).toMatchObject([{ allow: false }, { allow: true }]);
  });

  it.each([
    ['open', true],
    ['internal', true],
    ['restricted', false],
  ] as const)('and a dataset that is %s stays as discoverable as its level says', (level, discoverable) => {
    expect(decodeOne(null, inputOf(level))).toMatchObject({ allow: false, discoverable });
  });
});

it.each([
  ['undefined', undefined],
  ['null', null],
  ['a decision that is in no list', sound],
  ['true', true],
  ['a list in a list', { result: [sound] }],
  ['one decision too few', []],
  ['one decision too many', [sound, sound]],
])('an answer that is no answer to the batch is a fault: %s', (_name, answer) => {
  expect(() => decodeBatch(answer, [input])).toThrow(
    expect.objectContaining({ code: 'decision_invalid', status: 503 }),
  );
});
