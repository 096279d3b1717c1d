/** What the examination of a server finds: nothing for the role of docs/operations/postgres.md, and each right that it should not have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relation } from '../../../src/catalogue/dataset.ts';
import type { Finding } from '../../../src/engines/finding.ts';
import { examinePostgres } from '../../../src/engines/postgres/examine.ts';
import { missingServer, startServer, type TestServer } from './server.ts';

const GUIDE = join(import.meta.dirname, '../../../docs/operations/postgres.md');
const MEMBERS: Relation = { database: 'warehouse', schema: 'gold', identifier: 'members' };

describe.skipIf(missingServer !== null)('the doctor', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
    await server.run(
      'CREATE SCHEMA gold',
      'CREATE TABLE gold.members (id int PRIMARY KEY, email text)',
      'CREATE TABLE gold.secrets (id int)',
      'CREATE SEQUENCE gold.numbers',
    );
    for (const statement of documentedRole()) await server.run(statement);
  });
  afterAll(() => server?.close());

  /** The statements of the guide, as an operator would run them. */
  function documentedRole(): readonly string[] {
    const block = /```sql\n([\s\S]*?)```/.exec(readFileSync(GUIDE, 'utf8'))?.[1] ?? '';
    const statements = block
      .replace(/--.*$/gm, '')
      .split(';')
      .map((statement) => statement.trim())
      .filter((statement) => statement !== '')
      .map((statement) => statement.replace("'…'", "'test'"));
    expect(statements.length).toBeGreaterThan(5);
    return statements;
  }

  async function examined(
    published: readonly Relation[] | null = [MEMBERS],
    role = 'sluice',
  ): Promise<readonly Finding[]> {
    return examinePostgres({ url: server.urlFor(role) }, published);
  }

  const notFine = (findings: readonly Finding[]): readonly string[] =>
    findings.filter(({ level }) => level !== 'ok').map(({ level, check }) => `${level} ${check}`);

  it('finds nothing wrong with the role of the guide', async () => {
    const findings = await examined();
    expect(notFine(findings), JSON.stringify(findings, null, 1)).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual([
      'version',
      'encoding',
      'temp_file_limit',
      'role',
      'role_writes',
      'published',
    ]);
  });

  it.each<[found: string, grant: readonly string[], revoke: readonly string[]]>([
    ['problem role_superuser', ['ALTER ROLE sluice SUPERUSER'], ['ALTER ROLE sluice NOSUPERUSER']],
    ['problem role_createrole', ['ALTER ROLE sluice CREATEROLE'], ['ALTER ROLE sluice NOCREATEROLE']],
    ['problem role_createdb', ['ALTER ROLE sluice CREATEDB'], ['ALTER ROLE sluice NOCREATEDB']],
    ['problem role_replication', ['ALTER ROLE sluice REPLICATION'], ['ALTER ROLE sluice NOREPLICATION']],
    ['problem role_bypassrls', ['ALTER ROLE sluice BYPASSRLS'], ['ALTER ROLE sluice NOBYPASSRLS']],
    [
      'problem role_createdb',
      ['CREATE ROLE builder CREATEDB NOINHERIT', 'GRANT builder TO sluice'],
      ['DROP ROLE builder'],
    ],
    [
      'problem role_membership',
      ['GRANT pg_read_server_files TO sluice'],
      ['REVOKE pg_read_server_files FROM sluice'],
    ],
    [
      'problem role_membership',
      ['GRANT pg_execute_server_program TO sluice'],
      ['REVOKE pg_execute_server_program FROM sluice'],
    ],
    ['warning role_membership', ['GRANT pg_monitor TO sluice'], ['REVOKE pg_monitor FROM sluice']],
    [
      'problem role_owns',
      ['CREATE TABLE gold.mine (id int)', 'ALTER TABLE gold.mine OWNER TO sluice'],
      ['DROP TABLE gold.mine'],
    ],
    [
      'problem role_writes',
      ['GRANT INSERT ON gold.members TO sluice'],
      ['REVOKE INSERT ON gold.members FROM sluice'],
    ],
    [
      'problem role_writes',
      ['GRANT UPDATE (id) ON gold.secrets TO PUBLIC'],
      ['REVOKE UPDATE (id) ON gold.secrets FROM PUBLIC'],
    ],
    [
      'problem role_writes',
      ['GRANT USAGE ON SEQUENCE gold.numbers TO sluice'],
      ['REVOKE USAGE ON SEQUENCE gold.numbers FROM sluice'],
    ],
    [
      'problem role_creates',
      ['GRANT CREATE ON SCHEMA gold TO sluice'],
      ['REVOKE CREATE ON SCHEMA gold FROM sluice'],
    ],
    [
      'problem role_creates',
      ['GRANT CREATE ON DATABASE warehouse TO sluice'],
      ['REVOKE CREATE ON DATABASE warehouse FROM sluice'],
    ],
    [
      'warning role_temporary',
      ['GRANT TEMPORARY ON DATABASE warehouse TO sluice'],
      ['REVOKE TEMPORARY ON DATABASE warehouse FROM sluice'],
    ],
    [
      'warning readable',
      ['GRANT SELECT ON gold.secrets TO sluice'],
      ['REVOKE SELECT ON gold.secrets FROM sluice'],
    ],
    [
      'problem published',
      ['REVOKE SELECT ON gold.members FROM sluice'],
      ['GRANT SELECT ON gold.members TO sluice'],
    ],
    [
      'warning published',
      ['REVOKE SELECT ON gold.members FROM sluice', 'GRANT SELECT (id) ON gold.members TO sluice'],
      ['GRANT SELECT ON gold.members TO sluice'],
    ],
    [
      'warning temp_file_limit',
      ['ALTER ROLE sluice RESET temp_file_limit'],
      ["ALTER ROLE sluice SET temp_file_limit = '4GB'"],
    ],
  ])('%s: %s', async (found, grant, revoke) => {
    await server.run(...grant);
    try {
      const findings = await examined();
      expect(notFine(findings), JSON.stringify(findings, null, 1)).toContain(found);
    } finally {
      await server.run(...revoke);
    }
    expect(notFine(await examined())).toEqual([]);
  });

  it('tells what is published and not there, or elsewhere', async () => {
    const gone = { ...MEMBERS, identifier: 'gone' };
    const elsewhere = { ...MEMBERS, database: 'other' };
    const findings = await examined([MEMBERS, gone, elsewhere]);
    expect(notFine(findings)).toEqual(['problem published', 'problem published']);
    expect(findings.map(({ message }) => message).join()).toMatch(/gold\.gone/);
  });

  it('compares nothing before the first push', async () => {
    expect(notFine(await examined(null))).toEqual(['warning published']);
  });

  it('finds the many faults of a superuser, each once', async () => {
    const found = notFine(await examined([MEMBERS], 'postgres'));
    expect(found).toEqual(expect.arrayContaining(['problem role_superuser', 'problem role_writes']));
    expect(new Set(found).size).toBe(found.length);
  });

  it.each([
    ['a wrong password', () => server.url.replace(':test@', ':wrong@')],
    ['no server', () => 'postgres://sluice:test@127.0.0.1:1/warehouse'],
    ['no such database', () => server.urlFor('sluice', 'nowhere')],
    ['a server without TLS where it is wanted', () => `${server.urlFor('sluice')}?sslmode=verify-full`],
  ])('tells of %s', async (_name, url) => {
    const findings = await examinePostgres({ url: url() }, [MEMBERS]);
    expect(notFine(findings)).toEqual(['problem connection']);
    expect(JSON.stringify(findings)).not.toMatch(/wrong@|:test/);
  });
});
