/** Small artifacts in dbt's own shape, to be bent by one test each. */
import type { SnapshotInput } from '../../src/snapshot.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function model(name: string, fields: Fields = {}): Fields {
  return {
    resource_type: 'model',
    unique_id: `model.shop.${name}${fields.version === undefined ? '' : `.v${fields.version}`}`,
    package_name: 'shop',
    name,
    path: `marts/finance/${name}.sql`,
    original_file_path: `models/marts/finance/${name}.sql`,
    patch_path: 'shop://models/marts/finance/_models.yml',
    fqn: ['shop', 'marts', 'finance', name],
    database: 'shop',
    schema: 'main',
    alias: name,
    relation_name: `"shop"."main"."${name}"`,
    description: '',
    config: { enabled: true, materialized: 'table' },
    columns: {},
    ...fields,
  };
}

export function source(name: string, fields: Fields = {}): Fields {
  return {
    resource_type: 'source',
    unique_id: `source.shop.crm.${name}`,
    package_name: 'shop',
    source_name: 'crm',
    name,
    path: 'models/staging/_sources.yml',
    original_file_path: 'models/staging/_sources.yml',
    fqn: ['shop', 'staging', 'crm', name],
    database: 'shop',
    schema: 'raw',
    identifier: name,
    relation_name: `"shop"."raw"."${name}"`,
    config: { enabled: true },
    columns: {},
    ...fields,
  };
}

/** `email` or `{ name: 'email', tags: […] }`. */
export function columns(...given: readonly (string | Fields)[]): Fields {
  const all = given.map((column) => (typeof column === 'string' ? { name: column } : column));
  return Object.fromEntries(all.map((column) => [String(column.name), column]));
}

export interface ManifestFields {
  readonly nodes?: readonly Fields[];
  readonly exposures?: Fields;
  readonly groups?: Fields;
  readonly adapter?: string;
  readonly dbtVersion?: string;
  readonly schemaVersion?: number;
}

export function manifest(fields: ManifestFields = {}): Fields {
  const nodes = fields.nodes ?? [];
  const keyed = (wanted: boolean) =>
    Object.fromEntries(
      nodes
        .filter((node) => (node.resource_type === 'source') === wanted)
        .map((node) => [String(node.unique_id), node]),
    );
  return {
    metadata: {
      dbt_schema_version: `https://schemas.getdbt.com/dbt/manifest/v${fields.schemaVersion ?? 12}.json`,
      dbt_version: fields.dbtVersion ?? '1.10.0',
      adapter_type: fields.adapter ?? 'duckdb',
      project_name: 'shop',
    },
    nodes: keyed(false),
    sources: keyed(true),
    exposures: fields.exposures ?? {},
    groups: fields.groups ?? {},
  };
}

/** By unique_id, the physical columns in order: `name` or `name TYPE`. */
export function catalog(relations: Readonly<Record<string, readonly string[]>>): Fields {
  const nodes = Object.entries(relations).map(([id, names]) => {
    const entries = names.map((text, index) => {
      const [name = '', ...type] = text.split(' ');
      return [name, { name, type: type.join(' ') || 'VARCHAR', index: index + 1 }];
    });
    return [id, { unique_id: id, columns: Object.fromEntries(entries) }];
  });
  return {
    metadata: { dbt_schema_version: 'https://schemas.getdbt.com/dbt/catalog/v1.json' },
    nodes: Object.fromEntries(nodes),
    sources: {},
    errors: null,
  };
}

/** Everything published as internal, on one engine that was not asked. */
export function snapshotInput(fields: Partial<SnapshotInput> = {}): SnapshotInput {
  return {
    environment: 'test',
    manifest: manifest(),
    catalog: null,
    yamlFiles: {},
    physical: {},
    engines: ['warehouse'],
    publish: [{ match: {}, access_level: 'internal' }],
    searchPath: [],
    prefix: null,
    policyFiles: [],
    ...fields,
  };
}
