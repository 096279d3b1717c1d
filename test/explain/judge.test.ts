/** What a condition makes of an identity, fact by fact, and what would have to be otherwise. */
import { describe, expect, it } from 'vitest';
import { avoiding, judge, missing } from '../../src/explain/judge.ts';
import { readCondition } from '../../src/policies/conditions.ts';
import type { Dnf } from '../../src/policies/policy.ts';
import { context, type IdentitySpec, identity } from '../policies/support/catalogue.ts';

const conditionOf = (written: unknown): Dnf => {
  const dnf = readCondition(written, [], () => {});
  if (dnf === null) throw new Error('no condition');
  return dnf;
};

const asking = (spec: IdentitySpec) => ({ identity: identity(spec), context: context() });

it('judges each fact of each alternative, unknown ones among them', () => {
  const dnf = conditionOf({
    any: [{ group: 'officers' }, { all: [{ role: 'auditor' }, { not: { attribute: { external: true } } }] }],
  });
  expect(judge(dnf, asking({ roles: ['auditor'] }))).toEqual({
    truth: 'unknown',
    alternatives: [
      { truth: 'false', facts: [{ fact: 'group = officers', truth: 'false' }] },
      {
        truth: 'unknown',
        facts: [
          { fact: 'role = auditor', truth: 'true' },
          { fact: 'not attribute external = true', truth: 'unknown' },
        ],
      },
    ],
  });
});

describe('what is missing', () => {
  const CASES: readonly (readonly [condition: unknown, spec: IdentitySpec, missing: readonly string[]])[] = [
    [{ group: 'a' }, { groups: ['a'] }, []],
    [{ group: 'a' }, {}, ['be in the group a']],
    [{ group: ['a', 'b'] }, {}, ['be in the group a', 'be in the group b']],
    [
      { all: [{ role: 'r' }, { scope: 's' }, { not: { kind: 'service' } }] },
      { roles: ['r'], kind: 'service' },
      ['carry the scope s and not be a service'],
    ],
    [{ not: { kind: 'anonymous' } }, { kind: 'anonymous' }, ['sign in']],
    [{ attribute: { cleared: true } }, {}, ['have the attribute cleared = true']],
    [{ purpose: 'fraud' }, {}, ['read for the purpose fraud']],
    [{ network: '10.0.0.0/8' }, {}, ['ask from the network 10.0.0.0/8']],
  ];
  it.each(CASES)('%j', (condition, spec, wanted) => {
    expect(missing(conditionOf(condition), asking(spec))).toEqual(wanted);
  });
});

describe('what avoids a denial', () => {
  it('is one fact the other way', () => {
    const dnf = conditionOf({ all: [{ group: 'interns' }, { not: { role: 'lead' } }] });
    expect(avoiding(dnf, asking({ groups: ['interns'] }))).toEqual([
      'not be in the group interns',
      'have the role lead',
    ]);
  });
  it('is not said of who is denied in several ways', () => {
    const dnf = conditionOf({ group: ['a', 'b'] });
    expect(avoiding(dnf, asking({ groups: ['a', 'b'] }))).toEqual([]);
  });
});
