/** Policies without an effect: wherever one would hold, another that is as strict holds for the same people or more. */
import { describe, expect, it } from 'vitest';
import { columns, model } from '../dbt/sample.ts';
import { findings } from './support.ts';

const nodes = [
  model('members', {
    columns: columns('id', { name: 'email', tags: ['pii.email'] }, { name: 'phone', tags: ['pii.phone'] }),
  }),
  model('orders', { columns: columns({ name: 'email', tags: ['pii.email'] }) }),
];

/** Holds some back whatever they are exempt from, so that no exemption of the others is a key to all doors. */
const OTHER = '{ id: other, on: { namespace: main }, deny: { group: leavers } }';

const shadowed = (...policies: readonly string[]) =>
  findings(
    { nodes, policies: `policies:\n${[...policies, OTHER].map((policy) => `  - ${policy}\n`).join('')}` },
    'policy-shadowed',
  );

const hash = (unless = '', on = '{ column_tag: pii.email }') =>
  `{ id: weak, on: ${on}, mask: { with: hash }${unless === '' ? '' : `, unless: ${unless}`} }`;
const hide = (unless = '', on = '{ column_tag: pii }') =>
  `{ id: strict, on: ${on}, mask: { with: hide }${unless === '' ? '' : `, unless: ${unless}`} }`;

const SHADOWED = ['policy-shadowed weak: it never has an effect: `strict` always holds where it would'];

describe('a mask', () => {
  it.each([
    ['a stricter one exempts nobody', hash('{ group: a }'), hide(), SHADOWED],
    ['a stricter one exempts the same', hash('{ group: a }'), hide('{ group: a }'), SHADOWED],
    [
      'a stricter one exempts fewer',
      hash('{ any: [{ group: a }, { group: b }] }'),
      hide('{ group: a }'),
      SHADOWED,
    ],
    [
      'a stricter one asks for more',
      hash('{ group: a }'),
      hide('{ all: [{ group: a }, { scope: x }] }'),
      SHADOWED,
    ],
    ['a stricter one exempts others', hash('{ group: a }'), hide('{ group: b }'), []],
    ['a stricter one exempts more', hash('{ group: a }'), hide('{ any: [{ group: a }, { group: b }] }'), []],
    ['it exempts nobody, the stricter one somebody', hash(), hide('{ group: a }'), []],
    [
      'a stricter one covers fewer columns',
      hash('', '{ column_tag: pii }'),
      hide('', '{ column_tag: pii.email }'),
      [],
    ],
    [
      'a stricter one covers fewer datasets',
      hash(),
      hide('', '{ all: [{ column_tag: pii }, { id: main.members }] }'),
      [],
    ],
  ])('where %s', (_, weak, strict, wanted) => expect(shadowed(weak, strict)).toEqual(wanted));

  it('is none before one of the same kind and a shallower tag', () => {
    const deep = '{ id: deep, on: { column_tag: pii.email }, mask: { with: hash } }';
    const shallow =
      '{ id: shallow, on: { all: [{ column_tag: pii }, { column_name: email }] }, mask: { with: hash } }';
    expect(shadowed(deep, shallow)).toEqual([
      'policy-shadowed shallow: it never has an effect: `deep` always holds where it would',
    ]);
  });

  it('of its own making stands where it says', () => {
    const own = (place: string) =>
      `{ id: own, on: { column_tag: pii.email }, mask: { with: custom, expression: "upper(value)"${place} } }`;
    const partial = '{ id: part, on: { column_tag: pii.email }, mask: { with: partial, first: 1 } }';
    expect(shadowed(own(''), partial)).toEqual([expect.stringMatching(/^policy-shadowed part: .*`own`/)]);
    expect(shadowed(own(', rank: { after: partial }'), partial)).toEqual([
      expect.stringMatching(/^policy-shadowed own: .*`part`/),
    ]);
  });

  it('that holds for some rows shadows nothing', () => {
    const some = `{ id: strict, on: { column_tag: pii }, mask: { with: hide, where: "id = 'x'" } }`;
    const both = [nodes[0] ?? {}];
    const policies = `policies:\n  - ${hash()}\n  - ${some}\n`;
    expect(findings({ nodes: both, policies }, 'policy-shadowed')).toEqual([]);
  });
});

describe('under a denial of everyone', () => {
  const deny = (unless: string) => `{ id: strict, on: everything, deny: everyone, unless: ${unless} }`;
  it.each([
    [
      'nothing else has an effect on those whom it denies',
      hash('{ group: a }'),
      deny('{ group: a }'),
      SHADOWED,
    ],
    ['what holds for those who are let in has one', hash(), deny('{ group: a }'), []],
  ])('%s', (_, weak, strict, wanted) => expect(shadowed(weak, strict)).toEqual(wanted));

  it('of two such denials one has the effect', () => {
    const first = '{ id: a, on: everything, deny: everyone }';
    const second = '{ id: b, on: everything, deny: everyone }';
    expect(shadowed(first, second)).toEqual([
      'policy-shadowed b: it never has an effect: `a` always holds where it would',
      'policy-shadowed other: it never has an effect: `a` always holds where it would',
    ]);
  });
});

describe('a limit', () => {
  const limit = (id: string, bounds: string, unless = '') =>
    `{ id: ${id}, on: everything, limit: { ${bounds} }${unless === '' ? '' : `, unless: ${unless}`} }`;
  it.each([
    [
      'a tighter one holds for all',
      limit('weak', 'max_rows: 100', '{ group: a }'),
      limit('strict', 'max_rows: 10'),
      SHADOWED,
    ],
    [
      'a looser one holds for all',
      limit('weak', 'max_rows: 10'),
      limit('strict', 'max_rows: 100'),
      ['policy-shadowed strict: it never has an effect: `weak` always holds where it would'],
    ],
    [
      'it bounds something else too',
      limit('weak', 'max_rows: 100, max_joins: 1'),
      limit('strict', 'max_rows: 10'),
      [],
    ],
    [
      'a tighter one exempts others',
      limit('weak', 'max_rows: 100'),
      limit('strict', 'max_rows: 10', '{ group: a }'),
      [],
    ],
  ])('where %s', (_, weak, strict, wanted) => expect(shadowed(weak, strict)).toEqual(wanted));
});
