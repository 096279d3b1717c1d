/** `sluice audit`: the newest events, and whether the chain holds. */
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Example, example, type Ran, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });

beforeAll(async () => {
  here = await example();
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

it('says so where there is nothing yet', async () => {
  expect(await run('audit', 'tail')).toEqual({ code: 0, stdout: '', stderr: 'there are no events yet\n' });
  expect(await run('audit', 'tail', '--json')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await run('audit', 'verify')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^audit_unavailable: /),
  });
});

it('tail shows the newest events, newest last', async () => {
  await run('push');
  await run('query', "SELECT name FROM gold.members WHERE member_id = 'M0001'", '--as', 'officer');
  await run('query', 'SELECT * FROM gold.members');
  const { code, stdout } = await run('audit', 'tail', '-n', '3');
  expect(code).toBe(0);
  const [head, , ...events] = stdout.trimEnd().split('\n');
  expect(head).toMatch(/^ time +│ event +│ action +│ decision +│ subject +│ datasets +│ rows │ error$/);
  expect(events).toEqual([
    expect.stringMatching(/│ decision │ query +│ allow +│ olga\.officer +│ gold\.members │/),
    expect.stringMatching(/│ query +│ query +│ allow +│ olga\.officer +│ gold\.members │ +1 │/),
    expect.stringMatching(/│ query +│ query +│ deny +│ .*dataset_not_found$/),
  ]);
  const json = await run('audit', 'tail', '-n', '3', '--json');
  const parsed = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { sql_normalised: string });
  expect(parsed).toMatchObject([
    { event: 'decision' },
    { event: 'query' },
    { error_code: 'dataset_not_found' },
  ]);
  expect(json.stdout).not.toContain('M0001');
});

it('verify tells the head of a chain that holds, and knows one that was noted', async () => {
  const { code, stdout } = await run('audit', 'verify');
  expect(code).toBe(0);
  const head = /^✓ the chain holds: \d+ events, head ([0-9a-f]{64})\n/.exec(stdout)?.[1];
  expect(head).toBeDefined();
  expect(await run('audit', 'verify', '--expect-head', head ?? '')).toMatchObject({ code: 0 });
  const other = await run('audit', 'verify', '--expect-head', 'f'.repeat(64));
  expect(other).toMatchObject({ code: 2, stdout: expect.stringContaining('not in this chain') });
  const json = JSON.parse((await run('audit', 'verify', '--json')).stdout) as object;
  expect(json).toMatchObject({ ok: true, head });
});

it('verify says what it proved and what it could not', async () => {
  const { stdout } = await run('audit', 'verify');
  expect(stdout).toMatch(
    /\n {2}\d+ events \(1 to \d+\) are unaltered, complete and in order, from the first event on\.\n/,
  );
  expect(stdout).toMatch(/\n {2}not proved: that nothing was cut off at the end/);
});

it('search finds by what it is asked, for the owner and for callers', async () => {
  const all = await run('audit', 'search', '--dataset', 'gold.members', '--since', '1h', '--json');
  expect(all.code).toBe(0);
  const found = all.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; seq: number });
  // The refused one too: for auditors and the owner it is about a dataset.
  expect(found.map(({ event }) => event)).toEqual(['query', 'query', 'decision']);
  expect(await run('audit', 'search', '--subject', 'nobody')).toMatchObject({
    code: 0,
    stderr: 'nothing was found\n',
  });
  await run('query', 'SELECT count(*) FROM gold.members', '--as', 'analyst');
  const own = await run('audit', 'search', '--as', 'analyst', '--event', 'query', '--json');
  expect(
    own.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toEqual([expect.not.objectContaining({ seq: expect.anything(), policy_ids: expect.anything() })]);
  const [looked] = (await run('audit', 'search', '--action', 'audit_search', '--json')).stdout.split('\n');
  expect(JSON.parse(looked ?? '')).toMatchObject({ event: 'admin', reasons: ['subject=nobody'] });
});

it.each([
  ['--since', 'yesterday'],
  ['--decision', 'maybe'],
  ['--limit', '5000'],
])('search with %s %s is wrong usage or refused', async (...option) => {
  expect((await run('audit', 'search', ...option)).code).not.toBe(0);
});

it('a checkpoint that was kept proves that nothing was cut', async () => {
  const { code, stdout } = await run('audit', 'checkpoint');
  expect(code).toBe(0);
  writeFileSync(join(here.folder, 'kept.json'), stdout);
  expect(await run('audit', 'verify', '--checkpoint', 'kept.json')).toMatchObject({ code: 0 });
  const other = stdout.replace(/"hash": ".{64}"/, `"hash": "${'0'.repeat(64)}"`);
  writeFileSync(join(here.folder, 'other.json'), other);
  expect(await run('audit', 'verify', '--checkpoint', 'other.json')).toMatchObject({ code: 2 });
});

it('an export verifies by itself, and is never written over', async () => {
  expect(await run('audit', 'export', '--out', 'all.ndjson')).toMatchObject({ code: 0 });
  expect(await run('audit', 'verify', '--file', 'all.ndjson')).toMatchObject({ code: 0 });
  expect(await run('audit', 'export', '--out', 'all.ndjson')).toMatchObject({ code: 64 });
  const text = readFileSync(join(here.folder, 'all.ndjson'), 'utf8');
  writeFileSync(join(here.folder, 'all.ndjson'), text.replace('olga.officer', 'someone.else'));
  expect(await run('audit', 'verify', '--file', 'all.ndjson')).toMatchObject({ code: 2 });
  expect(await run('audit', 'export', '--format', 'parquet', '--out', 'all.parquet')).toMatchObject({
    code: 0,
  });
  expect(readFileSync(join(here.folder, 'all.parquet')).subarray(0, 4).toString()).toBe('PAR1');
  for (const name of ['all.ndjson', 'all.parquet'])
    expect(statSync(join(here.folder, name)).mode & 0o777).toBe(0o600);
});

it('retain needs to be told how long, and lets nothing go that is young', async () => {
  expect(await run('audit', 'retain')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/audit\.retention\.keep/),
  });
  appendFileSync(join(here.folder, 'sluice.yml'), '\naudit: { retention: { keep: 400d } }\n');
  expect(await run('audit', 'retain', '--dry-run')).toMatchObject({
    code: 0,
    stdout: 'nothing is old enough to go\n',
  });
});

it('verify says no to a chain that someone changed', async () => {
  const db = new DatabaseSync(join(here.folder, '.sluice/audit.db'));
  db.exec('DROP TRIGGER events_no_update');
  db.exec("UPDATE events SET body = replace(body, 'olga.officer', 'someone.else') WHERE seq = 3");
  db.close();
  const ran = await run('audit', 'verify');
  expect(ran).toMatchObject({
    code: 2,
    stdout: expect.stringMatching(/^✗ the chain breaks after 2 events: Event 3 /),
  });
  const json = await run('audit', 'verify', '--json');
  expect(json.code).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, events: 2, problem: expect.any(String) });
});
