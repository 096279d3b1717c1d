/** Samples in which references hold, on tables that are made for it: whatever the tables and the references, nothing dangles. */
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawSample,
  keptTable,
  type SampleAsk,
  type StagedReference,
  type StagedTable,
} from '../../src/sandbox/sample.ts';

interface Table {
  readonly sql: string;
  readonly key?: readonly string[];
  readonly columns: readonly string[];
}

/** Rows that are kept of each table, as texts. */
async function sample(
  tables: readonly Table[],
  references: readonly StagedReference[],
  ask: SampleAsk,
): Promise<readonly string[][][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const texts = async (sql: string): Promise<string[][]> =>
    (await connection.runAndReadAll(sql)).getRowsJson() as string[][];
  const db = {
    run: async (sql: string) => void (await connection.run(sql)),
    number: async (sql: string) => Number((await texts(sql))[0]?.[0]),
  };
  try {
    const staged: StagedTable[] = [];
    for (const [index, { sql, key = [], columns }] of tables.entries()) {
      await db.run(`CREATE TABLE t${index} AS ${sql}`);
      const rows = await db.number(`SELECT count(*) FROM t${index}`);
      staged.push({ name: `t${index}`, rows, key, columns });
    }
    await drawSample(staged, references, ask, db);
    const kept: string[][][] = [];
    for (const [index, { columns }] of tables.entries()) {
      const values = columns.map((column) => `${column}::VARCHAR`).join(', ');
      const rows = `rowid IN (SELECT rid FROM ${keptTable(index)})`;
      kept.push(await texts(`SELECT ${values} FROM t${index} WHERE ${rows} ORDER BY ALL`));
    }
    return kept;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const refers = (child: number, parent: number, from: string, to = 'c0'): StagedReference => ({
  child,
  parent,
  meets: `p.${to} = c.${from}`,
  refers: `c.${from} IS NOT NULL`,
});

const CUSTOMERS: Table = { sql: 'SELECT i AS c0 FROM range(1000) t(i)', key: ['c0'], columns: ['c0'] };
const ORDERS: Table = {
  sql: 'SELECT i AS c0, CASE WHEN i % 50 = 0 THEN NULL ELSE i % 1000 END AS c1 FROM range(5000) t(i)',
  key: ['c0'],
  columns: ['c0', 'c1'],
};
const TENTH: SampleAsk = { size: { rate: 0.1 }, seed: 'x' };

describe('a share', () => {
  it('of the parents is drawn, and their children with them', async () => {
    const [customers = [], orders = []] = await sample([CUSTOMERS, ORDERS], [refers(1, 0, 'c1')], TENTH);
    const kept = new Set(customers.map(([id]) => id));
    expect(kept.size).toBeGreaterThan(60);
    expect(kept.size).toBeLessThan(140);
    const expected = Array.from({ length: 5000 }, (_, i) => i).filter(
      (i) => i % 50 !== 0 && kept.has(String(i % 1000)),
    );
    expect(orders.filter(([, customer]) => customer !== null).length).toBe(expected.length);
  });

  it('of the rows that refer to nothing is drawn by their own key', async () => {
    const [, orders = []] = await sample([CUSTOMERS, ORDERS], [refers(1, 0, 'c1')], TENTH);
    const free = orders.filter(([, customer]) => customer === null).length;
    expect(free).toBeGreaterThan(0);
    expect(free).toBeLessThan(40);
  });

  it('is the same for the same seed, and another for another', async () => {
    const draw = (seed: string) => sample([CUSTOMERS, ORDERS], [refers(1, 0, 'c1')], { ...TENTH, seed });
    const first = await draw('a');
    expect(await draw('a')).toEqual(first);
    expect(await draw('b')).not.toEqual(first);
  });

  it('takes equal keys in tables that nothing joins', async () => {
    const twin = { ...CUSTOMERS, sql: 'SELECT i::VARCHAR AS c0 FROM range(1000) t(i)' };
    const [one, other] = await sample([CUSTOMERS, twin], [], TENTH);
    expect(other?.length).toBeGreaterThan(0);
    expect(other).toEqual(one);
  });

  it('leaves lookups whole, and these do not decide about their children', async () => {
    const regions = { sql: 'SELECT i AS c0 FROM range(4) t(i)', key: ['c0'], columns: ['c0'] };
    const towns = {
      sql: 'SELECT i AS c0, i % 4 AS c1 FROM range(1000) t(i)',
      key: ['c0'],
      columns: ['c0', 'c1'],
    };
    const [kept, some] = await sample([regions, towns], [refers(1, 0, 'c1')], TENTH);
    expect(kept?.length).toBe(4);
    expect(some?.length).toBeLessThan(200);
  });

  it('follows the largest parent, and adds what else its rows need', async () => {
    const products = { sql: 'SELECT i AS c0 FROM range(200) t(i)', key: ['c0'], columns: ['c0'] };
    const items = {
      sql: 'SELECT i AS c0, i % 5000 AS c1, i % 200 AS c2 FROM range(10000) t(i)',
      columns: ['c0', 'c1', 'c2'],
    };
    const kept = await sample(
      [products, ORDERS, items, CUSTOMERS],
      [refers(2, 0, 'c2'), refers(2, 1, 'c1'), refers(1, 3, 'c1')],
      TENTH,
    );
    const needed = new Set(kept[2]?.map(([, , product]) => product));
    expect(kept[2]?.length).toBeGreaterThan(500);
    expect(kept[2]?.length).toBeLessThan(1500);
    for (const product of needed) expect(kept[0]?.flat()).toContain(product);
  });

  it('leaves out rows whose parent may not be seen, and what refers to them', async () => {
    const some = { ...CUSTOMERS, sql: 'SELECT i AS c0 FROM range(500) t(i)' };
    const items = { sql: 'SELECT i AS c0, i AS c1 FROM range(5000) t(i)', columns: ['c0', 'c1'] };
    const all: SampleAsk = { size: { rate: 1 }, seed: 'x' };
    const [, orders = [], rest = []] = await sample(
      [some, ORDERS, items],
      [refers(1, 0, 'c1'), refers(2, 1, 'c1')],
      all,
    );
    expect(orders.every(([, customer]) => customer === null || Number(customer) < 500)).toBe(true);
    expect(rest.length).toBe(orders.length);
  });
});

describe('circles', () => {
  it('of a table with itself hold', async () => {
    const staff = {
      sql: 'SELECT i AS c0, CASE WHEN i = 0 THEN NULL ELSE i // 2 END AS c1 FROM range(2000) t(i)',
      key: ['c0'],
      columns: ['c0', 'c1'],
    };
    const [kept = []] = await sample([staff], [refers(0, 0, 'c1')], TENTH);
    const ids = new Set(kept.map(([id]) => id));
    expect(ids.size).toBeLessThan(1500);
    for (const [, boss] of kept) if (boss !== null) expect(ids.has(boss ?? '')).toBe(true);
  });

  it('of two tables hold', async () => {
    const teams = {
      sql: 'SELECT i AS c0, i * 7 % 1000 AS c1 FROM range(300) t(i)',
      key: ['c0'],
      columns: ['c0', 'c1'],
    };
    const people = {
      sql: 'SELECT i AS c0, i % 300 AS c1 FROM range(1000) t(i)',
      key: ['c0'],
      columns: ['c0', 'c1'],
    };
    const [a = [], b = []] = await sample([teams, people], [refers(0, 1, 'c1'), refers(1, 0, 'c1')], TENTH);
    expect(a.length).toBeGreaterThan(0);
    for (const [, lead] of a) expect(b.map(([id]) => id)).toContain(lead);
    for (const [, team] of b) expect(a.map(([id]) => id)).toContain(team);
  });
});

describe('a number of rows', () => {
  it('is that of each table, and parents come on top', async () => {
    const [customers, orders] = await sample([CUSTOMERS, ORDERS], [refers(1, 0, 'c1')], {
      size: { rows: 20 },
      seed: 'x',
    });
    expect(customers?.length).toBe(20);
    expect(orders?.length).toBe(20);
  });

  it('is all that there is where there is less', async () => {
    const [customers] = await sample([CUSTOMERS], [], { size: { rows: 5000 }, seed: 'x' });
    expect(customers?.length).toBe(1000);
  });
});

it('a key of several columns holds', async () => {
  const lines = {
    sql: 'SELECT i // 3 AS c0, i % 3 AS c1 FROM range(3000) t(i)',
    key: ['c0', 'c1'],
    columns: ['c0', 'c1'],
  };
  const parcels = {
    sql: 'SELECT i AS c0, i % 1000 AS c1, CASE WHEN i % 10 = 0 THEN NULL ELSE i % 3 END AS c2 FROM range(3000) t(i)',
    columns: ['c0', 'c1', 'c2'],
  };
  const reference = {
    child: 1,
    parent: 0,
    meets: 'p.c0 = c.c1 AND p.c1 = c.c2',
    refers: 'c.c1 IS NOT NULL AND c.c2 IS NOT NULL',
  };
  const [kept = [], children = []] = await sample([lines, parcels], [reference], TENTH);
  const keys = new Set(kept.map((row) => row.join('/')));
  expect(children.length).toBeGreaterThan(50);
  for (const [, a, b] of children) if (b !== null) expect(keys.has(`${a}/${b}`)).toBe(true);
});

it('nothing dangles, whatever refers to whatever', async () => {
  const tables = fc.integer({ min: 1, max: 4 });
  const edges = fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(2)), { maxLength: 7 });
  const size = fc.oneof(
    fc.record({ rate: fc.constantFrom(0.05, 0.3, 1) }),
    fc.record({ rows: fc.integer({ min: 1, max: 80 }) }),
  );
  await fc.assert(
    fc.asyncProperty(tables, edges, size, fc.nat(), async (count, drawn, ask, seed) => {
      const made = Array.from({ length: count }, (_, at) => ({
        sql: `SELECT i AS c0, ${[7, 11, 13].map((by) => `CASE WHEN i % ${by} = 0 THEN NULL ELSE (i * ${by + at}) % 180 END AS c${[7, 11, 13].indexOf(by) + 1}`).join(', ')} FROM range(150) t(i)`,
        key: ['c0'],
        columns: ['c0', 'c1', 'c2', 'c3'],
      }));
      const references = drawn
        .filter(([child, parent]) => child < count && parent < count)
        .map(([child, parent, column]) => refers(child, parent, `c${column + 1}`));
      const kept = await sample(made, references, { size: ask, seed: String(seed) });
      for (const [child, parent, column] of drawn.filter(([a, b]) => a < count && b < count)) {
        const ids = new Set(kept[parent]?.map(([id]) => id));
        for (const row of kept[child] ?? []) {
          const value = row[column + 1];
          if (value !== null && value !== undefined) expect(ids.has(value)).toBe(true);
        }
      }
    }),
    { numRuns: 25 },
  );
});
