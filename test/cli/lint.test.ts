/** `sluice lint`: every format, from files and from the applied state; and whatever it reads, no value of the data comes out. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, example, type Ran, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(['lint', ...args], { cwd: here.folder });
const at = (name: string): string => join(here.folder, name);

beforeAll(async () => {
  here = await example();
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

interface Report {
  readonly findings: readonly {
    readonly rule: string;
    readonly level: string;
    readonly message: string;
    readonly dataset: string | null;
    readonly column: string | null;
    readonly file: string | null;
    readonly line: number | null;
  }[];
  readonly counts: { readonly error: number; readonly warning: number; readonly note: number };
  readonly coverage: { readonly score: number; readonly datasets: number };
  readonly notes: readonly string[];
}

const json = ({ stdout }: Ran): Report => JSON.parse(stdout) as Report;

describe('the files', () => {
  it('are told for people, and an unclassified column is no error', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      '! models/marts/core/_core.yml:55: gold.members.fax is in dbt and not in the warehouse [ghost-column]\n',
    );
    expect(stdout).toMatch(/\n gold +│ +12 │/);
    expect(stdout).toMatch(
      /\nCoverage \d+ of 100: 20 datasets, 153 columns\n0 errors, 11 warnings, \d+ notes\n$/,
    );
  });

  it('say the same without the engine, which they leave as it is', async () => {
    const [asked, offline] = [json(await run('--json')), json(await run('--json', '--offline'))];
    expect(offline).toEqual(asked);
    expect(existsSync(at('.sluice/state.db'))).toBe(false);
  });

  it('end with 2 from the level on that is asked for', async () => {
    const codes = await Promise.all(
      ['error', 'warning', 'never'].map(async (level) => (await run('--offline', '--fail-on', level)).code),
    );
    expect(codes).toEqual([0, 2, 0]);
  });

  it('are told with what an absent engine leaves open', async () => {
    const yaml = readFileSync(at('sluice.yml'), 'utf8');
    writeFileSync(at('gone.yml'), yaml.replace(/database: .*\.duckdb/, 'database: data/gone.duckdb'));
    const ran = await sluice(['-c', 'gone.yml', 'lint', '--json'], { cwd: here.folder });
    expect(ran.code).toBe(0);
    expect(json(ran).notes).toEqual([expect.stringMatching(/^The engine warehouse was not asked: /)]);
    expect(json(ran).coverage.datasets).toBe(20);
  });

  it.each([
    ['a policy that a push refuses', 'policy-invalid', 'policies: [{ id: a, on: everything }]'],
    [
      'a filter on a tag that a dataset lacks',
      'filter-on-missing-tag',
      `policies: [{ id: a, on: everything, rows: { where: "column('nowhere') = 1" } }]`,
    ],
  ])('with %s are told whole, and end with 2', async (_, rule, text) => {
    writeFileSync(at('bad.yml'), text);
    const ran = await run('--offline', '--json', '--policies', 'bad.yml');
    expect(ran.code).toBe(2);
    const { findings } = json(ran);
    expect(findings[0]).toMatchObject({ rule, level: 'error', file: 'bad.yml', line: 1 });
    expect(findings.some((one) => one.rule === 'ghost-column')).toBe(true);
  });

  it('that are no artifacts are a finding', async () => {
    writeFileSync(at('cut.json'), '{"metadata": {');
    const ran = await run('--json', '--manifest', 'cut.json');
    expect({ code: ran.code, rules: json(ran).findings.map(({ rule }) => rule) }).toEqual({
      code: 2,
      rules: ['artifact-invalid'],
    });
  });

  it('are told without what a baseline knows', async () => {
    await run('--offline', '--write-baseline', 'known.json');
    const ran = await run('--offline', '--baseline', 'known.json', '--json', '--fail-on', 'warning');
    expect({ code: ran.code, findings: json(ran).findings }).toEqual({ code: 0, findings: [] });
    writeFileSync(at('known.json'), '{}');
    expect((await run('--baseline', 'known.json')).code).toBe(64);
  });
});

describe('formats', () => {
  const require = createRequire(import.meta.url);
  // The schema is of draft 4, which an older Ajv knows: the one that comes with it.
  const beside = createRequire(require.resolve('@microsoft/jest-sarif/package.json'));
  interface Validator {
    addMetaSchema(schema: unknown): void;
    validate(schema: unknown, data: unknown): boolean;
    readonly errors: unknown;
  }

  it('sarif is that of its schema, with places and fingerprints', async () => {
    const { stdout } = await run('--offline', '--format', 'sarif');
    const log = JSON.parse(stdout) as {
      runs: [{ results: { ruleId: string; locations: [{ physicalLocation: unknown }] }[] }];
    };
    const Ajv = beside('ajv') as new (options: object) => Validator;
    const ajv = new Ajv({ schemaId: 'auto', validateSchema: false, logger: false });
    ajv.addMetaSchema(beside('ajv/lib/refs/json-schema-draft-04.json'));
    const valid = ajv.validate(require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), log);
    expect(ajv.errors).toBeNull();
    expect(valid).toBe(true);
    const { results } = log.runs[0];
    expect(results.find(({ ruleId }) => ruleId === 'ghost-column')?.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'models/marts/core/_core.yml', uriBaseId: '%SRCROOT%' },
      region: { startLine: 55 },
    });
    expect(results.length).toBeGreaterThan(80);
  });

  it('github gives annotations, and a message cannot begin another command', async () => {
    writeFileSync(at('odd.yml'), 'policies: [{ id: odd, on: { tag: "a%\\n::error::b" }, deny: everyone }]');
    const { stdout } = await run('--offline', '--format', 'github', '--policies', 'odd.yml');
    expect(stdout).toContain(
      '::warning file=models/marts/core/_core.yml,line=55,title=ghost-column::gold.members.fax is in dbt and not in the warehouse\n',
    );
    expect(stdout.split('\n').filter((line) => line.startsWith('::error'))).toEqual([]);
    expect(stdout).toMatch(/::notice file=.*untagged-column::/);
  });
});

describe('the applied state', () => {
  it('is told as the files were', async () => {
    expect(await run('--applied')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^snapshot_missing/),
    });
    await sluice(['push'], { cwd: here.folder });
    const [applied, files] = [json(await run('--applied', '--json')), json(await run('--json'))];
    expect(applied).toEqual(files);
  });
});

describe('samples', () => {
  /** Every text of the warehouse that somebody could recognise. */
  async function values(): Promise<readonly string[]> {
    const instance = await DuckDBInstance.create(at('data/energy_community.duckdb'), {
      access_mode: 'READ_ONLY',
    });
    const connection = await instance.connect();
    const found = new Set<string>();
    for (const column of ['name', 'email', 'phone', 'iban', 'address', 'internal_note']) {
      const rows = await connection
        .runAndReadAll(`SELECT DISTINCT ${column} FROM main_staging.stg_members`)
        .catch(() => null);
      for (const [value] of rows?.getRows() ?? [])
        if (typeof value === 'string' && value.length > 6) found.add(value);
    }
    connection.closeSync();
    instance.closeSync();
    return [...found];
  }

  /** The example without a tag: everything is to be found again. */
  function withoutTags(): void {
    const strip = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(strip);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => {
          if (key === 'tags') return [key, []];
          if (key !== 'sluice' || typeof inner !== 'object') return [key, strip(inner)];
          return [key, { ...inner, tags: [] }];
        }),
      );
    };
    writeFileSync(
      at('bare.json'),
      JSON.stringify(strip(JSON.parse(readFileSync(at('target/manifest.json'), 'utf8')))),
    );
    writeFileSync(at('none.yml'), 'policies: []');
  }
  const bare = ['--manifest', 'bare.json', '--policies', 'none.yml'];

  it('find personal data by its values, and no value is told in any format', async () => {
    withoutTags();
    const known = await values();
    expect(known.length).toBeGreaterThan(500);
    const report = json(await run(...bare, '--samples', '--json'));
    const found = Object.fromEntries(
      report.findings
        .filter(({ rule, dataset }) => rule === 'likely-personal-data' && dataset === 'gold.members')
        .map(({ column, message }) => [column, message]),
    );
    expect(found).toMatchObject({
      email: expect.stringMatching(/^looks like e-mail addresses in \d+ % of \d+ sampled values/),
      iban: expect.stringMatching(/^looks like IBANs/),
      name: expect.stringMatching(/^looks like names of people/),
      phone: expect.stringMatching(/^looks like phone numbers/),
    });
    for (const format of ['text', 'json', 'sarif', 'github']) {
      const { stdout, stderr } = await run(...bare, '--samples', '200', '--format', format);
      const told = known.filter((value) => (stdout + stderr).includes(value));
      expect({ format, told }).toEqual({ format, told: [] });
    }
  });

  it('are on record before they are read', async () => {
    const { stdout } = await sluice(['audit', 'tail', '--json'], { cwd: here.folder });
    const events = JSON.parse(stdout) as readonly {
      action: string;
      event: string;
      datasets: readonly string[];
    }[];
    const last = events.at(-1);
    expect(last).toMatchObject({ event: 'admin', action: 'lint_samples' });
    expect(last?.datasets).toContain('gold.members');
  });

  it('are not read where the audit cannot be written', async () => {
    const yaml = readFileSync(at('sluice.yml'), 'utf8');
    writeFileSync(
      at('blocked.yml'),
      yaml.replace(/state: .*/, 'state: sqlite:data/energy_community.duckdb/x.db'),
    );
    const ran = await sluice(['-c', 'blocked.yml', 'lint', '--samples'], { cwd: here.folder });
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('and --offline exclude each other', async () => {
    expect((await run('--samples', '--offline')).code).toBe(64);
  });
});
