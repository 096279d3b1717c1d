/**
 * Builds data/energy_community.duckdb without dbt: the raw data and seeds, then what target/manifest.json compiled, in
 * dependency order. The file appears whole or not at all, and holds exactly what `dbt build` would have made.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type DuckDBConnection, DuckDBInstance, version } from '@duckdb/node-api';

/** The name that the compiled SQL qualifies every relation with. */
const DATABASE = 'energy_community';

export interface BuildOptions {
  /** The example's folder, or a copy of it. */
  readonly folder?: string;
  /** Builds even when the inputs have not changed. */
  readonly force?: boolean;
  readonly onProgress?: (progress: { done: number; total: number; name: string }) => void;
}

export interface BuildResult {
  readonly path: string;
  readonly built: boolean;
}

/** What is used of a node of the manifest. */
interface Node {
  readonly unique_id: string;
  readonly resource_type: string;
  readonly relation_name: string;
  readonly schema: string;
  readonly original_file_path: string;
  readonly compiled_code?: string;
  readonly columns: Readonly<Record<string, { readonly name: string }>>;
  readonly config: {
    readonly materialized: string;
    readonly contract?: { readonly enforced: boolean };
    readonly column_types?: Readonly<Record<string, string>>;
    readonly unique_key?: string | readonly string[] | null;
    readonly updated_at?: string | null;
    readonly strategy?: string | null;
  };
  readonly depends_on: { readonly nodes?: readonly string[] };
}

interface Step {
  readonly name: string;
  readonly sql: string;
}

const BUILT = new Set(['model', 'seed', 'snapshot']);
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const identifier = (value: string): string => `"${value.replaceAll('"', '""')}"`;

function readNodes(folder: string): readonly Node[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'target/manifest.json'), 'utf8')) as {
    readonly nodes: Readonly<Record<string, Node>>;
  };
  const nodes = Object.values(manifest.nodes).filter(
    (node) => BUILT.has(node.resource_type) && node.config.materialized !== 'ephemeral',
  );
  return inDependencyOrder(nodes, manifest.nodes);
}

/** Depth first; ephemeral nodes are walked through, since what they read must stand before. */
function inDependencyOrder(nodes: readonly Node[], all: Readonly<Record<string, Node>>): readonly Node[] {
  const wanted = new Set(nodes.map((node) => node.unique_id));
  const seen = new Set<string>();
  const ordered: Node[] = [];
  const visit = (id: string): void => {
    const node = all[id];
    if (node === undefined || seen.has(id)) return;
    seen.add(id);
    for (const parent of node.depends_on.nodes ?? []) visit(parent);
    if (wanted.has(id)) ordered.push(node);
  };
  for (const id of [...wanted].sort()) visit(id);
  return ordered;
}

function seedSql(node: Node, folder: string): string {
  const types = Object.entries(node.config.column_types ?? {});
  const columns = types.map(([name, type]) => `${text(name)}: ${text(type)}`).join(', ');
  const path = text(join(folder, node.original_file_path));
  return `create table ${node.relation_name} as
    select * from read_csv(${path}, header = true, auto_detect = false, delim = ',', quote = '"', columns = {${columns}})`;
}

/** The first run of dbt's timestamp strategy: every row is current. */
function snapshotSql(node: Node, compiled: string): string {
  const { strategy, unique_key: key, updated_at: updatedAt } = node.config;
  if (strategy !== 'timestamp' || typeof key !== 'string' || !updatedAt) {
    throw new Error(`${node.unique_id}: only snapshots by timestamp with one key are built here`);
  }
  return `create table ${node.relation_name} as
    select *,
      md5(coalesce(cast(${key} as varchar), '') || '|' || coalesce(cast(${updatedAt} as varchar), '')) as dbt_scd_id,
      ${updatedAt} as dbt_updated_at,
      ${updatedAt} as dbt_valid_from,
      coalesce(nullif(${updatedAt}, ${updatedAt}), null) as dbt_valid_to
    from (${compiled})`;
}

function nodeSql(node: Node, folder: string): string {
  if (node.resource_type === 'seed') return seedSql(node, folder);
  const compiled = node.compiled_code;
  if (compiled === undefined) {
    throw new Error(
      `target/manifest.json has no compiled SQL for ${node.unique_id}: run dbt build --full-refresh, or restore the file`,
    );
  }
  switch (node.config.materialized) {
    case 'view':
      return `create view ${node.relation_name} as (${compiled})`;
    case 'table':
    case 'incremental': {
      // Under a contract dbt takes the columns in the contract's order.
      const columns = Object.values(node.columns).map((column) => identifier(column.name));
      const body = node.config.contract?.enforced
        ? `select ${columns.join(', ')} from (${compiled})`
        : compiled;
      return `create table ${node.relation_name} as (${body})`;
    }
    case 'snapshot':
      return snapshotSql(node, compiled);
    default:
      throw new Error(`${node.unique_id}: ${node.config.materialized} is not built here`);
  }
}

/** What decides the content; tags, descriptions and other metadata do not, so that changing one keeps the file. */
function fingerprint(nodes: readonly Node[], folder: string): string {
  const hash = createHash('sha256')
    .update(version())
    .update(readFileSync(join(folder, 'raw-data.sql')));
  for (const node of nodes) {
    hash.update(`\0${nodeSql(node, '')}`);
    if (node.resource_type === 'seed') hash.update(readFileSync(join(folder, node.original_file_path)));
  }
  return hash.digest('hex');
}

async function run(
  path: string,
  steps: readonly Step[],
  onProgress: BuildOptions['onProgress'],
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`attach ${text(path)} as ${DATABASE}`);
    await connection.run(`use ${DATABASE}`);
    for (const [done, step] of steps.entries()) {
      onProgress?.({ done, total: steps.length, name: step.name });
      await runAll(connection, step.sql);
    }
    onProgress?.({ done: steps.length, total: steps.length, name: 'done' });
    await connection.run('use memory');
    // Detaching writes everything into the file and removes its log.
    await connection.run(`detach ${DATABASE}`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function runAll(connection: DuckDBConnection, sql: string): Promise<void> {
  const statements = await connection.extractStatements(sql);
  for (let index = 0; index < statements.count; index++) {
    const statement = await statements.prepare(index);
    await statement.run();
  }
}

async function writeWhole(
  path: string,
  steps: readonly Step[],
  onProgress: BuildOptions['onProgress'],
): Promise<void> {
  const partial = `${path}.${process.pid}-${randomUUID().slice(0, 8)}.partial`;
  try {
    await run(partial, steps, onProgress);
    rmSync(`${path}.wal`, { force: true });
    renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
    rmSync(`${partial}.wal`, { force: true });
  }
}

const rawStep = (folder: string): Step => ({
  name: 'raw.meter_readings',
  sql: readFileSync(join(folder, 'raw-data.sql'), 'utf8'),
});

const schemaSteps = (nodes: readonly Node[]): Step[] =>
  [...new Set(nodes.map((node) => node.schema))].map((schema) => ({
    name: schema,
    sql: `create schema if not exists ${identifier(schema)}`,
  }));

/**
 * Builds the warehouse unless it stands and its inputs are unchanged. Takes a few seconds for two million readings.
 * Throws when the manifest holds no compiled SQL and there is no warehouse yet.
 */
export async function buildWarehouse(options: BuildOptions = {}): Promise<BuildResult> {
  const { folder = import.meta.dirname, force = false, onProgress } = options;
  const path = join(folder, `data/${DATABASE}.duckdb`);
  const stamp = `${path}.inputs`;
  const nodes = readNodes(folder);
  // `dbt parse` writes a manifest without SQL: new tags, the same data.
  const parsedOnly = nodes.every((node) => node.resource_type === 'seed' || node.compiled_code === undefined);
  if (!force && parsedOnly && existsSync(path)) return { path, built: false };
  const inputs = fingerprint(nodes, folder);
  if (!force && existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) {
    return { path, built: false };
  }
  mkdirSync(join(folder, 'data'), { recursive: true });
  const steps = [
    rawStep(folder),
    ...schemaSteps(nodes),
    ...nodes.map((node) => ({ name: node.unique_id, sql: nodeSql(node, folder) })),
  ];
  await writeWhole(path, steps, onProgress);
  writeFileSync(stamp, inputs);
  return { path, built: true };
}

/** Builds a file that holds the raw data alone: what dbt starts from. */
async function buildRaw(folder: string): Promise<string> {
  const path = join(folder, `data/${DATABASE}.duckdb`);
  mkdirSync(join(folder, 'data'), { recursive: true });
  await writeWhole(path, [rawStep(folder)], undefined);
  rmSync(`${path}.inputs`, { force: true });
  return path;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { force: { type: 'boolean', default: false }, raw: { type: 'boolean', default: false } },
  });
  if (values.raw) {
    console.log(`raw data in ${await buildRaw(import.meta.dirname)}`);
  } else {
    const { path, built } = await buildWarehouse({
      force: values.force,
      onProgress: ({ done, total, name }) => console.log(`${done}/${total} ${name}`),
    });
    console.log(`${path} ${built ? 'built' : 'is up to date'}`);
  }
}
