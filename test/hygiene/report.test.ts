/** The whole report: order, score, namespaces; what a push refuses, as findings; the rules and their page. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { RULES } from '../../src/findings.ts';
import { refusalFindings } from '../../src/hygiene/refusals.ts';
import { buildSnapshot } from '../../src/snapshot.ts';
import { catalog, columns, manifest, model, snapshotInput } from '../dbt/sample.ts';
import { examine, told } from './support.ts';

const tagged = (name: string) => ({ name, tags: ['money'] });
const owned = { meta: { owner: 'Team' } };

describe('the score', () => {
  it.each([
    ['of nothing', [], {}, 100],
    [
      'of all tagged and owned',
      [model('a', { ...owned, columns: columns(tagged('x'), tagged('y')) })],
      {},
      100,
    ],
    ['without an owner', [model('a', { columns: columns(tagged('x')) })], {}, 85],
    ['of untagged columns', [model('a', { ...owned, columns: columns('x', 'y') })], {}, 65],
    ['of one that looks personal', [model('a', { ...owned, columns: columns('x', 'email') })], {}, 47],
    [
      'of an unclassified one',
      [model('a', { ...owned, columns: columns(tagged('x')) })],
      { 'model.shop.a': ['x', 'y'] },
      65,
    ],
    [
      'of a ghost',
      [model('a', { ...owned, columns: columns(tagged('x'), tagged('y')) })],
      { 'model.shop.a': ['x'] },
      65,
    ],
  ] as const)('%s', (_, nodes, warehouse, score) => {
    const state = { nodes, ...(Object.keys(warehouse).length > 0 && { catalog: catalog(warehouse) }) };
    expect(examine(state).coverage.score).toBe(score);
  });

  it('is told by namespace', () => {
    const nodes = [
      model('a', {
        ...owned,
        columns: columns(tagged('x')),
        meta: { ...owned.meta, sluice: { namespace: 'gold' } },
      }),
      model('b', { columns: columns('x') }),
    ];
    const { namespaces, coverage } = examine({ nodes });
    expect(namespaces).toMatchObject([
      { namespace: 'gold', datasets: 1, tagged: 1, without_owner: 0, score: 100 },
      { namespace: 'main', datasets: 1, untagged: 1, without_owner: 1, score: 50 },
    ]);
    expect(coverage).toMatchObject({ datasets: 2, columns: 2, tagged: 1, untagged: 1, score: 75 });
  });
});

describe('findings', () => {
  it('stand by level, then by rule, then by name', () => {
    const nodes = [model('b', { columns: columns('x', 'email') }), model('a', { columns: columns('x') })];
    expect(examine({ nodes }).findings.map(told)).toEqual([
      'likely-personal-data main.b.email: is named like an e-mail address, and has no tag',
      'published-without-owner main.a: is published as internal and has no owner',
      'published-without-owner main.b: is published as internal and has no owner',
      'untagged-column main.a.x: has no tag',
      'untagged-column main.b.x: has no tag',
    ]);
  });

  it('of the passes before are named by their dataset', () => {
    const node = model('a', { tags: ['dbt.mine'] });
    const found = examine({ nodes: [node] }).findings.find(({ rule }) => rule === 'reserved-tag');
    expect(found).toMatchObject({ dataset: 'main.a', node: 'model.shop.a' });
  });
});

describe('what a push refuses', () => {
  const refused = (input: Parameters<typeof buildSnapshot>[0]) => {
    try {
      buildSnapshot(input);
    } catch (error) {
      if (error instanceof SluiceError) return refusalFindings(error);
    }
    return null;
  };

  it('is an error at its line', () => {
    const text =
      "policies:\n  - id: region\n    on: everything\n    rows: { where: \"column('geo.region') = 'EU'\" }\n";
    const policyFiles = [{ path: 'policies/rows.yml', text }];
    expect(
      refused(snapshotInput({ manifest: manifest({ nodes: [model('a')] }), policyFiles })),
    ).toMatchObject([
      {
        rule: 'filter-on-missing-tag',
        level: 'error',
        policy: 'region',
        message: 'no column is tagged `geo.region` in main.a',
        file: 'policies/rows.yml',
        line: 4,
        hint: null,
      },
    ]);
  });

  it.each([
    ['policy-invalid', { policyFiles: [{ path: 'p.yml', text: 'policies:\n  - id: a\n' }] }],
    [
      'publish-invalid',
      { manifest: manifest({ nodes: [model('a', { meta: { access_level: 'secret' } })] }) },
    ],
    ['artifact-invalid', { manifest: {} }],
  ])('is a finding of %s', (rule, fields) => {
    const found = refused(snapshotInput(fields)) ?? [];
    expect(new Set(found.map((one) => one.rule))).toEqual(new Set([rule]));
  });

  it('names both sources of a clash', () => {
    const node = model('a', {
      meta: { access_level: 'open' },
      config: { meta: { access_level: 'restricted' } },
    });
    expect(refused(snapshotInput({ manifest: manifest({ nodes: [node] }) }))).toMatchObject([
      {
        rule: 'publish-invalid',
        node: 'model.shop.a',
        message:
          'two access levels: "open" (meta.access_level) and "restricted" (config.meta.access_level) in models/marts/finance/_models.yml',
      },
    ]);
  });
});

describe('the rules', () => {
  const page = readFileSync(new URL('../../docs/reference/lint.md', import.meta.url), 'utf8');
  it.each(Object.entries(RULES))('%s is on the page as it is', (id, { level, title, help }) => {
    expect(page).toContain(`| \`${id}\` | ${level} | ${title}. ${help} |`);
  });
});
