/** Every place where dbt keeps tags and meta, in every mix that its versions write. */
import { describe, expect, it } from 'vitest';
import type { TagAssignment } from '../../src/catalogue/dataset.ts';
import { readManifest } from '../../src/dbt/manifest.ts';
import { assignTags } from '../../src/tags/assign.ts';
import { columns, type Fields, manifest, model, source } from '../dbt/sample.ts';

function tagsOf(node: Fields) {
  const project = readManifest(manifest({ nodes: [node] }));
  const { byNode, findings } = assignTags(project, {});
  const explicit = (list: readonly TagAssignment[] = []) =>
    list
      .filter(({ source }) => source.kind === 'explicit')
      .map(({ tag, source }) => `${tag} < ${source.via}`);
  const tags = byNode.get(String(node.unique_id));
  return {
    node: explicit(tags?.tags),
    columns: (tags?.columns ?? []).map(explicit),
    derived: (tags?.tags ?? []).filter(({ source }) => source.kind === 'derived').map(({ tag }) => tag),
    findings,
  };
}

const PLACES: readonly (readonly [via: string, fields: Fields])[] = [
  ['tags', { tags: ['pii'] }],
  ['tags', { tags: 'pii' }],
  ['config.tags', { config: { tags: ['pii'] } }],
  ['meta.sluice.tags', { meta: { sluice: { tags: ['pii'] } } }],
  ['meta.sluice.tags', { meta: { sluice: { tags: 'PII' } } }],
  ['config.meta.sluice.tags', { config: { meta: { sluice: { tags: ['pii'] } } } }],
  // dbt 1.10 writes both.
  ['tags', { tags: ['pii'], config: { tags: ['pii'] } }],
  [
    'meta.sluice.tags',
    { meta: { sluice: { tags: ['pii'] } }, config: { meta: { sluice: { tags: ['pii'] } } } },
  ],
];

describe('a tag on a dataset', () => {
  it.each(PLACES)('in %s: %j', (via, fields) => {
    expect(tagsOf(model('orders', fields)).node).toEqual([`pii < ${via}`]);
    expect(tagsOf(source('orders', fields)).node).toEqual([`pii < ${via}`]);
  });

  it('is no tag of its columns', () => {
    const node = model('orders', { tags: ['pii'], columns: columns('id') });
    expect(tagsOf(node).columns).toEqual([[]]);
  });
});

describe('a tag on a column', () => {
  it.each(PLACES)('in %s: %j', (via, fields) => {
    const node = model('orders', { columns: columns('id', { name: 'email', ...fields }) });
    expect(tagsOf(node).columns).toEqual([[], [`pii < column ${via}`]]);
  });

  it('from all places at once, each once, in order of name', () => {
    const everywhere = {
      name: 'email',
      tags: ['d', 'a'],
      config: { tags: ['b', 'a'], meta: { sluice: { tags: ['e'] } } },
      meta: { sluice: { tags: ['c'] } },
    };
    expect(tagsOf(model('orders', { columns: columns(everywhere) })).columns).toEqual([
      [
        'a < column tags',
        'b < column config.tags',
        'c < column meta.sluice.tags',
        'd < column tags',
        'e < column config.meta.sluice.tags',
      ],
    ]);
  });

  it('names the YAML file', () => {
    const node = model('orders', { columns: columns({ name: 'email', tags: ['pii'] }) });
    const { byNode } = assignTags(readManifest(manifest({ nodes: [node] })), {});
    expect(byNode.get('model.shop.orders')?.columns[0]?.[0]?.source.file).toBe(
      'models/marts/finance/_models.yml',
    );
  });

  it('that is empty counts for nothing', () => {
    expect(tagsOf(model('orders', { tags: ['', ' '] })).node).toEqual([]);
  });
});

describe('derived tags', () => {
  it('of a model', () => {
    const node = model('orders', { group: 'finance', access: 'public' });
    expect(tagsOf(node).derived).toEqual([
      'dbt.access.public',
      'dbt.folder.marts.finance',
      'dbt.group.finance',
      'dbt.materialized.table',
      'dbt.package.shop',
      'dbt.resource.model',
    ]);
  });

  it('read access and group inside config as well', () => {
    const node = model('orders', { config: { group: 'finance', access: 'private' } });
    expect(tagsOf(node).derived).toEqual(expect.arrayContaining(['dbt.group.finance', 'dbt.access.private']));
  });

  it('of a source: its folder is that of its YAML', () => {
    expect(tagsOf(source('users')).derived).toEqual([
      'dbt.folder.staging',
      'dbt.package.shop',
      'dbt.resource.source',
    ]);
  });

  it('keep a dot inside a name from making a level', () => {
    expect(tagsOf(model('orders', { path: 'v1.2/orders.sql' })).derived).toContain('dbt.folder.v1_2');
  });

  it('leave out the YAML file that dbt 1.10 makes a folder of', () => {
    expect(tagsOf(model('orders', { path: '_snapshots.yml/orders.sql' })).derived.join()).not.toContain(
      'folder',
    );
  });

  it('written by hand are kept, and reported', () => {
    const found = tagsOf(model('orders', { tags: ['dbt.group.finance'] }));
    expect(found.node).toEqual(['dbt.group.finance < tags']);
    expect(found.findings).toMatchObject([{ rule: 'reserved-tag' }]);
  });
});
