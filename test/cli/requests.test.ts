/** `sluice requests` and `sluice grants`: asking and deciding on the command line, without a running gate. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeProject } from '../e2e/project.ts';
import { sluice } from './run.ts';

let folder: string;
const run = (...args: readonly string[]) => sluice(args, { cwd: folder });

beforeAll(async () => {
  folder = await writeProject({
    sql: [
      'CREATE SCHEMA vault',
      'CREATE TABLE vault.payouts (id integer)',
      'INSERT INTO vault.payouts VALUES (7)',
    ],
    tables: [{ schema: 'vault', name: 'payouts', columns: ['id integer'] }],
    restricted: ['vault'],
    policies: `
  - id: known
    on: { namespace: vault }
    discover: { group: readers }
  - id: keepers
    on: { namespace: vault }
    allow: { group: keepers }
    approve: { group: officers }
`,
  });
  const personas = join(folder, 'personas.yml');
  writeFileSync(
    personas,
    `${readFileSync(personas, 'utf8')}  officer: { sub: olga.officer, groups: [officers] }\n`,
  );
  expect(await run('push')).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('from a denied query to a grant and back', () => {
  let request: string;

  it('a denial says how to ask', async () => {
    const denied = await run('query', 'SELECT * FROM vault.payouts', '--as', 'reader');
    expect(denied).toMatchObject({ code: 1, stdout: '' });
    expect(denied.stderr).toContain('sluice requests ask dataset vault.payouts');
  });

  it('asking waits for somebody else', async () => {
    const asked = await run(
      'requests',
      'ask',
      'dataset',
      'vault.payouts',
      '--reason',
      'r',
      '--duration',
      '1h',
      '--as',
      'reader',
    );
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    request = /^(ar_[0-9a-f]+) {2}open/.exec(asked.stdout)?.[1] ?? '';
    expect(request).not.toBe('');
    expect((await run('requests', 'list', '--to-decide', '--as', 'officer')).stdout).toContain(request);
    const own = await run('requests', 'approve', request, '--as', 'reader');
    expect(own).toMatchObject({ code: 1 });
    expect(own.stderr).toContain('not_an_approver');
  });

  it('opens when it is approved, and closes when it is revoked', async () => {
    const approved = await run(
      'requests',
      'approve',
      request,
      '--duration',
      '30m',
      '--as',
      'officer',
      '--json',
    );
    expect(JSON.parse(approved.stdout)).toMatchObject({ id: request, state: 'approved' });
    const shown = await run('requests', 'show', request, '--as', 'officer');
    expect(shown.stdout.match(/by olga\.officer/g)).toHaveLength(1);
    expect(
      (await run('query', 'SELECT * FROM vault.payouts', '--as', 'reader', '--format', 'csv')).stdout,
    ).toMatch(/^id\r?\n7/);
    const listed = await run('grants', 'list', '--as', 'reader', '--json');
    const [grant] = (
      JSON.parse(listed.stdout) as { grants: { id: string; until: string; created_at: string }[] }
    ).grants;
    expect(Date.parse(grant!.until) - Date.parse(grant!.created_at)).toBe(1_800_000);
    expect((await run('grants', 'revoke', grant!.id, '--as', 'reader')).stdout).toBe(
      `${grant!.id} is revoked\n`,
    );
  });

  it('denying says why', async () => {
    const asked = await run(
      ...[
        'requests',
        'ask',
        'dataset',
        'vault.payouts',
        '--reason',
        'r',
        '--duration',
        '1h',
        '--as',
        'other',
      ],
    );
    const id = /^(ar_[0-9a-f]+)/.exec(asked.stdout)?.[1] ?? '';
    const denied = await run('requests', 'deny', id, '--comment', 'not yet', '--as', 'officer');
    expect(denied.stdout).toMatch(/denied {4}by olga\.officer, .*: not yet/);
  });
});
