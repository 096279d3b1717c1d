/** What two parties see together, run on DuckDB: no row that one of them lacks, no value that one of them is not shown. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AppliedMask, Decision } from '../../src/access/decision.ts';
import { createIntersect } from '../../src/access/intersect.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { DATE_UNITS, MASK_ORDER, type MaskSpec, type Predicate } from '../../src/policies/policy.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { bind } from '../../src/sql/resolve/bind.ts';
import { resolve } from '../../src/sql/resolve/resolve.ts';
import { columnType } from '../../src/sql/resolve/types.ts';
import { maskFits } from '../../src/sql/rewrite/masks/fits.ts';
import { rewrite } from '../../src/sql/rewrite/rewrite.ts';
import { BOUNDS, catalogue, dataset, decision, IDENTITY, KEY } from './fixture.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

const MEMBERS = dataset('gold.members', [
  'n INTEGER',
  'region VARCHAR',
  'name VARCHAR',
  'amount INTEGER',
  'born DATE',
]);
const MASKED = ['name', 'amount', 'born'];
const ROWS = 24;

let db: Warehouse;
let raw: readonly string[][];
beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  await db.run('CREATE SCHEMA gold');
  await db.run(`CREATE TABLE gold.members AS
    SELECT n::INTEGER AS n, ['north', 'south', 'east', NULL][1 + n % 4] AS region,
           ['Al', 'Berta', 'Constantin', 'Dora-Maria Ehrenfels', NULL][1 + n % 5] || n AS name,
           (n * 7919 % 1000)::INTEGER AS amount, DATE '1980-01-15' + (n * 97)::INTEGER AS born
    FROM range(${ROWS}) AS s(n)`);
  raw = cellsOf(await db.rows('SELECT n, name, amount, born FROM gold.members ORDER BY n'));
});
afterAll(() => db.close());

const cellsOf = (rows: readonly string[]): string[][] => rows.map((row) => row.split('|'));

const regions = fc.uniqueArray(fc.constantFrom('north', 'south', 'east', 'west'), { maxLength: 3 });
const own: Predicate = {
  kind: 'any',
  left: { kind: 'column', name: 'region' },
  list: { kind: 'identity', path: ['attributes', 'regions'] },
};
const below = (most: number): Predicate => ({
  kind: 'compare',
  op: '<',
  left: { kind: 'column', name: 'amount' },
  right: { kind: 'literal', value: most },
});
const where = fc.oneof(fc.constant(own), fc.integer({ min: 100, max: 900 }).map(below));
const mask: fc.Arbitrary<MaskSpec> = fc.constantFrom<MaskSpec>(
  { kind: 'null' },
  { kind: 'constant', value: 'shown to all' },
  { kind: 'constant', value: -1 },
  { kind: 'custom', expression: 'upper(value)', rank: 3 },
  { kind: 'hash', scope: 'global' },
  { kind: 'hash', scope: 'dataset' },
  { kind: 'partial', first: 1, last: 1, with: '*' },
  { kind: 'partial', first: 2, last: 3, with: '*' },
  { kind: 'bucket', width: 10, origin: 0 },
  { kind: 'round', to: 100 },
  ...DATE_UNITS.slice(0, 4).map((to) => ({ kind: 'truncate_date', to }) as const),
);
const rank = (one: MaskSpec): number => (one.kind === 'custom' ? one.rank : MASK_ORDER.indexOf(one.kind));
const applied: fc.Arbitrary<AppliedMask | null> = fc
  .record({
    base: fc.option(mask, { nil: null }),
    when: fc.array(fc.record({ policy: fc.constant('w'), mask, where }), { maxLength: 2 }),
  })
  .map(({ base, when }) => {
    const stricter = when
      .filter((one) => base === null || rank(one.mask) < rank(base))
      .sort((a, b) => rank(a.mask) - rank(b.mask));
    if (base === null && stricter.length === 0) return null;
    const conditional = stricter.length === 0 ? {} : { when: stricter };
    return { policy: base === null ? null : 'm', mask: base, ...conditional };
  });
const party = fc.record({
  regions,
  rows: fc.array(where, { maxLength: 2 }),
  hidden: fc.subarray(MASKED, { maxLength: 1 }),
  masks: fc.record({ name: applied, amount: applied, born: applied }),
});

type Party = typeof party extends fc.Arbitrary<infer T> ? T : never;

const identityOf = ({ regions: list }: Party): Identity => ({ ...IDENTITY, attributes: { regions: list } });

function decisionOf({ rows, hidden, masks }: Party): Decision {
  const kept = Object.entries(masks).filter(([name, one]) => one !== null && !hidden.includes(name));
  return Object.freeze({
    ...decision(MEMBERS.id, { rows, hidden }),
    masks: Object.fromEntries(kept) as Decision['masks'],
  });
}

const intersect = createIntersect((one, column) => maskFits(one, columnType(column)));

/** By key; a column that the decision hides is absent. */
async function seen(
  given: Decision,
  identity: Identity,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const shown = MASKED.filter((name) => !given.hidden.includes(name));
  const bound = bind(
    guard(parse(`SELECT ${['n', ...shown].join(', ')} FROM members ORDER BY n`, BOUNDS)),
    catalogue([MEMBERS]),
  );
  const resolved = resolve(bound, new Map([[MEMBERS.id, { dataset: MEMBERS, decision: given }]]));
  const query = rewrite(resolved, {
    engine: 'duckdb',
    identity,
    params: [],
    maskKey: KEY,
    page: { limit: 1000, offset: 0 },
  });
  const rows = cellsOf(await db.governed(query));
  return new Map(
    rows.map(([key = '', ...cells]) => [
      key,
      Object.fromEntries(shown.map((name, i) => [name, cells[i] ?? ''])),
    ]),
  );
}

const NULL = 'null';
const CONSTANTS = ['shown to all', '-1'];

it('of random filters and masks', async () => {
  await fc.assert(
    fc.asyncProperty(party, party, async (a, b) => {
      const caller: Identity = { ...identityOf(a), actor: identityOf(b) };
      const [first, second] = [decisionOf(a), decisionOf(b)];
      const both = intersect(
        [
          { decision: first, path: [] },
          { decision: second, path: ['actor'] },
        ],
        MEMBERS.columns,
      );
      const [one, other, together] = [
        await seen(first, identityOf(a)),
        await seen(second, identityOf(b)),
        await seen(both, caller),
      ];
      expect([...together.keys()]).toEqual([...one.keys()].filter((key) => other.has(key)));
      for (const [key, cells] of together) {
        const [alone, apart] = [one.get(key) ?? {}, other.get(key) ?? {}];
        for (const [name, cell] of Object.entries(cells)) {
          const theirs = [alone[name], apart[name]];
          expect(theirs, `${name} is hidden from one`).not.toContain(undefined);
          if (cell === NULL || CONSTANTS.includes(cell)) continue;
          expect(theirs, `${name} of ${key}`).toContain(cell);
          // Where one of them sees nothing of it, neither do both.
          expect(theirs.some((value) => value === NULL || CONSTANTS.includes(value ?? ''))).toBe(false);
          const stored = raw[Number(key)]?.[1 + MASKED.indexOf(name)];
          if (cell === stored && theirs.some((value) => value !== stored))
            expect.unreachable(`${name} of ${key} as it is stored, which one of them does not see`);
        }
      }
    }),
    { numRuns: 150 },
  );
});
