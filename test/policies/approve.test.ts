/** `approve:` as a push reads it: who may lift a policy, and which policies nobody lifts. */
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, dataset } from './support/catalogue.ts';

const known = catalogue([dataset({ columns: { email: ['pii.email'] } })]);
const compiled = (policy: string) =>
  compilePolicies([{ path: 'a.yml', text: `policies:\n  - ${policy}\n` }], known, { environment: 'e' });
const problemsOf = (policy: string): readonly string[] => {
  try {
    compiled(policy);
    return [];
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'policy_invalid') return error.details;
    throw error;
  }
};
const mask = (approve: string) =>
  `{ id: m, on: { column_tag: pii }, mask: { with: hash }, approve: ${approve} }`;
const OFFICERS = [[{ fact: 'group', value: 'officers', negated: false }]];

describe('approve', () => {
  it('is a condition, or a condition and a number of people', () => {
    expect(compiled(mask('{ group: officers }')).termsOf('m')?.approve).toEqual({
      by: OFFICERS,
      approvers: 1,
    });
    expect(compiled(mask('{ by: { group: officers }, approvers: 2 }')).termsOf('m')?.approve).toEqual({
      by: OFFICERS,
      approvers: 2,
    });
    expect(
      compiled('{ id: m, on: everything, rows: { where: "email is null" } }').termsOf('m')?.approve,
    ).toBeNull();
    expect(compiled(mask('{ group: officers }')).termsOf('x')).toBeUndefined();
  });

  it.each([
    [mask('officers'), /expected .*found the text `officers`/],
    [mask('{ by: { group: officers }, approvers: 0 }'), /`approvers` takes a whole number from 1 to 9/],
    [mask('{ by: { group: officers }, approvers: 1.5 }'), /`approvers` takes a whole number/],
    [mask('{ by: { group: officers }, approver: 2 }'), /unknown key `approver`.*`approvers`/],
    [mask('{ approvers: 2 }'), /expected/],
    [mask('{ grup: officers }'), /unknown condition `grup`/],
    ['{ id: d, on: everything, deny: everyone, approve: { group: officers } }', /`deny` takes no `approve`/],
    [
      '{ id: r, on: everything, require: { scope: a }, approve: { group: officers } }',
      /`require` takes no `approve`/,
    ],
    [
      '{ id: l, on: everything, limit: { max_rows: 1 }, approve: { group: officers } }',
      /`limit` takes no `approve`/,
    ],
    [
      '{ id: l, on: everything, discover: everyone, approve: { group: officers } }',
      /`discover` takes no `approve`/,
    ],
  ])('%s', (policy, wanted) => {
    const problems = problemsOf(policy);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).toMatch(/^a\.yml:2: /);
    expect(problems.join('\n')).toMatch(wanted);
  });

  it('networks and hours that it names are looked up like all others', () => {
    const { networksOf } = compiled(mask('{ all: [{ group: officers }, { network: 10.0.0.0/8 }] }'));
    expect(networksOf('10.1.2.3')).toEqual(['10.0.0.0/8']);
  });
});

describe('what an approval is bound to', () => {
  const digest = (policy: string) => compiled(policy).termsOf('m')?.digest;
  const base = digest('{ id: m, on: { column_tag: pii }, mask: { with: hash } }');

  it('is the policy, in whatever order it is written and wherever it stands', () => {
    expect(digest('{ mask: { with: hash }, id: m, on: { column_tag: pii } }')).toBe(base);
    expect(digest('{ id: m, description: words, on: { column_tag: pii }, mask: { with: hash } }')).toBe(base);
  });

  it.each([
    '{ id: m, on: { column_tag: pii }, mask: { with: "null" } }',
    '{ id: m, on: { column_tag: pii.email }, mask: { with: hash } }',
    '{ id: m, on: { column_tag: pii }, mask: { with: hash }, unless: { group: a } }',
    '{ id: m, on: { column_tag: pii }, mask: { with: hash }, approve: { group: a } }',
  ])('and another one is another: %s', (policy) => expect(digest(policy)).not.toBe(base));
});
