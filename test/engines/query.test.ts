/** Queries through the engine process: values in and out, cuts, errors without data, and what is refused though it never should arrive. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODES, SluiceError } from '../../src/errors.ts';
import type { ParamValue } from '../../src/sql/stages.ts';
import { type Bench, openBench, rows, start, text } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench([
    'CREATE SCHEMA gold',
    "CREATE TABLE gold.numbers AS SELECT i, 'secret-' || i AS name FROM range(50000) r(i)",
    "CREATE TABLE gold.texts AS SELECT i, CASE WHEN i % 5 = 0 THEN NULL WHEN i % 3 = 0 THEN 'short' ELSE repeat(chr(97 + (i % 26)::INT), (i * 7 % 300)::INT) END AS t FROM range(20000) r(i)",
    "CREATE TABLE gold.moods (mood ENUM ('secret-mood', 'other'), tags VARCHAR[], seen TIMESTAMPTZ, amount DECIMAL(10,2))",
    'CREATE VIEW gold.few AS SELECT i FROM gold.numbers WHERE i < 3',
  ]);
});
afterAll(() => bench.close());

describe('parameters', () => {
  it.each<[ParamValue, string, string]>([
    ["it's; DROP TABLE x --", 'VARCHAR', "it's; DROP TABLE x --"],
    ['', 'VARCHAR', ''],
    [7, 'INTEGER', '7'],
    [2 ** 40, 'BIGINT', '1099511627776'],
    [2n ** 62n, 'BIGINT', '4611686018427387904'],
    [2n ** 100n, 'HUGEINT', '1267650600228229401496703205376'],
    [1.5, 'DOUBLE', '1.5'],
    [true, 'BOOLEAN', 'true'],
    [['a', "b'c"], 'VARCHAR[]', "[a, 'b\\'c']"],
    [[1, 2 ** 40], 'BIGINT[]', '[1, 1099511627776]'],
    [[1.5, 2], 'DOUBLE[]', '[1.5, 2.0]'],
    [[true, false], 'BOOLEAN[]', '[true, false]'],
    [[], 'VARCHAR[]', '[]'],
    [['a', 1], 'VARCHAR[]', '[a, 1]'],
  ])('%s is bound as %s', async (value, type, shown) => {
    expect(await rows(bench.engine, 'SELECT typeof($1)', { params: [value] })).toEqual([[type]]);
    const cast = await rows(bench.engine, `SELECT CAST($1::${type} AS VARCHAR)`, { params: [value] });
    expect(cast).toEqual([[shown]]);
  });

  it('a null is NULL', async () => {
    expect(await rows(bench.engine, 'SELECT $1 IS NULL', { params: [null] })).toEqual([[true]]);
  });

  it('bytes are a BLOB', async () => {
    const bytes = Uint8Array.of(0, 255, 39) as unknown as ParamValue;
    expect(await rows(bench.engine, 'SELECT hex($1::BLOB)', { params: [bytes] })).toEqual([['00FF27']]);
  });

  it('values beyond the highest that is used are left out', async () => {
    expect(await rows(bench.engine, 'SELECT $1', { params: ['used', 'unused'] })).toEqual([['used']]);
  });

  it.each([
    ['SELECT $2::VARCHAR', ['a', 'b']],
    ['SELECT $1::VARCHAR, $3::VARCHAR', ['a', 'b', 'c']],
    ['SELECT $1::VARCHAR', []],
  ])('numbers with gaps and missing values are refused: %s', async (sql, params) => {
    await expect(rows(bench.engine, sql, { params })).rejects.toMatchObject({ code: 'sql_parameter' });
  });

  it('a statement that is prepared once serves values of another type', async () => {
    const sql = 'SELECT count(*) FROM warehouse.gold.numbers WHERE i = $1';
    for (const value of [5, '5', 5n, 2 ** 40, 5.5, null]) {
      const expected = value === null || value === 5.5 || value === 2 ** 40 ? 0 : 1;
      expect(await rows(bench.engine, sql, { params: [value] })).toEqual([[expected]]);
    }
  });
});

describe('results', () => {
  it('texts of every length and NULLs come whole, in any order of memory', async () => {
    const sql = 'SELECT i, t FROM warehouse.gold.texts ORDER BY hash(i)';
    const found = await rows(bench.engine, sql, { maxRows: 20_000 });
    expect(found.length).toBe(20_000);
    for (const [i, t] of found as [number, string | null][]) {
      const expected =
        i % 5 === 0 ? null : i % 3 === 0 ? 'short' : String.fromCharCode(97 + (i % 26)).repeat((i * 7) % 300);
      expect(t).toBe(expected);
    }
  });

  it('nested values come whole across many chunks', async () => {
    const sql = "SELECT i, [i, NULL, i + 1], {'a': t, 'b': [t]} FROM warehouse.gold.texts ORDER BY i";
    const found = await rows(bench.engine, sql, { maxRows: 20_000 });
    for (const [i, list, struct] of found as [number, unknown[], { a: string | null; b: unknown[] }][]) {
      expect(list).toEqual([i, null, i + 1]);
      expect(struct.b).toEqual([struct.a]);
    }
  });

  it('an empty result has its columns', async () => {
    const query = await start(bench.engine, 'SELECT i, name FROM warehouse.gold.numbers WHERE false');
    expect(query.columns).toEqual([
      { name: 'i', type: 'bigint', family: 'integer' },
      { name: 'name', type: 'varchar', family: 'text' },
    ]);
    expect(await text(query)).toBe('');
    expect(query.truncated()).toBeNull();
  });

  it.each([
    [10, 9, 'rows'],
    [10, 10, null],
    [10, 11, null],
    [50_000, 30_000, 'rows'],
    [50_000, 50_000, null],
    [0, 0, null],
  ])('of %i rows, at most %i are given; cut by %s', async (have, most, cut) => {
    const sql = `SELECT i FROM warehouse.gold.numbers ORDER BY i LIMIT ${have}`;
    const query = await start(bench.engine, sql, { maxRows: most });
    let counted = 0;
    const parts: Uint8Array[] = [];
    for await (const chunk of query.chunks) {
      counted += chunk.rows;
      parts.push(chunk.bytes);
    }
    const found = JSON.parse(`[${Buffer.concat(parts).toString()}]`) as number[][];
    expect(found.length).toBe(Math.min(have, most));
    expect(counted).toBe(found.length);
    expect(found.at(-1)?.[0]).toBe(found.length === 0 ? undefined : found.length - 1);
    expect(query.truncated()).toBe(cut);
  });

  it('bytes are cut at a whole row', async () => {
    const query = await start(bench.engine, 'SELECT 1234567 FROM range(100)', {
      encoding: 'ndjson',
      maxBytes: 100,
    });
    const cut = await text(query);
    expect(cut.length).toBeLessThanOrEqual(100);
    expect(cut.endsWith('}\n')).toBe(true);
    expect(query.truncated()).toBe('bytes');
  });

  it('many queries at once, on many connections, do not mix', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        rows(bench.engine, `SELECT ${n}, i FROM warehouse.gold.numbers ORDER BY i LIMIT 5000`, {
          maxRows: 5000,
        }),
      ),
    );
    answers.forEach((found, n) => {
      expect(found.length).toBe(5000);
      expect(found.every((row, i) => row[0] === n && row[1] === i)).toBe(true);
    });
  });

  it('a text sorts and prints in UTC wherever the gate runs', async () => {
    const sql = "SELECT TIMESTAMPTZ '2024-06-01 00:00:00+00'::VARCHAR, current_setting('TimeZone')";
    expect(await rows(bench.engine, sql)).toEqual([['2024-06-01 00:00:00+00', 'UTC']]);
  });
});

describe('errors carry a class and no data', () => {
  it.each([
    ['SELECT CAST(name AS INTEGER) FROM warehouse.gold.numbers', 'invalid_cast'],
    ["SELECT CAST('secret' AS DATE)", 'invalid_cast'],
    ["SELECT CAST('secret' AS UUID)", 'invalid_cast'],
    ["SELECT strptime('secret', '%Y')", 'invalid_argument'],
    ['SELECT CAST(i AS TINYINT) FROM warehouse.gold.numbers', 'out_of_range'],
    ['SELECT CAST(i * 1000 AS DECIMAL(4,2)) FROM warehouse.gold.numbers', 'out_of_range'],
    ['SELECT 9223372036854775807 + i FROM warehouse.gold.numbers', 'out_of_range'],
    ["SELECT DATE '2024-01-01' + INTERVAL '999999999 years'", 'out_of_range'],
    ['SELECT sqrt(-1 - i) FROM warehouse.gold.numbers', 'out_of_range'],
    ['SELECT ln(0 * i) FROM warehouse.gold.numbers', 'out_of_range'],
    ['SELECT chr((-1 - i)::INTEGER) FROM warehouse.gold.numbers', 'invalid_argument'],
    ["SELECT regexp_matches(name, '(') FROM warehouse.gold.numbers", 'invalid_argument'],
    ['SELECT (SELECT i FROM warehouse.gold.numbers)', 'invalid_argument'],
    ['SELECT name + 1 FROM warehouse.gold.numbers', 'type_mismatch'],
    ["SELECT i = DATE '2024-01-01' FROM warehouse.gold.numbers", 'type_mismatch'],
    ["SELECT upper(DATE '2024-01-01', 1)", 'type_mismatch'],
    ['SELECT list(range) FROM range(200000000)', 'out_of_memory'],
  ] as const)('%s: %s', async (sql, code) => {
    const error = await rows(bench.engine, sql, { maxRows: 100_000 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SluiceError);
    const { code: got, message, hint, details, cause } = error as SluiceError;
    expect(got, String(cause)).toBe(code);
    expect(message).toBe(CODES[code].title);
    expect(`${hint}${details.join()}`).not.toMatch(/secret/);
    expect(cause).toBeInstanceOf(Error);
  });

  it('a failure among the rows ends a stream that has begun', async () => {
    const sql =
      "SELECT CAST(CASE WHEN i = 49999 THEN 'secret' ELSE '1' END AS INTEGER) FROM warehouse.gold.numbers";
    const read = start(bench.engine, sql, { maxRows: 100_000, encoding: 'ndjson' }).then(text);
    await expect(read).rejects.toMatchObject({ code: 'invalid_cast' });
  });

  it('leaves the connection fit for the next query', async () => {
    for (let i = 0; i < 10; i++) {
      await expect(rows(bench.engine, "SELECT CAST('x' AS INTEGER)")).rejects.toBeInstanceOf(SluiceError);
      expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
    }
  });
});

describe('the catalog', () => {
  it('lists tables and views with columns, types and estimated rows, and no values of enums', async () => {
    const relations = await bench.engine.describe();
    expect(
      relations.map(({ relation }) => `${relation.database}.${relation.schema}.${relation.identifier}`),
    ).toEqual([
      'warehouse.gold.few',
      'warehouse.gold.moods',
      'warehouse.gold.numbers',
      'warehouse.gold.texts',
    ]);
    expect(relations[2]).toMatchObject({
      rows: 50_000,
      columns: [
        { name: 'i', type: 'BIGINT', family: 'integer' },
        { name: 'name', type: 'VARCHAR', family: 'text' },
      ],
    });
    expect(relations[0]?.rows).toBeNull();
    expect(relations.map(({ view }) => view)).toEqual([true, false, false, false]);
    expect(relations[1]?.columns.map((column) => [column.type, column.family])).toEqual([
      ['ENUM', 'text'],
      ['VARCHAR[]', 'list'],
      ['TIMESTAMP WITH TIME ZONE', 'timestamptz'],
      ['DECIMAL(10,2)', 'decimal'],
    ]);
  });
});

describe("the engine's own parser", () => {
  it('names the relations and functions of a text, without running it', async () => {
    const sql =
      'SELECT "system"."main"."upper"("t"."name") FROM "warehouse"."gold"."numbers" AS "t" WHERE "t"."i" IN (SELECT "f"."i" FROM "warehouse"."gold"."few" AS "f")';
    const witness = await bench.engine.witness(sql);
    expect([...witness.relations].sort()).toEqual(['warehouse.gold.few', 'warehouse.gold.numbers']);
    expect(witness.functions).toContain('system.main.upper');
  });

  it.each(['SELECT FROM WHERE', "COPY (SELECT 1) TO 'x'", 'SELECT 1; SELECT 2', ''])(
    'refuses to witness %j',
    async (sql) => {
      await expect(bench.engine.witness(sql)).rejects.toMatchObject({ code: 'verify_failed' });
    },
  );
});
