/**
 * The audit as a DuckDB file that can be made anew at any time: filled from the log, in its order, as far as it has come.
 * The file is open only while it is filled, so that a copy of it is whole.
 */
import { createHash } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { followLog, type LogFollower } from '../audit/follow.ts';
import { SluiceError } from '../errors.ts';
import { AUDIT_TABLES, SHAPE } from './tables.ts';

export interface WarehouseFiles {
  readonly audit: string;
  readonly database: string;
}

export interface Filled {
  /** Up to which event. */
  readonly seq: number;
  /** Events that came since the last time. */
  readonly added: number;
}

/** Events a transaction, and bytes of them. */
const PART = 10_000;
const PART_BYTES = 16_000_000;
/** Of the tables: a file of another version is made anew. */
const VERSION = createHash('sha256')
  .update(JSON.stringify([SHAPE, AUDIT_TABLES]))
  .digest('hex')
  .slice(0, 16);
const OPTIONS = {
  memory_limit: '512MB',
  threads: '2',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
};
/** Milliseconds that one waits for another who fills it. */
const LOCKED_MS = 30_000;
const LOCKED_AGAIN_MS = 20;

/** Brings the file up to the log's end, as it was when this began at the least. */
export async function fillWarehouse(files: WarehouseFiles): Promise<Filled> {
  const log = followLog(files.audit);
  const lock = await occupy(files.database);
  const filling = () => inWarehouse(files.database, (connection) => fill(connection, log));
  try {
    return await filling().catch((thrown: unknown) => {
      // Of the log's own faults the file knows nothing.
      if (thrown instanceof SluiceError) throw thrown;
      remove(files.database);
      return filling();
    });
  } finally {
    lock.close();
    log.close();
  }
}

/** There is nothing in it that is not in the log as well. */
function remove(database: string): void {
  rmSync(database, { force: true });
  rmSync(`${database}.wal`, { force: true });
}

/** @param work gets a connection that is closed after it, with everything in the file */
export async function withWarehouse<T>(
  database: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const lock = await occupy(database);
  try {
    return await inWarehouse(database, work);
  } finally {
    lock.close();
  }
}

async function inWarehouse<T>(
  database: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await openInstance(database);
  chmodSync(database, 0o600);
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** What cannot be opened goes: nothing in it is not in the log as well. */
async function openInstance(database: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(database, OPTIONS);
  } catch {
    remove(database);
    return DuckDBInstance.create(database, OPTIONS);
  }
}

/** DuckDB does not notice a second instance of this very process on its file; SQLite does, and lets go of what was killed. */
async function occupy(database: string): Promise<DatabaseSync> {
  const started = performance.now();
  for (;;) {
    // Not waited for inside SQLite: whoever has it may be this very thread.
    const lock = new DatabaseSync(`${database}.lock`, { timeout: 0 });
    try {
      lock.exec('BEGIN EXCLUSIVE');
      return lock;
    } catch (error) {
      lock.close();
      if (performance.now() - started > LOCKED_MS) throw error;
      await delay(LOCKED_AGAIN_MS);
    }
  }
}

async function fill(connection: DuckDBConnection, log: LogFollower): Promise<Filled> {
  const { first, head } = log.ends();
  let at = await placeOf(connection);
  if (at === null || !holds(at, log, first, head.seq)) {
    await makeAnew(connection);
    at = { seq: first - 1, hash: '', first };
  }
  if (at.first < first) await forget(connection, first);
  const begun = at.seq;
  let seq = begun;
  for (;;) {
    const rows = log.after(seq, PART, PART_BYTES);
    const last = rows.at(-1);
    if (last === undefined) break;
    await connection.run('BEGIN');
    const appender = await connection.createAppender('incoming_bodies', null, 'temp');
    for (const row of rows) {
      appender.appendBigInt(BigInt(row.seq));
      appender.appendVarchar(row.body);
      appender.endRow();
    }
    appender.closeSync();
    await connection.run(
      `INSERT INTO incoming SELECT seq, json_transform(body, '${SHAPE}') FROM incoming_bodies ORDER BY seq`,
    );
    for (const { name, source, columns } of AUDIT_TABLES)
      await connection.run(
        `INSERT INTO main.${name} SELECT ${columns.map(({ from }) => from).join(', ')} FROM ${source}`,
      );
    await connection.run('DELETE FROM incoming; DELETE FROM incoming_bodies');
    await connection.run('UPDATE state.filled SET seq = $1, hash = $2, first = $3', [
      BigInt(last.seq),
      last.hash,
      BigInt(first),
    ]);
    await connection.run('COMMIT');
    seq = last.seq;
  }
  if (seq > begun || at.first < first) await connection.run('CHECKPOINT');
  return { seq, added: seq - begun };
}

interface Place {
  readonly seq: number;
  readonly hash: string;
  /** The oldest event that the log held when it was filled last. */
  readonly first: number;
}

/** Null where the file is new, or another version's. Makes what is needed on the way. */
async function placeOf(connection: DuckDBConnection): Promise<Place | null> {
  await connection.run('CREATE TEMP TABLE incoming_bodies (seq BIGINT, body VARCHAR)');
  await connection.run(
    `CREATE TEMP TABLE incoming AS SELECT seq, json_transform(body, '${SHAPE}') AS e FROM incoming_bodies LIMIT 0`,
  );
  const known = await connection.runAndReadAll(
    "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'state' AND table_name = 'filled'",
  );
  if (known.currentRowCount === 0) return null;
  const [row] = (
    await connection.runAndReadAll(`SELECT seq, hash, first FROM state.filled WHERE version = '${VERSION}'`)
  ).getRows();
  return row === undefined ? null : { seq: Number(row[0]), hash: String(row[1]), first: Number(row[2]) };
}

/** Whether the log goes on from there: it is still the same chain, and has lost nothing that was not filled in. */
function holds({ seq, hash }: Place, log: LogFollower, first: number, last: number): boolean {
  if (seq > last || seq < first - 1) return false;
  const found = seq >= first ? log.hashAt(seq) : null;
  return found === null || found === hash || hash === '';
}

async function makeAnew(connection: DuckDBConnection): Promise<void> {
  await connection.run('CREATE SCHEMA IF NOT EXISTS state');
  for (const { name, columns } of AUDIT_TABLES)
    await connection.run(
      `CREATE OR REPLACE TABLE main.${name} (${columns.map((column) => `${column.name} ${column.type}`).join(', ')})`,
    );
  await connection.run(
    'CREATE OR REPLACE TABLE state.filled (version VARCHAR, seq BIGINT, hash VARCHAR, first BIGINT)',
  );
  await connection.run(`INSERT INTO state.filled VALUES ('${VERSION}', 0, '', 1)`);
}

/** What retention has removed. */
async function forget(connection: DuckDBConnection, first: number): Promise<void> {
  await connection.run('BEGIN');
  for (const { name } of AUDIT_TABLES)
    await connection.run(`DELETE FROM main.${name} WHERE seq < $1`, [BigInt(first)]);
  await connection.run('UPDATE state.filled SET first = $1', [BigInt(first)]);
  await connection.run('COMMIT');
}
