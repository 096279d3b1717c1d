import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Predicate } from '../../src/policies/policy.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { readCases } from './cases.ts';
import { dataset, governed } from './fixture.ts';
import { multiset, type Warehouse, warehouse } from './warehouse.ts';

const DATASETS = [
  dataset('gold.members', [
    'id INTEGER',
    'name VARCHAR',
    'email VARCHAR',
    'region VARCHAR',
    'born DATE',
    'income INTEGER',
    'iban VARCHAR',
  ]),
  dataset('gold.orders', ['id INTEGER', 'member_id INTEGER', 'amount INTEGER', 'note VARCHAR']),
  dataset('gold.accounts', ['id INTEGER', 'iban VARCHAR', 'balance INTEGER']),
  dataset('gold.regions', ['code VARCHAR', 'title VARCHAR']),
];
const MORE_THAN_TEN: Predicate = {
  kind: 'compare',
  op: '>',
  left: { kind: 'column', name: 'amount' },
  right: { kind: 'literal', value: 10 },
};
const RULES = {
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

let db: Warehouse;
let copy: Warehouse;

beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  copy = await warehouse();
  await db.run('CREATE SCHEMA gold');
  await copy.run('CREATE SCHEMA gold');
  await db.run(
    'CREATE TABLE gold.members (id INTEGER, name VARCHAR, email VARCHAR, region VARCHAR, born DATE, income INTEGER, iban VARCHAR)',
  );
  await copy.run(
    'CREATE TABLE gold.members (id INTEGER, name VARCHAR, email VARCHAR, region VARCHAR, born DATE, income INTEGER)',
  );
  for (const target of [db, copy]) {
    await target.run(
      'CREATE TABLE gold.orders (id INTEGER, member_id INTEGER, amount INTEGER, note VARCHAR)',
    );
    await target.run('CREATE TABLE gold.accounts (id INTEGER, iban VARCHAR, balance INTEGER)');
    await target.run('CREATE TABLE gold.regions (code VARCHAR, title VARCHAR)');
    await target.run("INSERT INTO gold.accounts SELECT i, 'iban' || i, i * 10 FROM range(3, 12) t(i)");
    await target.run("INSERT INTO gold.regions VALUES ('EU', 'Europe'), ('US', 'America'), ('XX', NULL)");
    await target.run('SET search_path = gold');
  }
  const names = ['ada', 'bob', 'cara', 'abe', 'zoë', 'al', 'ann', 'béa', 'carl', 'dan'];
  const regions = ['EU', 'US', 'FR'];
  for (const [i, name] of names.entries()) {
    const region = regions[i % 3]!;
    const email = `${name}@example.org`;
    const born = `1990-0${(i % 9) + 1}-15`;
    await db.run(
      `INSERT INTO gold.members VALUES (${i}, '${name}', '${email}', '${region}', '${born}', ${i * 1000}, 'iban${i}')`,
    );
    if (region === 'US') continue;
    const hidden = `${email[0]}${'*'.repeat([...email].length - 3)}rg`;
    await copy.run(
      `INSERT INTO gold.members VALUES (${i}, '${name}', '${hidden}', '${region}', '${born}', NULL)`,
    );
  }
  for (let i = 0; i < 30; i++) {
    const amount = (i * 7) % 40;
    const member = i % 4 === 0 ? 'NULL' : String(i % 11);
    await db.run(`INSERT INTO gold.orders VALUES (${i}, ${member}, ${amount}, 'secret ${i}')`);
    if (amount > 10) await copy.run(`INSERT INTO gold.orders VALUES (${i}, ${member}, ${amount}, 'n/a')`);
  }
});

afterAll(() => {
  db.close();
  copy.close();
});

describe('gives what the same query gives on a physically governed copy', () => {
  it.each(readCases('test/cases/rewrite/copy.sql'))('$sql', async ({ sql }) => {
    const wanted = await copy.rows(sql);
    const rows = await db.governed(governed(sql, DATASETS, RULES));
    expect(multiset(rows)).toEqual(multiset(wanted));
  });
});
