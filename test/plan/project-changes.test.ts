/** What a plan says of projects: what differs, and where members may gain what nobody computes. */
import { describe, expect, it } from 'vitest';
import type { Project } from '../../src/catalogue/dataset.ts';
import { projectChanges } from '../../src/plan/project-changes.ts';
import type { Dnf, PolicySummary } from '../../src/policies/policy.ts';

const STAFF: Dnf = [[{ fact: 'group', value: 'staff', negated: false }]];

const project = (over: Partial<Project> = {}): Project => ({
  name: 'board',
  uniqueId: 'exposure.test.board',
  label: null,
  type: 'dashboard',
  owner: 'Ada',
  maturity: null,
  url: null,
  description: '',
  tags: [],
  datasets: ['gold.a'],
  members: STAFF,
  purposes: [{ name: 'why', text: 'Because.', version: '1' }],
  equalise: false,
  cleanRoom: null,
  ...over,
});

const policy = (definition: object, over: Partial<PolicySummary> = {}): PolicySummary => ({
  id: 'p',
  description: '',
  effect: 'mask',
  source: { file: 'p.yml', line: 1 },
  datasets: ['gold.a'],
  definition: { id: 'p', ...definition },
  ...over,
});

const BY_PROJECT = policy({
  on: 'everything',
  mask: { with: 'hash' },
  unless: { any: [{ group: 'x' }, { project: 'board' }] },
});
const BY_PURPOSE = policy({
  on: 'everything',
  mask: { with: 'hash' },
  unless: { purpose: ['other', 'why'] },
});
const BY_NEITHER = policy({ on: { project: 'board' }, mask: { with: 'hash' } });

describe('changes of projects', () => {
  it.each([
    ['members', { members: [] }, 'group staff', 'nobody'],
    ['purposes', { purposes: [] }, 'why (1)', ''],
    ['datasets', { datasets: ['gold.a', 'gold.b'] }, 'gold.a', 'gold.a, gold.b'],
    ['equalise', { equalise: true }, 'false', 'true'],
    ['owner', { owner: 'Bob' }, 'Ada', 'Bob'],
  ])('%s', (field, over, from, to) => {
    const { projects } = projectChanges(
      { projects: [project()], policies: [] },
      { projects: [project(over)], policies: [] },
    );
    expect(projects).toEqual([{ project: 'board', change: 'changed', differences: [{ field, from, to }] }]);
  });

  it('added and removed', () => {
    const changed = (before: Project[], after: Project[]) =>
      projectChanges({ projects: before, policies: [] }, { projects: after, policies: [] }).projects;
    expect(changed([], [project()])).toEqual([{ project: 'board', change: 'added', differences: [] }]);
    expect(changed([project()], [])).toEqual([{ project: 'board', change: 'removed', differences: [] }]);
    expect(changed([project()], [project({ description: 'Other words' })])).toEqual([]);
  });
});

describe('doubt', () => {
  const everyone = { members: [[]] };
  it.each([
    [
      'who may act, where a policy asks for the project',
      [project()],
      [project(everyone)],
      [BY_PROJECT],
      [BY_PROJECT],
      true,
    ],
    [
      'who may act, where a policy asks for its purpose',
      [project()],
      [project(everyone)],
      [BY_PURPOSE],
      [BY_PURPOSE],
      true,
    ],
    ['who may act, where none does', [project()], [project(everyone)], [BY_NEITHER], [BY_NEITHER], false],
    ['the owner alone', [project()], [project({ owner: 'Bob' })], [BY_PROJECT], [BY_PROJECT], false],
    [
      'datasets that it has no more',
      [project()],
      [project({ datasets: [] })],
      [BY_PROJECT],
      [BY_PROJECT],
      false,
    ],
    [
      'one more',
      [project()],
      [project({ datasets: ['gold.a', 'gold.b'] })],
      [BY_PROJECT],
      [BY_PROJECT],
      true,
    ],
    ['nobody who may act', [project()], [project({ members: [] })], [BY_PROJECT], [BY_PROJECT], false],
    ['one view for all', [project()], [project({ equalise: true })], [BY_PROJECT], [BY_PROJECT], false],
    [
      'no more one view for all',
      [project({ equalise: true })],
      [project()],
      [BY_PROJECT],
      [BY_PROJECT],
      true,
    ],
    [
      'a purpose of another text, which has to be acknowledged',
      [project()],
      [project({ purposes: [{ name: 'why', text: 'Other.', version: '2' }] })],
      [BY_PURPOSE],
      [BY_PURPOSE],
      false,
    ],
    [
      'no purpose any more, and so none to acknowledge',
      [project()],
      [project({ purposes: [] })],
      [BY_PROJECT],
      [BY_PROJECT],
      true,
    ],
    ['a project that a policy waits for', [], [project()], [BY_PROJECT], [BY_PROJECT], true],
    ['a project that is gone', [project()], [], [BY_PROJECT], [BY_PROJECT], false],
    ['a policy that is new', [project()], [project()], [], [BY_PURPOSE], true],
    ['a policy that is gone', [project()], [project()], [BY_PURPOSE], [], true],
    ['a policy that is as it was', [project()], [project()], [BY_PURPOSE], [BY_PURPOSE], false],
    [
      'a mask that matches less',
      [project()],
      [project()],
      [BY_PROJECT],
      [{ ...BY_PROJECT, datasets: [] }],
      true,
    ],
    [
      'a mask that matches more',
      [project()],
      [project()],
      [{ ...BY_PROJECT, datasets: [] }],
      [BY_PROJECT],
      false,
    ],
  ] as const)('%s', (_, was, is, before, after, doubtful) => {
    const found = projectChanges({ projects: was, policies: before }, { projects: is, policies: after });
    expect(found.doubtful).toBe(doubtful);
    expect(found.warnings.length).toBe(doubtful ? 1 : 0);
  });
});
