import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { clickbenchColumns, clickbenchSql } from './clickbench.ts';
import { dataset, governed } from './fixture.ts';
import { TPCH, TPCH_SQL } from './tpch.ts';
import { multiset, type Warehouse, warehouse } from './warehouse.ts';

const CORPORA = '../shared/corpora';
const present = existsSync(CORPORA);
if (!present) console.log('skipped: the corpora of TPC-H and ClickBench are not beside the repository');

let db: Warehouse;

beforeAll(async () => {
  await loadParser();
  db = await warehouse();
});

afterAll(() => db.close());

describe.skipIf(!present)('TPC-H without policies gives what the raw query gives', () => {
  beforeAll(async () => {
    for (const sql of TPCH_SQL) await db.run(sql);
    await db.run('SET search_path = tpch');
  });

  const files = present ? readdirSync(`${CORPORA}/tpch`).filter((name) => name.endsWith('.sql')) : [];
  it.each(files)('%s', async (file) => {
    const sql = readFileSync(`${CORPORA}/tpch/${file}`, 'utf8').trim().replace(/;$/, '');
    const raw = await db.rows(sql);
    const query = governed(sql, TPCH);
    expect(multiset(await db.governed(query))).toEqual(multiset(raw));
    expect(query.columns.some((column) => column.masked)).toBe(false);
  });
});

describe.skipIf(!present)('TPC-H under policies gives what the raw query gives on a governed copy', () => {
  let base: Warehouse;
  let copy: Warehouse;
  const rules = {
    'tpch.lineitem': {
      rows: [
        {
          kind: 'not',
          arg: {
            kind: 'compare',
            op: '=',
            left: { kind: 'column', name: 'l_returnflag' },
            right: { kind: 'literal', value: 'N' },
          },
        },
      ],
      masks: { l_comment: { kind: 'null' } },
    },
    'tpch.orders': {
      rows: [
        {
          kind: 'compare',
          op: '<',
          left: { kind: 'column', name: 'o_totalprice' },
          right: { kind: 'literal', value: 300000 },
        },
      ],
    },
    'tpch.customer': { masks: { c_address: { kind: 'null' }, c_name: { kind: 'constant', value: 'x' } } },
    'tpch.supplier': { hidden: ['s_comment2'], masks: { s_phone: { kind: 'constant', value: '' } } },
  } as const;

  beforeAll(async () => {
    base = await warehouse();
    copy = await warehouse();
    for (const target of [base, copy]) for (const sql of TPCH_SQL) await target.run(sql);
    for (const sql of [
      'SET search_path = tpch',
      "DELETE FROM lineitem WHERE l_returnflag = 'N'",
      'UPDATE lineitem SET l_comment = NULL',
      'DELETE FROM orders WHERE o_totalprice >= 300000',
      "UPDATE customer SET c_address = NULL, c_name = 'x'",
      "UPDATE supplier SET s_phone = ''",
    ]) {
      await copy.run(sql);
    }
  });

  afterAll(() => {
    base.close();
    copy.close();
  });

  const files = present ? readdirSync(`${CORPORA}/tpch`).filter((name) => name.endsWith('.sql')) : [];
  it.each(files)('%s', async (file) => {
    const sql = readFileSync(`${CORPORA}/tpch/${file}`, 'utf8').trim().replace(/;$/, '');
    expect(multiset(await base.governed(governed(sql, TPCH, rules)))).toEqual(multiset(await copy.rows(sql)));
  });
});

describe.skipIf(!present)('ClickBench without policies gives what the raw query gives', () => {
  const create = present ? readFileSync(`${CORPORA}/clickbench/create.sql`, 'utf8') : '';
  const columns = clickbenchColumns(create);
  const hits = dataset('main.hits', columns);

  beforeAll(async () => {
    await db.run('SET search_path = main');
    for (const sql of clickbenchSql('hits', columns)) await db.run(sql);
  });

  const lines = present
    ? readFileSync(`${CORPORA}/clickbench/queries.sql`, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '')
    : [];
  it.each(lines)('%s', async (line) => {
    const sql = line.trim().replace(/;$/, '');
    // Ties under a LIMIT may fall either way: what is compared is the answer without it.
    const whole = sql.replace(/ LIMIT \d+( OFFSET \d+)?$/, '');
    const raw = await db.rows(whole);
    expect(
      multiset(await db.governed(governed(whole, [hits], {}, { page: { limit: 9000, offset: 0 } }))),
    ).toEqual(multiset(raw));
    expect(await db.governed(governed(sql, [hits]))).toHaveLength((await db.rows(sql)).length);
  });
});
