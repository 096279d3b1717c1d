/** A dbt project of any size as dbt Core 1.10 writes its artifacts, with all the keys that real ones carry; the same numbers give the same text. */

export interface SyntheticSize {
  readonly models: number;
  readonly columnsPerModel: number;
  /** Whether models are made of one another by SQL of some length, and the first of them of sources. */
  readonly compiled?: boolean;
}

export interface SyntheticArtifacts {
  readonly manifest: unknown;
  readonly catalog: unknown;
}

const TYPES = ['VARCHAR', 'INTEGER', 'BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'DECIMAL(18,2)', 'BOOLEAN'];
const FOLDERS = [
  'staging/crm',
  'staging/erp',
  'intermediate/finance',
  'marts/finance',
  'marts/customers',
  'marts/operations',
];

export function syntheticProject({
  models,
  columnsPerModel,
  compiled = false,
}: SyntheticSize): SyntheticArtifacts {
  const nodes: Record<string, unknown> = {};
  const relations: Record<string, unknown> = {};
  for (let model = 0; model < models; model += 1) {
    const id = `model.bench.model_${model}`;
    nodes[id] = {
      ...(modelNode(id, model, columnsPerModel, models) as object),
      ...(compiled ? compiledFields(model, models, columnsPerModel) : {}),
    };
    relations[id] = catalogNode(id, model, columnsPerModel);
  }
  return {
    manifest: {
      metadata: {
        dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v12.json',
        dbt_version: '1.10.22',
        adapter_type: 'duckdb',
        project_name: 'bench',
      },
      nodes,
      sources: compiled ? sources(Math.ceil(models / 10), columnsPerModel, relations) : {},
      macros: {},
      exposures: exposures(Math.ceil(models / 100)),
      groups: {
        'group.bench.finance': {
          name: 'finance',
          package_name: 'bench',
          owner: { name: 'Finance', email: null },
        },
      },
      disabled: {},
    },
    catalog: {
      metadata: { dbt_schema_version: 'https://schemas.getdbt.com/dbt/catalog/v1.json' },
      nodes: relations,
      sources: {},
      errors: null,
    },
  };
}

/** Half of the parents lie near, so that ways get long; a tenth of the models reads sources. */
function parentsOf(model: number, models: number): readonly string[] {
  const first = Math.ceil(models / 10);
  if (model < first) return [`source.bench.raw.source_${model}`];
  return [Math.floor(model / 2), model - first].map((parent) => `model.bench.model_${parent}`);
}

function relationNamed(id: string): string {
  const name = id.split('.').at(-1) ?? '';
  if (id.startsWith('source.')) return `"bench"."raw"."${name}"`;
  return `"bench"."${schemaOf(Number(name.slice('model_'.length)))}"."${name}"`;
}

const schemaOf = (model: number): string =>
  (FOLDERS[model % FOLDERS.length] ?? '').startsWith('marts') ? 'main_marts' : 'main_staging';

/** What dbt projects are full of: imports by star, a join, renames, functions, a window, and a star at the end. */
function compiledFields(model: number, models: number, columnsPerModel: number): object {
  const parents = parentsOf(model, models);
  const [one = '', two = one] = parents;
  const made = Array.from({ length: columnsPerModel - 1 }, (_, index) => {
    const name = columnName(index + 1);
    const other = columnName(((index + 1 + model) % (columnsPerModel - 1)) + 1);
    switch ((index + model) % 6) {
      case 0:
        return `coalesce(base.${name}, extra.${other}) as ${name}`;
      case 1:
        return `case when base.${other} is not null then upper(base.${name}) else 'none' end as ${name}`;
      case 2:
        return `extra.${other} as ${name}`;
      case 3:
        return `max(base.${name}) over (partition by base.id order by extra.${other}) as ${name}`;
      default:
        return `base.${name}`;
    }
  });
  const code =
    `with base as (\n    select * from ${relationNamed(one)}\n),\n\nextra as (\n    select * from ${relationNamed(two)}\n),\n\n` +
    `joined as (\n    select\n        base.id,\n        ${made.join(',\n        ')}\n    from base\n    left join extra on base.id = extra.id\n    where base.id is not null\n)\n\n` +
    'select * from joined';
  return { compiled_code: code, depends_on: { macros: [], nodes: [...new Set(parents)] } };
}

function sources(count: number, columnsPerModel: number, relations: Record<string, unknown>): unknown {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const id = `source.bench.raw.source_${index}`;
      const columns: Record<string, unknown> = {};
      for (let column = 0; column < columnsPerModel; column += 1)
        columns[columnName(column)] = manifestColumn(column, index);
      relations[id] = catalogNode(id, index, columnsPerModel);
      return [
        id,
        {
          database: 'bench',
          schema: 'raw',
          name: `source_${index}`,
          identifier: `source_${index}`,
          resource_type: 'source',
          package_name: 'bench',
          source_name: 'raw',
          path: 'models/sources.yml',
          original_file_path: 'models/sources.yml',
          unique_id: id,
          fqn: ['bench', 'raw', `source_${index}`],
          description: '',
          columns,
          meta: {},
          tags: [],
          config: { enabled: true },
          relation_name: relationNamed(id),
        },
      ];
    }),
  );
}

function modelNode(id: string, model: number, columnsPerModel: number, models: number): unknown {
  const folder = FOLDERS[model % FOLDERS.length] ?? '';
  const meta = model % 10 === 0 ? { sluice: { tags: [`domain.d${model % 40}`] }, owner: 'Data Team' } : {};
  const columns: Record<string, unknown> = {};
  for (let column = 0; column < columnsPerModel; column += 1)
    columns[columnName(column)] = manifestColumn(column, model);
  return {
    database: 'bench',
    schema: folder.startsWith('marts') ? 'main_marts' : 'main_staging',
    name: `model_${model}`,
    resource_type: 'model',
    package_name: 'bench',
    path: `${folder}/model_${model}.sql`,
    original_file_path: `models/${folder}/model_${model}.sql`,
    unique_id: id,
    fqn: ['bench', ...folder.split('/'), `model_${model}`],
    alias: `model_${model}`,
    checksum: { name: 'sha256', checksum: String(model).padStart(64, '0') },
    config: {
      enabled: true,
      alias: null,
      schema: 'marts',
      database: null,
      tags: ['nightly'],
      meta,
      group: model % 3 === 0 ? 'finance' : null,
      materialized: model % 4 === 0 ? 'view' : 'table',
      incremental_strategy: null,
      persist_docs: {},
      'post-hook': [],
      'pre-hook': [],
      quoting: {},
      column_types: {},
      full_refresh: null,
      unique_key: null,
      on_schema_change: 'ignore',
      on_configuration_change: 'apply',
      grants: {},
      packages: [],
      docs: { show: true, node_color: null },
      contract: { enforced: false, alias_types: true },
      access: 'protected',
      freshness: null,
    },
    tags: ['nightly'],
    description: `Model ${model} of a synthetic project; one row a business event, rebuilt each night.`,
    columns,
    meta,
    group: model % 3 === 0 ? 'finance' : null,
    patch_path: `bench://models/${folder}/_models.yml`,
    unrendered_config: { materialized: 'table', tags: ['nightly'], meta },
    created_at: 1_760_000_000,
    relation_name: `"bench"."${folder.startsWith('marts') ? 'main_marts' : 'main_staging'}"."model_${model}"`,
    raw_code: `select * from {{ ref('model_${(model + 1) % models}') }} where id is not null`,
    compiled_code: `select * from "bench"."main_staging"."model_${(model + 1) % models}" where id is not null`,
    language: 'sql',
    refs: [{ name: `model_${(model + 1) % models}`, package: null, version: null }],
    sources: [],
    metrics: [],
    depends_on: { macros: [], nodes: [`model.bench.model_${(model + 1) % models}`] },
    contract: { enforced: false, alias_types: true, checksum: null },
    access: 'protected',
    constraints: [],
    version: null,
    latest_version: null,
  };
}

const columnName = (column: number): string => (column === 0 ? 'id' : `attribute_${column}`);

function manifestColumn(column: number, model: number): unknown {
  const meta = column % 5 === 1 ? { sluice: { tags: [column % 10 === 1 ? 'pii.email' : 'financial'] } } : {};
  return {
    name: columnName(column),
    description: `Attribute ${column} of model ${model}, as the source system delivers it.`,
    meta,
    data_type: null,
    constraints: [],
    quote: null,
    config: { meta, tags: [] },
    tags: column % 7 === 2 ? ['geo.region'] : [],
    granularity: null,
    doc_blocks: [],
  };
}

function catalogNode(id: string, model: number, columnsPerModel: number): unknown {
  const columns: Record<string, unknown> = {};
  for (let column = 0; column < columnsPerModel; column += 1) {
    const name = columnName(column);
    columns[name] = { type: TYPES[column % TYPES.length], index: column + 1, name, comment: null };
  }
  return {
    metadata: {
      type: 'BASE TABLE',
      schema: 'main_marts',
      name: `model_${model}`,
      database: 'bench',
      comment: null,
      owner: null,
    },
    columns,
    stats: {
      has_stats: { id: 'has_stats', label: 'Has Stats?', value: false, include: false, description: '' },
    },
    unique_id: id,
  };
}

function exposures(count: number): unknown {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `exposure.bench.dashboard_${index}`,
      {
        name: `dashboard_${index}`,
        type: 'dashboard',
        owner: { name: 'Analytics', email: 'analytics@example.com' },
        description: '',
        depends_on: {
          macros: [],
          nodes: [`model.bench.model_${index * 3}`, `model.bench.model_${index * 3 + 1}`],
        },
        config: { enabled: true },
      },
    ]),
  );
}
