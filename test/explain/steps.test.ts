/** The trail of one dataset: from the line of YAML over the tag and its origin to the facts of the identity, as the real bundle decided. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createDecider } from '../../src/access/decide.ts';
import { createPdp } from '../../src/access/pdp.ts';
import type { Dataset, TagSource } from '../../src/catalogue/dataset.ts';
import { stepsOf, type TrailStep } from '../../src/explain/steps.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { loadParser } from '../../src/sql/parse.ts';
import {
  catalogue,
  context,
  type DatasetSpec,
  dataset,
  type IdentitySpec,
  identity,
  request,
} from '../policies/support/catalogue.ts';

const decider = createDecider({ pdp: createPdp({ kind: 'embedded' }), cacheSize: 0 });

beforeAll(() => loadParser());

const SPEC: DatasetSpec = {
  tags: ['people'],
  columns: { email: ['pii.email'], iban: ['pii.iban'], region: ['geo.region'], note: [] },
};

async function trail(
  policies: readonly object[],
  who: IdentitySpec = {},
  subject: Dataset = dataset(SPEC),
): Promise<readonly TrailStep[]> {
  const all = catalogue([subject]);
  const text =
    policies.length === 0
      ? 'policies: []'
      : `policies:\n${policies.map((policy) => `  - ${JSON.stringify(policy)}\n`).join('')}`;
  const compiled = compilePolicies([{ path: 'policies/p.yml', text }], all, { environment: 'production' });
  const asking = { identity: identity(who), context: context() };
  const decisions = await decider.decide({
    parties: [{ ...asking, path: [] }],
    datasets: [subject],
    policies: compiled,
    snapshotHash: 'test',
    action: 'explain',
    request,
  });
  const decision = decisions.get(subject.id);
  if (decision === undefined) throw new Error('no decision');
  return stepsOf({ ...asking, dataset: subject, decision, policies: compiled, catalogue: all });
}

const of = (steps: readonly TrailStep[], id: string): TrailStep => {
  const step = steps.find(({ policy }) => policy?.id === id);
  if (step === undefined) throw new Error(`no step of ${id}`);
  return step;
};

const HASH = { id: 'hash', description: 'No clear text.', on: { column_tag: 'pii' }, mask: { with: 'hash' } };

describe('a mask', () => {
  it('is told from its line to what would lift it', async () => {
    const steps = await trail([HASH, { ...HASH, id: 'other', unless: { group: 'officers' } }]);
    expect(of(steps, 'other')).toMatchObject({
      effect: 'mask',
      policy: { id: 'other', description: 'No clear text.', source: { file: 'policies/p.yml', line: 3 } },
      outcome: 'applies',
      columns: [
        { column: 'email', on: [{ on: 'column_tag: pii', column: 'email', tag: 'pii.email' }] },
        { column: 'iban', on: [{ on: 'column_tag: pii', column: 'iban', tag: 'pii.iban' }] },
      ],
      unless: { truth: 'false', alternatives: [{ facts: [{ fact: 'group = officers', truth: 'false' }] }] },
      change: [
        'be in the group officers',
        'have a request approved: sluice requests ask unmask gold.members',
      ],
    });
    // Whom nothing exempts may still ask.
    expect(of(steps, 'hash').change).toHaveLength(1);
  });

  it('names the stricter one that stands instead', async () => {
    const nothing = { id: 'nothing', on: { column_tag: 'pii.iban' }, mask: { with: 'null' } };
    const gone = { id: 'gone', on: { column_tag: 'pii.email' }, mask: { with: 'hide' } };
    const steps = await trail([HASH, nothing, gone]);
    expect(of(steps, 'hash').columns.map(({ column, overruled_by }) => [column, overruled_by])).toEqual([
      ['email', 'gone'],
      ['iban', 'nothing'],
    ]);
    expect(of(steps, 'nothing').columns).toMatchObject([{ overruled_by: null }]);
  });

  it('is exempt for whom it names', async () => {
    const steps = await trail([{ ...HASH, unless: { group: 'officers' } }], { groups: ['officers'] });
    expect(of(steps, 'hash')).toMatchObject({ outcome: 'exempt', unless: { truth: 'true' }, change: [] });
  });

  it('of some rows says of which', async () => {
    const some = { ...HASH, mask: { with: 'hash', where: "region <> 'north'" } };
    expect(of(await trail([some]), 'hash').does).toBe(
      `masks with hash, scope "global", in rows where region <> 'north'`,
    );
  });
});

describe('where a tag came from', () => {
  const SOURCES: Readonly<Record<string, TagSource>> = {
    propagated: {
      kind: 'propagated',
      via: 'lineage',
      file: 'models/sources.yml',
      path: [
        { dataset: 'bronze.members', column: 'mail' },
        { dataset: 'silver.members', column: 'contact' },
      ],
    },
    patched: {
      kind: 'patched',
      via: 'atlas',
      file: null,
      by: 'olga.officer',
      at: '2026-01-02T03:04:05.000Z',
    },
  };
  it.each(Object.entries(SOURCES))('%s', async (_kind, source) => {
    const plain = dataset(SPEC);
    const columns = plain.columns.map((column) => ({
      ...column,
      tags: column.tags.map((tag) => ({ ...tag, source })),
    }));
    const steps = await trail([HASH], {}, { ...plain, columns });
    expect(of(steps, 'hash').columns[0]?.on).toEqual([
      { on: 'column_tag: pii', column: 'email', tag: 'pii.email', from: source },
    ]);
  });
});

describe('access', () => {
  const CASES: readonly (readonly [
    name: string,
    policies: readonly object[],
    who: IdentitySpec,
    wanted: readonly unknown[],
  ])[] = [
    [
      'a denial',
      [{ id: 'p', on: { tag: 'people' }, deny: { group: 'interns' }, unless: { role: 'lead' } }],
      { groups: ['interns'] },
      ['applies', ['not be in the group interns', 'have the role lead']],
    ],
    [
      'a denial of others',
      [{ id: 'p', on: 'everything', deny: { group: 'interns' } }],
      {},
      ['no_concern', []],
    ],
    [
      'a denial that nobody can tell',
      [{ id: 'p', on: 'everything', deny: { attribute: { external: true } } }],
      {},
      ['applies', ['not have the attribute external = true']],
    ],
    [
      'a requirement',
      [{ id: 'p', on: { namespace: 'gold' }, require: { group: 'staff' } }],
      {},
      ['not_met', ['be in the group staff']],
    ],
    [
      'a permission',
      [{ id: 'p', on: 'everything', allow: { group: 'staff' } }],
      { groups: ['staff'] },
      ['met', []],
    ],
  ];
  it.each(CASES)('%s', async (_name, policies, who, wanted) => {
    const { outcome, change } = of(await trail(policies, who), 'p');
    expect([outcome, change]).toEqual(wanted);
  });

  it('tells what of the dataset a policy is about', async () => {
    const on = { all: [{ tag: 'people' }, { not: { any: [{ level: 'open' }, { namespace: 'b*' }] } }] };
    const { on: found } = of(await trail([{ id: 'p', on, deny: { group: 'x' } }]), 'p');
    expect(found.map((one) => [one.on, one.tag])).toEqual([
      ['tag: people', 'people'],
      ['not (level: open or namespace: b*)', null],
    ]);
  });

  it.each([
    ['restricted', {}, 'not_met', ['be named by a policy that allows to read it']],
    ['internal', { kind: 'anonymous' }, 'not_met', ['sign in']],
    ['open', { kind: 'anonymous' }, 'met', []],
  ] as const)('the level %s', async (level, who, outcome, change) => {
    const [first] = await trail([], who, dataset({ ...SPEC, level }));
    expect(first).toMatchObject({ effect: 'level', policy: null, outcome, change });
  });

  it('tells the filter as it is written', async () => {
    const rows = { where: "column('geo.region') =\n  any(identity.attributes.regions)" };
    expect(of(await trail([{ id: 'p', on: { column_tag: 'geo.region' }, rows }]), 'p')).toMatchObject({
      outcome: 'applies',
      does: "keeps rows where column('geo.region') = any(identity.attributes.regions)",
    });
  });

  it('tells the hours and networks of a limit, and how to be inside', async () => {
    const limit = { id: 'p', on: 'everything', limit: { max_rows: 5, networks: ['10.0.0.0/8'] } };
    expect(of(await trail([limit]), 'p')).toMatchObject({
      outcome: 'applies',
      within: { truth: 'unknown' },
      change: ['ask from the network 10.0.0.0/8'],
    });
  });

  it('tells of a glass that is broken what it opens, until it expires', async () => {
    const glass = (expires: string) => [
      HASH,
      {
        id: 'fire',
        on: 'everything',
        break_glass: { to: { group: 'firefighters' }, reason: 'The house burns.', expires },
      },
    ];
    const who = { groups: ['firefighters'] };
    const broken = await trail(glass('2099-01-01'), who);
    expect(of(broken, 'fire').outcome).toBe('met');
    expect(of(broken, 'hash')).toMatchObject({ outcome: 'exempt', exempt_by: 'break_glass fire' });
    const over = await trail(glass('2001-01-01'), who);
    expect(of(over, 'fire').outcome).toBe('not_met');
    expect(of(over, 'hash')).toMatchObject({ outcome: 'applies', exempt_by: null });
  });

  it('a restricted dataset is not let in by a permission of others', async () => {
    const restricted = dataset({ ...SPEC, level: 'restricted' });
    const [level] = await trail([{ id: 'p', on: 'everything', allow: { group: 'staff' } }], {}, restricted);
    expect(level?.outcome).toBe('not_met');
  });
});
