/** `sluice doctor`: on the example's warehouse, on a server, and where something is wrong. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingServer, startServer } from '../engines/postgres/server.ts';
import { type Example, example, type Ran, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });

beforeAll(async () => {
  here = await example();
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

interface Report {
  readonly ok: boolean;
  readonly problems: number;
  readonly engines: readonly {
    readonly engine: string;
    readonly kind: string;
    readonly findings: readonly { readonly level: string; readonly check: string }[];
  }[];
}

it('is content with the example', async () => {
  const { code, stdout, stderr } = await run('doctor');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^warehouse \(duckdb\)\n {2}✓ .*\.duckdb is there/);
  expect(stdout).toMatch(/\n0 problems, 0 warnings\n$/);
});

it('ends with 2 where the data is missing', async () => {
  const file = join(here.folder, 'sluice.yml');
  const yaml = readFileSync(file, 'utf8');
  writeFileSync(file, yaml.replace(/database: .*\.duckdb/, 'database: data/gone.duckdb'));
  try {
    const { code, stdout } = await run('doctor', '--json');
    expect(code).toBe(2);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ ok: false, problems: 1 });
    expect(report.engines[0]?.findings[0]).toMatchObject({ level: 'problem', check: 'database' });
  } finally {
    writeFileSync(file, yaml);
  }
});

describe.skipIf(missingServer !== null)('on a server', () => {
  it('compares with what was pushed, and never shows the password', async () => {
    const server = await startServer();
    try {
      const file = join(here.folder, 'sluice.yml');
      const yaml = readFileSync(file, 'utf8');
      expect((await run('push')).code).toBe(0);
      writeFileSync(
        file,
        yaml.replace(
          /engines:\n {2}warehouse:\n(?: {4}.*\n)+/,
          `engines:\n  warehouse:\n    kind: postgres\n    url: ${server.url}\n`,
        ),
      );
      const { code, stdout } = await run('doctor', '--json');
      expect(code).toBe(2);
      expect(stdout).not.toContain(':test@');
      const report = JSON.parse(stdout) as Report;
      const found = report.engines[0]?.findings.map(({ level, check }) => `${level} ${check}`);
      expect(report.engines[0]).toMatchObject({ engine: 'warehouse', kind: 'postgres' });
      expect(found).toEqual(expect.arrayContaining(['problem role_superuser', 'problem published']));
      writeFileSync(file, yaml);
    } finally {
      await server.close();
    }
  });
});
