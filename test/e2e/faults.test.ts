/** Whatever goes wrong has its own clear answer, and the gate goes on with the last good state. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../src/audit/verify.ts';
import { CODES, type Code } from '../../src/errors.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { openStore } from '../../src/store/open-store.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from '../identity/test-issuer.ts';
import { type CallOptions, type Reply, startGate, type TestGate } from './gate.ts';

const COUNT = 'SELECT count(*) FROM gold.members';
/** Runs for much longer than the gate lets it. */
const ENDLESS =
  'SELECT count(*) FROM gold.meter_readings a, gold.meter_readings b WHERE a.kwh + b.kwh > 1 AND a.meter_id <> b.meter_id';

let gate: TestGate;
let key: SigningKey;
let issuer: TestIssuer;
let stranger: TestIssuer;

beforeAll(async () => {
  key = await makeKey('k1');
  issuer = await TestIssuer.start(key);
  stranger = await TestIssuer.start(key);
  const trusted = `  issuers: [{ issuer: "${issuer.url}", audience: sluice }]\n`;
  gate = await startGate({
    edit: (yaml) =>
      yaml
        .replace('identity:\n', `identity:\n${trusted}`)
        .replace('timeout: 30s', 'timeout: 5s')
        .replace('per_identity: 4', 'per_identity: 1'),
  });
});

afterAll(async () => {
  await gate.close();
  await issuer.close();
  await stranger.close();
});

function expectProblem(reply: Reply, code: Code): void {
  expect(reply.body.code, reply.text).toBe(code);
  expect(reply.status).toBe(CODES[code].status);
  expect(reply.headers.get('content-type')).toContain('application/problem+json');
  expect(reply.body).toMatchObject({
    type: `/docs/errors#${code}`,
    title: CODES[code].title,
    status: CODES[code].status,
    message: expect.any(String),
  });
  expect(reply.body.request_id).toBe(reply.headers.get('x-request-id'));
  expect(reply.text).not.toMatch(/ at .*\.ts|node_modules|duckdb/i);
}

async function expectWell(): Promise<void> {
  const reply = await gate.query('analyst', COUNT);
  expect(reply.status, reply.text).toBe(200);
  expect(reply.body.rows).toEqual([[120]]);
}

/** The audit's events of one request; what ends a request is written a moment after it. */
async function recordOf(requestId: unknown): Promise<readonly { error_code?: string }[]> {
  const tail = await gate.serving.open.gate.audit.tail(200);
  return tail.filter((event) => event.request_id === requestId);
}

afterEach(expectWell);

describe('a push that cannot be applied', () => {
  const good = () => readArtifacts(gate.config, {});
  const withPolicy = (text: string) => ({
    ...good(),
    policies: [...good().policies, { path: 'policies/new.yml', text }],
  });
  const withNode = (fields: object) => {
    const manifest = structuredClone(good().manifest) as { nodes: Record<string, object> };
    Object.assign(manifest.nodes['model.energy_community.members']!, fields);
    return { ...good(), manifest };
  };

  it.each<{ name: string; body: () => object; code: Code; says: RegExp }>([
    {
      name: 'a manifest of nothing',
      body: () => ({ ...good(), manifest: {} }),
      code: 'manifest_invalid',
      says: /metadata/,
    },
    {
      name: 'a manifest of a version to come',
      body: () => ({
        ...good(),
        manifest: { metadata: { dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v99.json' } },
      }),
      code: 'manifest_invalid',
      says: /99/,
    },
    {
      name: 'columns that are a list',
      body: () => withNode({ columns: [] }),
      code: 'manifest_invalid',
      says: /columns/,
    },
    {
      name: 'a catalog without nodes',
      body: () => ({ ...good(), catalog: { metadata: {} } }),
      code: 'catalog_invalid',
      says: /metadata|nodes/,
    },
    {
      name: 'a misspelt effect',
      body: () => withPolicy('policies:\n  - id: p\n    on: { tag: pii }\n    msk: { with: hash }\n'),
      code: 'policy_invalid',
      says: /policies\/new\.yml:4.*did you mean `mask`/,
    },
    {
      name: 'a misspelt mask',
      body: () =>
        withPolicy('policies:\n  - id: p\n    on: { column_tag: pii }\n    mask:\n      with: hsh\n'),
      code: 'policy_invalid',
      says: /policies\/new\.yml:5.*did you mean `hash`/,
    },
    {
      name: 'a filter over a column that is not there',
      body: () =>
        withPolicy(
          'policies:\n  - id: p\n    on: { id: gold.members }\n    rows: { where: "regoin = \'north\'" }\n',
        ),
      code: 'policy_invalid',
      says: /policies\/new\.yml:4.*regoin/,
    },
    {
      name: 'YAML that does not parse',
      body: () => withPolicy('policies:\n  - id: "p\n'),
      code: 'policy_invalid',
      says: /policies\/new\.yml:[23]/,
    },
    {
      name: 'a publish rule with a level that there is not',
      body: () => ({ ...good(), publish: [{ match: {}, namespace: 'gold', access_level: 'public' }] }),
      code: 'publish_invalid',
      says: /access_level/,
    },
  ])('$name', async ({ body, code, says }) => {
    const before = (await gate.call('pipeline', 'GET', '/v1/metadata')).body.etag;
    const reply = await gate.call('pipeline', 'PUT', '/v1/metadata', { body: body() });
    expectProblem(reply, code);
    expect(JSON.stringify([reply.body.message, reply.body.hint, reply.body.details])).toMatch(says);
    expect((await gate.call('pipeline', 'GET', '/v1/metadata')).body.etag).toBe(before);
    expect(await recordOf(reply.body.request_id)).toMatchObject([{ event: 'push', error_code: code }]);
  });

  it.each<{ file: string; code: Code }>([
    { file: 'target/manifest.json', code: 'manifest_invalid' },
    { file: 'target/catalog.json', code: 'catalog_invalid' },
  ])('$file, cut short on the disk', async ({ file, code }) => {
    const path = join(gate.folder, file);
    const whole = readFileSync(path);
    truncateSync(path, 5000);
    await expect(gate.push()).rejects.toMatchObject({ code, status: 422 });
    writeFileSync(path, whole);
    await gate.push();
  });

  it('a state that another gate stored and this one cannot read is left aside', async () => {
    const store = await openStore(gate.config.state);
    await store.saveSnapshot({ hash: 'of-a-version-to-come', input: '{"manifest":{}}', createdBy: 'other' });
    await store.close();
    await expectWell();
    expect(gate.observed).toContainEqual(
      expect.objectContaining({ kind: 'snapshot_refused', etag: 'of-a-version-to-come' }),
    );
    const refusals = gate.observed.filter((seen) => seen.kind === 'snapshot_refused').length;
    await expectWell();
    expect(gate.observed.filter((seen) => seen.kind === 'snapshot_refused')).toHaveLength(refusals);
    await gate.push();
  });
});

describe('a token that does not count', () => {
  const sign = (parts: Partial<Parameters<typeof signToken>[0]> = {}) =>
    signToken({ key, issuer: issuer.url, ...parts });
  const claims = { groups: ['employees', 'data-governance-officers'] };

  it('though a good one of that issuer does', async () => {
    const reply = await gate.call(null, 'POST', '/v1/query', {
      body: { sql: COUNT },
      token: await sign({ claims }),
    });
    expect(reply).toMatchObject({ status: 200, body: { rows: [[300]] } });
  });

  it.each<{ name: string; token: () => Promise<string>; code: Code }>([
    { name: 'expired', token: () => sign({ expiresIn: -60, claims }), code: 'token_expired' },
    { name: 'not valid yet', token: () => sign({ validIn: 600, claims }), code: 'token_not_yet_valid' },
    { name: 'for somebody else', token: () => sign({ claims: { aud: 'another' } }), code: 'token_audience' },
    {
      name: 'of an unknown issuer',
      token: () => sign({ issuer: stranger.url }),
      code: 'token_issuer_unknown',
    },
    {
      name: 'signed by another key',
      token: async () => sign({ key: { ...(await makeKey('k2')), kid: 'k1' } }),
      code: 'token_signature',
    },
    { name: 'without a subject', token: () => sign({ claims: { sub: null } }), code: 'token_claims' },
    {
      name: 'without a signature',
      token: async () => {
        const [, body] = (await sign({ claims })).split('.');
        return `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${body}.`;
      },
      code: 'token_algorithm',
    },
    {
      name: 'with other claims put in',
      token: async () => {
        const [head, body, signature] = (await sign({ claims })).split('.');
        const changed = { ...JSON.parse(Buffer.from(body!, 'base64url').toString()), sub: 'olga.officer' };
        return `${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`;
      },
      code: 'token_signature',
    },
    { name: 'no JWT at all', token: async () => 'letmein', code: 'token_malformed' },
  ])('$name', async ({ token, code }) => {
    const given = await token();
    const reply = await gate.call(null, 'POST', '/v1/query', { body: { sql: COUNT }, token: given });
    expectProblem(reply, code);
    expect(reply.headers.get('www-authenticate')).toContain('Bearer');
    expect(reply.text).not.toContain(given.split('.').at(-1) || given);
  });

  it('expired, is no better for what is open', async () => {
    const token = await sign({ expiresIn: -60 });
    const body = { sql: 'SELECT * FROM gold.tariffs' };
    expectProblem(await gate.call(null, 'POST', '/v1/query', { body, token }), 'token_expired');
  });

  it('whose issuer does not answer, is a fault that may pass', async () => {
    const rotated = await makeKey('k3');
    const silent = await TestIssuer.start(rotated);
    const yaml = (text: string): string =>
      text.replace('identity:\n', `identity:\n  issuers: [{ issuer: "${silent.url}", audience: sluice }]\n`);
    const other = await startGate({ edit: yaml });
    silent.status = 500;
    const token = await signToken({ key: rotated, issuer: silent.url, claims });
    const body = { sql: COUNT };
    try {
      expectProblem(await other.call(null, 'POST', '/v1/query', { body, token }), 'issuer_unavailable');
      expect(await other.query('analyst', COUNT)).toMatchObject({ status: 200 });
    } finally {
      await other.close();
      await silent.close();
    }
  });
});

describe('a request that is none', () => {
  const json = { 'content-type': 'application/json' };

  it.each<{ name: string; method?: string; path?: string; options: CallOptions; code: Code }>([
    { name: 'garbage', options: { body: '{"sql": "SELECT 1"', headers: json }, code: 'bad_request' },
    { name: 'an empty body', options: { body: '', headers: json }, code: 'bad_request' },
    { name: 'no body', options: {}, code: 'bad_request' },
    { name: 'a list', options: { body: [] }, code: 'bad_request' },
    { name: 'no SQL', options: { body: {} }, code: 'bad_request' },
    { name: 'SQL that is no text', options: { body: { sql: 1 } }, code: 'bad_request' },
    { name: 'an unknown key', options: { body: { sql: 'SELECT 1', lmit: 1 } }, code: 'bad_request' },
    {
      name: 'a prototype',
      options: { body: '{"sql":"SELECT 1","__proto__":{"limit":1}}' },
      code: 'bad_request',
    },
    { name: 'a limit below one', options: { body: { sql: 'SELECT 1', limit: 0 } }, code: 'bad_request' },
    { name: 'half a row', options: { body: { sql: 'SELECT 1', limit: 1.5 } }, code: 'bad_request' },
    {
      name: 'more rows than a page has',
      options: { body: { sql: 'SELECT 1', limit: 10_001 } },
      code: 'bad_request',
    },
    { name: 'an offset below zero', options: { body: { sql: 'SELECT 1', offset: -1 } }, code: 'bad_request' },
    {
      name: 'a parameter that is an object',
      options: { body: { sql: 'SELECT $1', params: [{}] } },
      code: 'bad_request',
    },
    {
      name: 'too few parameters',
      options: { body: { sql: 'SELECT $1 + $2', params: [1] } },
      code: 'sql_parameter',
    },
    {
      name: 'XML',
      options: { body: '<sql/>', headers: { 'content-type': 'application/xml' } },
      code: 'unsupported_media_type',
    },
    {
      name: 'a form',
      options: { body: 'sql=SELECT+1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      code: 'unsupported_media_type',
    },
    {
      name: 'only XML accepted',
      options: { body: { sql: 'SELECT 1' }, headers: { accept: 'application/xml' } },
      code: 'not_acceptable',
    },
    {
      name: 'a query text of 10 MB',
      options: { body: { sql: `SELECT '${'x'.repeat(10_000_000)}'` } },
      code: 'body_too_large',
    },
    {
      name: 'a query text of 300 KB',
      options: { body: { sql: `SELECT '${'x'.repeat(300_000)}'` } },
      code: 'sql_too_long',
    },
    { name: 'an empty query', options: { body: { sql: ' ' } }, code: 'sql_empty' },
    {
      name: 'a column that is not there',
      options: { body: { sql: 'SELECT nonsense FROM gold.members' } },
      code: 'column_not_found',
    },
    { name: 'an unknown route', method: 'GET', path: '/v2/query', options: {}, code: 'not_found' },
    { name: 'another method', method: 'DELETE', options: {}, code: 'not_found' },
    { name: 'a broken escape', method: 'GET', path: '/v1/catalogue/%zz', options: {}, code: 'bad_request' },
    {
      name: 'a path without end',
      method: 'GET',
      path: `/v1/catalogue/${'x'.repeat(2000)}`,
      options: {},
      code: 'bad_request',
    },
    {
      name: 'an unknown parameter',
      method: 'GET',
      path: '/v1/catalogue?limt=1',
      options: {},
      code: 'bad_request',
    },
    {
      name: 'a parameter that is no number',
      method: 'GET',
      path: '/v1/catalogue?limit=many',
      options: {},
      code: 'bad_request',
    },
    {
      name: 'a parameter twice',
      method: 'GET',
      path: '/v1/catalogue?q=a&q=b',
      options: {},
      code: 'bad_request',
    },
    {
      name: 'a cursor of nothing',
      method: 'GET',
      path: '/v1/datasets/gold.members/rows?cursor=',
      options: {},
      code: 'cursor_invalid',
    },
  ])('$name', async ({ method = 'POST', path = '/v1/query', options, code }) => {
    const reply = await gate.call('analyst', method, path, options);
    expectProblem(reply, code);
  });
});

describe('a query that fails on its way', () => {
  it.each<{ sql: string; code: Code }>([
    { sql: 'SELECT CAST(name AS integer) FROM gold.members', code: 'invalid_cast' },
    { sql: 'SELECT CAST(9223372036854775807 AS bigint) + count(*) FROM gold.members', code: 'out_of_range' },
    { sql: 'SELECT region + joined_on FROM gold.members', code: 'type_mismatch' },
  ])('$sql', async ({ sql, code }) => {
    for (const accept of ['application/json', 'application/x-ndjson', 'text/csv']) {
      const reply = await gate.call('analyst', 'POST', '/v1/query', { body: { sql }, headers: { accept } });
      expectProblem(reply, code);
      expect(reply.text).not.toMatch(/[0-9a-f]{64}/);
    }
  });

  it('is stopped when it takes too long', async () => {
    expectProblem(await gate.query('analyst', ENDLESS), 'timeout');
  });

  it('starts again when the process of its engine died', async () => {
    const started = gate.observed.filter((seen) => seen.kind === 'engine_started').at(-1);
    process.kill(started!.pid, 'SIGKILL');
    await expectWell();
    await expect.poll(() => gate.observed.map((seen) => seen.kind)).toContain('engine_lost');
  });
});

describe('a caller who goes away', () => {
  const finished = (requestId: string | null) =>
    gate.observed.find((seen) => seen.kind === 'query_finished' && seen.requestId === requestId);
  const served = (requestId: string | null) =>
    gate.observed.find((seen) => seen.kind === 'request_served' && seen.requestId === requestId);

  it.each(['application/x-ndjson', 'text/csv'])(
    'in the middle of %s gives the place free',
    async (accept) => {
      // One query at once per caller: were a place kept, the next would wait for it.
      for (let round = 0; round < 3; round++) {
        const leaving = new AbortController();
        const answer = await gate.open('analyst', 'POST', '/v1/query', {
          body: { sql: 'SELECT * FROM gold.meter_readings' },
          headers: { accept },
          signal: leaving.signal,
        });
        const reader = answer.body!.getReader();
        expect((await reader.read()).value?.byteLength).toBeGreaterThan(0);
        leaving.abort();
        await reader.read().catch(() => {});
        const id = answer.headers.get('x-request-id');
        await expect.poll(() => finished(id)).toMatchObject({ code: 'cancelled' });
        expect(served(id)).toMatchObject({ status: 499, route: '/v1/query' });
        const record = expect.poll(() => recordOf(id));
        await record.toMatchObject([
          { event: 'decision', decision: 'allow' },
          { event: 'query', error_code: 'cancelled' },
        ]);
        await expectWell();
      }
    },
  );

  it('before the first row stops the engine', async () => {
    const leaving = new AbortController();
    const asked = gate.open('analyst', 'POST', '/v1/query', {
      body: { sql: ENDLESS },
      signal: leaving.signal,
    });
    const decided = () => gate.observed.findLast((seen) => seen.kind === 'query_decided');
    const before = decided();
    await expect.poll(decided).not.toBe(before);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    const id = decided()!.requestId;
    await expect.poll(() => served(id)).toMatchObject({ status: 499 });
    await expect
      .poll(async () => (await recordOf(id)).map((event) => event.error_code))
      .toContain('cancelled');
  });
});

const hasPrlimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
if (!hasPrlimit) console.log('skipped: a full disk is made with prlimit (util-linux)');

describe.skipIf(!hasPrlimit)('a full disk', () => {
  const limit = (bytes: string): void => {
    execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
  };
  const ignore = (): void => {};

  beforeAll(() => {
    // Without a handler the kernel would end the process instead of failing the write.
    process.on('SIGXFSZ', ignore);
  });

  afterAll(() => {
    limit('unlimited');
    process.off('SIGXFSZ', ignore);
  });

  it('keeps every row back until what is read can be put on record', async () => {
    limit('1');
    try {
      for (const accept of ['application/json', 'application/x-ndjson', 'text/csv']) {
        const body = { sql: 'SELECT name FROM gold.members' };
        const reply = await gate.call('analyst', 'POST', '/v1/query', { body, headers: { accept } });
        expectProblem(reply, 'audit_unavailable');
        expect(reply.headers.get('retry-after')).toBe('1');
        expect(reply.text).not.toMatch(/[0-9a-f]{64}/);
      }
      expectProblem(await gate.query('analyst', 'DROP TABLE gold.members'), 'audit_unavailable');
      const push = await gate.call('pipeline', 'PUT', '/v1/metadata', {
        body: readArtifacts(gate.config, {}),
      });
      expect(push.status).toBe(503);
      const ready = await gate.call(null, 'GET', '/health/ready');
      expect(ready).toMatchObject({ status: 503, body: { missing: ['audit'] } });
      expect((await gate.call(null, 'GET', '/health/live')).status).toBe(200);
    } finally {
      limit('unlimited');
    }
    await expectWell();
    expect(await gate.call(null, 'GET', '/health/ready')).toMatchObject({ status: 200 });
    const audit = await verifyAudit(join(gate.folder, '.sluice/audit.db'));
    expect(audit).toMatchObject({ ok: true });
  });
});
