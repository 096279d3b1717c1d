import { describe, expect, it } from 'vitest';
import {
  compileRules,
  type PublishFacts,
  type PublishMatch,
  publishRuleSchema,
} from '../../src/catalogue/publish.ts';

const facts: PublishFacts = {
  tags: ['pii.email', 'dbt.resource.model'],
  folder: ['marts', 'finance'],
  resourceType: 'model',
  access: 'public',
  package: 'shop',
  name: 'fct_orders',
  schema: 'main_marts',
};

describe('a match', () => {
  const cases: readonly (readonly [match: PublishMatch, matches: boolean])[] = [
    [{}, true],
    [{ tag: 'pii' }, true],
    [{ tag: 'PII.email' }, true],
    [{ tag: 'pii.email.work' }, false],
    [{ tag: ['other', 'pii'] }, true],
    [{ tag: 'dbt.resource.model' }, true],
    [{ tag: ' ' }, false],
    [{ folder: 'marts' }, true],
    [{ folder: 'marts/finance' }, true],
    [{ folder: 'marts.finance' }, true],
    [{ folder: 'marts/finance/' }, true],
    [{ folder: 'finance' }, false],
    [{ folder: 'mart' }, false],
    [{ folder: 'marts/finance/eu' }, false],
    [{ folder: '/' }, false],
    [{ resource_type: 'model' }, true],
    [{ resource_type: ['seed', 'source'] }, false],
    [{ access: 'public' }, true],
    [{ access: 'private' }, false],
    [{ package: 'shop' }, true],
    [{ name: 'fct_*' }, true],
    [{ name: 'FCT_ORDER?' }, true],
    [{ name: 'fct_' }, false],
    [{ name: 'fct.orders' }, false],
    [{ schema: '*_marts' }, true],
    [{ schema: 'marts' }, false],
    [{ folder: 'marts', access: 'private' }, false],
    [{ any: [{ access: 'private' }, { folder: 'marts' }] }, true],
    [{ all: [{ access: 'public' }, { folder: 'staging' }] }, false],
    [{ not: { folder: 'staging' } }, true],
    [{ not: { any: [{ folder: 'staging' }, { not: { access: 'private' } }] } }, false],
    [{ folder: 'marts', not: { tag: 'pii' } }, false],
  ];
  it.each(cases)('%j: %s', (match, matches) => {
    expect(publishRuleSchema.safeParse({ match }).success).toBe(true);
    expect(compileRules([{ match }])(facts)).toBe(matches ? 0 : -1);
  });

  it('on access leaves nodes without it alone', () => {
    expect(compileRules([{ match: { access: 'public' } }])({ ...facts, access: null })).toBe(-1);
  });
});

describe('rules', () => {
  it('the first that matches counts', () => {
    const rules = [{ match: { folder: 'staging' } }, { match: { folder: 'marts' } }, { match: {} }];
    expect(compileRules(rules)(facts)).toBe(1);
  });

  it.each([
    { match: { folders: 'marts' } },
    { match: { any: [{ tagz: 'x' }] } },
    { match: { not: [] } },
    { match: { any: [] } },
    { match: {}, access_level: 'public' },
    { match: {}, namespace: 'a.b' },
    { match: {}, unclassified: 'hidden' },
    { match: {}, level: 'open' },
    { namespace: 'gold' },
  ])('refuses %j', (rule) => expect(publishRuleSchema.safeParse(rule).success).toBe(false));
});
