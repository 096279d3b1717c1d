/** The engine process refuses everything but a SELECT on what is published, even for texts sent straight to it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import duckdb from '@duckdb/node-bindings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInstance } from '../../src/engines/duckdb/instance.ts';
import { type Bench, openBench, rows, writeWarehouse } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-locked-'));
const outside = join(folder, 'outside.csv');
const written = join(folder, 'written.csv');
const database = join(folder, 'warehouse.duckdb');
let bench: Bench;
let connection: duckdb.Connection;

beforeAll(async () => {
  writeFileSync(outside, 'a,b\n1,2\n');
  bench = await openBench(['CREATE SCHEMA gold', 'CREATE TABLE gold.t AS SELECT 1 AS i']);
  await writeWarehouse(database, ['CREATE SCHEMA gold', 'CREATE TABLE gold.t AS SELECT 1 AS i']);
  const tempDirectory = join(folder, 'tmp');
  mkdirSync(tempDirectory);
  const instance = await openInstance({
    kind: 'open',
    catalog: 'warehouse',
    source: { kind: 'database', path: database },
    tempDirectory,
    memoryLimit: 256 << 20,
    tempLimit: 64 << 20,
    threads: 1,
  });
  connection = await duckdb.connect(instance);
});
afterAll(async () => {
  duckdb.disconnect_sync(connection);
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Refused by the engine's own settings. */
const SETTINGS: readonly (readonly [sql: string, message: RegExp])[] = [
  [`COPY (SELECT 1) TO '${written}'`, /disabled by configuration/],
  [`COPY warehouse.gold.t TO '${written}'`, /disabled by configuration/],
  [`EXPORT DATABASE '${folder}/export'`, /disabled by configuration/],
  [`SELECT * FROM read_csv('${outside}')`, /disabled by configuration/],
  [`SELECT * FROM '${outside}'`, /disabled by configuration|does not exist/],
  [`SELECT * FROM read_text('/etc/hostname')`, /disabled by configuration/],
  [`SELECT * FROM read_blob('/etc/*')`, /disabled by configuration/],
  [`SELECT * FROM glob('/etc/*')`, /disabled by configuration/],
  [`SELECT * FROM read_parquet('https://example.com/x.parquet')`, /disabled|httpfs|not exist/i],
  [`ATTACH '${folder}/other.duckdb' AS other`, /disabled by configuration/],
  [`ATTACH '${outside}' AS other (READ_ONLY)`, /disabled by configuration/],
  ['INSTALL httpfs', /disabled by configuration/],
  ['LOAD httpfs', /disabled through configuration/],
  [`LOAD '${folder}/x.duckdb_extension'`, /disabled through configuration/],
  ['SET threads = 4', /locked/],
  ["SET memory_limit = '100GB'", /locked/],
  ["SET max_temp_directory_size = '100GB'", /locked|disabled/],
  ["SET temp_directory = '/tmp'", /locked|disabled/],
  ['SET enable_external_access = true', /locked|Cannot change/],
  ["SET allowed_directories = ['/']", /locked|Cannot change/],
  ["SET allowed_paths = ['/etc/hostname']", /locked|Cannot change/],
  ['SET lock_configuration = false', /locked/],
  ['RESET lock_configuration', /locked/],
  ['SET autoload_known_extensions = true', /locked/],
  ['SET allow_community_extensions = true', /locked|cannot/i],
  ['SET allow_unsigned_extensions = true', /locked|cannot/i],
  ["SET TimeZone = 'America/New_York'", /locked/],
  ['PRAGMA threads = 4', /locked/],
  ["PRAGMA enable_profiling = 'json'", /locked/],
  ['CREATE TABLE warehouse.gold.u (i INTEGER)', /read-only/],
  ['INSERT INTO warehouse.gold.t VALUES (2)', /read-only/],
  ['UPDATE warehouse.gold.t SET i = 2', /read-only/],
  ['DELETE FROM warehouse.gold.t', /read-only/],
  ['DROP TABLE warehouse.gold.t', /read-only/],
];

describe("the engine's settings refuse", () => {
  it.each(SETTINGS)('%s', async (sql, message) => {
    await expect(duckdb.query(connection, sql)).rejects.toThrow(message);
    expect(existsSync(written)).toBe(false);
  });

  it('and the published data can still be read', async () => {
    await expect(duckdb.query(connection, 'SELECT * FROM warehouse.gold.t')).resolves.toBeDefined();
  });
});

/** Not covered by a setting (1.5.6), so the process refuses the kind of statement. */
const STATEMENTS: readonly string[] = [
  ...SETTINGS.map(([sql]) => sql).filter((sql) => !sql.startsWith('SELECT')),
  "SET search_path = 'warehouse.gold'",
  'USE warehouse.gold',
  'SET VARIABLE x = 1',
  'CREATE TEMP TABLE x (i INTEGER)',
  'CREATE TABLE memory.main.x (i INTEGER)',
  'CREATE MACRO memory.main.upper(a) AS a',
  'CREATE TEMP MACRO upper(a) AS a',
  "CREATE SECRET s (TYPE s3, KEY_ID 'x')",
  "ATTACH ':memory:' AS other",
  'DETACH warehouse',
  'BEGIN',
  'CHECKPOINT',
  'VACUUM',
  'PRAGMA database_list',
  'PRAGMA show_tables',
  'CALL duckdb_settings()',
  'EXPLAIN SELECT 1',
  'EXPLAIN ANALYZE SELECT 1',
  'DESCRIBE warehouse.gold.t',
  'SHOW TABLES',
  'SUMMARIZE warehouse.gold.t',
  'PREPARE p AS SELECT 1',
  'EXECUTE p',
  'FROM warehouse.gold.t',
  'FROM duckdb_settings()',
  'SELECT 1; SELECT 2',
  'SELECT 1; CREATE TEMP TABLE x (i INTEGER)',
  'WITH x AS (SELECT 1) INSERT INTO warehouse.gold.t SELECT * FROM x',
  '',
  '-- nothing',
];

describe('the process refuses', () => {
  it.each(STATEMENTS)('%s', async (sql) => {
    await expect(rows(bench.engine, sql)).rejects.toMatchObject({ name: 'SluiceError' });
    expect(existsSync(written)).toBe(false);
  });

  it('and is none the worse for it', async () => {
    expect(await rows(bench.engine, "SELECT upper('a'), i FROM warehouse.gold.t")).toEqual([['A', 1]]);
    expect(bench.observed.filter((event) => event.kind === 'engine_lost')).toEqual([]);
  });

  it('nothing but the published catalog holds anything', async () => {
    const sql = 'SELECT database_name FROM duckdb_databases() WHERE NOT internal ORDER BY 1';
    expect(await rows(bench.engine, sql)).toEqual([['memory'], ['warehouse']]);
    expect(
      await rows(bench.engine, "SELECT count(*) FROM duckdb_tables() WHERE database_name <> 'warehouse'"),
    ).toEqual([[0]]);
  });
});
