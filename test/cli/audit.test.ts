/** `sluice audit`: the newest events, and whether the chain holds. */
import { rmSync } from 'node:fs';
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
  const head = /^✓ the chain holds: \d+ events, head ([0-9a-f]{64})\n$/.exec(stdout)?.[1];
  expect(head).toBeDefined();
  expect(await run('audit', 'verify', '--expect-head', head ?? '')).toMatchObject({ code: 0 });
  const other = await run('audit', 'verify', '--expect-head', 'f'.repeat(64));
  expect(other).toMatchObject({ code: 2, stdout: expect.stringContaining('not in this chain') });
  const json = JSON.parse((await run('audit', 'verify', '--json')).stdout) as object;
  expect(json).toMatchObject({ ok: true, head });
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
