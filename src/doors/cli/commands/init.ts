/** `sluice init`: sluice.yml, a first policy, personas and a policy test beside a dbt project. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { SluiceError } from '../../../errors.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Register } from '../registration.ts';
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

/** What dbt connects with; of any type, and Jinja where it likes. */
interface Output {
  readonly type?: unknown;
  readonly path?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly dbname?: unknown;
  readonly database?: unknown;
}

interface Profile {
  readonly target?: string;
  readonly outputs?: Readonly<Record<string, Output>>;
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

function outputOf(folder: string, { name = 'dbt', profile = name }: DbtProject): Output {
  const { target = 'dev', outputs = {} } =
    readYaml<Readonly<Record<string, Profile>>>(join(folder, 'profiles.yml'))?.[profile] ?? {};
  return outputs[target] ?? Object.values(outputs)[0] ?? {};
}

/** As it stands in the profile; Jinja is dbt's to fill. */
const written = (value: unknown): string | null =>
  (typeof value === 'string' && value !== '' && !value.includes('{{')) || typeof value === 'number'
    ? String(value)
    : null;

/** The engine that holds the project's data: what its profile says, else what it was built on last. */
function engineOf(folder: string, project: DbtProject): string {
  const output = outputOf(folder, project);
  const built = readYaml<{ metadata?: { adapter_type?: unknown } }>(join(folder, 'target/manifest.json'));
  const kind = written(output.type) ?? written(built?.metadata?.adapter_type);
  return kind === 'postgres' ? postgresEngine(output, project) : duckDbEngine(folder, output, project);
}

function duckDbEngine(folder: string, output: Output, project: DbtProject): string {
  return `    kind: duckdb
    database: ${JSON.stringify(databaseOf(folder, output, project))}`;
}

/** Never as the role that dbt builds with. */
function postgresEngine(output: Output, { name = 'dbt' }: DbtProject): string {
  return `    kind: postgres
    host: ${JSON.stringify(written(output.host) ?? 'localhost')}
    port: ${/^\d+$/.test(String(output.port)) ? output.port : 5432}
    database: ${JSON.stringify(written(output.dbname) ?? written(output.database) ?? name)}
    # A role of the gate's own, with SELECT on what is published and nothing else: \`sluice doctor\` checks it.
    user: sluice
    password: \${SLUICE_POSTGRES_PASSWORD}`;
}

/** The DuckDB file of the profile, else a file that looks like it. */
function databaseOf(folder: string, output: Output, { name = 'dbt' }: DbtProject): string {
  const path = written(output.path);
  if (written(output.type) === 'duckdb' && path !== null) return path;
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
${engineOf(folder, project)}

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
  #     provider: keycloak    # or entra, okta, auth0, cognito, google, generic
  #     audience: sluice
  # On a developer's machine, an issuer of this gate's own signs tokens for the personas.
  development: { personas: personas.yml }
  permissions:
    steward: { role: steward }
    publisher: { role: publisher }
    auditor: { role: auditor }

state: sqlite:.sluice/state.db

# What else there is, with what counts where nothing is said, stands in docs/reference/configuration.md of Sluice, among it:
#   audit:    { retention: { keep: 400d }, sinks: [{ kind: file, path: .sluice/audit.ndjson }] }
#   requests: { fallback: { role: steward } }             # who decides on access requests where no owner is known
#   notify:   { webhooks: [{ url: …, secret: … }] }       # who is told of them
#   pdp:      { kind: opa, url: "http://127.0.0.1:8181" }     # an OPA server decides
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
# It also says which tests would pass with enforcement off, and which policies no test notices.
tests:
  - name: nobody without a token reads anything unknown
    as: external
    sql: SELECT 1 FROM gold.no_such_dataset
    # About a name that nobody has, not about a policy.
    strip: false
    expect: { denied: 404 }
  # - name: an analyst sees pseudonyms
  #   as: analyst
  #   sql: SELECT email FROM gold.customers
  #   expect: { masked: { email: hash } }
`,
    '.sluice/.gitignore': '*\n',
  };
}

export const initCommand: Register = ({ program, wiring, run }) => {
  program
    .command('init [folder]')
    .description('write sluice.yml, a first policy, personas and a policy test beside a dbt project')
    .option('--force', 'overwrite what is there')
    .action((folder, { force = false }) => run(() => init({ folder, force }, wiring)));
};
