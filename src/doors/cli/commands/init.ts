/** `sluice init`: sluice.yml, a first policy, personas and a policy test beside a dbt project. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { SluiceError } from '../../../errors.ts';
import type { ExitCode } from '../program.ts';
import type { Wiring } from '../wiring.ts';

export async function init(
  options: { readonly folder?: string; readonly force: boolean },
  wiring: Wiring,
): Promise<ExitCode> {
  const folder = resolve(wiring.cwd, options.folder ?? '.');
  if (!existsSync(join(folder, 'dbt_project.yml')))
    throw new SluiceError(
      'usage',
      `There is no dbt_project.yml in ${relative(wiring.cwd, folder) || 'this folder'}.`,
      {
        hint: 'Run it in the folder of a dbt project, or name that folder.',
      },
    );
  const files = templates(folder);
  const standing = Object.keys(files).filter((name) => existsSync(join(folder, name)));
  if (standing.length > 0 && !options.force)
    throw new SluiceError('usage', 'Some files are there already; nothing was written.', {
      details: standing,
      hint: 'Use --force to overwrite them.',
    });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    wiring.terminal.out(`wrote ${name}\n`);
  }
  const built = existsSync(join(folder, 'target/manifest.json'));
  wiring.terminal.out(
    `\nNext:\n${built ? '' : '  dbt build && dbt docs generate   # writes target/manifest.json and target/catalog.json\n'}` +
      '  sluice push\n  sluice serve\n',
  );
  return 0;
}

interface DbtProject {
  readonly name?: string;
}

/** The DuckDB file that the project's own data most likely lies in. */
function databaseIn(folder: string, name: string): string {
  const found = readdirSync(folder, { withFileTypes: true }).find(
    (entry) => entry.isFile() && /\.(duckdb|db)$/.test(entry.name),
  );
  return found?.name ?? `${name}.duckdb`;
}

function templates(folder: string): Readonly<Record<string, string>> {
  const { name = 'dbt' } = (parse(readFileSync(join(folder, 'dbt_project.yml'), 'utf8')) ?? {}) as DbtProject;
  return {
    'sluice.yml': `# The gate in front of this dbt project. Every key: docs/reference/configuration.md
environment: development

engines:
  warehouse:
    kind: duckdb
    database: ${databaseIn(folder, name)}

metadata:
  manifest: target/manifest.json
  catalog: target/catalog.json

# What is published, under which namespace, for whom. The first rule that matches counts; no level, no exposure.
publish:
  - match: { resource_type: model, folder: marts }
    namespace: gold
    access_level: internal

search_path: [gold]
policies: policies

identity:
  issuers: []
  development: { personas: personas.yml }
  permissions:
    steward: { role: steward }
    publisher: { role: publisher }
    auditor: { role: auditor }

state: sqlite:.sluice/state.db
`,
    'policies/personal-data.yml': `policies:
  - id: mask-personal-data
    description: Nobody sees unmasked personal data, except a data governance officer.
    on: { column_tag: pii }
    mask: { with: hash }
    unless: { group: data-governance-officers }
`,
    'personas.yml': `# Example personas for development; the gate of a real environment takes tokens of your identity provider.
personas:
  analyst: { sub: example.analyst, display_name: Example Analyst, groups: [employees] }
  officer: { sub: example.officer, display_name: Example Officer, groups: [employees, data-governance-officers], roles: [steward, publisher, auditor] }
  external: { kind: anonymous }
`,
    'tests/access.yml': `# Run with: sluice test
tests:
  - name: nobody without a token reads anything unknown
    as: external
    sql: SELECT 1 FROM gold.no_such_dataset
    expect: { denied: 404 }
`,
    '.sluice/.gitignore': '*\n',
  };
}
