import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Predicate } from '../../src/policies/policy.ts';
import { FUNCTIONS } from '../../src/sql/guard/functions.ts';
import { OPERATORS } from '../../src/sql/guard/operators.ts';
import { TYPES } from '../../src/sql/guard/types.ts';
import { loadParser } from '../../src/sql/parse.ts';
import type { GovernedQuery } from '../../src/sql/stages.ts';
import { dataset, governed } from './fixture.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

/**
 * Twins on disk that differ in hidden rows alone, which hold the ends of each type and texts that are no dates, patterns
 * or numbers. Whatever a caller computes, in a condition or as output, must end the same on both, errors included.
 */
const COLUMNS: Readonly<Record<string, readonly [type: string, visible: string, ...hidden: string[]]>> = {
  ty: ['TINYINT', '(i % 9)', '127', '-128', '0'],
  i: ['INTEGER', '(1 + i % 9)', '2147483647', '-2147483648', '0'],
  b: ['BIGINT', '(1 + i % 9)', '9223372036854775807', '-9223372036854775808', '0'],
  de: ['DECIMAL(15,2)', '(1 + i % 9)', '9999999999999.99', '-9999999999999.99', '0'],
  f: ['DOUBLE', '(0.1 + (i % 9) / 10)', "'nan'", '1.7e308', '-1.7e308'],
  s: ['VARCHAR', "'1' || (i % 9)", "'('", "'\\'", "'SECRET'"],
  s2: ['VARCHAR', "'2' || (i % 7)", "'%%%\\'", "'['", "''"],
  bo: ['BOOLEAN', '(i % 2 = 0)', 'NULL', 'true', 'false'],
  d: [
    'DATE',
    "(DATE '2024-01-01' + (i % 50)::integer)",
    "'5877642-06-23'",
    "'5877642-06-25 (BC)'",
    "'infinity'",
  ],
  ts: [
    'TIMESTAMP',
    "(TIMESTAMP '2024-01-01 10:00:00' + INTERVAL (i % 50) DAY)",
    "'294247-01-10 04:00:54'",
    "'290309-12-22 (BC) 00:00:00'",
    "'infinity'",
  ],
  tz: [
    'TIMESTAMPTZ',
    "(TIMESTAMPTZ '2024-01-01 10:00:00+00' + INTERVAL (i % 50) DAY)",
    "'294247-01-10 04:00:54+00'",
    "'290309-12-22 (BC) 00:00:00+00'",
    "'-infinity'",
  ],
  ns: [
    'TIMESTAMP_NS',
    "TIMESTAMP_NS '2024-01-01 10:00:00.000000001'",
    "'2262-04-11 23:47:16.854775806'",
    "'1677-09-22 00:00:00'",
    "'infinity'",
  ],
  sec: ['TIMESTAMP_S', "TIMESTAMP_S '2024-01-01 10:00:00'", "'9999-12-31'", "'0001-01-01'", "'infinity'"],
  iv: ['INTERVAL', 'INTERVAL (i % 9) DAY', "'178956970 years'", "'-178956970 years'", "'2147483647 days'"],
  bl: ['BLOB', "('a' || (i % 9))::blob", "'\\xFF\\x00'", "''", "'\\xC3'"],
  j: ['JSON', `('{"a": ' || (i % 9) || '}')::json`, "'[1]'", "'null'", '\'"x"\''],
  l: ['INTEGER[]', '[1, 1 + (i % 9)::integer]', '[]', '[2147483647, NULL]', '[-2147483648]'],
};
const NAMES = Object.keys(COLUMNS);
const LITERALS = ['1', '-1', '3000000000', '0.5', "'x'", "'5'", "'2024-02-29'", "INTERVAL '1 year'", 'NULL'];
const T = dataset('gold.x', [...NAMES.map((name) => `${name} ${COLUMNS[name]![0]}`), 'region VARCHAR'], {
  database: 'twin',
  schema: 'gold',
  identifier: 'x',
});
const VISIBLE: Predicate = {
  kind: 'compare',
  op: '<>',
  left: { kind: 'column', name: 'region' },
  right: { kind: 'literal', value: 'US' },
};

let folder: string;
let present: Warehouse;
let absent: Warehouse;

beforeAll(async () => {
  await loadParser();
  folder = mkdtempSync(join(tmpdir(), 'sluice-twins-'));
  for (const name of ['present', 'absent']) mkdirSync(join(folder, name));
  present = await warehouse(join(folder, 'present', 'twin.duckdb'));
  absent = await warehouse(join(folder, 'absent', 'twin.duckdb'));
  const visible = NAMES.map((name) => COLUMNS[name]![1]);
  const hidden = (at: number): string => NAMES.map((name) => COLUMNS[name]![at + 2]).join(', ');
  for (const db of [present, absent]) {
    await db.run('CREATE SCHEMA gold');
    await db.run(`CREATE TABLE gold.x (${T.columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`);
    for (let part = 0; part < 3; part++) {
      await db.run(
        `INSERT INTO gold.x SELECT ${visible.join(', ')}, ['EU', 'FR'][1 + i % 2] FROM range(2000) t(i)`,
      );
      if (db === present) await db.run(`INSERT INTO gold.x VALUES (${hidden(part)}, 'US')`);
    }
    await db.run('CHECKPOINT');
  }
});

afterAll(() => {
  present.close();
  absent.close();
  rmSync(folder, { recursive: true });
});

async function outcome(db: Warehouse, query: GovernedQuery): Promise<string> {
  try {
    return (await db.governed(query)).join();
  } catch {
    return 'an error';
  }
}

/** Each expression once, as a condition or as output by turns. */
async function tell(expressions: readonly string[]): Promise<{ told: string[]; ran: number }> {
  const told: string[] = [];
  let ran = 0;
  for (const [at, expression] of expressions.entries()) {
    const sql =
      at % 2 === 0
        ? `SELECT count(*) FROM x WHERE (${expression})::varchar IS NOT NULL`
        : `SELECT max((${expression})::varchar), count(*) FROM x`;
    let query: GovernedQuery;
    try {
      query = governed(sql, [T], { 'gold.x': { rows: [VISIBLE] } });
    } catch {
      continue;
    }
    const wanted = await outcome(absent, query);
    if (wanted !== 'an error') ran += 1;
    if ((await outcome(present, query)) !== wanted) told.push(sql);
  }
  return { told, ran };
}

const every = <T>(items: readonly T[], step: number): readonly T[] => items.filter((_, i) => i % step === 0);
const operands = [...NAMES, ...LITERALS];

it('functions tell nothing of hidden rows', async () => {
  const scalar = FUNCTIONS.filter((entry) => entry.kind === 'scalar' && entry.raises !== false);
  const rest = ['1', 's2', "'x'", 'i', '-1', "'(%'"];
  const expressions = scalar.flatMap((entry, n) =>
    NAMES.map((name, at) => {
      const others = Array.from(
        { length: Math.max(0, entry.min - 1) },
        (_, k) => rest[(n + at + k) % rest.length]!,
      );
      const field = entry.literals.includes(0);
      const args = entry.min === 0 ? [] : field ? ["'month'", name, ...others.slice(1)] : [name, ...others];
      return `${entry.name}(${args.join(', ')})`;
    }),
  );
  const { told, ran } = await tell([...expressions, 'i', ...every(expressions, 3)]);
  expect(told).toEqual([]);
  expect(ran).toBeGreaterThan(300);
});

it('operators tell nothing of hidden rows', async () => {
  const expressions = OPERATORS.filter(({ infix, raises }) => infix && raises).flatMap(({ name }) =>
    NAMES.flatMap((left) => operands.map((right) => `${left} ${name} ${right}`)),
  );
  const comparisons = NAMES.flatMap((left) => operands.map((right) => `${left} < ${right}`));
  const { told, ran } = await tell([...every(expressions, 5), ...every(comparisons, 3)]);
  expect(told).toEqual([]);
  expect(ran).toBeGreaterThan(150);
});

it('casts tell nothing of hidden rows', async () => {
  const targets = [...TYPES.map((type) => type.written), 'numeric(5,2)', 'integer[]'];
  const { told, ran } = await tell(NAMES.flatMap((from) => targets.map((to) => `CAST(${from} AS ${to})`)));
  expect(told).toEqual([]);
  expect(ran).toBeGreaterThan(150);
});

it('alternatives tell nothing of hidden rows', async () => {
  const expressions = NAMES.flatMap((left) =>
    operands.flatMap((right) => [
      `coalesce(${left}, ${right})`,
      `greatest(${left}, ${right})`,
      `CASE WHEN i > 3 THEN ${left} ELSE ${right} END`,
      `CASE ${left} WHEN ${right} THEN 1 END`,
      `${left} IN (${right}, ${left})`,
      `${left} LIKE ${right}`,
      `${left} SIMILAR TO ${right}`,
    ]),
  );
  const { told, ran } = await tell(every(expressions, 3));
  expect(told).toEqual([]);
  expect(ran).toBeGreaterThan(200);
});
