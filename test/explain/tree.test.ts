/** An explanation as people read it: from what comes out to the line of YAML and the tag's origin. */
import { expect, it } from 'vitest';
import { drawn } from '../../src/doors/cli/explain/tree.ts';
import { type About, treesOf } from '../../src/doors/cli/explain/words.ts';
import type { Explanation, TrailStep } from '../../src/explain.ts';

const NOTHING: Pick<TrailStep, 'on' | 'columns' | 'who' | 'unless' | 'within' | 'exempt_by' | 'change'> = {
  on: [],
  columns: [],
  who: null,
  unless: null,
  within: null,
  exempt_by: null,
  change: [],
};

const MASK: TrailStep = {
  ...NOTHING,
  effect: 'mask',
  policy: { id: 'hash-pii', description: '', source: { file: 'policies/p.yml', line: 7 } },
  outcome: 'applies',
  does: 'masks with hash',
  columns: [
    {
      column: 'contact',
      overruled_by: null,
      lifted_by: null,
      on: [
        {
          on: 'column_tag: pii',
          column: 'contact',
          tag: 'pii.email',
          from: {
            kind: 'propagated',
            via: 'lineage',
            file: 'models/sources.yml',
            path: [
              { dataset: 'bronze.members', column: 'email' },
              { dataset: 'silver.members', column: 'mail' },
            ],
          },
        },
      ],
    },
    {
      column: 'phone',
      overruled_by: 'no-phones',
      lifted_by: null,
      on: [
        {
          on: 'column_tag: pii',
          column: 'phone',
          tag: 'pii.phone',
          from: { kind: 'patched', via: 'atlas', file: null, by: 'olga', at: '2026-01-02T03:04:05.000Z' },
        },
      ],
    },
  ],
  unless: {
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
  },
  change: ['be in the group officers', 'not have the attribute external = true'],
};

const LEVEL: TrailStep = {
  ...NOTHING,
  effect: 'level',
  policy: null,
  outcome: 'met',
  does: 'internal, by publish rule 1',
};

const EXPLANATION: Explanation = {
  request_id: 'r',
  allowed: true,
  columns: [
    {
      name: 'c',
      masked: true,
      from: [{ dataset: 'gold.members', column: 'contact', masked: true, masks: ['hash'] }],
    },
  ],
  decisions: [
    {
      dataset: 'gold.members',
      allow: true,
      reason: 'allowed',
      masked: ['contact'],
      filtered: false,
      hidden: ['phone'],
      masks: { contact: { policy: 'hash-pii', mask: { kind: 'hash', scope: 'global' } } },
      unexposed: [{ column: 'fax', state: 'ghost' }],
      trail: [LEVEL, MASK],
    },
  ],
};

const text = (about: About): string =>
  treesOf(EXPLANATION, about)
    .flatMap((tree) => [...drawn(tree)])
    .join('\n');

it('draws what a query asks for', () => {
  expect(text({ kind: 'query' })).toMatchInlineSnapshot(`
    "columns: c (masked)
    └─ c comes from gold.members.contact, hash
    gold.members: allowed
    ├─ contact: masked, hash (scope "global")
    │  └─ hash-pii masks with hash (policies/p.yml:7)
    │     ├─ on column_tag: pii: contact has pii.email
    │     │  └─ propagated bronze.members.email → silver.members.mail → contact; first in models/sources.yml
    │     ├─ unless: unknown
    │     │  ├─ group = officers: no
    │     │  └─ role = auditor (yes) and not attribute external = true (unknown): unknown
    │     └─ to change it: be in the group officers, or not have the attribute external = true
    └─ access
       └─ level internal, by publish rule 1: met"
  `);
});

it('draws one column, and where a patched tag came from', () => {
  expect(text({ kind: 'column', column: 'phone' })).toMatchInlineSnapshot(`
    "columns: c (masked)
    └─ c comes from gold.members.contact, hash
    gold.members: allowed
    ├─ phone: hidden
    │  └─ hash-pii masks with hash; the stricter no-phones stands instead (policies/p.yml:7)
    │     ├─ on column_tag: pii: phone has pii.phone
    │     │  └─ patched by olga at 2026-01-02T03:04:05.000Z with atlas
    │     ├─ unless: unknown
    │     │  ├─ group = officers: no
    │     │  └─ role = auditor (yes) and not attribute external = true (unknown): unknown
    │     └─ to change it: be in the group officers, or not have the attribute external = true
    └─ access
       └─ level internal, by publish rule 1: met"
  `);
});

it('says what is shown where a mask does not fit', () => {
  const unfit = EXPLANATION.decisions.map((decision) => ({ ...decision, unfit: ['contact'] }));
  const drawing = treesOf({ ...EXPLANATION, decisions: unfit }, { kind: 'column', column: 'contact' })
    .flatMap((tree) => [...drawn(tree)])
    .join('\n');
  expect(drawing).toContain(
    'contact: masked, hash (scope "global"), which does not fit its type: null is shown',
  );
});

it('draws a column that is there for nobody', () => {
  const drawing = text({ kind: 'column', column: 'fax' });
  expect(drawing).toContain('├─ fax: there for nobody, since it is a ghost');
  expect(drawing).not.toContain('phone');
});

it('says whose step it is, where it is not the own one of whom it is about', () => {
  const trail = [LEVEL, { ...LEVEL, party: 'actor' }, { ...LEVEL, party: 'members.0.actor' }];
  const decisions = EXPLANATION.decisions.map((decision) => ({ ...decision, trail }));
  const [tree] = treesOf({ ...EXPLANATION, decisions }, { kind: 'dataset' } as About).slice(-1);
  const told = tree === undefined ? [] : [...drawn(tree)].map((line) => line.replace(/^[^\p{L}]*/u, ''));
  expect(told.filter((line) => line.includes('level'))).toEqual([
    'level internal, by publish rule 1: met',
    'for the actor: level internal, by publish rule 1: met',
    'for member 1, for the actor: level internal, by publish rule 1: met',
  ]);
});
