/** TLS to a server with a certificate of our own making: verified by default, for queries and for their cancellation. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../../src/engines/postgres/connection.ts';
import { createPostgresEngine } from '../../../src/engines/postgres/engine.ts';
import { SluiceError } from '../../../src/errors.ts';
import { rows } from '../support.ts';
import { missingServer, startServer, type TestServer } from './server.ts';

const openssl = spawnSync('openssl', ['version']).status === 0;
if (!openssl) console.warn('skipped: there is no openssl to make a certificate with');

describe.skipIf(missingServer !== null || !openssl)('a server with TLS', () => {
  let server: TestServer;
  let folder: string;
  let ca: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
    ca = join(folder, 'server.crt');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        join(folder, 'server.key'),
        '-out',
        ca,
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    server = await startServer({}, { certificate: ca, key: join(folder, 'server.key') });
    await server.run("CREATE ROLE gate LOGIN PASSWORD 'test'");
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(
    options: Omit<ConnectionOptions, 'url'> & { query?: string },
    sql: string,
  ): Promise<unknown> {
    const { query = '', ...rest } = options;
    const engine = createPostgresEngine({
      name: 'warehouse',
      connection: { url: `${server.urlFor('gate')}${query}`, ...rest },
      concurrency: 1,
      perIdentity: 1,
      queue: 1,
    });
    try {
      return await rows(engine, sql, {
        timeoutMs: sql.includes('pg_sleep') ? 500 : 30_000,
        maxRows: 100_000,
      });
    } catch (error) {
      return error instanceof SluiceError ? error.code : error;
    } finally {
      await engine.close();
    }
  }

  const ENCRYPTED = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

  it('is trusted by its certificate', async () => {
    expect(await ask({ ssl: 'verify', sslCa: ca }, ENCRYPTED)).toEqual([[true]]);
    expect(await ask({ query: '?sslmode=verify-full', sslCa: ca }, ENCRYPTED)).toEqual([[true]]);
  });

  it('is not trusted without it', async () => {
    expect(await ask({ ssl: 'verify' }, ENCRYPTED)).toBe('engine_unavailable');
  });

  it('may be encrypted without trust, where that is asked for', async () => {
    expect(await ask({ ssl: 'require' }, ENCRYPTED)).toEqual([[true]]);
    expect(await ask({ query: '?sslmode=require' }, ENCRYPTED)).toEqual([[true]]);
  });

  it('is not encrypted on this machine by default', async () => {
    expect(await ask({}, ENCRYPTED)).toEqual([[false]]);
  });

  it('carries rows, and cancellations', async () => {
    const found = await ask(
      { ssl: 'require' },
      "SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i",
    );
    expect(found).toHaveLength(20_000);
    expect(await ask({ ssl: 'require' }, 'SELECT pg_sleep(60)')).toBe('timeout');
    const left = await server.rows(
      "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND usename = 'gate'",
    );
    expect(left).toEqual([]);
  });
});
