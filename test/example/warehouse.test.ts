/** The warehouse that is built without dbt: the relations that dbt catalogued, the same on every build, whole or not at all. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWarehouse } from '../../examples/energy-community/build-warehouse.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/energy-community');
const BUILT_HERE = new Set(['data', '.venv', 'logs', '.sluice']);

interface CatalogEntry {
  readonly metadata: { readonly schema: string; readonly name: string };
  readonly columns: Readonly<Record<string, { name: string; index: number; type: string }>>;
}

function copyOfExample(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'sluice-example-')), 'copy');
  cpSync(EXAMPLE, folder, { recursive: true, filter: (source) => !BUILT_HERE.has(basename(source)) });
  return folder;
}

/** Columns of every relation, in the form `schema.table: column type, …`. */
function relationsOfCatalog(folder: string): string[] {
  const { nodes, sources } = JSON.parse(readFileSync(join(folder, 'target/catalog.json'), 'utf8')) as {
    readonly nodes: Readonly<Record<string, CatalogEntry>>;
    readonly sources: Readonly<Record<string, CatalogEntry>>;
  };
  return [...Object.values(nodes), ...Object.values(sources)]
    .map(({ metadata, columns }) => {
      const ordered = Object.values(columns).sort((a, b) => a.index - b.index);
      return `${metadata.schema}.${metadata.name}: ${ordered.map((c) => `${c.name} ${c.type}`).join(', ')}`;
    })
    .sort();
}

async function query(path: string, sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function relationsOfWarehouse(path: string): Promise<string[]> {
  const rows = await query(
    path,
    `select schema_name || '.' || table_name || ': ' || string_agg(column_name || ' ' || data_type, ', ' order by column_index)
     from duckdb_columns() where database_name = 'energy_community' and not internal group by schema_name, table_name`,
  );
  return rows.map((row) => String(row[0])).sort();
}

const digest = (path: string, relation: string) =>
  query(
    path,
    `select count(*), sum(md5_number_lower(cast(t as varchar)) % 1000000007) from ${relation} as t`,
  );

function editManifest(folder: string, edit: (text: string) => string): void {
  const path = join(folder, 'target/manifest.json');
  writeFileSync(path, edit(readFileSync(path, 'utf8')));
}

describe('the warehouse of the example', () => {
  let folder: string;
  let path: string;

  beforeAll(async () => {
    folder = copyOfExample();
    const result = await buildWarehouse({ folder });
    expect(result.built).toBe(true);
    path = result.path;
  });
  afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  it('has exactly the relations, columns and types that dbt catalogued', async () => {
    expect(await relationsOfWarehouse(path)).toEqual(relationsOfCatalog(folder));
  });

  it('holds about two million readings, the same on every machine', async () => {
    const rows = await query(
      path,
      `select count(*), sum(energy_wh), sum(energy_wh * (1 + epoch(read_at)::bigint // 3600 % 1009)) from raw.meter_readings`,
    );
    expect(rows).toEqual([['2099520', '1400791230', '696633870130']]);
  });

  it.each([
    ['main_marts.members', 300],
    ['main_marts.meter_readings', 2_099_520],
    ['main_marts.consumption_forecast', 9_000],
    ['main_marts.invoices', 2_400],
    ['main_marts.community_totals', 24],
    ['main_snapshots.members_snapshot', 300],
  ])('%s holds %d rows', async (relation, rows) => {
    expect(await query(path, `select count(*)::integer from ${relation}`)).toEqual([[rows]]);
  });

  it('is left alone while its inputs are the same', async () => {
    expect(await buildWarehouse({ folder })).toEqual({ path, built: false });
  });

  it('is left alone when a tag changes, since the data does not', async () => {
    editManifest(folder, (text) => text.replaceAll('"pii.phone"', '"pii.telephone"'));
    expect((await buildWarehouse({ folder })).built).toBe(false);
  });

  it('is built anew when a seed changes, and then holds the change', async () => {
    const before = await digest(path, 'main_marts.invoices');
    const seed = join(folder, 'seeds/communities.csv');
    writeFileSync(seed, readFileSync(seed, 'utf8').replace('Gamma Grid Friends', 'Gamma Renamed'));
    const progress: string[] = [];
    const result = await buildWarehouse({ folder, onProgress: ({ name }) => progress.push(name) });
    expect(result.built).toBe(true);
    expect(progress.at(-1)).toBe('done');
    expect(await query(path, `select name from main_seeds.communities where community = 'gamma'`)).toEqual([
      ['Gamma Renamed'],
    ]);
    expect(await digest(path, 'main_marts.invoices')).toEqual(before);
  });

  it('stays as it was when a build fails, and nothing half made lies beside it', async () => {
    const seed = join(folder, 'seeds/communities.csv');
    const good = readFileSync(seed, 'utf8');
    writeFileSync(seed, `${good}delta,Delta,west,never\n`);
    await expect(buildWarehouse({ folder })).rejects.toThrow();
    writeFileSync(seed, good);
    expect(readdirSync(join(folder, 'data')).sort()).toEqual([
      'energy_community.duckdb',
      'energy_community.duckdb.inputs',
    ]);
    expect((await buildWarehouse({ folder })).built).toBe(false);
  });

  it('stays when the manifest was only parsed, and says so where there is none yet', async () => {
    editManifest(folder, (text) => {
      const manifest = JSON.parse(text) as { nodes: Record<string, { compiled_code?: string }> };
      for (const node of Object.values(manifest.nodes)) delete node.compiled_code;
      return JSON.stringify(manifest);
    });
    expect((await buildWarehouse({ folder })).built).toBe(false);
    rmSync(path);
    await expect(buildWarehouse({ folder })).rejects.toThrow(/no compiled SQL/);
    expect(existsSync(path)).toBe(false);
  });
});
