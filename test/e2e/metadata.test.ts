/** Whole states, tags of other tools, the history and the way back: over HTTP, by several at once. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { createMetadata } from '../../src/state/metadata.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type Reply, startGate, type TestGate } from './gate.ts';

const REGION = "SELECT region FROM gold.members WHERE member_id = 'M0001'";
const HASH = /^[0-9a-f]{64}$/;

let gate: TestGate;
/** The state that every test begins with. */
let first: string;

beforeAll(async () => {
  gate = await startGate();
  first = await etag();
});
afterAll(() => gate.close());
afterEach(async () => {
  const reply = await call('POST', '/v1/metadata/rollback', { etag: first });
  expect(reply.status, reply.text).toBe(200);
  expect(await etag()).toBe(first);
});

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  gate.call('pipeline', method, path, { ...(body === undefined ? {} : { body }), headers });

async function etag(): Promise<string> {
  return String((await call('GET', '/v1/metadata')).body.etag);
}

const body = () => {
  const { manifest, catalog, policies } = readArtifacts(gate.config, {});
  return { manifest, catalog, policies };
};

/** A whole state that differs by one policy. */
function variant(name: string): object {
  const text = `policies: [{ id: ${name}, on: { id: gold.members }, deny: { group: ${name} } }]\n`;
  return { ...body(), policies: [...body().policies, { path: `policies/${name}.yml`, text }] };
}

const put = (state: object, headers: Record<string, string> = {}) =>
  call('PUT', '/v1/metadata', state, headers);

const tag = (changes: readonly object[], rest: object = {}, headers: Record<string, string> = {}) =>
  call('PATCH', '/v1/metadata/tags', { source: 'collibra', changes, ...rest }, headers);

async function region(): Promise<{ value: unknown; masked: boolean | undefined }> {
  const reply = await gate.query('analyst', REGION);
  expect(reply.status, reply.text).toBe(200);
  return { value: reply.body.rows?.[0]?.[0], masked: reply.body.columns?.[0]?.masked };
}

interface TagOf {
  readonly tag: string;
  readonly source: Record<string, unknown>;
}

async function tagsOf(dataset: string, column: string | null): Promise<readonly TagOf[]> {
  const reply = await gate.call('officer', 'GET', `/v1/catalogue/${dataset}`);
  const steward = reply.body.steward as {
    tags: TagOf[];
    columns: { name: string; tags: TagOf[] }[];
  };
  return column === null ? steward.tags : (steward.columns.find(({ name }) => name === column)?.tags ?? []);
}

const RAW = { value: 'north', masked: false };
const MASKED = { value: expect.stringMatching(HASH), masked: true };

describe('PUT /v1/metadata', () => {
  it('of several with the same If-Match, exactly one wins, and what stands is whole and its own', async () => {
    const replies = await Promise.all(
      ['one', 'two', 'three', 'four'].map((name) => put(variant(name), { 'if-match': `"${first}"` })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    for (const reply of replies.filter(({ status }) => status === 409))
      expect(reply.body.code).toBe('metadata_conflict');
    const winner = replies.find(({ status }) => status === 200);
    expect(await etag()).toBe(winner?.body.etag);
    const { policies } = (await gate.call('officer', 'GET', '/v1/policies')).body as unknown as {
      policies: { id: string }[];
    };
    const ids = policies.map(({ id }) => id);
    expect(['one', 'two', 'three', 'four'].filter((name) => ids.includes(name))).toHaveLength(1);
  });

  it('without a condition all of them go through, one after the other', async () => {
    const replies = await Promise.all(['one', 'two', 'three'].map((name) => put(variant(name))));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(replies.map(({ body: { etag: one } }) => one)).toContain(await etag());
  });

  it.each<[name: string, headers: () => Record<string, string>, status: number]>([
    ['the ETag', () => ({ 'if-match': `"${first}"` }), 200],
    ['a weakened one', () => ({ 'if-match': `W/"${first}"` }), 200],
    ['one of several', () => ({ 'if-match': `"0123abcd", "${first}"` }), 200],
    ['another', () => ({ 'if-match': '"0123abcd"' }), 409],
    ['whichever there is', () => ({ 'if-match': '*' }), 200],
    ['none yet', () => ({ 'if-none-match': '*' }), 409],
    ['nonsense', () => ({ 'if-match': '"; drop' }), 400],
    ['nothing between commas', () => ({ 'if-match': `"${first}",` }), 400],
    ['not this one', () => ({ 'if-none-match': `"${first}"` }), 400],
    ['both', () => ({ 'if-match': '*', 'if-none-match': '*' }), 400],
  ])('expecting %s', async (_name, headers, status) => {
    for (const path of ['/v1/metadata?dry_run=true', '/v1/metadata']) {
      const reply = await call('PUT', path, body(), headers());
      expect(reply.status, reply.text).toBe(status);
    }
    expect(await etag()).toBe(first);
  });

  it('tells what it changed', async () => {
    const reply = await put(variant('one'));
    expect(reply.body.changes).toMatchObject({
      datasets: { added: 0, removed: 0, changed: 0 },
      policies: { added: 1, removed: 0, changed: 0, names: ['+one'] },
    });
  });
});

describe('PATCH /v1/metadata/tags', () => {
  it('masks with the next query, and is told with its author', async () => {
    expect(await region()).toEqual(RAW);
    const reply = await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    expect(reply).toMatchObject({ status: 200, body: { changed: true, added: 1, removed: 0 } });
    expect(reply.headers.get('etag')).toBe(`"${await etag()}"`);
    expect(await region()).toEqual(MASKED);
    const found = (await tagsOf('gold.members', 'region')).find((one) => one.tag === 'pii');
    expect(found?.source).toMatchObject({ kind: 'patched', via: 'collibra', by: 'svc-ci', file: null });
    expect(Date.parse(String(found?.source.at))).not.toBeNaN();
  });

  it('outlives a push from dbt, and a push outlives it', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    const reply = await put(variant('one'));
    expect(reply.body.warnings).toEqual([]);
    expect(await region()).toEqual(MASKED);
    await tag([{ dataset: 'gold.members', column: 'region', remove: ['pii'] }]);
    expect(await region()).toEqual(RAW);
    expect((await put(variant('one'))).body.changed).toBe(false);
  });

  it('sent again it changes nothing', async () => {
    const changes = [{ dataset: 'gold.members', column: 'REGION', add: ['PII'] }];
    const once = await tag(changes);
    expect(await tag(changes)).toMatchObject({ status: 200, body: { changed: false, etag: once.body.etag } });
    expect(await tag(changes, { mode: 'replace' })).toMatchObject({ body: { changed: false } });
  });

  it('with dry_run says what it would do, and does nothing', async () => {
    const path = '/v1/metadata/tags?dry_run=true';
    const changes = [{ dataset: 'gold.members', column: 'region', add: ['pii'] }];
    const reply = await call('PATCH', path, { source: 'collibra', changes });
    expect(reply).toMatchObject({
      status: 200,
      body: { changed: true, added: 1, changes: { tags: { added: 1, names: ['+gold.members.region pii'] } } },
    });
    expect(await etag()).toBe(first);
    expect(await region()).toEqual(RAW);
  });

  it('replace takes away what the tool does not say any more, and nothing of another tool', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    await tag([{ dataset: 'gold.members', column: 'region', add: ['crm'] }], { source: 'atlan' });
    const reply = await tag([{ dataset: 'gold.members', add: ['reviewed'] }], { mode: 'replace' });
    expect(reply.body).toMatchObject({ added: 1, removed: 1 });
    expect(await region()).toEqual(RAW);
    expect((await tagsOf('gold.members', 'region')).map((one) => one.tag)).toEqual(['crm', 'geo.region']);
    expect((await tagsOf('gold.members', null)).map((one) => one.tag)).toContain('reviewed');
  });

  it('an empty replace is an accident until it is said to be none', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    expect(await tag([], { mode: 'replace' })).toMatchObject({ status: 422, body: { code: 'tags_invalid' } });
    expect(await region()).toEqual(MASKED);
    expect(await tag([], { mode: 'replace', allow_empty: true })).toMatchObject({ status: 200 });
    expect(await region()).toEqual(RAW);
  });

  it('names every problem with its index and the nearest name, and applies none of it', async () => {
    const reply = await tag([
      { dataset: 'gold.members', column: 'region', add: ['pii'] },
      { dataset: 'gold.member', column: 'region', add: ['pii'] },
      { dataset: 'gold.members', column: 'regio', add: ['pii'] },
      { dataset: 'gold.members', column: 'email', remove: ['pii.email'] },
      { dataset: 'gold.members', remove: ['dbt.resource.model'] },
      { dataset: 'gold.members', column: 'phone', add: ['x'], remove: ['x'] },
      { dataset: 'gold.members', column: 'phone', add: ['...'] },
    ]);
    expect(reply).toMatchObject({ status: 422, body: { code: 'tags_invalid' } });
    expect(reply.body.details).toEqual([
      'changes[1]: there is no dataset "gold.member" (did you mean "gold.members"?)',
      'changes[2]: gold.members has no column "regio" (did you mean "region"?)',
      expect.stringMatching(
        /^changes\[3\]: "pii.email" of gold.members.email cannot .* models\/marts\/core\/_core.yml/,
      ),
      'changes[4]: "dbt.resource.model": dbt. is for tags that follow from dbt',
      'changes[5]: "x" is both added to gold.members.phone and removed from it',
      'changes[6]: a tag is empty',
    ]);
    expect(await etag()).toBe(first);
  });

  it('a tool cannot take back what another one said', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    const reply = await tag([{ dataset: 'gold.members', column: 'region', remove: ['pii'] }], {
      source: 'atlan',
    });
    expect(reply.status).toBe(422);
    expect(reply.text).toContain('collibra put it there');
    expect(await region()).toEqual(MASKED);
  });

  it.each<[string, object]>([
    ['a tag as dbt derives it', { changes: [{ dataset: 'gold.members', add: ['dbt.access.public'] }] }],
    ['and in another case', { changes: [{ dataset: 'gold.members', add: [' DBT.access.public'] }] }],
    ['dbt itself as the source', { source: 'dbt', changes: [] }],
    ['a source with a line of its own', { source: 'a\nb', changes: [] }],
    ['a key that is not known', { changes: [{ dataset: 'gold.members', tags: ['pii'] }] }],
    ['a constructor as a dataset', { changes: [{ dataset: 'constructor', add: ['pii'] }] }],
    [
      'a prototype as a column',
      { changes: [{ dataset: 'gold.members', column: '__proto__', add: ['pii'] }] },
    ],
    ['a tag that has no end', { changes: [{ dataset: 'gold.members', add: ['x'.repeat(10_000)] }] }],
    ['no changes at all', {}],
  ])('refuses %s', async (_name, given) => {
    const reply = await call('PATCH', '/v1/metadata/tags', { source: 'collibra', ...given });
    expect([400, 422], reply.text).toContain(reply.status);
    expect(await etag()).toBe(first);
  });

  it('a hidden prototype in the body is refused', async () => {
    const text = '{"source":"collibra","changes":[{"dataset":"gold.members","__proto__":{"add":["pii"]}}]}';
    expect((await call('PATCH', '/v1/metadata/tags', text)).status).toBe(400);
  });

  it.each(['officer', 'analyst', 'service'])('by %s, who is no publisher, is denied', async (persona) => {
    const changes = [{ dataset: 'gold.members', column: 'region', add: ['pii'] }];
    for (const [method, path, given] of [
      ['PATCH', '/v1/metadata/tags', { source: 'collibra', changes }],
      ['POST', '/v1/metadata/rollback', { etag: first }],
    ] as const)
      expect(await gate.call(persona, method, path, { body: given })).toMatchObject({
        status: 403,
        body: { code: 'access_denied' },
      });
    expect(await etag()).toBe(first);
  });

  it('is on record with the datasets that it named', async () => {
    await tag([
      { dataset: 'gold.members', column: 'region', add: ['pii'] },
      { dataset: 'gold.communities', add: ['reviewed'] },
    ]);
    await tag([{ dataset: 'gold.nothing', add: ['pii'] }]);
    expect(await gate.serving.open.gate.audit.tail(2)).toMatchObject([
      {
        event: 'push',
        action: 'patch_tags',
        subject: { sub: 'svc-ci' },
        decision: 'allow',
        datasets: ['gold.communities', 'gold.members'],
        snapshot: await etag(),
      },
      { action: 'patch_tags', decision: 'deny', error_code: 'tags_invalid', datasets: [] },
    ]);
  });

  it('of two with the same If-Match one wins, and neither loses a tag of a push at the same time', async () => {
    const one = [{ dataset: 'gold.members', column: 'region', add: ['pii'] }];
    const two = [{ dataset: 'gold.members', column: 'phone', add: ['crm'] }];
    const match = { 'if-match': `"${first}"` };
    const pair = await Promise.all([tag(one, {}, match), tag(two, {}, match)]);
    expect(pair.map(({ status }) => status).sort()).toEqual([200, 409]);
    const rest = await Promise.all([tag(one), put(variant('one')), tag(two), put(variant('two'))]);
    expect(rest.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await region()).toEqual(MASKED);
    expect((await tagsOf('gold.members', 'phone')).map((found) => found.tag)).toContain('crm');
  });

  it('what is gone keeps its tag, is told, and has it again when it returns', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    const path = join(gate.folder, 'target/manifest.json');
    const manifest = readFileSync(path, 'utf8');
    const without = JSON.parse(manifest) as {
      nodes: Record<string, { columns: Record<string, unknown> }>;
      exposures: Record<string, unknown>;
    };
    delete without.nodes['model.energy_community.members'];
    // Its rules name the dataset.
    delete without.exposures['exposure.energy_community.partner_clean_room'];
    const reply = await put({ ...body(), manifest: without });
    expect(reply.status, reply.text).toBe(200);
    expect((reply.body.warnings as string[]).join('\n')).toMatch(
      /gold\.members: the tag "pii" of collibra is on what is gone/,
    );
    expect((await put(body())).body.warnings).toEqual([]);
    expect(await region()).toEqual(MASKED);
    writeFileSync(path, manifest);
  });

  it('holds for a column that dbt does not document', async () => {
    const manifest = JSON.parse(readFileSync(join(gate.folder, 'target/manifest.json'), 'utf8')) as {
      nodes: Record<string, { columns: Record<string, unknown> }>;
    };
    delete manifest.nodes['model.energy_community.members']?.columns.region;
    const publish = [
      { match: { folder: 'marts' }, namespace: 'gold', access_level: 'internal', unclassified: 'show' },
    ];
    const policies = body().policies.filter(({ path }) => path.endsWith('personal-data.yml'));
    const shown = await put({ ...body(), manifest, publish, policies });
    expect(shown.status, shown.text).toBe(200);
    expect(await region()).toEqual(RAW);
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    expect(await region()).toEqual(MASKED);
  });

  it('stays with a dataset that another node took over', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    const text = readFileSync(join(gate.folder, 'target/manifest.json'), 'utf8');
    const renamed = text.replaceAll('model.energy_community.members"', 'model.energy_community.people"');
    expect(renamed).not.toBe(text);
    const reply = await put({ ...body(), manifest: JSON.parse(renamed) as object });
    expect(reply.status, reply.text).toBe(200);
    expect(await region()).toEqual(MASKED);
    expect((await tag([{ dataset: 'gold.members', column: 'region', remove: ['pii'] }])).status).toBe(200);
    expect(await region()).toEqual(RAW);
  });

  it.each([
    ['a published model upstream', 'bronze.stg_members'],
    ['a seed that nobody publishes', 'seed.energy_community.raw_members'],
  ])('on %s follows the column downstream', async (_name, dataset) => {
    const reply = await tag([{ dataset, column: 'region', add: ['pii'] }]);
    expect(reply.status, reply.text).toBe(200);
    expect(await region()).toEqual(MASKED);
    const found = (await tagsOf('gold.members', 'region')).find((one) => one.tag === 'pii');
    expect(found?.source).toMatchObject({ kind: 'propagated' });
    const refused = await tag([{ dataset: 'gold.members', column: 'region', remove: ['pii'] }]);
    expect(refused.text).toContain('it comes along lineage from');
    expect((await tag([{ dataset, column: 'region', remove: ['pii'] }])).status).toBe(200);
    expect(await region()).toEqual(RAW);
  });

  it('takes thousands at once', async () => {
    const { datasets: all } = (await gate.call('officer', 'GET', '/v1/catalogue?limit=500'))
      .body as unknown as { datasets: { id: string }[] };
    // The gate's own take no tags.
    const datasets = all.filter(({ id }) => !id.startsWith('sluice.'));
    const changes = Array.from({ length: 10_000 }, (_, i) => ({
      dataset: datasets[i % datasets.length]?.id,
      add: [`bulk.tag_${Math.floor(i / datasets.length)}`],
    }));
    expect(await tag(changes)).toMatchObject({ status: 200, body: { added: 10_000 } });
    expect(await tag(changes)).toMatchObject({ status: 200, body: { added: 0, changed: false } });
  });
});

interface State {
  readonly etag: string;
  readonly action: string;
  readonly created_by: string;
  readonly created_at: string;
  readonly datasets: number;
  readonly changes: { readonly tags: { readonly names: string[] } };
}

async function history(limit = 3): Promise<readonly State[]> {
  const reply = await call('GET', `/v1/metadata/history?limit=${limit}`);
  expect(reply.status, reply.text).toBe(200);
  return reply.body.states as State[];
}

describe('the history', () => {
  it('tells who did what, when, and what it changed', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    const [latest] = await history(1);
    expect(latest).toMatchObject({
      etag: await etag(),
      action: 'patch_tags',
      created_by: 'svc-ci',
      datasets: 21,
      changes: { tags: { names: ['+gold.members.region pii'] }, policies: { added: 0 } },
    });
    expect(Date.parse(latest?.created_at ?? '')).not.toBeNaN();
  });

  it('is not for everyone', async () => {
    expect((await gate.call('officer', 'GET', '/v1/metadata/history')).status).toBe(200);
    expect((await gate.call('analyst', 'GET', '/v1/metadata/history')).status).toBe(403);
    expect((await gate.call(null, 'GET', '/v1/metadata/history')).status).toBe(401);
  });

  it('rolls back to what was, as a state of its own that tells what it takes away', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    expect(await region()).toEqual(MASKED);
    const reply = await call('POST', '/v1/metadata/rollback', { etag: first.slice(0, 12) });
    expect(reply).toMatchObject({
      status: 200,
      body: { changed: true, etag: first, changes: { tags: { names: ['-gold.members.region pii'] } } },
    });
    expect(await region()).toEqual(RAW);
    expect((await history(2)).map(({ action }) => action)).toEqual(['rollback', 'patch_tags']);
    expect(await gate.serving.open.gate.audit.tail(2)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: 'push', action: 'rollback', snapshot: first }),
      ]),
    );
  });

  it('and forward again, tags of tools included', async () => {
    const tagged = (await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }])).body.etag;
    await call('POST', '/v1/metadata/rollback', { etag: first });
    await call('POST', '/v1/metadata/rollback', { etag: tagged });
    expect(await etag()).toBe(tagged);
    expect(await region()).toEqual(MASKED);
  });

  it('with dry_run and with If-Match it does what those say', async () => {
    await tag([{ dataset: 'gold.members', column: 'region', add: ['pii'] }]);
    const now = await etag();
    const dry = await call('POST', '/v1/metadata/rollback?dry_run=true', { etag: first });
    expect(dry.body).toMatchObject({ etag: first, changed: true });
    const stale = await call('POST', '/v1/metadata/rollback', { etag: first }, { 'if-match': `"${first}"` });
    expect(stale.status).toBe(409);
    expect(await etag()).toBe(now);
  });

  it.each([
    ['of nothing that is kept', '0'.repeat(64), 404],
    ['too short to be one', 'abc', 400],
    ['that is a path', '../../etc/passwd', 400],
  ])('refuses a state %s', async (_name, wanted, status) => {
    expect((await call('POST', '/v1/metadata/rollback', { etag: wanted })).status).toBe(status);
  });
});

describe('another process on the same state', () => {
  /** Without engines: it knows what is stored, and asks nobody. */
  async function other() {
    const store = await openStore(gate.config.state);
    const metadata = createMetadata({ store, engines: new Map(), observe: () => {} });
    return { store, metadata };
  }

  it('changes tags while this one pushes: neither loses what the other did', async () => {
    const { store, metadata } = await other();
    const patch = (tags: string) => ({
      tool: 'elsewhere',
      node: 'model.energy_community.members',
      dataset: 'gold.members',
      column: 'region',
      tag: tags,
      by: 'someone',
      at: '2026-01-01T00:00:00.000Z',
    });
    const change = { action: 'patch_tags', by: 'someone', dryRun: false, record: async () => {} } as const;
    const names = ['one', 'two', 'three', 'four'];
    const results = await Promise.all(
      names.flatMap((name): Promise<unknown>[] => [
        put(variant(name)),
        metadata.replace(
          (latest) => ({ ...latest!, patches: [...(latest?.patches ?? []), patch(`pii.${name}`)] }),
          change,
        ),
      ]),
    );
    for (const result of results as (Reply | object)[])
      if ('status' in result) expect(result.status).toBe(200);
    const tags = (await tagsOf('gold.members', 'region')).map((found) => found.tag);
    expect(tags).toEqual(expect.arrayContaining(names.map((name) => `pii.${name}`)));
    expect(await region()).toEqual(MASKED);
    await store.close();
  });
});
