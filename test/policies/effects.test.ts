/** `limit`, `discover`, `break_glass` and lookups as a push reads them: what is wrong is told with its line and the right word. */
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, dataset } from './support/catalogue.ts';

const known = catalogue([
  dataset({
    id: 'gold.members',
    columns: {
      id: { family: 'integer' },
      region: ['geo.region'],
      joined: { family: 'date' },
      seen: { family: 'timestamptz' },
      fax: { state: 'ghost', tags: ['pii.fax'] },
    },
  }),
  dataset({ id: 'gold.tariffs', columns: { tariff: { family: 'text' } } }),
  dataset({
    id: 'ref.user_regions',
    columns: {
      user_id: { family: 'text' },
      region: { family: 'text' },
      level: { family: 'integer' },
      doc: { family: 'json' },
    },
  }),
  { ...dataset({ id: 'ref.elsewhere', columns: { region: [] } }), engine: 'lake' },
  { ...dataset({ id: 'ref.gone', columns: { region: [] } }), invalid: 'missing in the engine' },
]);

function compiled(policy: string) {
  return compilePolicies([{ path: 'a.yml', text: `policies:\n  - ${policy}\n` }], known, {
    environment: 'production',
  });
}

function problemsOf(policy: string): readonly string[] {
  try {
    compiled(policy);
    return [];
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'policy_invalid') return error.details;
    throw error;
  }
}

const limit = (body: string) => `{ id: l, on: { id: gold.members }, limit: ${body} }`;
const rows = (where: string) => `{ id: r, on: { id: gold.members }, rows: { where: "${where}" } }`;

describe('what a push refuses', () => {
  it.each([
    [limit('{}'), /`limit` limits nothing/],
    [limit('{ to: { group: a } }'), /`limit` limits nothing/],
    [limit('{ aggregate_only: { min_group_size: 5 } }'), /`unit` takes the column that tells people apart/],
    [
      limit('{ aggregate_only: { unit: regoin } }'),
      /no column `regoin`; did you mean `region`\? in gold.members/,
    ],
    [limit('{ aggregate_only: { unit: id, min_group_size: 1 } }'), /takes a whole number from 2/],
    [limit('{ aggregate_only: { unit: id, min_group: 5 } }'), /unknown key `min_group`/],
    [limit('{ max_row: 5 }'), /unknown key `max_row`; did you mean `max_rows`/],
    [limit('{ max_rows: 0 }'), /takes a whole number from 1/],
    [limit('{ max_rows: 1.5 }'), /takes a whole number from 1/],
    [limit('{ max_rows: "5" }'), /takes a whole number from 1/],
    [limit('{ max_joins: -1 }'), /takes a whole number from 0/],
    [limit('{ max_scan_rows: null }'), /takes a whole number from 1/],
    [limit('{ timeout: 10 }'), /takes a duration with its unit/],
    [limit('{ timeout: 0s }'), /takes a duration with its unit/],
    [limit('{ timeout: 10 parsecs }'), /takes a duration with its unit/],
    [limit('{ explicit_columns: false }'), /takes true alone/],
    [limit('{ cross_join: true }'), /takes false alone/],
    [limit('{ formats: [excel] }'), /unknown `excel` in `formats`/],
    [limit('{ formats: [] }'), /`formats` is empty/],
    [limit('{ join_with: [] }'), /`join_with` is empty/],
    [limit('{ join_with: [1] }'), /takes a text or a list of texts/],
    [limit('{ require_filter: [] }'), /`require_filter` is empty/],
    [limit('{ require_filter: regio }'), /no column `regio` \(did you mean `region`\?\) in gold.members/],
    [limit('{ require_filter: fax }'), /no column `fax`/],
    [
      limit('{ require_filter: { column_tag: geo.country } }'),
      /no column is tagged `geo.country` in gold.members/,
    ],
    [limit('{ require_filter: { tag: geo } }'), /takes names of columns, or \{ column_tag/],
    [limit('{ networks: 10.0.0.0/33 }'), /more than 32 bits/],
    [limit('{ hours: { between: "8-18", zone: UTC } }'), /two different times/],
    [limit('{ hours: { between: "08:00-18:00", zone: Mars } }'), /needs `zone`/],
    [limit('{ to: { grup: a }, max_rows: 5 }'), /unknown condition `grup`; did you mean `group`/],
    [
      '{ id: d, on: everything, discover: { group: a }, unless: { group: b } }',
      /`discover` takes no `unless`/,
    ],
    [
      '{ id: g, on: everything, break_glass: { to: everyone, reason: x, expires: 2026-12-31 } }',
      /but those whom it names/,
    ],
    [
      '{ id: g, on: everything, break_glass: { to: { not: { not: everyone } }, reason: x, expires: 2026-12-31 } }',
      /but those whom it names/,
    ],
    ['{ id: g, on: everything, break_glass: { reason: x, expires: 2026-12-31 } }', /needs `to`/],
    ['{ id: g, on: everything, break_glass: { to: { group: a }, expires: 2026-12-31 } }', /needs `reason`/],
    [
      '{ id: g, on: everything, break_glass: { to: { group: a }, reason: " ", expires: 2026-12-31 } }',
      /needs `reason`/,
    ],
    ['{ id: g, on: everything, break_glass: { to: { group: a }, reason: x } }', /needs `expires`/],
    [
      '{ id: g, on: everything, break_glass: { to: { group: a }, reason: x, expires: never } }',
      /needs `expires`/,
    ],
    [
      '{ id: g, on: everything, break_glass: { to: { group: a }, reason: x, expires: 2026-02-31 } }',
      /needs `expires`/,
    ],
    [
      '{ id: g, on: everything, break_glass: { to: { group: a }, reason: x, expires: 2026-12-31 }, unless: { group: b } }',
      /takes no `unless`/,
    ],
    [
      rows('region in (select region from ref.user_region)'),
      /looks into `ref.user_region`, which is no dataset, in gold.members/,
    ],
    [rows('region in (select region from ref.elsewhere)'), /which lies in another engine/],
    [rows('region in (select region from ref.gone)'), /which its engine does not have/],
    [rows('region in (select area from ref.user_regions)'), /no column `area`/],
    [rows('region in (select level from ref.user_regions)'), /of different types/],
    [rows('region in (select doc from ref.user_regions)'), /cannot be compared/],
    [rows('region in (select region from ref.user_regions where id = 1)'), /no column `id`/],
    [rows('region in (select region from ref.user_regions where level = identity.groups)'), /is a list/],
    [rows('region in (select region from ref.user_regions where user_id = 1)'), /of different types/],
    [
      rows("column('geo.country') in (select region from ref.user_regions)"),
      /no column is tagged `geo.country`/,
    ],
    [
      rows("region in (select region from ref.user_regions where column('geo') = 'x')"),
      /no column is tagged `geo`/,
    ],
    [rows('region not in (select region from ref.user_regions)'), /under `not`/],
    [rows('region > now()'), /no date or timestamp/],
    [rows('id < now()'), /no date or timestamp/],
    [rows("region = date '2024-01-01'"), /of different types/],
    [rows("seen > date '2024-01-01'"), /of different types/],
    [rows("joined > date '2024-02-31'"), /does not fit/],
    [rows("identity.attributes.day > date '2024-01-01'"), /of different types/],
    [
      '{ id: m, on: { id: gold.members }, mask: { with: "null", where: "region in (select region from ref.user_regions)" } }',
      /in row filters alone/,
    ],
  ])('%s', (policy, message) => {
    const problems = problemsOf(policy);
    expect(problems.join('\n')).toMatch(message);
    expect(problems.every((problem) => problem.startsWith('a.yml:2: policy '))).toBe(true);
  });
});

describe('what a push takes', () => {
  it.each([
    [
      limit(
        '{ max_rows: 5, timeout: 1500ms, formats: csv, join_with: Gold, explicit_columns: true, cross_join: false }',
      ),
    ],
    [limit('{ require_filter: [Region, { column_tag: geo }] }')],
    [limit('{ hours: [{ between: "08:00-12:00", zone: UTC }, { between: "13:00-17:00", zone: UTC }] }')],
    ['{ id: g, on: everything, break_glass: { to: { group: a }, reason: x, expires: 2026-12-31T18:00Z } }'],
    [rows('region in (select region from REF.user_regions where level between 1 and 3)')],
    [rows('joined >= now() and seen < now()')],
    [rows("joined >= date '2024-01-01' and seen > timestamptz '2024-01-01 00:00:00Z'")],
  ])('%s', (policy) => expect(problemsOf(policy)).toEqual([]));

  it('hours and networks of wherever a condition stands', () => {
    const set = compilePolicies(
      [
        {
          path: 'a.yml',
          text: `policies:
  - { id: a, on: everything, deny: { network: 192.0.2.0/24 } }
  - { id: b, on: everything, rows: { where: "true" }, unless: { network: 10.0.0.0/8 } }
  - { id: c, on: everything, limit: { to: { network: 10.1.0.0/16 }, networks: 10.2.0.0/16, max_rows: 5 } }
  - { id: d, on: everything, discover: { network: 10.3.0.0/16 } }
  - { id: e, on: everything, break_glass: { to: { network: 10.4.0.0/16 }, reason: x, expires: 2026-12-31 } }
  - { id: f, on: { column_name: region }, mask: { with: tokenise, reveal: { network: 10.5.0.0/16 } } }
`,
        },
      ],
      known,
      { environment: 'production' },
    );
    const [first] = ['10.1.0.1', '10.2.0.1', '10.3.0.1', '10.4.0.1', '10.5.0.1'].map((address) =>
      set.networksOf(address),
    );
    expect(first).toEqual(['10.0.0.0/8', '10.1.0.0/16']);
    expect(
      ['10.2.0.1', '10.3.0.1', '10.4.0.1', '10.5.0.1', '192.0.2.1'].map((address) =>
        set.networksOf(address)?.at(-1),
      ),
    ).toEqual(['10.2.0.0/16', '10.3.0.0/16', '10.4.0.0/16', '10.5.0.0/16', '192.0.2.0/24']);
  });
});

describe('a key to all doors', () => {
  const set = (text: string) => {
    try {
      compilePolicies([{ path: 'a.yml', text: `policies:\n${text}` }], known, { environment: 'production' });
      return [];
    } catch (error) {
      return error instanceof SluiceError ? error.details : [String(error)];
    }
  };
  const TWO = `  - { id: a, on: everything, deny: { group: x }, unless: { role: admin } }
  - { id: b, on: { column_name: region }, mask: { with: hash }, unless: { role: admin } }
`;
  it('is refused', () => {
    expect(set(TWO)).toEqual([
      expect.stringContaining('one condition exempts from all 2 restricting policies: role = admin'),
    ]);
  });
  it('also beside limits, which withhold nothing', () => {
    expect(set(`${TWO}  - { id: l, on: everything, limit: { max_rows: 5 } }\n`)).toHaveLength(1);
  });
  it.each([
    ['everyone meets', 'on: everything, require: everyone'],
    [
      'everyone meets, one way or the other',
      'on: everything, require: { any: [{ group: x }, { not: { group: x } }] }',
    ],
    [
      'every kind meets',
      'on: everything, require: { any: [{ kind: user }, { kind: service }, { kind: anonymous }] }',
    ],
    ['whoever has a role meets', 'on: everything, require: { not: { kind: anonymous } }'],
    ['is against nobody', 'on: everything, deny: { not: everyone }'],
    ['is against the anonymous alone', 'on: everything, deny: { kind: anonymous }'],
    ['lets every row through', 'on: everything, rows: { where: "true" }'],
    ['masks no row', 'on: { column_name: region }, mask: { with: hash, where: "false" }'],
    ['gives the value back', 'on: { column_name: region }, mask: { with: custom, expression: value }'],
    ['covers nothing', 'on: { namespace: nowhere }, deny: everyone'],
  ])('also beside a policy that %s', (_name, policy) => {
    expect(set(`${TWO}  - { id: c, ${policy} }\n`)).toEqual([
      expect.stringContaining('one condition exempts from all 2 restricting policies: role = admin'),
    ]);
  });
  it.each([
    ['others are held back by their groups', 'on: everything, require: { group: x }'],
    ['a kind that the key may be of is refused', 'on: everything, deny: { kind: service }'],
    [
      'an attribute may be missing',
      'on: everything, require: { any: [{ attribute: { a: 1 } }, { not: { attribute: { a: 1 } } }] }',
    ],
  ])('not where %s', (_name, policy) => {
    expect(set(`${TWO}  - { id: c, ${policy} }\n`)).toEqual([]);
  });
  it('not where one of them holds for everyone', () => {
    expect(
      set(
        `${TWO}  - { id: c, on: { column_name: region }, rows: { where: "region = identity.attributes.region" } }\n`,
      ),
    ).toEqual([]);
  });
  it('not as a glass to break, which has an end', () => {
    const without = TWO.replaceAll(', unless: { role: admin }', '');
    const glass =
      '  - { id: g, on: everything, break_glass: { to: { role: admin }, reason: x, expires: 2026-12-31 } }\n';
    expect(set(without + glass)).toEqual([]);
    // It is no excuse for one without.
    expect(set(TWO + glass)).toHaveLength(1);
  });
});
