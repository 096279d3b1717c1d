/** `limits.max_scan_rows` through the whole gate, on both engines: sizes of datasets count, conditions and filters do not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';
import { startGate, type TestGate } from './gate.ts';
import { writeProject } from './project.ts';

const TABLES = [
  { schema: 'gold', name: 'big', columns: ['id integer', 'region text'] },
  { schema: 'gold', name: 'small', columns: ['id integer'] },
  { schema: 'gold', name: 'view', columns: ['id integer', 'region text'] },
];
const SQL = [
  'CREATE SCHEMA gold',
  "CREATE TABLE gold.big AS SELECT i::integer AS id, CASE WHEN i < 10 THEN 'EU' ELSE 'US' END AS region FROM generate_series(1, 1000) t(i)",
  'CREATE TABLE gold.small AS SELECT i::integer AS id FROM generate_series(1, 10) t(i)',
  'CREATE VIEW gold.view AS SELECT * FROM gold.big',
];
const POLICIES = `
  - { id: own-region, on: { id: gold.big }, rows: { where: "region = 'EU'" } }`;
const CONFIG = 'limits: { max_scan_rows: 1500 }';

const CASES: readonly (readonly [string, string, string | null])[] = [
  ['a dataset within the bound', 'SELECT count(*) FROM big', null],
  ['a small one beside it', 'SELECT count(*) FROM big JOIN small USING (id)', null],
  ['twice the large one', 'SELECT count(*) FROM big AS a JOIN big AS b USING (id)', 'scan_too_large'],
  [
    'twice the large one, of which conditions leave nothing',
    'SELECT count(*) FROM big AS a JOIN big AS b USING (id) WHERE a.id < 0 AND b.id < 0',
    'scan_too_large',
  ],
  ['in a subquery', 'SELECT count(*) FROM big WHERE id IN (SELECT id FROM big)', 'scan_too_large'],
  ['in the branches of a set operation', 'SELECT id FROM big UNION ALL SELECT id FROM big', 'scan_too_large'],
  [
    'a CTE is read once',
    'WITH q AS MATERIALIZED (SELECT * FROM big) SELECT count(*) FROM q AS a, q AS b WHERE a.id = b.id',
    null,
  ],
  ['a view has no estimate', 'SELECT count(*) FROM view AS a JOIN big AS b USING (id)', null],
];

describe('on DuckDB', () => {
  let gate: TestGate;
  beforeAll(async () => {
    const folder = await writeProject({ sql: SQL, tables: TABLES, policies: POLICIES, config: CONFIG });
    gate = await startGate({ folder });
  });
  afterAll(() => gate?.close());

  it.each(CASES)('%s', async (_title, sql, code) => {
    const { status, body, text } = await gate.query('reader', sql);
    expect(body.code ?? null, text).toBe(code);
    expect(status).toBe(code === null ? 200 : 400);
  });

  it('says so of a query that was planned before, and when it is explained', async () => {
    const sql = 'SELECT count(*) FROM big AS a, big AS b';
    for (let again = 0; again < 2; again++)
      expect((await gate.query('reader', sql)).body.code).toBe('scan_too_large');
    const explained = await gate.call('reader', 'POST', '/v1/explain', { body: { sql } });
    expect(explained.body.code).toBe('scan_too_large');
    // The bound is the operator's; how large the dataset is, nobody is told.
    expect(explained.text).toContain('1500');
    expect(explained.text).not.toContain('1000');
  });

  it('tells a caller who may not read it nothing of its size', async () => {
    const { body } = await gate.query('reader', 'SELECT 1 FROM big AS a, big AS b, nowhere');
    expect(body.code).toBe('dataset_not_found');
  });
});

describe.skipIf(missingServer !== null)('on PostgreSQL', () => {
  let server: TestServer;
  let gate: TestGate;
  beforeAll(async () => {
    server = await startServer();
    await server.run(...SQL, 'ANALYZE gold.big', 'ANALYZE gold.small');
    const folder = await writeProject({
      server: { engine: `{ kind: postgres, url: '${server.url}' }`, adapter: 'postgres' },
      sql: [],
      tables: TABLES,
      policies: POLICIES,
      config: CONFIG,
    });
    gate = await startGate({ folder });
  });
  afterAll(async () => {
    await gate?.close();
    await server?.close();
  });

  it.each(CASES)('%s', async (_title, sql, code) => {
    const { body, text } = await gate.query('reader', sql);
    expect(body.code ?? null, text).toBe(code);
  });
});
