/** Catalogue files: out of a state and back into the same state; an edit changes what it says and nothing else. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLineage } from '../../src/exchange/lineage-file.ts';
import { type Files, readCatalogue } from '../../src/exchange/read-catalogue.ts';
import { writeCatalogue } from '../../src/exchange/write-catalogue.ts';
import {
  buildSnapshot,
  type Snapshot,
  type SnapshotInput,
  trimInput,
  yamlFilesNeeded,
} from '../../src/snapshot.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { changesBetween, outlineOf } from '../../src/state/outline.ts';
import { traced } from '../../src/state/trace.ts';

beforeAll(() => loadParser());

const EXAMPLE = join(import.meta.dirname, '../../examples/energy-community');
const SHARED = join(import.meta.dirname, '../../../shared/dbt');

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const BARE: Omit<SnapshotInput, 'manifest' | 'catalog'> = {
  environment: 'test',
  yamlFiles: {},
  physical: {},
  engines: ['warehouse'],
  publish: [
    { match: { resource_type: 'source' }, namespace: 'landing', access_level: 'internal' },
    { match: {}, access_level: 'internal' },
  ],
  searchPath: [],
  prefix: null,
  policyFiles: [],
};

function exampleInput(): SnapshotInput {
  const policies = readdirSync(join(EXAMPLE, 'policies')).sort();
  return {
    ...BARE,
    manifest: json(join(EXAMPLE, 'target/manifest.json')),
    catalog: json(join(EXAMPLE, 'target/catalog.json')),
    publish: [
      { match: { folder: 'marts' }, namespace: 'gold', access_level: 'internal' },
      { match: { folder: 'intermediate' }, namespace: 'silver', access_level: 'internal' },
      { match: { resource_type: 'snapshot' }, namespace: 'silver', access_level: 'internal' },
      { match: { resource_type: 'seed', name: 'communities' }, namespace: 'gold' },
    ],
    policyFiles: policies.map((name) => ({
      path: `policies/${name}`,
      text: readFileSync(join(EXAMPLE, 'policies', name), 'utf8'),
    })),
  };
}

/** As it is stored, with its lineage, out, and back in. */
async function roundTrip(
  input: SnapshotInput,
  edit: (files: Map<string, string>) => void = () => {},
): Promise<{ before: Snapshot; after: Snapshot; files: Files }> {
  const stored = trimInput(await traced(input, { previous: null }));
  const before = buildSnapshot(stored);
  const files = new Map(writeCatalogue(stored, before).files);
  edit(files);
  const read = readCatalogue(files, { adapter: null });
  const lineage = readLineage(read.lineage);
  const again = { ...input, yamlFiles: {}, manifest: read.manifest, catalog: read.catalog, lineage };
  const after = buildSnapshot({ ...again, policyFiles: read.policies ?? [] });
  return { before, after, files };
}

const changes = ({ before, after }: Awaited<ReturnType<typeof roundTrip>>) =>
  changesBetween(outlineOf(before), outlineOf(after));

function edited(path: string, from: string | RegExp, to: string): (files: Map<string, string>) => void {
  return (files) => {
    const text = files.get(path) ?? '';
    const next = text.replace(from, to);
    expect(next).not.toBe(text);
    files.set(path, next);
  };
}

describe('the example', () => {
  it('comes back as the very same state', async () => {
    const { before, after, files } = await roundTrip(exampleInput());
    expect([...files.keys()].sort()).toEqual([
      'catalogue.yml',
      'datasets/gold.yml',
      'datasets/silver.yml',
      'lineage.json',
      'policies/access.yml',
      'policies/personal-data.yml',
      'policies/rows.yml',
      'unpublished/main_intermediate.yml',
      'unpublished/main_seeds.yml',
      'unpublished/main_staging.yml',
      'unpublished/raw.yml',
    ]);
    expect(after.hash).toBe(before.hash);
  });

  it('a tag that is added in the file is added, and nothing else changes', async () => {
    const trip = await roundTrip(
      exampleInput(),
      edited('datasets/gold.yml', 'tags: [ pii.phone ]', 'tags: [ pii.phone, sensitive ]'),
    );
    expect(changes(trip)).toEqual({
      datasets: { added: 0, removed: 0, changed: 0, names: [] },
      columns: { added: 0, removed: 0, changed: 0, names: [] },
      tags: {
        added: 1,
        removed: 0,
        changed: 0,
        names: [expect.stringMatching(/^\+gold\.members\.phone sensitive$/)],
      },
      policies: { added: 0, removed: 0, changed: 0, names: [] },
    });
  });

  it('a level that is written in the file goes before the publish rule', async () => {
    const trip = await roundTrip(
      exampleInput(),
      edited('datasets/gold.yml', '- name: members\n', '- name: members\n    access_level: restricted\n'),
    );
    expect(trip.after.catalogue.byId('gold.members')).toMatchObject({ accessLevel: 'restricted' });
    expect(changes(trip).datasets).toMatchObject({ changed: 1, names: ['~gold.members'] });
  });

  it('says beside what it writes what follows from elsewhere', async () => {
    const patch = {
      tool: 'collibra',
      node: 'model.energy_community.members',
      dataset: 'gold.members',
      tag: 'pii.x',
    };
    const patches = [{ ...patch, column: 'region', by: 'someone', at: '2026-01-01T00:00:00.000Z' }];
    const { before, after, files } = await roundTrip({ ...exampleInput(), patches });
    expect(files.get('datasets/gold.yml')).toMatch(/name: region.*# also pii\.x by collibra\n/);
    expect(files.get('datasets/gold.yml')).toContain('# gold.members: internal (publish rule 1)');
    expect(after.hash).toBe(before.hash);
  });
});

describe.skipIf(!existsSync(SHARED))('what dbt wrote', () => {
  if (!existsSync(SHARED)) console.log('skipped: no artifacts beside the repository');
  const projects = existsSync(SHARED) ? readdirSync(SHARED).sort() : [];
  it.each(projects)('%s comes back as the very same state', async (name) => {
    const folder = join(SHARED, name);
    const find = (file: string): string | null =>
      [join(folder, file), join(folder, 'target', file)].find((path) => existsSync(path)) ?? null;
    const manifestPath = find('manifest.json');
    if (manifestPath === null) throw new Error(`no manifest in ${name}`);
    const catalogPath = find('catalog.json');
    const manifest = json(manifestPath);
    const yamlFiles = Object.fromEntries(
      yamlFilesNeeded(manifest)
        .filter((path) => existsSync(join(folder, path)))
        .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
    );
    const input = { ...BARE, manifest, catalog: catalogPath === null ? null : json(catalogPath), yamlFiles };
    const { before, after } = await roundTrip(input);
    expect(before.catalogue.datasets.length).toBeGreaterThan(0);
    expect(after.hash).toBe(before.hash);
  });
});

const file = (text: string, header?: string): Files =>
  new Map([['gold.yml', text], ...(header === undefined ? [] : [['catalogue.yml', header] as const])]);

function built(files: Files): Snapshot {
  const { manifest, catalog } = readCatalogue(files, { adapter: 'postgres' });
  return buildSnapshot({ ...BARE, publish: [], manifest, catalog });
}

describe('files by hand', () => {
  it('need a namespace, names and columns, no more', () => {
    const { catalogue } = built(
      file(`
namespace: gold
access_level: internal
datasets:
  - name: members
    owner: the members' office
    tags: [community]
    columns:
      - { name: id, type: integer }
      - { name: email, tags: [pii.email], description: where to write }
  - { name: orders, access_level: open, relation: shop.public.orders, columns: [{ name: id }] }
`),
    );
    const members = catalogue.byId('gold.members');
    expect(members).toMatchObject({
      accessLevel: 'internal',
      owner: "the members' office",
      relation: { database: null, schema: 'gold', identifier: 'members' },
      resourceType: 'source',
    });
    const [, email] = members?.columns ?? [];
    expect(email).toMatchObject({
      name: 'email',
      description: 'where to write',
      tags: [{ tag: 'pii.email', source: { kind: 'explicit', via: 'column tags', file: 'gold.yml' } }],
    });
    expect(catalogue.byId('gold.orders')).toMatchObject({
      accessLevel: 'open',
      relation: { database: 'shop', schema: 'public', identifier: 'orders' },
    });
  });

  it.each<[name: string, text: string, told: RegExp]>([
    ['no YAML', 'datasets: [', /^gold\.yml:1: /],
    ['an unknown key', 'namespace: a\ndatasets:\n  - { name: b, colums: [] }', /^gold\.yml:3: .*colums/],
    [
      'an unknown level',
      'namespace: a\ndatasets:\n  - { name: b, access_level: secret }',
      /^gold\.yml:3: .*access_level/,
    ],
    ['no namespace', 'datasets:\n  - { name: b }', /^gold\.yml:2: b needs a namespace/],
    [
      'a dataset twice',
      'namespace: a\ndatasets:\n  - { name: b }\n  - { name: b }',
      /^gold\.yml:4: b is there twice/,
    ],
    [
      'a column twice',
      'namespace: a\ndatasets:\n  - { name: b, columns: [{ name: c }, { name: c }] }',
      /the column c is there twice/,
    ],
    [
      'a relation of four parts',
      'namespace: a\ndatasets:\n  - { name: b, relation: a.b.c.d }',
      /relation is/,
    ],
    ['nothing', 'namespace: a\ndatasets: []', /no dataset in any file/],
    [
      'a prototype',
      'namespace: a\n__proto__: { datasets: [] }\ndatasets: []',
      /^gold\.yml:1: .*__proto__|gold/,
    ],
    [
      'aliases that multiply',
      `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`).join('\n')}\n`,
      /^gold\.yml:1: .*alias/i,
    ],
  ])('are refused with their place: %s', (_name, text, told) => {
    expect(() => readCatalogue(file(text), { adapter: null })).toThrow(
      expect.objectContaining({
        code: 'catalogue_invalid',
        details: expect.arrayContaining([expect.stringMatching(told)]),
      }),
    );
  });

  it('column names that are keys of every object are only names', () => {
    const { catalogue } = built(
      file(
        'namespace: a\naccess_level: open\ndatasets:\n  - { name: b, columns: [{ name: __proto__, tags: [pii] }, { name: constructor }], warehouse: { __proto__: TEXT, constructor: TEXT } }\n',
      ),
    );
    expect(catalogue.byId('a.b')?.columns).toMatchObject([
      { name: '__proto__', type: 'TEXT', tags: [{ tag: 'pii' }] },
      { name: 'constructor', type: 'TEXT' },
    ]);
  });
});

describe('paths of what is written', () => {
  const text = 'policies: []\n';
  it.each([
    '../../.bashrc.yml',
    '/etc/cron.d/x.yml',
    'a/../../b.yml',
    'C:\\x.yml',
    'a\0b.yml',
    'datasets/gold.yml',
    'Catalogue.yml',
    'x.sh',
    './x.yml',
    'a//b.yml',
    'lineage.json',
  ])('%j stays in the folder and replaces nothing', (path) => {
    const input = { ...exampleInput(), policyFiles: [{ path, text }] };
    const { files, notes } = writeCatalogue(input, buildSnapshot(input));
    const others = writeCatalogue({ ...input, policyFiles: [] }, buildSnapshot(input)).files;
    const added = [...files.keys()].filter((name) => !others.has(name));
    expect(added).toEqual([expect.stringMatching(/^policies\/1-[A-Za-z0-9_-]+\.yml$/)]);
    expect(notes).toHaveLength(1);
  });

  it('a namespace that is a path is none', () => {
    const input = { ...exampleInput(), publish: [{ match: {}, access_level: 'open' as const }] };
    const manifest = structuredClone(input.manifest) as {
      nodes: Record<string, { schema: string; relation_name: string | null }>;
    };
    for (const node of Object.values(manifest.nodes)) {
      node.schema = '../../etc';
      node.relation_name = null;
    }
    // The rules of a clean room name datasets by their ids of before.
    const stored = trimInput({ ...input, manifest: { ...manifest, exposures: {} }, policyFiles: [] });
    const { files } = writeCatalogue(stored, buildSnapshot(stored));
    for (const path of files.keys())
      expect(path).toMatch(/^(catalogue\.yml|(datasets|unpublished)\/[a-z0-9_-]+\.yml)$/);
  });

  it('a name cannot end its comment and begin a line of its own', () => {
    const input = exampleInput();
    const manifest = JSON.parse(
      JSON.stringify(input.manifest).replaceAll('models/marts/core/_core.yml', 'x\\nevil: true'),
    ) as unknown;
    const stored = trimInput({ ...input, manifest });
    const { files } = writeCatalogue(stored, buildSnapshot(stored));
    for (const body of files.values()) expect(body).not.toMatch(/^evil/m);
  });
});
