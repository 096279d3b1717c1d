/** TPC-H and ClickBench through the whole gate: where no policy touches a query, its answer is that of the raw query on the same file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clickbenchColumns, clickbenchSql } from '../sql/clickbench.ts';
import { TPCH, TPCH_SQL } from '../sql/tpch.ts';
import { startGate, type TestGate } from './gate.ts';
import { writeProject } from './project.ts';

const CORPORA = join(import.meta.dirname, '../../../shared/corpora');
const present = existsSync(CORPORA);
if (!present) console.log('skipped: the corpora of TPC-H and ClickBench are not beside the repository');

const textOf = (path: string): string => (present ? readFileSync(join(CORPORA, path), 'utf8') : '');
const hits = clickbenchColumns(textOf('clickbench/create.sql'));

let gate: TestGate;
let raw: DuckDBConnection;

beforeAll(async () => {
  if (!present) return;
  const folder = await writeProject({
    sql: [...TPCH_SQL, 'CREATE SCHEMA clickbench', ...clickbenchSql('clickbench.hits', hits)],
    tables: [
      ...TPCH.map(({ name, columns }) => ({
        schema: 'tpch',
        name,
        columns: columns.map((column) => `${column.name} ${column.type}`),
      })),
      { schema: 'clickbench', name: 'hits', columns: hits },
    ],
  });
  gate = await startGate({ folder });
  const instance = await DuckDBInstance.create(join(folder, 'warehouse.duckdb'), {
    access_mode: 'READ_ONLY',
    threads: '2',
  });
  raw = await instance.connect();
  await raw.run("SET search_path = 'tpch,clickbench'");
});

afterAll(async () => {
  if (!present) return;
  raw.closeSync();
  await gate.close();
});

/** Numbers become numbers, whatever they travel as; all else is text. */
function plain(value: unknown, type: string): unknown {
  if (value === null) return null;
  if (/INT|DECIMAL|DOUBLE|FLOAT/i.test(type)) return Number(value);
  return typeof value === 'string' ? value.replace(/^(\d{4}-\d\d-\d\d)[T ]/, '$1 ') : JSON.stringify(value);
}

async function rawRows(sql: string): Promise<unknown[][]> {
  const result = await raw.runAndReadAll(sql);
  const types = result.columnTypes().map(String);
  return result.getRowsJson().map((row: Json[]) => row.map((value, i) => plain(value, types[i]!)));
}

async function gateRows(sql: string): Promise<unknown[][]> {
  const reply = await gate.query(null, sql, { limit: 10_000 });
  expect(reply.status, reply.text).toBe(200);
  expect(reply.body.page?.has_more).toBe(false);
  expect(reply.body.columns?.some((column) => column.masked)).toBe(false);
  const types = (reply.body.columns ?? []).map((column) => column.type);
  return (reply.body.rows ?? []).map((row) => row.map((value, i) => plain(value, types[i]!)));
}

/** In one order, floats to nine digits: the order in which they are summed shows behind those. */
function multiset(rows: readonly unknown[][]): readonly string[] {
  const shown = (value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(9) : value;
  return rows.map((row) => JSON.stringify(row.map(shown))).sort();
}

describe.skipIf(!present)('TPC-H over HTTP', () => {
  const files = present ? readdirSync(join(CORPORA, 'tpch')).filter((name) => name.endsWith('.sql')) : [];

  it('is there whole', () => expect(files).toHaveLength(22));

  it.each(files)('%s', async (file) => {
    const sql = textOf(`tpch/${file}`);
    expect(multiset(await gateRows(sql))).toEqual(multiset(await rawRows(sql)));
  });
});

describe.skipIf(!present)('ClickBench over HTTP', () => {
  const queries = textOf('clickbench/queries.sql')
    .split('\n')
    .filter((line) => line.trim() !== '');

  it('is there whole', () => expect(queries).toHaveLength(43));

  it.each(queries)('%s', async (sql) => {
    // Ties under a LIMIT may fall either way: the answer without it is compared, and the one with it is a part of that.
    const whole = sql.replace(/ LIMIT \d+( OFFSET \d+)?;?\s*$/, '');
    const expected = multiset(await rawRows(whole));
    expect(multiset(await gateRows(whole))).toEqual(expected);
    const part = multiset(await gateRows(sql));
    expect(part).toHaveLength((await rawRows(sql)).length);
    const left = [...expected];
    for (const row of part) expect(left.splice(left.indexOf(row), 1)).toEqual([row]);
  });
});
