/** `sluice audit sinks`, `sluice usage` and `sluice audit replay` on the state beside sluice.yml. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Example, example, type Ran, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });

beforeAll(async () => {
  here = await example();
  await run('push');
  await run('query', 'SELECT name FROM gold.communities', '--as', 'analyst');
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

it('sinks says what has not begun, and nothing of where it leads', async () => {
  const file = join(here.folder, 'sluice.yml');
  const before = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    `${before}\naudit:\n  sinks:\n    - { kind: webhook, url: "https://hook.example.com/path", secret: 0123456789abcdef }\n`,
  );
  const table = await run('audit', 'sinks');
  expect(table).toMatchObject({ code: 0, stdout: expect.stringContaining('not begun') });
  expect(table.stdout).not.toContain('hook.example.com');
  const json = JSON.parse((await run('audit', 'sinks', '--json')).stdout) as object[];
  expect(json).toMatchObject([{ name: 'webhook', kind: 'webhook', seq: null, shipped: 0 }]);
  writeFileSync(file, before);
});

it('usage tells who read what', async () => {
  const { code, stdout } = await run('usage', '--since', '1h');
  expect(code).toBe(0);
  expect(stdout).toMatch(/gold\.communities +│ anna\.analyst +│ +│ +│ +1 │ +0 │ +\d+ │ name 1/);
  const own = JSON.parse((await run('usage', '--as', 'analyst', '--json')).stdout) as object;
  expect(own).toMatchObject({ scope: 'own', usage: [{ dataset: 'gold.communities', queries: 1 }] });
});

it('replay says what other policies would have decided, and exits by it', async () => {
  const drafts = join(here.folder, 'drafts');
  mkdirSync(drafts);
  writeFileSync(
    join(drafts, 'p.yml'),
    'policies:\n  - id: closed\n    on: { id: gold.communities }\n    deny: everyone\n',
  );
  const closed = await run('audit', 'replay', '--since', '1h', '--policies', 'drafts', '--json');
  expect(closed.code).toBe(0);
  const report = JSON.parse(closed.stdout) as { queries: { newly_denied: number; undecided: number } };
  expect(report.queries.newly_denied + report.queries.undecided).toBe(1);
  expect(await run('audit', 'replay', '--against', 'applied', '--policies', 'drafts')).toMatchObject({
    code: 64,
  });
});
