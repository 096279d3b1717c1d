/** Columns: what dbt and the warehouse do not agree on, by adapter, and what looks personal. */
import { describe, expect, it } from 'vitest';
import { catalog, columns, model } from '../dbt/sample.ts';
import { examine, findings, type State } from './support.ts';

const state = (
  documented: readonly string[],
  warehouse: readonly string[],
  rest: Partial<State> = {},
): State => ({
  nodes: [model('orders', { columns: columns(...documented) })],
  catalog: catalog({ 'model.shop.orders': warehouse }),
  ...rest,
});

describe('a column', () => {
  it('that dbt documents and nobody tagged', () => {
    expect(findings(state(['total'], ['total']), 'untagged-column')).toEqual([
      'untagged-column main.orders.total: has no tag',
    ]);
  });

  it('that is tagged gives no finding', () => {
    const tagged = { nodes: [model('orders', { columns: columns({ name: 'total', tags: ['money'] }) })] };
    expect(findings(tagged, 'untagged-column', 'likely-personal-data')).toEqual([]);
  });

  it.each([
    [undefined, 'is in the warehouse and not in dbt: nobody sees it'],
    ['hide', 'is in the warehouse and not in dbt: nobody sees it'],
    ['show', 'is in the warehouse and not in dbt, and shown all the same: its publish rule says so'],
  ] as const)('that dbt does not know, with unclassified: %s', (unclassified, message) => {
    const publish = [{ match: {}, access_level: 'open' as const, ...(unclassified && { unclassified }) }];
    expect(findings(state(['id'], ['id', 'extra'], { publish }), 'unclassified-column')).toEqual([
      `unclassified-column main.orders.extra: ${message}`,
    ]);
  });

  it('that the warehouse lacks, with the new name that it may have', () => {
    const { findings: found } = examine({
      nodes: [model('orders', { columns: columns('id', { name: 'telefax', tags: ['pii.phone'] }) })],
      catalog: catalog({ 'model.shop.orders': ['id', 'telefax1'] }),
    });
    expect(found.find(({ rule }) => rule === 'ghost-column')).toMatchObject({
      column: 'telefax',
      message: 'is in dbt (tagged pii.phone) and not in the warehouse',
      hint: 'The warehouse has an undocumented column "telefax1": was it renamed?',
    });
  });
});

describe('case', () => {
  it.each([
    ['duckdb', 'Email', 'email', 'note'],
    ['duckdb', 'email', 'email', null],
    ['snowflake', 'email', 'EMAIL', null],
    ['snowflake', 'EMAIL', 'EMAIL', null],
    ['postgres', 'Email', 'email', null],
    ['postgres', 'email', 'Email', 'warning'],
    ['bigquery', 'email', 'Email', 'note'],
  ])('on %s, dbt %s and the warehouse %s: %s', (adapter, documented, physical, level) => {
    const { findings: found } = examine(state([documented], [physical], { dbt: { adapter } }));
    expect(found.find(({ rule }) => rule === 'case-mismatch')?.level ?? null).toBe(level);
  });

  it('that was quoted stands as it was written', () => {
    const quoted = state([], ['email'], {
      nodes: [model('orders', { columns: columns({ name: 'Email', quote: true }) })],
      dbt: { adapter: 'snowflake' },
    });
    expect(findings(quoted, 'case-mismatch')).toEqual([
      'case-mismatch main.orders.email: is spelled "Email" in dbt and "email" in the warehouse',
    ]);
  });
});

describe('likely personal data', () => {
  it('by its name, with the line to add, instead of a finding that it is untagged', () => {
    const { findings: found } = examine(state(['email'], ['email']));
    expect(found.filter(({ column }) => column === 'email')).toMatchObject([
      {
        rule: 'likely-personal-data',
        level: 'warning',
        message: 'is named like an e-mail address, and has no tag',
        hint: 'Add to the column: tags: [pii.email]',
      },
    ]);
  });

  it('in a column that dbt does not document: with the whole entry', () => {
    const { findings: found } = examine(state(['id'], ['id', 'email']));
    expect(found.find(({ rule }) => rule === 'likely-personal-data')?.hint).toBe(
      'Add to the column: - { name: email, tags: [pii.email] }',
    );
  });

  it.each([
    ['ghost', ['email'], ['id']],
    ['boolean', ['id'], ['id', 'email BOOLEAN']],
  ])('is not told of a %s', (_, documented, warehouse) => {
    expect(findings(state(documented, warehouse), 'likely-personal-data')).toEqual([]);
  });

  const sampled = (values: number, rate: number | null): Partial<State> => ({
    samples: new Map([
      [
        'main.orders',
        new Map([
          [
            'email',
            { values, verdict: rate === null ? null : { tag: 'pii.phone', what: 'phone numbers', rate } },
          ],
        ]),
      ],
    ]),
  });
  const likely = (rest: Partial<State>) =>
    examine(state(['email'], ['email'], rest)).findings.find(({ rule }) => rule === 'likely-personal-data');

  it('by its values, which count before its name', () => {
    expect(likely(sampled(1_000, 92))).toMatchObject({
      message: 'looks like phone numbers in 92 % of 1000 sampled values, and has no tag',
      hint: 'Add to the column: tags: [pii.phone]',
    });
  });

  it('by its name alone is a note where the values do not bear it out', () => {
    expect(likely(sampled(1_000, null))?.level).toBe('note');
  });

  it('by its name still, where too few values tell', () => {
    expect(likely(sampled(3, null))?.level).toBe('warning');
  });
});
