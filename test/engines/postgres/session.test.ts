/** What holds around every query, whatever the role, the database or the server has for a default. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engines/engine.ts';
import { createPostgresEngine, type PostgresOptions } from '../../../src/engines/postgres/engine.ts';
import { SluiceError } from '../../../src/errors.ts';
import { rows } from '../support.ts';
import { missingServer, startServer, type TestServer } from './server.ts';

/** Defaults that would change what a text means, or how values are written. */
const HOSTILE = {
  search_path: 'evil, pg_catalog',
  standard_conforming_strings: 'off',
  transform_null_equals: 'on',
  row_security: 'off',
  timezone: 'Asia/Kolkata',
  datestyle: 'German',
  intervalstyle: 'postgres_verbose',
  extra_float_digits: '-10',
  bytea_output: 'escape',
  statement_timeout: '900',
  lock_timeout: '1',
  array_nulls: 'off',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
};

describe.skipIf(missingServer !== null)('a session', () => {
  let server: TestServer;
  let engine: Engine;
  const open = (options: Partial<PostgresOptions> = {}): Engine =>
    createPostgresEngine({
      name: 'warehouse',
      connection: { url: server.urlFor('gate') },
      concurrency: 1,
      perIdentity: 1,
      queue: 4,
      ...options,
    });
  beforeAll(async () => {
    server = await startServer();
    await server.run(
      'CREATE SCHEMA gold',
      'CREATE TABLE gold.members (id int PRIMARY KEY, region text)',
      "INSERT INTO gold.members SELECT i, 'r' || i % 3 FROM generate_series(1, 100) i",
      'CREATE SEQUENCE gold.numbers',
      'CREATE SCHEMA evil',
      `CREATE FUNCTION evil.upper(text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$`,
      `CREATE TABLE evil.members AS SELECT 1 AS id, 'evil' AS region`,
      "CREATE ROLE gate LOGIN PASSWORD 'test'",
      'GRANT USAGE ON SCHEMA gold, evil TO gate',
      'GRANT SELECT, INSERT ON gold.members TO gate',
      'GRANT USAGE ON SEQUENCE gold.numbers TO gate',
      ...Object.entries(HOSTILE).map(([name, value]) =>
        name === 'search_path'
          ? `ALTER ROLE gate SET ${name} = ${value}`
          : `ALTER ROLE gate SET ${name} = '${value}'`,
      ),
    );
    engine = open();
  });
  afterAll(async () => {
    await engine?.close();
    await server?.close();
  });

  it.for([
    ['search_path', ''],
    ['transaction_read_only', 'on'],
    ['transaction_isolation', 'repeatable read'],
    ['standard_conforming_strings', 'on'],
    ['transform_null_equals', 'off'],
    ['row_security', 'on'],
    ['timezone', 'UTC'],
    ['datestyle', 'ISO, MDY'],
    ['intervalstyle', 'iso_8601'],
    ['bytea_output', 'hex'],
    ['lock_timeout', '10s'],
    ['idle_in_transaction_session_timeout', '1min'],
    ['client_connection_check_interval', '5s'],
    ['application_name', 'sluice'],
    ['client_encoding', 'UTF8'],
  ] as const)('%s is %s', async ([name, value], { skip }) => {
    skip(name === 'client_connection_check_interval' && server.version < 14, 'a newer server has it');
    expect(await rows(engine, `SELECT current_setting('${name}')`)).toEqual([[value]]);
  });

  it('the statement timeout is the limit and the time for reading', async () => {
    const [[setting]] = (await rows(engine, "SELECT current_setting('statement_timeout')", {
      timeoutMs: 30_000,
    })) as [[string]];
    expect(setting).toBe('1830s');
  });

  it('values are written alike', async () => {
    const sql = `SELECT 0.1::float8 + 0.2::float8, DATE '2024-02-03', '\\x00ff'::bytea, INTERVAL '1 day', '2024-01-01 00:00:00+00'::timestamptz, 'a\\', '{null}'::text[]`;
    expect(await rows(engine, sql)).toEqual([
      [0.30000000000000004, '2024-02-03', 'AP8=', 'P1D', '2024-01-01T00:00:00Z', 'a\\', [null]],
    ]);
  });

  it("a name without schema is the system's own", async () => {
    expect(await rows(engine, "SELECT upper('a')")).toEqual([['A']]);
    await expect(rows(engine, 'SELECT * FROM members')).rejects.toMatchObject({ code: 'dataset_invalid' });
  });

  it.each([
    'INSERT INTO gold.members VALUES (1000)',
    'WITH made AS (INSERT INTO gold.members VALUES (1000) RETURNING *) SELECT * FROM made',
    'DELETE FROM gold.members',
    "SELECT nextval('gold.numbers')",
    'CREATE TABLE gold.made (id int)',
    'SELECT 1; SELECT 2',
    "SELECT set_config('transaction_read_only', 'off', true)",
    "SELECT * FROM pg_read_file('/etc/passwd')",
    'COMMIT',
  ])('nothing is written or left, were it ever asked: %s', async (sql) => {
    await rows(engine, sql).catch((error: unknown) => expect(error).toBeInstanceOf(SluiceError));
    expect(await server.rows('SELECT count(*)::int AS n FROM gold.members')).toEqual([{ n: 100 }]);
    expect(await rows(engine, "SELECT current_setting('transaction_read_only')")).toEqual([['on']]);
  });

  it('the time that a query has is the limit of the gate, not a default of the role', async () => {
    expect(await rows(engine, 'SELECT pg_sleep(1.5)::text')).toEqual([['']]);
  });

  it('one query sees one state of the data', async () => {
    const reading = rows(
      engine,
      'SELECT (SELECT count(*) FROM gold.members), pg_sleep(0.5)::text, (SELECT count(*) FROM gold.members)',
    );
    await server.run('INSERT INTO gold.members SELECT i FROM generate_series(200, 300) i');
    const [[before, , after]] = (await reading) as [[number, string, number]];
    expect(after).toBe(before);
    await server.run('DELETE FROM gold.members WHERE id >= 200');
  });

  it('a setting that a query changes is gone after it', async () => {
    await rows(
      engine,
      "SELECT set_config('search_path', 'evil', false), set_config('timezone', 'Asia/Tokyo', false)",
    );
    expect(await rows(engine, "SELECT current_setting('search_path'), current_setting('timezone')")).toEqual([
      ['', 'UTC'],
    ]);
  });

  it('behind a pooler that keeps no statements, all is sent each time', async () => {
    const pooled = open({ preparedStatements: false });
    try {
      for (let n = 1; n <= 3; n++)
        expect(await rows(pooled, 'SELECT region FROM gold.members WHERE id = $1', { params: [n] })).toEqual([
          [`r${n % 3}`],
        ]);
      expect(await rows(pooled, 'SELECT count(*) FROM pg_prepared_statements')).toEqual([[0]]);
    } finally {
      await pooled.close();
    }
  });

  it('statements stay prepared, up to a bound', async () => {
    for (let n = 0; n < 150; n++) expect(await rows(engine, `SELECT ${n}`)).toEqual([[n]]);
    const [[kept]] = (await rows(engine, 'SELECT count(*) FROM pg_prepared_statements')) as [[number]];
    expect(kept).toBeGreaterThan(50);
    expect(kept).toBeLessThanOrEqual(66);
  });

  it('a text is prepared once for each kind of its values', async () => {
    const sql = 'SELECT $1::text || 1';
    for (const value of ['a', 1, 2.5, true, null, 'b']) await rows(engine, sql, { params: [value] });
    expect(await rows(engine, sql, { params: ['b'] })).toEqual([['b1']]);
  });
});
