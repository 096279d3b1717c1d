/** Noise of clean rooms on real engines: its distribution, what it is put on, and that conditions choose rows and never groups. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { noisyAnswers } from '../../src/sql/clean-room/through.ts';
import { loadParser } from '../../src/sql/parse.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { random } from '../leaks/random.ts';
import { dataset, governed, type RulesById, resolved } from './fixture.ts';
import { postgresWarehouse } from './postgres-warehouse.ts';
import { room } from './room-world.ts';
import { multiset, warehouse } from './warehouse.ts';

const GROUPS = 3000;

const RULE = room({
  unit: 'person',
  min_group_size: 2,
  one_row_per_unit: true,
  dimensions: [{ column: 'place', mask: null }],
  measures: [
    { column: 'hours', min: 0, max: 40 },
    { column: 'pay', min: -100, max: 5000 },
    { column: 'score', min: 0, max: 1 },
  ],
  filters: ['salary', 'job'],
  noise: { epsilon: 1, rows_per_unit: 1 },
});
/** Of so much that there is no noise: what is left can be worked out. */
const PLENTY = { epsilon: 1e9, rows_per_unit: 2 };

const DATASETS = (engine: EngineKind) => [
  dataset(
    'gold.staff',
    [
      'person INTEGER',
      'place INTEGER',
      'hours INTEGER',
      'pay DECIMAL(12,2)',
      'score DOUBLE PRECISION',
      'salary INTEGER',
      'job VARCHAR',
    ],
    { database: engine === 'duckdb' ? 'memory' : 'warehouse', schema: 'gold', identifier: 'staff' },
  ),
];

const ROOMS = (rule: object = {}): RulesById => ({
  'gold.staff': { limits: { aggregate_only: [{ ...RULE, ...rule }] } },
});

const nonce = (number: number): Uint8Array => new Uint8Array(32).fill(number);

interface Stand {
  readonly answer: (sql: string, number?: number, rule?: object) => Promise<readonly string[]>;
  readonly load: (...statements: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void> | void;
}

async function open(engine: EngineKind): Promise<Stand> {
  const db = engine === 'duckdb' ? await warehouse() : await postgresWarehouse();
  return {
    answer: (sql, number = 1, rule = {}) =>
      db.governed(
        governed(sql, DATASETS(engine), ROOMS(rule), {
          engine,
          nonce: nonce(number),
          page: { limit: 100_000, offset: 0 },
        }),
      ),
    load: async (...statements) => {
      for (const sql of statements) await db.run(sql);
    },
    close: () => db.close(),
  };
}

const TABLE =
  'CREATE TABLE gold.staff (person integer, place integer, hours integer, pay decimal(12,2), score double precision, salary integer, job varchar)';

/** The chance of a value of the two-sided geometric distribution. */
const chance = (value: number, epsilon: number): number => {
  const alpha = Math.exp(-epsilon);
  return ((1 - alpha) / (1 + alpha)) * alpha ** Math.abs(value);
};

/** Of values from -most to most, and of those beyond. */
function chiSquare(values: readonly number[], epsilon: number, most: number): number {
  let sum = 0;
  let inside = 0;
  const add = (seen: number, wanted: number) => {
    sum += (seen - wanted) ** 2 / wanted;
  };
  for (let value = -most; value <= most; value++) {
    const share = chance(value, epsilon);
    inside += share;
    add(values.filter((one) => one === value).length, share * values.length);
  }
  add(values.filter((one) => Math.abs(one) > most).length, (1 - inside) * values.length);
  return sum;
}

describe.each(['duckdb', 'postgres'] as const)('on %s', (engine) => {
  const missing = engine === 'postgres' ? missingServer : null;
  if (missing !== null) console.log(`skipped: ${missing}`);

  describe.skipIf(missing !== null)('noise', () => {
    let stand: Stand;
    beforeAll(async () => {
      await loadParser();
      stand = await open(engine);
      const series =
        engine === 'duckdb' ? `range(${GROUPS * 3}) t(i)` : `generate_series(0, ${GROUPS * 3 - 1}) t(i)`;
      await stand.load(
        'CREATE SCHEMA gold',
        TABLE,
        `INSERT INTO gold.staff SELECT i, i % ${GROUPS}, i % 50, i % 7000 / 4.0 - 200, (i % 100) / 99.0, i % 1000, 'j' || (i % 3) FROM ${series}`,
      );
    });
    afterAll(async () => stand?.close());

    it.each([0.3, 1])('is two-sided geometric for epsilon %d', async (epsilon) => {
      const rows = await stand.answer('SELECT place, count(*) FROM staff GROUP BY place', 7, {
        noise: { epsilon, rows_per_unit: 1 },
      });
      expect(rows).toHaveLength(GROUPS);
      const values = rows.map((row) => Number(row.split('|')[1]) - 3);
      // Thirteen degrees of freedom, and a nonce that is fixed; a scale a tenth off gives more than 30.
      expect(chiSquare(values, epsilon, 6)).toBeLessThan(30);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      expect(Math.abs(mean)).toBeLessThan(0.5);
    });

    it('is as wide as what one unit can change', async () => {
      const rows = await stand.answer('SELECT place, count(*), sum(hours) FROM staff GROUP BY place', 3);
      const spread = rows.map((row) => {
        const [place, , sum] = row.split('|').map(Number);
        const exact = [0, 1, 2].reduce((all, n) => all + Math.min(40, (place! + n * GROUPS) % 50), 0);
        return Math.abs(sum! - exact);
      });
      const mean = spread.reduce((a, b) => a + b, 0) / spread.length;
      // That of a scale of forty.
      expect(mean).toBeGreaterThan(37);
      expect(mean).toBeLessThan(43);
    });

    it('is another for each group, answer, SELECT and query, and the same wherever one answer is read', async () => {
      const [row = ''] = await stand.answer(
        'SELECT a.n, a.m, b.n FROM (SELECT count(*) AS n, count(hours) AS m FROM staff) a, (SELECT count(*) AS n FROM staff) b',
        1,
        { noise: { epsilon: 0.001, rows_per_unit: 1 } },
      );
      expect(new Set(row.split('|')).size).toBe(3);
      const wide = { noise: { epsilon: 0.001, rows_per_unit: 1 } };
      const [one, again, other] = [
        await stand.answer('SELECT count(*) FROM staff', 1, wide),
        await stand.answer('SELECT count(*) FROM staff', 1, wide),
        await stand.answer('SELECT count(*) FROM staff', 2, wide),
      ];
      expect(one).toEqual(again);
      expect(one).not.toEqual(other);
      const same = await stand.answer(
        'WITH n AS (SELECT count(*) AS n FROM staff) SELECT a.n - b.n FROM n a, n b',
        1,
        wide,
      );
      expect(same).toEqual(['0']);
      const twice = await stand.answer(
        'SELECT count(*) - count(*) FROM staff HAVING count(*) = count(*) ORDER BY count(*)',
        1,
        wide,
      );
      expect(twice).toEqual(['0']);
    });

    it('conditions choose rows, and never which groups there are', async () => {
      const all = await stand.answer('SELECT place FROM staff GROUP BY place');
      const none = await stand.answer('SELECT place, count(*) FROM staff WHERE salary > 5000 GROUP BY place');
      expect(none).toHaveLength(all.length);
      const some = await stand.answer("SELECT count(*) FROM staff WHERE salary < 500 AND job = 'j1'", 1, {
        noise: PLENTY,
      });
      const exact = Array.from({ length: GROUPS * 3 }, (_, i) => i).filter(
        (i) => i % 1000 < 500 && i % 3 === 1,
      ).length;
      expect(some).toEqual([String(exact)]);
      const either = await stand.answer('SELECT count(*) FROM staff WHERE salary < 500 OR place = 600', 1, {
        noise: PLENTY,
      });
      const wanted = Array.from({ length: GROUPS * 3 }, (_, i) => i).filter(
        (i) => i % 1000 < 500 || i % GROUPS === 600,
      ).length;
      expect(either).toEqual([String(wanted)]);
    });

    it('adds up in steps, within bounds', async () => {
      const rows = await stand.answer(
        'SELECT sum(hours), sum(pay), sum(score), avg(pay), count(pay) FROM staff WHERE salary < 300',
        1,
        { noise: PLENTY },
      );
      const chosen = Array.from({ length: GROUPS * 3 }, (_, i) => i).filter((i) => i % 1000 < 300);
      const sum = (of: (i: number) => number) => chosen.reduce((all, i) => all + of(i), 0);
      const pay = sum((i) => Math.max(-100, Math.min(5000, (i % 7000) / 4 - 200)));
      const score = sum((i) => Math.floor(((i % 100) / 99) * 1e6 + 0.5) / 1e6);
      const wanted = [sum((i) => Math.min(40, i % 50)), pay, score, pay / chosen.length, chosen.length];
      const seen = (rows[0] ?? '').split('|').map(Number);
      for (const [i, value] of wanted.entries()) expect(seen[i]).toBeCloseTo(value, 3);
    });

    it('of a unit, only so many rows count', async () => {
      const rule = { one_row_per_unit: false, noise: PLENTY };
      const seeded = random('rows of a unit');
      await stand.load('DELETE FROM gold.staff');
      const rows = Array.from({ length: 300 }, () => [
        seeded.below(40),
        seeded.below(3),
        seeded.between(1, 30),
      ]);
      const values = rows.map(([person, place, hours]) => `(${person}, ${place}, ${hours}, 0, 0, 1, 'j')`);
      await stand.load(`INSERT INTO gold.staff VALUES ${values.join(', ')}`);
      const people = new Map<number, number>();
      for (const [person] of rows) people.set(person!, (people.get(person!) ?? 0) + 1);
      const counted = [...people.values()].reduce((all, n) => all + Math.min(2, n), 0);
      expect(await stand.answer('SELECT count(*) FROM staff', 1, rule)).toEqual([String(counted)]);
      const places = await stand.answer(
        'SELECT place, count(*) FROM staff WHERE salary = 1 GROUP BY place',
        1,
        rule,
      );
      expect(places.reduce((all, row) => all + Number(row.split('|')[1]), 0)).toBe(counted);
      expect(multiset(await stand.answer('SELECT DISTINCT place FROM staff', 1, rule))).toEqual([
        '0',
        '1',
        '2',
      ]);
    });
  });
});

describe('a room with noise', () => {
  beforeAll(async () => {
    await loadParser();
  });

  const refusal = (sql: string, rule: object = {}, params: readonly number[] = []): string | null => {
    try {
      governed(sql, DATASETS('duckdb'), ROOMS(rule), { nonce: nonce(1), params });
      return null;
    } catch (thrown) {
      return thrown instanceof SluiceError ? thrown.code : String(thrown);
    }
  };

  it.each([
    ['SELECT count(*) FROM staff WHERE salary > 10', null],
    ["SELECT count(*) FROM staff WHERE salary BETWEEN 1 AND 10 AND job IN ('j1', 'j2') OR place = 3", null],
    ['SELECT count(*) FROM staff WHERE 100 / salary > 1', 'clean_room_shape'],
    ['SELECT count(*) FROM staff WHERE job::integer = 1', 'clean_room_shape'],
    ['SELECT count(*) FROM staff WHERE salary * 1000000 > 1', 'clean_room_shape'],
    ['SELECT count(*) FROM staff WHERE salary IN (SELECT 1)', 'clean_room_shape'],
    ['SELECT place FROM staff WHERE salary > 1 GROUP BY place', 'clean_room_shape'],
    ['SELECT DISTINCT place FROM staff WHERE salary > 1', 'clean_room_shape'],
    ['SELECT salary, count(*) FROM staff GROUP BY salary', 'clean_room_shape'],
    ['SELECT count(*) FILTER (WHERE salary > 1) FROM staff', 'clean_room_shape'],
    ['SELECT count(*) FROM staff WHERE hours > 1', 'clean_room_shape'],
    ['SELECT count(*) FROM staff WHERE person = 1', 'clean_room_shape'],
    ['SELECT place, count(*) FROM staff GROUP BY ROLLUP (place)', 'clean_room_shape'],
    ['SELECT count(DISTINCT place) FROM staff', 'clean_room_shape'],
    ['SELECT count(DISTINCT person) FROM staff', null],
  ])('%s', (sql, wanted) => expect(refusal(sql)).toBe(wanted));

  it('takes values bound to a parameter', () =>
    expect(refusal('SELECT count(*) FROM staff WHERE salary > $1', {}, [5])).toBeNull());

  it('without noise, takes no condition beyond the dimensions', () =>
    expect(refusal('SELECT count(*) FROM staff WHERE salary > 10', { noise: null })).toBe(
      'clean_room_shape',
    ));

  it('answers nothing without a nonce', () =>
    expect(() => governed('SELECT count(*) FROM staff', DATASETS('duckdb'), ROOMS())).toThrow());

  it.each([
    ['SELECT count(*) FROM staff', 1],
    ['SELECT count(*), count(*) + 1, sum(hours) FROM staff', 2],
    ['SELECT avg(pay), count(pay) FROM staff', 2],
    ['SELECT place FROM staff GROUP BY place', 0],
    ['SELECT count(*) FROM staff UNION ALL SELECT count(*) FROM staff', 2],
  ])('counts what it answers: %s', (sql, wanted) => {
    const asked = resolved(sql, DATASETS('duckdb'), ROOMS());
    const answers = noisyAnswers(asked, { engine: 'duckdb', governedOf: () => undefined, params: [] });
    expect(answers.get('gold.staff') ?? 0).toBe(wanted);
  });
});
