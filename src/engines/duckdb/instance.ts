/** Opens the locked instance of an engine process: the published data, read-only, and nothing else on this machine. */
import duckdb from '@duckdb/node-bindings';
import type { OpenRequest, ParquetRelation } from './messages.ts';

/**
 * Every setting stands before `lock_configuration`, after which none can be changed.
 * DuckDB 1.5.6 allows its temp directory when it turns external access off, COPY TO included; the directory's name is
 * random for that reason, and only SELECT is ever executed.
 */
export async function openInstance(options: OpenRequest): Promise<duckdb.Database> {
  const database = await duckdb.open(':memory:');
  const connection = await duckdb.connect(database);
  try {
    for (const statement of statements(options)) await duckdb.query(connection, statement);
  } finally {
    duckdb.disconnect_sync(connection);
  }
  return database;
}

function statements(options: OpenRequest): string[] {
  return [
    "SET GLOBAL TimeZone = 'UTC'",
    'SET GLOBAL autoinstall_known_extensions = false',
    'SET GLOBAL autoload_known_extensions = false',
    'SET GLOBAL allow_community_extensions = false',
    'SET GLOBAL allow_unsigned_extensions = false',
    'SET GLOBAL allow_persistent_secrets = false',
    `SET GLOBAL temp_directory = ${literal(options.tempDirectory)}`,
    ...(options.tempLimit === null
      ? []
      : [`SET GLOBAL max_temp_directory_size = ${literal(`${options.tempLimit}B`)}`]),
    ...(options.memoryLimit === null
      ? []
      : [`SET GLOBAL memory_limit = ${literal(`${options.memoryLimit}B`)}`]),
    ...(options.threads === null ? [] : [`SET GLOBAL threads = ${options.threads}`]),
    ...attach(options),
    'SET GLOBAL enable_external_access = false',
    'SET GLOBAL lock_configuration = true',
  ];
}

function attach({ catalog, source }: OpenRequest): string[] {
  const name = identifier(catalog);
  switch (source.kind) {
    case 'database':
      return [`ATTACH ${literal(source.path)} AS ${name} (READ_ONLY)`];
    case 'parquet': {
      const schemas = [...new Set(source.relations.map((relation) => relation.schema))];
      const files = source.relations.flatMap((relation) => relation.files);
      return [
        `ATTACH ':memory:' AS ${name}`,
        ...schemas.map((schema) => `CREATE SCHEMA IF NOT EXISTS ${name}.${identifier(schema)}`),
        ...source.relations.map((relation) => view(name, relation)),
        // Files, not directories: an allowed directory would also allow COPY TO and ATTACH in it.
        `SET GLOBAL allowed_paths = [${files.map(literal).join(', ')}]`,
      ];
    }
    default:
      return source satisfies never;
  }
}

function view(catalog: string, relation: ParquetRelation): string {
  const files = relation.files.map(literal).join(', ');
  const target = `${catalog}.${identifier(relation.schema)}.${identifier(relation.name)}`;
  return `CREATE VIEW ${target} AS SELECT * FROM read_parquet([${files}], hive_partitioning = false)`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
