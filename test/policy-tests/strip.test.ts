/** The strip check on a real gate: which cases guard something, which policies go unnoticed, and that nothing of it touches what is served. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityFrom } from '../../src/identity/given.ts';
import { type Bench, openBench } from '../../src/policy-tests/bench.ts';
import { testFile } from '../../src/policy-tests/case.ts';
import type { Scope } from '../../src/policy-tests/read.ts';
import { passes, type Report, runOnBench, summarise } from '../../src/policy-tests/run.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { writeProject } from '../e2e/project.ts';

const POLICIES = `
  - { id: hash-emails, on: { column_tag: pii }, mask: { with: hash }, unless: { group: officers } }
  - { id: hash-names-too, on: { column_name: name }, mask: { with: hash } }
  - { id: own-region, on: { column_name: region }, rows: { where: "region = any(identity.attributes.regions)" }, unless: { group: officers } }
  - { id: no-interns, on: { id: gold.people }, deny: { group: interns } }
  - { id: vault, on: { id: gold.vault }, allow: { group: officers } }
  - { id: office-only, on: { id: gold.ledger }, deny: everyone, unless: { network: 10.0.0.0/8 } }
  - { id: office-hours, on: { id: gold.ledger }, require: { hours: { between: "08:00-18:00", zone: UTC } } }
  - { id: sandbox, on: { all: [{ environment: sandbox }, { column_tag: pii }] }, mask: { with: "null" } }
  - { id: for-another-day, on: { column_tag: medical }, mask: { with: hide } }`;

const PEOPLE = "('ann@example.org', 'Ann', 'north'), ('bob@example.org', 'Bob', 'south')";

let gate: TestGate;
let bench: Bench;

beforeAll(async () => {
  const folder = await writeProject({
    sql: [
      'CREATE SCHEMA gold',
      `CREATE TABLE gold.people AS SELECT * FROM (VALUES ${PEOPLE}) AS t(email, name, region)`,
      'CREATE TABLE gold.vault AS SELECT 1 AS secret',
      'CREATE TABLE gold.ledger AS SELECT 1 AS amount',
    ],
    tables: [
      {
        schema: 'gold',
        name: 'people',
        columns: [
          { name: 'email', type: 'VARCHAR', tags: ['pii.email'] },
          { name: 'name', type: 'VARCHAR', tags: ['pii.name'] },
          'region VARCHAR',
        ],
      },
      { schema: 'gold', name: 'vault', columns: ['secret INTEGER'] },
      { schema: 'gold', name: 'ledger', columns: ['amount INTEGER'] },
    ],
    policies: POLICIES,
  });
  gate = await startGate({ folder });
  bench = await openBench({
    gate: gate.serving.open.gate,
    persona: (name) => identityFrom({ sub: name, groups: [name] }, null),
    issuer: null,
    operator: 'operator:test',
  });
});

afterAll(() => gate.close());

async function run(
  tests: readonly object[],
  preventive: readonly string[] = [],
  scope: Scope = 'suite',
): Promise<Report> {
  const { tests: cases } = testFile.parse({ tests });
  const placed = cases.map((test, index) => ({ file: 'tests.yml', line: index + 2, test }));
  return runOnBench({ cases: placed, preventive, scope }, bench, { strip: true, onStep: () => {} });
}

const NORTH = { groups: ['staff'], attributes: { regions: ['north'] } };
const emails = 'SELECT email FROM gold.people';

describe('verdicts', () => {
  const CASES: Readonly<Record<string, readonly [test: object, verdict: string]>> = {
    'a mask': [{ as: NORTH, sql: emails, expect: { masked: { email: 'hash' } } }, 'guards'],
    'values behind a mask': [
      { as: NORTH, sql: emails, expect: { values: { email: { excludes: ['ann@example.org'] } } } },
      'guards',
    ],
    'a row filter': [
      { as: NORTH, sql: 'SELECT count(*) AS n FROM gold.people', expect: { rows: [[1]] } },
      'guards',
    ],
    'a denial': [{ as: 'interns', dataset: 'gold.people', expect: { denied: 403 } }, 'guards'],
    'a dataset that is not to be known': [
      { as: NORTH, dataset: 'gold.vault', expect: { denied: true } },
      'guards',
    ],
    'what an officer may see': [
      {
        as: 'officers',
        sql: `${emails} ORDER BY 1`,
        expect: { rows: [['ann@example.org'], ['bob@example.org']] },
      },
      'control',
    ],
    'what anybody may see': [{ as: NORTH, sql: 'SELECT 1 AS one', expect: { rows: [[1]] } }, 'control'],
    'a name that is misspelt': [{ as: NORTH, dataset: 'gold.valut', expect: { denied: true } }, 'idle'],
    'a mask that nobody looks at': [{ as: NORTH, sql: emails, expect: { columns: ['email'] } }, 'idle'],
    'a filter that nobody looks at': [
      { as: NORTH, sql: "SELECT region FROM gold.people WHERE region = 'north'", expect: { row_count: 1 } },
      'idle',
    ],
    'a case about names': [
      { as: NORTH, dataset: 'gold.valut', strip: false, expect: { denied: true } },
      'left out',
    ],
  };

  let report: Report;
  beforeAll(async () => {
    report = await run(Object.entries(CASES).map(([name, [test]]) => ({ name, ...test })));
  });

  it('all cases hold as pushed', () => {
    expect(report.results.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it.each(Object.entries(CASES))('%s', (name, [, verdict]) => {
    expect(report.results.find((result) => result.name === name)?.strip?.kind).toBe(verdict);
  });

  it('tells why a case tests nothing', () => {
    const why = report.results.flatMap(({ strip }) => (strip?.kind === 'idle' ? [strip.why] : []));
    expect(why).toEqual([
      'it is refused with dataset_not_found without any policy too; is the name right?',
      'email: masked, and the case would not notice if it was not',
      'rows of gold.people are filtered, and the case would not notice if they were not',
    ]);
  });

  it.each([
    ['hash-emails', true],
    ['own-region', true],
    ['no-interns', true],
    ['vault', true],
    // The other policy masks the name as well: no case can tell.
    ['hash-names-too', false],
    ['office-only', false],
    ['for-another-day', false],
  ])('policy %s is noticed: %s', (id, noticed) => {
    const policy = report.policies?.find((one) => one.policy === id);
    expect((policy?.noticedBy.length ?? 0) > 0).toBe(noticed);
  });

  it('tells a policy that cases touch from one that none comes near', () => {
    const touched = (id: string) => report.policies?.find((one) => one.policy === id)?.touched;
    expect(touched('for-another-day')).toBe(0);
    expect(touched('office-only')).toBe(0);
    // The officer's: that case reads no name.
    expect(touched('hash-names-too')).toBe(1);
    expect(touched('own-region')).toBeGreaterThan(2);
  });

  it('notices an exemption by the control that needs it', () => {
    const exemption = (id: string) => report.policies?.find((one) => one.policy === id)?.exemptionNoticed;
    expect(exemption('hash-emails')).toBe(true);
    expect(exemption('own-region')).toBe(true);
    expect(exemption('office-only')).toBe(false);
    expect(exemption('no-interns')).toBe(null);
  });
});

describe('where and when it is asked', () => {
  const ledger = 'SELECT amount FROM gold.ledger';
  const office = { client_ip: '10.1.2.3', time: '2026-02-03T12:00:00Z' };
  it('decides by the context of the case', async () => {
    const report = await run([
      { name: 'at the desk', as: 'staff', sql: ledger, context: office, expect: { rows: [[1]] } },
      {
        name: 'at night',
        as: 'staff',
        sql: ledger,
        context: { ...office, time: '2026-02-03T23:00:00Z' },
        expect: { denied: true },
      },
      {
        name: 'from elsewhere',
        as: 'staff',
        sql: ledger,
        context: { ...office, client_ip: '192.0.2.1' },
        expect: { denied: true },
      },
      { name: 'from nowhere', as: 'staff', sql: ledger, expect: { denied: true } },
    ]);
    expect(report.results.flatMap(({ problems }) => problems)).toEqual([]);
    expect(report.results.map(({ strip }) => strip?.kind)).toEqual(['control', 'guards', 'guards', 'guards']);
    const noticed = report.policies?.filter(({ noticedBy }) => noticedBy.length > 0);
    expect(noticed?.map(({ policy }) => policy)).toEqual(['office-hours', 'office-only']);
  });
});

describe('in which environment it is asked', () => {
  const clear = { rows: [['ann@example.org'], ['bob@example.org']] };
  const asked = { as: 'officers', sql: `${emails} ORDER BY 1` };
  it('gives the same dataset another answer, and each is guarded by its own policy', async () => {
    const report = await run([
      { name: 'here', ...asked, expect: clear },
      { name: 'in the system', ...asked, context: { environment: 'system' }, expect: clear },
      {
        name: 'in the sandbox',
        ...asked,
        context: { environment: 'sandbox' },
        expect: { masked: { email: 'null' }, values: { email: null } },
      },
    ]);
    expect(report.results.flatMap(({ problems }) => problems)).toEqual([]);
    expect(report.results.map(({ strip }) => strip?.kind)).toEqual(['control', 'control', 'guards']);
    const sandbox = report.policies?.find(({ policy }) => policy === 'sandbox');
    expect(sandbox?.noticedBy).toEqual(['in the sandbox']);
  });
});

describe('what the run says in the end', () => {
  const control = { name: 'c', as: 'officers', sql: `${emails} LIMIT 1`, expect: { row_count: 1 } };
  const guard = { name: 'g', as: 'interns', dataset: 'gold.people', expect: { denied: 403 } };
  const idle = { name: 'i', as: NORTH, dataset: 'gold.valut', expect: { denied: true } };

  it.each([
    ['a suite of controls alone tests nothing', [control], 'suite', false, false],
    ['one guard makes a suite', [control, guard], 'suite', true, false],
    ['a file is not all that notices policies', [control, guard], 'file', true, true],
    ['a file of controls alone tests nothing', [control], 'file', false, false],
    ['a chosen part is no suite', [control], 'chosen', true, true],
    ['an idle case matters to the strict', [guard, idle], 'chosen', true, false],
  ] as const)('%s', async (_name, tests, scope, lenient, strict) => {
    const summary = summarise(await run(tests, [], scope));
    expect([passes(summary, false), passes(summary, true)]).toEqual([lenient, strict]);
  });

  it('a policy that is called preventive need not be noticed', async () => {
    const all = [
      'hash-emails',
      'hash-names-too',
      'own-region',
      'sandbox',
      'vault',
      'office-only',
      'office-hours',
      'for-another-day',
    ];
    const summary = summarise(await run([guard], all));
    expect(summary.unnoticed).toBe(0);
    expect(passes(summary, true)).toBe(true);
  });

  it('refuses to call preventive what there is not', async () => {
    await expect(run([guard], ['vualt'])).rejects.toMatchObject({ code: 'policy_invalid' });
  });

  it('a case that fails is not judged', async () => {
    const report = await run([{ ...guard, expect: { denied: 401 } }]);
    expect(report.results).toMatchObject([{ ok: false, strip: null }]);
  });
});

describe('what is served', () => {
  it('is governed all the while', async () => {
    const answers = Promise.all([
      run([{ name: 'x', as: NORTH, sql: emails, expect: { columns: ['email'] } }]),
      ...Array.from({ length: 20 }, () => gate.query('reader', `${emails} LIMIT 5`)),
    ]);
    const [, ...replies] = await answers;
    for (const reply of replies) expect(reply.text).not.toContain('example.org');
    const after = await gate.query('reader', 'SELECT * FROM gold.vault');
    expect(after.status).toBe(403);
  });

  it('has one record of the tests, and none of their cases', async () => {
    const events = await gate.serving.open.gate.audit.tail(1_000);
    const tests = events.filter(({ action }) => action === 'policy_tests');
    expect(tests).toMatchObject([{ event: 'admin', subject: { sub: 'operator:test' } }]);
    expect(events.filter(({ subject }) => subject.sub === 'interns')).toEqual([]);
  });
});
