/** The spine of metadata: pure, deterministic, frozen; what is stored gives the same snapshot again. */
import { beforeAll, describe, expect, it } from 'vitest';
import { buildSnapshot, type SnapshotInput, trimInput, yamlFilesNeeded } from '../../src/snapshot.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { catalog, columns, manifest, model, snapshotInput, source } from '../dbt/sample.ts';

beforeAll(loadParser);

const members = model('members', {
  columns: columns('id', { name: 'email', description: 'Where to write.', tags: ['pii.email'] }, 'gone'),
  meta: { sluice: { namespace: 'gold' }, owner: 'Member Office', other_tool: { deep: [1, 2] } },
  raw_code: 'select 1',
  depends_on: { nodes: [] },
});

const POLICY = `policies:
  - id: mask-pii
    on: { column_tag: pii }
    mask: { with: hash }
`;

const base = snapshotInput({
  manifest: manifest({
    nodes: [members, source('users', { columns: columns('id') })],
    exposures: {
      'exposure.shop.board': {
        name: 'board',
        type: 'dashboard',
        depends_on: { nodes: ['model.shop.members'] },
      },
    },
  }),
  catalog: catalog({ 'model.shop.members': ['id BIGINT', 'email', 'ssn'] }),
  searchPath: ['gold'],
  policyFiles: [{ path: 'policies/pii.yml', text: POLICY }],
});

describe('a snapshot', () => {
  it('holds catalogue and policies, matched', () => {
    const { catalogue, policies } = buildSnapshot(base);
    expect(catalogue.lookup(['members'])?.id).toBe('gold.members');
    expect(policies.forDataset('gold.members')).toMatchObject([
      { id: 'mask-pii', effect: 'mask', columns: [{ name: 'email', depth: 1 }] },
    ]);
    expect(policies.forDataset('raw.users')).toEqual([]);
  });

  it('has a SHA-256 that equal input repeats', () => {
    const { hash } = buildSnapshot(base);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(buildSnapshot(structuredClone(base)).hash).toBe(hash);
  });

  it('has the hash of its content, whatever order dbt wrote it in', () => {
    const shuffled = manifest({
      nodes: [source('users', { columns: columns('id') }), members],
      exposures: {
        'exposure.shop.board': {
          type: 'dashboard',
          name: 'board',
          depends_on: { nodes: ['model.shop.members'] },
        },
      },
    });
    expect(buildSnapshot({ ...base, manifest: shuffled }).hash).toBe(buildSnapshot(base).hash);
  });

  const retagged = manifest({
    nodes: [
      {
        ...members,
        columns: columns(
          'id',
          { name: 'email', description: 'Where to write.', tags: ['pii.phone'] },
          'gone',
        ),
      },
      source('users'),
    ],
  });
  const changes: readonly (readonly [what: string, change: Partial<SnapshotInput>])[] = [
    ['a tag', { manifest: retagged }],
    ['a column of the warehouse', { catalog: catalog({ 'model.shop.members': ['id BIGINT', 'email'] }) }],
    ['the order of columns', { catalog: catalog({ 'model.shop.members': ['email', 'id BIGINT', 'ssn'] }) }],
    ['a type', { catalog: catalog({ 'model.shop.members': ['id INTEGER', 'email', 'ssn'] }) }],
    ['a level', { publish: [{ match: {}, access_level: 'open' }] }],
    ['a namespace', { publish: [{ match: {}, namespace: 'x', access_level: 'internal' }] }],
    [
      'how unclassified columns are shown',
      { publish: [{ match: {}, access_level: 'internal', unclassified: 'show' }] },
    ],
    ['a policy', { policyFiles: [{ path: 'policies/pii.yml', text: POLICY.replace('hash', 'hide') }] }],
    ['the search path', { searchPath: ['gold', 'raw'] }],
    ['the prefix', { prefix: 'data' }],
    ['the environment', { environment: 'production' }],
    ['the engine', { engines: ['other'] }],
    ['what the engine serves', { physical: { warehouse: [] } }],
  ];
  it.each(changes)('has another hash with another %s', (_, change) => {
    expect(buildSnapshot({ ...base, ...change }).hash).not.toBe(buildSnapshot(base).hash);
  });

  it('is frozen to the bottom', () => {
    const thawed: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(path);
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
    };
    const { catalogue, warnings, policies } = buildSnapshot(base);
    visit({ catalogue, warnings }, '');
    expect(thawed).toEqual(['']);
    expect(Object.isFrozen(policies)).toBe(true);
  });

  it('is all or nothing: a policy with a typo gives none', () => {
    const policyFiles = [{ path: 'policies/pii.yml', text: POLICY.replace('column_tag', 'colum_tag') }];
    expect(() => buildSnapshot({ ...base, policyFiles })).toThrow(
      expect.objectContaining({ code: 'policy_invalid' }),
    );
  });
});

describe('what is stored', () => {
  it('is JSON that gives the same snapshot', () => {
    const stored = JSON.parse(JSON.stringify(trimInput(base))) as SnapshotInput;
    expect(buildSnapshot(stored)).toMatchObject({
      hash: buildSnapshot(base).hash,
      warnings: buildSnapshot(base).warnings,
    });
  });

  it('is trimmed once and for all', () => {
    const once = trimInput(base);
    expect(trimInput(once)).toEqual(once);
  });

  it('leaves out what is not read', () => {
    const text = JSON.stringify(trimInput(base));
    expect(text).toContain('pii.email');
    for (const unread of ['raw_code', 'other_tool', 'select 1']) expect(text).not.toContain(unread);
  });
});

describe('YAML files', () => {
  const node = { ...members, tags: ['pii'], columns: columns({ name: 'id', tags: ['pii'] }) };
  const fusion = manifest({ nodes: [node], dbtVersion: '2.0.0' });

  it('are asked for where Fusion leaves a doubt, and not from dbt Core', () => {
    expect(yamlFilesNeeded(fusion)).toEqual(['models/marts/finance/_models.yml']);
    expect(yamlFilesNeeded(manifest({ nodes: [node] }))).toEqual([]);
  });

  it('settle it in the snapshot', () => {
    const yamlFiles = {
      'models/marts/finance/_models.yml': 'models: [{ name: members, columns: [{ name: id }] }]',
    };
    const tags = (input: SnapshotInput) =>
      buildSnapshot(input).catalogue.byId('gold.members')?.columns[0]?.tags.length;
    const input = { ...base, catalog: null, manifest: fusion };
    expect([tags(input), tags({ ...input, yamlFiles })]).toEqual([1, 0]);
  });
});
