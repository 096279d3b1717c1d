/** `sluice init`: sluice.yml, a first policy, personas and a policy test beside a dbt project. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { SluiceError } from '../../../errors.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Wiring } from '../wiring.ts';

export async function init(
  options: { readonly folder?: string; readonly force: boolean },
  wiring: Wiring,
): Promise<ExitCode> {
  const folder = resolve(wiring.cwd, options.folder ?? '.');
  if (!existsSync(join(folder, 'dbt_project.yml')))
    throw new SluiceError(
      'usage',
      `${relative(wiring.cwd, folder) || 'This folder'} holds no dbt_project.yml.`,
      {
        hint: 'Run it in the folder of a dbt project, or name that folder.',
      },
    );
  const files = templates(folder);
  const standing = Object.keys(files).filter(
    (name) => !name.startsWith('.') && existsSync(join(folder, name)),
  );
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
      '  sluice push\n  sluice serve\n  sluice query "SELECT …" --as analyst   # from another terminal\n',
  );
  return 0;
}

interface DbtProject {
  readonly name?: string;
  readonly profile?: string;
  readonly 'model-paths'?: readonly string[];
}

interface Profile {
  readonly target?: string;
  readonly outputs?: Readonly<Record<string, { readonly type?: string; readonly path?: string }>>;
}

/** Null for a file that is not there or holds no mapping: what it would tell has a default. */
function readYaml<T>(path: string): T | null {
  try {
    const value: unknown = parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as T) : null;
  } catch {
    return null;
  }
}

/** The DuckDB file that the project's own data lies in: what its profile says, else a file that looks like it. */
function databaseOf(folder: string, { name = 'dbt', profile = name }: DbtProject): string {
  const { target = 'dev', outputs = {} } =
    readYaml<Readonly<Record<string, Profile>>>(join(folder, 'profiles.yml'))?.[profile] ?? {};
  const output = outputs[target] ?? Object.values(outputs)[0];
  // Jinja is dbt's to fill.
  if (output?.type === 'duckdb' && output.path && !output.path.includes('{{')) return output.path;
  for (const place of ['.', 'data', 'target']) {
    const found = filesIn(join(folder, place)).find((file) => /\.(duckdb|db)$/.test(file));
    if (found !== undefined) return join(place, found);
  }
  return `${name}.duckdb`;
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** Marts are what a project means for others; where there are none, every model. */
function firstMatch(folder: string, { 'model-paths': paths = ['models'] }: DbtProject): string {
  const marts = paths.some((path) => existsSync(join(folder, path, 'marts')));
  return marts ? '{ resource_type: model, folder: marts }' : '{ resource_type: model }';
}

function templates(folder: string): Readonly<Record<string, string>> {
  const project = readYaml<DbtProject>(join(folder, 'dbt_project.yml')) ?? {};
  return {
    'sluice.yml': `# The gate in front of this dbt project. Every path is relative to this file.
environment: development

engines:
  warehouse:
    kind: duckdb
    database: ${JSON.stringify(databaseOf(folder, project))}

metadata:
  manifest: target/manifest.json
  catalog: target/catalog.json

# What is published, under which namespace, for whom. The first rule that matches counts; no level, no exposure.
publish:
  - match: ${firstMatch(folder, project)}
    namespace: gold
    access_level: internal

search_path: [gold]
policies: policies

identity:
  # Tokens of your identity provider:
  # issuers:
  #   - issuer: https://login.example.com/realms/main
  #     audience: sluice
  # On a developer's machine, an issuer of this gate's own signs tokens for the personas.
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
