/** The PostgreSQL sink on a real server: a row an event, however often it comes, and however the server ends. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { postgresSink } from '../../src/audit/sinks/postgres.ts';
import { sampleEvent } from '../audit/sample.ts';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';
import { common, INSTANCE, openWorld, upTo, type World } from './world.ts';

describe.skipIf(missingServer !== null)('PostgreSQL', () => {
  let server: TestServer;
  let world: World;
  beforeAll(async () => {
    server = await startServer();
  }, 60_000);
  afterAll(() => server?.close());
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  const seqs = async (table: string) =>
    (await server.rows(`SELECT seq FROM ${table} ORDER BY seq`)).map(({ seq }) => Number(seq));

  test('makes its table and fills it, over a crash of the server', async () => {
    await world.append(60);
    await world.ship([{ ...common, kind: 'postgres', name: 'pg', url: server.url, table: 'sluice_audit' }]);
    await world.shipped('pg', 60);
    await server.crash();
    await world.append(60, 'down');
    await expect
      .poll(() => world.reports.some(({ kind }) => kind === 'sink_failed'), { timeout: 5_000 })
      .toBe(true);
    await server.restart();
    await world.shipped('pg', 120);
    expect(await seqs('sluice_audit')).toEqual(upTo(120));
    const [row] = await server.rows(
      "SELECT instance, time, event ->> 'request_id' AS id FROM sluice_audit WHERE seq = 1",
    );
    expect(row).toEqual({ instance: INSTANCE, time: new Date('2026-03-01T12:00:00.000Z'), id: 'e1' });
  }, 60_000);

  test('the same events again are no more rows, and keep the text that the hash covers', async () => {
    await world.audit.append(
      sampleEvent('odd', { subject: { sub: 'a\u0000b', kind: 'user', issuer: null } }),
    );
    await world.append(2);
    const { followLog } = await import('../../src/audit/follow.ts');
    const log = followLog(world.path('audit.db'));
    const rows = log.after(0, 10);
    log.close();
    const sink = postgresSink({ url: server.url, table: 'public.twice', instance: INSTANCE });
    const { signal } = new AbortController();
    await sink.ship(rows, signal);
    await sink.ship(rows, signal);
    await sink.close();
    expect(await seqs('twice')).toEqual([1, 2, 3]);
    const [{ event } = {}] = await server.rows('SELECT event::text AS event FROM twice WHERE seq = 1');
    expect(event).toBe(rows[0]!.body);
  });

  test('a role that may only insert needs no more where the table is there', async () => {
    await server.run(
      'CREATE TABLE made (instance text, seq bigint, hash text, time timestamptz, event json, PRIMARY KEY (instance, seq, hash))',
      "CREATE ROLE auditor_sink LOGIN PASSWORD 'test'",
      'GRANT INSERT ON made TO auditor_sink',
      'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    );
    await world.append(1);
    const url = server.urlFor('auditor_sink');
    await world.ship([{ ...common, kind: 'postgres', name: 'pg', url, table: 'public.made' }]);
    await world.shipped('pg', 1);
    expect(await seqs('made')).toEqual([1]);
  });
});
