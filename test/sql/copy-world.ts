/** A small world under policies, and the same governed by hand: what the gate gives must be what the copy holds. */
import type { Dataset } from '../../src/catalogue/dataset.ts';
import type { Predicate } from '../../src/policies/policy.ts';
import { dataset } from './fixture.ts';

/** @param database of which they are relations */
export const worldIn = (database: string): readonly Dataset[] => [
  dataset(
    'gold.members',
    [
      'id INTEGER',
      'name VARCHAR',
      'email VARCHAR',
      'region VARCHAR',
      'born DATE',
      'income INTEGER',
      'iban VARCHAR',
    ],
    { database, schema: 'gold', identifier: 'members' },
  ),
  dataset('gold.orders', ['id INTEGER', 'member_id INTEGER', 'amount INTEGER', 'note VARCHAR'], {
    database,
    schema: 'gold',
    identifier: 'orders',
  }),
  dataset('gold.accounts', ['id INTEGER', 'iban VARCHAR', 'balance INTEGER'], {
    database,
    schema: 'gold',
    identifier: 'accounts',
  }),
  dataset('gold.regions', ['code VARCHAR', 'title VARCHAR'], {
    database,
    schema: 'gold',
    identifier: 'regions',
  }),
];
const MORE_THAN_TEN: Predicate = {
  kind: 'compare',
  op: '>',
  left: { kind: 'column', name: 'amount' },
  right: { kind: 'literal', value: 10 },
};
export const WORLD_RULES = {
  'gold.members': {
    hidden: ['iban'],
    masks: {
      email: { kind: 'partial', first: 1, last: 2, with: '*' },
      income: { kind: 'null' },
    },
    rows: [
      {
        kind: 'any',
        left: { kind: 'column', name: 'region' },
        list: { kind: 'identity', path: ['attributes', 'regions'] },
      },
    ],
  },
  'gold.orders': { masks: { note: { kind: 'constant', value: 'n/a' } }, rows: [MORE_THAN_TEN] },
} as const;

/** Statements that make the world, and those that make its copy. */
export function worldSql(): { readonly base: readonly string[]; readonly copy: readonly string[] } {
  const base = [
    'CREATE SCHEMA gold',
    'CREATE TABLE gold.members (id INTEGER, name VARCHAR, email VARCHAR, region VARCHAR, born DATE, income INTEGER, iban VARCHAR)',
  ];
  const copy = [
    'CREATE SCHEMA gold',
    'CREATE TABLE gold.members (id INTEGER, name VARCHAR, email VARCHAR, region VARCHAR, born DATE, income INTEGER)',
  ];
  const accounts = Array.from({ length: 9 }, (_, i) => `(${i + 3}, 'iban${i + 3}', ${(i + 3) * 10})`);
  for (const target of [base, copy]) {
    target.push(
      'CREATE TABLE gold.orders (id INTEGER, member_id INTEGER, amount INTEGER, note VARCHAR)',
      'CREATE TABLE gold.accounts (id INTEGER, iban VARCHAR, balance INTEGER)',
      'CREATE TABLE gold.regions (code VARCHAR, title VARCHAR)',
      `INSERT INTO gold.accounts VALUES ${accounts.join(', ')}`,
      "INSERT INTO gold.regions VALUES ('EU', 'Europe'), ('US', 'America'), ('XX', NULL)",
    );
  }
  const names = ['ada', 'bob', 'cara', 'abe', 'zoë', 'al', 'ann', 'béa', 'carl', 'dan'];
  const regions = ['EU', 'US', 'FR'];
  for (const [i, name] of names.entries()) {
    const region = regions[i % 3]!;
    const email = `${name}@example.org`;
    const born = `1990-0${(i % 9) + 1}-15`;
    base.push(
      `INSERT INTO gold.members VALUES (${i}, '${name}', '${email}', '${region}', '${born}', ${i * 1000}, 'iban${i}')`,
    );
    if (region === 'US') continue;
    const hidden = `${email[0]}${'*'.repeat([...email].length - 3)}rg`;
    copy.push(`INSERT INTO gold.members VALUES (${i}, '${name}', '${hidden}', '${region}', '${born}', NULL)`);
  }
  for (let i = 0; i < 30; i++) {
    const amount = (i * 7) % 40;
    const member = i % 4 === 0 ? 'NULL' : String(i % 11);
    base.push(`INSERT INTO gold.orders VALUES (${i}, ${member}, ${amount}, 'secret ${i}')`);
    if (amount > 10) copy.push(`INSERT INTO gold.orders VALUES (${i}, ${member}, ${amount}, 'n/a')`);
  }
  return { base, copy };
}
