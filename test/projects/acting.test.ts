/** Acting in a project, through the gate's own door: who may, in what, for what; and what the audit and the cursors know of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reply, startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate();
  for (const [persona, purpose] of [
    ['analyst', 'yearly-statistics'],
    ['analyst', 'fraud-investigation'],
  ] as const)
    await acknowledge(persona, 'invoice_review', purpose);
});
afterAll(() => gate.close());

interface Shown {
  readonly name: string;
  readonly member: boolean;
  readonly datasets: readonly string[];
  readonly acting: {
    readonly purposes: readonly {
      name: string;
      version: string;
      text: string;
      acknowledged_at: string | null;
    }[];
  } | null;
}

async function projectAs(persona: string | null, name: string): Promise<Shown> {
  return (await gate.call(persona, 'GET', `/v1/projects/${name}`)).body as unknown as Shown;
}

async function acknowledge(persona: string, project: string, purpose: string): Promise<Reply> {
  const { acting } = await projectAs(persona, project);
  const version = acting?.purposes.find(({ name }) => name === purpose)?.version ?? 'none';
  return gate.call(persona, 'POST', `/v1/projects/${project}/acknowledge`, { body: { purpose, version } });
}

const last = async () => (await gate.serving.open.gate.audit.tail(1))[0];
const MEMBERS = 'SELECT count(*) AS n FROM gold.members';

describe('who may act', () => {
  it.each([
    ['a member', 'analyst', { project: 'invoice_review', purpose: 'yearly-statistics' }, 200, undefined],
    [
      'nobody else',
      'officer',
      { project: 'invoice_review', purpose: 'yearly-statistics' },
      404,
      'project_not_found',
    ],
    [
      'nobody without a token',
      null,
      { project: 'invoice_review', purpose: 'yearly-statistics' },
      404,
      'project_not_found',
    ],
    ['nobody in what has no members', 'analyst', { project: 'member_portal' }, 404, 'project_not_found'],
    ['nobody in what is none', 'analyst', { project: 'no_such' }, 404, 'project_not_found'],
    [
      'a member without a purpose, where there are some',
      'analyst',
      { project: 'invoice_review' },
      403,
      'purpose_needed',
    ],
    [
      'a member for another purpose',
      'analyst',
      { project: 'invoice_review', purpose: 'marketing' },
      403,
      'purpose_not_in_project',
    ],
    [
      'a member for a purpose of another project',
      'analyst',
      { project: 'invoice_review', purpose: 'grid-planning' },
      403,
      'purpose_not_in_project',
    ],
    [
      'a member who has not acknowledged',
      'analyst',
      { project: 'load_forecast', purpose: 'grid-planning' },
      403,
      'purpose_not_acknowledged',
    ],
    [
      'nobody for a purpose alone',
      'analyst',
      { purpose: 'fraud-investigation' },
      400,
      'purpose_needs_project',
    ],
    [
      'nobody for a purpose in a project that lists none',
      'partner',
      { project: 'partner_clean_room', purpose: 'fraud-investigation' },
      403,
      'purpose_not_in_project',
    ],
    [
      'names are told apart by case',
      'analyst',
      { project: 'Invoice_Review', purpose: 'yearly-statistics' },
      404,
      'project_not_found',
    ],
  ])('%s', async (_, persona, within: { project?: string; purpose?: string }, status, code) => {
    const datasets = within.project === 'load_forecast' ? 'SELECT 1 AS n FROM gold.meters' : MEMBERS;
    const reply = await gate.query(persona, datasets, within);
    expect([reply.status, reply.body.code], reply.text).toEqual([status, code]);
  });

  it('says the same of a project that there is not and of one of others', async () => {
    const told = await Promise.all(
      ['invoice_review', 'no_such_thing'].map(async (project) => {
        const { status, body } = await gate.query('officer', MEMBERS, { project });
        return JSON.stringify([status, { ...body, request_id: '' }]).replaceAll(project, 'NAME');
      }),
    );
    expect(told[0]).toBe(told[1]);
  });

  it.each([
    ['POST', '/v1/query', { sql: MEMBERS }],
    ['POST', '/v1/explain', { sql: MEMBERS }],
    ['GET', '/v1/catalogue', undefined],
    ['GET', '/v1/catalogue/gold.members', undefined],
    ['GET', '/v1/datasets/gold.members/rows', undefined],
    ['GET', '/v1/datasets/gold.members/schema', undefined],
    ['POST', '/v1/detokenise', { dataset: 'gold.members', column: 'email', tokens: ['t'] }],
  ])('%s %s refuses a project of others', async (method, path, body) => {
    const headers = { 'x-sluice-project': 'invoice_review' };
    const reply = await gate.call('officer', method, path, { headers, body });
    expect([reply.status, reply.body.code]).toEqual([404, 'project_not_found']);
  });
});

describe('header and parameter', () => {
  const within = { project: 'invoice_review', purpose: 'yearly-statistics' };
  const headers = { 'x-sluice-project': within.project, 'x-sluice-purpose': within.purpose };

  it.each([
    ['headers alone', 'POST', '/v1/query', headers, { sql: MEMBERS }, 200],
    ['the body alone', 'POST', '/v1/query', {}, { sql: MEMBERS, ...within }, 200],
    ['both, the same', 'POST', '/v1/query', headers, { sql: MEMBERS, ...within }, 200],
    [
      'both, another project',
      'POST',
      '/v1/query',
      headers,
      { sql: MEMBERS, ...within, project: 'load_forecast' },
      400,
    ],
    [
      'both, another purpose',
      'POST',
      '/v1/query',
      headers,
      { sql: MEMBERS, ...within, purpose: 'fraud-investigation' },
      400,
    ],
    [
      'a header that is empty says nothing',
      'POST',
      '/v1/query',
      { 'x-sluice-project': '' },
      { sql: MEMBERS },
      200,
    ],
    ['a body that is empty is wrong', 'POST', '/v1/query', {}, { sql: MEMBERS, project: '' }, 400],
    [
      'a query string',
      'GET',
      '/v1/datasets/gold.members/rows?project=invoice_review&purpose=yearly-statistics',
      {},
      undefined,
      200,
    ],
    [
      'a query string in the catalogue',
      'GET',
      '/v1/catalogue?project=invoice_review&purpose=yearly-statistics',
      {},
      undefined,
      200,
    ],
  ])('%s', async (_, method, path, sent, body, status) => {
    const reply = await gate.call('analyst', method, path, { headers: sent as Record<string, string>, body });
    expect(reply.status, reply.text).toBe(status);
  });
});

describe('in a project', () => {
  const within = { project: 'invoice_review', purpose: 'yearly-statistics' };
  const query = '?project=invoice_review&purpose=yearly-statistics';

  it('nothing else exists', async () => {
    const [there, outside, nowhere] = await Promise.all(
      ['gold.invoices', 'gold.tariffs', 'gold.nothing'].map((name) =>
        gate.query('analyst', `SELECT 1 AS n FROM ${name}`, within),
      ),
    );
    expect(there?.status).toBe(200);
    expect([outside?.status, outside?.body.code]).toEqual([404, 'dataset_not_found']);
    const plain = (reply: Reply | undefined) => ({ ...reply?.body, request_id: '', position: 0 });
    expect(JSON.stringify(plain(outside)).replace('gold.tariffs', '')).toBe(
      JSON.stringify(plain(nowhere)).replace('gold.nothing', ''),
    );
  });

  it('the catalogue is that of the project', async () => {
    const { body } = await gate.call('analyst', 'GET', `/v1/catalogue${query}`);
    const ids = (body.datasets as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(['gold.invoices', 'gold.members', 'gold.meters']);
    expect((await gate.call('analyst', 'GET', `/v1/catalogue/gold.tariffs${query}`)).status).toBe(404);
  });

  it('bare names look no further', async () => {
    expect((await gate.query('analyst', 'SELECT 1 AS n FROM meters', within)).status).toBe(200);
    expect((await gate.query('analyst', 'SELECT 1 AS n FROM int_daily_usage', within)).status).toBe(404);
    expect((await gate.query('analyst', 'SELECT 1 AS n FROM int_daily_usage LIMIT 1')).status).toBe(200);
  });

  it('a text that was planned outside is planned anew', async () => {
    const sql = 'SELECT count(*) AS n FROM gold.tariffs';
    expect((await gate.query('analyst', sql)).status).toBe(200);
    expect((await gate.query('analyst', sql, within)).status).toBe(404);
    expect((await gate.query('analyst', sql)).status).toBe(200);
  });

  it('a policy that asks for the purpose opens for that one alone', async () => {
    const sql = "SELECT email FROM gold.members WHERE member_id = 'M0001'";
    const of = async (rest?: object) => (await gate.query('analyst', sql, rest)).body.rows?.[0]?.[0];
    const clear = 'carla.owatt.1@example.org';
    expect(await of()).not.toBe(clear);
    expect(await of(within)).not.toBe(clear);
    expect(await of({ ...within, purpose: 'fraud-investigation' })).toBe(clear);
    expect(await of(within)).not.toBe(clear);
    expect(await of()).not.toBe(clear);
  });

  it('a cursor is good in its project and for its purpose alone', async () => {
    const sql = 'SELECT member_id FROM gold.members ORDER BY member_id';
    const first = await gate.query('analyst', sql, { ...within, limit: 2 });
    const cursor = first.body.page?.next_cursor;
    expect(cursor).toEqual(expect.any(String));
    const next = async (rest: object) => (await gate.query('analyst', sql, { cursor, ...rest })).body.code;
    expect(await next(within)).toBeUndefined();
    expect(await next({ ...within, purpose: 'fraud-investigation' })).toBe('cursor_invalid');
    expect(await next({})).toBe('cursor_invalid');
  });

  it('a partner counts in the clean room and sees nothing outside', async () => {
    expect((await gate.query('partner', MEMBERS)).status).toBe(403);
    const room = { project: 'partner_clean_room' };
    expect((await gate.query('partner', MEMBERS, room)).status).toBe(200);
    expect((await gate.query('partner', 'SELECT member_id FROM gold.members', room)).status).toBe(400);
    expect(
      (await gate.call('partner', 'GET', '/v1/datasets/gold.members/rows?project=partner_clean_room')).status,
    ).toBe(400);
  });

  it('no tokens are reversed in a clean room', async () => {
    const body = { dataset: 'gold.members', column: 'region', tokens: ['t'] };
    const headers = { 'x-sluice-project': 'partner_clean_room' };
    const reply = await gate.call('partner', 'POST', '/v1/detokenise', { body, headers });
    expect([reply.status, reply.body.code]).toEqual([403, 'access_denied']);
    expect(reply.body.message).toContain('clean room');
  });
});

describe('the audit', () => {
  it('has project and purpose of what was let through', async () => {
    await gate.query('analyst', MEMBERS, { project: 'invoice_review', purpose: 'yearly-statistics' });
    // How it ended is told a little later.
    const events = await gate.serving.open.gate.audit.tail(3);
    expect(events.findLast(({ event }) => event === 'decision')).toMatchObject({
      project: 'invoice_review',
      purpose: 'yearly-statistics',
      decision: 'allow',
    });
  });

  it('has the project of whoever tried, and no name that is none', async () => {
    await gate.query('officer', MEMBERS, { project: 'invoice_review', purpose: 'yearly-statistics' });
    expect(await last()).toMatchObject({
      decision: 'deny',
      error_code: 'project_not_found',
      project: 'invoice_review',
    });
    await gate.query('officer', MEMBERS, { project: 'O\u2019Hara 1987', purpose: 'x' });
    const tried = await last();
    expect(tried).toMatchObject({ decision: 'deny', error_code: 'project_not_found' });
    expect(tried).not.toHaveProperty('project');
    expect(tried).not.toHaveProperty('purpose');
  });
});

describe('what is told of projects', () => {
  it('to members: purposes with their texts, and what they acknowledged', async () => {
    const { member, acting } = await projectAs('analyst', 'invoice_review');
    expect(member).toBe(true);
    expect(
      acting?.purposes.map(({ name, text, acknowledged_at }) => [
        name,
        text !== '',
        acknowledged_at !== null,
      ]),
    ).toEqual([
      ['fraud-investigation', true, true],
      ['yearly-statistics', true, true],
    ]);
  });

  it('to others: what there is, not who acts in it nor why', async () => {
    const reply = await gate.call('officer', 'GET', '/v1/projects/invoice_review');
    expect(reply.body).toMatchObject({ name: 'invoice_review', member: false, acting: null });
    for (const word of ['fraud', 'analysts', 'suspicion', 'version']) expect(reply.text).not.toContain(word);
  });

  it('to whoever may know of none of its datasets: as if there were none', async () => {
    const told = await Promise.all(
      ['invoice_review', 'no_such'].map(async (name) => {
        const { status, body } = await gate.call(null, 'GET', `/v1/projects/${name}`);
        return JSON.stringify([status, { ...body, request_id: '' }]).replaceAll(name, 'NAME');
      }),
    );
    expect(told[0]).toBe(told[1]);
    expect(told[0]).toContain('project_not_found');
  });

  it('a clean room in words, to those who work in it', async () => {
    const { acting } = (await gate.call('partner', 'GET', '/v1/projects/partner_clean_room'))
      .body as unknown as {
      acting: {
        clean_room: { datasets: { dataset: string; min_group_size: number; dimensions: string[] }[] };
      };
    };
    expect(
      acting.clean_room.datasets.map((one) => [one.dataset, one.min_group_size, one.dimensions]),
    ).toEqual([
      ['gold.members', 10, ['region', 'year of joined_on']],
      ['gold.invoices', 10, ['month']],
    ]);
  });
});
