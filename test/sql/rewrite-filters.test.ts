import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Predicate } from '../../src/policies/policy.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import {
  any,
  column,
  compare,
  FILTER_CASES,
  FILTERED,
  FILTERED_SQL,
  LOOKED,
  literal,
  lookup,
  NOW,
  own,
} from './filter-cases.ts';
import { dataset, governed, IDENTITY } from './fixture.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

let db: Warehouse;

const WORLD = { now: NOW, datasetOf: (id: string) => (id === LOOKED.id ? LOOKED : undefined) };

beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  await db.run("SET timezone = 'UTC'");
  for (const sql of FILTERED_SQL) await db.run(sql);
});

afterAll(() => db.close());

describe('a filter lets through', () => {
  it.each(FILTER_CASES)('%s', async (_title, predicate, wanted) => {
    const query = governed('SELECT n FROM t', [FILTERED], { 'gold.t': { rows: [predicate] } }, WORLD);
    expect([...(await db.governed(query))].sort()).toEqual(wanted.map(String));
  });
});

it('puts several filters together with AND, each kept whole', async () => {
  const either: Predicate = {
    kind: 'or',
    args: [compare(column('n'), '=', literal(1)), compare(column('n'), '=', literal(2))],
  };
  const query = governed('SELECT n FROM t WHERE n = 2 OR true', [FILTERED], {
    'gold.t': { rows: [either, compare(column('region'), '=', literal('US'))] },
  });
  expect(await db.governed(query)).toEqual(['2']);
});

it('binds every value of the identity and of the policy', () => {
  const query = governed(
    'SELECT n FROM t WHERE region = $1',
    [FILTERED],
    {
      'gold.t': { rows: FILTER_CASES.map(([, predicate]) => predicate) },
    },
    { params: ['EU'], ...WORLD },
  );
  const text = print(query.tree);
  expect(query.params[0]).toBe('EU');
  for (const word of ['EU', 'FR', 'OR true', IDENTITY.sub, '2024']) expect(text).not.toContain(`'${word}`);
});

it('filters on columns that the caller may not see', async () => {
  const query = governed('SELECT * FROM t ORDER BY n', [dataset('gold.t', ['n INTEGER', 'region VARCHAR'])], {
    'gold.t': { hidden: ['region'], rows: [any('region', 'attributes', 'regions')] },
  });
  expect(query.columns.map(({ name }) => name)).toEqual(['n']);
  expect(await db.governed(query)).toEqual(['1', '3']);
});

it('takes a day for its first moment, exactly', async () => {
  const rows = (op: '<' | '>=') => [
    compare(column('d'), op, { kind: 'now', months: 0, days: 0, seconds: 0 }),
  ];
  const at = async (op: '<' | '>=', now: number) =>
    [
      ...(await db.governed(
        governed('SELECT n FROM t', [FILTERED], { 'gold.t': { rows: rows(op) } }, { now }),
      )),
    ].sort();
  const midnight = Date.UTC(2024, 1, 1);
  expect(await at('>=', midnight)).toEqual(['2', '3']);
  expect(await at('>=', midnight + 1000)).toEqual(['3']);
  expect(await at('<', midnight)).toEqual(['1']);
  expect(await at('<', midnight + 1000)).toEqual(['1', '2']);
});

it('without a clock no row passes', async () => {
  const rows = [compare(column('d'), '>', { kind: 'now', months: 0, days: 0, seconds: 0 })];
  expect(await db.governed(governed('SELECT n FROM t', [FILTERED], { 'gold.t': { rows } }))).toEqual([]);
});

describe('a lookup that does not find its dataset is a fault', () => {
  const rows = [lookup(column('region'), 'region', own)];
  const ask = (found: typeof LOOKED | undefined) =>
    governed('SELECT n FROM t', [FILTERED], { 'gold.t': { rows } }, { datasetOf: () => found });
  it.each([
    ['gone', undefined, 'rewrite_failed'],
    ['in another engine', { ...LOOKED, engine: 'elsewhere' }, 'rewrite_failed'],
    ['without the column', { ...LOOKED, columns: LOOKED.columns.slice(0, 1) }, 'rewrite_failed'],
    ['missing in its engine', { ...LOOKED, invalid: 'missing' }, 'dataset_invalid'],
  ] as const)('%s', (_title, found, code) => {
    expect(() => ask(found)).toThrowError(expect.objectContaining({ code }));
  });
});

describe('integers that are unsigned or without a bound', () => {
  const COLUMNS = [
    'n INTEGER',
    'a UTINYINT',
    'b UINTEGER',
    'c UBIGINT',
    'd UHUGEINT',
    'e BIGNUM',
    'f HUGEINT',
  ];
  const TABLE = dataset('gold.wide', COLUMNS);
  const MOST = '18446744073709551615';
  const LONG = '340282366920938463463374607431768211455';

  beforeAll(async () => {
    await db.run(`CREATE TABLE gold.wide (${COLUMNS.join(', ')})`);
    await db.run(
      `INSERT INTO gold.wide VALUES (1, 5, 5, 5, 5, 5, 5), (2, 255, 4294967295, ${MOST}, ${LONG}, ${LONG}, -${MOST}), (3, NULL, NULL, NULL, NULL, NULL, NULL)`,
    );
  });

  const number = (value: number | string) => literal(value);
  const cases: readonly (readonly [string, Predicate, readonly number[]])[] = [
    ...['a', 'b', 'c', 'd', 'e', 'f'].flatMap((name) => [
      [`${name} = 5`, compare(column(name), '=', number(5)), [1]] as const,
      [`${name} in`, { kind: 'in', left: column(name), values: [number(5), number('7')] }, [1]] as const,
    ]),
    ...['a', 'b', 'c', 'e'].map(
      (name) => [`${name} > -1`, compare(column(name), '>', number(-1)), [1, 2]] as const,
    ),
    ['the greatest of 64 bits', compare(column('c'), '=', number(MOST)), [2]],
    ['one less is another', compare(column('c'), '=', number('18446744073709551614')), []],
    ['the greatest of 128 bits', compare(column('d'), '=', number(LONG)), [2]],
    [
      'one less is another there too',
      compare(column('d'), '<', number('340282366920938463463374607431768211454')),
      [1],
    ],
    ['without a bound', compare(column('e'), '=', number(LONG)), [2]],
    ['below 64 bits', compare(column('f'), '=', number(`-${MOST}`)), [2]],
    ['nothing negative is like a number of 128 bits', compare(column('d'), '>', literal(-1)), []],
    ['two that are compared as floats', compare(column('d'), '=', column('f')), []],
    ['unsigned and signed', compare(column('c'), '>', column('f')), [2]],
    ['a number with a point', compare(column('c'), '=', number(5.5)), []],
  ];
  it.each(cases)('%s', async (_title, predicate, wanted) => {
    const query = governed('SELECT n FROM wide', [TABLE], { 'gold.wide': { rows: [predicate] } });
    expect([...(await db.governed(query))].sort()).toEqual(wanted.map(String));
  });
});

describe('columns side by side', () => {
  const COLUMNS = [
    'n INTEGER',
    'a BIGINT',
    'b DECIMAL(12,2)',
    'c DOUBLE',
    'd DECIMAL(38,0)',
    'e DECIMAL(38,30)',
  ];
  const TABLE = dataset('gold.pairs', COLUMNS);

  beforeAll(async () => {
    await db.run(`CREATE TABLE gold.pairs (${COLUMNS.join(', ')})`);
    await db.run(
      `INSERT INTO gold.pairs VALUES (1, 5, 5.00, 5, 5, 5), (2, 5, 5.01, 5.01, 99999999999999999999999999999999999999, 5)`,
    );
  });

  it.each([
    ['an integer and a decimal', 'a', 'b', [1]],
    ['an integer and a float', 'a', 'c', [1]],
    ['a decimal and a float', 'b', 'c', [1, 2]],
    // One of them has values that the type of the other cannot hold.
    ['decimals that no type has room for', 'd', 'e', []],
  ])('%s', async (_title, left, right, wanted) => {
    const rows = [compare(column(left), '=', column(right))];
    const query = governed('SELECT n FROM pairs', [TABLE], { 'gold.pairs': { rows } });
    expect([...(await db.governed(query))].sort()).toEqual(wanted.map(String));
  });
});
