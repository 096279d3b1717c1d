/** Whoever is refused while an answer of theirs runs gets no more of it, on either engine; and the record says why it ended. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { missingServer, startServer } from '../engines/postgres/server.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from '../identity/test-issuer.ts';
import { startGate, type TestGate } from './gate.ts';
import { writeProject } from './project.ts';

const ROWS = 200_000;
const TABLE = { schema: 'gold', name: 'lines', columns: ['id integer', 'line text'] };
const ALL = 'SELECT * FROM gold.lines';
/** Not within the time that a query may take. */
const ENDLESS =
  'SELECT count(*) FROM gold.lines AS a JOIN gold.lines AS b ON a.line <> b.line AND a.id <> b.id';

interface Streamed {
  readonly text: string;
  /** False where it broke off. */
  readonly whole: boolean;
}

async function bodyOf(answer: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString());
}

interface Stand {
  readonly folder: string;
  close(): Promise<void>;
}

const STANDS: Readonly<Record<string, () => Promise<Stand>>> = {
  async duckdb() {
    const sql = `CREATE TABLE gold.lines AS SELECT i::integer AS id, repeat('x', 200) || i AS line FROM range(${ROWS}) AS r (i)`;
    return {
      folder: await writeProject({ sql: ['CREATE SCHEMA gold', sql], tables: [TABLE] }),
      close: async () => {},
    };
  },
  async postgres() {
    const server = await startServer();
    await server.run(
      'CREATE SCHEMA gold',
      `CREATE TABLE gold.lines AS SELECT i AS id, repeat('x', 200) || i AS line FROM generate_series(1, ${ROWS}) AS r (i)`,
    );
    const folder = await writeProject({
      server: { engine: `{ kind: postgres, url: '${server.url}' }`, adapter: 'postgres' },
      sql: [],
      tables: [TABLE],
    });
    return { folder, close: () => server.close() };
  },
};

describe.each(Object.keys(STANDS))('on %s', (engine) => {
  let key: SigningKey;
  let issuer: TestIssuer;
  let stand: Stand;
  let gate: TestGate;
  const missing = engine === 'postgres' && missingServer !== null;

  beforeAll(async () => {
    if (missing) return;
    key = await makeKey('k1');
    issuer = await TestIssuer.start(key);
    stand = await STANDS[engine]!();
    const file = join(stand.folder, 'sluice.yml');
    const trusted = `identity: { issuers: [{ issuer: "${issuer.url}", audience: sluice }], `;
    writeFileSync(file, readFileSync(file, 'utf8').replace('identity: { ', trusted));
    gate = await startGate({ folder: stand.folder });
  }, 60_000);
  afterAll(async () => {
    await gate?.close();
    await stand?.close();
    await issuer?.close();
  });

  const ask = async (claims: object, sql: string, accept = 'application/json'): Promise<IncomingMessage> => {
    const token = await signToken({ key, issuer: issuer.url, claims: { ...claims } });
    const headers = { accept, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      request(new URL('/v1/query', gate.address), { method: 'POST', headers }, resolve)
        .on('error', reject)
        .end(JSON.stringify({ sql }));
    });
  };
  const denySubject = (sub: string) => deny({ kind: 'subject', sub, issuer: issuer.url });
  const deny = (denied: Parameters<typeof gate.serving.open.gate.denials.add>[0]['denied']) =>
    gate.serving.open.gate.denials.add(
      { denied, reason: 'left', until: null, createdAt: new Date().toISOString(), createdBy: 'a test' },
      Math.floor(Date.now() / 1000),
    );
  const recordOf = async ({ headers }: IncomingMessage) =>
    (await gate.serving.open.gate.audit.tail(50)).filter(
      ({ request_id }) => request_id === headers['x-request-id'],
    );

  /** The first of it, and what comes once that is seen which happened meanwhile. */
  async function stream(answer: IncomingMessage, meanwhile: () => Promise<unknown>): Promise<Streamed> {
    expect(answer.statusCode).toBe(200);
    const parts: Buffer[] = [];
    const first = Promise.withResolvers<void>();
    answer.on('data', (part: Buffer) => {
      parts.push(part);
      if (parts.length === 1) answer.pause();
      first.resolve();
    });
    const whole = new Promise<boolean>((resolve) => {
      answer.once('end', () => resolve(true)).once('error', () => resolve(false));
    });
    await first.promise;
    await meanwhile();
    await looked();
    answer.resume();
    return { whole: await whole, text: Buffer.concat(parts).toString() };
  }

  /** Resolves once somebody who runs was looked at from now on. */
  async function looked(): Promise<void> {
    const { gate: asked } = gate.serving.open;
    const { refusalOf } = asked;
    const once = Promise.withResolvers<void>();
    Object.assign(asked, {
      async refusalOf(identity: Identity) {
        const refusal = await refusalOf(identity);
        setImmediate(once.resolve);
        return refusal;
      },
    });
    await once.promise;
    Object.assign(asked, { refusalOf });
  }

  it.skipIf(missing).each([
    ['application/x-ndjson', { sub: 'nell' }, () => denySubject('nell')],
    ['text/csv', { sub: 'cleo' }, () => denySubject('cleo')],
    ['application/x-ndjson', { sub: 'ada', act: { sub: 'robot' } }, () => denySubject('robot')],
    ['text/csv', { sub: 'tom', jti: 'lost' }, () => deny({ kind: 'token', token_id: 'lost' })],
  ])('a stream (%s) of %j ends when they are denied', async (accept, claims, refuse) => {
    const answer = await ask(claims, ALL, accept);
    const { text, whole } = await stream(answer, refuse);
    expect(whole).toBe(false);
    if (accept === 'application/x-ndjson')
      expect(JSON.parse(text.trimEnd().split('\n').at(-1)!)).toMatchObject({
        $sluice: { error: { code: 'identity_denied' } },
      });
    const ended = expect.poll(() => recordOf(answer));
    await ended.toMatchObject([
      { event: 'decision', decision: 'allow' },
      { event: 'query', error_code: 'identity_denied' },
    ]);
    const rows = (await recordOf(answer))[1]?.rows ?? 0;
    expect(rows > 0 && rows < ROWS, `${rows} rows`).toBe(true);
  });

  it.skipIf(missing)('a query that has no row yet is stopped, and told as a refusal', async () => {
    const decided = () => gate.observed.filter(({ kind }) => kind === 'query_decided').length;
    const before = decided();
    const asked = ask({ sub: 'eve' }, ENDLESS);
    await expect.poll(decided).toBeGreaterThan(before);
    await denySubject('eve');
    const answer = await asked;
    expect(answer.statusCode).toBe(403);
    expect(await bodyOf(answer)).toMatchObject({ code: 'identity_denied' });
    expect((await recordOf(answer)).at(-1)).toMatchObject({
      event: 'query',
      error_code: 'identity_denied',
      rows: 0,
    });
  });

  it.skipIf(missing)('a stream ends when its issuer is trusted no more', async () => {
    const answer = await ask({ sub: 'ines' }, ALL, 'application/x-ndjson');
    const { open } = gate.serving;
    const { identity, ...others } = gate.config;
    const without = { ...others, identity: { ...identity, issuers: [] } };
    const { text, whole } = await stream(answer, () => open.reloadIdentity(without));
    expect([whole, text.includes('"code":"token_issuer_unknown"')]).toEqual([false, true]);
    await open.reloadIdentity(loadConfig(join(stand.folder, 'sluice.yml'), {}));
  });

  it.skipIf(missing)('everybody else goes on', async () => {
    const answer = await ask({ sub: 'olga' }, ALL, 'text/csv');
    const { text, whole } = await stream(answer, () => denySubject('somebody'));
    expect([whole, text.split('\r\n').length]).toEqual([true, ROWS + 2]);
  });
});
