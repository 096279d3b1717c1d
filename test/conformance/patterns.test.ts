/** Patterns of masks: random ones that are accepted replace the same on DuckDB, PostgreSQL and in JavaScript, which takes the first match. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { isPattern } from '../../src/sql/rewrite/masks/regex.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { dataset, governed } from '../sql/fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from '../sql/postgres-warehouse.ts';
import { type Warehouse, warehouse } from '../sql/warehouse.ts';

const atom = fc.constantFrom(
  'a',
  'b',
  'c',
  '.',
  '[ab]',
  '[^a]',
  '[^b-c]',
  '\\.',
  '1',
  '[0-9]',
  'é',
  '😀',
  '\n',
  '\\d',
  '-',
);
const quantity = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '{0,2}');
const { pattern: body } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
  pattern: fc
    .array(fc.array(tie('piece'), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
    .map((alternatives) => alternatives.map((pieces) => pieces.join('')).join('|')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(atom, quantity).map((parts) => parts.join('')),
    fc.tuple(tie('pattern'), quantity).map(([inner, count]) => `(?:${inner})${count}`),
  ),
}));
const pattern = fc
  .tuple(fc.constantFrom('', '', '^'), body, fc.constantFrom('', '', '$'))
  .filter(([start, inner, end]) => (start === '' && end === '') || !inner.includes('|'))
  .map((parts) => parts.join(''));

const LETTERS = ['a', 'b', 'c', 'a', 'b', '.', '1', '9', 'é', '😀', '-', '\n'];
const TEXTS = fc.sample(
  fc.array(fc.constantFrom(...LETTERS), { maxLength: 12 }).map((letters) => letters.join('')),
  { numRuns: 120, seed: 7 },
);
const WANTED = 150;

describe.skipIf(missingServer !== null)('patterns', () => {
  let duckdb: Warehouse;
  let postgres: PostgresWarehouse;
  beforeAll(async () => {
    await loadParser();
    duckdb = await warehouse();
    await duckdb.run('CREATE SCHEMA gold');
    await duckdb.run('CREATE TABLE gold.t (n INTEGER, v VARCHAR)');
    for (const [n, text] of TEXTS.entries())
      await duckdb.rows('INSERT INTO gold.t VALUES ($1::integer, $2)', [n, text]);
    postgres = await postgresWarehouse();
    const rows = TEXTS.map((text, n) => `(${n}, '${text}')`);
    await postgres.run(
      'CREATE SCHEMA gold',
      'CREATE TABLE gold.t (n integer, v text)',
      `INSERT INTO gold.t VALUES ${rows.join(', ')}`,
    );
  });
  afterAll(async () => {
    duckdb?.close();
    await postgres?.close();
  });

  it('what is accepted means the same everywhere', { timeout: 60_000 }, async () => {
    const seed = Number(process.env.SLUICE_SEED ?? Date.now() % 1_000_000);
    const made = fc.sample(pattern, { numRuns: WANTED * 10, seed });
    const accepted = [...new Set(made.filter(isPattern))].slice(0, WANTED);
    console.log(`patterns: ${accepted.length} of ${made.length} made are accepted, seed ${seed}`);
    expect(accepted.length).toBeGreaterThan(WANTED / 4);
    for (const one of accepted) {
      const mask = { kind: 'regex', pattern: one, replace: '<>', unmatched: 'keep' } as const;
      const query = (engine: 'duckdb' | 'postgres') =>
        governed(
          'SELECT v FROM t ORDER BY n',
          [
            dataset('gold.t', ['n integer', engine === 'duckdb' ? 'v VARCHAR' : 'v text'], {
              database: engine === 'duckdb' ? 'memory' : 'warehouse',
              schema: 'gold',
              identifier: 't',
            }),
          ],
          { 'gold.t': { masks: { v: mask } } },
          { engine },
        );
      const script = TEXTS.map((text) => text.replace(new RegExp(one, 'gsu'), '<>'));
      const [first, second] = [
        await duckdb.governed(query('duckdb')),
        await postgres.governed(query('postgres')),
      ];
      expect([one, first]).toEqual([one, script]);
      expect([one, second]).toEqual([one, script]);
    }
  });
});
