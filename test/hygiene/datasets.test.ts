/** Datasets: owners, and tags that were written and did not arrive. */
import { describe, expect, it } from 'vitest';
import { columns, model, source } from '../dbt/sample.ts';
import { examine, findings } from './support.ts';

describe('an owner', () => {
  it('is missed where neither group nor meta names one', () => {
    const nodes = [model('a'), model('b', { meta: { owner: 'B Team' } }), model('c', { group: 'finance' })];
    const groups = {
      'group.shop.finance': { name: 'finance', package_name: 'shop', owner: { email: 'f@example.org' } },
    };
    expect(findings({ nodes, dbt: { groups } }, 'published-without-owner')).toEqual([
      'published-without-owner main.a: is published as internal and has no owner',
    ]);
  });
});

const FILE = 'models/marts/finance/_models.yml';

describe('a tag in the YAML that dbt did not keep', () => {
  const lost = (yaml: string, tags: readonly string[]) =>
    findings({ nodes: [model('orders', { tags })], yaml: { [FILE]: yaml } }, 'tag-not-in-manifest');

  it('since config goes before the top level', () => {
    const yaml = 'models:\n  - name: orders\n    tags: [pii]\n    config: { tags: [finance] }\n';
    expect(lost(yaml, ['finance'])).toEqual([
      'tag-not-in-manifest main.orders: the tag "pii" is in the YAML and not in the manifest',
    ]);
  });

  it.each([
    ['is there', 'models:\n  - name: orders\n    tags: [pii]\n', ['pii']],
    ['comes out of Jinja', 'models:\n  - name: orders\n    tags: ["{{ var(\'t\') }}"]\n', []],
    ['stands in another entry', 'models:\n  - name: other\n    tags: [pii]\n', []],
    ['stands in a file that is no YAML', 'models: [\n', []],
    ['stands in a file with a fault', 'models:\n  - name: orders\n    tags: [pii]\n  bad: [\n', []],
    ['stands behind an alias', 'x: &t [pii]\nmodels:\n  - name: orders\n    tags: *t\n', ['pii']],
    ['is spelled otherwise', 'models:\n  - name: orders\n    tags: [PII]\n', ['pii']],
  ])('is not told where it %s', (_, yaml, tags) => expect(lost(yaml, tags)).toEqual([]));

  it('behind an alias is told', () => {
    expect(lost('x: &t [pii]\nmodels:\n  - name: orders\n    tags: *t\n', [])).toHaveLength(1);
  });

  it('of a source is looked for in its tables', () => {
    const yaml = 'sources:\n  - name: crm\n    tags: [pii]\n    tables:\n      - name: users\n';
    const state = { nodes: [source('users')], yaml: { 'models/staging/_sources.yml': yaml } };
    expect(findings(state, 'tag-not-in-manifest')).toHaveLength(1);
  });
});

describe('a line of the YAML', () => {
  const yaml = `version: 2
models:
  - name: other
    columns:
      - name: email
  - name: orders
    description: |
      several
      lines
    columns:
      - name: id
      - name: Email
        description: x
`;
  const nodes = [model('orders', { columns: columns('id', 'email', 'phone') })];
  const lines = (files: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      examine({ nodes, yaml: files }).findings.map(({ rule, column, file, line }) => [
        `${rule} ${column ?? ''}`,
        `${file}:${line}`,
      ]),
    );

  it('is that of the column, found without case, else that of the model', () => {
    expect(lines({ [FILE]: yaml })).toEqual({
      'likely-personal-data email': `${FILE}:12`,
      'likely-personal-data phone': `${FILE}:6`,
      'published-without-owner ': `${FILE}:6`,
      'untagged-column id': `${FILE}:11`,
    });
  });

  it.each([
    ['is not there', {}],
    ['does not parse', { [FILE]: 'models: [{' }],
    ['holds another model', { [FILE]: 'models:\n  - name: users\n' }],
    ['holds a list of texts', { [FILE]: 'models: [orders]' }],
  ])('is left out where the file %s', (_, files) => {
    expect(lines(files)['untagged-column id']).toBe(`${FILE}:null`);
  });
});
