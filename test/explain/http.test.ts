/** POST /v1/explain over HTTP: what a steward is told, the lesser part of the caller, and another's view for stewards alone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/explain.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate();
});
afterAll(() => gate.close());

const ANALYST = { groups: ['employees', 'analysts'], attributes: { communities: ['alpha'] } };

async function ask(persona: string, sql: string, rest: object = {}) {
  const { status, text, body } = await gate.call(persona, 'POST', '/v1/explain', { body: { sql, ...rest } });
  return { status, text, told: body as unknown as Explanation & { readonly code?: string } };
}

const DERIVED = `WITH c AS (SELECT coalesce(email, name) AS contact, community FROM gold.members)
  SELECT upper(contact) AS e, count(*) AS n FROM c GROUP BY 1`;

describe('columns', () => {
  it('tells everyone which columns of theirs flow into an output', async () => {
    const { told } = await ask('analyst', DERIVED);
    expect(told.columns).toEqual([
      {
        name: 'e',
        masked: true,
        from: [
          { dataset: 'gold.members', column: 'email', masked: true },
          { dataset: 'gold.members', column: 'name', masked: true },
        ],
      },
      { name: 'n', masked: false, from: [] },
    ]);
  });

  it('tells a steward with which masks', async () => {
    const { told } = await ask('officer', 'SELECT iban, region FROM gold.members');
    expect(told.columns.map(({ from }) => from[0]?.masks)).toEqual([['partial'], []]);
  });
});

describe('the caller', () => {
  it('learns datasets, masked columns and reason codes, and nothing of policies', async () => {
    const { told, text } = await ask('analyst', 'SELECT * FROM gold.members');
    expect(told.decisions.map((decision) => Object.keys(decision).sort())).toEqual([
      ['allow', 'dataset', 'filtered', 'masked', 'reason'],
    ]);
    expect(text).not.toMatch(/main_marts|policies\/|\.yml|mask-customer|unless|employees/);
  });

  it('learns of a denial no more than that, and whom to ask', async () => {
    const { told } = await ask('analyst', 'SELECT * FROM gold.beta_usage');
    expect(told.decisions).toEqual([
      {
        dataset: 'gold.beta_usage',
        allow: false,
        reason: 'requirement_not_met',
        masked: [],
        filtered: false,
        hint: expect.stringMatching(/^Ask .+ for access to gold\.beta_usage\.$/),
      },
    ]);
  });

  it('is told of a dataset that is not to be known what is told of an unknown name', async () => {
    const [hidden, unknown] = await Promise.all(
      ['gold.payment_accounts', 'gold.no_such_thing'].map(async (name) => {
        const { status, text } = await ask('analyst', `SELECT * FROM ${name}`);
        return { status, text: text.replaceAll(name, 'NAME').replace(/"request_id":"[^"]+"/, '') };
      }),
    );
    expect(hidden?.status).toBe(404);
    expect(hidden).toEqual(unknown);
  });

  it.each(['analyst', 'service', 'pipeline', 'external'])(
    "%s does not see another's view",
    async (persona) => {
      for (const identity of [ANALYST, { kind: 'anonymous' }, {}]) {
        const { status, told } = await ask(persona, 'SELECT * FROM gold.members', { identity });
        expect([status, told.code]).toEqual(
          persona === 'external' ? [401, 'token_missing'] : [403, 'access_denied'],
        );
        expect(told.decisions).toBeUndefined();
      }
    },
  );
});

describe('a steward', () => {
  it("sees another's view, whole", async () => {
    const { told } = await ask('officer', 'SELECT email FROM gold.members', { identity: ANALYST });
    const [decision] = told.decisions;
    const mask = decision?.trail?.find(({ policy }) => policy?.id === 'mask-customer-pii');
    expect(mask).toMatchObject({
      outcome: 'applies',
      policy: { source: { file: 'policies/personal-data.yml', line: expect.any(Number) } },
      unless: { truth: 'false' },
      change: [
        'be in the group data-governance-officers',
        'read for the purpose fraud-investigation',
        'be in the group members and not be in the group employees',
        'have a request approved: sluice requests ask unmask gold.members',
      ],
    });
    expect(mask?.columns.find(({ column }) => column === 'email')?.on).toContainEqual({
      on: 'column_tag: pii',
      column: 'email',
      tag: 'pii.email',
      from: expect.objectContaining({ file: expect.stringMatching(/\.yml$/) }),
    });
    expect(told.governed_sql).toContain('main_marts');
  });

  it('is told along which columns a tag came that nobody put there', async () => {
    const sql = 'SELECT reach_at, reachable_members FROM gold.member_contacts';
    const { told } = await ask('officer', sql, { identity: ANALYST });
    expect(told.columns.map(({ name, masked }) => [name, masked])).toEqual([
      ['reach_at', true],
      ['reachable_members', false],
    ]);
    const mask = told.decisions[0]?.trail?.find(({ policy }) => policy?.id === 'mask-customer-pii');
    expect(mask?.columns.find(({ column }) => column === 'reach_at')?.on).toContainEqual({
      on: 'column_tag: pii',
      column: 'reach_at',
      tag: 'pii.phone',
      from: {
        kind: 'propagated',
        via: expect.any(String),
        file: 'seeds/_seeds.yml',
        path: [
          expect.objectContaining({ column: 'phone' }),
          { dataset: 'bronze.stg_members', column: 'phone' },
        ],
      },
    });
    expect(mask?.columns.map(({ column }) => column)).not.toContain('reachable_members');
  });

  it('is told why a dataset is none to somebody else', async () => {
    const { status, told } = await ask('officer', 'SELECT * FROM gold.payment_accounts', {
      identity: ANALYST,
    });
    expect(status).toBe(200);
    expect(told).toMatchObject({
      allowed: false,
      decisions: [{ dataset: 'gold.payment_accounts', allow: false, reason: 'no_allow_matches' }],
    });
    const step = told.decisions[0]?.trail?.find(({ policy }) => policy?.id === 'privileged-tables');
    expect(step).toMatchObject({ outcome: 'not_met', change: ['be in the group privileged-users'] });
  });

  it('is told which columns nobody sees', async () => {
    const { told } = await ask('officer', 'SELECT 1 AS one FROM gold.members');
    expect(told.decisions[0]?.unexposed).toEqual(
      expect.arrayContaining([
        { column: 'loyalty_score', state: 'unclassified' },
        { column: 'fax', state: 'ghost' },
      ]),
    );
  });

  it('still gets unknown names as such', async () => {
    expect((await ask('officer', 'SELECT * FROM gold.nope')).status).toBe(404);
  });

  it("asks on somebody's behalf on record", async () => {
    const identity = { ...ANALYST, sub: 'anna' };
    await ask('officer', 'SELECT email FROM gold.members', { identity });
    const [last] = (await gate.serving.open.gate.audit.tail(1)).slice(-1);
    expect(last).toMatchObject({
      action: 'explain',
      subject: { sub: 'olga.officer' },
      on_behalf_of: { sub: 'anna', issuer: null },
    });
  });

  it.each([
    ['an unknown key', { grups: [] }],
    ['a kind that there is not', { kind: 'root' }],
    ['an attribute that is no value', { attributes: { a: { b: 1 } } }],
  ])('may not give %s', async (_name, identity) => {
    const { status, told } = await ask('officer', 'SELECT 1 AS one', { identity });
    expect([status, told.code]).toEqual([400, 'bad_request']);
  });
});
