/** `sluice lint`: every format, from files and from the applied state; and whatever it reads, no value of the data comes out. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { toGitHub } from '../../src/doors/cli/lint/github.ts';
import { toSarif } from '../../src/doors/cli/lint/sarif.ts';
import { toText } from '../../src/doors/cli/lint/text.ts';
import { type LintAsk, type LintReport, lint } from '../../src/lint.ts';
import { type Example, example, type Ran, sluice } from './run.ts';

let here: Example;
/** As a shell would. */
const run = (...args: readonly string[]): Promise<Ran> => sluice(['lint', ...args], { cwd: here.folder });
const at = (name: string): string => join(here.folder, name);

/** The same in this process: what a process of its own shows besides is shown once. */
function report(ask: Partial<LintAsk> = {}, file = 'sluice.yml'): Promise<LintReport> {
  const usual = {
    files: {},
    applied: false,
    offline: true,
    samples: null,
    operator: 'operator:test',
    root: here.folder,
    signal: new AbortController().signal,
  };
  return lint(loadConfig(at(file), {}), { ...usual, ...ask }, () => {});
}

beforeAll(async () => {
  here = await example();
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

describe('the files', () => {
  it('are told for people, and an unclassified column is no error', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      '! models/marts/core/_core.yml:55: gold.members.fax is in dbt and not in the warehouse [ghost-column]\n',
    );
    expect(stdout).toMatch(/\n gold +│ +\d+ │/);
    expect(stdout).toMatch(
      /\nCoverage \d+ of 100: \d+ datasets, \d+ columns\n0 errors, \d+ warnings, \d+ notes\n$/,
    );
  });

  it('say the same without the engine, which they leave as it is', async () => {
    expect(await report({ offline: false })).toEqual(await report());
    expect(existsSync(at('.sluice/state.db'))).toBe(false);
  });

  it('end with 2 from the level on that is asked for, and as JSON tell all', async () => {
    const { code, stdout } = await run('--offline', '--fail-on', 'warning', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(await report())));
  });

  it('are told with what an absent engine leaves open', async () => {
    const yaml = readFileSync(at('sluice.yml'), 'utf8');
    writeFileSync(at('gone.yml'), yaml.replace(/database: .*\.duckdb/, 'database: data/gone.duckdb'));
    const { notes, findings } = await report({ offline: false }, 'gone.yml');
    expect(notes).toEqual([expect.stringMatching(/^The engine warehouse was not asked: /)]);
    expect(findings).toEqual((await report()).findings);
  });

  it.each([
    ['a policy that a push refuses', 'policy-invalid', 'policies: [{ id: a, on: everything }]'],
    [
      'a filter on a tag that a dataset lacks',
      'filter-on-missing-tag',
      `policies: [{ id: a, on: everything, rows: { where: "column('nowhere') = 1" } }]`,
    ],
  ])('with %s are told whole', async (_, rule, text) => {
    writeFileSync(at('bad.yml'), text);
    const { findings, counts } = await report({ files: { policies: at('bad.yml') } });
    expect(counts.error).toBe(1);
    expect(findings[0]).toMatchObject({ rule, level: 'error', file: 'bad.yml', line: 1 });
    expect(findings.some((one) => one.rule === 'ghost-column')).toBe(true);
  });

  it('that are no artifacts are a finding', async () => {
    writeFileSync(at('cut.json'), '{"metadata": {');
    const { findings } = await report({ files: { manifest: at('cut.json') } });
    expect(findings.map(({ rule }) => rule)).toEqual(['artifact-invalid']);
  });

  it('are told without what a baseline knows', async () => {
    await run('--offline', '--write-baseline', 'known.json');
    const { code, stdout } = await run(
      '--offline',
      '--baseline',
      'known.json',
      '--json',
      '--fail-on',
      'warning',
    );
    expect({ code, findings: (JSON.parse(stdout) as LintReport).findings }).toEqual({
      code: 0,
      findings: [],
    });
    writeFileSync(at('known.json'), '{}');
    expect((await run('--offline', '--baseline', 'known.json')).code).toBe(64);
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
    expect(results.length).toBeGreaterThan(50);
  });

  it('github gives annotations, and a message cannot begin another command', async () => {
    writeFileSync(at('odd.yml'), 'policies: [{ id: odd, on: { owner: "a%\\n::error::b" }, deny: everyone }]');
    const text = toGitHub(await report({ files: { policies: at('odd.yml') } }));
    expect(text).toContain(
      '::warning file=models/marts/core/_core.yml,line=55,title=ghost-column::gold.members.fax is in dbt and not in the warehouse\n',
    );
    expect(text).toContain('`a%25%0A::error::b`');
    expect(text.split('\n').filter((line) => line.startsWith('::error'))).toEqual([]);
    expect(text).toMatch(/^::notice file=.*untagged-column::/m);
  });
});

describe('the applied state', () => {
  it('is told as the files were', async () => {
    await expect(report({ applied: true })).rejects.toMatchObject({ code: 'snapshot_missing' });
    await sluice(['push'], { cwd: here.folder });
    const { code, stdout } = await run('--applied', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(await report())));
  });
});

describe('samples', () => {
  /** Every text of the warehouse that somebody could recognise. */
  async function values(): Promise<readonly string[]> {
    const instance = await DuckDBInstance.create(at('data/energy_community.duckdb'), {
      access_mode: 'READ_ONLY',
    });
    const connection = await instance.connect();
    const { rows } = await connection
      .runAndReadAll(
        'SELECT DISTINCT unnest([name, email, phone, iban, address, internal_note]) FROM main_marts.members',
      )
      .then((reader) => ({ rows: reader.getRows() }));
    connection.closeSync();
    instance.closeSync();
    return rows.flatMap(([value]) => (typeof value === 'string' && value.length > 6 ? [value] : []));
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
    const manifest: unknown = JSON.parse(readFileSync(at('target/manifest.json'), 'utf8'));
    writeFileSync(at('bare.json'), JSON.stringify(strip(manifest)));
    writeFileSync(at('none.yml'), 'policies: []');
  }
  const bare = () => ({ files: { manifest: at('bare.json'), policies: at('none.yml') }, offline: false });

  it('find personal data by its values, and no value is told in any format', async () => {
    withoutTags();
    const known = await values();
    expect(known.length).toBeGreaterThan(500);
    const found = await report({ ...bare(), samples: 1_000 });
    const members = found.findings.filter(
      ({ rule, dataset }) => rule === 'likely-personal-data' && dataset === 'gold.members',
    );
    expect(Object.fromEntries(members.map(({ column, message }) => [column, message]))).toMatchObject({
      email: expect.stringMatching(/^looks like e-mail addresses in \d+ % of \d+ sampled values/),
      name: expect.stringMatching(/^looks like names of people/),
      phone: expect.stringMatching(/^looks like phone numbers/),
      // Those of the example are made up, with check digits that do not hold.
      iban: 'is named like a bank account, though its sampled values do not look like it, and has no tag',
    });
    const texts = {
      text: toText(found, found.notes, 80),
      json: JSON.stringify(found),
      sarif: toSarif(found, '1.0.0'),
      github: toGitHub(found),
    };
    for (const [format, text] of Object.entries(texts))
      expect({ format, told: known.filter((value) => text.includes(value)) }).toEqual({ format, told: [] });
  });

  it('are on record before they are read', async () => {
    const { stdout } = await sluice(['audit', 'tail', '--json'], { cwd: here.folder });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { datasets: readonly string[] });
    expect(events.at(-1)).toMatchObject({
      event: 'admin',
      action: 'lint_samples',
      subject: { sub: 'operator:test' },
    });
    expect(events.at(-1)?.datasets).toContain('gold.members');
  });

  it('are not read where the audit cannot be written', async () => {
    writeFileSync(at('file'), '');
    const yaml = readFileSync(at('sluice.yml'), 'utf8');
    writeFileSync(at('blocked.yml'), yaml.replace(/state: .*/, 'state: sqlite:file/state.db'));
    await expect(report({ ...bare(), samples: 10 }, 'blocked.yml')).rejects.toThrow();
  });

  it('that are interrupted end at once', async () => {
    const aborted = AbortSignal.abort();
    await expect(report({ ...bare(), samples: 10, signal: aborted })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('and --offline exclude each other', async () => {
    expect((await run('--samples', '--offline')).code).toBe(64);
  });
});

describe('--json', () => {
  it('and another format exclude each other', async () => {
    expect((await run('--json', '--format', 'github')).code).toBe(64);
  });
});
