/** The warehouse file stays free for dbt, and what is published changes under running queries without failing one. */
import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createDuckDbEngine } from '../../src/engines/duckdb/engine.ts';
import { type Bench, openBench, rows, start, text, writeWarehouse } from './support.ts';

const VERSION = 'SELECT version FROM warehouse.gold.state';
const state = (version: number): string[] => [
  'CREATE SCHEMA IF NOT EXISTS gold',
  `CREATE OR REPLACE TABLE gold.state AS SELECT ${version} AS version`,
  'CREATE TABLE IF NOT EXISTS gold.many AS SELECT i FROM range(3000000) r(i)',
];

let bench: Bench;
afterEach(() => bench.close());

/** Another process opens the original for writing, as dbt does; it fails where somebody holds the file. */
const WRITER = `
import { DuckDBInstance } from '@duckdb/node-api';
const [database, version, holdMs] = process.argv.slice(1);
const instance = await DuckDBInstance.create(database);
const connection = await instance.connect();
await connection.run('CREATE OR REPLACE TABLE gold.state AS SELECT ' + version + ' AS version');
console.log('written');
await new Promise((resolve) => setTimeout(resolve, Number(holdMs)));
connection.closeSync();
instance.closeSync();
`;
const writerArgs = (version: number, holdMs: number): string[] => [
  '--input-type=module',
  '-e',
  WRITER,
  bench.database,
  String(version),
  String(holdMs),
];
const dbtBuild = (version: number): string =>
  execFileSync(process.execPath, writerArgs(version, 0), { encoding: 'utf8' });

const copies = (): string[] =>
  readdirSync(join(bench.folder, 'published', 'warehouse')).filter((name) => name.endsWith('.duckdb'));

describe('a database file', () => {
  it('can be written by another process while it is served; the next publishing shows it', async () => {
    bench = await openBench(state(1));
    expect(await rows(bench.engine, VERSION)).toEqual([[1]]);
    dbtBuild(2);
    expect(await rows(bench.engine, VERSION)).toEqual([[1]]);
    await bench.engine.publish();
    expect(await rows(bench.engine, VERSION)).toEqual([[2]]);
  });

  it('published anew leaves queries in flight on what they began with', async () => {
    bench = await openBench(state(1));
    const reading = await start(
      bench.engine,
      'SELECT i, version FROM warehouse.gold.many, warehouse.gold.state',
      {
        maxRows: 3_000_000,
        maxBytes: 2 ** 40,
        encoding: 'ndjson',
      },
    );
    dbtBuild(2);
    await bench.engine.publish();
    expect(await rows(bench.engine, VERSION)).toEqual([[2]]);
    const old = await text(reading);
    expect(old.match(/"version":1\}/g)).toHaveLength(3_000_000);
  });

  it('fails no query while it is published again and again', async () => {
    bench = await openBench(state(0), { concurrency: 8, perIdentity: 8 });
    let published = 0;
    let publishing = true;
    const seen = new Set<number>();
    const readers = Array.from({ length: 3 }, async () => {
      let last = 0;
      while (publishing) {
        const [[version]] = (await rows(bench.engine, VERSION)) as [[number]];
        expect(version).toBeGreaterThanOrEqual(last);
        last = version;
        seen.add(version);
      }
    });
    for (let version = 1; version <= 5; version++) {
      await writeWarehouse(bench.database, state(version));
      await bench.engine.publish();
      published = version;
      expect(await rows(bench.engine, VERSION)).toEqual([[version]]);
    }
    publishing = false;
    await Promise.all(readers);
    expect(published).toBe(5);
    expect(seen.size).toBeGreaterThan(2);
    expect(bench.observed.filter((event) => event.kind === 'engine_lost')).toEqual([]);
  });

  it('is copied only when it changed, and one copy is kept, for its owner alone', async () => {
    bench = await openBench(state(1));
    const first = copies();
    await bench.engine.publish();
    expect(copies()).toEqual(first);
    expect(bench.observed.filter((event) => event.kind === 'engine_published')).toHaveLength(1);
    await writeWarehouse(bench.database, state(2));
    await bench.engine.publish();
    for (let i = 0; i < 100 && copies().length > 1; i++) await delay(20);
    expect(copies()).toHaveLength(1);
    expect(copies()).not.toEqual(first);
    const mode = statSync(join(bench.folder, 'published', 'warehouse', copies()[0]!)).mode & 0o777;
    expect(mode).toBe(0o600);
  });

  it('with changes in its log is published with them, while the writer still has it open', async () => {
    bench = await openBench(state(1));
    const writer = spawn(process.execPath, writerArgs(2, 4000), { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    expect(existsSync(`${bench.database}.wal`)).toBe(true);
    await bench.engine.publish();
    expect(writer.exitCode).toBeNull();
    expect(await rows(bench.engine, VERSION)).toEqual([[2]]);
    await new Promise((resolve) => writer.once('exit', resolve));
    await bench.engine.publish();
    expect(await rows(bench.engine, VERSION)).toEqual([[2]]);
  });

  it('that is written all the time is not published, and the last state is served on', async () => {
    bench = await openBench(state(1), { patienceMs: 300 });
    let writing = true;
    const writer = (async () => {
      while (writing) {
        writeFileSync(`${bench.database}.wal`, 'x');
        await delay(2);
      }
    })();
    await expect(bench.engine.publish()).rejects.toMatchObject({ code: 'engine_unavailable' });
    writing = false;
    await writer;
    expect(await rows(bench.engine, VERSION)).toEqual([[1]]);
  });

  it('that is no database is not published, and the last state is served on', async () => {
    bench = await openBench(state(1));
    writeFileSync(bench.database, 'not a database at all'.repeat(1000));
    await expect(bench.engine.publish()).rejects.toMatchObject({ code: 'engine_unavailable' });
    expect(await rows(bench.engine, VERSION)).toEqual([[1]]);
  });

  it('that is missing at start is served from the copy published last', async () => {
    bench = await openBench(state(1));
    await bench.engine.close();
    rmSync(bench.database);
    const observed: string[] = [];
    const again = await createDuckDbEngine({
      name: 'warehouse',
      database: bench.database,
      catalog: 'warehouse',
      publishDir: join(bench.folder, 'published'),
      concurrency: 2,
      perIdentity: 2,
      queue: 2,
      observe: (event) => observed.push(event.kind),
    });
    expect(await rows(again, VERSION)).toEqual([[1]]);
    expect(observed).toContain('engine_stale');
    await again.close();
  });

  it('that never was is a clear error', async () => {
    bench = await openBench(state(1));
    const missing = createDuckDbEngine({
      name: 'other',
      database: join(bench.folder, 'missing.duckdb'),
      catalog: 'other',
      publishDir: join(bench.folder, 'published'),
      concurrency: 1,
      perIdentity: 1,
      queue: 1,
    });
    await expect(missing).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: 'The database file of the engine does not exist.',
      hint: expect.stringContaining('missing.duckdb'),
    });
  });

  it('whose copy another gate removed is copied again when the process must be replaced', async () => {
    bench = await openBench(state(1));
    rmSync(join(bench.folder, 'published', 'warehouse', copies()[0]!));
    expect(await rows(bench.engine, VERSION)).toEqual([[1]]);
    const started = bench.observed.findLast((event) => event.kind === 'engine_started');
    process.kill(started?.kind === 'engine_started' ? started.pid : 0, 'SIGKILL');
    expect(await rows(bench.engine, VERSION)).toEqual([[1]]);
  });

  it('whose copy is gone is not served in a newer state that nobody published', async () => {
    bench = await openBench(state(1));
    await writeWarehouse(bench.database, state(2));
    rmSync(join(bench.folder, 'published', 'warehouse', copies()[0]!));
    const started = bench.observed.findLast((event) => event.kind === 'engine_started');
    process.kill(started?.kind === 'engine_started' ? started.pid : 0, 'SIGKILL');
    await expect(rows(bench.engine, VERSION)).rejects.toMatchObject({ code: 'engine_unavailable' });
    await bench.engine.publish();
    expect(await rows(bench.engine, VERSION)).toEqual([[2]]);
  });
});

describe('Parquet files', () => {
  it('are relations by folder, read-only, and nothing beside them can be read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-parquet-'));
    const gold = join(folder, 'lake', 'gold');
    mkdirSync(join(gold, 'parts'), { recursive: true });
    const secret = join(folder, 'lake', 'secret.parquet');
    bench = await openBench(state(1));
    await writeWarehouse(join(folder, 'maker.duckdb'), [
      `COPY (SELECT 1 AS a, 'x' AS b) TO '${gold}/single.parquet'`,
      `COPY (SELECT 1 AS n) TO '${gold}/parts/0.parquet'`,
      `COPY (SELECT 2 AS n) TO '${gold}/parts/1.parquet'`,
      `COPY (SELECT 'hidden' AS s) TO '${secret}'`,
    ]);
    const engine = await createDuckDbEngine({
      name: 'lake',
      parquet: join(folder, 'lake'),
      catalog: 'lake',
      publishDir: join(folder, 'published'),
      concurrency: 2,
      perIdentity: 2,
      queue: 2,
    });
    try {
      expect(await rows(engine, 'SELECT a, b FROM lake.gold.single')).toEqual([[1, 'x']]);
      expect(await rows(engine, 'SELECT sum(n) FROM lake.gold.parts')).toEqual([[3]]);
      const relations = await engine.describe();
      expect(
        relations.map(({ relation, columns }) => [relation.identifier, columns.map(({ type }) => type)]),
      ).toEqual([
        ['parts', ['INTEGER']],
        ['single', ['INTEGER', 'VARCHAR']],
      ]);
      // The engine's own views leave no row of the files out.
      expect(relations.map(({ view }) => view)).toEqual([false, false]);
      for (const path of [
        secret,
        `${gold}/../secret.parquet`,
        `${folder}/lake/*.parquet`,
        `${gold}/new.parquet`,
      ]) {
        await expect(rows(engine, `SELECT * FROM read_parquet('${path}')`)).rejects.toMatchObject({
          name: 'SluiceError',
        });
      }
      await expect(rows(engine, `COPY (SELECT 1) TO '${gold}/single.parquet'`)).rejects.toThrow();

      copyFileSync(join(gold, 'parts', '1.parquet'), join(gold, 'parts', '2.parquet'));
      expect(await rows(engine, 'SELECT sum(n) FROM lake.gold.parts')).toEqual([[3]]);
      await engine.publish();
      expect(await rows(engine, 'SELECT sum(n) FROM lake.gold.parts')).toEqual([[5]]);
    } finally {
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
