/** A whole gate in front of a real OPA server that comes, hangs, dies and returns: over HTTP, with the audit beside it. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { auditPath } from '../../src/open.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { type Reply, startGate, type TestGate } from '../e2e/gate.ts';
import { findOpa, freePort, type OpaServer, startOpa } from './support/opa.ts';

const PERSONAS = ['member', 'analyst', 'officer', 'intern', 'service', 'external'] as const;
const QUERIES = [
  'SELECT member_id, region FROM gold.members ORDER BY member_id LIMIT 5',
  'SELECT region, count(*) AS members FROM gold.members GROUP BY region ORDER BY region',
  'SELECT * FROM gold.tariffs ORDER BY tariff_id',
];

const pdpAt = (url: string, rest = ''): string =>
  `\npdp: { kind: opa, url: '${url}', timeout: 2s, breaker: { failures: 5, open_for: 300ms }${rest} }\n`;

describe.skipIf(findOpa() === null)('a gate with an OPA server', () => {
  let opa: OpaServer;
  let gate: TestGate;
  beforeAll(async () => {
    opa = await startOpa();
    gate = await startGate({ edit: (yaml) => yaml + pdpAt(opa.url) });
  });
  afterAll(async () => {
    await gate?.close();
    await opa?.close();
  });

  const events = async (): Promise<readonly AuditEvent[]> =>
    (await gate.serving.open.gate.audit.tail(10_000)) as readonly AuditEvent[];
  const asked = (persona: string, sql = QUERIES[0]!): Promise<Reply> => gate.query(persona, sql);
  const missing = async (): Promise<unknown> => (await gate.call(null, 'GET', '/health/ready')).body.missing;
  const wellAgain = (): Promise<void> =>
    expect.poll(async () => (await asked('officer')).status, { timeout: 15_000, interval: 50 }).toBe(200);

  it('is ready, and lets read what the policies let', async () => {
    expect(await missing()).toEqual([]);
    expect((await asked('officer')).body.rows).toHaveLength(5);
    expect((await asked('officer')).body.decisions).toMatchObject([{ dataset: 'gold.members', allow: true }]);
    expect((await asked('external')).body.code).toBe('dataset_not_found');
  });

  it('is killed in the middle of a load: all is denied, on record, and well again when it is back', async () => {
    const replies: { readonly at: number; readonly reply: Reply }[] = [];
    let stop = false;
    const client = async (nth: number): Promise<void> => {
      for (let turn = nth; !stop; turn += 1) {
        const at = performance.now();
        const reply = await asked(PERSONAS[turn % PERSONAS.length]!, QUERIES[turn % QUERIES.length]);
        replies.push({ at, reply });
      }
    };
    const load = Promise.all(Array.from({ length: 8 }, (_, nth) => client(nth)));
    const enough = (count: number): Promise<void> =>
      expect.poll(() => replies.length, { timeout: 30_000, interval: 10 }).toBeGreaterThan(count);
    await enough(50);
    await opa.kill();
    const dead = performance.now();
    await enough(replies.length + 100);
    const back = performance.now();
    expect(await missing()).toEqual(['pdp']);
    await opa.restart();
    await wellAgain();
    await enough(replies.length + 50);
    stop = true;
    await load;

    const during = replies.filter(({ at }) => at > dead && at < back).map(({ reply }) => reply);
    expect(during.length).toBeGreaterThan(50);
    // Whoever asked in the instant in which the connections ended may have been answered from what was kept until then.
    const told = new Set(during.slice(8).map(({ status, body }) => `${status} ${body.code}`));
    expect([...told]).toEqual(['503 pdp_unavailable']);
    expect(during.slice(8).every(({ body }) => body.rows === undefined)).toBe(true);
    expect(during.some(({ headers }) => headers.get('retry-after') !== null)).toBe(true);

    const recorded = new Map((await events()).map((event) => [event.request_id, event]));
    for (const { body, status } of during) {
      if (status !== 503) continue;
      expect(recorded.get(String(body.request_id))).toMatchObject({
        decision: 'deny',
        error_code: 'pdp_unavailable',
        rows: 0,
      });
    }
  });

  it('is stopped, and alive: denied in time, and well again when it goes on', async () => {
    opa.pause();
    try {
      const replies = await Promise.all(PERSONAS.map((persona, n) => asked(persona, QUERIES[n % 3])));
      // What was kept is a second old by now at the most.
      await expect.poll(async () => (await asked('officer')).status, { timeout: 5_000 }).toBe(503);
      for (const { status, body } of replies)
        expect([200, 404, 403, 503]).toContain(body.code === 'pdp_unavailable' ? 503 : status);
      expect(await missing()).toEqual(['pdp']);
    } finally {
      opa.resume();
    }
    await wellAgain();
    expect(await missing()).toEqual([]);
  });

  it('while it is gone, what is hidden and what is not there are told alike', async () => {
    const hidden = ['gold.members', 'bronze.readings', 'gold.payment_accounts'];
    const calls = (name: string) =>
      [
        ['POST', '/v1/query', { sql: `SELECT * FROM ${name}` }],
        ['POST', '/v1/explain', { sql: `SELECT * FROM ${name}` }],
        ['GET', `/v1/catalogue/${name}`, undefined],
        ['GET', `/v1/datasets/${name}/schema`, undefined],
        ['GET', `/v1/datasets/${name}/rows`, undefined],
        ['GET', `/v1/catalogue?q=${name}`, undefined],
        ['POST', '/v1/detokenise', { dataset: name, column: 'c', tokens: ['t'] }],
        ['POST', '/v1/access-requests', { kind: 'dataset', dataset: name, reason: 'r', duration: '1h' }],
      ] as const;
    await opa.kill();
    try {
      await expect.poll(async () => (await asked('officer')).status, { timeout: 5_000 }).toBe(503);
      for (const name of [...hidden, 'gold.nothing', 'no.such'])
        for (const [method, path, body] of calls(name)) {
          const { status, body: told } = await gate.call('partner', method, path, { body });
          expect([method, path, status, told.code]).toEqual([method, path, 503, 'pdp_unavailable']);
        }
      for (const name of ['load_forecast', 'nothing'])
        expect((await gate.call('partner', 'GET', `/v1/projects/${name}`)).body.code).toBe('pdp_unavailable');
      expect((await gate.query('partner', 'WITH a AS (SELECT 1) SELECT * FROM a')).status).toBe(200);
    } finally {
      await opa.restart();
      await wellAgain();
    }
  });

  it('without it nobody learns of a dataset either, nor takes a sandbox, nor simulates', async () => {
    await opa.kill();
    try {
      await expect.poll(async () => (await asked('officer')).status, { timeout: 5_000 }).toBe(503);
      for (const [method, path, body] of [
        ['GET', '/v1/catalogue', undefined],
        ['GET', '/v1/catalogue/gold.members', undefined],
        ['GET', '/v1/datasets/gold.members/schema', undefined],
        ['GET', '/v1/datasets/gold.members/rows', undefined],
        ['POST', '/v1/explain', { sql: QUERIES[0] }],
        ['POST', '/v1/simulate', { personas: ['intern'] }],
      ] as const) {
        const { status, body: told } = await gate.call('officer', method, path, { body });
        expect([path, status, told.code]).toEqual([path, 503, 'pdp_unavailable']);
      }
    } finally {
      await opa.restart();
    }
    await wellAgain();
  });

  it('is counted', async () => {
    const { text } = await gate.call(null, 'GET', '/metrics');
    expect(text).toMatch(/^sluice_pdp_calls_total\{outcome="answered"\} [1-9]/m);
    expect(text).toMatch(/^sluice_pdp_calls_total\{outcome="unreachable"\} [1-9]/m);
    expect(text).toMatch(/^sluice_pdp_calls_total\{outcome="timeout"\} [1-9]/m);
    expect(text).toMatch(/^sluice_pdp_call_duration_seconds_count [1-9]/m);
    expect(text).toMatch(/^sluice_pdp_breaker_state 0$/m);
  });

  it('plans, since this is the default bundle in the revision of the gate', async () => {
    const body = readArtifacts(gate.config, {});
    const { status, body: told } = await gate.call('pipeline', 'POST', '/v1/plan', { body });
    expect([status, told.code]).toEqual([200, undefined]);
  });

  it('the chain of its audit verifies', async () => {
    await expect(verifyAudit(auditPath(gate.config))).resolves.toMatchObject({ ok: true });
  });
});

describe.skipIf(findOpa() === null)('an OPA server that keeps up with the gate', () => {
  it('fetches the bundle from it, and decides with what it fetched', async () => {
    const port = await freePort();
    const gate = await startGate({ edit: (yaml) => yaml + pdpAt(`http://127.0.0.1:${port}`) });
    const opa = await startOpa({
      ours: false,
      port,
      config: {
        services: { sluice: { url: gate.address } },
        bundles: {
          sluice: {
            service: 'sluice',
            resource: 'opa/bundles/sluice.tar.gz',
            polling: { min_delay_seconds: 1, max_delay_seconds: 1 },
          },
        },
      },
    });
    try {
      await expect
        .poll(async () => (await gate.query('officer', QUERIES[0]!)).status, { timeout: 10_000 })
        .toBe(200);
      expect(gate.observed).toContainEqual({
        kind: 'pdp_revision',
        bundles: { sluice: gate.serving.open.gate.bundle.revision },
        ours: true,
      });
      // The next polls find nothing new.
      const polled = (status: number): number =>
        gate.observed.filter(
          (one) =>
            one.kind === 'request_served' &&
            one.route === '/opa/bundles/sluice.tar.gz' &&
            one.status === status,
        ).length;
      await expect.poll(() => polled(304), { timeout: 10_000 }).toBeGreaterThan(0);
      expect(polled(200)).toBe(1);
    } finally {
      await opa.close();
      await gate.close();
    }
  });
});

describe('the bundle over HTTP', () => {
  let gate: TestGate;
  beforeAll(async () => {
    gate = await startGate();
  });
  afterAll(() => gate?.close());

  const PATH = '/opa/bundles/sluice.tar.gz';

  it('is there for whoever asks, token or not, and the same bytes for all', async () => {
    const bytes = await Promise.all(
      [null, 'member', 'officer'].map(async (persona) => {
        const answer = await gate.open(persona, 'GET', PATH);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toBe('application/gzip');
        return Buffer.from(await answer.arrayBuffer()).toString('base64');
      }),
    );
    expect(new Set(bytes).size).toBe(1);
  });

  it('has its revision as the ETag, and is not sent twice', async () => {
    const { revision } = gate.serving.open.gate.bundle;
    const etag = `"${revision}"`;
    const answer = await gate.call(null, 'GET', PATH);
    expect(answer.headers.get('etag')).toBe(etag);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await gate.call(null, 'GET', PATH, { headers: { 'if-none-match': known } });
      expect([again.status, again.text]).toEqual([304, '']);
    }
    const other = await gate.call(null, 'GET', PATH, { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('holds nothing of the operator', async () => {
    const { unpackTar } = await import('modern-tar');
    const { gunzipSync } = await import('node:zlib');
    const answer = await gate.open(null, 'GET', PATH);
    const entries = await unpackTar(new Uint8Array(gunzipSync(Buffer.from(await answer.arrayBuffer()))));
    const names = entries.map(({ header }) => header.name);
    expect(names[0]).toBe('.manifest');
    for (const { header, data } of entries.slice(1)) {
      expect(header.name).toMatch(/^(packages|sluice)\/[a-z_]+\.rego$/);
      expect(header.name).not.toMatch(/_test\.rego$/);
      expect(Buffer.from(data ?? []).toString()).toBe(readFileSync(`rego/${header.name}`, 'utf8'));
    }
    expect(JSON.parse(Buffer.from(entries[0]?.data ?? []).toString())).toEqual({
      revision: gate.serving.open.gate.bundle.revision,
      roots: ['sluice'],
      rego_version: 1,
    });
  });
});
