/** Masks through the whole gate on both engines: masks of some rows, tokens and their reversal, and what the audit has of it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';
import { startGate, type TestGate } from './gate.ts';
import { type Project, writeProject } from './project.ts';

const email = { name: 'email', type: 'text', tags: ['pii.email'] };
const TABLES = [
  {
    schema: 'gold',
    name: 'members',
    columns: [
      'id integer',
      email,
      'region text',
      'salary integer',
      { name: 'ssn', type: 'text', tags: ['ssn'] },
    ],
  },
  { schema: 'gold', name: 'orders', columns: ['id integer', email] },
  {
    schema: 'gold',
    name: 'letters',
    columns: [email, { name: 'copy', type: 'text', tags: ['pii.email', 'copy'] }],
  },
  { schema: 'secret', name: 'agents', columns: [email] },
];
const SQL = [
  'CREATE SCHEMA gold',
  'CREATE SCHEMA secret',
  'CREATE TABLE gold.members (id integer, email text, region text, salary integer, ssn text)',
  "INSERT INTO gold.members VALUES (1, 'ada@example.org', 'EU', 1234, 'a'), (2, 'bob@example.org', 'US', 5678, 'b'), (3, NULL, NULL, 4444, NULL)",
  'CREATE TABLE gold.orders (id integer, email text)',
  "INSERT INTO gold.orders VALUES (7, 'ada@example.org')",
  'CREATE TABLE gold.letters (email text, copy text)',
  "INSERT INTO gold.letters VALUES ('ada@example.org', 'bob@example.org')",
  'CREATE TABLE secret.agents (email text)',
  "INSERT INTO secret.agents VALUES ('007@example.org')",
];
const POLICIES = `
  - id: tokens
    on: { column_tag: pii.email }
    mask: { with: tokenise, scope: policy, reveal: { sub: rita.reader } }
  - id: copies-are-kept
    on: { column_tag: copy }
    mask: { with: partial, first: 1 }
  - id: no-salary-abroad
    on: { column_name: salary }
    mask: { with: "null", where: "region <> 'EU'" }
  - id: salaries
    on: { column_name: salary }
    mask: { with: round, to: 1000 }
  - id: numbers
    on: { column_tag: ssn }
    mask: { with: tokenise }
  - id: agents-only
    on: { namespace: secret }
    allow: { group: agents }
`;

const KEY = 'a key of tokens for this test, of more than 32 bytes';
const OLD = 'an older key of tokens for this test, of 32 or more';

async function start(project: Partial<Project>): Promise<TestGate> {
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-key-')), 'key');
  writeFileSync(file, `${KEY}\n`);
  const folder = await writeProject({
    sql: SQL,
    tables: TABLES,
    policies: POLICIES,
    restricted: ['secret'],
    config: `keys:\n  tokenise:\n    current: k2\n    keys: { k1: "${OLD}", k2: { file: "${file}" } }\n`,
    ...project,
  });
  return startGate({ folder });
}

async function lastEvent(gate: TestGate): Promise<AuditEvent | undefined> {
  return (await gate.serving.open.gate.audit.tail(1))[0];
}

function suite(running: () => TestGate): void {
  const tokensOf = async (sql: string): Promise<string[]> => {
    const { body } = await running().query('other', sql);
    return (body.rows ?? []).flat() as string[];
  };
  const reverse = async (persona: string | null, body: object) => {
    const reply = await running().call(persona, 'POST', '/v1/detokenise', { body });
    const answer = JSON.parse(reply.text) as { values?: unknown; code?: string };
    return answer.values ?? answer.code;
  };

  it('a mask of some rows stands where its condition is true or unknown, the weaker one elsewhere', async () => {
    const { body } = await running().query('other', 'SELECT id, salary FROM members ORDER BY id');
    expect(body.rows).toEqual([
      [1, 1000],
      [2, null],
      [3, null],
    ]);
  });

  it('what is asked of a masked column is asked of what is shown', async () => {
    const { body } = await running().query(
      'other',
      'SELECT id FROM members WHERE salary = 1234 OR salary = 5678',
    );
    expect(body.rows).toEqual([]);
  });

  it('tokens are alike wherever the policy makes them, so that tables still join', async () => {
    const joined = 'SELECT m.id, o.id FROM members m JOIN orders o ON m.email = o.email';
    expect((await running().query('other', joined)).body.rows).toEqual([[1, 7]]);
    const [first, , none] = await tokensOf('SELECT email FROM members ORDER BY id');
    expect(first).toMatch(/^tok_k2_[0-9a-f]{96}$/);
    expect(none).toBeNull();
  });

  it('are reversed for whom the policy names, and null stands for what is none', async () => {
    const tokens = await tokensOf('SELECT email FROM members WHERE email IS NOT NULL ORDER BY id');
    const spoilt = tokens[0]!.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const body = { dataset: 'members', column: 'EMAIL', tokens: [...tokens, spoilt, 'tok_k9_00', 'ada', ''] };
    expect(await reverse('reader', body)).toEqual([
      'ada@example.org',
      'bob@example.org',
      null,
      null,
      null,
      null,
    ]);
    expect(await lastEvent(running())).toMatchObject({
      event: 'admin',
      action: 'detokenise',
      decision: 'allow',
      datasets: ['gold.members'],
      rows: 2,
      subject: { sub: 'rita.reader' },
    });
    expect(JSON.stringify(await lastEvent(running()))).not.toMatch(/ada@|tok_/);
  });

  it('and for nobody else', async () => {
    const [email] = await tokensOf('SELECT email FROM members WHERE id = 1');
    const [ssn] = await tokensOf('SELECT ssn FROM members WHERE id = 1');
    const asks: readonly (readonly [string | null, object, string])[] = [
      ['other', { dataset: 'members', column: 'email', tokens: [email] }, 'access_denied'],
      [null, { dataset: 'members', column: 'email', tokens: [email] }, 'access_denied'],
      // Without `reveal` nobody.
      ['reader', { dataset: 'members', column: 'ssn', tokens: [ssn] }, 'access_denied'],
      ['reader', { dataset: 'members', column: 'region', tokens: ['EU'] }, 'access_denied'],
      ['reader', { dataset: 'members', column: 'none', tokens: ['EU'] }, 'column_not_found'],
      // One of the columns whose tokens are alike is masked otherwise as well.
      ['reader', { dataset: 'letters', column: 'email', tokens: [email] }, 'access_denied'],
      ['reader', { dataset: 'letters', column: 'copy', tokens: [email] }, 'access_denied'],
      // Not for them to know of.
      ['reader', { dataset: 'secret.agents', column: 'email', tokens: [email] }, 'dataset_not_found'],
      ['reader', { dataset: 'no.such', column: 'email', tokens: [email] }, 'dataset_not_found'],
    ];
    for (const [persona, body, code] of asks) {
      expect([body, await reverse(persona, body)]).toEqual([body, code]);
      expect(await lastEvent(running())).toMatchObject({
        action: 'detokenise',
        decision: 'deny',
        error_code: code,
      });
    }
  });

  it('a token of one policy is none of another', async () => {
    const [ssn] = await tokensOf('SELECT ssn FROM members WHERE id = 1');
    expect(await reverse('reader', { dataset: 'members', column: 'email', tokens: [ssn] })).toEqual([null]);
  });
}

describe('on DuckDB', () => {
  let gate: TestGate;
  beforeAll(async () => {
    gate = await start({});
  });
  afterAll(() => gate?.close());
  suite(() => gate);
});

describe.skipIf(missingServer !== null)('on PostgreSQL', () => {
  let server: TestServer;
  let gate: TestGate;
  beforeAll(async () => {
    server = await startServer();
    await server.run(...SQL);
    gate = await start({
      server: { engine: `{ kind: postgres, url: "${server.url}" }`, adapter: 'postgres' },
    });
  });
  afterAll(async () => {
    await gate?.close();
    await server?.close();
  });
  suite(() => gate);
});
