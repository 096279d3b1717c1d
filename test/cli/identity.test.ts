/** `sluice identity`: on the state beside sluice.yml, which a running gate knows with its next request, and on a gate elsewhere. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, example, type Ran, type Served, serveIn, sluice } from './run.ts';

let here: Example;
let served: Served;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });

beforeAll(async () => {
  here = await example();
  expect((await run('push')).code).toBe(0);
  served = await serveIn(here.folder);
});
afterAll(async () => {
  served.process.kill('SIGTERM');
  await served.ended;
  rmSync(here.folder, { recursive: true, force: true });
});

const tokenOf = async (...args: readonly string[]): Promise<string> =>
  (await run('token', ...args)).stdout.trim();

async function status(token: string): Promise<number> {
  const answer = await fetch(new URL('/v1/me', served.address), {
    headers: { authorization: `Bearer ${token}` },
  });
  await answer.arrayBuffer();
  return answer.status;
}

it('refuses a subject on the gate that runs, says who is refused, and lets in again', async () => {
  const token = await tokenOf('--as', 'intern');
  expect(await status(token)).toBe(200);
  const denied = await run('identity', 'deny', 'ivan.intern', '--reason', 'left', '--json');
  expect(denied).toMatchObject({ code: 0, stderr: '' });
  const { id } = JSON.parse(denied.stdout) as { id: string };
  expect(await status(token)).toBe(403);
  const listed = await run('identity', 'denied');
  expect(listed.stdout).toMatch(/ivan\.intern of http.*for good.*left.*operator:/s);
  const again = await run('identity', 'deny', 'ivan.intern', '--reason', 'once more', '--json');
  const other = (JSON.parse(again.stdout) as { id: string }).id;
  expect((await run('identity', 'allow', other)).stdout).toContain(`is still refused by ${id}`);
  expect(await status(token)).toBe(403);
  expect((await run('identity', 'allow', id)).stdout).toContain('no longer refused');
  expect(await status(token)).toBe(200);
  expect(await run('identity', 'denied')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'Nobody is refused.\n',
  });
  expect(await run('identity', 'allow', id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not_found'),
  });
});

it('does the same on a gate elsewhere, for stewards', async () => {
  const there = ['--server', served.address];
  const args = ['identity', 'deny', 'some-jti', '--token-id', '--reason', 'leaked', ...there];
  expect(await run(...args, '--as', 'intern')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('access_denied'),
  });
  expect(await run(...args, '--as', 'officer', '--until', '2999-01-01T00:00:00Z')).toMatchObject({ code: 0 });
  const all = await run('identity', 'denied', ...there, '--as', 'officer', '--json');
  expect(JSON.parse(all.stdout)).toMatchObject([{ token_id: 'some-jti', created_by: 'olga.officer' }]);
});

it('shows the identity that a token gives, and who acts for it', async () => {
  const { stdout } = await run(
    'identity',
    'show',
    '--token',
    await tokenOf('--as', 'officer', '--actor', 'agent'),
  );
  expect(stdout).toMatch(/^user olga\.officer of http/);
  expect(stdout).toMatch(/groups from groups\n[\s\S]*acted for by\nservice svc-assistant of http/);
});

describe('what makes no sense is a wrong call:', () => {
  it.each([
    ['no reason', ['deny', 'x']],
    [
      'an issuer of a token',
      ['deny', 'x', '--token-id', '--issuer', 'https://a.example.com', '--reason', 'r'],
    ],
    ['a persona without a gate', ['denied', '--as', 'officer']],
    ['a moment that is none', ['deny', 'x', '--reason', 'r', '--until', 'tomorrow']],
  ])('%s', async (_name, args) => {
    expect((await run('identity', ...args)).code).toBe(64);
  });
});

it('the gate reads `identity:` again when it is told to, and stays open', async () => {
  const file = join(here.folder, 'sluice.yml');
  const yaml = readFileSync(file, 'utf8');
  const officer = await tokenOf('--as', 'officer');
  const policies = async (): Promise<number> => {
    const answer = await fetch(new URL('/v1/policies', served.address), {
      headers: { authorization: `Bearer ${officer}` },
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  expect(await policies()).toBe(200);
  writeFileSync(file, yaml.replace('steward: { role: steward }', 'steward: { role: other }'));
  served.process.kill('SIGHUP');
  await expect.poll(policies, { timeout: 30_000, interval: 100 }).toBe(403);
  writeFileSync(file, yaml);
  served.process.kill('SIGHUP');
  await expect.poll(policies, { timeout: 30_000, interval: 100 }).toBe(200);
  expect(served.process.exitCode).toBeNull();
});
