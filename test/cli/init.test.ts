/** `sluice init` beside a dbt project: what it writes is pushed and served as it stands. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { copyExample } from '../e2e/gate.ts';
import { freePort, type Ran, serveIn, sluice } from './run.ts';

/** A dbt project and nothing of Sluice. */
let project: string;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: project });
const OURS = new Set(['sluice.yml', 'personas.yml', 'policies', 'tests', '.sluice']);

beforeAll(async () => {
  const copy = await copyExample();
  project = mkdtempSync(join(tmpdir(), 'sluice-init-'));
  cpSync(copy, project, { recursive: true, filter: (path) => path === copy || !OURS.has(basename(path)) });
  rmSync(copy, { recursive: true });
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

it('writes a configuration, a policy, personas and a test', async () => {
  const { code, stdout } = await run('init');
  expect(code).toBe(0);
  for (const name of ['sluice.yml', 'policies/personal-data.yml', 'personas.yml', 'tests/access.yml']) {
    expect(stdout).toContain(`wrote ${name}\n`);
    expect(existsSync(join(project, name))).toBe(true);
  }
  expect(stdout).toContain('  sluice push\n  sluice serve\n');
  expect(stdout).not.toContain('dbt build');
  expect(readFileSync(join(project, 'sluice.yml'), 'utf8')).toContain(
    'database: "data/energy_community.duckdb"',
  );
});

it('what it wrote is pushed, tested and served', async () => {
  expect(await run('push')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^✓ applied .*: 13 datasets, \d+ columns, 1 policy\n {2}datasets \+13, /),
  });
  expect(await run('test')).toMatchObject({ code: 0 });
  const file = join(project, 'sluice.yml');
  const ports = `doors: { http: { port: ${await freePort()} } }\n`;
  const yaml = readFileSync(file, 'utf8').replace(
    'personas.yml }',
    `personas.yml, port: ${await freePort()} }`,
  );
  writeFileSync(file, `${yaml}${ports}`);
  const served = await serveIn(project);
  const query = ['query', 'SELECT name FROM gold.members ORDER BY member_id LIMIT 1', '--format', 'csv'];
  expect((await run(...query, '--as', 'officer')).stdout).toBe("name\r\nCarla O'Watt\r\n");
  expect((await run(...query, '--as', 'analyst')).stdout).toMatch(/^name\r\n[0-9a-f]{64}\r\n$/);
  expect((await run(...query)).stderr).toMatch(/^dataset_not_found: /);
  served.process.kill('SIGTERM');
  expect(await served.ended).toBe(0);
});

it('overwrites nothing unless it is told to', async () => {
  const file = join(project, 'personas.yml');
  writeFileSync(file, 'personas: {}\n');
  const ran = await run('init');
  expect(ran).toMatchObject({ code: 64, stdout: '' });
  expect(ran.stderr).toContain('  - personas.yml\n');
  expect(readFileSync(file, 'utf8')).toBe('personas: {}\n');
  expect(await run('init', '--force')).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8')).toContain('analyst');
});

it('takes a folder, and looks at what the project has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-init-'));
  mkdirSync(join(folder, 'models'));
  writeFileSync(join(folder, 'dbt_project.yml'), 'name: shop\n');
  const ran = await sluice(['init', folder]);
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('dbt build && dbt docs generate') });
  const yaml = readFileSync(join(folder, 'sluice.yml'), 'utf8');
  expect(yaml).toContain('database: "shop.duckdb"');
  expect(yaml).toContain('- match: { resource_type: model }\n');
  rmSync(folder, { recursive: true });
});

it('refuses a folder that holds no dbt project', async () => {
  const ran = await sluice(['init'], { cwd: import.meta.dirname });
  expect(ran).toMatchObject({ code: 64, stderr: expect.stringContaining('dbt_project.yml') });
});

it('takes PostgreSQL from the profile, with a role of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-init-'));
  writeFileSync(join(folder, 'dbt_project.yml'), 'name: shop\nprofile: shop\n');
  writeFileSync(
    join(folder, 'profiles.yml'),
    `shop:
  target: prod
  outputs:
    prod: { type: postgres, host: db.example.com, port: 5433, dbname: warehouse, user: dbt, password: "{{ env_var('DBT_PASSWORD') }}", schema: gold }
`,
  );
  expect(await sluice(['init'], { cwd: folder })).toMatchObject({ code: 0 });
  const yaml = readFileSync(join(folder, 'sluice.yml'), 'utf8');
  expect(yaml).toContain(
    '    kind: postgres\n    host: "db.example.com"\n    port: 5433\n    database: "warehouse"\n',
  );
  expect(yaml).toMatch(/^ {4}user: sluice\n {4}password: \$\{SLUICE_POSTGRES_PASSWORD\}$/m);
  expect(yaml).not.toContain('DBT_PASSWORD');
  const file = join(folder, 'sluice.yml');
  const { engines } = loadConfig(file, { SLUICE_POSTGRES_PASSWORD: 'secret' });
  expect(engines.warehouse).toMatchObject({ kind: 'postgres', database: 'warehouse', user: 'sluice' });
  rmSync(folder, { recursive: true });
});

it('takes PostgreSQL from what dbt built last where no profile lies beside the project', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-init-'));
  writeFileSync(join(folder, 'dbt_project.yml'), 'name: shop\n');
  mkdirSync(join(folder, 'target'));
  writeFileSync(join(folder, 'target/manifest.json'), '{"metadata": {"adapter_type": "postgres"}}');
  expect(await sluice(['init'], { cwd: folder })).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder, 'sluice.yml'), 'utf8')).toContain(
    '    kind: postgres\n    host: "localhost"\n    port: 5432\n    database: "shop"\n',
  );
  rmSync(folder, { recursive: true });
});
