/** From dbt nodes to exposed datasets: levels, namespaces, names, engines, relations; contradictions are errors, all at once. */
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import type { PhysicalRelation } from '../../src/engines/engine.ts';
import { SluiceError } from '../../src/errors.ts';
import { buildSnapshot, type SnapshotInput } from '../../src/snapshot.ts';
import { catalog, columns, type Fields, manifest, model, snapshotInput, source } from '../dbt/sample.ts';

type Given = Partial<Omit<SnapshotInput, 'manifest'>> & {
  readonly adapter?: string;
  readonly exposures?: Fields;
  readonly groups?: Fields;
};

function build(nodes: readonly Fields[], { adapter, exposures, groups, ...given }: Given = {}) {
  const parts = {
    nodes,
    ...(adapter && { adapter }),
    ...(exposures && { exposures }),
    ...(groups && { groups }),
  };
  return buildSnapshot(snapshotInput({ ...given, manifest: manifest(parts) }));
}

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'publish_invalid') return error.details;
    throw error;
  }
  return [];
}

const only = (nodes: readonly Fields[], given: Given = {}): Dataset => {
  const [dataset, ...rest] = build(nodes, given).catalogue.datasets;
  if (dataset === undefined || rest.length > 0) throw new Error('not exactly one dataset');
  return dataset;
};

describe('access level', () => {
  const PLACES: readonly (readonly [via: string, fields: Fields])[] = [
    ['meta.sluice.access_level', { meta: { sluice: { access_level: 'open' } } }],
    ['config.meta.sluice.access_level', { config: { meta: { sluice: { access_level: 'open' } } } }],
    ['meta.access_level', { meta: { access_level: 'open' } }],
    ['config.meta.access_level', { config: { meta: { access_level: 'open' } } }],
    ['meta.access_level', { meta: { access_level: 'Open ' } }],
    ['meta.access_level', { meta: { access_level: 'open' }, config: { meta: { access_level: 'open' } } }],
  ];
  it.each(PLACES)('from %s: %j', (via, fields) => {
    const dataset = only([model('orders', fields)], { publish: [{ match: {}, access_level: 'restricted' }] });
    expect(dataset).toMatchObject({
      accessLevel: 'open',
      accessLevelSource: `${via} in models/marts/finance/_models.yml`,
    });
  });

  it('else from the first publish rule that matches, and from no other', () => {
    const publish: SnapshotInput['publish'] = [
      { match: { name: 'stg_*' } },
      { match: { folder: 'marts' }, access_level: 'restricted' },
      { match: {}, access_level: 'open' },
    ];
    const { catalogue } = build(
      [model('orders'), model('stg_orders'), model('users', { path: 'users.sql' })],
      { publish },
    );
    expect(
      catalogue.datasets.map(({ id, accessLevel, accessLevelSource }) => [
        id,
        accessLevel,
        accessLevelSource,
      ]),
    ).toEqual([
      ['main.orders', 'restricted', 'publish rule 2'],
      ['main.users', 'open', 'publish rule 3'],
    ]);
  });

  it('without any, nothing is exposed', () => {
    expect(build([model('orders')], { publish: [] }).catalogue.datasets).toEqual([]);
  });

  it.each([
    [
      { meta: { sluice: { access_level: 'open' }, access_level: 'internal' } },
      /two access levels: "open" \(meta\.sluice\.access_level\) and "internal" \(meta\.access_level\)/,
    ],
    [
      { meta: { access_level: 'open' }, config: { meta: { access_level: 'restricted' } } },
      /two access levels/,
    ],
    [{ meta: { access_level: 'public' } }, /is "public"; it must be open, internal or restricted/],
    [{ meta: { sluice: { access_level: 'intrenal' } } }, /did you mean "internal"/],
  ])('%j is an error', (fields, message) => {
    expect(problemsOf(() => build([model('orders', fields)]))).toEqual([expect.stringMatching(message)]);
  });
});

describe('namespace', () => {
  it.each([
    ['the dbt schema', {}, undefined, 'main.orders'],
    ['the publish rule', {}, 'gold', 'gold.orders'],
    ['meta', { meta: { sluice: { namespace: 'finance' } } }, 'gold', 'finance.orders'],
    ['meta in config', { config: { meta: { sluice: { namespace: 'Finance' } } } }, 'gold', 'finance.orders'],
  ])('is that of %s', (_, fields, namespace, id) => {
    const publish = [{ match: {}, access_level: 'open' as const, ...(namespace && { namespace }) }];
    expect(only([model('orders', fields)], { publish }).id).toBe(id);
  });

  it('with a dot, or two of them, is an error', () => {
    const nodes = [
      model('a', { meta: { sluice: { namespace: 'x.y' } } }),
      model('b', { meta: { sluice: { namespace: 'x' } }, config: { meta: { sluice: { namespace: 'y' } } } }),
    ];
    expect(problemsOf(() => build(nodes))).toHaveLength(2);
  });
});

describe('names', () => {
  const versions = [1, 2, 3].map((version) =>
    model('customers', {
      version,
      latest_version: 2,
      alias: `customers_v${version}`,
      relation_name: `"shop"."main"."customers_v${version}"`,
    }),
  );

  it('the latest version has the bare name as well', () => {
    const { catalogue } = build(versions);
    expect(catalogue.datasets.map(({ id, names }) => [id, names])).toEqual([
      ['main.customers', ['main.customers', 'main.customers.v2']],
      ['main.customers.v1', ['main.customers.v1']],
      ['main.customers.v3', ['main.customers.v3']],
    ]);
  });

  it('without its latest version, the bare name means nothing', () => {
    const { catalogue } = build(versions.filter(({ version }) => version !== 2));
    expect(catalogue.lookup(['main', 'customers'])).toBeUndefined();
  });

  type Lookup = readonly [parts: readonly string[], id: string | null];
  const lookups: readonly Lookup[] = [
    [['data', 'main', 'customers'], 'data.main.customers'],
    [['main', 'customers'], 'data.main.customers'],
    [['customers'], 'data.main.customers'],
    [['data', 'main', 'customers', 'v1'], 'data.main.customers.v1'],
    [['main', 'customers', 'v1'], 'data.main.customers.v1'],
    [['customers', 'v1'], 'data.main.customers.v1'],
    [['customers', 'v2'], 'data.main.customers'],
    [['MAIN', 'Customers'], 'data.main.customers'],
    [['main.customers'], null],
    [['data.main', 'customers'], null],
    [['data', 'customers'], null],
    [['other', 'main', 'customers'], null],
    [['customers', 'v9'], null],
    [['shop', 'main', 'customers_v1'], null],
    [['main', 'customers_v1'], null],
    [['customers_v1'], null],
    [['main'], null],
    [[''], null],
    [['', 'customers'], null],
    [[], null],
    [['a', 'b', 'c', 'd', 'e'], null],
    [['__proto__'], null],
    [['main', 'constructor'], null],
  ];
  it.each(lookups)('%j is %s', (parts, id) => {
    const { catalogue } = build(versions, { prefix: 'data', searchPath: ['empty', 'Main'] });
    expect(catalogue.lookup(parts)?.id ?? null).toBe(id);
  });

  it('the search path is walked in order', () => {
    const nodes = [
      model('orders'),
      model('orders', {
        unique_id: 'model.shop.orders2',
        schema: 'other',
        relation_name: '"shop"."other"."orders"',
      }),
    ];
    const { catalogue } = build(nodes, { searchPath: ['other', 'main'] });
    expect(catalogue.lookup(['orders'])?.id).toBe('other.orders');
  });

  it('bare names need a search path', () => {
    expect(build([model('orders')]).catalogue.lookup(['orders'])).toBeUndefined();
  });

  it('a dbt name may hold a dot', () => {
    const { catalogue } = build([model('a.b')]);
    expect(catalogue.lookup(['main', 'a.b'])?.id).toBe('main.a.b');
  });

  it('byId takes every name', () => {
    const { catalogue } = build(versions, { prefix: 'data' });
    expect(
      ['data.main.customers', 'main.customers.v2', 'customers'].map((id) => catalogue.byId(id)?.id),
    ).toEqual(['data.main.customers', 'data.main.customers', undefined]);
  });

  it('that two nodes share are an error', () => {
    const nodes = [model('orders'), source('orders'), model('users'), source('USERS')];
    const publish = [{ match: {}, namespace: 'gold', access_level: 'open' as const }];
    expect(problemsOf(() => build(nodes, { publish }))).toEqual([
      'model.shop.orders and source.shop.crm.orders both become "gold.orders"',
      'model.shop.users and source.shop.crm.USERS both become "gold.users"',
    ]);
  });

  it('that a version and a prefix share are an error', () => {
    const nodes = [
      model('v2', { meta: { sluice: { namespace: 'customers' } } }),
      model('customers', { version: 2, latest_version: 2, meta: { sluice: { namespace: 'gold' } } }),
    ];
    expect(problemsOf(() => build(nodes, { prefix: 'gold' }))).toEqual([
      expect.stringContaining('"gold.customers.v2"'),
    ]);
  });

  it('of nodes that are not exposed clash with nothing', () => {
    const publish = [
      { match: { resource_type: 'source' as const } },
      { match: {}, namespace: 'raw', access_level: 'open' as const },
    ];
    expect(only([model('orders'), source('orders')], { publish }).uniqueId).toBe('model.shop.orders');
  });
});

describe('what becomes a dataset', () => {
  it.each([
    ['ephemeral models', model('x', { config: { materialized: 'ephemeral' } })],
    ['disabled models', model('x', { config: { enabled: false } })],
    ['tests', model('x', { resource_type: 'test' })],
    ['operations', model('x', { resource_type: 'operation' })],
    ['analyses', model('x', { resource_type: 'analysis' })],
    ['kinds that nobody has heard of', model('x', { resource_type: 'function' })],
  ])('not %s', (_, node) => expect(build([node]).catalogue.datasets).toEqual([]));

  it('carries dbt’s facts', () => {
    const node = model('orders', {
      description: 'Orders.',
      group: 'finance',
      access: 'public',
      contract: { enforced: true },
      meta: { owner: 'nobody' },
    });
    const groups = {
      'group.shop.finance': {
        name: 'finance',
        package_name: 'shop',
        owner: { name: null, email: ['a@example.com', 'b@example.com'] },
      },
    };
    expect(only([node], { groups })).toMatchObject({
      description: 'Orders.',
      owner: 'a@example.com',
      group: 'finance',
      access: 'public',
      contract: true,
      folder: ['marts', 'finance'],
      package: 'shop',
      materialized: 'table',
      engine: 'warehouse',
    });
  });

  it('has meta.owner where its group has none', () => {
    expect(only([model('orders', { meta: { owner: 'Data Team' } })]).owner).toBe('Data Team');
  });
});

describe('engine', () => {
  it('is the only one, or the one that the rule names', () => {
    const publish = [{ match: {}, access_level: 'open' as const, engine: 'b' }];
    expect(only([model('orders')], { engines: ['a', 'b'], publish }).engine).toBe('b');
  });

  it.each([
    [['a', 'b'], undefined, /no publish rule names its engine/],
    [['a'], 'b', /"b", which is not configured/],
    [[], undefined, /no publish rule names its engine/],
  ])('of %j and a rule for %s is an error', (engines, engine, message) => {
    const publish = [{ match: {}, access_level: 'open' as const, ...(engine && { engine }) }];
    expect(problemsOf(() => build([model('orders')], { engines, publish }))).toEqual([
      expect.stringMatching(message),
    ]);
  });
});

describe('a view', () => {
  const served = (view: boolean): Given => ({
    physical: {
      warehouse: [
        {
          relation: { database: 'shop', schema: 'main', identifier: 'orders' },
          columns: [],
          rows: null,
          view,
        },
      ],
    },
  });
  const as = (materialized: string | null) => model('orders', { config: { materialized } });
  const given = source('orders', {
    schema: 'main',
    relation_name: '"shop"."main"."orders"',
    meta: { access_level: 'open' },
  });

  it.each([
    ['what the engine computes', as('table'), served(true), true],
    ['what the engine holds', as('view'), served(false), false],
    ['a source that the engine computes', given, served(true), true],
    ['a source that the engine holds', given, served(false), false],
    ['a model that dbt makes a view, of an engine that was not asked', as('view'), {}, true],
    ['a model that says nothing, of an engine that was not asked', as(null), {}, true],
    ['a model that dbt makes a table, of an engine that was not asked', as('table'), {}, false],
    ['a source, of an engine that was not asked', given, {}, true],
  ])('is %s', (_, node, asked, view) => {
    expect(only([node], asked).view).toBe(view);
  });
});

describe('relation', () => {
  const physical = (schema: string, identifier: string, ...names: string[]): PhysicalRelation => ({
    relation: { database: 'shop', schema, identifier },
    columns: names.map((name) => ({ name, type: 'VARCHAR', family: 'text' as const })),
    rows: null,
    view: false,
  });
  const served = (...relations: PhysicalRelation[]) => ({ physical: { warehouse: relations } });

  it('that the engine lacks makes the dataset invalid, not unknown', () => {
    const dataset = only([model('orders')], served(physical('main', 'users')));
    expect(dataset.invalid).toMatch(/missing in the engine/);
  });

  it('of an engine that was not asked is taken as it is', () => {
    expect(only([model('orders')]).invalid).toBeNull();
  });

  it('in another database is not it', () => {
    const other = {
      ...physical('main', 'orders'),
      relation: { database: 'other', schema: 'main', identifier: 'orders' },
    };
    expect(only([model('orders')], served(other)).invalid).toMatch(/missing/);
  });

  it('is found without case where the adapter has none, and spelled as the engine spells it', () => {
    const dataset = only([model('orders')], served(physical('MAIN', 'Orders')));
    expect(dataset).toMatchObject({ invalid: null, relation: { schema: 'MAIN', identifier: 'Orders' } });
  });

  it('in another case is another relation on PostgreSQL', () => {
    expect(
      only([model('orders')], { ...served(physical('main', 'Orders')), adapter: 'postgres' }).invalid,
    ).toMatch(/missing/);
  });

  it('of two that differ in case only is a guess, unless one is spelled exactly so', () => {
    const two = served(physical('main', 'Orders'), physical('main', 'ORDERS'));
    expect(only([model('orders')], two).invalid).toMatch(/missing/);
    expect(only([model('Orders')], two).invalid).toBeNull();
  });

  it('as the engine has it now counts before catalog.json', () => {
    const node = model('orders', { columns: columns('id', 'total') });
    const dataset = only([node], {
      ...served(physical('main', 'orders', 'id', 'added')),
      catalog: catalog({ 'model.shop.orders': ['id', 'total'] }),
    });
    expect(dataset.columns.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'id untagged',
      'added unclassified',
      'total ghost',
    ]);
  });

  it('that is not quoted is spelled as the adapter folds it', () => {
    const node = model('orders', { relation_name: 'shop.main.orders' });
    expect(only([node], { adapter: 'snowflake' }).relation).toEqual({
      database: 'SHOP',
      schema: 'MAIN',
      identifier: 'ORDERS',
    });
  });
});

describe('unclassified columns', () => {
  const node = model('orders', { columns: columns('id') });
  const given = (unclassified?: 'hide' | 'show' | 'deny'): Given => ({
    publish: [{ match: {}, access_level: 'open', ...(unclassified && { unclassified }) }],
    catalog: catalog({ 'model.shop.orders': ['id', 'ssn'] }),
  });

  it.each([
    [undefined, false, false],
    ['hide', false, false],
    ['show', true, false],
    ['deny', false, true],
  ] as const)('%s: exposed %s, dataset refused %s', (rule, exposed, refused) => {
    const dataset = only([node], given(rule));
    expect(dataset.columns[1]).toMatchObject({ name: 'ssn', state: 'unclassified', exposed });
    expect(dataset.invalid !== null).toBe(refused);
  });

  it('deny says nothing where all columns are documented', () => {
    const complete = model('orders', { columns: columns('id', 'ssn') });
    expect(only([complete], given('deny')).invalid).toBeNull();
  });
});

describe('two nodes of one relation', () => {
  const raw = { schema: 'raw', alias: 'users', relation_name: '"shop"."raw"."users"', resource_type: 'seed' };
  const seed = (fields: Fields = {}) =>
    model('raw_users', { ...raw, unique_id: 'seed.shop.raw_users', ...fields });

  it('share what is written on either, exposed or not', () => {
    const tagged = seed({ tags: ['privileged'], columns: columns({ name: 'email', tags: ['pii'] }) });
    const publish = [{ match: { resource_type: 'source' as const }, access_level: 'open' as const }];
    const dataset = only([tagged, source('users', { columns: columns('id', 'Email') })], {
      publish,
      catalog: catalog({ 'source.shop.crm.users': ['id', 'email'] }),
    });
    expect(dataset.tags.map(({ tag }) => tag)).toContain('privileged');
    expect(dataset.tags.map(({ tag }) => tag)).not.toContain('dbt.resource.seed');
    expect(dataset.columns.map(({ name, tags }) => [name, ...tags.map(({ tag }) => tag)])).toEqual([
      ['id'],
      ['email', 'pii'],
    ]);
  });

  it('with two levels are an error', () => {
    const nodes = [seed({ meta: { access_level: 'restricted' } }), source('users')];
    expect(problemsOf(() => build(nodes))).toEqual([
      expect.stringMatching(/one relation with several levels/),
    ]);
  });

  it('with one level are worth a warning', () => {
    expect(build([seed(), source('users')]).warnings).toEqual([
      expect.stringMatching(/one and the same relation/),
    ]);
  });
});

describe('projects', () => {
  const exposure = (name: string, fields: Fields = {}) => ({
    [`exposure.shop.${name}`]: {
      name,
      type: 'dashboard',
      owner: { name: null, email: 'a@example.com' },
      ...fields,
    },
  });

  it('are exposures, with the datasets that are exposed', () => {
    const exposures = exposure('board', {
      label: 'Board',
      maturity: 'high',
      url: 'https://example.com',
      tags: ['Finance'],
      config: {
        meta: { sluice: { tags: ['quarterly'], members: [{ group: 'board' }], purposes: ['reporting'] } },
      },
      depends_on: {
        nodes: ['model.shop.orders', 'model.shop.gone', 'metric.shop.revenue', 'model.shop.orders'],
      },
    });
    expect(build([model('orders'), model('users')], { exposures }).catalogue.projects).toEqual([
      {
        name: 'board',
        uniqueId: 'exposure.shop.board',
        label: 'Board',
        type: 'dashboard',
        owner: 'a@example.com',
        maturity: 'high',
        url: 'https://example.com',
        description: '',
        tags: ['finance', 'quarterly'],
        datasets: ['main.orders'],
        members: [[{ fact: 'group', value: 'board', negated: false }]],
        purposes: [{ name: 'reporting', text: '', version: expect.stringMatching(/^[0-9a-f]{16}$/) }],
        equalise: false,
        cleanRoom: null,
      },
    ]);
  });

  it('that are disabled are none', () => {
    expect(
      build([], { exposures: exposure('board', { config: { enabled: false } }) }).catalogue.projects,
    ).toEqual([]);
  });

  it('of one name are an error', () => {
    const exposures = { ...exposure('board'), 'exposure.other.board': { name: 'board', type: 'ml' } };
    expect(problemsOf(() => build([], { exposures }))).toHaveLength(1);
  });
});

describe('a push', () => {
  it('reports every contradiction at once, sorted', () => {
    const nodes = ['b', 'a'].map((name) => model(name, { meta: { access_level: 'secret' } }));
    const problems = problemsOf(() => build(nodes));
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['model.shop.a', 'model.shop.b']);
  });

  it('warns of rules and namespaces that lead nowhere', () => {
    const { warnings } = build([model('orders')], {
      publish: [
        { match: {}, access_level: 'open' },
        { match: { folder: 'x' }, access_level: 'open' },
      ],
      searchPath: ['main', 'nowhere'],
    });
    expect(warnings).toEqual([
      expect.stringMatching(/publish rule 2 matches nothing/),
      expect.stringMatching(/search_path names "nowhere"/),
    ]);
  });
});
