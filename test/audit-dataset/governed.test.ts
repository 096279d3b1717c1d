/** The audit as a dataset, through the whole gate: auditors count with governed SQL, and nobody else learns that it is there. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate();
}, 120_000);
afterAll(() => gate?.close());

/** So that what was asked before is certainly in it. */
const STALE_MS = 1_100;

test('nothing of it is made before it is asked for', () => {
  expect(existsSync(join(gate.folder, '.sluice/audit-dataset.duckdb'))).toBe(false);
});

describe('auditors', () => {
  test('count who asked what', async () => {
    expect((await gate.query('analyst', 'SELECT count(*) FROM gold.communities')).status).toBe(200);
    expect((await gate.query('analyst', 'SELECT nothing FROM gold.communities')).status).toBe(400);
    const { status, body } = await gate.query(
      'officer',
      `SELECT subject_sub, decision, count(*) AS n FROM sluice.audit
       WHERE time > now() - interval '1 hour' AND (event = 'decision' OR decision = 'deny') AND action = 'query'
       GROUP BY 1, 2 HAVING subject_sub = 'anna.analyst' ORDER BY 1, 2`,
    );
    expect(status).toBe(200);
    expect(body.rows).toEqual([
      ['anna.analyst', 'allow', 1],
      ['anna.analyst', 'deny', 1],
    ]);
  });

  test('find lists and their items', async () => {
    await delay(STALE_MS);
    const lists = await gate.query(
      'officer',
      "SELECT count(*) FROM sluice.audit WHERE 'gold.communities' = ANY (datasets) AND cardinality(datasets) = 1",
    );
    expect([lists.status, Number(lists.body.rows?.[0]?.[0])]).toEqual([200, expect.any(Number)]);
    const items = await gate.query(
      'officer',
      'SELECT dataset, count(*) AS n FROM sluice.audit_datasets GROUP BY dataset ORDER BY dataset',
    );
    expect(items.status).toBe(200);
    expect(items.body.rows?.map(([dataset]) => dataset)).toContain('gold.communities');
  });

  test('find their own queries of it, a moment later', async () => {
    await gate.query('officer', 'SELECT max(seq) FROM sluice.audit');
    await delay(STALE_MS);
    const { body } = await gate.query(
      'officer',
      "SELECT count(*) FROM sluice.audit_datasets WHERE dataset = 'sluice.audit' AND event = 'decision'",
    );
    expect(Number(body.rows?.[0]?.[0])).toBeGreaterThan(0);
  });

  test('are told of it by catalogue, explain and simulate', async () => {
    const entry = await gate.call('officer', 'GET', '/v1/catalogue/sluice.audit');
    expect(entry).toMatchObject({ status: 200, body: { id: 'sluice.audit', access_level: 'restricted' } });
    const explained = await gate.call('officer', 'POST', '/v1/explain', {
      body: { sql: 'SELECT count(*) FROM sluice.audit' },
    });
    expect(explained.status).toBe(200);
  });

  test('cannot join it with another engine', async () => {
    const { status, body } = await gate.query('officer', 'SELECT 1 FROM sluice.audit, gold.communities');
    expect([status, body.code]).toEqual([400, 'sql_semantics']);
  });
});

describe('everybody else', () => {
  test.each([
    'SELECT count(*) FROM sluice.audit',
    'SELECT count(*) FROM sluice.audit_datasets',
    'SELECT count(*) FROM sluice.audit_columns',
    'SELECT count(*) FROM audit.main.audit',
    'SELECT count(*) FROM main.audit',
    'SELECT * FROM state.filled',
  ])('is told the same of %s as of what there is not', async (sql) => {
    for (const persona of ['analyst', null]) {
      const { status, body } = await gate.query(persona, sql);
      const nothing = await gate.query(persona, 'SELECT count(*) FROM gold.no_such_thing');
      expect([status, body.code]).toEqual([nothing.status, nothing.body.code]);
    }
  });

  test('does not find it in the catalogue', async () => {
    const all = await gate.call('analyst', 'GET', '/v1/catalogue?limit=500');
    expect(all.text).not.toContain('sluice.audit');
    expect((await gate.call('analyst', 'GET', '/v1/catalogue/sluice.audit')).status).toBe(404);
  });
});

test('the warehouse is for its owner alone', () => {
  const { mode } = statSync(join(gate.folder, '.sluice/audit-dataset.duckdb'));
  expect(mode & 0o777).toBe(0o600);
});

describe('policies of the project', () => {
  const policies = () => join(gate.folder, 'policies/of-the-audit.yml');
  async function under(text: string): Promise<void> {
    writeFileSync(policies(), text);
    await gate.push();
  }

  test('that open all restricted datasets do not open it', async () => {
    await under(`policies:
  - id: open-all
    on: { level: restricted }
    allow: everyone
  - id: open-the-audit
    on: { namespace: sluice }
    allow: everyone
`);
    const { status } = await gate.query('analyst', 'SELECT count(*) FROM sluice.audit');
    expect([403, 404]).toContain(status);
    expect((await gate.query('officer', 'SELECT count(*) FROM sluice.audit')).status).toBe(200);
  });

  test('that name it mask, filter and hide', async () => {
    await under(`policies:
  - id: no-addresses
    on: { all: [{ namespace: sluice }, { column_name: client_ip }] }
    mask: { with: 'null' }
  - id: not-of-auditors
    on: { id: sluice.audit }
    rows: { where: "subject_sub <> 'anna.analyst'" }
`);
    const { status, body } = await gate.query(
      'officer',
      "SELECT count(client_ip), count(*) > 0, count(*) FILTER (WHERE subject_sub = 'anna.analyst') FROM sluice.audit",
    );
    expect([status, body.rows]).toEqual([200, [[0, true, 0]]]);
    // Neither are they idle, nor is the audit anybody's to document.
    const lint = await gate.call('officer', 'GET', '/v1/lint?level=note');
    expect(lint.status).toBe(200);
    expect(lint.text).not.toMatch(/no-addresses|not-of-auditors|sluice\.audit/);
  });

  test('that name it deny', async () => {
    await under(`policies:
  - id: nobody-at-all
    on: { namespace: sluice }
    deny: everyone
`);
    expect((await gate.query('officer', 'SELECT count(*) FROM sluice.audit')).status).not.toBe(200);
  });

  test('written for data that the audit has not, do not stop a push', async () => {
    await under(`policies:
  - id: of-all-columns
    on: { column_type: list }
    mask: { with: hash }
`);
    expect((await gate.query('officer', 'SELECT count(*) FROM sluice.audit')).status).toBe(200);
  });

  test("cannot take the name of the gate's own", async () => {
    const push = under(`policies:
  - id: sluice-auditors
    on: { namespace: sluice }
    allow: everyone
`);
    await expect(push).rejects.toMatchObject({ code: 'policy_invalid' });
  });
});

test('a push into its namespace is refused', async () => {
  const file = join(gate.folder, 'sluice.yml');
  const { loadConfig } = await import('../../src/config.ts');
  const { pushAsOperator } = await import('../../src/push.ts');
  const { readArtifacts } = await import('../../src/state/artifacts.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replace('namespace: gold', 'namespace: sluice'));
  const content = { ...readArtifacts(gate.config, {}), publish: loadConfig(file, {}).publish };
  const caller = { requestId: 'x', client: { ip: null, door: 'test', user_agent: null } };
  const pushed = pushAsOperator('operator:test', caller, content, { dryRun: true }, gate.serving.open.gate);
  await expect(pushed).rejects.toMatchObject({ code: 'publish_invalid' });
});

test('whoever is no auditor any more has lost it with the next query', async () => {
  const sql = 'SELECT count(*) FROM sluice.audit';
  expect((await gate.query('officer', sql)).status).toBe(200);
  const { permissions } = gate.config.identity;
  const none = { ...permissions, auditor: { role: 'nobody-has-it' } };
  const identity = { ...gate.config.identity, permissions: none };
  await gate.serving.open.reloadIdentity({ ...gate.config, identity });
  expect((await gate.query('officer', sql)).status).toBe(404);
  expect((await gate.call('officer', 'GET', '/v1/catalogue/sluice.audit')).status).toBe(404);
  await gate.serving.open.reloadIdentity(gate.config);
  expect((await gate.query('officer', sql)).status).toBe(200);
});
