/** What each caller may know without reading a row: the catalogue, schemas, explanations, policies, themselves. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reply, startGate, type TestGate } from './gate.ts';
import { writeProject } from './project.ts';

let gate: TestGate;

beforeAll(async () => {
  gate = await startGate();
});

afterAll(() => gate.close());

interface Listed {
  readonly id: string;
  readonly allowed: boolean;
}

async function listed(persona: string, query = ''): Promise<readonly Listed[]> {
  const reply = await gate.call(persona, 'GET', `/v1/catalogue${query}`);
  expect(reply.status, reply.text).toBe(200);
  return reply.body.datasets as Listed[];
}

const idsOf = (datasets: readonly Listed[]): string[] => datasets.map(({ id }) => id);

const OPEN = ['gold.communities', 'gold.community_totals', 'gold.tariffs', 'gold.tariffs.v1'];
const SHARED = [
  'gold.consumption_forecast',
  'gold.invoices',
  'gold.members',
  'gold.meter_readings',
  'gold.meters',
];
const CONTACTS = 'gold.member_contacts';
const USAGE = ['gold.alpha_usage', 'gold.beta_usage'];
const SILVER = ['silver.int_daily_usage', 'silver.int_member_meters', 'silver.members_snapshot'];
const BRONZE = [
  'bronze.readings',
  'bronze.stg_members',
  'bronze.stg_meters',
  'bronze.stg_readings',
  'bronze.stg_tariffs',
];

/** The gate's own, for auditors. */
const AUDIT = ['sluice.audit', 'sluice.audit_columns', 'sluice.audit_datasets'];

describe('GET /v1/catalogue', () => {
  it.each<{ persona: string; allowed: readonly string[]; denied: readonly string[] }>([
    { persona: 'external', allowed: OPEN, denied: [] },
    { persona: 'member', allowed: [...OPEN, ...SHARED], denied: [...USAGE, ...SILVER, CONTACTS] },
    { persona: 'intern', allowed: [...OPEN, ...SHARED, ...SILVER, CONTACTS], denied: USAGE },
    {
      persona: 'analyst',
      allowed: [...OPEN, ...SHARED, ...SILVER, CONTACTS, USAGE[0]!],
      denied: [USAGE[1]!, 'bronze.readings'],
    },
    { persona: 'service', allowed: [...OPEN, ...SHARED, CONTACTS], denied: [...USAGE, ...SILVER] },
    { persona: 'pipeline', allowed: OPEN, denied: [...SHARED, ...USAGE, ...SILVER, CONTACTS] },
    {
      persona: 'officer',
      allowed: [
        ...OPEN,
        ...SHARED,
        ...USAGE,
        ...SILVER,
        ...BRONZE,
        ...AUDIT,
        CONTACTS,
        'gold.payment_accounts',
      ],
      denied: [],
    },
  ])('shows $persona what they may read, and what they may know of', async ({ persona, allowed, denied }) => {
    const found = await listed(persona);
    expect(idsOf(found.filter((one) => one.allowed))).toEqual([...allowed].sort());
    expect(idsOf(found.filter((one) => !one.allowed))).toEqual([...denied].sort());
  });

  it.each(['external', 'member', 'analyst', 'officer'])(
    'tells %s nothing that a query would not bear out',
    async (persona) => {
      for (const { id, allowed } of await listed(persona)) {
        const { status } = await gate.query(persona, `SELECT count(*) FROM ${id}`);
        expect({ id, status }).toEqual({ id, status: allowed ? 200 : 403 });
      }
    },
  );

  it.each<{ query: string; ids: readonly string[] }>([
    { query: '?namespace=silver', ids: SILVER },
    { query: '?access_level=open', ids: OPEN },
    { query: '?access_level=restricted', ids: [...BRONZE, ...AUDIT, 'gold.payment_accounts'] },
    { query: '?tag=privileged', ids: ['gold.payment_accounts'] },
    { query: '?tag=community', ids: [] },
    { query: '?tag=community:alpha', ids: ['gold.alpha_usage'] },
    { query: '?tag=dbt.folder.marts.metering', ids: ['gold.meter_readings', 'gold.meters'] },
    { query: '?tag=dbt.resource.snapshot', ids: ['silver.members_snapshot'] },
    { query: '?q=TARIFF', ids: ['bronze.stg_tariffs', 'gold.tariffs', 'gold.tariffs.v1'] },
    { query: '?q=forecast&namespace=gold', ids: ['gold.consumption_forecast'] },
    { query: '?namespace=nowhere', ids: [] },
  ])('filters: $query', async ({ query, ids }) => {
    expect(idsOf(await listed('officer', query))).toEqual(expect.arrayContaining([...ids]));
    expect(await listed('officer', query)).toHaveLength(ids.length);
  });

  it.each([1, 3, 7, 100])('comes in pages of %i, each dataset once', async (limit) => {
    const seen: string[] = [];
    let cursor: unknown = '';
    for (let page = 0; page < 50 && cursor !== null; page++) {
      const reply = await gate.call(
        'analyst',
        'GET',
        `/v1/catalogue?limit=${limit}${cursor && `&cursor=${cursor}`}`,
      );
      const datasets = reply.body.datasets as Listed[];
      expect(datasets.length).toBeLessThanOrEqual(limit);
      seen.push(...idsOf(datasets));
      cursor = reply.body.next_cursor;
    }
    expect(seen).toEqual(idsOf(await listed('analyst')));
  });
});

describe('GET /v1/catalogue/{id}', () => {
  const described = async (persona: string, id: string): Promise<Reply['body']> => {
    const reply = await gate.call(persona, 'GET', `/v1/catalogue/${id}`);
    expect(reply.status, reply.text).toBe(200);
    return reply.body;
  };
  const columnsOf = (body: Reply['body']) =>
    (body.columns as { name: string; masked: boolean }[] | null) ?? [];

  it.each(['member', 'analyst', 'officer', 'intern', 'service'])(
    'has the columns that %s is given',
    async (persona) => {
      const columns = columnsOf(await described(persona, 'gold.members'));
      const answer = await gate.query(persona, 'SELECT * FROM gold.members LIMIT 1');
      expect(columns.map(({ name, masked }) => ({ name, masked }))).toEqual(
        answer.body.columns?.map(({ name, masked }) => ({ name, masked })),
      );
    },
  );

  it('keeps columns from whom may only know of the dataset', async () => {
    expect(await described('analyst', 'gold.beta_usage')).toMatchObject({ allowed: false, columns: null });
  });

  it('shows where things come from to stewards alone', async () => {
    const steward = await described('officer', 'gold.members');
    expect(steward.steward).toMatchObject({
      unique_id: 'model.energy_community.members',
      relation: { database: 'energy_community', schema: 'main_marts', identifier: 'members' },
      columns: expect.arrayContaining([
        expect.objectContaining({ name: 'loyalty_score', state: 'unclassified', exposed: false }),
        expect.objectContaining({ name: 'fax', state: 'ghost', exposed: false }),
      ]),
    });
    const { text } = await gate.call('analyst', 'GET', '/v1/catalogue/gold.members');
    expect(text).not.toMatch(/main_marts|loyalty_score|fax|_core\.yml|steward/);
  });

  it('says nothing of the tags of columns that do not exist for the caller', async () => {
    const { text } = await gate.call('intern', 'GET', '/v1/catalogue/gold.members');
    expect(text).not.toMatch(/pii\.(phone|iban|address)/);
  });

  it('finds a fixed version, and the latest without its version', async () => {
    expect((await described('external', 'gold.tariffs')).id).toBe('gold.tariffs');
    expect((await described('external', 'gold.tariffs.v1')).id).toBe('gold.tariffs.v1');
    expect((await described('external', 'gold.tariffs.v2')).id).toBe('gold.tariffs');
  });

  it('is not found by physical name', async () => {
    for (const id of [
      'main_marts.members',
      'energy_community.main_marts.members',
      'model.energy_community.members',
    ])
      expect((await gate.call('officer', 'GET', `/v1/catalogue/${id}`)).body.code).toBe('dataset_not_found');
  });
});

describe('GET /v1/projects', () => {
  it.each<{ persona: string; names: readonly string[] }>([
    { persona: 'external', names: ['community_dashboard', 'member_portal'] },
    {
      persona: 'officer',
      names: [
        'community_dashboard',
        'invoice_review',
        'load_forecast',
        'member_portal',
        'partner_clean_room',
      ],
    },
  ])('shows $persona the exposures over what they may know of', async ({ persona, names }) => {
    const reply = await gate.call(persona, 'GET', '/v1/projects');
    const projects = reply.body.projects as { name: string; datasets: string[] }[];
    expect(projects.map(({ name }) => name).sort()).toEqual(names);
    const known = idsOf(await listed(persona));
    for (const { datasets } of projects) expect(known).toEqual(expect.arrayContaining(datasets));
  });
});

describe('GET /v1/datasets/{id}/schema', () => {
  function validator(schema: object) {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addFormat('decimal', /^-?\d+(\.\d+)?$/);
    return ajv.compile(schema);
  }

  async function expectRowsToFit(of: TestGate, persona: string | null, id: string): Promise<void> {
    const schema = await of.call(persona, 'GET', `/v1/datasets/${id}/schema`);
    expect(schema.headers.get('content-type')).toContain('application/schema+json');
    const valid = validator(schema.body);
    const headers = { accept: 'application/x-ndjson' };
    const rows = await of.call(persona, 'GET', `/v1/datasets/${id}/rows?limit=50`, { headers });
    const lines = rows.text.split('\n').filter((line) => line !== '' && !line.includes('$sluice'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      valid(JSON.parse(line));
      expect(valid.errors, line).toBeNull();
    }
    expect(valid({ more: 1 })).toBe(false);
  }

  it.each(['external', 'member', 'intern', 'analyst', 'officer', 'service'])(
    'describes the rows that %s is given, of every dataset',
    async (persona) => {
      for (const { id, allowed } of await listed(persona))
        if (allowed) await expectRowsToFit(gate, persona, id);
    },
  );

  it('marks what is masked, and leaves out what is hidden', async () => {
    const { body } = await gate.call('intern', 'GET', '/v1/datasets/gold.members/schema');
    expect(body.properties).toMatchObject({ name: { 'x-sluice-masked': true } });
    expect(body.properties).not.toHaveProperty('phone');
    expect(body.properties).not.toHaveProperty('member_id.x-sluice-masked');
  });

  it('is denied with the dataset', async () => {
    const reply = await gate.call('analyst', 'GET', '/v1/datasets/gold.beta_usage/schema');
    expect(reply).toMatchObject({ status: 403, body: { code: 'access_denied' } });
  });

  it('describes every type', async () => {
    const columns = [
      'a BOOLEAN',
      'b TINYINT',
      'c BIGINT',
      'd HUGEINT',
      'e UBIGINT',
      'f DECIMAL(38,10)',
      'g FLOAT',
      'h DOUBLE',
      'i VARCHAR',
      'j DATE',
      'k TIME',
      'l TIMESTAMP',
      'm TIMESTAMPTZ',
      'n INTERVAL',
      'o UUID',
      'p BLOB',
      'q INTEGER[]',
      'r STRUCT(x INTEGER, y VARCHAR)',
      's JSON',
      "t ENUM('u','v')",
      'u TIMESTAMP_NS',
      'v MAP(VARCHAR, INTEGER)',
    ];
    const values = [
      'true',
      '-1',
      '9223372036854775807',
      '170141183460469231731687303715884105727',
      '18446744073709551615',
      '-1.5',
      "'inf'",
      "'nan'",
      "'ö'",
      "'2024-02-29'",
      "'23:59:59.5'",
      "'2024-02-29 12:00:00'",
      "'2024-02-29 12:00:00+02'",
      "'1 month 2 days 3.5 seconds'",
      "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
      "'\\x00'",
      '[1,NULL]',
      "{'x':1,'y':NULL}",
      '\'{"a":[1]}\'',
      "'u'",
      "'2024-02-29 12:00:00.123456789'",
      "MAP {'a': 1}",
    ];
    const folder = await writeProject({
      sql: [
        'CREATE SCHEMA types',
        `CREATE TABLE types.every (${columns.join(', ')})`,
        `INSERT INTO types.every VALUES (${values.join(', ')}), (${values.map(() => 'NULL').join(', ')})`,
      ],
      tables: [{ schema: 'types', name: 'every', columns }],
    });
    const types = await startGate({ folder });
    try {
      await expectRowsToFit(types, null, 'types.every');
    } finally {
      await types.close();
    }
  });
});

describe('POST /v1/explain', () => {
  const explained = async (persona: string, sql: string): Promise<Reply> =>
    gate.call(persona, 'POST', '/v1/explain', { body: { sql } });

  it('tells a caller datasets, masked columns and reason codes, and no more', async () => {
    const reply = await explained('analyst', 'SELECT upper(email) AS e, region FROM gold.members');
    expect(reply.body).toEqual({
      request_id: reply.headers.get('x-request-id'),
      allowed: true,
      columns: [
        { name: 'e', masked: true, from: [{ dataset: 'gold.members', column: 'email', masked: true }] },
        {
          name: 'region',
          masked: false,
          from: [{ dataset: 'gold.members', column: 'region', masked: false }],
        },
      ],
      decisions: [
        {
          dataset: 'gold.members',
          allow: true,
          reason: 'allowed',
          masked: expect.arrayContaining(['email', 'name', 'birth_date']),
          filtered: true,
        },
      ],
    });
  });

  it('tells a steward the governed SQL, the filters, the masks and every reason with its place', async () => {
    const { body } = await explained('officer', 'SELECT iban FROM gold.members');
    expect(body.governed_sql).toContain('"energy_community"."main_marts"."members"');
    expect(body.decisions).toMatchObject([
      {
        masks: { iban: { policy: 'shorten-ibans', mask: { kind: 'partial' } } },
        rows: [],
        hidden: [],
        reasons: expect.arrayContaining([
          {
            policy: 'own-community',
            effect: 'exempt',
            because: 'group = data-governance-officers',
            source: { file: 'policies/rows.yml', line: expect.any(Number) },
          },
        ]),
      },
    ]);
  });

  it('explains a denial instead of being one', async () => {
    const reply = await explained('analyst', 'SELECT * FROM gold.members, gold.beta_usage');
    expect(reply).toMatchObject({ status: 200, body: { allowed: false, columns: [] } });
    expect(reply.body.decisions).toMatchObject([
      { dataset: 'gold.members', allow: true },
      { dataset: 'gold.beta_usage', allow: false, reason: 'requirement_not_met' },
    ]);
    expect(reply.text).not.toMatch(/policies\/|community:beta/);
  });

  it('refuses what a query would be refused', async () => {
    expect((await explained('analyst', 'DELETE FROM gold.members')).body.code).toBe('sql_not_select');
    expect((await explained('analyst', 'SELECT nonsense FROM gold.members')).body.code).toBe(
      'column_not_found',
    );
  });

  it('releases nothing and is on record as what it is', async () => {
    const reply = await explained('analyst', 'SELECT * FROM gold.members');
    expect(reply.text).not.toMatch(/M0001|north/);
    const tail = await gate.serving.open.gate.audit.tail(3);
    expect(tail.filter((event) => event.request_id === reply.body.request_id)).toMatchObject([
      { event: 'decision', action: 'explain', rows: 0 },
    ]);
  });
});

describe('GET /v1/policies', () => {
  it('is for stewards', async () => {
    const { body } = await gate.call('officer', 'GET', '/v1/policies');
    expect(body.policies).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: 'privileged-tables',
          effect: 'allow',
          datasets: ['gold.payment_accounts'],
          source: { file: 'policies/access.yml', line: expect.any(Number) },
        }),
      ]),
    );
  });

  it.each(['member', 'analyst', 'service', 'pipeline'])('is not for %s', async (persona) => {
    const reply = await gate.call(persona, 'GET', '/v1/policies');
    expect(reply).toMatchObject({ status: 403, body: { code: 'access_denied' } });
    expect(reply.text).not.toContain('own-community');
  });

  it('asks who it is', async () => {
    expect(await gate.call(null, 'GET', '/v1/policies')).toMatchObject({
      status: 401,
      body: { code: 'token_missing' },
    });
  });
});

describe('GET /v1/me', () => {
  it.each<{ persona: string | null; me: object }>([
    {
      persona: 'analyst',
      me: {
        sub: 'anna.analyst',
        kind: 'user',
        groups: ['employees', 'analysts', 'community:alpha'],
        attributes: { communities: ['alpha'], regions: ['north', 'south', 'east', 'west'] },
      },
    },
    {
      persona: 'service',
      me: { sub: 'svc-forecast', kind: 'service', roles: ['service'], scopes: ['dataset:query'] },
    },
    { persona: null, me: { sub: 'anonymous', kind: 'anonymous', groups: [], issuer: null } },
  ])('of $persona', async ({ persona, me }) => {
    expect(await gate.call(persona, 'GET', '/v1/me')).toMatchObject({ status: 200, body: me });
  });
});
