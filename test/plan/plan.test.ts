/** A plan names who gains or loses what, and how sure that is. */
import { describe, expect, it } from 'vitest';
import type { DatasetSpec } from '../policies/support/catalogue.ts';
import { lines, persona, plan, seen, state } from './states.ts';

const MEMBERS: DatasetSpec = {
  id: 'gold.members',
  columns: { id: [], email: ['pii.email'], phone: ['pii.phone'], region: ['geo.region'] },
};
const CONTACTS: DatasetSpec = { id: 'gold.contacts', columns: { mail: ['pii.email'], note: [] } };
const PLAIN: DatasetSpec = { id: 'gold.totals', columns: { n: [] } };

const PEOPLE = [
  seen('anna', { groups: ['employees', 'analysts'] }),
  seen('mia', { groups: ['employees', 'marketing'] }),
  seen('max', { groups: ['employees', 'marketing'] }),
  persona('officer', { groups: ['employees', 'officers'] }),
  seen('job', { kind: 'service', roles: ['loader'] }),
];

const mask = (unless: unknown, rest: object = { mask: { with: 'hash' } }) => ({
  id: 'mask-email',
  on: { column_tag: 'pii.email' },
  ...rest,
  ...(unless === null ? {} : { unless }),
});

describe('the group that gains', () => {
  it('is named with columns and datasets', async () => {
    const report = await plan(
      state([MEMBERS, CONTACTS, PLAIN], [mask({ group: 'officers' })]),
      state([MEMBERS, CONTACTS, PLAIN], [mask({ group: ['officers', 'marketing'] })]),
      PEOPLE,
    );
    expect(report.verdict).toBe('gain');
    expect(report.access[0]?.who).toEqual({
      label: 'group marketing',
      personas: [],
      seen: 2,
      examples: ['mia', 'max'],
      imagined: false,
    });
    expect(lines(report)).toEqual([
      'gain, tagged: group marketing (0 personas, 2 seen): gold.contacts.mail column_unmasked hash -> raw',
      'gain, tagged: group marketing (0 personas, 2 seen): gold.members.email column_unmasked hash -> raw',
    ]);
    expect(report.access[0]?.changes[0]).toMatchObject({ tags: ['pii.email'], policies: ['mask-email'] });
    expect(report.policies).toEqual([
      {
        policy: 'mask-email',
        change: 'changed',
        effect: 'mask',
        source: 'policies/p.yml:1',
        rewritten: true,
        matches: { added: 0, removed: 0 },
        differences: [],
      },
    ]);
  });
});

describe('what an author could try', () => {
  it('a second dataset on a tagged relation, without its tags, is a gain of tagged columns', async () => {
    const twin = { ...MEMBERS, id: 'open.members', columns: { id: [], email: [], phone: [], region: [] } };
    const report = await plan(state([MEMBERS], [hash]), state([MEMBERS, twin], [hash]), PEOPLE);
    expect(report.verdict).toBe('gain');
    expect(
      report.access.flatMap(({ changes }) => changes).map(({ dataset, tags }) => [dataset, tags]),
    ).toEqual([['open.members', ['geo.region', 'pii.email', 'pii.phone']]]);
  });

  it('a dataset that goes and comes again under another name and node, without its tags, is one too', async () => {
    const before = { id: 'gold.members', columns: { email: ['pii.email'] } };
    const after = { id: 'new.members', columns: { email: [] } };
    const [was, is] = [state([before], [hash]), state([after], [hash])];
    const moved = is.catalogue.datasets.map((one) => ({ ...one, uniqueId: 'model.other.members' }));
    const report = await plan(was, { ...is, catalogue: { ...is.catalogue, datasets: moved } }, PEOPLE);
    expect(report.verdict).toBe('gain');
  });

  it('a dataset that is renamed, with all that holds for it, is none', async () => {
    const report = await plan(
      state([MEMBERS], [hash]),
      state([{ ...MEMBERS, id: 'silver.members' }], [hash]),
      PEOPLE,
    );
    expect(report.datasets).toMatchObject([
      { dataset: 'silver.members', change: 'changed', was: 'gold.members' },
    ]);
    expect(lines(report)).toEqual([]);
  });

  it('an exemption that holds only from one network, or at one hour, is seen at any time', async () => {
    const only = (extra: object) => mask({ any: [{ group: 'officers' }, extra] });
    const nights = { hours: { between: '22:00-05:00', zone: 'Europe/Berlin' } };
    for (const [extra, when] of [
      [{ network: '10.1.0.0/16' }, 'from 10.1.0.0/16'],
      [nights, 'at mon,tue,wed,thu,fri,sat,sun 22:00-05:00 Europe/Berlin'],
    ] as const) {
      const report = await plan(state([CONTACTS], [hash]), state([CONTACTS], [only(extra)]), PEOPLE);
      expect(report.verdict).toBe('gain');
      expect(report.access.flatMap(({ changes }) => changes.map((one) => one.when))).toEqual([when]);
    }
  });

  it('a network that is widened is a gain from what was outside of it', async () => {
    const only = (network: string) => mask({ network });
    const report = await plan(
      state([CONTACTS], [only('10.1.0.0/16')]),
      state([CONTACTS], [only('10.0.0.0/8')]),
      PEOPLE,
    );
    expect(report.access.flatMap(({ changes }) => changes.map((one) => one.when))).toEqual([
      'from 10.0.0.0/8',
    ]);
  });
});

interface Case {
  readonly name: string;
  readonly before: readonly [readonly DatasetSpec[], readonly unknown[]] | null;
  readonly after: readonly [readonly DatasetSpec[], readonly unknown[]];
  readonly verdict: 'gain' | 'may_gain' | 'no_gain';
  readonly access: readonly string[];
}

const rows = (where: string, unless: unknown = { group: 'officers' }) => ({
  id: 'own-region',
  on: { column_tag: 'geo.region' },
  rows: { where },
  unless,
});
const OWN = "column('geo.region') = any(identity.attributes.regions)";
const hash = mask({ group: 'officers' });
const untagged: DatasetSpec = { ...MEMBERS, columns: { ...MEMBERS.columns, email: [] } };
const limit = (max_rows: number) => ({
  id: 'few',
  on: { namespace: 'gold' },
  limit: { max_rows },
});

const filter = (column: string) => ({
  id: 'filter',
  on: { id: 'gold.contacts' },
  limit: { require_filter: [column] },
});

const room = (min_group_size: number, dimensions: readonly string[] = []) => ({
  id: 'room',
  on: { id: 'gold.contacts' },
  limit: { aggregate_only: { unit: 'mail', min_group_size, dimensions } },
});

const ALL = 'everyone signed in (1 personas, 4 seen)';
const BUT = 'everyone signed in without group officers (0 personas, 4 seen)';

const CASES: readonly Case[] = [
  {
    name: 'the same state changes nothing',
    before: [[MEMBERS], [hash]],
    after: [[MEMBERS], [hash]],
    verdict: 'no_gain',
    access: [],
  },
  {
    name: 'a policy under another name changes nothing',
    before: [[MEMBERS], [hash]],
    after: [[MEMBERS], [{ ...hash, id: 'another', description: 'as before' }]],
    verdict: 'no_gain',
    access: [],
  },
  {
    name: 'a mask that goes unmasks',
    before: [[MEMBERS], [hash]],
    after: [[MEMBERS], []],
    verdict: 'gain',
    access: [`gain, tagged: ${BUT}: gold.members.email column_unmasked hash -> raw`],
  },
  {
    name: 'a tag that goes with its mask unmasks a tagged column all the same',
    before: [[MEMBERS], [hash]],
    after: [[untagged], [hash]],
    verdict: 'gain',
    access: [`gain, tagged: ${BUT}: gold.members.email column_unmasked hash -> raw`],
  },
  {
    name: 'a mask that comes is a loss',
    before: [[MEMBERS], []],
    after: [[MEMBERS], [hash]],
    verdict: 'no_gain',
    access: [`loss: ${BUT}: gold.members.email column_masked raw -> hash`],
  },
  {
    name: 'a stricter mask is a loss',
    before: [[MEMBERS], [hash]],
    after: [[MEMBERS], [{ ...hash, mask: { with: 'null' } }]],
    verdict: 'no_gain',
    access: [`loss: ${BUT}: gold.members.email column_masked_more hash -> null`],
  },
  {
    name: 'a laxer mask is a gain',
    before: [[MEMBERS], [hash]],
    after: [[MEMBERS], [{ ...hash, mask: { with: 'partial', first: 1, last: 2 } }]],
    verdict: 'gain',
    access: [
      `gain, tagged: ${BUT}: gold.members.email column_masked_less hash -> partial (first 1, last 2, with *)`,
    ],
  },
  {
    name: 'a partial mask that leaves more is a gain',
    before: [[MEMBERS], [{ ...hash, mask: { with: 'partial', first: 1, last: 2 } }]],
    after: [[MEMBERS], [{ ...hash, mask: { with: 'partial', first: 2, last: 2 } }]],
    verdict: 'gain',
    access: [
      `gain, tagged: ${BUT}: gold.members.email column_masked_less partial (first 1, last 2, with *) -> partial (first 2, last 2, with *)`,
    ],
  },
  {
    name: 'a partial mask that leaves more here and less there may be a gain',
    before: [[MEMBERS], [{ ...hash, mask: { with: 'partial', first: 1, last: 2 } }]],
    after: [[MEMBERS], [{ ...hash, mask: { with: 'partial', first: 2, last: 1 } }]],
    verdict: 'may_gain',
    access: [
      `may_gain, tagged: ${BUT}: gold.members.email column_masked_otherwise partial (first 1, last 2, with *) -> partial (first 2, last 1, with *)`,
    ],
  },
  {
    name: 'hidden columns that are shown are gained',
    before: [[MEMBERS], [{ ...hash, mask: { with: 'hide' } }]],
    after: [[MEMBERS], [hash]],
    verdict: 'gain',
    access: [`gain, tagged: ${BUT}: gold.members.email column_shown hidden -> hash`],
  },
  {
    name: 'a new column with a tag is gained',
    before: [[PLAIN], []],
    after: [[{ ...PLAIN, columns: { n: [], email: ['pii.email'] } }], []],
    verdict: 'gain',
    access: [`gain, tagged: ${ALL}: gold.totals.email column_shown not there -> raw`],
  },
  {
    name: 'a new column without a tag is told, and no more',
    before: [[PLAIN], []],
    after: [[{ ...PLAIN, columns: { n: [], m: [] } }], []],
    verdict: 'no_gain',
    access: [`gain: ${ALL}: gold.totals.m column_shown not there -> raw`],
  },
  {
    name: 'a new dataset with tagged columns is gained, masked as they may be',
    before: [[PLAIN], []],
    after: [[PLAIN, CONTACTS], [mask(null)]],
    verdict: 'gain',
    access: [`gain, tagged: ${ALL}: gold.contacts dataset_gained not there -> allowed`],
  },
  {
    name: 'a new dataset whose tagged columns are all hidden holds nothing tagged',
    before: [[PLAIN], []],
    after: [[PLAIN, CONTACTS], [mask(null, { mask: { with: 'hide' } })]],
    verdict: 'no_gain',
    access: [`gain: ${ALL}: gold.contacts dataset_gained not there -> allowed`],
  },
  {
    name: 'a dataset that goes is lost',
    before: [[PLAIN, CONTACTS], []],
    after: [[PLAIN], []],
    verdict: 'no_gain',
    access: [`loss: ${ALL}: gold.contacts dataset_lost allowed -> not there`],
  },
  {
    name: 'a level that opens is a gain for whoever is not signed in',
    before: [[CONTACTS], []],
    after: [[{ ...CONTACTS, level: 'open' }], []],
    verdict: 'may_gain',
    access: [
      'gain, tagged: whoever is not signed in (nobody yet): gold.contacts dataset_gained level_internal -> allowed',
    ],
  },
  {
    name: 'a row filter that goes is a gain',
    before: [[MEMBERS], [rows(OWN)]],
    after: [[MEMBERS], []],
    verdict: 'gain',
    access: [`gain, tagged: ${BUT}: gold.members row_filter_removed 1 condition -> no filter`],
  },
  {
    name: 'a row filter that gets one more condition is a loss',
    before: [[MEMBERS], [rows(OWN)]],
    after: [[MEMBERS], [rows(`${OWN} and id is not null`)]],
    verdict: 'no_gain',
    access: [`loss: ${BUT}: gold.members row_filter_added 1 condition -> 2 conditions`],
  },
  {
    name: 'a row filter that reads otherwise may be a gain',
    before: [[MEMBERS], [rows(OWN)]],
    after: [[MEMBERS], [rows("column('geo.region') = identity.attributes.region")]],
    verdict: 'may_gain',
    access: [`may_gain, tagged: ${BUT}: gold.members row_filter_changed 1 condition -> 1 condition`],
  },
  {
    name: 'a condition on a mask that was on all rows is a gain',
    before: [[MEMBERS], [hash]],
    after: [[MEMBERS], [{ ...hash, mask: { with: 'hash', where: "region = 'north'" } }]],
    verdict: 'gain',
    access: [
      `gain, tagged: ${BUT}: gold.members.email column_masked_less hash -> hash in some rows, else raw`,
    ],
  },
  {
    name: 'a limit that is loosened is a notice',
    before: [[CONTACTS], [limit(10)]],
    after: [[CONTACTS], [limit(20)]],
    verdict: 'no_gain',
    access: [`notice: ${ALL}: gold.contacts limit_loosened max_rows 10 -> max_rows 20`],
  },
  {
    name: 'a room that is opened is a gain',
    before: [[CONTACTS], [room(10)]],
    after: [[CONTACTS], []],
    verdict: 'gain',
    access: [`gain, tagged: ${ALL}: gold.contacts limit_loosened aggregates alone, as in room -> rows`],
  },
  {
    name: 'a room that asks for fewer is a gain',
    before: [[CONTACTS], [room(10)]],
    after: [[CONTACTS], [room(5)]],
    verdict: 'gain',
    access: [`gain, tagged: ${ALL}: gold.contacts limit_loosened min_group_size 10 -> min_group_size 5`],
  },
  {
    name: 'a room that asks for more is a loss',
    before: [[CONTACTS], [room(5)]],
    after: [[CONTACTS], [room(10)]],
    verdict: 'no_gain',
    access: [`loss: ${ALL}: gold.contacts limit_tightened min_group_size 5 -> min_group_size 10`],
  },
  {
    name: 'a dimension more is a gain, and columns are called as they are',
    before: [[CONTACTS], [room(10)]],
    after: [[CONTACTS], [room(10, ['note'])]],
    verdict: 'gain',
    access: [`gain, tagged: ${ALL}: gold.contacts limit_loosened no dimensions -> dimensions note`],
  },
  {
    name: 'a filter that is asked for is told by the name of its column',
    before: [[CONTACTS], [filter('note')]],
    after: [[CONTACTS], [filter('mail')]],
    verdict: 'no_gain',
    access: [`notice: ${ALL}: gold.contacts limit_loosened require_filter note -> require_filter mail`],
  },
  {
    name: 'a room that is closed is a loss',
    before: [[CONTACTS], []],
    after: [[CONTACTS], [room(10)]],
    verdict: 'no_gain',
    access: [`loss: ${ALL}: gold.contacts limit_tightened rows -> aggregates alone, as in room`],
  },
  {
    name: 'nothing before: all is gained',
    before: null,
    after: [[CONTACTS], []],
    verdict: 'gain',
    access: [`gain, tagged: ${ALL}: gold.contacts dataset_gained not there -> allowed`],
  },
  {
    name: 'a group that nobody is in yet is named',
    before: [[MEMBERS], [hash]],
    after: [[MEMBERS], [mask({ group: ['officers', 'interns'] })]],
    verdict: 'may_gain',
    access: [
      'gain, tagged: group interns without group officers (nobody yet): gold.members.email column_unmasked hash -> raw',
    ],
  },
  {
    name: 'an attribute that is in doubt exempts nobody',
    before: [[MEMBERS], [hash]],
    after: [[MEMBERS], [mask({ any: [{ group: 'officers' }, { not: { attribute: { trainee: true } } }] })]],
    verdict: 'may_gain',
    access: [
      'gain, tagged: attribute trainee other than true (nobody yet): gold.members.email column_unmasked hash -> raw',
    ],
  },
];

describe('what changes', () => {
  it.each(CASES)('$name', async ({ before, after, verdict, access }) => {
    const report = await plan(before === null ? null : state(...before), state(...after), PEOPLE);
    expect(lines(report)).toEqual(access);
    expect(report.verdict).toBe(verdict);
  });
});
