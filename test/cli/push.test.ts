/** `sluice push`: all of a state or none of it, here or to a running gate. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, example, type Ran, type Served, serveIn, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });
const write = (name: string, text: string): void => writeFileSync(join(here.folder, name), text);

beforeAll(async () => {
  here = await example();
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

const COUNTS = '21 datasets, 160 columns, 20 policies\n';

describe('into the state beside sluice.yml', () => {
  it('--dry-run applies nothing', async () => {
    const dry = await run('push', '--dry-run');
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(/^✓ would apply [0-9a-f]{12}: /);
    expect(dry.stdout).toContain(COUNTS);
    expect((await run('query', 'SELECT 1')).stderr).toMatch(/^snapshot_missing: /);
  });

  it('applies, and the second time finds nothing to change', async () => {
    expect((await run('push')).stdout).toMatch(/^✓ applied [0-9a-f]{12}: /);
    expect((await run('push')).stdout).toMatch(/^✓ unchanged [0-9a-f]{12}: /);
    expect((await run('push', '--dry-run')).stdout).toMatch(/^✓ would change nothing, still [0-9a-f]{12}: /);
  });

  it('--json reports to programs', async () => {
    const { code, stdout } = await run('push', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      changed: false,
      datasets: 21,
      columns: 160,
      policies: 20,
      warnings: [],
    });
  });

  it('warns of what is legal and odd', async () => {
    write('odd.yml', 'policies: [{ id: odd, on: { tag: nowhere }, deny: everyone }]');
    const ran = await run('push', '--policies', 'odd.yml', '--dry-run');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('1 policy\n');
    expect(ran.stderr).toMatch(/ {2}warning: odd\.yml:1: .*nowhere/);
  });

  it.each([
    ['a cut manifest', ['--manifest', 'bad.json'], '{"metadata": {', /^manifest_invalid: .*cut off/],
    ['a manifest that is none', ['--manifest', 'bad.json'], '{"a": 1}', /^manifest_invalid: /],
    [
      'a manifest that is not there',
      ['--manifest', 'none.json'],
      '',
      /^manifest_invalid: .*none\.json cannot be read/,
    ],
    ['a cut catalog', ['--catalog', 'bad.json'], '{"nodes": {"a": ', /^catalog_invalid: /],
    ['policies that are not there', ['--policies', 'none'], '', /^policy_invalid: There is no .*none/],
  ])('refuses %s', async (_name, args, text, told) => {
    write('bad.json', text);
    const ran = await run('push', ...args);
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(told) });
  });

  it('names every mistake of the policies with file and line, and keeps the last good state', async () => {
    write(
      'bad.yml',
      'policies:\n  - id: one\n    onn: { tag: pii }\n    deny: everyone\n  - id: two\n    on: { tag: pii }\n    mask: { with: hsh }\n',
    );
    const ran = await run('push', '--policies', 'bad.yml');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^policy_invalid: /);
    expect(ran.stderr).toMatch(/ {2}- bad\.yml:3: .*`on`/);
    expect(ran.stderr).toMatch(/ {2}- bad\.yml:7: .*hash/);
    expect((await run('push')).stdout).toContain('unchanged');
    const asJson = await run('push', '--policies', 'bad.yml', '--json');
    expect(asJson.stdout).toBe('');
    expect(JSON.parse(asJson.stderr)).toMatchObject({ code: 'policy_invalid', details: expect.any(Array) });
  });

  it('refuses a persona without a server to show it to', async () => {
    const ran = await run('push', '--as', 'pipeline');
    expect(ran).toMatchObject({ code: 64, stderr: expect.stringContaining('--server') });
  });

  it('leaves a trace of each push in the audit, refused ones too', async () => {
    const { stdout } = await run('audit', 'tail', '--json', '-n', '50');
    const pushes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; decision: string; error_code?: string })
      .filter(({ event }) => event === 'push');
    expect(pushes.some(({ decision }) => decision === 'allow')).toBe(true);
    expect(pushes.some(({ error_code }) => error_code === 'policy_invalid')).toBe(true);
  });
});

describe('to a running gate', () => {
  let served: Served;
  const push = (...args: readonly string[]) => run('push', '--server', served.address, ...args);
  beforeAll(async () => {
    served = await serveIn(here.folder);
  });
  afterAll(async () => {
    served.process.kill('SIGTERM');
    await served.ended;
  });

  it('a publisher pushes, and the next answer of the gate knows', async () => {
    const closed = readFileSync(join(here.folder, 'policies/access.yml'), 'utf8').replace(
      'id: privileged-tables',
      'id: closed\n    on: { namespace: gold }\n    deny: { group: marketing }\n  - id: privileged-tables',
    );
    const asked = ['query', 'SELECT count(*) AS n FROM gold.members', '--as', 'intern', '--format', 'csv'];
    expect(await run(...asked)).toMatchObject({ code: 0 });
    write('policies/access.yml', closed);
    expect((await push('--as', 'pipeline', '--dry-run')).stdout).toContain('would apply');
    expect(await run(...asked)).toMatchObject({ code: 0 });
    expect((await push('--as', 'pipeline')).stdout).toMatch(/^✓ applied .* 21 policies$/m);
    expect(await run(...asked)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^access_denied: /) });
  });

  it('a push into the state reaches the gate as well', async () => {
    expect((await run('push', '--policies', 'odd.yml')).stdout).toMatch(/^✓ applied .* 1 policy$/m);
    const ran = await run(
      'query',
      'SELECT count(*) AS n FROM gold.members',
      '--as',
      'intern',
      '--format',
      'csv',
    );
    expect(ran.stdout).toBe('n\r\n300\r\n');
  });

  it.each([
    ['someone who is no publisher', ['--as', 'analyst'], /^access_denied: Only publishers/],
    ['nobody', [], /^(access_denied|token_missing): /],
    ['a bad token', ['--token', 'a.b.c'], /^token_malformed: /],
  ])('refuses %s', async (_name, args, told) => {
    expect(await push(...args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(told) });
  });

  it('says when nothing answers', async () => {
    const ran = await run('push', '--server', 'http://127.0.0.1:9', '--as', 'pipeline');
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^gate_unreachable: .*127\.0\.0\.1:9/),
    });
  });
});
