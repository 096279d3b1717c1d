/** The example as a dbt project under policies: what is published, what it shows off, and that its files hold together. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { seeds } from '../../examples/energy-community/generate-seeds.ts';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { parseCondition } from '../../src/policies/conditions.ts';
import { config, EXAMPLE, loadSnapshot, personas, read } from './load.ts';

const manifest = JSON.parse(read('target/manifest.json')) as {
  readonly nodes: Readonly<Record<string, { readonly config: { readonly materialized: string } }>>;
  readonly groups: Readonly<Record<string, { readonly owner: { readonly name: string } }>>;
};
const snapshot = loadSnapshot();

function dataset(id: string): Dataset {
  const found = snapshot.catalogue.byId(id) ?? snapshot.catalogue.lookup(id.split('.'));
  if (found === undefined) throw new Error(`${id} is not published`);
  return found;
}

const explicitTags = (id: string): string[] =>
  dataset(id)
    .tags.filter((tag) => tag.source.kind === 'explicit')
    .map((tag) => tag.tag)
    .sort();

describe('what is published', () => {
  it.each([
    ['bronze.readings', 'restricted', 'source'],
    ['bronze.stg_members', 'restricted', 'model'],
    ['bronze.stg_meters', 'restricted', 'model'],
    ['bronze.stg_readings', 'restricted', 'model'],
    ['bronze.stg_tariffs', 'restricted', 'model'],
    ['silver.int_daily_usage', 'internal', 'model'],
    ['silver.int_member_meters', 'internal', 'model'],
    ['silver.members_snapshot', 'internal', 'snapshot'],
    ['gold.members', 'internal', 'model'],
    ['gold.meters', 'internal', 'model'],
    ['gold.meter_readings', 'internal', 'model'],
    ['gold.consumption_forecast', 'internal', 'model'],
    ['gold.invoices', 'internal', 'model'],
    ['gold.alpha_usage', 'internal', 'model'],
    ['gold.beta_usage', 'internal', 'model'],
    ['gold.payment_accounts', 'restricted', 'model'],
    ['gold.community_totals', 'open', 'model'],
    ['gold.communities', 'open', 'seed'],
    ['gold.tariffs', 'open', 'model'],
    ['gold.tariffs.v1', 'open', 'model'],
  ])('%s is %s, a %s', (id, level, resourceType) => {
    expect(dataset(id)).toMatchObject({ accessLevel: level, resourceType, invalid: null });
  });

  it('is that and nothing else', () => {
    expect(snapshot.catalogue.datasets).toHaveLength(21);
    expect(snapshot.catalogue.datasets.filter((d) => d.name.startsWith('raw_'))).toEqual([]);
  });

  it('comes without a warning', () => {
    expect(snapshot.warnings).toEqual([]);
  });

  it('lists where a personal tag ends, and why', () => {
    const lost = snapshot.findings.filter(({ rule }) => rule === 'lineage-broken');
    const ended = lost.map(({ rule, node, column, message }) => ({
      rule,
      node,
      column,
      message,
    }));
    expect(ended).toEqual([
      {
        rule: 'lineage-broken',
        node: 'model.energy_community.member_contacts',
        column: 'reachable_members',
        message: '"pii.email" of bronze.stg_members.email ends here: count stops it',
      },
    ]);
  });

  it('makes a project of each exposure', () => {
    expect(snapshot.catalogue.projects.map((p) => [p.name, p.type, p.owner, p.datasets])).toEqual([
      [
        'community_dashboard',
        'dashboard',
        'Member Office',
        ['gold.alpha_usage', 'gold.beta_usage', 'gold.communities', 'gold.community_totals'],
      ],
      ['invoice_review', 'analysis', 'Finance Office', ['gold.invoices', 'gold.members', 'gold.meters']],
      [
        'load_forecast',
        'ml',
        'Forecasting Guild',
        ['gold.consumption_forecast', 'gold.meter_readings', 'gold.meters'],
      ],
      [
        'member_portal',
        'application',
        'Member Office',
        ['gold.invoices', 'gold.members', 'gold.meter_readings', 'gold.tariffs'],
      ],
      ['partner_clean_room', 'analysis', 'Member Office', ['gold.invoices', 'gold.members']],
    ]);
  });

  it('lets people act in some of them', () => {
    const { projects } = snapshot.catalogue;
    expect(
      projects.map(({ name, members, purposes, cleanRoom }) => [
        name,
        members.length > 0,
        purposes.map((purpose) => purpose.name),
        cleanRoom === null ? [] : Object.keys(cleanRoom.datasets).sort(),
      ]),
    ).toEqual([
      ['community_dashboard', false, [], []],
      ['invoice_review', true, ['fraud-investigation', 'yearly-statistics'], []],
      ['load_forecast', true, ['grid-planning'], []],
      ['member_portal', false, [], []],
      ['partner_clean_room', true, [], ['gold.invoices', 'gold.members']],
    ]);
    expect(projects.flatMap(({ purposes }) => purposes).every(({ text }) => text !== '')).toBe(true);
  });
});

describe('gold.members', () => {
  it.each([
    ['member_id', 'documented', ['member.id']],
    ['name', 'documented', ['pii.name']],
    ['email', 'documented', ['pii.email']],
    ['phone', 'documented', ['pii.phone']],
    ['iban', 'documented', ['pii.iban']],
    ['birth_date', 'documented', ['pii.birth_date']],
    ['address', 'documented', ['pii.address']],
    ['region', 'documented', ['geo.region']],
    ['community', 'documented', ['geo.community']],
    ['joined_on', 'untagged', []],
    ['loyalty_score', 'unclassified', []],
    ['internal_note', 'unclassified', []],
    ['fax', 'ghost', []],
  ])('%s is %s, tagged %j', (name, state, tags) => {
    const column = dataset('gold.members').columns.find((c) => c.name === name);
    expect(column?.state).toBe(state);
    expect(column?.tags.map((tag) => tag.tag)).toEqual(tags);
    expect(column?.exposed).toBe(state === 'documented' || state === 'untagged');
  });

  it('has its tags in each place that dbt offers', () => {
    const places = dataset('gold.members').columns.flatMap((c) => c.tags.map((tag) => tag.source.via));
    expect(new Set(places).size).toBeGreaterThan(1);
  });
});

describe('what the project shows', () => {
  it.each([
    ['gold.alpha_usage', ['community:alpha']],
    ['gold.beta_usage', ['community:beta']],
    ['gold.payment_accounts', ['privileged']],
    ['gold.meters', ['member-self-service']],
    ['gold.consumption_forecast', ['forecast', 'member-self-service']],
    ['bronze.readings', ['landing']],
  ])('%s is tagged %j', (id, tags) => {
    expect(explicitTags(id)).toEqual(tags);
  });

  it.each(['table', 'view', 'incremental', 'ephemeral', 'snapshot', 'seed'])(
    'a node is materialised as %s',
    (materialized) => {
      expect(Object.values(manifest.nodes).map((node) => node.config.materialized)).toContain(materialized);
    },
  );

  it.each(['gold.meter_readings', 'gold.consumption_forecast', 'gold.community_totals', 'gold.tariffs.v1'])(
    '%s stands under a contract',
    (id) => expect(dataset(id).contract).toBe(true),
  );

  it('every model has a group, and every group an owner', () => {
    const models = snapshot.catalogue.datasets.filter((d) => d.resourceType === 'model');
    expect(models.filter((d) => d.group === null || d.owner === null)).toEqual([]);
    expect(new Set(models.map((d) => d.access))).toEqual(new Set(['public', 'protected', 'private']));
    expect(Object.values(manifest.groups).filter((group) => !group.owner.name)).toEqual([]);
  });

  it('the newest version of a model has two names, the older one its own', () => {
    expect(snapshot.catalogue.lookup(['gold', 'tariffs'])).toBe(
      snapshot.catalogue.lookup(['gold', 'tariffs', 'v2']),
    );
    expect(snapshot.catalogue.lookup(['gold', 'tariffs', 'v1'])?.columns.map((c) => c.name)).toContain(
      'price_ct_kwh',
    );
  });
});

describe('the files of the example', () => {
  it.each(['manifest', 'catalog', 'run_results'])('target/%s.json tells nothing of a machine', (name) => {
    const text = read(`target/${name}.json`);
    expect(text.match(/"(\/[a-z]+\/|[A-Z]:\\|~\/)[^"]*"/g)).toBeNull();
    expect(text).not.toMatch(/DBT_ENV|"user_id": "/);
  });

  it('dbt ran without a failure', () => {
    const { results } = JSON.parse(read('target/run_results.json')) as {
      readonly results: readonly { readonly status: string }[];
    };
    const failed = results.filter(({ status }) => !['success', 'pass', 'no-op'].includes(status));
    expect(failed).toEqual([]);
    expect(results.length).toBeGreaterThan(30);
  });

  it('the seeds are what their generator writes', () => {
    for (const [name, text] of Object.entries(seeds())) expect(read(`seeds/${name}.csv`)).toBe(text);
  });

  it('the personas are those of the policy tests, and the permissions are conditions', () => {
    const cases = readdirSync(join(EXAMPLE, 'tests')).flatMap(
      (name) => (parse(read(`tests/${name}`)) as { tests: { name: string; as: unknown }[] }).tests,
    );
    // Some cases spell out an identity that no persona is.
    const named = cases.map((test) => test.as).filter((as) => typeof as === 'string');
    expect(new Set(named)).toEqual(new Set(personas.keys()));
    expect(new Set(cases.map((test) => test.name)).size).toBe(cases.length);
    for (const condition of Object.values(config.identity.permissions)) {
      expect(parseCondition(condition)).toHaveLength(1);
    }
  });

  it('the README names every policy and every persona', () => {
    const readme = read('README.md');
    const named = [...snapshot.policies.policies.map((p) => p.id), ...personas.keys()];
    expect(named.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
