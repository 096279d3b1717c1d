/** `sluice test`: the example's own policy tests hold, and a test that fails says what differs. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, example, type Ran, type Served, serveIn, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });

beforeAll(async () => {
  here = await example();
  expect(await run('push')).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

it("every test of the example's passes", async () => {
  const { code, stdout, stderr } = await run('test');
  expect(stdout.split('\n').filter((line) => /^ {2}✗|^ {6}/.test(line))).toEqual([]);
  expect(stdout).toMatch(/^tests\/access\.yml\n {2}✓ tariffs are open\n/);
  expect(stdout).toMatch(/\n[56]\d passed, 0 failed\n$/);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

it("the example's tests notice every policy, and none of them is idle", async () => {
  const { code, stdout } = await run('test', '--strict', '--json');
  const { ok, strip } = JSON.parse(stdout) as {
    ok: boolean;
    strip: { guards: number; policies: { policy: string; noticed_by: string[]; preventive: boolean }[] };
  };
  const unnoticed = strip.policies.filter(({ noticed_by }) => noticed_by.length === 0);
  expect(unnoticed.map(({ policy, preventive }) => [policy, preventive])).toEqual([
    ['personal-data-needs-a-name', true],
  ]);
  expect(strip).toMatchObject({ tests_nothing: 0, unnoticed_policies: 0, suite_tests_nothing: false });
  expect(strip.guards).toBeGreaterThan(30);
  expect({ code, ok }).toEqual({ code: 0, ok: true });
});

describe('a suite that tests nothing', () => {
  const controls = `tests:
  - { name: 'all <is> "well"', as: officer, sql: SELECT count(*) FROM gold.members, expect: { rows: [[300]] } }
  - { name: an idle one, as: analyst, sql: SELECT count(*) FROM gold.memberz, expect: { denied: true } }
`;
  beforeAll(() => {
    mkdirSync(join(here.folder, 'controls'));
    writeFileSync(join(here.folder, 'controls/all.yml'), controls);
  });

  it('fails, though all of it passes', async () => {
    const { code, stdout } = await run('test', 'controls');
    expect(code).toBe(2);
    expect(stdout).toContain(
      '  ✓ an idle one\n      ! does not test anything: it is refused with dataset_not_found',
    );
    expect(stdout).toContain(
      'strip check: 0 fail with enforcement off, 1 show what is allowed, 1 test nothing\n',
    );
    expect(stdout).toContain('  ✗ no test fails with enforcement off: this suite tests nothing\n');
    expect(stdout).toMatch(
      /\n {2}! own-region \(policies\/rows\.yml:\d+\): no test fails without it; none asks/,
    );
    expect(stdout).toMatch(/\n2 passed, 0 failed\n$/);
  });

  it('passes where the check is left out, or a part of it is chosen', async () => {
    expect(await run('test', 'controls', '--no-strip')).toMatchObject({ code: 0 });
    expect(await run('test', 'controls', '--filter', 'WELL')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\n1 passed, 0 failed\n$/),
    });
    expect(await run('test', 'controls', '--filter', 'idle', '--strict')).toMatchObject({ code: 2 });
    expect(await run('test', 'controls', '--filter', 'nowhere')).toMatchObject({ code: 64 });
  });

  it('speaks JUnit to a CI', async () => {
    const { code, stdout } = await run('test', 'controls', '--format', 'junit', '--strict');
    expect(code).toBe(2);
    expect(stdout).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="sluice test">\n/);
    expect(stdout).toContain(
      '<testsuite name="controls/all.yml" tests="2" failures="1" skipped="0" errors="0">',
    );
    expect(stdout).toContain('name="all &lt;is&gt; &quot;well&quot;" file="controls/all.yml" line="2"/>');
    expect(stdout).toContain('<failure message="does not test anything: it is refused');
    expect(stdout).toContain('<failure message="No test fails with enforcement off');
    expect(stdout).toMatch(
      /<testcase classname="strip check" name="policy own-region is tested" file="policies\/rows\.yml" line="\d+">/,
    );
  });
});

interface Case {
  readonly expect: string;
  readonly sql?: string;
  readonly as?: string;
  readonly problem: string | RegExp;
}

const FAILING: Readonly<Record<string, Case>> = {
  'another value': {
    expect: '{ rows: [[M0001], [M0007]] }',
    problem: 'row 2: expected ["M0007"], got ["M0002"]',
  },
  'a row too few': {
    expect: '{ rows: [[M0001], [M0002], [M0003], [M0004]] }',
    problem: 'row 4: expected ["M0004"], got no such row',
  },
  'a row too many': { expect: '{ rows: [[M0001]] }', problem: 'rows: expected 1, got more: ["M0002"]' },
  'another count': { expect: '{ row_count: 4 }', problem: 'row_count: expected 4, got 3' },
  'a count below a page': {
    expect: '{ row_count: 101 }',
    sql: 'SELECT member_id FROM gold.members',
    problem: 'row_count: expected 101, got more than 102',
  },
  'other columns': { expect: '{ columns: [id] }', problem: 'columns: expected ["id"], got ["member_id"]' },
  'a mask that is not there': {
    expect: '{ masked: [member_id] }',
    problem: 'masked: expected ["member_id"], got []',
  },
  'a column that is shown': { expect: '{ hidden: [member_id] }', problem: 'hidden: member_id is shown' },
  'an answer instead of a denial': {
    expect: '{ denied: 403 }',
    problem: 'expected 403, got an answer of 3 rows',
  },
  'another denial': {
    expect: '{ denied: 403 }',
    as: 'external',
    problem: 'expected 403, got 404 dataset_not_found',
  },
  'another error': {
    expect: '{ error: timeout }',
    sql: 'SELECT nam FROM gold.members',
    problem: 'expected the error timeout, got column_not_found',
  },
  'a denial instead of an answer': {
    expect: '{ row_count: 3 }',
    as: 'external',
    problem: /^expected an answer, got 404 dataset_not_found: /,
  },
  'an unknown persona': { expect: '{ row_count: 3 }', as: 'analist', problem: /"analist".*"analyst"/ },
};

describe('a test that fails', () => {
  let results: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly problems: readonly string[];
  }[];
  const three = 'SELECT member_id FROM gold.members ORDER BY member_id LIMIT 3';

  beforeAll(async () => {
    const tests = Object.entries(FAILING).map(
      ([name, { expect: wanted, sql = three, as = 'officer' }]) =>
        `  - { name: ${name}, as: ${as}, sql: "${sql}", expect: ${wanted} }`,
    );
    tests.push(`  - { name: one that holds, as: officer, sql: "${three}", expect: { row_count: 3 } }`);
    writeFileSync(join(here.folder, 'failing.yml'), `tests:\n${tests.join('\n')}\n`);
    const { code, stdout } = await run('test', 'failing.yml', '--json');
    const report = JSON.parse(stdout) as { passed: number; failed: number; results: typeof results };
    expect(code).toBe(2);
    expect(report).toMatchObject({ passed: 1, failed: Object.keys(FAILING).length });
    results = report.results;
  });

  it.each(Object.entries(FAILING))('says what differs: %s', (name, { problem }) => {
    const found = results.find((result) => result.name === name);
    expect(found?.ok).toBe(false);
    expect(found?.problems).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it('is told to people, beside those that hold', async () => {
    const { code, stdout } = await run('test', 'failing.yml');
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /^failing\.yml\n {2}✗ another value\n {6}row 2: expected \["M0007"\], got \["M0002"\]\n/,
    );
    expect(stdout).toContain('  ✓ one that holds\n');
    expect(stdout).toMatch(/\n1 passed, 13 failed\n$/);
  });
});

it.each([
  [
    'a key that there is not',
    'tests:\n  - name: x\n    as: officer\n    sqll: SELECT 1\n    expect: { row_count: 1 }',
    /^policy_invalid: [\s\S]*bad\.yml:4: .*did you mean "sql"/,
  ],
  [
    'an expectation of nothing',
    'tests:\n  - { name: x, as: officer, sql: SELECT 1, expect: {} }',
    /^policy_invalid: bad\.yml:2: .*expect something/,
  ],
  [
    'neither query nor dataset',
    'tests:\n  - { name: x, as: officer, expect: { row_count: 1 } }',
    /^policy_invalid: bad\.yml:2: .*either sql or dataset/,
  ],
  ['no tests', 'tests: []', /^policy_invalid: bad\.yml:1: /],
  ['broken YAML', 'tests: [', /^policy_invalid: bad\.yml:\d: /],
])('a file of tests is refused for %s', async (_name, yaml, told) => {
  writeFileSync(join(here.folder, 'bad.yml'), yaml);
  expect(await run('test', 'bad.yml')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(told),
  });
});

it('wants a place that there is', async () => {
  expect(await run('test', 'nowhere')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('There is no nowhere.'),
  });
});

describe('against a running gate', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveIn(here.folder);
  });
  afterAll(async () => {
    served.process.kill('SIGTERM');
    await served.ended;
  });

  it('gives the same', async () => {
    const { code, stdout } = await run('test', 'tests/rows.yml', '--server', served.address);
    expect(stdout).toMatch(/\nstrip check: not against a running gate.*\n10 passed, 0 failed\n$/);
    expect(code).toBe(0);
  });

  it('skips what needs a gate of its own', async () => {
    const tests = `tests:
  - { name: written out, as: { groups: [employees] }, sql: SELECT 1, expect: { row_count: 1 } }
  - { name: at night, as: officer, context: { time: "2026-01-01T23:00:00Z" }, sql: SELECT 1, expect: { row_count: 1 } }
  - { name: acted for in words, as: officer, actor: { sub: bot }, sql: SELECT 1, expect: { row_count: 1 } }
  - { name: plain, as: officer, sql: SELECT 1 AS one, expect: { values: { one: 1 } } }
  - { name: acted for, as: officer, actor: agent, sql: SELECT email FROM gold.members LIMIT 1, expect: { masked: [email] } }
`;
    writeFileSync(join(here.folder, 'remote.yml'), tests);
    const { code, stdout } = await run('test', 'remote.yml', '--server', served.address);
    expect(stdout).toMatch(/- written out\n {6}skipped: /);
    expect(stdout).toMatch(/\n2 passed, 0 failed, 3 skipped\n$/);
    expect(code).toBe(0);
  });
});
