import { beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { checkParameters } from '../../src/sql/parameters.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import type { ParamValue } from '../../src/sql/stages.ts';
import { dataset, governed } from './fixture.ts';

const T = dataset('gold.t', ['id INTEGER', 's VARCHAR']);

beforeAll(loadParser);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
  return 'none';
}

describe('the bound on the result', () => {
  const tail = (sql: string, page: { limit: number; offset: number }, params: readonly ParamValue[] = []) =>
    / (LIMIT \d+(?: OFFSET \d+)?)$/.exec(print(governed(sql, [T], {}, { page, params }).tree))?.[1];
  it.each([
    ['SELECT id FROM t', { limit: 101, offset: 0 }, [], 'LIMIT 101'],
    ['SELECT id FROM t', { limit: 101, offset: 200 }, [], 'LIMIT 101 OFFSET 200'],
    ['SELECT id FROM t LIMIT 10', { limit: 101, offset: 0 }, [], 'LIMIT 10'],
    ['SELECT id FROM t LIMIT 1000', { limit: 101, offset: 0 }, [], 'LIMIT 101'],
    ['SELECT id FROM t LIMIT 1000 OFFSET 5', { limit: 101, offset: 950 }, [], 'LIMIT 50 OFFSET 955'],
    ['SELECT id FROM t LIMIT 10', { limit: 101, offset: 50 }, [], 'LIMIT 0 OFFSET 50'],
    ['SELECT id FROM t LIMIT 0', { limit: 101, offset: 0 }, [], 'LIMIT 0'],
    ['SELECT id FROM t LIMIT ALL OFFSET 3', { limit: 101, offset: 0 }, [], 'LIMIT 101 OFFSET 3'],
    ['SELECT id FROM t LIMIT NULL', { limit: 101, offset: 0 }, [], 'LIMIT 101'],
    ['SELECT id FROM t FETCH FIRST 7 ROWS ONLY', { limit: 101, offset: 0 }, [], 'LIMIT 7'],
    ['SELECT id FROM t LIMIT $1 OFFSET $2', { limit: 101, offset: 0 }, [3, 4], 'LIMIT 3 OFFSET 4'],
    ['SELECT id FROM t LIMIT $1', { limit: 101, offset: 0 }, [null], 'LIMIT 101'],
    ['SELECT id FROM t OFFSET 5000000000', { limit: 101, offset: 0 }, [], 'LIMIT 101 OFFSET 5000000000'],
    ['SELECT id FROM t UNION SELECT 1 LIMIT 9', { limit: 101, offset: 0 }, [], 'LIMIT 9'],
    ['(SELECT id FROM t LIMIT 4)', { limit: 3, offset: 2 }, [], 'LIMIT 2 OFFSET 2'],
    ['VALUES (1), (2)', { limit: 101, offset: 0 }, [], 'LIMIT 101'],
  ] as const)('%s with %j and %j: %s', (sql, page, params, wanted) => {
    expect(tail(sql, page, params)).toBe(wanted);
  });

  it.each([['x'], [-1], [1.5], [true]])('refuses LIMIT $1 bound to %j', (value) => {
    const act = () => governed('SELECT id FROM t LIMIT $1', [T], {}, { params: [value] });
    expect(codeOf(act)).toBe('sql_limit');
  });

  it.each(['duckdb', 'postgres'] as const)('stands beside WITH TIES on %s', (engine) => {
    const sql = 'SELECT id FROM t ORDER BY s FETCH FIRST $1 ROWS WITH TIES';
    const text = print(governed(sql, [T], {}, { engine, params: [3], page: { limit: 101, offset: 7 } }).tree);
    expect(text).toMatch(/"place" <= 3\) ORDER BY "f2"\."s1" LIMIT 101 OFFSET 7$/);
  });
});

describe('values beside the text', () => {
  it('leaves out those that nothing refers to any more, and keeps the order', () => {
    const query = governed(
      'SELECT $3 FROM t WHERE id = $2 LIMIT $1',
      [T],
      {
        'gold.t': {
          rows: [
            {
              kind: 'compare',
              op: '=',
              left: { kind: 'column', name: 's' },
              right: { kind: 'identity', path: ['sub'] },
            },
          ],
        },
      },
      { params: [10, 20, 'thirty'] },
    );
    expect(query.params).toEqual([20, 'thirty', 'ada']);
    expect(print(query.tree)).toMatch(
      /^SELECT \$2 .*= CAST\(\$3 AS text\).*= CAST\(\$1 AS integer\)\) LIMIT 10$/,
    );
  });

  it.each([
    [[1, 'a', null, true, 1.5, ['x', 'y']], 6],
    [undefined, 0],
    [[], 0],
  ])('accepts %j', (values, count) => {
    expect(checkParameters(values, count)).toEqual(values ?? []);
  });

  it.each([
    [[1], 0],
    [[], 1],
    ['x', 1],
    [[{ a: 1 }], 1],
    [[Number.NaN], 1],
    [[2 ** 60], 1],
    [['a\0b'], 1],
    [[[1, 'a']], 1],
    [[[null]], 1],
    [[[[1]]], 1],
    [[undefined], 1],
  ])('refuses %j for %i', (values, count) => {
    expect(codeOf(() => checkParameters(values, count))).toBe('sql_parameter');
  });
});
