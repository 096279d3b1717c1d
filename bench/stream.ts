/** Streams ten million rows of five columns as NDJSON through the engine process: rows a second, and the peak memory of both ends. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createDuckDbEngine } from '../src/engines/duckdb/engine.ts';
import type { RowEncoding } from '../src/engines/engine.ts';
import type { VerifiedQuery } from '../src/sql/stages.ts';
import { QUICK, report } from './report.ts';

const ROWS = Number(process.env.ROWS ?? (QUICK ? 1_000_000 : 10_000_000));
const READINGS = `CREATE TABLE gold.readings AS
SELECT i AS reading_id, timestamp '2020-01-01' + to_seconds(i * 60) AS read_at,
       (['north', 'south', 'a-region-with-a-longer-name'])[i % 3 + 1] AS region,
       round((i * 7919 % 100000) / 1000, 3)::DOUBLE AS kwh, i % 7 = 0 AS estimated
FROM range(${ROWS}) r(i)`;

/** Peak resident memory in MB, where the system tells. */
function peakOf(pid: number | 'self'): string {
  try {
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return `${Math.round(Number(kib) / 1024)} MB`;
  } catch {
    return 'unknown';
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const database = join(folder, 'warehouse.duckdb');
  const instance = await DuckDBInstance.create(database);
  const connection = await instance.connect();
  await connection.run('CREATE SCHEMA gold');
  await connection.run(READINGS);
  connection.closeSync();
  instance.closeSync();

  let pid = 0;
  const engine = await createDuckDbEngine({
    name: 'bench',
    database,
    catalog: 'warehouse',
    publishDir: join(folder, 'published'),
    memoryLimit: 512 << 20,
    concurrency: 4,
    perIdentity: 4,
    queue: 4,
    observe: (event) => {
      if (event.kind === 'engine_started') pid = event.pid;
    },
  });
  console.log(`streaming ${ROWS.toLocaleString('en')} rows of 5 columns`);
  try {
    for (const encoding of ['ndjson', 'json', 'csv'] as const) await measure(encoding);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }

  async function measure(encoding: RowEncoding): Promise<void> {
    const started = performance.now();
    const query = await engine.run(
      {
        engine: 'bench',
        sql: 'SELECT * FROM "warehouse"."gold"."readings"',
        params: [],
        columns: [],
      } as unknown as VerifiedQuery,
      {
        requestId: 'bench',
        principal: 'bench',
        encoding,
        maxRows: ROWS,
        maxBytes: Number.MAX_SAFE_INTEGER,
        timeoutMs: 600_000,
        signal: new AbortController().signal,
      },
    );
    let rows = 0;
    let bytes = 0;
    for await (const chunk of query.chunks) {
      rows += chunk.rows;
      bytes += chunk.bytes.byteLength;
    }
    const seconds = (performance.now() - started) / 1000;
    const rate = Math.round(rows / seconds).toLocaleString('en');
    report(
      `${ROWS / 1e6} million rows out of the engine process as ${encoding}`,
      `${rate} rows a second (${Math.round(bytes / 1e6 / seconds)} MB/s); peak memory: reader ${peakOf('self')}, engine process ${peakOf(pid)}`,
    );
  }
}

await main();
