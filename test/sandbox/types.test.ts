/** Every type of DuckDB and PostgreSQL as it stands in a sandbox: the same values, of the same type or the nearest that there is. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { landingOf } from '../../src/sandbox/types.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { writeProject } from '../e2e/project.ts';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';
import { rowsIn, type Sandbox, sandboxOf } from './sandbox-of.ts';

/** Type, and two values beside NULL. */
const ON_DUCKDB: readonly (readonly [name: string, type: string, one: string, other: string])[] = [
  ['boolean', 'BOOLEAN', 'true', 'false'],
  ['tinyint', 'TINYINT', '-128', '127'],
  ['smallint', 'SMALLINT', '-32768', '1'],
  ['integer', 'INTEGER', '-2147483648', '1'],
  ['bigint', 'BIGINT', '9223372036854775807', '-9007199254740993'],
  ['hugeint', 'HUGEINT', '170141183460469231731687303715884105727', '-1'],
  ['ubigint', 'UBIGINT', '18446744073709551615', '0'],
  ['decimal', 'DECIMAL(18,3)', '123456789012345.678', '-0.001'],
  ['wide_decimal', 'DECIMAL(38,10)', '1234567890123456789012345678.0123456789', '-1'],
  ['float', 'FLOAT', '0.1', "'NaN'"],
  ['double', 'DOUBLE', '1e-300', "'-Infinity'"],
  ['varchar', 'VARCHAR', "''", "E'a\"b\\\\c\\nd, ü 😀'"],
  ['blob', 'BLOB', "'\\x00\\xFF'::BLOB", "''::BLOB"],
  ['date', 'DATE', "'2024-02-29'", "'0044-03-15 (BC)'"],
  ['far_date', 'DATE', "'12345-01-01'", "'infinity'"],
  ['time', 'TIME', "'23:59:59.999999'", "'00:00:00'"],
  ['timestamp', 'TIMESTAMP', "'2024-02-29 12:30:00.123456'", "'-infinity'"],
  ['far_timestamp', 'TIMESTAMP', "'0044-03-15 (BC) 12:30:00.5'", "'20000-01-01 00:00:00'"],
  ['timestamp_s', 'TIMESTAMP_S', "'2024-02-29 12:30:01'", "'1969-12-31 23:59:59'"],
  ['timestamp_ms', 'TIMESTAMP_MS', "'2024-02-29 12:30:01.5'", "'1969-12-31 23:59:59'"],
  ['timestamp_ns', 'TIMESTAMP_NS', "'2024-02-29 12:30:01.123456789'", "'1969-12-31 23:59:59'"],
  ['timestamptz', 'TIMESTAMP WITH TIME ZONE', "'2024-02-29 12:30:00.123456+02'", "'infinity'"],
  ['timetz', 'TIME WITH TIME ZONE', "'12:30:00.5+02:00'", "'00:00:00-03:30'"],
  ['interval', 'INTERVAL', "'-1 year 2 months -3 days 04:05:06.000007'", "'-00:00:00.5'"],
  ['uuid', 'UUID', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  ['json', 'JSON', `'{"a": [1, null, "x"]}'`, `'"text"'`],
  ['bit', 'BIT', "'010101'", "'1'"],
  ['list', 'INTEGER[]', '[1, NULL, 3]', '[]'],
  ['texts', 'VARCHAR[]', `['NULL', NULL, 'a"b', '[1]']`, "['']"],
  ['deep_list', 'DECIMAL(10,2)[][]', '[[1.5, NULL], NULL, []]', '[]'],
  ['array', 'INTEGER[3]', '[1, 2, NULL]', '[4, 5, 6]'],
  ['moments', 'TIMESTAMP WITH TIME ZONE[]', "['2024-02-29 12:30:00+00'::TIMESTAMPTZ]", '[NULL]'],
  [
    'struct',
    'STRUCT("A b" INTEGER, "q""q" VARCHAR[])',
    `{'A b': 1, 'q"q': ['x', NULL]}`,
    `{'A b': NULL, 'q"q': NULL}`,
  ],
  [
    'structs',
    'STRUCT(d DATE, m MAP(VARCHAR, BIGINT))[]',
    "[{'d': '2024-02-29'::DATE, 'm': MAP {'k': 9223372036854775807}}, NULL]",
    "[{'d': NULL, 'm': NULL}]",
  ],
  ['map', 'MAP(INTEGER, DECIMAL(10,2))', 'MAP {1: 1.50, 2: NULL}', 'MAP {}'],
  ['mapped_lists', 'MAP(VARCHAR, INTEGER[])', "MAP {'a': [1, NULL]}", 'MAP {}'],
];

describe('on DuckDB', () => {
  let gate: TestGate;
  let sandbox: Sandbox;
  let theirs: unknown[][];
  let ours: unknown[][];
  let differing: unknown[];
  beforeAll(async () => {
    const columns = ON_DUCKDB.map(([name, type]) => `"${name}" ${type}`);
    const rows = [0, 1].map((row) => `(${row}, ${ON_DUCKDB.map((one) => one[2 + row]).join(', ')})`);
    const folder = await writeProject({
      sql: [
        'CREATE SCHEMA gold',
        `CREATE TABLE gold.things (id INTEGER, ${columns.join(', ')})`,
        `INSERT INTO gold.things VALUES ${rows.join(', ')}, (2, ${ON_DUCKDB.map(() => 'NULL').join(', ')})`,
        "CREATE TABLE gold.moods AS SELECT 'SECRET'::ENUM ('SECRET', 'happy') AS mood WHERE false",
      ],
      tables: [
        {
          schema: 'gold',
          name: 'things',
          columns: ['id INTEGER', ...ON_DUCKDB.map(([name, type]) => ({ name, type }))],
        },
        { schema: 'gold', name: 'moods', columns: ['mood VARCHAR'] },
      ],
    });
    gate = await startGate({ folder });
    sandbox = await sandboxOf(gate, 'reader');
    const names = ON_DUCKDB.map(([name]) => `"${name}"`);
    const read = (catalog: string) =>
      `SELECT ${names.map((name) => `${name}::VARCHAR`).join(', ')} FROM ${catalog}.gold.things ORDER BY id`;
    theirs = await rowsIn(sandbox.path, source(), read('source'));
    ours = await rowsIn(sandbox.path, source(), read('sandbox'));
    const differ = names.map(
      (name) => `count(*) FILTER (WHERE a.${name} IS DISTINCT FROM b.${name})::VARCHAR`,
    );
    const joined = 'source.gold.things AS a JOIN sandbox.gold.things AS b USING (id)';
    differing = (await rowsIn(sandbox.path, source(), `SELECT ${differ.join(', ')} FROM ${joined}`))[0] ?? [];
  });
  afterAll(() => gate?.close());

  const source = () => `ATTACH '${join(gate.folder, 'warehouse.duckdb')}' AS source (READ_ONLY)`;

  it('types are those of the source', async () => {
    const described = (catalog: string) =>
      `SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = '${catalog}' AND table_name = 'things' ORDER BY column_index`;
    const theirs = await rowsIn(sandbox.path, source(), described('source'));
    expect(await rowsIn(sandbox.path, described('sandbox'))).toEqual(theirs);
  });

  it.each(ON_DUCKDB.map(([name], at) => [name, at] as const))('%s keeps its values', (_name, at) => {
    expect(ours.map((row) => row[at])).toEqual(theirs.map((row) => row[at]));
    expect(differing[at]).toBe('0');
  });

  it('an enumeration is a text: its labels are values, those of rows that nobody sees among them', async () => {
    const type = await sandbox.rows("SELECT data_type FROM duckdb_columns() WHERE table_name = 'moods'");
    expect(type).toEqual([['VARCHAR']]);
  });
});

/** PostgreSQL's type, DuckDB's, a value, and that value as DuckDB writes it. */
const ON_POSTGRES: readonly (readonly [type: string, landing: string, value: string, text: string])[] = [
  ['boolean', 'BOOLEAN', 'true', 'true'],
  ['smallint', 'SMALLINT', '-32768', '-32768'],
  ['integer', 'INTEGER', '7', '7'],
  ['bigint', 'BIGINT', '-9223372036854775807', '-9223372036854775807'],
  ['numeric(12,2)', 'DECIMAL(12,2)', '1234567890.12', '1234567890.12'],
  ['numeric', 'DECIMAL(38,5)', '1234567890.12345', '1234567890.12345'],
  ['numeric(60,30)', 'DOUBLE', '123456789012345678901234567890.5', '1.2345678901234568e+29'],
  ['real', 'FLOAT', '0.1', '0.1'],
  ['double precision', 'DOUBLE', "'NaN'", 'nan'],
  ['text', 'VARCHAR', "E'a\\nb'", 'a\nb'],
  ['varchar(20)', 'VARCHAR', "'x'", 'x'],
  ['char(3)', 'VARCHAR', "'x'", 'x  '],
  ['bytea', 'BLOB', "'\\x00ff'", '\\x00\\xFF'],
  ['date', 'DATE', "'0044-03-15 BC'", '0044-03-15 (BC)'],
  ['time(3)', 'TIME', "'12:30:00.5'", '12:30:00.5'],
  ['timetz', 'TIME WITH TIME ZONE', "'12:30:00+02'", '12:30:00+02'],
  ['timestamp(3)', 'TIMESTAMP', "'2024-02-29 12:30:00.123'", '2024-02-29 12:30:00.123'],
  ['timestamptz', 'TIMESTAMP WITH TIME ZONE', "'2024-02-29 12:30:00+02'", '2024-02-29 10:30:00+00'],
  ['interval', 'INTERVAL', "'1 year -2 months 3 days 04:05:06.5'", '10 months 3 days 04:05:06.5'],
  ['uuid', 'UUID', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['jsonb', 'JSON', `'{"a": 1}'`, '{"a": 1}'],
  ['bit varying(8)', 'BIT', "B'0101'", '0101'],
  ['integer[]', 'INTEGER[]', "'{1,NULL,3}'", '[1, NULL, 3]'],
  ['text[]', 'VARCHAR[]', `ARRAY['a"b', NULL, 'NULL']`, `['a"b', NULL, 'NULL']`],
  ['numeric(10,2)[]', 'DECIMAL(10,2)[]', "'{1.50}'", '[1.50]'],
  ['integer[][]', 'JSON', "'{{1,2},{3,4}}'", '[[1,2],[3,4]]'],
  ['inet', 'VARCHAR', "'10.0.0.1'", '10.0.0.1'],
];

describe.skipIf(missingServer !== null)('from PostgreSQL', () => {
  let server: TestServer;
  let gate: TestGate;
  let values: unknown[][];
  beforeAll(async () => {
    server = await startServer();
    await server.run(
      'CREATE SCHEMA gold',
      `CREATE TABLE gold.things (id integer, ${ON_POSTGRES.map(([type], at) => `v${at} ${type}`).join(', ')})`,
      `INSERT INTO gold.things VALUES (1, ${ON_POSTGRES.map(([, , value]) => value).join(', ')}), (2${', NULL'.repeat(ON_POSTGRES.length)})`,
    );
    const folder = await writeProject({
      server: { engine: `{ kind: postgres, url: '${server.url}' }`, adapter: 'postgres' },
      sql: [],
      tables: [
        {
          schema: 'gold',
          name: 'things',
          columns: ['id integer', ...ON_POSTGRES.map(([type], at) => ({ name: `v${at}`, type }))],
        },
      ],
    });
    gate = await startGate({ folder });
    const sandbox = await sandboxOf(gate, 'reader');
    const each = ON_POSTGRES.map((_, at) => `[typeof(v${at}), v${at}::VARCHAR]`);
    values = await sandbox.rows(`SELECT ${each.join(', ')} FROM gold.things ORDER BY id`);
  });
  afterAll(async () => {
    await gate?.close();
    await server?.close();
  });

  it.each(ON_POSTGRES.map((one, at) => [one[0], at] as const))('%s', (_type, at) => {
    const [, landing, , value] = ON_POSTGRES[at] ?? [];
    expect(values.map((row) => row[at])).toEqual([
      [landing, value],
      [landing, null],
    ]);
  });
});

describe('a type that nobody knows', () => {
  it.each(['geometry', 'variant', 'unknown', 'x; DROP TABLE y', 'struct(', 'integer)', 'enum', ''])(
    '%s is a text',
    (text) => {
      expect(landingOf(text)).toMatchObject({ type: 'VARCHAR' });
      expect(landingOf(text).from('c0')).toBe('c0');
    },
  );
});
