/** A small dbt project of sources on a warehouse of a test's own, ready to be served. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

export interface ProjectTable {
  readonly schema: string;
  readonly name: string;
  /** `name TYPE`, or in parts where the name is no plain word. */
  readonly columns: readonly (string | ProjectColumn)[];
}

export interface ProjectColumn {
  readonly name: string;
  readonly type: string;
  readonly tags?: readonly string[];
}

export interface Project {
  readonly sql: readonly string[];
  readonly tables: readonly ProjectTable[];
  /** Schemas that are restricted; all others are open. */
  readonly restricted?: readonly string[];
  /** Else `development`, where personas have tokens. */
  readonly environment?: string;
  /** YAML under `policies:`, where there are any. */
  readonly policies?: string;
  /** dbt exposures by name: the tables that they depend on (`schema.name`), and what stands under meta.sluice. */
  readonly exposures?: Readonly<Record<string, { readonly on: readonly string[]; readonly sluice: object }>>;
  /** More of sluice.yml. */
  readonly config?: string;
  /** YAML of the engine and dbt's name of its adapter, instead of a DuckDB file; `sql` is then run by the test. */
  readonly server?: { readonly engine: string; readonly adapter: string };
}

export const PERSONAS = `personas:
  reader: { sub: rita.reader, groups: [readers] }
  other: { sub: otto.other, groups: [readers] }
`;

/** Each schema becomes a namespace of the same name. @returns the folder */
export async function writeProject(project: Project): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  const { engine, adapter } = project.server ?? {
    engine: '{ kind: duckdb, database: warehouse.duckdb, threads: 2 }',
    adapter: 'duckdb',
  };
  if (project.server === undefined) await createDuckDb(join(folder, 'warehouse.duckdb'), project.sql);

  const environment = project.environment ?? 'development';
  const schemas = [...new Set(project.tables.map((table) => table.schema))];
  mkdirSync(join(folder, 'target'));
  mkdirSync(join(folder, 'policies'));
  writeFileSync(join(folder, 'target/manifest.json'), JSON.stringify(manifestOf(project, adapter)));
  writeFileSync(join(folder, 'policies/policies.yml'), `policies:${project.policies ?? ' []'}\n`);
  writeFileSync(join(folder, 'personas.yml'), PERSONAS);
  writeFileSync(
    join(folder, 'sluice.yml'),
    `environment: ${environment}
engines: { warehouse: ${engine} }
metadata: { catalog: null }
publish:
${schemas.map((schema) => `  - { match: { schema: ${schema} }, namespace: ${schema}, access_level: ${project.restricted?.includes(schema) ? 'restricted' : 'open'} }`).join('\n')}
search_path: [${schemas.join(', ')}]
${environment === 'development' ? 'identity: { development: { port: 0 } }' : ''}
${project.config ?? ''}
`,
  );
  return folder;
}

async function createDuckDb(path: string, statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const sql of statements) await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

function manifestOf({ tables, exposures = {} }: Project, adapter: string): object {
  const sources = tables.map(({ schema, name, columns }) => ({
    resource_type: 'source',
    unique_id: `source.test.${schema}.${name}`,
    package_name: 'test',
    source_name: schema,
    name,
    path: 'models/sources.yml',
    original_file_path: 'models/sources.yml',
    fqn: ['test', schema, name],
    database: 'warehouse',
    schema,
    identifier: name,
    relation_name: `"warehouse"."${schema}"."${name}"`,
    config: { enabled: true },
    columns: Object.fromEntries(
      columns.map((column) => {
        const { name: label, type, tags = [] } = typeof column === 'string' ? partsOf(column) : column;
        return [label, { name: label, data_type: type, tags }];
      }),
    ),
  }));
  return {
    metadata: {
      dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v12.json',
      dbt_version: '1.10.0',
      adapter_type: adapter,
      project_name: 'test',
    },
    nodes: {},
    sources: Object.fromEntries(sources.map((source) => [source.unique_id, source])),
    exposures: Object.fromEntries(
      Object.entries(exposures).map(([name, { on, sluice }]) => [
        `exposure.test.${name}`,
        {
          name,
          type: 'analysis',
          owner: { name: 'test' },
          depends_on: { nodes: on.map((table) => `source.test.${table}`) },
          meta: { sluice },
        },
      ]),
    ),
    groups: {},
  };
}

function partsOf(column: string): ProjectColumn {
  const [name = '', ...type] = column.split(' ');
  return { name, type: type.join(' ') };
}
