/** A sandbox as it is handed over: what the identity may see and nothing else, whole or not at all, and on record. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTail } from '../../src/audit/read.ts';
import { auditPath } from '../../src/open.ts';
import { forward, startGate, type TestGate } from '../e2e/gate.ts';
import { type ProjectTable, writeProject } from '../e2e/project.ts';
import { type Sandbox, sandboxOf } from './sandbox-of.ts';

/** Every value that the reader must not get holds one of these. */
const CANARY = /CANARY|\b777\d{6}\b/;

const TABLES: readonly ProjectTable[] = [
  {
    schema: 'gold',
    name: 'members',
    columns: [
      { name: 'member_id', type: 'INTEGER', tags: ['pii.id'] },
      { name: 'email', type: 'VARCHAR', tags: ['pii.email'] },
      { name: 'salary', type: 'DECIMAL(12,2)', tags: ['pay'] },
      { name: 'secret_code', type: 'VARCHAR', tags: ['hidden'] },
      'region VARCHAR',
    ],
  },
  {
    schema: 'gold',
    name: 'orders',
    columns: [
      'order_id INTEGER',
      { name: 'member_id', type: 'INTEGER', tags: ['pii.id'] },
      'amount DECIMAL(10,2)',
    ],
  },
  { schema: 'vault', name: 'closed', columns: ['v VARCHAR'] },
  { schema: 'gold', name: 'empty', columns: ['at TIMESTAMP WITH TIME ZONE', 'tags VARCHAR[]'] },
  { schema: 'gold', name: 'cut', columns: ['i INTEGER'] },
  { schema: 'gold', name: 'filtered_only', columns: ['i INTEGER'] },
  { schema: 'gold', name: 'paged_only', columns: ['i INTEGER'] },
];

const SQL = [
  'CREATE SCHEMA gold',
  'CREATE SCHEMA vault',
  `CREATE TABLE gold.members AS SELECT
     (777000000 + i)::INTEGER AS member_id, 'CANARY' || i || '@example.org' AS email,
     (777000000 + i)::DECIMAL(12,2) AS salary, 'CANARY code ' || i AS secret_code,
     CASE WHEN i % 4 = 0 THEN 'CANARY region' ELSE 'EU' END AS region, 'CANARY unclassified' AS unclassified
   FROM range(400) t(i)`,
  `CREATE TABLE gold.orders AS SELECT i::INTEGER AS order_id, (777000000 + i % 300)::INTEGER AS member_id,
     (i / 3)::DECIMAL(10,2) AS amount FROM range(1200) t(i)`,
  "CREATE TABLE vault.closed AS SELECT 'CANARY vault' AS v",
  'CREATE TABLE gold.empty ("at" TIMESTAMP WITH TIME ZONE, tags VARCHAR[])',
  'CREATE TABLE gold.cut AS SELECT (5000 - i)::INTEGER AS i FROM range(5000) t(i)',
  'CREATE TABLE gold.filtered_only AS SELECT 1::INTEGER AS i',
  'CREATE TABLE gold.paged_only AS SELECT 1::INTEGER AS i',
];

const POLICIES = `
  - { id: ids, on: { column_tag: pii.id }, mask: { with: hash } }
  - { id: mails, on: { column_tag: pii.email }, mask: { with: constant, value: withheld } }
  - { id: pay, on: { column_tag: pay }, mask: { with: 'null' } }
  - { id: codes, on: { column_tag: hidden }, mask: { with: hide } }
  - { id: europe, on: { id: gold.members }, rows: { where: "region = 'EU'" } }
  - { id: closed, on: { namespace: vault }, deny: everyone }
  - { id: short, on: { id: gold.cut }, limit: { max_rows: 1500 } }
  - { id: asked, on: { id: gold.filtered_only }, limit: { require_filter: [i] } }
  - { id: paged, on: { id: gold.paged_only }, limit: { formats: [json] } }
`;

/** dbt's tests, as its manifest has them. */
function addTests(folder: string): void {
  const path = join(folder, 'target/manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { nodes: Record<string, unknown> };
  const test = (id: string, name: string, kwargs: object, nodes: readonly string[]) => {
    manifest.nodes[`test.test.${id}`] = {
      resource_type: 'test',
      unique_id: `test.test.${id}`,
      package_name: 'test',
      name: id,
      config: { enabled: true },
      test_metadata: { name, kwargs },
      attached_node: nodes[0],
      depends_on: { nodes },
    };
  };
  const [orders, members] = ['source.test.gold.orders', 'source.test.gold.members'];
  test('u1', 'unique', { column_name: 'member_id' }, [members]);
  test('u2', 'unique', { column_name: 'order_id' }, [orders]);
  test(
    'r1',
    'relationships',
    { column_name: 'member_id', field: 'member_id', to: "source('gold', 'members')" },
    [orders, members],
  );
  writeFileSync(path, JSON.stringify(manifest));
}

async function projectFolder(): Promise<string> {
  const folder = await writeProject({
    sql: SQL,
    tables: TABLES,
    policies: POLICIES,
    config: 'limits: { max_stream_rows: 1000 }',
  });
  addTests(folder);
  return folder;
}

describe('a sandbox', () => {
  let gate: TestGate;
  let whole: Sandbox;
  beforeAll(async () => {
    gate = await startGate({ folder: await projectFolder() });
    whole = await sandboxOf(gate, 'reader', { requestId: 'whole' });
  });
  afterAll(() => gate?.close());

  const dataset = (sandbox: Sandbox, id: string) => sandbox.manifest.datasets.find((one) => one.id === id);

  it('holds every dataset under the names of its relation', () => {
    expect(
      whole.manifest.datasets.map((one) => `${one.id} ${one.schema}.${one.identifier} ${one.rows}`),
    ).toEqual([
      'gold.cut gold.cut 1500',
      'gold.empty gold.empty 0',
      'gold.members gold.members 300',
      'gold.orders gold.orders 1200',
    ]);
  });

  it('says of a dataset that may be known and not be read that it is left out', () => {
    expect(whole.manifest.left_out).toEqual([
      {
        dataset: 'gold.filtered_only',
        unique_id: 'source.test.gold.filtered_only',
        reason: 'limit_filter',
        message: 'A query that reads gold.filtered_only restricts certain columns of it.',
      },
      {
        dataset: 'gold.paged_only',
        unique_id: 'source.test.gold.paged_only',
        reason: 'limit_format',
        message: 'The data may not be delivered in this format',
      },
      {
        dataset: 'vault.closed',
        unique_id: 'source.test.vault.closed',
        reason: 'denied_by_policy',
        message: 'The identity may not query it.',
      },
    ]);
  });

  it('holds what a query gives, value by value', async () => {
    const asked = await gate.query('reader', 'SELECT * FROM gold.members ORDER BY member_id', {
      limit: 1000,
    });
    const rows = await whole.rows(
      'SELECT member_id::VARCHAR, email, salary::VARCHAR, region FROM gold.members ORDER BY member_id',
    );
    expect(rows).toEqual(asked.body.rows?.map(([id, ...rest]) => [String(id), ...rest]));
    expect(rows.length).toBe(300);
  });

  it('keeps the types of what is masked and of what is empty', async () => {
    expect(
      dataset(whole, 'gold.members')?.columns.map(({ name, type, masked }) => [name, type, masked]),
    ).toEqual([
      ['member_id', 'BIGINT', true],
      ['email', 'VARCHAR', true],
      ['salary', 'DECIMAL(12,2)', true],
      ['region', 'VARCHAR', false],
    ]);
    const described = await whole.rows(
      "SELECT data_type FROM duckdb_columns() WHERE table_name = 'empty' ORDER BY column_index",
    );
    expect(described).toEqual([['TIMESTAMP WITH TIME ZONE'], ['VARCHAR[]']]);
  });

  it('joins on keys that are masked', async () => {
    const joined = await whole.rows(
      'SELECT count(*)::INTEGER FROM gold.orders JOIN gold.members USING (member_id)',
    );
    expect(joined).toEqual([[900]]);
  });

  it('has nothing in its files that may not be seen, not even a name', async () => {
    const manifest = readFileSync(join(dirname(whole.path), 'sandbox.manifest.json'), 'latin1');
    for (const text of [readFileSync(whole.path, 'latin1'), manifest]) {
      expect(text).not.toMatch(/CANARY/i);
      expect(text).not.toMatch(/secret_code|unclassified/);
    }
    const tables = await whole.rows('SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL');
    for (const [schema, table] of tables) {
      const values = await whole.rows(`SELECT to_json(t)::VARCHAR FROM "${schema}"."${table}" AS t`);
      if (schema !== '_sluice') expect(values.filter(([value]) => CANARY.test(String(value)))).toEqual([]);
    }
    expect(tables).toContainEqual(['_sluice', 'manifest']);
  });

  it('is for its owner alone, and nothing else is left beside it', () => {
    expect(statSync(whole.path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dirname(whole.path), 'sandbox.manifest.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(whole.path)).sort()).toEqual(['sandbox.duckdb', 'sandbox.manifest.json']);
  });

  it('goes on beyond what one answer may hold, up to what a policy allows', () => {
    expect(dataset(whole, 'gold.orders')).toMatchObject({ rows: 1200, truncated: false });
    expect(dataset(whole, 'gold.cut')).toMatchObject({ rows: 1500, truncated: true });
  });

  it('cuts at the same rows every time', async () => {
    expect(await whole.rows('SELECT min(i), max(i) FROM gold.cut')).toEqual([[1, 1500]]);
  });

  it('is the same again from the same state', async () => {
    const again = await sandboxOf(gate, 'reader');
    expect(again.manifest.content_hash).toBe(whole.manifest.content_hash);
    const { created_at: _, ...rest } = again.manifest;
    expect(whole.manifest).toMatchObject(rest);
  });

  it('is on record, one decision a read', async () => {
    const events = await readTail(auditPath(gate.config), 1000);
    const mine = events.filter(
      (event) => event.request_id.startsWith('whole-') && event.event === 'decision',
    );
    expect(mine.map(({ datasets }) => datasets)).toEqual([
      ...[['gold.cut'], ['gold.cut'], ['gold.empty'], ['gold.members'], ['gold.orders'], ['gold.orders']],
    ]);
    expect(new Set(mine.map(({ subject }) => subject.sub))).toEqual(new Set(['rita.reader']));
  });

  it('tells its own manifest', async () => {
    const [row] = await whole.rows('SELECT manifest::VARCHAR FROM _sluice.manifest');
    expect(JSON.parse(String(row?.[0]))).toEqual(whole.manifest);
  });

  it('has dangling references told and kept where nothing is sampled', () => {
    expect(whole.manifest.references).toEqual([
      {
        from: { dataset: 'gold.orders', columns: ['member_id'] },
        to: { dataset: 'gold.members', columns: ['member_id'] },
        via: 'test',
        holds: false,
        dangling: 300,
      },
    ]);
  });

  it('has none in a sample', async () => {
    const sample = { size: { rate: 0.2 }, seed: 's' };
    const some = await sandboxOf(gate, 'reader', { sample });
    expect(some.manifest.references.map(({ holds }) => holds)).toEqual([true]);
    const members = Number((await some.rows('SELECT count(*)::INTEGER FROM gold.members'))[0]?.[0]);
    expect(members).toBeGreaterThan(20);
    expect(members).toBeLessThan(120);
    const dangling =
      'SELECT count(*)::INTEGER FROM gold.orders WHERE member_id NOT IN (SELECT member_id FROM gold.members)';
    expect(await some.rows(dangling)).toEqual([[0]]);
    const again = await sandboxOf(gate, 'reader', { sample });
    expect(again.manifest.content_hash).toBe(some.manifest.content_hash);
    const other = await sandboxOf(gate, 'reader', { sample: { ...sample, seed: 't' } });
    expect(other.manifest.content_hash).not.toBe(some.manifest.content_hash);
  });

  it('takes only what is asked for', async () => {
    const some = await sandboxOf(gate, 'reader', { datasets: ['gold.m*', 'GOLD.EMPTY'] });
    expect(some.manifest.datasets.map(({ id }) => id)).toEqual(['gold.empty', 'gold.members']);
    expect(some.manifest.left_out.map(({ dataset: id, reason }) => [id, reason])).toEqual([
      ['gold.cut', 'not_asked_for'],
      ['gold.filtered_only', 'not_asked_for'],
      ['gold.orders', 'not_asked_for'],
      ['gold.paged_only', 'not_asked_for'],
      ['vault.closed', 'not_asked_for'],
    ]);
  });

  it('is refused where nothing of it may be seen, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-sandbox-'));
    const out = join(folder, 'sandbox.duckdb');
    await expect(sandboxOf(gate, 'reader', { out, datasets: ['vault.*'] })).rejects.toMatchObject({
      code: 'access_denied',
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('what goes wrong', () => {
  let gate: TestGate;
  let before: (() => Promise<void>) | null = null;
  beforeAll(async () => {
    gate = await startGate({
      folder: await projectFolder(),
      engine: (engine) =>
        forward(engine, {
          async run(query, options) {
            await before?.();
            return engine.run(query, options);
          },
        }),
    });
  });
  afterAll(() => gate?.close());

  const target = () => join(mkdtempSync(join(tmpdir(), 'sluice-sandbox-')), 'sandbox.duckdb');

  it.each(['sandbox.duckdb', 'sandbox.manifest.json'])('a %s that is there is not touched', async (name) => {
    const out = target();
    writeFileSync(join(dirname(out), name), 'mine');
    await expect(sandboxOf(gate, 'reader', { out })).rejects.toMatchObject({ code: 'usage' });
    expect(readFileSync(join(dirname(out), name), 'utf8')).toBe('mine');
    expect(readdirSync(dirname(out))).toEqual([name]);
  });

  it('unless it is to be replaced', async () => {
    const out = target();
    writeFileSync(out, 'old');
    const made = await sandboxOf(gate, 'reader', { out, force: true, datasets: ['gold.empty'] });
    expect(await made.rows('SELECT count(*)::INTEGER FROM gold.empty')).toEqual([[0]]);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  });

  it('a log of another file would be replayed into it', async () => {
    const out = target();
    writeFileSync(`${out}.wal`, 'theirs');
    await expect(sandboxOf(gate, 'reader', { out, force: true })).rejects.toMatchObject({ code: 'usage' });
    expect(existsSync(out)).toBe(false);
  });

  it('a folder that is not there', async () => {
    await expect(sandboxOf(gate, 'reader', { out: '/nowhere/x.duckdb' })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('a file that comes while it is made stays', async () => {
    const out = target();
    before = async () => writeFileSync(out, 'mine');
    await expect(sandboxOf(gate, 'reader', { out })).rejects.toMatchObject({ code: 'usage' });
    before = null;
    expect(readFileSync(out, 'utf8')).toBe('mine');
    expect(readdirSync(dirname(out))).toEqual(['sandbox.duckdb']);
  });

  it('an engine that fails in the middle leaves nothing', async () => {
    const out = target();
    let reads = 0;
    before = async () => {
      reads += 1;
      if (reads === 3) throw new Error('no');
    };
    await expect(sandboxOf(gate, 'reader', { out })).rejects.toThrow('no');
    before = null;
    expect(readdirSync(dirname(out))).toEqual([]);
  });

  it('so does an interruption', async () => {
    const out = target();
    const interrupted = new AbortController();
    before = async () => interrupted.abort(new Error('interrupted'));
    await expect(sandboxOf(gate, 'reader', { out, signal: interrupted.signal })).rejects.toThrow();
    before = null;
    expect(readdirSync(dirname(out))).toEqual([]);
  });

  it('a push in between: one file is never made under two rules', async () => {
    const out = target();
    const path = join(gate.folder, 'policies/policies.yml');
    before = async () => {
      before = null;
      writeFileSync(path, `policies:${POLICIES.replace('value: withheld', "value: 'gone'")}`);
      await gate.push();
    };
    await expect(sandboxOf(gate, 'reader', { out })).rejects.toMatchObject({ code: 'metadata_conflict' });
    expect(readdirSync(dirname(out))).toEqual([]);
  });
});

describe('rows that nothing puts in an order', () => {
  let gate: TestGate;
  beforeAll(async () => {
    const folder = await writeProject({
      sql: [
        'CREATE SCHEMA gold',
        'CREATE TABLE gold.few AS SELECT [i] AS l FROM range(90) t(i)',
        'CREATE TABLE gold.many AS SELECT [i] AS l FROM range(200) t(i)',
        `CREATE TABLE gold.long AS SELECT i::INTEGER AS i, repeat('é"', 9000000) AS text FROM range(2) t(i)`,
      ],
      tables: ['few', 'many', 'long'].map((name) => ({
        schema: 'gold',
        name,
        columns: name === 'long' ? ['i INTEGER', 'text VARCHAR'] : ['l BIGINT[]'],
      })),
      config: 'limits: { max_stream_rows: 100 }',
    });
    gate = await startGate({ folder });
  });
  afterAll(() => gate?.close());

  it('are taken where one answer holds them, and otherwise left out', async () => {
    const { manifest } = await sandboxOf(gate, 'reader', { datasets: ['gold.few', 'gold.many'] });
    expect(manifest.datasets.map(({ id, rows }) => [id, rows])).toEqual([['gold.few', 90]]);
    expect(manifest.left_out.find(({ dataset }) => dataset === 'gold.many')?.reason).toBe('limit_rows');
  });

  it('may be long', async () => {
    const sandbox = await sandboxOf(gate, 'reader', { datasets: ['gold.long'] });
    const lengths = await sandbox.rows('SELECT length(text)::INTEGER FROM gold.long');
    expect(lengths).toEqual([[18_000_000], [18_000_000]]);
  });
});
