import { afterAll, beforeAll, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { FUNCTIONS } from '../../src/sql/guard/functions.ts';
import { OPERATORS } from '../../src/sql/guard/operators.ts';
import { TYPES } from '../../src/sql/guard/types.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { raisesIn } from '../../src/sql/rewrite/raises/raises.ts';
import type { GovernedQuery } from '../../src/sql/stages.ts';
import { dataset, governed, resolved } from './fixture.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

/**
 * What is said to be unable to raise is run over the ends of each type. It must end as it does over no rows at all: an
 * error that does not hang on the rows (a type that does not fit, a pattern that is none) tells nothing of them.
 */
const COLUMNS: Readonly<Record<string, readonly [type: string, ...values: string[]]>> = {
  ty: ['TINYINT', '127', '-128'],
  i: ['INTEGER', '2147483647', '-2147483648', '0'],
  b: ['BIGINT', '9223372036854775807', '-9223372036854775808'],
  h: ['HUGEINT', '170141183460469231731687303715884105727', '-170141183460469231731687303715884105728'],
  ub: ['UBIGINT', '18446744073709551615', '0'],
  de: ['DECIMAL(15,2)', '9999999999999.99', '-9999999999999.99'],
  dw: ['DECIMAL(38,2)', '999999999999999999999999999999999999.99', '0'],
  f: ['DOUBLE', "'nan'", "'infinity'", '-1.7e308', '4.9e-324'],
  s: ['VARCHAR', "''", "'x'", "'\\'", "'('", "'é€😀'", "'%'", "repeat('a%', 500)", "'5'", 'chr(0)'],
  s2: ['VARCHAR', "'y'", "''", "'\\'"],
  bo: ['BOOLEAN', 'true', 'false'],
  d: ['DATE', "'5877642-06-23'", "'5877642-06-25 (BC)'", "'infinity'", "'2024-02-29'"],
  t: ['TIME', "'24:00:00'", "'00:00:00'"],
  ts: ['TIMESTAMP', "'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54'", "'-infinity'"],
  tz: ['TIMESTAMPTZ', "'290309-12-22 (BC) 00:00:00+00'", "'294247-01-10 04:00:54+00'", "'infinity'"],
  ns: ['TIMESTAMP_NS', "'2262-04-11 23:47:16.854775806'", "'1677-09-22 00:00:00'", "'infinity'"],
  sec: ['TIMESTAMP_S', "'294247-01-10 04:00:54'", "'290309-12-22 (BC) 00:00:00'"],
  iv: ['INTERVAL', "'178956970 years'", "'-178956970 years'", "'2147483647 days'"],
  u: ['UUID', "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  bl: ['BLOB', "'\\xFF\\x00'"],
  e: ["ENUM('a', 'b')", "'a'"],
  l: ['INTEGER[]', '[1, NULL]', '[]'],
};
const NAMES = Object.keys(COLUMNS);
const LITERALS = [
  '1',
  '-1',
  '3000000000',
  '99999999999999999999',
  '0.5',
  '0.00000000000000000001',
  '1e300',
  '(1 + 10)',
  '(999999 + 999999)',
  '(0.06 - 0.01)',
  '(1 - 0.000001)',
  "'x'",
  "'5'",
  "'2024-02-29'",
  "'2024-02-29 10:00:00'",
  "'('",
  "DATE '2024-02-29'",
  "TIMESTAMP '2024-02-29 00:00:00'",
  "INTERVAL '1 year'",
  "DATE '2024-02-29' + INTERVAL '1 month'",
  'NULL',
  'true',
];

const T = dataset(
  'gold.x',
  NAMES.map((name) => `${name} ${COLUMNS[name]![0]}`),
);
let full: Warehouse;
let empty: Warehouse;

beforeAll(async () => {
  await loadParser();
  full = await warehouse();
  empty = await warehouse();
  for (const db of [full, empty]) {
    await db.run('CREATE SCHEMA gold');
    await db.run(`CREATE TABLE gold.x (${NAMES.map((name) => `${name} ${COLUMNS[name]![0]}`).join(', ')})`);
  }
  const height = Math.max(...NAMES.map((name) => COLUMNS[name]!.length)) + 1;
  for (let row = 1; row < height; row++) {
    await full.run(
      `INSERT INTO gold.x VALUES (${NAMES.map((name) => COLUMNS[name]![row] ?? 'NULL').join(', ')})`,
    );
  }
});

afterAll(() => {
  full.close();
  empty.close();
});

interface Tally {
  readonly told: string[];
  safe: number;
  accepted: number;
}

async function failed(db: Warehouse, query: GovernedQuery): Promise<boolean> {
  try {
    await db.governed(query);
    return false;
  } catch {
    return true;
  }
}

async function tally(expressions: readonly string[]): Promise<Tally> {
  const result: Tally = { told: [], safe: 0, accepted: 0 };
  for (const expression of expressions) {
    const sql = `SELECT (${expression})::varchar FROM x`;
    let query: GovernedQuery;
    try {
      const names = resolved(`SELECT ${expression} FROM x`, [T]);
      result.accepted += 1;
      if (raisesIn(names.tree, { engine: 'duckdb', ranges: names.ranges, params: [] }) !== 'nowhere')
        continue;
      query = governed(sql, [T]);
    } catch (error) {
      if (error instanceof SluiceError) continue;
      throw error;
    }
    result.safe += 1;
    if ((await failed(full, query)) && !(await failed(empty, query))) result.told.push(expression);
  }
  return result;
}

const operands = [...NAMES, ...LITERALS];

it('operators', async () => {
  const like = new Set(['<>', '<=', '>', '>=']);
  const expressions = OPERATORS.filter(({ infix, name }) => infix && !like.has(name)).flatMap(({ name }) =>
    NAMES.flatMap((left) => operands.map((right) => `${left} ${name} ${right}`)),
  );
  const { told, safe } = await tally(expressions);
  expect(told).toEqual([]);
  expect(safe).toBeGreaterThan(300);
});

it('alternatives and lists', async () => {
  const expressions = NAMES.flatMap((left) =>
    operands.flatMap((right) => [
      `${left} IN (${right}, ${left})`,
      `${left} BETWEEN ${right} AND ${right}`,
      `coalesce(${left}, ${right})`,
      `nullif(${left}, ${right})`,
      `greatest(${left}, ${right})`,
      `CASE WHEN bo THEN ${left} ELSE ${right} END`,
      `CASE ${left} WHEN ${right} THEN 1 END`,
      `${left} IS DISTINCT FROM ${right}`,
      `${left} LIKE ${right}`,
      `ARRAY[${left}, ${right}]`,
    ]),
  );
  const { told, safe } = await tally(expressions);
  expect(told).toEqual([]);
  expect(safe).toBeGreaterThan(300);
});

it('casts', async () => {
  const targets = [...TYPES.map((type) => type.written), 'numeric(5,2)', 'decimal(38,10)', 'varchar(3)'];
  const expressions = operands.flatMap((from) => targets.map((to) => `CAST(${from} AS ${to})`));
  const { told, safe } = await tally(expressions);
  expect(told).toEqual([]);
  expect(safe).toBeGreaterThan(50);
});

it('functions', async () => {
  const fields = ['year', 'month', 'dow', 'isodow', 'doy', 'epoch', 'week', 'hour'].map(
    (name) => `'${name}'`,
  );
  const others = ['s2', '1', "'.'", "'a'", '-1', '9223372036854775807'];
  const expressions = FUNCTIONS.filter((entry) => entry.kind === 'scalar').flatMap((entry) =>
    Array.from({ length: Math.min(entry.max, 3) - entry.min + 1 }, (_, i) => entry.min + i).flatMap(
      (arity) => {
        if (arity === 0) return [`${entry.name}()`];
        const first = entry.literals[0] === 0 ? fields : NAMES;
        const second = entry.literals[0] === 0 ? NAMES : others;
        if (arity === 1) return first.map((a) => `${entry.name}(${a})`);
        const pairs = first.flatMap((a) => second.map((b) => `${a}, ${b}`));
        return arity === 2
          ? pairs.map((pair) => `${entry.name}(${pair})`)
          : pairs.flatMap((pair) => ["'a'", '2'].map((c) => `${entry.name}(${pair}, ${c})`));
      },
    ),
  );
  const { told, safe } = await tally(expressions);
  expect(told).toEqual([]);
  expect(safe).toBeGreaterThan(200);
});
