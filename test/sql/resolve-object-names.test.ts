import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { dataset, governed } from './fixture.ts';

/** Names that every object of the gate's own language has: columns may be called so, and are masked only where a policy says so. */
const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];
const X = dataset('gold.x', ['id INTEGER', ...NAMES.map((name) => `${name} VARCHAR`)]);
const masks = Object.fromEntries([['tostring', { kind: 'null' as const }]]);

beforeAll(loadParser);

describe.each(NAMES)('a column called %s', (name) => {
  it('is a column as any other', () => {
    const query = governed(`SELECT "${name}" FROM x GROUP BY 1 ORDER BY "${name}"`, [X]);
    expect(query.columns).toEqual([{ name, masked: false }]);
    expect(print(query.tree)).toContain(`SELECT "raw"."${name}" AS "${name}"`);
  });
});

it('a mask is that of the column', () => {
  const query = governed(`SELECT * FROM x`, [X], { 'gold.x': { masks } });
  expect(query.columns.filter(({ masked }) => masked)).toEqual([{ name: 'toString', masked: true }]);
});
