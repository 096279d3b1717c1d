/** Hostile policy files and artifacts, from someone who may push: refused as a whole with their place, or read as the plain data that they are; the gate goes on with what it had. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CODES, type Code } from '../../src/errors.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
let etag: unknown;

beforeAll(async () => {
  gate = await startGate();
  etag = (await gate.call('pipeline', 'GET', '/v1/metadata')).body.etag;
});

afterAll(() => gate.close());

afterEach(async () => {
  const reply = await gate.query('analyst', 'SELECT count(*) FROM gold.members');
  expect(reply.body.rows, reply.text).toEqual([[120]]);
  expect((await gate.call('pipeline', 'GET', '/v1/metadata')).body.etag).toBe(etag);
});

const good = () => readArtifacts(gate.config, {});

async function tried(body: object | string) {
  return gate.call('pipeline', 'PUT', '/v1/metadata?dry_run=true', { body });
}

const withPolicies = (text: string, path = 'policies/hostile.yml') =>
  tried({ ...good(), policies: [...good().policies, { path, text }] });

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

const where = (text: string): string =>
  `policies:\n  - id: hostile\n    on: { id: gold.members }\n    rows: { where: ${JSON.stringify(text)} }\n`;

const policy = (rest: string): string => `policies:\n  - id: hostile\n    ${rest}\n`;

describe('a policy file', () => {
  it.each<{ name: string; text: string; says?: RegExp }>([
    {
      name: 'of aliases that multiply',
      text: `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${lines(12, (i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`)}\npolicies: *a12\n`,
    },
    { name: 'of an alias to itself', text: 'policies: &a [*a]\n' },
    {
      name: 'of merge keys that multiply',
      text: `a: &a { x: 1 }\n${lines(50, (i) => `b${i}: { <<: [*a, *a] }`)}\npolicies: []\n`,
    },
    { name: 'nested a hundred thousand deep', text: `policies: ${'['.repeat(100_000)}` },
    { name: 'nested in blocks', text: lines(5_000, (i) => `${' '.repeat(i)}a:`) },
    { name: 'with a tag that makes an object', text: 'policies: !!js/function "function () { return 1 }"\n' },
    { name: 'with a tag that runs something', text: 'policies: !!python/object/apply:os.system ["id"]\n' },
    { name: 'with a local tag', text: 'policies: !include /etc/passwd\n' },
    { name: 'with a prototype as a key', text: '__proto__: { polluted: true }\npolicies: []\n' },
    {
      name: 'with a prototype in a policy',
      text: policy('__proto__: { mask: { with: hash } }\n    on: everything'),
    },
    { name: 'with a constructor as an effect', text: policy('on: everything\n    constructor: everyone') },
    {
      name: 'with a key twice',
      text: policy('on: everything\n    deny: everyone\n    deny: { group: nobody }'),
    },
    { name: 'of two documents', text: `${policy('on: everything\n    deny: everyone')}---\npolicies: []\n` },
    { name: 'with a NUL', text: 'policies: "\0"\n' },
    { name: 'with two effects', text: policy('on: everything\n    deny: everyone\n    allow: everyone') },
    {
      name: 'with allow and unless',
      text: policy('on: everything\n    allow: everyone\n    unless: { group: a }'),
    },
    {
      name: 'with an id that is markup',
      text: 'policies:\n  - id: "<script>"\n    on: everything\n    deny: everyone\n',
    },
    {
      name: 'with an id that is there already',
      text: 'policies:\n  - id: own-record\n    on: everything\n    deny: everyone\n',
      says: /own-record/,
    },
    {
      name: 'with conditions nested deep',
      text: policy(`on: everything\n    deny: ${'{ not: '.repeat(5_000)}{ group: a }${' }'.repeat(5_000)}`),
    },
    {
      name: 'with conditions that multiply',
      text: policy(
        `on: everything\n    deny: { all: [${Array.from({ length: 30 }, (_, i) => `{ any: [{ group: a${i} }, { group: b${i} }] }`).join(', ')}] }`,
      ),
    },
    {
      name: 'with a selector nested deep',
      text: policy(`on: ${'{ not: '.repeat(200)}{ tag: a }${' }'.repeat(200)}\n    deny: everyone`),
    },
    {
      name: 'with a mask of its own',
      text: policy('on: { column_tag: pii }\n    mask: { with: custom, sql: "(select 1)" }'),
    },
    {
      name: 'with a size of partial that is none',
      text: policy('on: { column_tag: pii }\n    mask: { with: partial, first: 1e9, last: -1 }'),
    },
    {
      name: "with a filter that looks into the engine's own tables",
      text: where('region in (select table_name from information_schema.tables)'),
    },
    {
      name: 'with a filter that looks into a physical name',
      text: where('member_id in (select member_id from main_marts.members)'),
    },
    {
      name: 'with a filter that looks into a file',
      text: where('member_id in (select a from "/etc/passwd")'),
    },
    {
      name: 'with a filter that looks into a function',
      text: where("member_id in (select a from read_csv('/etc/passwd'))"),
    },
    {
      name: 'with a filter that leaves out what is listed',
      text: where('member_id not in (select member_id from gold.payment_accounts)'),
    },
    {
      name: 'with a filter that counts',
      text: where('(select count(*) from gold.payment_accounts) > 0'),
    },
    { name: 'with a filter that calls what it likes', text: where("read_text('/etc/passwd') = member_id") },
    { name: 'with a filter that sleeps', text: where('pg_sleep(10) is null') },
    { name: 'with a filter that ends and goes on', text: where("region = 'x'); drop table members; --") },
    { name: 'with a filter that closes its bracket', text: where("region = 'x') or (true") },
    { name: 'with a filter of a comment', text: where('/*') },
    { name: 'with a filter of a comment to the end', text: where("region = 'north' --"), says: /./ },
    { name: 'with a filter over what is not there', text: where("nonsense = 'x'") },
    { name: 'with a filter over a system column', text: where('ctid is not null') },
    { name: 'with a filter over a whole row', text: where('members is not null') },
    { name: 'with a filter over an inherited attribute', text: where('region = identity.constructor.name') },
    { name: 'with a filter nested deep', text: where(`${'('.repeat(20_000)}true${')'.repeat(20_000)}`) },
    {
      name: 'with a filter of many conditions',
      text: where(Array(20_000).fill("region = 'x'").join(' or ')),
    },
    { name: 'with a filter with a parameter', text: where('region = $1') },
  ])('$name', async ({ name, text, says }) => {
    const reply = await withPolicies(text);
    // What is harmless as it stands may be read; nothing of it may be applied here.
    if (HARMLESS.has(name)) expect(reply.status, reply.text.slice(0, 500)).toBe(200);
    else {
      expect(reply.body.code, reply.text.slice(0, 500)).toBe('policy_invalid');
      expect(reply.status).toBe(CODES.policy_invalid.status);
      expect(reply.text).toMatch(says ?? /policies\/hostile\.yml/);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

const HARMLESS = new Set<string>(['with a filter of a comment to the end']);

describe('a path of a policy file', () => {
  it.each(['../../../etc/passwd', '/etc/passwd', '\0', 'C:\\x', 'a'.repeat(10_000), '__proto__', '<script>'])(
    'is a name for messages and opens nothing: %j',
    async (path) => {
      const reply = await withPolicies('policies: [}', path);
      expect(reply.body.code, reply.text.slice(0, 300)).toBe('policy_invalid');
      expect(reply.text).not.toContain('root:');
    },
  );
});

describe('a manifest', () => {
  type Node = Record<string, unknown>;
  const edited = (
    edit: (manifest: { nodes: Record<string, Node>; [key: string]: unknown }, members: Node) => void,
  ) => {
    const manifest = structuredClone(good().manifest) as { nodes: Record<string, Node> };
    edit(manifest, manifest.nodes['model.energy_community.members']!);
    return tried({ ...good(), manifest });
  };

  it.each<{ name: string; edit: Parameters<typeof edited>[0]; code?: Code; warns?: RegExp }>([
    {
      name: 'that points at the engine’s own tables',
      edit: (_, m) =>
        Object.assign(m, {
          database: 'system',
          schema: 'main',
          alias: 'duckdb_settings',
          relation_name: '"system"."main"."duckdb_settings"',
        }),
      warns: /members/,
    },
    {
      name: 'that points at a file',
      edit: (_, m) => Object.assign(m, { alias: '/etc/passwd', relation_name: '"/etc/passwd"' }),
      warns: /members/,
    },
    {
      name: 'that points at a function',
      edit: (_, m) =>
        Object.assign(m, { alias: "read_text('/etc/passwd')", relation_name: "read_text('/etc/passwd')" }),
      warns: /members/,
    },
    {
      name: 'that points at a query',
      edit: (_, m) => Object.assign(m, { relation_name: '(select * from raw.members)' }),
      warns: /members/,
    },
    {
      name: 'whose node is nothing',
      edit: (manifest) => Object.assign(manifest.nodes, { 'model.x.y': null }),
      code: 'manifest_invalid',
    },
    {
      name: 'whose nodes are a list',
      edit: (manifest) => Object.assign(manifest, { nodes: [] }),
      code: 'manifest_invalid',
    },
    {
      name: 'whose tags are objects',
      edit: (_, m) => Object.assign(m, { tags: [{ toString: 'pii' }] }),
      code: 'manifest_invalid',
    },
    {
      name: 'whose level is unknown',
      edit: (_, m) => Object.assign(m, { meta: { sluice: { access_level: 'everyone' } } }),
    },
    {
      name: 'that depends on itself',
      edit: (_, m) => Object.assign(m, { depends_on: { nodes: ['model.energy_community.members'] } }),
    },
    {
      name: 'with a name that is a path',
      edit: (_, m) => Object.assign(m, { name: '../../etc/passwd', alias: 'members' }),
    },
    {
      name: 'with an owner that is markup',
      edit: (_, m) => Object.assign(m, { meta: { owner: '<img src=x onerror=alert(1)>' } }),
    },
  ])('$name', async ({ edit, code, warns }) => {
    const reply = await edited(edit);
    if (code !== undefined) expect(reply.body.code, reply.text.slice(0, 400)).toBe(code);
    else if (reply.status !== 200) {
      expect(reply.status, reply.text.slice(0, 400)).toBe(422);
    } else if (warns) expect(JSON.stringify(reply.body.warnings)).toMatch(warns);
  });

  it('with a prototype among its keys is refused as a body', async () => {
    const text = JSON.stringify({ ...good(), manifest: { metadata: {} } }).replace(
      '"metadata":{}',
      '"__proto__":{"polluted":true}',
    );
    const reply = await tried(text);
    expect(reply.body.code).toBe('bad_request');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('nested deeper than a stack is refused', async () => {
    const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`;
    const text = JSON.stringify({ ...good(), manifest: 'DEEP' }).replace('"DEEP"', deep);
    const reply = await tried(text);
    expect(reply.status, reply.text.slice(0, 300)).toBeGreaterThanOrEqual(400);
    expect(reply.status).toBeLessThan(500);
  });
});
