/** Of several masks of some rows the first whose condition is true or unknown stands; then that of all rows, or the value. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppliedMask } from '../../src/access/decision.ts';
import type { MaskSpec } from '../../src/policies/policy.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { bind } from '../../src/sql/resolve/bind.ts';
import { resolve } from '../../src/sql/resolve/resolve.ts';
import { rewrite } from '../../src/sql/rewrite/rewrite.ts';
import { column, compare, literal } from './filter-cases.ts';
import { BOUNDS, catalogue, dataset, decision, IDENTITY, KEY } from './fixture.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

const T = dataset('gold.t', ['id INTEGER', 'region VARCHAR', 's VARCHAR']);
const constant = (value: string): MaskSpec => ({ kind: 'constant', value });
const american = compare(column('region'), '=', literal('US'));
const later = compare(column('id'), '>', literal(1));
const when = [
  { policy: 'first', mask: constant('first'), where: american },
  { policy: 'second', mask: constant('second'), where: later },
];

let db: Warehouse;
beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  await db.run('CREATE SCHEMA gold');
  await db.run('CREATE TABLE gold.t (id INTEGER, region VARCHAR, s VARCHAR)');
  await db.run("INSERT INTO gold.t VALUES (1, 'EU', 'a'), (2, 'US', 'b'), (3, 'EU', 'c'), (4, NULL, 'd')");
});
afterAll(() => db.close());

async function shown(applied: AppliedMask): Promise<readonly string[]> {
  const bound = bind(guard(parse('SELECT s FROM t ORDER BY id', BOUNDS)), catalogue([T]));
  const governed = { dataset: T, decision: { ...decision(T.id), masks: { s: applied } } };
  const query = rewrite(resolve(bound, new Map([[T.id, governed]])), {
    engine: 'duckdb',
    identity: IDENTITY,
    params: [],
    maskKey: KEY,
    page: { limit: 10, offset: 0 },
  });
  return db.governed(query);
}

describe('masks of some rows', () => {
  it('in their order, over the value', async () => {
    expect(await shown({ policy: null, mask: null, when })).toEqual(['a', 'first', 'second', 'first']);
  });

  it('in the other order', async () => {
    expect(await shown({ policy: null, mask: null, when: when.toReversed() })).toEqual([
      'a',
      'second',
      'second',
      'second',
    ]);
  });

  it('over the mask of all rows', async () => {
    expect(await shown({ policy: 'all', mask: constant('all'), when })).toEqual([
      'all',
      'first',
      'second',
      'first',
    ]);
  });
});
