/** The HTTP door itself: its OpenAPI document and what is really answered, headers, health, and what is observed. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpDoor } from '../../src/doors/http/server.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { type CallOptions, startGate, type TestGate } from './gate.ts';

let gate: TestGate;
let openapi: { readonly openapi: string; readonly paths: Record<string, Record<string, Operation>> };

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}

beforeAll(async () => {
  gate = await startGate();
  openapi = JSON.parse((await gate.call(null, 'GET', '/openapi.json')).text);
});

afterAll(() => gate.close());

/** `GET /v1/catalogue/{dataset_id}` from Fastify's drawing of its tree, whose branches hold parts of paths. */
function routesIn(tree: string): string[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] =
      /^(.*?)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    const depth = indent.length / 4;
    const path = (above[depth - 1] ?? '') + part;
    if (part !== '') above.splice(depth, Number.POSITIVE_INFINITY, path);
    return methods
      .split(', ')
      .filter((method) => method !== '' && method !== 'HEAD' && method !== 'OPTIONS')
      .map((method) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  });
}

describe('/openapi.json', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(openapi.openapi).toBe('3.1.0');
    const result = await new Validator().validate(structuredClone(openapi));
    expect(result.errors ?? []).toEqual([]);
  });

  it('has every route, and each says what it is and answers', async () => {
    const health = { instance: '', ready: async () => [], metrics: async () => ({ type: '', text: '' }) };
    const sizes = { bodyBytes: 1000, pushBytes: 1000, version: '0' };
    const door = await createHttpDoor({ gate: gate.serving.open.gate, door: 'http', health, ...sizes });
    const served = routesIn(door.printRoutes({ includeHooks: false }));
    await door.close();
    const own = served.filter((route) => !/ \/(docs|openapi\.json)/.test(route));
    const documented = Object.entries(openapi.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(own.sort()).toEqual(documented.sort());
    expect(own).toContain('POST /v1/query');
    for (const operations of Object.values(openapi.paths))
      for (const operation of Object.values(operations)) {
        expect(operation.summary).toBeTruthy();
        expect(operation.tags).toHaveLength(1);
        expect(Object.keys(operation.responses).filter((status) => /^20[01]$/.test(status))).toHaveLength(1);
      }
  });

  /** The schema that the document has for an answer, unknown keys refused. */
  function documented(method: string, route: string, status: number, type: string): object {
    const responses = openapi.paths[route]?.[method.toLowerCase()]?.responses ?? {};
    const content = (
      responses[String(status)] ??
      responses[`${String(status)[0]}XX`] ??
      responses[`${String(status)[0]}xx`]
    )?.content;
    const schema = content?.[type]?.schema;
    expect(schema, `${method} ${route} ${status} ${type} is not documented`).toBeDefined();
    return schema as object;
  }

  it.each<{
    persona: string | null;
    method: string;
    route: string;
    path?: string;
    options?: () => CallOptions;
    status: number;
    type?: string;
  }>([
    {
      persona: 'analyst',
      method: 'POST',
      route: '/v1/query',
      options: () => ({ body: { sql: 'SELECT * FROM gold.members' } }),
      status: 200,
    },
    {
      persona: 'analyst',
      method: 'POST',
      route: '/v1/query',
      options: () => ({ body: { sql: 'SELECT nonsense' } }),
      status: 400,
    },
    { persona: 'analyst', method: 'POST', route: '/v1/query', options: () => ({ body: {} }), status: 400 },
    {
      persona: 'analyst',
      method: 'POST',
      route: '/v1/query',
      options: () => ({ body: { sql: 'SELECT * FROM gold.beta_usage' } }),
      status: 403,
    },
    {
      persona: null,
      method: 'POST',
      route: '/v1/query',
      options: () => ({ body: { sql: 'SELECT 1' }, token: 'x' }),
      status: 401,
    },
    {
      persona: 'officer',
      method: 'GET',
      route: '/v1/datasets/{dataset_id}/rows',
      path: '/v1/datasets/gold.members/rows',
      status: 200,
    },
    {
      persona: 'officer',
      method: 'GET',
      route: '/v1/datasets/{dataset_id}/schema',
      path: '/v1/datasets/gold.members/schema',
      status: 200,
      type: 'application/schema+json',
    },
    {
      persona: 'officer',
      method: 'POST',
      route: '/v1/explain',
      options: () => ({ body: { sql: 'SELECT * FROM gold.members' } }),
      status: 200,
    },
    {
      persona: 'intern',
      method: 'POST',
      route: '/v1/explain',
      options: () => ({ body: { sql: 'SELECT * FROM gold.members' } }),
      status: 200,
    },
    { persona: 'officer', method: 'GET', route: '/v1/catalogue', status: 200 },
    {
      persona: 'officer',
      method: 'GET',
      route: '/v1/catalogue/{dataset_id}',
      path: '/v1/catalogue/gold.members',
      status: 200,
    },
    {
      persona: 'analyst',
      method: 'GET',
      route: '/v1/catalogue/{dataset_id}',
      path: '/v1/catalogue/gold.beta_usage',
      status: 200,
    },
    {
      persona: 'analyst',
      method: 'GET',
      route: '/v1/catalogue/{dataset_id}',
      path: '/v1/catalogue/nowhere',
      status: 404,
    },
    { persona: 'officer', method: 'GET', route: '/v1/projects', status: 200 },
    { persona: 'officer', method: 'GET', route: '/v1/me', status: 200 },
    { persona: 'service', method: 'GET', route: '/v1/me', status: 200 },
    { persona: null, method: 'GET', route: '/v1/me', status: 200 },
    { persona: 'officer', method: 'GET', route: '/v1/policies', status: 200 },
    { persona: 'officer', method: 'GET', route: '/v1/metadata', status: 200 },
    {
      persona: 'pipeline',
      method: 'PUT',
      route: '/v1/metadata',
      options: () => ({ body: readArtifacts(gate.config, {}) }),
      status: 200,
    },
    {
      persona: 'pipeline',
      method: 'PUT',
      route: '/v1/metadata',
      options: () => ({ body: { manifest: {}, policies: [] } }),
      status: 422,
    },
    { persona: null, method: 'GET', route: '/health/live', status: 200 },
    { persona: null, method: 'GET', route: '/health/ready', status: 200 },
  ])(
    'tells the truth: $method $route answers $persona with $status',
    async ({ persona, method, route, path, options, status, type }) => {
      const reply = await gate.call(persona, method, path ?? route, options?.());
      expect(reply.status, reply.text).toBe(status);
      const media = type ?? (status < 400 ? 'application/json' : 'application/problem+json');
      expect(reply.headers.get('content-type')).toContain(media);
      const valid = new Ajv2020({ strict: false, allErrors: true }).compile(
        documented(method, route, status, media),
      );
      valid(reply.body);
      expect(valid.errors).toBeNull();
    },
  );
});

describe('every answer', () => {
  const ASKED: readonly [method: string, path: string, options?: CallOptions][] = [
    ['GET', '/health/live'],
    ['GET', '/v1/catalogue'],
    ['POST', '/v1/query', { body: { sql: 'SELECT 1' } }],
    ['POST', '/v1/query', { body: { sql: 'SELECT 1' }, headers: { accept: 'text/csv' } }],
    ['POST', '/v1/query', { body: { sql: 'nonsense' } }],
    ['GET', '/nowhere'],
    ['GET', '/%zz'],
  ];

  it.each(ASKED)('has a request id of its own: %s %s', async (method, path, options) => {
    const headers = { 'x-request-id': 'chosen-by-the-caller' };
    const [one, two] = [
      await gate.call(null, method, path, { ...options, headers: { ...options?.headers, ...headers } }),
      await gate.call(null, method, path, options),
    ];
    for (const reply of [one, two]) expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(one.headers.get('x-request-id')).not.toBe(two.headers.get('x-request-id'));
  });

  it.each(ASKED.slice(0, -1))(
    'is neither kept, guessed at, framed nor run: %s %s',
    async (method, path, options) => {
      const { headers } = await gate.call(null, method, path, options);
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      });
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('in /docs may run its own scripts and no others', async () => {
    const { status, headers, text } = await gate.call(null, 'GET', '/docs/');
    expect(status).toBe(200);
    expect(text).toContain('swagger-ui');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/script-src 'self'/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe-inline/);
  });
});

describe('health', () => {
  it('is live and ready, and says which gate it is', async () => {
    expect(await gate.call(null, 'GET', '/health/live')).toMatchObject({
      status: 200,
      body: { status: 'live', instance: gate.serving.open.instance },
    });
    expect(await gate.call(null, 'GET', '/health/ready')).toMatchObject({
      status: 200,
      body: { status: 'ready', missing: [] },
    });
  });
});

describe('what is observed', () => {
  const of = (kind: string, id: unknown) =>
    gate.observed.filter((seen) => seen.kind === kind && 'requestId' in seen && seen.requestId === id);

  it('of a query: decided, finished, served', async () => {
    const reply = await gate.query('analyst', 'SELECT member_id FROM gold.members LIMIT 3');
    const id = reply.body.request_id;
    await expect
      .poll(() => of('request_served', id))
      .toMatchObject([
        { door: 'http', method: 'POST', route: '/v1/query', status: 200, durationMs: expect.any(Number) },
      ]);
    expect(of('query_decided', id)).toMatchObject([{ decision: 'allow', datasets: 1 }]);
    expect(of('query_finished', id)).toMatchObject([{ rows: 3, code: null }]);
    expect(of('request_failed', id)).toEqual([]);
  });

  it('of how long it took: the request at least as long as the query within', async () => {
    const { body } = await gate.query('analyst', 'SELECT member_id FROM gold.members LIMIT 3');
    const id = body.request_id;
    await expect.poll(() => of('request_served', id)).toHaveLength(1);
    const [request] = of('request_served', id) as { durationMs: number }[];
    const [query] = of('query_finished', id) as { durationMs: number }[];
    expect(query?.durationMs).toBeGreaterThan(0);
    expect(request?.durationMs).toBeGreaterThanOrEqual(query?.durationMs ?? Number.POSITIVE_INFINITY);
  });

  it.each<{ sql: string; code: string; decided: readonly string[] }>([
    { sql: 'SELECT * FROM gold.beta_usage', code: 'access_denied', decided: ['deny'] },
    { sql: 'SELECT * FROM gold.payment_accounts', code: 'dataset_not_found', decided: ['deny'] },
    { sql: 'SELECT * FROM gold.nowhere', code: 'dataset_not_found', decided: [] },
    { sql: 'SELECT', code: 'sql_construct_refused', decided: [] },
  ])('of a refusal: $sql', async ({ sql, code, decided }) => {
    const reply = await gate.query('analyst', sql);
    const id = reply.body.request_id;
    await expect.poll(() => of('request_served', id)).toMatchObject([{ status: reply.status }]);
    expect(of('request_failed', id)).toMatchObject([{ code: reply.body.code }]);
    expect(of('query_decided', id)).toMatchObject(decided.map((decision) => ({ decision })));
    expect(reply.body.code).toBe(code);
  });

  it('names routes by their template, so that paths do not multiply the series', async () => {
    await gate.call('analyst', 'GET', '/v1/catalogue/gold.members');
    await gate.call('analyst', 'GET', '/somewhere/else');
    const { headers, text } = await gate.call(null, 'GET', '/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(text).toContain('route="/v1/catalogue/:dataset_id",status="200"');
    expect(text).toMatch(/sluice_decisions_total\{decision="deny"\} [1-9]/);
    expect(text).not.toContain('/somewhere/else');
  });

  it('holds no token, no text of a query and no row', async () => {
    const token = String(await gate.token('officer'));
    await gate.query('officer', "SELECT name FROM gold.members WHERE name = 'Ada Dynamo'");
    const seen = JSON.stringify(gate.observed, (_, value) =>
      value instanceof Error ? `${value.message}` : value,
    );
    for (const secret of [token, 'Ada Dynamo', 'FROM gold']) expect(seen).not.toContain(secret);
  });
});
