/** dbt Fusion's copies: dropped where the project's YAML proves them copies, kept everywhere else. */
import { describe, expect, it } from 'vitest';
import { readManifest } from '../../src/dbt/manifest.ts';
import { assignTags } from '../../src/tags/assign.ts';
import { yamlFilesThatSettle } from '../../src/tags/inherited.ts';
import { columns, type Fields, manifest, model, source } from '../dbt/sample.ts';

const FILE = 'models/marts/finance/_models.yml';
const FUSION = '2.0.0-beta.2';

function run(node: Fields, yaml?: string, dbtVersion = FUSION, path = FILE) {
  const project = readManifest(manifest({ nodes: [node], dbtVersion }));
  const { byNode, findings } = assignTags(project, yaml === undefined ? {} : { [path]: yaml });
  return {
    columns: (byNode.get(String(node.unique_id))?.columns ?? []).map((tags) => tags.map(({ tag }) => tag)),
    warnings: findings.length,
    files: yamlFilesThatSettle(project),
  };
}

/** As Fusion writes it: `pii` of the table stands in both columns; `email` has a tag of its own. */
const members = model('members', {
  tags: ['pii'],
  columns: columns({ name: 'id', tags: ['pii'] }, { name: 'email', tags: ['pii', 'pii.email'] }),
});

const yamlOf = (id: string, email: string) => `
models:
  - name: other
    columns: [{ name: id, tags: [pii] }]
  - name: members
    config: { tags: [pii] }
    columns:
      - name: id
        ${id}
      - name: Email
        ${email}
`;

describe('tags that Fusion may have copied', () => {
  it('count, with a warning, where no YAML is given', () => {
    expect(run(members)).toEqual({ columns: [['pii'], ['pii', 'pii.email']], warnings: 1, files: [FILE] });
  });

  const settled: readonly (readonly [
    what: string,
    id: string,
    email: string,
    columns: readonly string[][],
  ])[] = [
    ['nothing on either column', '', '', [[], ['pii.email']]],
    ['its own tag only', '', 'tags: [pii.email]', [[], ['pii.email']]],
    ['the same tag on the column, in tags', 'tags: [PII]', '', [['pii'], ['pii.email']]],
    ['… as one text', 'tags: pii', '', [['pii'], ['pii.email']]],
    ['… in config.tags', 'config: { tags: [pii] }', '', [['pii'], ['pii.email']]],
    ['… in meta', 'meta: { sluice: { tags: [pii] } }', '', [['pii'], ['pii.email']]],
    ['… in config.meta', 'config: { meta: { sluice: { tags: [pii] } } }', '', [['pii'], ['pii.email']]],
  ];
  it.each(settled)('YAML says: %s', (_, id, email, wanted) => {
    expect(run(members, yamlOf(id, email))).toEqual({ columns: wanted, warnings: 0, files: [FILE] });
  });

  const unsettled: readonly (readonly [what: string, yaml: string])[] = [
    ['is broken', 'models: [ {'],
    ['is about other models', 'models: [{ name: orders, columns: [] }]'],
    ['has the model twice', 'models: [{ name: members }, { name: members }]'],
    ['writes tags in Jinja', yamlOf('tags: ["{{ var(\'t\') }}"]', '')],
    ['writes all tags in Jinja', yamlOf('tags: "{{ t() }}"', '')],
    ['writes meta in Jinja', yamlOf('meta: "{{ m() }}"', '')],
    ['writes config.meta.sluice in Jinja', yamlOf('config: { meta: { sluice: "{{ m() }}" } }', '')],
    ['writes odd tags', yamlOf('tags: [{ pii: true }]', '')],
  ];
  it.each(unsettled)('count where the YAML %s', (_, yaml) => {
    expect(run(members, yaml)).toMatchObject({ columns: [['pii'], ['pii', 'pii.email']], warnings: 1 });
  });

  it('are those in meta too', () => {
    const meta = { sluice: { tags: ['pii'] } };
    const node = model('members', { meta, config: { meta }, columns: columns({ name: 'id', meta }) });
    expect(run(node).columns).toEqual([['pii']]);
    expect(run(node, 'models: [{ name: members, columns: [{ name: id }] }]').columns).toEqual([[]]);
  });

  it('are not those that Fusion keeps under config: they were written there', () => {
    const node = model('members', {
      tags: ['pii'],
      columns: columns({ name: 'id', config: { tags: ['pii'] } }),
    });
    expect(run(node)).toEqual({ columns: [['pii']], warnings: 0, files: [] });
  });

  it('are not those that stand under config as well, though the YAML at hand is older', () => {
    const email = { name: 'email', tags: ['pii'], config: { tags: ['pii'] } };
    const node = model('members', { tags: ['pii'], columns: columns({ name: 'id', tags: ['pii'] }, email) });
    expect(run(node, yamlOf('', '')).columns).toEqual([[], ['pii']]);
  });

  it('are not those below the parent’s tag', () => {
    const node = model('members', {
      tags: ['pii'],
      columns: columns({ name: 'email', tags: ['pii.email'] }),
    });
    expect(run(node)).toEqual({ columns: [['pii.email']], warnings: 0, files: [] });
  });

  it('are found in the versions of a model', () => {
    const node = model('members', { ...members, version: 2, unique_id: 'model.shop.members.v2' });
    const yaml = (version: number) =>
      `models: [{ name: members, versions: [{ v: ${version}, columns: [{ name: id, tags: [pii] }] }] }]`;
    expect(run(node, yaml(2)).columns[0]).toEqual(['pii']);
    expect(run(node, yaml(1)).columns[0]).toEqual([]);
  });

  it('are found in sources by the file that defines them', () => {
    const path = 'models/staging/_sources.yml';
    const node = source('users', { tags: ['pii'], columns: columns({ name: 'id', tags: ['pii'] }) });
    const yaml = 'sources: [{ name: crm, tags: [pii], tables: [{ name: users, columns: [{ name: id }] }] }]';
    expect(run(node, yaml, FUSION, path)).toEqual({ columns: [[]], warnings: 0, files: [path] });
  });

  it('are looked up below dbt_packages for nodes of a package', () => {
    const path = `dbt_packages/crm/${FILE}`;
    const node = model('members', { ...members, package_name: 'crm', patch_path: `crm://${FILE}` });
    expect(run(node, yamlOf('', ''), FUSION, path)).toEqual({
      columns: [[], ['pii.email']],
      warnings: 0,
      files: [path],
    });
  });
});

describe('dbt Core', () => {
  it.each(['1.3.0', '1.12.2', '2025.8.1+a1b2c3d'])(
    '%s copies nothing: every column tag was written',
    (version) => {
      expect(run(members, yamlOf('', ''), version)).toEqual({
        columns: [['pii'], ['pii', 'pii.email']],
        warnings: 0,
        files: [],
      });
    },
  );
});
