/** Projects out of an exposure's `meta.sluice`: members, purposes, equalise; and every way in which that can be wrong is told at a push. */
import { describe, expect, it } from 'vitest';
import type { Project } from '../../src/catalogue/dataset.ts';
import { SluiceError } from '../../src/errors.ts';
import { buildSnapshot, type Snapshot, trimInput } from '../../src/snapshot.ts';
import { manifest, model, snapshotInput } from '../dbt/sample.ts';

const input = (fields: object) => {
  const exposure = {
    name: 'board',
    type: 'analysis',
    depends_on: { nodes: ['model.shop.orders'] },
    ...fields,
  };
  const exposures = { 'exposure.shop.board': exposure };
  return snapshotInput({ manifest: manifest({ nodes: [model('orders')], exposures }) });
};

const build = (fields: object): Snapshot => buildSnapshot(input(fields));
const sluice = (value: object) => ({ meta: { sluice: value } });

function project(value: object): Project {
  const [found] = build(sluice(value)).catalogue.projects;
  if (found === undefined) throw new Error('no project');
  return found;
}

function problemOf(fields: object): string {
  try {
    build(fields);
  } catch (thrown) {
    if (thrown instanceof SluiceError) return `${thrown.code} ${thrown.message}`;
    throw thrown;
  }
  return 'none';
}

const STAFF = { fact: 'group', value: 'staff', negated: false };

describe('members', () => {
  it.each([
    ['nobody where none is named', {}, []],
    ['a condition', { members: { group: 'staff' } }, [[STAFF]]],
    [
      'a list is any of them',
      { members: [{ group: 'staff' }, { sub: 'ada' }] },
      [[STAFF], [{ fact: 'sub', value: 'ada', negated: false }]],
    ],
    ['everyone', { members: 'everyone' }, [[]]],
    [
      'by attribute',
      { members: { attribute: { area: ['x'] } } },
      [[{ fact: 'attribute', name: 'area', value: 'x', negated: false }]],
    ],
  ])('%s', (_, value, members) => expect(project(value).members).toEqual(members));
});

describe('purposes', () => {
  it('are names, or names with a text', () => {
    const { purposes } = project({ purposes: ['reporting', { name: 'fraud', text: 'I promise.' }] });
    expect(purposes.map(({ name, text }) => [name, text])).toEqual([
      ['reporting', ''],
      ['fraud', 'I promise.'],
    ]);
  });

  it.each([
    ['the text', { name: 'p', text: 'one' }, { name: 'p', text: 'two' }, false],
    [
      'the text, under the same version',
      { name: 'p', text: 'one', version: 1 },
      { name: 'p', text: 'two', version: 1 },
      false,
    ],
    [
      'the version alone',
      { name: 'p', text: 'one', version: 1 },
      { name: 'p', text: 'one', version: 2 },
      false,
    ],
    ['nothing', { name: 'p', text: 'one', version: '1.0' }, { name: 'p', text: 'one', version: '1.0' }, true],
  ])('have another version once another is %s', (_, was, is, same) => {
    const [before, after] = [was, is].map((one) => project({ purposes: [one] }).purposes[0]?.version);
    expect(before === after).toBe(same);
  });
});

describe('what is wrong is told', () => {
  it.each([
    ['a key that there is not', { meber: [] }, /meber.*did you mean "members"/],
    ['a key of datasets', { access_level: 'open' }, /access_level.*is not a key of meta.sluice/],
    ['members that are no condition', { members: 'staff' }, /members: expected/],
    [
      'a fact that there is not',
      { members: { grp: 'staff' } },
      /unknown condition `grp`; did you mean `group`/,
    ],
    ['a project among the members', { members: { project: 'other' } }, /`project` is for policies/],
    [
      'a purpose among the members',
      { members: { any: [{ group: 'x' }, { not: { purpose: 'why' } }] } },
      /`purpose` is for policies/,
    ],
    ['a network among the members', { members: { network: '10.0.0.0/8' } }, /`network` is for policies/],
    ['an empty list of members', { members: [] }, /takes a list of at least one condition/],
    ['purposes that are no list', { purposes: 'reporting' }, /expected a list/],
    ['a purpose without a name', { purposes: [{ text: 'x' }] }, /a purpose has a name/],
    ['a purpose that no header can carry', { purposes: ['für alles'] }, /a purpose has a name/],
    ['a purpose with another key', { purposes: [{ name: 'a', txt: 'b' }] }, /unknown key `txt`/],
    ['a purpose twice', { purposes: ['a', { name: 'a', text: 'b' }] }, /`a` stands there twice/],
    ['a text that is none', { purposes: [{ name: 'a', text: 3 }] }, /text: expected a text/],
    ['a version that is none', { purposes: [{ name: 'a', version: ['x'] }] }, /expected a short version/],
    ['equalise in words', { equalise: 'yes' }, /equalise: expected true or false/],
    [
      'too many ways to be a member of what shows all the same',
      { equalise: true, members: { group: Array.from({ length: 17 }, (_, i) => `g${i}`) } },
      /more than 16 alternatives/,
    ],
  ])('%s', (_, value, told) => expect(problemOf(sluice(value))).toMatch(told));

  it('all at once', () => {
    expect(problemOf(sluice({ members: 'x', purposes: 'y', equalise: 'z' }))).toMatch(/and 2 more/);
  });

  it('two places that say different things', () => {
    const both = (other: string) => ({
      ...sluice({ members: { group: 'staff' } }),
      config: sluice({ members: { group: other } }),
    });
    expect(problemOf(both('staff'))).toBe('none');
    expect(problemOf(both('others'))).toMatch(/members: says something else than meta does/);
  });
});

describe('what is found', () => {
  const rules = (value: object) => build(sluice(value)).findings.map(({ rule }) => rule);
  it.each([
    ['a project without members', {}, 'project-without-members', true],
    ['one with members', { members: 'everyone' }, 'project-without-members', false],
    ['a purpose without a text', { purposes: ['a'] }, 'purpose-without-text', true],
    ['one with a text', { purposes: [{ name: 'a', text: 'b' }] }, 'purpose-without-text', false],
  ] as const)('%s', (_, value, rule, found) => expect(rules(value).includes(rule)).toBe(found));
});

describe('the state', () => {
  const FULL = { members: { group: 'a' }, purposes: [{ name: 'p', text: 't' }], equalise: true };

  it('keeps it when it is stored', () => {
    const whole = input(sluice(FULL));
    expect(buildSnapshot(trimInput(whole)).hash).toBe(buildSnapshot(whole).hash);
  });

  it.each([
    ['members', { ...FULL, members: { group: 'b' } }],
    ['the text of a purpose', { ...FULL, purposes: [{ name: 'p', text: 'u' }] }],
    ['equalise', { ...FULL, equalise: false }],
  ])('is another one with other %s', (_, value) => {
    expect(build(sluice(value)).hash).not.toBe(build(sluice(FULL)).hash);
  });
});
