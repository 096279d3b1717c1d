/** Trimming keeps whatever the readers look at: they are watched while they read artifacts that have a value everywhere. */
import { describe, expect, it } from 'vitest';
import { readCatalog } from '../../src/dbt/catalog.ts';
import { readManifest } from '../../src/dbt/manifest.ts';
import { trimCatalog, trimManifest } from '../../src/dbt/trim.ts';
import { catalog, columns, type Fields, manifest, model, source } from './sample.ts';

/** Every path that a reader asks for. */
function watched(json: unknown, paths: Set<string>, path = ''): unknown {
  if (typeof json !== 'object' || json === null) return json;
  return new Proxy(json, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return value;
      paths.add(`${path}/${key}`);
      return watched(value, paths, `${path}/${key}`);
    },
  });
}

function valueAt(json: unknown, path: string): unknown {
  return path
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Fields | undefined)?.[key], json);
}

const full = {
  sluice: { tags: ['a'], access_level: 'open', namespace: 'gold', declassify: 'x' },
  access_level: 'open',
  owner: 'me',
};
const everywhere = {
  tags: ['b'],
  meta: full,
  config: {
    enabled: true,
    materialized: 'table',
    tags: ['c'],
    meta: full,
    group: 'finance',
    access: 'public',
    contract: { enforced: true },
  },
};
const node = {
  ...everywhere,
  source_meta: full,
  group: 'finance',
  access: 'public',
  contract: { enforced: true },
  version: 1,
  latest_version: 1,
  description: 'd',
  columns: columns({ name: 'Id', data_type: 'int', description: 'd', quote: true, ...everywhere }),
};
const acting = {
  sluice: {
    tags: ['a'],
    members: { group: 'staff' },
    purposes: [{ name: 'p', text: 't', version: 1 }],
    equalise: true,
    clean_room: { min_group_size: 10 },
  },
};
// What stands only inside config is asked for when it is missing outside.
const inConfig = { ...node, group: null, access: null, contract: null };

const whole = manifest({
  nodes: [model('a', node), model('b', inConfig), source('c', node)],
  exposures: {
    'exposure.shop.x': {
      name: 'x',
      label: 'l',
      type: 'ml',
      owner: { name: null, email: ['a@example.com'] },
      maturity: 'm',
      url: 'u',
      description: 'd',
      depends_on: { nodes: ['model.shop.a.v1'] },
      ...everywhere,
      meta: acting,
      config: { ...everywhere.config, meta: acting },
    },
  },
  groups: {
    'group.shop.finance': { name: 'finance', package_name: 'shop', owner: { name: 'n', email: 'e' } },
  },
});

const readers: readonly (readonly [
  name: string,
  json: Fields,
  read: (json: unknown) => unknown,
  trim: (json: unknown) => unknown,
])[] = [
  ['manifest', whole, readManifest, trimManifest],
  [
    'catalog',
    { ...catalog({ 'model.shop.a.v1': ['Id INT', 'b'] }), errors: ['e'] },
    readCatalog,
    trimCatalog,
  ],
];

describe.each(readers)('%s', (_, json, read, trim) => {
  it('keeps what is read', () => {
    const paths = new Set<string>();
    read(watched(json, paths));
    expect(paths.size).toBeGreaterThan(10);
    const trimmed = trim(json);
    const asked = [...paths].filter((path) => ![null, undefined].includes(valueAt(json, path) as null));
    expect(asked.filter((path) => valueAt(trimmed, path) === undefined)).toEqual([]);
  });

  it('reads to the same', () => expect(read(trim(json))).toEqual(read(json)));

  it('keeps nothing else', () => {
    const more = { ...json, macros: { x: 1 }, nodes: { ...(json.nodes as Fields) } };
    expect(trim(more)).toEqual(trim(json));
  });

  it('lets what is malformed stay so', () => {
    for (const bad of [
      null,
      [],
      {},
      { ...json, nodes: null },
      { ...json, nodes: { x: null } },
      { ...json, sources: undefined },
    ])
      expect(() => read(trim(bad))).toThrow();
  });
});

describe('nodes of other kinds', () => {
  it('are left out, odd ones are not', () => {
    const nodes = [
      model('a'),
      model('t', { resource_type: 'test', raw_code: 'x' }),
      model('odd', { resource_type: 5 }),
    ];
    const trimmed = trimManifest(manifest({ nodes })) as { readonly nodes: Fields };
    expect(Object.keys(trimmed.nodes)).toEqual(['model.shop.a', 'model.shop.odd']);
  });
});
