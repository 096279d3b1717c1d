/** `sluice tag`, `history`, `rollback`, `export`, `import`, and a push from catalogue files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, example, type Ran, type Served, serveIn, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });
const write = (name: string, text: string): void => writeFileSync(join(here.folder, name), text);
const read = (name: string): string => readFileSync(join(here.folder, name), 'utf8');

beforeAll(async () => {
  here = await example();
  expect((await run('push')).code).toBe(0);
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

interface State {
  readonly etag: string;
  readonly action: string;
  readonly created_by: string;
}

async function history(): Promise<readonly State[]> {
  return JSON.parse((await run('history', '--json')).stdout) as State[];
}

const masked = async (): Promise<boolean> => {
  const { stdout } = await run('explain', 'gold.members.region', '--as', 'analyst', '--json');
  return (JSON.parse(stdout) as { columns: { masked: boolean }[] }).columns[0]?.masked === true;
};

describe('tag', () => {
  it('applies, masks, and is rolled back to what was', async () => {
    write('tags.csv', 'dataset,column,tag\ngold.members,region,pii\n');
    expect((await run('tag', 'tags.csv', '--source', 'sheet')).stdout).toContain('✓ applied');
    expect(await masked()).toBe(true);
    const [latest, before] = await history();
    const names = (await run('history', '--names', '-n', '1')).stdout;
    expect(names).toContain('  tag +gold.members.region pii\n');
    expect(latest).toMatchObject({ action: 'patch_tags', created_by: expect.stringMatching(/^operator:/) });
    const back = await run('rollback', String(before?.etag.slice(0, 10)));
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect(back.stdout).toContain('  tag -gold.members.region pii\n');
    expect((await run('history')).stdout).toMatch(/rollback .*\n.*patch_tags .*\n.*push /);
  });

  it('refuses a name that is not there, and a call that does not say whose tags they are', async () => {
    write('wrong.csv', 'dataset,tag\ngold.membrs,pii\n');
    const ran = await run('tag', 'wrong.csv', '--source', 'sheet');
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^tags_invalid: changes\[0\].*gold\.members/),
    });
    expect(await run('tag', 'tags.csv')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('--source'),
    });
  });

  it('rollback refuses what is not kept', async () => {
    const ran = await run('rollback', '0123456789ab');
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/^state_unknown: /) });
  });
});

describe('export', () => {
  it('writes what a push takes back unchanged', async () => {
    const ran = await run('export', '--out', 'state');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('sluice push --catalogue state');
    expect((await run('push', '--catalogue', 'state')).stdout).toMatch(/^✓ unchanged /);
  });

  it('an edit in it is what changes', async () => {
    const text = read('state/datasets/gold.yml');
    expect(text).toContain('tags: [ pii.phone ]');
    write('state/datasets/gold.yml', text.replace('tags: [ pii.phone ]', 'tags: [ pii.phone, reviewed ]'));
    expect((await run('push', '--catalogue', 'state', '--dry-run')).stdout).toMatch(/\n {2}tags \+1\n$/);
  });

  it('replaces an earlier export only when told to, and nothing else ever', async () => {
    expect(await run('export', '--out', 'state')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('not empty'),
    });
    write('state/datasets/gone.yml', 'namespace: gone\ndatasets: [{ name: x }]\n');
    expect((await run('export', '--out', 'state', '--force')).code).toBe(0);
    expect(existsSync(join(here.folder, 'state/datasets/gone.yml'))).toBe(false);
    expect((await run('push', '--catalogue', 'state')).stdout).toMatch(/^✓ unchanged /);
    expect(await run('export', '--out', 'models', '--force')).toMatchObject({ code: 64 });
    expect(readdirSync(join(here.folder, 'models')).length).toBeGreaterThan(0);
  });

  it('an earlier state too, with the tags of other tools beside it', async () => {
    await run('tag', 'tags.csv', '--source', 'sheet');
    const [latest] = await history();
    await run('rollback', String((await history()).at(-1)?.etag));
    expect((await run('export', '--out', 'earlier', '--state', String(latest?.etag))).code).toBe(0);
    expect(read('earlier/tags/sheet.yml')).toContain('region');
    expect((await run('tag', 'earlier/tags/sheet.yml')).stdout).toContain('1 tag added');
    await run('rollback', String((await history()).at(-1)?.etag));
  });
});

describe('a team without dbt', () => {
  it('keeps its catalogue as YAML in the configuration', async () => {
    mkdirSync(join(here.folder, 'catalogue'));
    write(
      'catalogue/gold.yml',
      `namespace: gold
access_level: internal
datasets:
  - name: members
    relation: main_marts.members
    columns: [{ name: member_id }, { name: region, tags: [pii] }]
`,
    );
    const yaml = read('sluice.yml');
    write(
      'sluice.yml',
      yaml.replace('metadata:\n', 'metadata:\n  catalogue: catalogue\n').replace(/search_path.*/, ''),
    );
    write('open.yml', 'policies: [{ id: mask, on: { column_tag: pii }, mask: { with: hash } }]\n');
    const ran = await run('push', '--policies', 'open.yml');
    expect(ran.stdout, ran.stderr).toMatch(/^✓ applied .* 1 dataset, /);
    const query = await run(
      'query',
      'SELECT member_id, region FROM gold.members LIMIT 1',
      '--as',
      'analyst',
      '--format',
      'csv',
    );
    expect(query.stdout, query.stderr).toMatch(/^member_id,region\r?\nM\d+,[0-9a-f]{64}/);
    expect((await run('push', '--catalogue', 'nowhere')).stderr).toMatch(
      /^catalogue_invalid: There is no folder/,
    );
    write('sluice.yml', yaml);
    await run('push');
  });
});

describe('import', () => {
  const theirs = `name: Mask e-mails
type: data
actions:
  - rules:
      - type: Masking
        exceptions: { groups: [officers] }
        config:
          fields: [{ type: columnTags, columnTag: pii.email }]
          maskingConfig: { type: Hash }
circumstances: [{ type: columnTags, columnTag: pii.email }]
`;

  it('writes a policy file that a push takes, and does not replace it unasked', async () => {
    mkdirSync(join(here.folder, 'theirs'));
    write('theirs/mask.yaml', theirs);
    const ran = await run('import', 'theirs', '--out', 'ours/');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toBe(
      'Mask e-mails\n  ✓ carried: hash on {"column_tag":"pii.email"}\n\n1 policy in ours/imported.yml\n',
    );
    expect((await run('push', '--policies', 'ours', '--dry-run')).stdout).toContain('1 policy\n');
    expect(await run('import', 'theirs', '--out', 'ours/')).toMatchObject({ code: 64 });
    expect((await run('import', 'theirs', '--out', 'ours/', '--force')).code).toBe(0);
  });

  it('says with exit code 2 that something that restricted is lost', async () => {
    write(
      'lost.yml',
      'name: Private\ntype: data\nactions: [{ rules: [{ type: Differential Privacy, config: {} }] }]\n',
    );
    const ran = await run('import', 'lost.yml', '--out', 'lost-ours.yml', '--json');
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.stdout)).toMatchObject({ policies: 0, lost: true, report: [{ outcome: 'lost' }] });
    expect(read('lost-ours.yml')).toContain('# Private');
  });
});

describe('at a running gate', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveIn(here.folder);
  });
  afterAll(async () => {
    served.process.kill('SIGTERM');
    await served.ended;
  });
  const there = (...args: readonly string[]) => run(...args, '--server', served.address, '--as', 'pipeline');

  it('tags, history, rollback and export are the same', async () => {
    write('tags.csv', 'dataset,column,tag\ngold.members,region,pii\n');
    expect((await there('tag', 'tags.csv', '--source', 'sheet')).stdout).toContain('1 tag added');
    const states = JSON.parse((await there('history', '--json')).stdout) as State[];
    expect(states[0]).toMatchObject({ action: 'patch_tags', created_by: 'svc-ci' });
    expect((await there('export', '--out', 'remote')).code).toBe(0);
    expect((await there('push', '--catalogue', 'remote')).stdout).toMatch(/^✓ unchanged /);
    expect((await there('rollback', String(states[1]?.etag))).stdout).toContain('✓ applied');
  });

  it('is only for publishers, and a caller needs a gate', async () => {
    const ran = await run(
      'tag',
      'tags.csv',
      '--source',
      'sheet',
      '--server',
      served.address,
      '--as',
      'analyst',
    );
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/^access_denied: /) });
    expect(await run('history', '--as', 'pipeline')).toMatchObject({ code: 64, stdout: '' });
  });
});
