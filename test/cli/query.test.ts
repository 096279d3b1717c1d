/** `sluice query` and `sluice explain`, asked of a gate in their own process and of a running one: the answers are the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, example, MAIN, type Ran, type Served, serveIn, sluice } from './run.ts';

let here: Example;
let served: Served | undefined;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });

beforeAll(async () => {
  here = await example();
  expect(await run('push')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  served?.process.kill('SIGTERM');
  await served?.ended;
  rmSync(here.folder, { recursive: true, force: true });
});

const MINE = 'SELECT member_id, name, birth_date FROM gold.members ORDER BY member_id LIMIT 1';

async function answersAsPromised(): Promise<void> {
  const [table, json, ndjson, csv] = await Promise.all(
    ['table', 'json', 'ndjson', 'csv'].map((format) =>
      run('query', MINE, '--as', 'officer', '--format', format),
    ),
  );
  expect(table).toEqual({
    code: 0,
    stdout: [
      ' member_id │ name         │ birth_date',
      '───────────┼──────────────┼────────────',
      " M0001     │ Carla O'Watt │ 1987-06-02",
      '',
    ].join('\n'),
    stderr: '1 row\n',
  });
  expect(json?.code).toBe(0);
  expect(JSON.parse(json?.stdout ?? '')).toMatchObject({
    columns: [{ name: 'member_id', masked: false }, { name: 'name' }, { name: 'birth_date' }],
    rows: [['M0001', "Carla O'Watt", '1987-06-02']],
    page: { returned: 1, has_more: false },
  });
  expect(ndjson).toEqual({
    code: 0,
    stdout: `${JSON.stringify({ member_id: 'M0001', name: "Carla O'Watt", birth_date: '1987-06-02' })}\n`,
    stderr: '',
  });
  expect(csv).toEqual({
    code: 0,
    stdout: "member_id,name,birth_date\r\nM0001,Carla O'Watt,1987-06-02\r\n",
    stderr: '',
  });
}

/** The value that cannot be cast stands behind hundreds of thousands that can. */
async function failsHalfway(): Promise<void> {
  const sql =
    "SELECT CASE WHEN kwh > 4.5 THEN ('x' || kwh::text)::int ELSE 1 END AS v FROM gold.meter_readings";
  const ran = await run('query', sql, '--as', 'service', '--format', 'csv');
  expect(ran.code).toBe(1);
  expect(ran.stdout).toMatch(/^v\r\n1\r\n/);
  expect(ran.stderr).toMatch(/^gate_unreachable: The gate broke the answer off\./);
}

describe('in its own process', () => {
  it('answers in every format', answersAsPromised);

  it('an answer that fails halfway is a failure', failsHalfway);

  it('takes its copy of the warehouse along when it ends', () => {
    const left = readdirSync(join(here.folder, '.sluice'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.duckdb'))).toEqual([]);
  });

  it('reads a long answer no faster than it is taken, and ends quietly when the reader goes away', async () => {
    const sql = 'SELECT * FROM gold.meter_readings';
    const args = [MAIN, 'query', sql, '--as', 'service', '--format', 'csv'];
    const child = spawn(process.execPath, args, { cwd: here.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    child.stdout.destroy();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(first.toString()).toMatch(/^meter_id,member_id,/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('fails when the answer cannot be written', async (context) => {
    if (process.platform !== 'linux') {
      console.log('skipped: there is no /dev/full here');
      return context.skip();
    }
    const child = spawn(process.execPath, [MAIN, 'query', 'SELECT 1 AS one'], {
      cwd: here.folder,
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
    expect(code).toBe(1);
    expect(stderr).toContain('The output cannot be written');
  });

  it('says how to begin where nothing was pushed', async () => {
    const { folder } = await example();
    const { code, stderr } = await sluice(['query', MINE], { cwd: folder });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'snapshot_missing: No metadata has been pushed yet\nhint: Push a state first: `sluice push`.\n',
    });
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('of a running gate', () => {
  beforeAll(async () => {
    served = await serveIn(here.folder);
  });

  it('answers in every format', answersAsPromised);

  it('an answer that fails halfway is a failure', failsHalfway);

  it('goes to the gate that runs on the same state by itself', async () => {
    await run('query', 'SELECT 1 AS one', '--as', 'analyst');
    const { stdout } = await run('audit', 'tail', '-n', '1', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ client: { door: 'http' }, subject: { sub: 'anna.analyst' } });
  });

  it('finds its configuration by --config, before or after the command', async () => {
    const elsewhere = { cwd: import.meta.dirname };
    const args = ['query', 'SELECT 1 AS one', '--format', 'csv'];
    for (const config of [here.folder, join(here.folder, 'sluice.yml')]) {
      expect(await sluice(['-c', config, ...args], elsewhere)).toMatchObject({
        code: 0,
        stdout: 'one\r\n1\r\n',
      });
      expect(await sluice([...args, '--config', config], elsewhere)).toMatchObject({ code: 0 });
    }
  });

  it('reads the query from standard input', async () => {
    const input = 'SELECT 7 AS seven\n';
    const ran = await sluice(['query', '-', '--format', 'csv'], { cwd: here.folder, input });
    expect(ran).toMatchObject({ code: 0, stdout: 'seven\r\n7\r\n' });
  });

  it.each([
    ['text', '$1::text', ['north'], 'north'],
    ['whole number', '$1::int + 1', ['41'], '42'],
    ['negative number', '$1::int', ['-5'], '-5'],
    ['boolean', 'NOT $1::boolean', ['false'], 'true'],
    ['null', '$1::text IS NULL', ['null'], 'true'],
    ['text that looks like a number', '$1::text', ['"007"'], '007'],
    ['number that JSON cannot hold', '$1::text', ['12345678901234567890'], '12345678901234567890'],
    ['text in braces', "$1::text || '!'", ['{half'], '{half!'],
    ['two, in order', '$1::text || $2::text', ['a', 'b'], 'ab'],
  ])('takes parameters: %s', async (_name, expression, values, wanted) => {
    const params = values.flatMap((value) => ['--param', value]);
    const ran = await run('query', `SELECT ${expression} AS v`, ...params, '--format', 'csv');
    expect(ran).toMatchObject({ code: 0, stdout: `v\r\n${wanted}\r\n` });
  });

  it('cuts at --limit, and says so', async () => {
    const all = 'SELECT member_id FROM gold.members ORDER BY member_id';
    const csv = await run('query', all, '--as', 'officer', '--limit', '2', '--format', 'csv');
    expect(csv.stdout).toBe('member_id\r\nM0001\r\nM0002\r\n');
    expect(csv.stderr).toContain('there are more rows');
    const table = await run('query', all, '--as', 'officer', '--limit', '2');
    expect(table.stderr).toMatch(/^2 rows, and there are more/);
  });

  it('asks without a token where no persona is named', async () => {
    const open = await run('query', 'SELECT count(*) AS n FROM gold.tariffs', '--format', 'csv');
    expect(open.stdout).toBe('n\r\n4\r\n');
    const closed = await run('query', 'SELECT * FROM gold.members');
    expect(closed).toMatchObject({ code: 1, stdout: '' });
    expect(closed.stderr).toMatch(/^dataset_not_found: /);
  });

  it('takes a token that it is given', async () => {
    const { stdout: token } = await run('token', '--as', 'member');
    const ran = await run(
      'query',
      'SELECT member_id FROM gold.members',
      '--token',
      token.trim(),
      '--format',
      'csv',
    );
    expect(ran.stdout).toBe('member_id\r\nM0008\r\n');
    const bad = await run('query', 'SELECT 1', '--token', `${token.trim().slice(0, -6)}AAAAAA`);
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringMatching(/^token_signature: /) });
  });

  it.each([
    ['an unknown persona', ['--as', 'analist'], 64, /^usage: .*"analist".*did you mean "analyst"/],
    ['both --as and --token', ['--as', 'analyst', '--token', 'x'], 64, /^usage: --as and --token exclude/],
    [
      'a server that is not there',
      ['--server', 'http://127.0.0.1:9'],
      1,
      /^gate_unreachable: No gate answers at/,
    ],
  ])('refuses %s', async (_name, args, code, told) => {
    expect(await run('query', 'SELECT 1', ...args)).toMatchObject({
      code,
      stderr: expect.stringMatching(told),
    });
  });

  it.each([
    ['a misspelt column', 'SELECT memberid FROM gold.members', 7, 'column_not_found'],
    ['a syntax error', 'SELEC 1', 0, 'sql_syntax'],
    ['a refused function', "SELECT read_text('/etc/passwd')", 7, 'sql_function_refused'],
  ])('shows where it stumbled: %s', async (_name, sql, column, code) => {
    const ran = await run('query', sql, '--as', 'officer');
    const [head, line, caret] = ran.stderr.split('\n');
    expect(ran.code).toBe(1);
    expect(head).toMatch(new RegExp(`^${code}: `));
    expect(line).toBe(`  ${sql}`);
    expect(caret).toBe(`${' '.repeat(column + 2)}^`);
  });

  it('names the line where the query has several', async () => {
    const ran = await run('query', 'SELECT\n  member_id,\n\tnam\nFROM gold.members', '--as', 'officer');
    const [, line, caret] = ran.stderr.split('\n');
    expect(line).toBe('  line 3:  nam');
    expect(caret).toBe('           ^');
  });

  it('tells programs what went wrong as JSON', async () => {
    const ran = await run(
      'query',
      'SELECT memberid FROM gold.members',
      '--as',
      'officer',
      '--format',
      'json',
    );
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'column_not_found', position: 7 });
  });
});

describe('explain', () => {
  it('draws a steward the way from a column to the line of YAML', async () => {
    const { code, stdout } = await run('explain', 'gold.members.iban', '--as', 'officer');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^columns: iban \(masked\)\ngold\.members: allowed\n/);
    expect(stdout).toContain('├─ iban: masked, partial (first 4, last 4');
    expect(stdout).toMatch(
      /│ {2}├─ mask-customer-pii masks with hash.*, but not here: exempt \(policies\/.*:\d+\)\n/,
    );
    expect(stdout).toMatch(
      /shorten-ibans masks with partial.* \(policies\/personal-data\.yml:\d+\)\n.*on column_tag: pii\.iban: iban has pii\.iban\n.*from column .* in models\/.*\.yml\n/,
    );
    expect(stdout).toContain('to change it: be in the group treasury, or ');
    expect(stdout).toContain('"energy_community"."main_marts"."members"');
  });

  it('tells others their part only', async () => {
    const { stdout } = await run('explain', 'gold.members', '--as', 'analyst');
    expect(stdout).toContain('gold.members: allowed, rows are filtered\n└─ masked: ');
    expect(stdout).not.toMatch(/main_marts|policies\/|SELECT/);
  });

  it("draws a steward another's view, by persona and by an identity", async () => {
    const { stdout } = await run('explain', 'gold.members.phone', '--as', 'officer', '--for', 'intern');
    expect(stdout).toMatch(/^gold\.members: allowed, rows are filtered\n├─ phone: hidden\n/);
    const written = '{ groups: [employees, interns] }';
    const same = await run('explain', 'gold.members.phone', '--as', 'officer', '--for', written);
    expect(same.stdout).toContain('├─ phone: hidden\n');
    const refused = await run('explain', 'gold.members', '--as', 'analyst', '--for', 'officer');
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^access_denied: Only stewards/),
    });
    const wrong = await run('explain', 'gold.members', '--as', 'officer', '--for', '{ grups: [x] }');
    expect(wrong).toMatchObject({ code: 64, stderr: expect.stringContaining('grups') });
  });

  it('says why a column is there for nobody', async () => {
    const { stdout } = await run('explain', 'gold.members.loyalty_score', '--as', 'officer');
    expect(stdout).toContain('├─ loyalty_score: there for nobody, since it is not classified');
  });

  it('explains one column', async () => {
    const { stdout } = await run('explain', 'gold.members.email', '--as', 'analyst');
    expect(stdout).toMatch(/^columns: email \(masked\)\ngold\.members: allowed/);
  });

  it('takes the version of a dataset for what it is', async () => {
    const { stdout } = await run('explain', 'gold.tariffs.v1');
    expect(stdout).toContain('gold.tariffs.v1: allowed');
  });

  it('explains a query', async () => {
    const { stdout } = await run('explain', 'SELECT count(*) AS n FROM gold.members', '--as', 'analyst');
    expect(stdout).toMatch(/^columns: n\n└─ n comes from no column\ngold\.members: allowed/);
  });

  it('tells of a denial, which is an answer', async () => {
    const ran = await run('explain', 'silver.int_daily_usage', '--as', 'member');
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^silver\.int_daily_usage: denied \(denied_by_policy\)\n└─ Ask .*\n$/),
    });
  });

  it.each([
    [
      'a dataset that the caller may not know',
      'gold.payment_accounts',
      /^dataset_not_found: .*gold\.payment_accounts/,
    ],
    ['a column that there is not', 'gold.members.nam', /^column_not_found: .*nam\b/],
    ['a name with too many parts', 'a.b.c.d.e', /^\w+: /],
  ])('refuses %s without a place in a text that nobody wrote', async (_name, what, told) => {
    const ran = await run('explain', what, '--as', 'analyst');
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(told) });
    expect(ran.stderr).not.toContain('^');
  });

  it('speaks JSON to programs', async () => {
    const { stdout } = await run('explain', 'gold.members', '--as', 'analyst', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      allowed: true,
      decisions: [{ dataset: 'gold.members', filtered: true }],
    });
  });
});

it('keeps a killed command from leaving the warehouse behind for good', async () => {
  const sql = 'SELECT * FROM gold.meter_readings';
  served?.process.kill('SIGTERM');
  await served?.ended;
  served = undefined;
  const child = spawn(process.execPath, [MAIN, 'query', sql, '--as', 'service', '--format', 'csv'], {
    cwd: here.folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await run('query', 'SELECT 1 AS one')).toMatchObject({ code: 0 });
  const left = readdirSync(join(here.folder, '.sluice'), { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => name.includes(`${child.pid}`))).toEqual([]);
});
