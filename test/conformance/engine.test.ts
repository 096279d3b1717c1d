/** What every engine must do alike: values, bounds, errors, cancellation, time, readers, callers, parameters. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { CODES, SluiceError } from '../../src/errors.ts';
import type { ParamValue } from '../../src/sql/stages.ts';
import { rows, start, text } from '../engines/support.ts';
import { type EngineOptions, ROWS, STANDS, type Stand, WIDE_ROWS } from './stands.ts';
import { sqlFor, VALUES } from './values.ts';

/** No index and no hash helps: it goes on for hours, and can be stopped at any time. */
const ENDLESS =
  'SELECT count(*) FROM warehouse.gold.numbers a, warehouse.gold.numbers b, warehouse.gold.numbers c WHERE a.i + b.i + c.i < 0';

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof SluiceError ? error.code : String(error)),
  );

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500 && !(await holds()); i++) await delay(20);
  expect(await holds()).toBe(true);
}

for (const { kind, missing, set } of STANDS) {
  describe.skipIf(missing !== null)(`${kind}${missing === null ? '' : `: ${missing}`}`, () => {
    let stand: Stand;
    let engine: Engine;
    let closeFirst: () => Promise<void>;
    beforeAll(async () => {
      stand = await set();
      const first = await stand.open();
      engine = first.engine;
      closeFirst = first.close;
    });
    afterAll(async () => {
      await closeFirst?.();
      await stand?.close();
    });

    async function withEngine(
      options: Partial<EngineOptions>,
      work: (engine: Engine) => Promise<void>,
    ): Promise<void> {
      const opened = await stand.open(options);
      try {
        await work(opened.engine);
      } finally {
        await opened.close();
      }
    }

    describe('values', () => {
      it.each(VALUES)('$sql', async ({ sql, family, json, csv }) => {
        const query = `SELECT ${sqlFor(sql, kind)} AS v`;
        const answer = await start(engine, query, { encoding: 'json' });
        expect(answer.columns).toEqual([{ name: 'v', type: expect.any(String), family }]);
        expect(await text(answer)).toBe(`[${json}]`);
        expect(await text(await start(engine, query, { encoding: 'ndjson' }))).toBe(`{"v":${json}}\n`);
        expect(await text(await start(engine, query, { encoding: 'csv' }))).toBe(`${csv}\r\n`);
      });

      it('many columns and NULLs keep their places, row by row', async () => {
        const sql =
          'SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE name END AS a, i % 2 = 0 AS b, CASE WHEN i % 5 = 0 THEN NULL ELSE i END AS c FROM warehouse.gold.numbers ORDER BY i';
        const found = await rows(engine, sql, { maxRows: ROWS });
        expect(found.length).toBe(ROWS);
        found.forEach((row, i) => {
          expect(row).toEqual([i, i % 3 === 0 ? null : `secret-${i}`, i % 2 === 0, i % 5 === 0 ? null : i]);
        });
      });

      it('an empty result has its columns', async () => {
        const answer = await start(engine, 'SELECT i, name FROM warehouse.gold.numbers WHERE i < 0');
        expect(answer.columns.map(({ name, family }) => [name, family])).toEqual([
          ['i', 'integer'],
          ['name', 'text'],
        ]);
        expect(await text(answer)).toBe('');
        expect(answer.truncated()).toBeNull();
      });

      it('columns of one name are told apart where names are keys', async () => {
        expect(await text(await start(engine, 'SELECT 1 AS a, 2 AS a', { encoding: 'ndjson' }))).toBe(
          '{"a":1,"a_2":2}\n',
        );
      });
    });

    describe('bounds', () => {
      it.each([
        [10, 9, 'rows'],
        [10, 10, null],
        [10, 11, null],
        [ROWS, 30_000, 'rows'],
        [ROWS, ROWS, null],
        [1, 0, 'rows'],
        [0, 0, null],
      ])('of %i rows, at most %i are given; cut by %s', async (have, most, cut) => {
        const sql = `SELECT i FROM warehouse.gold.numbers ORDER BY i LIMIT ${have}`;
        const answer = await start(engine, sql, { maxRows: most });
        const parts: Uint8Array[] = [];
        let counted = 0;
        for await (const chunk of answer.chunks) {
          counted += chunk.rows;
          parts.push(chunk.bytes);
        }
        const found = JSON.parse(`[${Buffer.concat(parts)}]`) as number[][];
        expect(found.map(([i]) => i)).toEqual(Array.from({ length: Math.min(have, most) }, (_, i) => i));
        expect(counted).toBe(found.length);
        expect(answer.truncated()).toBe(cut);
      });

      it('bytes are cut at a whole row', async () => {
        const answer = await start(engine, 'SELECT 1234567 FROM warehouse.gold.numbers', {
          encoding: 'ndjson',
          maxBytes: 1000,
          maxRows: ROWS,
        });
        const cut = await text(answer);
        expect(cut.length).toBeLessThanOrEqual(1000);
        expect(cut.length).toBeGreaterThan(900);
        expect(cut.endsWith('}\n')).toBe(true);
        expect(answer.truncated()).toBe('bytes');
      });

      it('after a cut the engine is free again', async () => {
        await withEngine({ concurrency: 1, perIdentity: 1 }, async (single) => {
          for (let n = 0; n < 5; n++) {
            const answer = await start(single, 'SELECT * FROM warehouse.gold.wide', { maxRows: 10 });
            expect(JSON.parse(`[${await text(answer)}]`)).toHaveLength(10);
            expect(answer.truncated()).toBe('rows');
          }
        });
      });
    });

    describe('errors carry a class and no data', () => {
      it.each([
        ['SELECT CAST(name AS INTEGER) FROM warehouse.gold.numbers', 'invalid_cast'],
        ["SELECT CAST('secret' || i AS DATE) FROM warehouse.gold.numbers", 'invalid_cast'],
        ["SELECT CAST('secret' || i AS UUID) FROM warehouse.gold.numbers", 'invalid_cast'],
        ["SELECT CAST('secret' || i AS BOOLEAN) FROM warehouse.gold.numbers", 'invalid_cast'],
        ['SELECT CAST(i AS SMALLINT) FROM warehouse.gold.numbers', 'out_of_range'],
        ['SELECT CAST(i * 1000 AS DECIMAL(4,2)) FROM warehouse.gold.numbers', 'out_of_range'],
        ['SELECT 9223372036854775807 + i FROM warehouse.gold.numbers', 'out_of_range'],
        ['SELECT sqrt(-1 - i) FROM warehouse.gold.numbers', 'out_of_range'],
        ['SELECT ln(0 * i) FROM warehouse.gold.numbers', 'out_of_range'],
        ["SELECT regexp_replace(name, '(', '') FROM warehouse.gold.numbers", 'invalid_argument'],
        ['SELECT (SELECT i FROM warehouse.gold.numbers)', 'invalid_argument'],
        ['SELECT name + 1 FROM warehouse.gold.numbers', 'type_mismatch'],
        ["SELECT i = DATE '2024-01-01' FROM warehouse.gold.numbers", 'type_mismatch'],
        ["SELECT upper(DATE '2024-01-01', 1)", 'type_mismatch'],
        ['SELECT i, sum(i) FROM warehouse.gold.numbers', 'sql_semantics'],
        ['SELECT i FROM warehouse.gold.numbers WHERE sum(i) > 1', 'sql_semantics'],
        ['SELECT sum(sum(i)) FROM warehouse.gold.numbers', 'sql_semantics'],
        ['SELECT i FROM warehouse.gold.numbers WHERE row_number() OVER () = 1', 'sql_semantics'],
        ['SELECT i FROM warehouse.gold.numbers ORDER BY 7', 'sql_semantics'],
        ['SELECT 1 UNION SELECT 1, 2', 'sql_semantics'],
        ['SELECT (SELECT 1, 2)', 'sql_semantics'],
      ] as const)('%s: %s', async (sql, code) => {
        const error = await rows(engine, sql, { maxRows: 100_000 }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(SluiceError);
        const { code: got, message, hint, details, cause } = error as SluiceError;
        expect(got, String(cause)).toBe(code);
        expect(message).toBe(CODES[code].title);
        expect(`${hint}${details.join()}`).not.toMatch(/secret/);
        expect(cause).toBeInstanceOf(Error);
      });

      it('a failure among the rows ends a stream that has begun', async () => {
        const sql = `SELECT CAST(CASE WHEN i = ${WIDE_ROWS - 1} THEN 'secret' ELSE '1' END AS INTEGER), filler FROM warehouse.gold.wide`;
        const answer = await start(engine, sql, { maxRows: WIDE_ROWS, encoding: 'ndjson' });
        // DuckDB's driver tells that a stream broke, not why.
        expect(await codeOf(text(answer))).toBe(kind === 'duckdb' ? 'execution_failed' : 'invalid_cast');
      });

      it('leaves the engine fit for the next query', async () => {
        await withEngine({ concurrency: 1, perIdentity: 1 }, async (single) => {
          for (let n = 0; n < 20; n++) {
            expect(await codeOf(rows(single, "SELECT CAST('x' || 1 AS INTEGER)"))).toBe('invalid_cast');
            expect(await rows(single, 'SELECT 1')).toEqual([[1]]);
          }
        });
      });
    });

    describe('time and cancellation', () => {
      it('a query whose time is up is stopped, and the next one runs', async () => {
        await withEngine({ concurrency: 1, perIdentity: 1 }, async (single) => {
          expect(await codeOf(rows(single, ENDLESS, { timeoutMs: 300 }))).toBe('timeout');
          expect(await rows(single, 'SELECT 1')).toEqual([[1]]);
        });
      });

      it('a caller that goes away before the first row', async () => {
        const caller = new AbortController();
        setTimeout(() => caller.abort(), 200);
        expect(await codeOf(rows(engine, ENDLESS, { signal: caller.signal }))).toBe('cancelled');
      });

      it('a caller that is gone already', async () => {
        const signal = AbortSignal.abort();
        expect(await codeOf(rows(engine, 'SELECT 1', { signal }))).toBe('cancelled');
      });

      it('a caller that goes away in the middle of a stream', async () => {
        const caller = new AbortController();
        const answer = await start(engine, 'SELECT * FROM warehouse.gold.wide', {
          maxRows: WIDE_ROWS,
          signal: caller.signal,
        });
        let seen = 0;
        const reading = (async () => {
          for await (const chunk of answer.chunks) {
            seen += chunk.rows;
            caller.abort();
          }
        })();
        expect(await codeOf(reading)).toBe('cancelled');
        expect(seen).toBeLessThan(WIDE_ROWS);
      });

      it('cancel() resolves when the engine has let go', async () => {
        await withEngine({ concurrency: 1, perIdentity: 1 }, async (single) => {
          const answer = await start(single, 'SELECT * FROM warehouse.gold.wide', { maxRows: WIDE_ROWS });
          await answer.cancel();
          expect(await rows(single, 'SELECT 1', { timeoutMs: 5_000 })).toEqual([[1]]);
        });
      });

      it('a reader that leaves early', async () => {
        await withEngine({ concurrency: 1, perIdentity: 1 }, async (single) => {
          const answer = await start(single, 'SELECT * FROM warehouse.gold.wide', { maxRows: WIDE_ROWS });
          for await (const chunk of answer.chunks) {
            expect(chunk.rows).toBeGreaterThan(0);
            break;
          }
          expect(await rows(single, 'SELECT 1')).toEqual([[1]]);
        });
      });

      it('no cancellation meets another query', async () => {
        for (let n = 0; n < 15; n++) {
          const caller = new AbortController();
          const stopped = codeOf(
            rows(engine, 'SELECT count(*) FROM warehouse.gold.wide', { signal: caller.signal }),
          );
          setTimeout(() => caller.abort(), n);
          const others = await Promise.all(
            Array.from({ length: 3 }, () => rows(engine, 'SELECT count(*) FROM warehouse.gold.numbers')),
          );
          expect(others).toEqual([[[ROWS]], [[ROWS]], [[ROWS]]]);
          expect(['cancelled', 'no error']).toContain(await stopped);
        }
      });
    });

    describe('readers', () => {
      it('a slow one gets all of it, and its waiting is not on the clock of the query', async () => {
        const answer = await start(engine, 'SELECT * FROM warehouse.gold.wide ORDER BY i', {
          maxRows: WIDE_ROWS,
          timeoutMs: 8_000,
          encoding: 'ndjson',
        });
        let seen = 0;
        let paused = false;
        for await (const chunk of answer.chunks) {
          seen += chunk.rows;
          if (!paused) await delay(10_000);
          paused = true;
        }
        expect(seen).toBe(WIDE_ROWS);
        expect(answer.truncated()).toBeNull();
      });

      it('one that takes nothing for too long loses its query, and blocks nobody', async () => {
        await withEngine({ concurrency: 1, perIdentity: 1, stallMs: 300 }, async (single) => {
          const answer = await start(single, 'SELECT * FROM warehouse.gold.wide', { maxRows: WIDE_ROWS });
          expect(await rows(single, 'SELECT 1')).toEqual([[1]]);
          expect(await codeOf(text(answer))).toBe('timeout');
        });
      });

      it('nothing is read ahead but a few chunks', async () => {
        const before = process.memoryUsage().arrayBuffers;
        const answers = await Promise.all(
          Array.from({ length: 4 }, () =>
            start(engine, 'SELECT * FROM warehouse.gold.wide', { maxRows: WIDE_ROWS }),
          ),
        );
        await delay(1_000);
        // 40 MB each, were they read whole.
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 << 20);
        await Promise.all(answers.map((answer) => answer.cancel()));
      });
    });

    describe('callers', () => {
      it('many queries at once do not mix', async () => {
        await withEngine({ queue: 64 }, async (busy) => {
          const answers = await Promise.all(
            Array.from({ length: 20 }, (_, n) =>
              rows(busy, `SELECT ${n}, i FROM warehouse.gold.numbers ORDER BY i LIMIT 3000`, {
                maxRows: 3000,
              }),
            ),
          );
          answers.forEach((found, n) => {
            expect(found.length).toBe(3000);
            expect(found.every((row, i) => row[0] === n && row[1] === i)).toBe(true);
          });
        });
      });

      it('one that asks too much at once is refused, and others are still served', async () => {
        await withEngine({ concurrency: 3, perIdentity: 2, queue: 2 }, async (busy) => {
          const greedy = new AbortController();
          const asked = Array.from({ length: 10 }, () =>
            codeOf(rows(busy, ENDLESS, { principal: 'greedy', signal: greedy.signal })),
          );
          const counts = new Map<string, number>();
          for (const one of asked) void one.then((code) => counts.set(code, (counts.get(code) ?? 0) + 1));
          await eventually(() => counts.get('too_many_queries') === 6);
          expect(await rows(busy, 'SELECT 1', { principal: 'modest' })).toEqual([[1]]);
          greedy.abort();
          await Promise.all(asked);
          expect(counts.get('cancelled')).toBe(4);
        });
      });
    });

    describe('parameters', () => {
      it.each<[ParamValue, string, unknown]>([
        ["it's; DROP TABLE x --", 'VARCHAR', "it's; DROP TABLE x --"],
        ['', 'VARCHAR', ''],
        ['Zoë 🦆 \\ "', 'VARCHAR', 'Zoë 🦆 \\ "'],
        ['2024-02-29', 'DATE', '2024-02-29'],
        [7, 'INTEGER', 7],
        [-7, 'SMALLINT', -7],
        [2 ** 40, 'BIGINT', 2 ** 40],
        [2n ** 62n, 'BIGINT', '4611686018427387904'],
        [2n ** 100n, 'DECIMAL(38,0)', '1267650600228229401496703205376'],
        [1.5, 'DOUBLE PRECISION', 1.5],
        [1e300, 'DOUBLE PRECISION', 1e300],
        [true, 'BOOLEAN', true],
        [false, 'BOOLEAN', false],
        [null, 'INTEGER', null],
        [['a', "b'c", 'd"e\\f', 'NULL', ''], 'VARCHAR[]', ['a', "b'c", 'd"e\\f', 'NULL', '']],
        [[1, 2 ** 40], 'BIGINT[]', [1, 2 ** 40]],
        [[1.5, 2], 'DOUBLE PRECISION[]', [1.5, 2]],
        [[true, false], 'BOOLEAN[]', [true, false]],
        [[], 'VARCHAR[]', []],
      ])('%s as %s', async (value, type, shown) => {
        expect(await rows(engine, `SELECT CAST($1 AS ${type})`, { params: [value] })).toEqual([[shown]]);
      });

      it('bytes', async () => {
        const bytes = Uint8Array.of(0, 255, 39) as unknown as ParamValue;
        const type = kind === 'duckdb' ? 'BLOB' : 'BYTEA';
        expect(await rows(engine, `SELECT CAST($1 AS ${type})`, { params: [bytes] })).toEqual([['AP8n']]);
      });

      it.each<[ParamValue, number]>([
        [5, 1],
        [5n, 1],
        [2 ** 40, 0],
        [5.5, 0],
        [null, 0],
      ])('a column compared with %s, through one statement', async (value, found) => {
        const sql = 'SELECT count(*) FROM warehouse.gold.numbers WHERE i = $1';
        expect(await rows(engine, sql, { params: [value] })).toEqual([[found]]);
      });

      it('a missing value is refused', async () => {
        expect(await codeOf(rows(engine, 'SELECT CAST($1 AS VARCHAR)'))).toBe('sql_parameter');
      });
    });

    describe('the catalog', () => {
      it('lists relations with columns, types and estimated rows', async () => {
        const relations = await engine.describe();
        const numbers = relations.find(({ relation }) => relation.identifier === 'numbers');
        expect(numbers?.relation).toEqual({ database: 'warehouse', schema: 'gold', identifier: 'numbers' });
        expect(numbers?.rows).toBe(ROWS);
        expect(numbers?.columns.map(({ name, family }) => [name, family])).toEqual([
          ['i', 'integer'],
          ['name', 'text'],
        ]);
      });

      it('what is staged can be committed or thrown away, and serving goes on', async () => {
        const staged = await engine.stage();
        expect(staged.relations.map(({ relation }) => relation.identifier)).toEqual(['numbers', 'wide']);
        staged.commit();
        await (await engine.stage()).discard();
        await engine.publish();
        expect(await rows(engine, 'SELECT 1')).toEqual([[1]]);
        expect(await engine.health()).toBe('ready');
      });
    });

    describe("the engine's own parser", () => {
      it.each(['SELECT FROM WHERE', "COPY (SELECT 1) TO 'x'", 'SELECT 1; SELECT 2', ''])(
        'refuses to witness %j',
        async (sql) => expect(await codeOf(engine.witness(sql))).toBe('verify_failed'),
      );
    });

    it('runs nothing once it is closed', async () => {
      const { engine: closing, close } = await stand.open();
      await close();
      expect(await codeOf(rows(closing, 'SELECT 1'))).toBe('engine_unavailable');
      expect(await closing.health()).toBe('unavailable');
    });
  });
}
