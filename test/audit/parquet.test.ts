/** An export as Parquet holds every field with its type, in flat memory, and leaves nothing behind. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EMPTY_HEAD, lineOf, link } from '../../src/audit/chain.ts';
import { EVENT_FIELDS } from '../../src/audit/check.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import { writeParquet } from '../../src/audit/export/parquet.ts';
import { sampleEvent } from './sample.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-parquet-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* linesOf(events: readonly AuditEvent[]): AsyncGenerator<Uint8Array> {
  let head = EMPTY_HEAD;
  for (const event of events) {
    const row = link(event, head);
    head = row;
    yield Buffer.from(`${lineOf(row)}\n`);
  }
}

async function rowsOf(path: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(sql.replace('$FILE', `'${path}'`));
  const rows = reader.getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows as readonly Record<string, unknown>[];
}

test('every field is there, with its type', async () => {
  const events = [
    sampleEvent('a'),
    sampleEvent('b', {
      on_behalf_of: { sub: "o'hara", issuer: null },
      datasets: [],
      purpose: 'line\nbreak, "quoted" 𝄞',
      error_code: 'timeout',
      rows: 9_007_199_254_740_991,
    }),
  ];
  const file = await writeParquet(linesOf(events), folder);
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  const described = await rowsOf(file.path, 'DESCRIBE SELECT * FROM read_parquet($FILE)');
  const types = Object.fromEntries(described.map((row) => [row.column_name, row.column_type]));
  expect(Object.keys(types).sort()).toEqual([...EVENT_FIELDS, 'hash', 'prev_hash', 'seq'].sort());
  expect(types).toMatchObject({ time: 'TIMESTAMP WITH TIME ZONE', datasets: 'VARCHAR[]', seq: 'BIGINT' });
  const rows = await rowsOf(
    file.path,
    `SELECT seq, epoch_ms(time) AS time, datasets, rows, purpose, on_behalf_of.sub AS behalf, subject.sub AS sub, prev_hash
     FROM read_parquet($FILE) ORDER BY seq`,
  );
  expect(rows).toMatchObject([
    {
      seq: '1',
      time: String(Date.parse(events[0]?.time ?? '')),
      datasets: ['gold.members', 'gold.readings'],
      behalf: null,
      sub: 'ana',
      prev_hash: '0'.repeat(64),
    },
    {
      seq: '2',
      datasets: [],
      rows: '9007199254740991',
      purpose: 'line\nbreak, "quoted" 𝄞',
      behalf: "o'hara",
    },
  ]);
  file.discard();
  expect(readdirSync(folder)).toEqual([]);
});

test('what breaks off on the way leaves nothing', async () => {
  async function* breaking() {
    yield* linesOf([sampleEvent('a')]);
    throw new Error('the log went away');
  }
  await expect(writeParquet(breaking(), folder)).rejects.toMatchObject({ code: 'audit_unavailable' });
  const gone = new AbortController();
  gone.abort();
  await expect(writeParquet(linesOf([sampleEvent('a')]), folder, gone.signal)).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(readdirSync(folder)).toEqual([]);
});
