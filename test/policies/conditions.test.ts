import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { evaluateDnf, parseCondition, truthOf } from '../../src/policies/conditions.ts';
import { type Condition, MAX_ALTERNATIVES, toDnf } from '../../src/policies/dnf.ts';
import type { Literal } from '../../src/policies/policy.ts';
import { identity } from './support/catalogue.ts';

const here = { project: null, purpose: null, environment: 'production' };

function problemsOf(value: unknown): readonly string[] {
  try {
    parseCondition(value);
  } catch (error) {
    if (error instanceof SluiceError) return error.details;
    throw error;
  }
  return [];
}

it('parseCondition names the key of the configuration that holds it', () => {
  expect(() => parseCondition({ grup: 'a' }, 'requests.fallback')).toThrowError(
    'The condition requests.fallback is not usable: grup: unknown condition `grup`; did you mean `group`?',
  );
});

describe('parseCondition refuses, with the place and the right word', () => {
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['a typo', { grup: 'a' }, 'grup: unknown condition `grup`; did you mean `group`?'],
    [
      'a typo deep inside',
      { any: [{ not: { rol: 'a' } }] },
      'any.0.not.rol: unknown condition `rol`; did you mean `role`?',
    ],
    [
      'two facts side by side',
      { group: 'a', role: 'b' },
      '`group` and `role` stand side by side; say `all: [ … ]` or `any: [ … ]`',
    ],
    ['an empty map', {}, 'the condition is empty'],
    ['an empty list', { any: [] }, 'any: `any` takes a list of at least one condition; found an empty list'],
    [
      'an empty list of values',
      { group: [] },
      'group: an empty list matches nobody; name at least one value',
    ],
    ['a number as group', { group: 7 }, 'group: `group` takes a text (quote it); found the number 7'],
    ['an empty text', { role: '' }, 'role: `role` takes a text; found the text ``'],
    ['an unknown kind', { kind: 'robot' }, 'kind: unknown kind `robot`; known are user, service, anonymous'],
    [
      'an attribute without value',
      { attribute: 'clearance' },
      'attribute: expected one attribute and its value: { attribute: { name: value } }',
    ],
    [
      'an attribute of null',
      { attribute: { a: null } },
      'attribute.a: an attribute is compared with a text, a number, true or false; found nothing',
    ],
    [
      'two attributes',
      { attribute: { a: 1, b: 2 } },
      'attribute: expected one attribute and its value: { attribute: { name: value } }',
    ],
    [
      'a text',
      'anyone',
      'expected `everyone`, or a map with one key, such as { group: … } or { any: [ … ] }; found the text `anyone`',
    ],
    [
      'nothing',
      null,
      'expected `everyone`, or a map with one key, such as { group: … } or { any: [ … ] }; found nothing',
    ],
  ];
  it.each(wrong)('%s', (_name, value, message) => {
    expect(problemsOf(value)).toContain(message);
  });

  it('more alternatives than fit', () => {
    const factor = { any: Array.from({ length: 12 }, (_, i) => ({ group: `g${i}` })) };
    const all = Array.from({ length: 4 }, (_, i) => ({
      any: factor.any.map((g) => ({ group: `${g.group}-${i}` })),
    }));
    expect(problemsOf({ all })).toEqual([
      `the condition has more than ${MAX_ALTERNATIVES} alternatives when written out; split the policy`,
    ]);
  });

  it('nesting without end', () => {
    let value: unknown = { group: 'a' };
    for (let i = 0; i < 5000; i++) value = { not: value };
    expect(problemsOf(value)[0]).toMatch(/nested more than 32 deep$/);
  });
});

describe('evaluateDnf', () => {
  const cases: readonly (readonly [string, unknown, Parameters<typeof identity>[0], string])[] = [
    ['everyone', 'everyone', {}, 'true'],
    ['not everyone', { not: 'everyone' }, {}, 'false'],
    ['a group that is held', { group: 'a' }, { groups: ['a'] }, 'true'],
    ['a group that is not held', { group: 'a' }, { groups: ['b'] }, 'false'],
    ['a group differing in case', { group: 'A' }, { groups: ['a'] }, 'false'],
    ['one of several groups', { group: ['a', 'b'] }, { groups: ['b'] }, 'true'],
    ['none of several groups, negated', { not: { group: ['a', 'b'] } }, { groups: ['b'] }, 'false'],
    ['an attribute', { attribute: { region: 'north' } }, { attributes: { region: 'north' } }, 'true'],
    [
      'an attribute of another value',
      { attribute: { region: 'north' } },
      { attributes: { region: 'south' } },
      'false',
    ],
    ['a missing attribute', { attribute: { region: 'north' } }, {}, 'unknown'],
    ['a missing attribute, negated', { not: { attribute: { region: 'north' } } }, {}, 'unknown'],
    ['an attribute named like a member of Object', { attribute: { constructor: 'x' } }, {}, 'unknown'],
    ['an attribute of another type', { attribute: { level: 3 } }, { attributes: { level: '3' } }, 'unknown'],
    [
      'an attribute of another type, negated',
      { not: { attribute: { level: 3 } } },
      { attributes: { level: '3' } },
      'unknown',
    ],
    [
      'a text for a boolean',
      { attribute: { cleared: true } },
      { attributes: { cleared: 'true' } },
      'unknown',
    ],
    [
      'an empty attribute, negated',
      { not: { attribute: { region: 'north' } } },
      { attributes: { region: '' } },
      'unknown',
    ],
    [
      'an empty list, negated',
      { not: { attribute: { region: 'north' } } },
      { attributes: { region: [] } },
      'unknown',
    ],
    [
      'a value in a list',
      { attribute: { region: 'north' } },
      { attributes: { region: ['south', 'north'] } },
      'true',
    ],
    [
      'a value not in a list',
      { attribute: { region: 'north' } },
      { attributes: { region: ['south'] } },
      'false',
    ],
    [
      'a value not in a list of mixed types',
      { attribute: { region: 'north' } },
      { attributes: { region: ['south', 1] } },
      'unknown',
    ],
    ['unknown or true', { any: [{ attribute: { a: 1 } }, { group: 'g' }] }, { groups: ['g'] }, 'true'],
    ['unknown and false', { all: [{ attribute: { a: 1 } }, { group: 'g' }] }, {}, 'false'],
    ['unknown and true', { all: [{ attribute: { a: 1 } }, { group: 'g' }] }, { groups: ['g'] }, 'unknown'],
    [
      'x and not x where x is unknown',
      { all: [{ attribute: { a: 1 } }, { not: { attribute: { a: 1 } } }] },
      {},
      'unknown',
    ],
    ['no purpose is a known absence', { purpose: 'fraud' }, {}, 'false'],
    ['the environment', { environment: 'production' }, {}, 'true'],
    ['the kind', { kind: 'service' }, { kind: 'service' }, 'true'],
    ['the subject', { sub: 'someone' }, {}, 'true'],
    ['the issuer', { issuer: 'https://other.example.com' }, {}, 'false'],
  ];
  it.each(cases)('%s', (_name, condition, who, wanted) => {
    const dnf = parseCondition(condition);
    expect(truthOf(dnf, identity(who), here)).toBe(wanted);
    expect(evaluateDnf(dnf, identity(who), here)).toBe(wanted === 'true');
  });
});

describe('the disjunctive normal form', () => {
  const literal: fc.Arbitrary<Literal> = fc.oneof(
    fc.record({
      fact: fc.constant('group' as const),
      value: fc.constantFrom('a', 'b'),
      negated: fc.boolean(),
    }),
    fc.record({
      fact: fc.constant('attribute' as const),
      name: fc.constantFrom('x', 'y'),
      value: fc.constantFrom('a', 1),
      negated: fc.boolean(),
    }),
  );
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      literal.map((l): Condition => ({ kind: 'literal', literal: l })),
      fc.constant<Condition>({ kind: 'everyone' }),
      fc.record({
        kind: fc.constantFrom('any' as const, 'all' as const),
        args: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), arg: tie('condition') }),
    ),
  }));
  const who = fc.record({
    groups: fc.subarray(['a', 'b']),
    attributes: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('a', 1, 'c', ''), { maxKeys: 2 }),
  });

  // Kleene's tables, on the tree as written: false 0, unknown 1, true 2.
  const kleene = (c: Condition, value: (l: Literal) => number): number => {
    switch (c.kind) {
      case 'everyone':
        return 2;
      case 'literal':
        return value(c.literal);
      case 'not':
        return 2 - kleene(c.arg, value);
      case 'any':
        return Math.max(...c.args.map((arg) => kleene(arg, value)));
      case 'all':
        return Math.min(...c.args.map((arg) => kleene(arg, value)));
      default:
        return c satisfies never;
    }
  };

  it('has the three-valued value of the condition as written', () => {
    const numbers = { false: 0, unknown: 1, true: 2 };
    fc.assert(
      fc.property(condition, who, (c, w) => {
        const value = (l: Literal) => numbers[truthOf([[l]], identity(w), here)];
        expect(numbers[truthOf(toDnf(c), identity(w), here)]).toBe(kleene(c, value));
      }),
      { numRuns: 2000 },
    );
  });
});
