/** A query on PostgreSQL through the whole gate: HTTP, identity, policies, plan, a real server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';
import { startGate, type TestGate } from './gate.ts';
import { writeProject } from './project.ts';

const POLICIES = `
  - id: own-region
    on: { id: gold.members }
    rows: { where: "region in ('EU', 'FR')" }
  - id: mask-email
    on: { all: [ { id: gold.members }, { column_name: email } ] }
    mask: { with: partial, first: 1, last: 0 }
  - id: hide-iban
    on: { all: [ { id: gold.members }, { column_name: iban } ] }
    mask: { with: hide }
`;

describe.skipIf(missingServer !== null)('a gate on PostgreSQL', () => {
  let server: TestServer;
  let gate: TestGate;
  beforeAll(async () => {
    server = await startServer();
    await server.run(
      'CREATE SCHEMA gold',
      'CREATE TABLE gold.members (id integer PRIMARY KEY, region text, email text, iban text, amount numeric(10,2))',
      `INSERT INTO gold.members VALUES
        (1, 'EU', 'ada@x.org', 'DE1', 1.50), (2, 'US', 'not a number', 'US1', 0),
        (3, 'FR', 'bob', 'FR1', 2.25), (4, NULL, 'eve', 'XX1', 9)`,
      'CREATE TABLE gold.unlisted (id integer)',
    );
    const folder = await writeProject({
      server: { engine: `{ kind: postgres, url: '${server.url}' }`, adapter: 'postgres' },
      sql: [],
      tables: [
        {
          schema: 'gold',
          name: 'members',
          columns: ['id integer', 'region text', 'email text', 'iban text', 'amount numeric(10,2)'],
        },
      ],
      policies: POLICIES,
    });
    gate = await startGate({ folder });
  });
  afterAll(async () => {
    await gate?.close();
    await server?.close();
  });

  it('answers filtered and masked', async () => {
    const reply = await gate.query('reader', 'SELECT * FROM gold.members ORDER BY id');
    expect(reply.status, reply.text).toBe(200);
    expect(reply.body.columns).toEqual([
      { name: 'id', type: 'integer', masked: false },
      { name: 'region', type: 'text', masked: false },
      { name: 'email', type: 'text', masked: true },
      { name: 'amount', type: 'numeric(10,2)', masked: false },
    ]);
    expect(reply.body.rows).toEqual([
      [1, 'EU', 'a********', '1.50'],
      [3, 'FR', 'b**', '2.25'],
    ]);
  });

  it('takes parameters, functions, joins and groups', async () => {
    const reply = await gate.query(
      'reader',
      `WITH big AS (SELECT region, sum(amount) AS total FROM members GROUP BY region)
       SELECT initcap(m.region) AS r, to_char(b.total, 'FM990.00') AS total, row_number() OVER (ORDER BY m.id) AS n
       FROM members AS m JOIN big AS b USING (region) WHERE m.id >= $1 ORDER BY 1`,
      { params: [1] },
    );
    expect(reply.status, reply.text).toBe(200);
    expect(reply.body.rows).toEqual([
      ['Eu', '1.50', 1],
      ['Fr', '2.25', 2],
    ]);
  });

  it.each([
    [
      'a cast that fails on a hidden row alone',
      "SELECT count(*) FROM members WHERE CASE WHEN region <> 'EU' AND region <> 'FR' THEN region::integer ELSE 1 END = 1",
      2,
    ],
    ['a division by zero on a hidden row alone', 'SELECT count(*) FROM members WHERE 1 / amount > 0', 2],
    [
      'a pattern that only a hidden value meets',
      "SELECT count(*) FROM members WHERE region NOT LIKE 'US\\'",
      2,
    ],
  ])('does not show %s', async (_title, sql, count) => {
    const reply = await gate.query('reader', sql);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.body.rows).toEqual([[count]]);
  });

  it.each([
    ['a hidden column', 'SELECT iban FROM gold.members', 'column_not_found'],
    ['a relation that is not published', 'SELECT * FROM gold.unlisted', 'dataset_not_found'],
    ['a physical name', 'SELECT * FROM warehouse.gold.members', 'dataset_not_found'],
    ['the catalog', 'SELECT * FROM pg_catalog.pg_class', 'dataset_not_found'],
    ["a function of DuckDB's", 'SELECT len(region) FROM members', 'sql_function_refused'],
    ["a function of the server's", "SELECT pg_read_file('/etc/passwd')", 'sql_function_refused'],
    [
      'a function called as a field',
      "SELECT ('/etc/passwd').pg_read_file FROM members",
      'sql_construct_refused',
    ],
    ["a type of DuckDB's", 'SELECT CAST(id AS hugeint) FROM members', 'sql_type_refused'],
    ["an operator of DuckDB's", 'SELECT id // 2 FROM members', 'sql_operator_refused'],
  ])('refuses %s', async (_title, sql, code) => {
    const reply = await gate.query('reader', sql);
    expect(reply.body.code, reply.text).toBe(code);
  });

  it('tells the class of an error and nothing of the value', async () => {
    const reply = await gate.query('reader', 'SELECT region::integer FROM members');
    expect(reply.body.code).toBe('invalid_cast');
    expect(reply.text).not.toMatch(/EU|FR|US/);
  });
});
