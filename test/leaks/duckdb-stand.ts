/** DuckDB in this process, one database a side and one thread each: the cases run in parallel, not the queries. */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  LIST,
  listValue,
  SQLNULL,
  VARCHAR,
} from '@duckdb/node-api';
import { classify, isFatal } from '../../src/engines/duckdb/classify.ts';
import type { ParamValue } from '../../src/sql/stages.ts';
import { duckdbWitness } from '../../src/sql/verify-duckdb.ts';
import type { Outcome, Side, Stand, Table } from './stand.ts';
import { SEARCH_PATH, type Storage } from './world.ts';

/** Longest run of one query; a case that takes longer is not compared. */
const PATIENCE_MS = 5_000;

interface Database {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

export async function duckdbStand(): Promise<Stand> {
  const databases = new Map<Side, Database>();
  const loaded = new Map<Side, { readonly tables: readonly Table[]; readonly storage: Storage }>();
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-leaks-'));
  const database = async (side: Side): Promise<Database> => {
    const known = databases.get(side);
    if (known !== undefined) return known;
    const made = await open(join(scratch, `${side}-spill`));
    databases.set(side, made);
    return made;
  };

  const load = async (side: Side, tables: readonly Table[], storage: Storage): Promise<void> => {
    loaded.set(side, { tables, storage });
    const { connection } = await database(side);
    const folder = join(scratch, side);
    await mkdir(folder, { recursive: true });
    await connection.run(statements(tables, storage, folder));
  };

  const run: Stand['run'] = async (side, sql, params) => {
    const { connection, instance } = await database(side);
    const outcome = await execute(connection, sql, params);
    if (outcome.kind === 'failed' && isFatal(outcome.text)) {
      // The instance answers nothing any more.
      connection.closeSync();
      instance.closeSync();
      databases.delete(side);
      const { tables, storage } = loaded.get(side)!;
      await load(side, tables, storage);
    }
    return outcome;
  };

  return {
    engine: 'duckdb',
    database: databaseOf,
    load,
    run,
    // Its search path is the caller's.
    words: (sql, params) => run('copy', sql, params),
    async soundly(side, sql, params) {
      const { connection } = await database(side);
      // DuckDB 1.5.6 moves a join's filter below an ORDER BY with an OFFSET, which then passes over other rows.
      await connection.run("SET disabled_optimizers = 'join_filter_pushdown'");
      const outcome = await run(side, sql, params);
      await (await database(side)).connection.run("SET disabled_optimizers = ''");
      return outcome;
    },
    replaceRows: null,
    async witness(sql) {
      const { connection } = await database('copy');
      const read = await connection.runAndReadAll('SELECT json_serialize_sql($1::varchar)', [sql]);
      return duckdbWitness(read.getRowsJson()[0]?.[0]);
    },
    async close() {
      for (const { connection, instance } of databases.values()) {
        connection.closeSync();
        instance.closeSync();
      }
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** @param spill a folder of its own: instances that share one take each other's files. */
async function open(spill: string): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '512MB',
    temp_directory: spill,
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'; ATTACH ':memory:' AS packed (COMPRESS)");
  // The copy is also asked in the caller's own words.
  for (const schema of ['raw', ...SEARCH_PATH]) await connection.run(`CREATE SCHEMA ${schema}`);
  await connection.run(`SET search_path = '${SEARCH_PATH.join(',')}'`);
  return { instance, connection };
}

const databaseOf = (storage: Storage): string => (storage === 'packed' ? 'packed' : 'memory');

function statements(tables: readonly Table[], storage: Storage, folder: string): string {
  const database = databaseOf(storage);
  const schemas = ['raw', 'staged', ...SEARCH_PATH].map((schema) => `${database}.${schema}`);
  const parquet = storage === 'parquet';
  return [
    ...schemas.map((schema) => `DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`),
    ...tables.flatMap(({ schema, name, columns, rows }, i) => {
      const relation = `${database}.${identifier(schema)}.${identifier(name)}`;
      const table = parquet ? `${database}.staged.t${i}` : relation;
      const list = columns.map((column) => `${identifier(column.name)} ${column.type}`).join(', ');
      const values = rows.map((row) => `(${row.map(literal).join(', ')})`);
      const file = literal(join(folder, `${i}.parquet`));
      return [
        `CREATE TABLE ${table} (${list})`,
        ...(values.length === 0 ? [] : [`INSERT INTO ${table} VALUES ${values.join(', ')}`]),
        ...(parquet
          ? [`COPY ${table} TO ${file}`, `CREATE VIEW ${relation} AS SELECT * FROM read_parquet(${file})`]
          : []),
      ];
    }),
    ...(storage === 'packed' ? ['CHECKPOINT packed'] : []),
  ].join('; ');
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(cell: string | null): string {
  return cell === null ? 'NULL' : `'${cell.replaceAll("'", "''")}'`;
}

async function execute(
  connection: DuckDBConnection,
  sql: string,
  params: readonly ParamValue[],
): Promise<Outcome> {
  const watch = setTimeout(() => connection.interrupt(), PATIENCE_MS);
  try {
    if (params.length === 0)
      return { kind: 'rows', rows: (await connection.runAndReadAll(sql)).getRowsJson() };
    const statement = await connection.prepare(sql);
    try {
      // As the engine does: a value of a part that the engine pruned away has no place any more.
      const used = params.slice(0, statement.parameterCount);
      statement.bind(used.map(bindable), used.map(typeOf));
      return { kind: 'rows', rows: (await statement.runAndReadAll()).getRowsJson() };
    } finally {
      statement.destroySync();
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', code: classify(text), text };
  } finally {
    clearTimeout(watch);
  }
}

function typeOf(value: ParamValue): DuckDBType {
  if (typeof value === 'string') return VARCHAR;
  if (typeof value === 'boolean') return BOOLEAN;
  if (typeof value === 'bigint') return BIGINT;
  if (typeof value === 'number') return Number.isInteger(value) ? INTEGER : DOUBLE;
  return value === null ? SQLNULL : LIST(VARCHAR);
}

function bindable(value: ParamValue): DuckDBValue {
  return Array.isArray(value) ? listValue([...(value as readonly DuckDBValue[])]) : (value as DuckDBValue);
}
