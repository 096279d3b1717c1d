/**
 * PostgreSQL on a server of its own, a database a side, each asked through the gate's engine under a role that may read
 * and nothing else. Where rows are `indexed`, the databases are others, whose planner prefers indexes.
 */
import pg from 'pg';
import { bindValue } from '../../src/engines/postgres/bind.ts';
import { classify } from '../../src/engines/postgres/classify.ts';
import { createPostgresEngine } from '../../src/engines/postgres/engine.ts';
import { RowEncoder } from '../../src/engines/postgres/row-encoder.ts';
import { settingsFor } from '../../src/engines/postgres/settings.ts';
import { Types } from '../../src/engines/postgres/types.ts';
import { SluiceError } from '../../src/errors.ts';
import { ByteWriter } from '../../src/results/byte-writer.ts';
import type { ParamValue, VerifiedQuery } from '../../src/sql/stages.ts';
import { postgresWitness } from '../../src/sql/verify-postgres.ts';
import { startServer } from '../engines/postgres/server.ts';
import type { Outcome, Side, Stand, Table } from './stand.ts';
import { PREFIX, type Row, SEARCH_PATH, type Storage } from './world.ts';

/** Longest run of one query; a case that takes longer is not compared. */
const PATIENCE_MS = 5_000;
const READER = 'reader';
/** By side; the copy's has the name that callers may put before those of datasets. */
const DATABASES: Readonly<Record<Side, string>> = { governed: 'governed', twin: 'twin', copy: PREFIX };
const INDEXED = '_indexed';
const LIKES_INDEXES = ['enable_seqscan', 'enable_hashjoin', 'enable_sort'];

export async function postgresStand(): Promise<Stand> {
  // Statistics change when a world says so.
  const server = await startServer({ autovacuum: 'off', jit: 'off' });
  const names = [...Object.values(DATABASES), `governed${INDEXED}`, `twin${INDEXED}`];
  await server.run(
    `CREATE ROLE ${READER} LOGIN PASSWORD 'test'`,
    ...names.flatMap((name) => [
      `CREATE DATABASE ${name}`,
      ...(name.endsWith(INDEXED)
        ? LIKES_INDEXES.map((what) => `ALTER DATABASE ${name} SET ${what} = off`)
        : []),
    ]),
  );
  const owners = new Map<string, pg.Client>();
  for (const name of names) {
    const owner = new pg.Client(server.urlFor('postgres', name));
    await owner.connect();
    await owner.query("CREATE TYPE public.grade AS ENUM ('low', 'mid', 'high', 'hidden')");
    owners.set(name, owner);
  }
  const engines = new Map(
    names.map((name) => [
      name,
      createPostgresEngine({
        name,
        connection: { url: server.urlFor(READER, name) },
        concurrency: 1,
        perIdentity: 1,
        queue: 8,
        // No text comes twice.
        preparedStatements: false,
      }),
    ]),
  );
  const words = new pg.Client(server.urlFor(READER, DATABASES.copy));
  await words.connect();
  const suffix = new Map<Side, string>();
  const databaseOf = (side: Side): string => `${DATABASES[side]}${suffix.get(side) ?? ''}`;

  return {
    engine: 'postgres',
    // The gate would print the database's name, which the twins' texts must not differ by.
    database: () => null,
    async load(side, tables, storage) {
      suffix.set(side, side !== 'copy' && storage === 'indexed' ? INDEXED : '');
      await owners.get(databaseOf(side))!.query(statements(tables, storage));
    },
    async run(side, sql, params) {
      const controller = new AbortController();
      try {
        const running = await engines
          .get(databaseOf(side))!
          .run({ engine: 'postgres', sql, params, columns: [] } as unknown as VerifiedQuery, {
            requestId: 'leaks',
            principal: 'ada',
            encoding: 'json',
            maxRows: 20_000,
            maxBytes: 64 << 20,
            timeoutMs: PATIENCE_MS,
            signal: controller.signal,
          });
        const pieces: string[] = [];
        const decoder = new TextDecoder();
        for await (const { bytes } of running.chunks) pieces.push(decoder.decode(bytes, { stream: true }));
        return { kind: 'rows', rows: JSON.parse(`[${pieces.join('')}]`) };
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        const { cause } = error;
        return { kind: 'failed', code: error.code, text: cause instanceof Error ? cause.message : '' };
      }
    },
    words: (sql, params) => ask(words, sql, params),
    soundly: null,
    async replaceRows(side, tables) {
      const replaced = tables.flatMap(({ schema, name, rows }) => {
        const relation = `${identifier(schema)}.${identifier(name)}`;
        return [`DELETE FROM ${relation}`, ...insert(relation, rows)];
      });
      await owners.get(databaseOf(side))!.query(replaced.join('; '));
    },
    witness: async (sql) => postgresWitness(sql),
    async close() {
      await Promise.all([...engines.values()].map((engine) => engine.close()));
      await Promise.all([...owners.values(), words].map((client) => client.end()));
      await server.close();
    },
  };
}

function statements(tables: readonly Table[], storage: Storage): string {
  const schemas = ['raw', ...SEARCH_PATH];
  return [
    ...schemas.map((schema) => `DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`),
    ...tables.flatMap(({ schema, name, columns, rows }) => {
      const relation = `${identifier(schema)}.${identifier(name)}`;
      const list = columns.map((column) => `${identifier(column.name)} ${typeOf(column.type)}`);
      return [
        `CREATE TABLE ${relation} (${list.join(', ')})`,
        ...insert(relation, rows),
        ...(storage === 'indexed'
          ? columns.map(({ name: column }) => `CREATE INDEX ON ${relation} (${identifier(column)})`)
          : []),
      ];
    }),
    ...schemas.map((schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${READER}`),
    `GRANT SELECT ON ALL TABLES IN SCHEMA ${schemas.join(', ')} TO ${READER}`,
    ...(storage === 'memory'
      ? []
      : tables.map(({ schema, name }) => `ANALYZE ${identifier(schema)}.${identifier(name)}`)),
  ].join('; ');
}

function insert(relation: string, rows: readonly Row[]): readonly string[] {
  const values = rows.map((row) => `(${row.map(literal).join(', ')})`);
  return values.length === 0 ? [] : [`INSERT INTO ${relation} VALUES ${values.join(', ')}`];
}

const typeOf = (type: string): string => (type === 'ENUM' ? 'public.grade' : type);

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(cell: string | null): string {
  return cell === null ? 'NULL' : `'${cell.replaceAll("'", "''")}'`;
}

/** Without the gate: names are looked up along the search path, as the caller means them. Rows as the engine writes them. */
async function ask(client: pg.Client, sql: string, params: readonly ParamValue[]): Promise<Outcome> {
  const bound = params.map(bindValue);
  await client.query('BEGIN READ ONLY');
  try {
    await client.query(settingsFor(18), [String(PATIENCE_MS)]);
    await client.query(`SELECT pg_catalog.set_config('search_path', '${SEARCH_PATH.join(', ')}', true)`);
    const result = await client.query<(Buffer | null)[]>({
      text: sql,
      values: bound.map(({ value }) => value),
      rowMode: 'array',
      types: { getTypeParser: () => (text: string) => Buffer.from(text) },
    });
    const types = new Types();
    const formats = result.fields.map((field) => types.of(field.dataTypeID, field.dataTypeModifier));
    const names = result.fields.map(({ name }) => name);
    const encoder = new RowEncoder('json', names, formats);
    const out = new ByteWriter(1024);
    for (const row of result.rows) encoder.write(wire(row), 0, out);
    const text = Buffer.from(out.bytes.buffer, 0, out.position).toString('utf8');
    return { kind: 'rows', rows: JSON.parse(`[${text}]`) };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { kind: 'failed', code: classify(error.code ?? ''), text: error.message };
  } finally {
    await client.query('ROLLBACK');
  }
}

/** A row as the server sends it. */
function wire(row: readonly (Buffer | null)[]): Buffer {
  const pieces: Buffer[] = [Buffer.alloc(2)];
  for (const value of row) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : value.length);
    pieces.push(length, ...(value === null ? [] : [value]));
  }
  return Buffer.concat(pieces);
}
