/** Small queries through the engine process against the same texts through the driver in this process, in the same run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createDuckDbEngine } from '../src/engines/duckdb/engine.ts';
import type { Engine } from '../src/engines/engine.ts';
import type { VerifiedQuery } from '../src/sql/stages.ts';
import { QUICK, report } from './report.ts';

const QUERIES: readonly (readonly [name: string, sql: string])[] = [
  ['constant', 'SELECT 1 AS one LIMIT 2'],
  [
    'point lookup',
    'SELECT "id", "name", "value" FROM "warehouse"."gold"."members" WHERE "id" = $1 LIMIT 101',
  ],
  ['page of 100', 'SELECT "id", "name", "value" FROM "warehouse"."gold"."members" LIMIT 101'],
  [
    'group of 1,000,000',
    'SELECT "region", sum("value") FROM "warehouse"."gold"."members" GROUP BY 1 LIMIT 101',
  ],
];
const SECONDS = QUICK ? 0.5 : 1.5;

async function rate(parallel: number, once: (i: number) => Promise<void>): Promise<number> {
  for (let i = 0; i < 50; i++) await once(i);
  let done = 0;
  const started = performance.now();
  const until = started + SECONDS * 1000;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (performance.now() < until) await once(done++);
    }),
  );
  return done / ((performance.now() - started) / 1000);
}

function throughEngine(engine: Engine, sql: string): (i: number) => Promise<void> {
  const signal = new AbortController().signal;
  return async (i) => {
    const params = sql.includes('$1') ? [i] : [];
    const query = await engine.run(
      { engine: 'bench', sql, params, columns: [] } as unknown as VerifiedQuery,
      {
        requestId: 'bench',
        principal: 'bench',
        encoding: 'json',
        maxRows: 100,
        maxBytes: 1 << 30,
        timeoutMs: 30_000,
        signal,
      },
    );
    const parts: Uint8Array[] = [];
    for await (const chunk of query.chunks) parts.push(chunk.bytes);
    Buffer.concat(parts).toString();
  };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const database = join(folder, 'warehouse.duckdb');
  const writer = await DuckDBInstance.create(database);
  const build = await writer.connect();
  await build.run('CREATE SCHEMA gold');
  await build.run(
    "CREATE TABLE gold.members AS SELECT i AS id, 'member-' || i AS name, i * 1.5 AS value, i % 7 AS region FROM range(1000000) r(i)",
  );
  build.closeSync();
  writer.closeSync();

  const engine = await createDuckDbEngine({
    name: 'bench',
    database,
    catalog: 'warehouse',
    publishDir: join(folder, 'published'),
    concurrency: 8,
    perIdentity: 8,
    queue: 64,
  });
  const instance = await DuckDBInstance.create(':memory:');
  const setup = await instance.connect();
  await setup.run(`ATTACH '${database}' AS warehouse (READ_ONLY)`);

  try {
    console.log('queries a second, median of the run; raw prepares each time, as an application would');
    for (const [name, sql] of QUERIES) {
      for (const parallel of [1, 4]) {
        const connections = await Promise.all(Array.from({ length: parallel }, () => instance.connect()));
        const raw = await rate(parallel, async (i) => {
          const connection = connections[i % parallel]!;
          const result = await connection.runAndReadAll(sql, sql.includes('$1') ? [i] : undefined);
          JSON.stringify(result.getRowsJson());
        });
        const child = await rate(parallel, throughEngine(engine, sql));
        report(
          `engine process beside the driver in this one, ${name}, ${parallel} at once`,
          `${Math.round((child / raw) * 100)}% (${Math.round(child)} against ${Math.round(raw)} a second)`,
        );
      }
    }
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
