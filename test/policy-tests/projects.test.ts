/** Cases that act in projects: clean rooms, purposes, one view for all, what was granted; and that nobody pays for them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { identityFrom } from '../../src/identity/given.ts';
import { openBench } from '../../src/policy-tests/bench.ts';
import { testFile } from '../../src/policy-tests/case.ts';
import { type Report, runOnBench } from '../../src/policy-tests/run.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { writeProject } from '../e2e/project.ts';

const POLICIES = `
  - { id: hash-emails, on: { column_name: email }, mask: { with: hash }, unless: { any: [{ group: officers }, { purpose: returned-letters }] } }
  - { id: own-region, on: { column_name: region }, rows: { where: "region = any(identity.attributes.regions)" }, unless: { group: partners } }
  - { id: vault, on: { id: gold.vault }, allow: { group: officers } }
  - { id: not-for-temps, on: { id: gold.vault }, deny: { group: temps } }`;

let gate: TestGate;

beforeAll(async () => {
  const folder = await writeProject({
    sql: [
      'CREATE SCHEMA gold',
      "CREATE TABLE gold.people AS SELECT i AS id, 'p' || i || '@example.org' AS email, CASE WHEN i < 9 THEN 'north' ELSE 'south' END AS region FROM range(11) AS t (i)",
      'CREATE TABLE gold.vault AS SELECT 1 AS secret',
    ],
    tables: [
      { schema: 'gold', name: 'vault', columns: ['secret INTEGER'] },
      { schema: 'gold', name: 'people', columns: ['id BIGINT', 'email VARCHAR', 'region VARCHAR'] },
    ],
    policies: POLICIES,
    exposures: {
      room: {
        on: ['gold.people'],
        sluice: {
          members: { group: 'partners' },
          clean_room: {
            min_group_size: 5,
            budget: { queries: 2 },
            datasets: { 'gold.people': { unit: 'id', one_row_per_unit: true, dimensions: ['region'] } },
          },
        },
      },
      review: {
        on: ['gold.people'],
        sluice: { members: { group: 'staff' }, purposes: ['returned-letters', 'statistics'] },
      },
      board: {
        on: ['gold.people'],
        sluice: { members: { group: ['staff', 'officers'] }, equalise: true },
      },
    },
  });
  gate = await startGate({ folder });
}, 60_000);
afterAll(() => gate?.close());

async function run(tests: readonly object[]): Promise<Report> {
  const bench = await openBench({
    gate: gate.serving.open.gate,
    persona: (name) => identityFrom({ sub: name, groups: [name] }, 'https://id.example.org'),
    issuer: 'https://id.example.org',
    operator: 'operator:test',
  });
  const { tests: cases } = testFile.parse({ tests });
  const placed = cases.map((test, index) => ({ file: 'tests.yml', line: index + 2, test }));
  return runOnBench({ cases: placed, preventive: [], scope: 'suite' }, bench, {
    strip: true,
    onStep: () => {},
  });
}

const STAFF = { groups: ['staff'], attributes: { regions: ['north'] } };
const emails = 'SELECT email FROM gold.people';
const count = 'SELECT region, count(*) AS n FROM gold.people GROUP BY 1';
const denied = (error: string) => ({ error });

it.each([
  [
    'small groups are left out',
    { as: 'partners', project: 'room', sql: count, expect: { rows: [['north', 9]] } },
    'guards',
  ],
  [
    'a room gives no rows out',
    { as: 'partners', project: 'room', sql: emails, expect: denied('clean_room_shape') },
    'guards',
  ],
  [
    'what large groups show',
    {
      as: 'partners',
      project: 'room',
      sql: `SELECT count(*) AS n FROM gold.people WHERE region = 'north'`,
      expect: { rows: [[9]] },
    },
    'control',
  ],
  [
    'only members act',
    { as: STAFF, project: 'room', sql: count, expect: denied('project_not_found') },
    'guards',
  ],
  [
    'a project that there is not',
    { as: STAFF, project: 'rome', sql: count, expect: denied('project_not_found') },
    'idle',
  ],
  [
    'a purpose is named',
    { as: STAFF, project: 'review', sql: emails, expect: denied('purpose_needed') },
    'guards',
  ],
  [
    'a purpose that there is not',
    {
      as: STAFF,
      project: 'review',
      purpose: 'leters',
      sql: emails,
      expect: denied('purpose_not_in_project'),
    },
    'idle',
  ],
  [
    'a purpose that unmasks',
    {
      as: STAFF,
      project: 'review',
      purpose: 'returned-letters',
      sql: emails,
      expect: { masked: [], row_count: 9 },
    },
    'guards',
  ],
  [
    'one that does not',
    { as: STAFF, project: 'review', purpose: 'statistics', sql: emails, expect: { masked: ['email'] } },
    'guards',
  ],
  [
    'one view for all',
    { as: 'officers', project: 'board', sql: emails, expect: { masked: ['email'], row_count: 0 } },
    'guards',
  ],
])('%s', async (name, test, verdict) => {
  const [result] = (await run([{ name, ...test }])).results;
  expect(result?.problems).toEqual([]);
  expect(result?.strip?.kind).toBe(verdict);
});

it('nobody is charged for a case, nor remembered for what it was answered', async () => {
  const { store } = gate.serving.open.gate.rooms;
  const asked = { as: 'partners', project: 'room', sql: count, expect: { row_count: 1 } };
  const { results } = await run(Array.from({ length: 5 }, (_, n) => ({ name: `case ${n}`, ...asked })));
  // More than the budget has.
  expect(results.flatMap(({ problems }) => problems)).toEqual([]);
  expect(await store.remembers('room')).toBe(false);
});

const lifted = { dataset: 'gold.people', policies: ['hash-emails'], columns: ['email'] };

it.each([
  [
    'a mask that is lifted',
    { as: STAFF, grants: [lifted], sql: emails, expect: { masked: [], row_count: 9 } },
    'guards',
  ],
  ['a mask that is not', { as: STAFF, sql: emails, expect: { masked: ['email'] } }, 'guards'],
  [
    'a filter that is lifted',
    {
      as: STAFF,
      grants: [{ dataset: 'gold.people', policies: ['own-region'] }],
      sql: 'SELECT id FROM gold.people',
      expect: { filtered: false, row_count: 11 },
    },
    'control',
  ],
  [
    'access where it is needed',
    {
      as: STAFF,
      grants: [{ dataset: 'gold.vault' }],
      sql: 'SELECT secret FROM gold.vault',
      expect: { rows: [[1]] },
    },
    'control',
  ],
  ['no access', { as: STAFF, sql: 'SELECT secret FROM gold.vault', expect: { denied: true } }, 'guards'],
  [
    'no access past a denial',
    {
      as: { groups: ['temps'] },
      grants: [{ dataset: 'gold.vault' }],
      sql: 'SELECT secret FROM gold.vault',
      expect: { denied: true },
    },
    'guards',
  ],
  [
    'membership',
    {
      as: STAFF,
      grants: [{ project: 'room' }],
      project: 'room',
      sql: emails,
      expect: denied('clean_room_shape'),
    },
    'guards',
  ],
  [
    'a purpose that another one is asked for',
    {
      as: STAFF,
      grants: [{ ...lifted, project: 'review', purpose: 'returned-letters' }],
      project: 'review',
      purpose: 'statistics',
      sql: emails,
      expect: { masked: ['email'] },
    },
    'guards',
  ],
  [
    'of nobody who acts for them',
    {
      as: STAFF,
      actor: { groups: ['staff'], attributes: { regions: ['north'] } },
      grants: [lifted],
      sql: emails,
      expect: { masked: ['email'] },
    },
    'guards',
  ],
])('grants: %s', async (name, test, verdict) => {
  const [result] = (await run([{ name, ...test }])).results;
  expect(result?.problems).toEqual([]);
  expect(result?.strip?.kind).toBe(verdict);
});

it('a policy that nobody but a grant gets past is noticed by the case with it', async () => {
  const { policies } = await run([
    { name: 'lifted', as: STAFF, grants: [lifted], sql: emails, expect: { row_count: 9 } },
  ]);
  expect(policies?.find(({ policy }) => policy === 'own-region')?.noticedBy).toEqual(['lifted']);
});

it.each([
  ['a dataset', { dataset: 'gold.peple' }],
  ['a project', { project: 'rome' }],
  ['a policy', { ...lifted, policies: ['hash-email'] }],
  ['a column', { ...lifted, columns: ['mail'] }],
  ['a purpose', { ...lifted, project: 'review', purpose: 'leters' }],
])('a grant of %s that there is not is a problem of the case', async (_, grant) => {
  const [result] = (
    await run([{ name: 'x', as: STAFF, grants: [grant], sql: emails, expect: { row_count: 9 } }])
  ).results;
  expect(result?.problems).toEqual([expect.stringMatching(/^grants: no such /)]);
});
