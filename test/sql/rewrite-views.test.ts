import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { dataset, governed } from './fixture.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

/**
 * A dataset may be a view, and the rows that it leaves out are nobody's to see: those of another tenant, those that were
 * erased. No policy stands there; what is asked must still not run on them.
 */
const columns = ['id INTEGER', 's VARCHAR'];
const view: Dataset = { ...dataset('gold.v', columns), materialized: 'view', view: true };
let db: Warehouse;

beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  await db.run(
    'CREATE SCHEMA gold; CREATE SCHEMA raw; CREATE TABLE raw.m (id INTEGER, s VARCHAR, erased VARCHAR)',
  );
  await db.run("INSERT INTO raw.m VALUES (1, '1', 'no'), (2, '2', 'no'), (3, 'SECRET4242', 'yes')");
  await db.run("CREATE VIEW gold.v AS SELECT id, s FROM raw.m WHERE erased IN ('no', 'maybe')");
});

afterAll(() => db.close());

const RAISING = "SELECT count(*) FROM v WHERE chr(CASE WHEN s = 'SECRET4242' THEN -1 ELSE 65 END) = 'A'";

it('an error tells nothing of a row that a view leaves out', async () => {
  expect(await db.governed(governed(RAISING, [view]))).toEqual(['2']);
});

it('it would without a fence', async () => {
  await expect(db.governed(governed(RAISING, [view], {}, { barrier: 'none' }))).rejects.toThrow('Codepoint');
});

describe.each(['duckdb', 'postgres'] as const)('on %s', (engine) => {
  const text = (sql: string, of: Dataset): string => print(governed(sql, [of], {}, { engine }).tree);

  it.each([
    { what: 'a view', of: view, fenced: true },
    { what: 'a table', of: { ...view, materialized: 'table', view: false }, fenced: false },
  ])('$what: fenced $fenced', ({ of, fenced }) => {
    expect(text('SELECT count(*) FROM v WHERE s::integer = 1', of).includes('OFFSET 0')).toBe(fenced);
  });

  it('a condition that cannot raise goes inside the fence', () => {
    expect(text('SELECT count(*) FROM v WHERE id = 5 AND s::integer = 1', view)).toMatch(
      /WHERE \("raw"\."id" = 5\) OFFSET 0\)/,
    );
  });

  it('what cannot raise needs none', () => {
    expect(text('SELECT count(*) FROM v WHERE id = 5', view)).not.toContain('OFFSET 0');
  });
});
