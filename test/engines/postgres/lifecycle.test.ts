/** What ends a query or its connection, seen from the server as well: nothing runs on, nothing is left open, and the gate goes on. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, EngineObservation } from '../../../src/engines/engine.ts';
import { createPostgresEngine, type PostgresOptions } from '../../../src/engines/postgres/engine.ts';
import { SluiceError } from '../../../src/errors.ts';
import { rows, start, text } from '../support.ts';
import { missingServer, startServer, type TestServer } from './server.ts';

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof SluiceError ? error.code : String(error)),
  );

describe.skipIf(missingServer !== null)('a server', () => {
  let server: TestServer;
  let engine: Engine;
  let observed: EngineObservation[] = [];
  const open = (options: Partial<PostgresOptions> = {}): Engine => {
    observed = [];
    engine = createPostgresEngine({
      name: 'warehouse',
      connection: { url: server.urlFor('gate') },
      concurrency: 4,
      perIdentity: 4,
      queue: 16,
      observe: (event) => observed.push(event),
      ...options,
    });
    return engine;
  };
  beforeAll(async () => {
    server = await startServer({ max_connections: '20' });
    await server.run(
      'CREATE SCHEMA gold',
      "CREATE TABLE gold.wide AS SELECT i, repeat('0123456789', 50) AS filler FROM generate_series(1, 200000) i",
      'CREATE TABLE gold.changing (id int, name text)',
      "INSERT INTO gold.changing VALUES (1, 'a')",
      "CREATE ROLE gate LOGIN PASSWORD 'test'",
      'GRANT USAGE ON SCHEMA gold TO gate',
      'GRANT SELECT ON ALL TABLES IN SCHEMA gold TO gate',
      'ALTER DEFAULT PRIVILEGES IN SCHEMA gold GRANT SELECT ON TABLES TO gate',
      'ANALYZE',
    );
  });
  afterEach(() => engine?.close());
  afterAll(() => server?.close());

  /** Of the gate's connections, by what they do. */
  async function states(): Promise<readonly string[]> {
    const found = await server.rows(
      "SELECT state FROM pg_stat_activity WHERE usename = 'gate' ORDER BY state",
    );
    return found.map((row) => String(row.state));
  }

  async function eventually(holds: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 300 && !(await holds()); i++) await delay(30);
    expect(await holds()).toBe(true);
  }

  const asleep = async (): Promise<number> => (await states()).filter((state) => state === 'active').length;

  const quiet = async (): Promise<boolean> => (await states()).every((state) => state === 'idle');

  describe('what a query leaves', () => {
    it('is nothing after its end, its failure, its cut, its cancellation and its time', async () => {
      open();
      await rows(engine, 'SELECT 1');
      await codeOf(rows(engine, "SELECT CAST('x' || 1 AS int)"));
      await text(await start(engine, 'SELECT * FROM gold.wide', { maxRows: 10 }));
      await codeOf(rows(engine, 'SELECT pg_sleep(60)', { timeoutMs: 100 }));
      const answer = await start(engine, 'SELECT * FROM gold.wide', { maxRows: 200_000 });
      await answer.cancel();
      await eventually(quiet);
    });

    it('a cancelled query stops on the server, not in the gate alone', async () => {
      open();
      const caller = new AbortController();
      const asked = codeOf(rows(engine, 'SELECT pg_sleep(600)', { signal: caller.signal }));
      await eventually(async () => (await states()).includes('active'));
      caller.abort();
      expect(await asked).toBe('cancelled');
      await eventually(quiet);
    });

    it('connections are reused, and no more than the pool has', async () => {
      open({ concurrency: 3, perIdentity: 3, queue: 100 });
      await Promise.all(Array.from({ length: 40 }, () => rows(engine, 'SELECT count(*) FROM gold.changing')));
      const before = await states();
      expect(before.length).toBeLessThanOrEqual(5);
      for (let n = 0; n < 20; n++) await rows(engine, 'SELECT 1');
      expect((await states()).length).toBe(before.length);
    });

    it('closing the engine ends what runs', async () => {
      open();
      const asked = codeOf(rows(engine, 'SELECT pg_sleep(600)'));
      await eventually(async () => (await states()).includes('active'));
      await engine.close();
      expect(await asked).not.toBe('no error');
      await eventually(async () => (await states()).length === 0);
    });
  });

  describe('a slow reader', () => {
    it('holds the server, which goes on when it reads', async () => {
      open();
      const answer = await start(engine, 'SELECT * FROM gold.wide', { maxRows: 200_000, maxBytes: 1 << 30 });
      await delay(500);
      const waits = await server.rows(
        "SELECT wait_event FROM pg_stat_activity WHERE usename = 'gate' AND state = 'active'",
      );
      expect(waits).toEqual([{ wait_event: 'ClientWrite' }]);
      expect(JSON.parse(`[${await text(answer)}]`)).toHaveLength(200_000);
      await eventually(quiet);
    });

    it('that never comes back is let go on the server as well', async () => {
      open({ stallMs: 200, graceMs: 500 });
      const answer = await start(engine, 'SELECT * FROM gold.wide', { maxRows: 200_000, maxBytes: 1 << 30 });
      await eventually(async () => !(await states()).includes('active'));
      expect(await codeOf(text(answer))).toBe('timeout');
    });
  });

  describe('plans', () => {
    it('stay parallel', async () => {
      await server.run(
        'ALTER ROLE gate SET min_parallel_table_scan_size = 0',
        'ALTER ROLE gate SET parallel_setup_cost = 0',
        'ALTER ROLE gate SET parallel_tuple_cost = 0',
      );
      try {
        open();
        const caller = new AbortController();
        const asked = codeOf(
          rows(engine, 'SELECT count(*) FROM gold.wide WHERE pg_sleep(0.01) IS NOT NULL', {
            signal: caller.signal,
          }),
        );
        await eventually(async () => {
          const workers = await server.rows(
            "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'parallel worker'",
          );
          return workers.length > 0;
        });
        caller.abort();
        expect(await asked).toBe('cancelled');
      } finally {
        await server.run(
          'ALTER ROLE gate RESET min_parallel_table_scan_size',
          'ALTER ROLE gate RESET parallel_setup_cost',
          'ALTER ROLE gate RESET parallel_tuple_cost',
        );
      }
    });

    it('that a change of the table breaks are made anew', async () => {
      open({ concurrency: 1, perIdentity: 1 });
      const sql = 'SELECT * FROM gold.changing WHERE id = $1';
      for (let n = 0; n < 8; n++) expect(await rows(engine, sql, { params: [1] })).toEqual([[1, 'a']]);
      await server.run('ALTER TABLE gold.changing ADD COLUMN more int DEFAULT 7');
      expect(await rows(engine, sql, { params: [1] })).toEqual([[1, 'a', 7]]);
      await server.run('ALTER TABLE gold.changing DROP COLUMN more');
      expect(await rows(engine, sql, { params: [1] })).toEqual([[1, 'a']]);
    });

    it('of a table that was swapped read the new one', async () => {
      open();
      const sql = 'SELECT name FROM gold.changing';
      expect(await rows(engine, sql)).toEqual([['a']]);
      await server.run(
        "CREATE TABLE gold.next AS SELECT 2 AS id, 'b' AS name",
        'ALTER TABLE gold.changing RENAME TO past',
        'ALTER TABLE gold.next RENAME TO changing',
        'DROP TABLE gold.past',
      );
      expect(await rows(engine, sql)).toEqual([['b']]);
    });
  });

  describe('what went since the last push', () => {
    it.each([
      ['a relation', 'SELECT * FROM gold.gone'],
      ['a column', 'SELECT gone FROM gold.wide'],
      ['a schema', 'SELECT * FROM gone.wide'],
      ['the right to read', 'SELECT * FROM gold.closed'],
    ])('%s: the dataset is not available', async (_name, sql) => {
      open();
      await server.run(
        'CREATE TABLE IF NOT EXISTS gold.closed (id int)',
        'REVOKE ALL ON gold.closed FROM gate',
      );
      const error = await rows(engine, sql).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'dataset_invalid',
        message: 'The dataset is not available in the engine',
      });
    });
  });

  describe('more than the server has', () => {
    it('disk: temporary files beyond their limit', async () => {
      await server.run(
        "ALTER ROLE gate SET temp_file_limit = '1MB'",
        "ALTER ROLE gate SET work_mem = '64kB'",
      );
      try {
        open();
        expect(
          await codeOf(rows(engine, 'SELECT * FROM gold.wide ORDER BY filler, i DESC', { maxRows: 1 })),
        ).toBe('out_of_memory');
      } finally {
        await server.run('ALTER ROLE gate RESET temp_file_limit', 'ALTER ROLE gate RESET work_mem');
      }
    });

    it('depth and size: a class, and the server lives', async () => {
      open();
      const deep = `SELECT ${'('.repeat(3000)}1${')'.repeat(3000)}`;
      expect(await rows(engine, deep)).toEqual([[1]]);
      expect(await codeOf(rows(engine, "SELECT repeat('x', 2000000000)"))).not.toBe('no error');
      expect(await codeOf(rows(engine, 'SELECT chr(-1 - i) FROM gold.wide'))).toBe('invalid_argument');
      expect(await rows(engine, 'SELECT 1')).toEqual([[1]]);
    });

    it('connections: the others of the server took them all', async () => {
      open();
      const others = createPostgresEngine({
        name: 'others',
        connection: { url: server.urlFor('gate') },
        concurrency: 30,
        perIdentity: 30,
        queue: 0,
      });
      try {
        // One after the other: of many that come at once the server turns away more than it has no place for.
        const asked: Promise<string>[] = [];
        for (let turnedAway = ''; turnedAway === ''; ) {
          const one = codeOf(rows(others, 'SELECT pg_sleep(600)'));
          asked.push(one);
          const taken = eventually(async () => (await asleep()) === asked.length);
          turnedAway = await Promise.race([one, taken.then(() => '')]);
        }
        expect(await codeOf(rows(engine, 'SELECT 1'))).toBe('engine_unavailable');
        expect(await engine.health()).toBe('unavailable');
        await others.close();
        expect(await Promise.all(asked)).not.toContain('no error');
      } finally {
        await others.close();
      }
      expect(await rows(engine, 'SELECT 1')).toEqual([[1]]);
    });
  });

  describe('a server that goes', () => {
    it('while connections are idle is not noticed by the next query once it is back', async () => {
      open();
      await Promise.all(Array.from({ length: 4 }, () => rows(engine, 'SELECT 1')));
      await server.restart();
      expect(await rows(engine, 'SELECT 1')).toEqual([[1]]);
      expect(observed.some((event) => event.kind === 'engine_lost')).toBe(true);
    });

    it('an administrator ends one connection: the query runs again, unless rows of it were sent', async () => {
      open();
      const asked = rows(engine, 'SELECT 1 FROM pg_sleep(1)');
      await eventually(async () => (await states()).includes('active'));
      await server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gate'");
      expect(await asked).toEqual([[1]]);

      const answer = await start(engine, 'SELECT * FROM gold.wide', { maxRows: 200_000, maxBytes: 1 << 30 });
      await server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gate'");
      expect(await codeOf(text(answer))).toBe('engine_unavailable');
      expect(await rows(engine, 'SELECT 1')).toEqual([[1]]);
    });

    it('while a query runs, and comes back', async () => {
      open();
      const asked = codeOf(rows(engine, 'SELECT pg_sleep(60)'));
      await eventually(async () => (await states()).includes('active'));
      await server.crash();
      expect(await asked).toBe('engine_unavailable');
      expect(await codeOf(rows(engine, 'SELECT 1'))).toBe('engine_unavailable');
      expect(await codeOf(engine.stage())).toBe('engine_unavailable');
      expect(await engine.health()).toBe('unavailable');
      await server.restart();
      await eventually(async () => (await engine.health()) === 'ready');
      expect(await rows(engine, 'SELECT 1')).toEqual([[1]]);
    });
  });
});
