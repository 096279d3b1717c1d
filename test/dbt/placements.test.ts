/** Every place where a version of dbt keeps tags, levels, namespaces, owners, groups and versions: one row a place, read in each version that writes it. */
import { describe, expect, it } from 'vitest';
import { buildSnapshot } from '../../src/snapshot.ts';
import { columns, type Fields, manifest, model, snapshotInput, source } from './sample.ts';

interface Version {
  readonly name: string;
  readonly schemaVersion: number;
  readonly dbtVersion: string;
}

const VERSIONS: readonly Version[] = [
  { name: '1.3', schemaVersion: 7, dbtVersion: '1.3.0' },
  { name: '1.4', schemaVersion: 8, dbtVersion: '1.4.9' },
  { name: '1.5', schemaVersion: 9, dbtVersion: '1.5.11' },
  { name: '1.6', schemaVersion: 10, dbtVersion: '1.6.0' },
  { name: '1.7', schemaVersion: 11, dbtVersion: '1.7.0' },
  { name: '1.8', schemaVersion: 12, dbtVersion: '1.8.0' },
  { name: '1.9', schemaVersion: 12, dbtVersion: '1.9.0' },
  { name: '1.10', schemaVersion: 12, dbtVersion: '1.10.22' },
  { name: '1.11', schemaVersion: 12, dbtVersion: '1.11.16' },
  { name: 'Fusion 2.0', schemaVersion: 12, dbtVersion: '2.0.0-beta.2' },
];
const since = (name: string) => VERSIONS.slice(VERSIONS.findIndex((version) => version.name === name));
const only = (name: string) => VERSIONS.filter((version) => version.name === name);

const sluice = (tag: string) => ({ sluice: { tags: [tag] } });

/** What dbt writes, and what must come out: tags of the dataset, of its column `email`, or another fact. */
interface Row {
  readonly place: string;
  readonly versions: readonly Version[];
  readonly nodes: readonly Fields[];
  readonly rest?: { readonly exposures?: Fields; readonly groups?: Fields };
  readonly want: Fields;
}

const email = (fields: Fields) => columns('id', { name: 'email', ...fields });
const dataset = (...tags: readonly string[]) => ({ tags });
const column = (...tags: readonly string[]) => ({ columns: { id: [], email: tags } });

const PLACES: readonly Row[] = [
  {
    place: 'tags of a model',
    versions: VERSIONS,
    nodes: [model('x', { tags: ['pii'] })],
    want: dataset('pii'),
  },
  {
    place: 'tags in the config of a model',
    versions: VERSIONS,
    nodes: [model('x', { config: { tags: ['pii'] } })],
    want: dataset('pii'),
  },
  {
    place: 'tags in both, as dbt writes a config',
    versions: VERSIONS,
    nodes: [model('x', { tags: ['a'], config: { tags: ['a', 'b'] } })],
    want: dataset('a', 'b'),
  },
  {
    place: 'meta of a model',
    versions: VERSIONS,
    nodes: [model('x', { meta: sluice('pii') })],
    want: dataset('pii'),
  },
  {
    place: 'meta in the config of a model',
    versions: VERSIONS,
    nodes: [model('x', { config: { meta: sluice('pii') } })],
    want: dataset('pii'),
  },
  {
    place: 'both metas with different tags',
    versions: since('1.10'),
    nodes: [model('x', { meta: sluice('a'), config: { meta: sluice('b') } })],
    want: dataset('a', 'b'),
  },
  {
    place: 'tags of a seed',
    versions: VERSIONS,
    nodes: [model('x', { resource_type: 'seed', unique_id: 'seed.shop.x', tags: ['pii'] })],
    want: dataset('pii'),
  },
  {
    place: 'meta of a snapshot',
    versions: VERSIONS,
    nodes: [model('x', { resource_type: 'snapshot', unique_id: 'snapshot.shop.x', meta: sluice('pii') })],
    want: dataset('pii'),
  },
  {
    place: 'tags of a source table, those of its source among them',
    versions: VERSIONS,
    nodes: [source('x', { tags: ['from_source', 'own'] })],
    want: dataset('from_source', 'own'),
  },
  {
    place: 'tags in the config of a source table',
    versions: since('1.10'),
    nodes: [source('x', { config: { tags: ['pii'] } })],
    want: dataset('pii'),
  },
  {
    place: 'meta of a source, that its table has none beside',
    versions: VERSIONS,
    nodes: [source('x', { source_meta: sluice('pii'), meta: sluice('pii') })],
    want: dataset('pii'),
  },
  {
    place: 'meta of a source, under which its table has another',
    versions: VERSIONS,
    nodes: [source('x', { source_meta: sluice('above'), meta: sluice('own') })],
    want: dataset('above', 'own'),
  },
  {
    place: 'level of a source, for its table',
    versions: VERSIONS,
    nodes: [source('x', { source_meta: { access_level: 'open' } })],
    want: { level: 'open' },
  },
  {
    place: 'level of a table, before that of its source',
    versions: VERSIONS,
    nodes: [source('x', { source_meta: { access_level: 'open' }, meta: { access_level: 'restricted' } })],
    want: { level: 'restricted' },
  },
  {
    place: 'namespace of a table, before that of its source',
    versions: VERSIONS,
    nodes: [
      source('x', {
        source_meta: { sluice: { namespace: 'raw_ones' } },
        meta: { sluice: { namespace: 'bronze' } },
      }),
    ],
    want: { id: 'bronze.x' },
  },
  {
    place: 'owner of a source',
    versions: VERSIONS,
    nodes: [source('x', { source_meta: { owner: 'Crm Team' } })],
    want: { owner: 'Crm Team' },
  },
  {
    place: 'tags of a column',
    versions: VERSIONS,
    nodes: [model('x', { columns: email({ tags: ['pii'] }) })],
    want: column('pii'),
  },
  {
    place: 'meta of a column',
    versions: VERSIONS,
    nodes: [model('x', { columns: email({ meta: sluice('pii') }) })],
    want: column('pii'),
  },
  {
    place: 'tags in the config of a column',
    versions: since('1.10'),
    nodes: [model('x', { columns: email({ tags: [], config: { tags: ['pii'] } }) })],
    want: column('pii'),
  },
  {
    place: 'meta in the config of a column',
    versions: since('1.10'),
    nodes: [model('x', { columns: email({ config: { meta: sluice('pii') } }) })],
    want: column('pii'),
  },
  {
    place: 'all four of a column',
    versions: since('1.10'),
    nodes: [
      model('x', {
        columns: email({ tags: ['a'], meta: sluice('b'), config: { tags: ['c'], meta: sluice('d') } }),
      }),
    ],
    want: column('a', 'b', 'c', 'd'),
  },
  {
    place: 'tags of a table, copied into its columns where no YAML tells',
    versions: only('Fusion 2.0'),
    nodes: [
      model('x', { tags: ['pii'], columns: columns({ name: 'id' }, { name: 'email', tags: ['pii'] }) }),
    ],
    // Never dropped on a guess; lint says so.
    want: { ...dataset('pii'), columns: { id: [], email: ['pii'] } },
  },
  {
    place: 'tags of a table: none of its columns',
    versions: VERSIONS.slice(0, -1),
    nodes: [model('x', { tags: ['pii'], columns: email({}) })],
    want: { ...dataset('pii'), columns: { id: [], email: [] } },
  },
  {
    place: 'access and group of a model',
    versions: since('1.5'),
    nodes: [model('x', { access: 'public', group: 'finance' })],
    want: { access: 'public', group: 'finance' },
  },
  {
    place: 'access and group in its config',
    versions: since('1.7'),
    nodes: [model('x', { config: { access: 'public', group: 'finance' } })],
    want: { access: 'public', group: 'finance' },
  },
  {
    place: 'a contract',
    versions: since('1.5'),
    nodes: [model('x', { contract: { enforced: true } })],
    want: { contract: true },
  },
  {
    place: 'a contract in its config',
    versions: since('1.5'),
    nodes: [model('x', { contract: undefined, config: { contract: { enforced: true } } })],
    want: { contract: true },
  },
  {
    place: 'a group with one address',
    versions: since('1.5'),
    nodes: [model('x', { group: 'finance' })],
    rest: { groups: group({ email: 'a@example.org' }) },
    want: { owner: 'a@example.org' },
  },
  {
    place: 'a group with several addresses',
    versions: since('1.10'),
    nodes: [model('x', { group: 'finance' })],
    rest: { groups: group({ name: null, email: ['a@example.org', 'b@example.org'], slack: '#x' }) },
    want: { owner: 'a@example.org' },
  },
  {
    place: 'a version that is the latest',
    versions: since('1.5'),
    nodes: [model('x', { version: 2, latest_version: 2 })],
    want: { id: 'main.x', names: ['main.x', 'main.x.v2'] },
  },
  {
    place: 'a version that is not the latest',
    versions: since('1.5'),
    nodes: [model('x', { version: 1, latest_version: 2 })],
    want: { id: 'main.x.v1', names: ['main.x.v1'] },
  },
  {
    place: 'tags and meta of an exposure',
    versions: VERSIONS,
    nodes: [model('x')],
    rest: { exposures: exposure({ tags: ['a'], meta: sluice('b') }) },
    want: { project: ['a', 'b'] },
  },
  {
    place: 'tags and meta in the config of an exposure',
    versions: since('1.10'),
    nodes: [model('x')],
    rest: { exposures: exposure({ config: { tags: ['a'], meta: sluice('b') } }) },
    want: { project: ['a', 'b'] },
  },
];

function group(owner: Fields): Fields {
  return { 'group.shop.finance': { name: 'finance', package_name: 'shop', owner } };
}

function exposure(fields: Fields): Fields {
  return {
    'exposure.shop.board': {
      name: 'board',
      type: 'dashboard',
      owner: { name: 'Board' },
      depends_on: { nodes: ['model.shop.x'] },
      ...fields,
    },
  };
}

const explicit = (tags: readonly { tag: string; source: { kind: string } }[]) =>
  tags.filter(({ source: { kind } }) => kind === 'explicit').map(({ tag }) => tag);

function factsOf({ nodes, rest }: Row, { schemaVersion, dbtVersion }: Version) {
  const { catalogue } = buildSnapshot(
    snapshotInput({ manifest: manifest({ nodes, schemaVersion, dbtVersion, ...rest }) }),
  );
  const [found, second] = catalogue.datasets;
  if (found === undefined || second !== undefined) throw new Error('not exactly one dataset');
  const { id, names, accessLevel: level, owner, access, group, contract } = found;
  return {
    ...{ id, names, level, owner, access, group, contract },
    tags: explicit(found.tags),
    columns: Object.fromEntries(found.columns.map(({ name, tags }) => [name, explicit(tags)])),
    project: catalogue.projects[0]?.tags ?? null,
  };
}

describe('facts by place and version', () => {
  const rows = PLACES.flatMap((row) => row.versions.map((version) => ({ row, version })));
  it.each(rows.map((one) => [one.row.place, one.version.name, one] as const))(
    '%s, dbt %s',
    (_place, _version, { row, version }) => {
      expect(factsOf(row, version)).toMatchObject(row.want);
    },
  );

  it('has a row for every version', () => {
    expect(new Set(rows.map(({ version }) => version.name)).size).toBe(VERSIONS.length);
  });
});
