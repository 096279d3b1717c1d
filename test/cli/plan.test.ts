/** `sluice plan` and `sluice simulate` as processes: what they print, and how they exit. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanReport } from '../../src/plan/report.ts';
import type { Simulation } from '../../src/simulate.ts';
import { type Example, example, type Ran, serveIn, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });

beforeAll(async () => {
  here = await example();
  await run('push');
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

const MASKS = 'policies/personal-data.yml';
const edited = (edit: (text: string) => string): void => {
  const file = join(here.folder, MASKS);
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
};

describe('plan', () => {
  it('exits 0 where nothing would change', async () => {
    expect(await run('plan')).toEqual({ code: 0, stdout: 'The push would change nothing.\n', stderr: '' });
  });

  it('exits 2 for a change that unmasks pii.email for one group, and names group, columns and datasets', async () => {
    edited((text) =>
      text.replace(
        '- { group: data-governance-officers }',
        '- { group: [data-governance-officers, marketing] }',
      ),
    );
    const text = await run('plan');
    expect(text.code).toBe(2);
    expect(text.stdout).toContain('GAIN of tagged columns: group marketing (persona intern)');
    expect(text.stdout).toMatch(
      /gold\.members, silver\.members_snapshot\n.*email \[pii\.email\]: unmasked, hash → raw \(mask-customer-pii\)/,
    );
    expect(text.stdout).toContain('policy mask-customer-pii (mask)   policies/personal-data.yml:4');

    const json = await run('plan', '--json');
    expect(json.code).toBe(2);
    const report = JSON.parse(json.stdout) as PlanReport;
    expect(report).toMatchObject({ format: 1, verdict: 'gain' });

    const markdown = await run('plan', '--format', 'markdown');
    expect(markdown.code).toBe(2);
    expect(markdown.stdout).toMatch(/^<!-- sluice plan -->\n### Sluice plan: someone would gain/);

    expect((await run('plan', '--fail-on', 'none')).code).toBe(0);
  });

  it('changed nothing meanwhile', async () => {
    expect(
      (await run('query', 'SELECT email FROM gold.members LIMIT 1', '--as', 'intern', '--format', 'json'))
        .stdout,
    ).toContain('"masked":true');
  });

  it('exits 1 where the files cannot be pushed', async () => {
    expect(await run('plan', '--manifest', 'none.json')).toMatchObject({ code: 1, stdout: '' });
  });

  it('exits 64 for a caller without a gate', async () => {
    expect((await run('plan', '--as', 'pipeline')).code).toBe(64);
  });

  it('asks a running gate', async () => {
    const served = await serveIn(here.folder);
    try {
      const ran = await run('plan', '--server', served.address, '--as', 'pipeline', '--days', '7');
      expect(ran.stderr).toBe('');
      expect(ran.code).toBe(2);
      expect(ran.stdout).toContain('group marketing (persona intern)');
      const refused = await run('plan', '--server', served.address, '--as', 'analyst');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/^access_denied: /);
    } finally {
      served.process.kill('SIGTERM');
      await served.ended;
    }
  });
});

it('takes catalogue files or artifacts, never silently one of both', async () => {
  const { code, stderr } = await run('plan', '--catalogue', 'x', '--manifest', 'y');
  expect(code).toBe(64);
  expect(stderr).toBe('usage: --catalogue and --manifest exclude each other.\n');
});

describe('simulate', () => {
  it('prints the matrix', async () => {
    const { code, stdout } = await run(
      'simulate',
      '--dataset',
      'gold.members',
      '--as',
      'intern',
      '--as',
      'external',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ dataset +│ intern +│ external/);
    expect(stdout).toMatch(
      /gold\.members │ yes, name hash, email hash, .*hidden.*filtered +│ no: requirement_not_met/,
    );
  });

  it('prints what the files would give', async () => {
    const { stdout } = await run(
      'simulate',
      '--files',
      '--dataset',
      'gold.members',
      '--as',
      'intern',
      '--json',
    );
    const { cells } = JSON.parse(stdout) as { cells: readonly { masked: object }[] };
    expect(cells[0]?.masked).not.toHaveProperty('email');
  });

  it('takes an identity in YAML, and prints CSV', async () => {
    const who = '{ groups: [employees, data-governance-officers] }';
    const { stdout } = await run('simulate', '--as', who, '--dataset', 'gold.tariffs*', '--format', 'csv');
    expect(stdout.split('\r\n')).toEqual([
      'identity,dataset,allow,reason,masked,hidden,filters,limits',
      `"${who}",gold.tariffs,true,allowed,,,,`,
      `"${who}",gold.tariffs.v1,true,allowed,,,,`,
      '',
    ]);
  });

  it('tells what both may see where somebody acts for another', async () => {
    const seen = async (...who: readonly string[]) => {
      const { stdout } = await run('simulate', '--dataset', 'gold.members', '--json', ...who);
      const { cells, identities } = JSON.parse(stdout) as Simulation;
      return { cell: cells[0], identities };
    };
    const alone = await seen('--as', 'officer');
    expect(alone.cell?.masked).not.toHaveProperty('email');
    const acted = await seen('--as', 'officer', '--actor', 'agent');
    expect(acted.cell?.masked).toMatchObject({ email: 'hash' });
    expect(acted.identities).toMatchObject([
      { sub: 'olga.officer', actor: { sub: 'svc-assistant', kind: 'service' } },
    ]);
    // Everyone there is, but for whom nobody can act.
    const all = await seen('--actor', '{ groups: [employees], kind: user }');
    const names = all.identities.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['analyst', 'member']));
    expect(names).not.toContain('external');
  });

  it.each([
    [['--as', 'external', '--actor', 'agent'], 'anonymous', 1],
    [['--as', 'officer', '--actor', 'external'], 'anonymous', 64],
    [['--as', 'officer', '--actor', '{ kind: anonymous }'], 'kind', 64],
    [['--as', '{ kind: anonymous, actor: { sub: a } }'], 'anonymous', 64],
    [['--as', 'officer', '--actor', '{ actor: { sub: a } }'], 'actor', 64],
  ] as const)('refuses %j', async (who, word, wanted) => {
    const { code, stderr } = await run('simulate', ...who);
    expect(stderr).toContain(word);
    expect(code).toBe(wanted);
  });

  it('prints every column with --columns', async () => {
    const { stdout } = await run(
      'simulate',
      '--columns',
      '--dataset',
      'gold.members',
      '--as',
      'analyst',
      '--format',
      'markdown',
    );
    expect(stdout).toContain('| `  email` | `hash` |');
    expect(stdout).toContain('| `  member_id` | `raw` |');
  });
});
