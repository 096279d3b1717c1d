/** One project in two deployments; and a filter that a dataset cannot have, at push and forced in past it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { openGate } from '../../src/open.ts';
import type { MatchedPolicy, PolicySet } from '../../src/policies/policy.ts';
import { query } from '../../src/query.ts';
import { openStore } from '../../src/store/open-store.ts';
import { startGate, type TestGate } from './gate.ts';
import { writeProject } from './project.ts';

const PROJECT = {
  sql: [
    'CREATE SCHEMA gold',
    'CREATE TABLE gold.people (id integer, email text, region text)',
    "INSERT INTO gold.people VALUES (1, 'ada@example.org', 'EU'), (2, 'bob@example.org', 'US')",
    'CREATE TABLE gold.regions (name text)',
    "INSERT INTO gold.regions VALUES ('EU')",
  ],
  tables: [
    {
      schema: 'gold',
      name: 'people',
      columns: [
        'id integer',
        { name: 'email', type: 'text', tags: ['pii.email'] },
        { name: 'region', type: 'text', tags: ['geo.region'] },
      ],
    },
    { schema: 'gold', name: 'regions', columns: ['name text'] },
  ],
};

describe('the same dataset in two environments', () => {
  const policies = `
  - { id: masked-outside, on: { all: [{ not: { environment: system } }, { column_tag: pii }] }, mask: { with: "null" } }
  - { id: test-rows, on: { all: [{ environment: sandbox }, { id: gold.people }] }, rows: { where: "region = 'EU'" } }
  - { id: small, on: { environment: sandbox }, limit: { max_joins: 0 } }`;
  const gates: Record<string, TestGate> = {};
  beforeAll(async () => {
    for (const environment of ['sandbox', 'system'])
      gates[environment] = await startGate({
        folder: await writeProject({ ...PROJECT, policies, environment }),
      });
  });
  afterAll(async () => {
    for (const gate of Object.values(gates)) await gate.close();
  });
  const ask = async (environment: string, sql: string) => {
    const { body } = await gates[environment]!.query(null, sql);
    return body.rows ?? body.code;
  };

  it.each([
    ['sandbox', [[1, null]]],
    [
      'system',
      [
        [1, 'ada@example.org'],
        [2, 'bob@example.org'],
      ],
    ],
  ])('%s', async (environment, wanted) => {
    expect(await ask(environment, 'SELECT id, email FROM people ORDER BY id')).toEqual(wanted);
  });

  it.each([
    ['sandbox', 'limit_joins'],
    ['system', [[2]]],
  ])('%s: limits', async (environment, wanted) => {
    expect(await ask(environment, 'SELECT count(*) FROM people, regions')).toEqual(wanted);
  });

  it('says which it is by nothing that a request could say', async () => {
    const reply = await gates.sandbox!.call(null, 'POST', '/v1/query?environment=system', {
      body: { sql: 'SELECT email FROM people' },
      headers: { 'x-environment': 'system', environment: 'system' },
    });
    expect(reply.body.rows).toEqual([[null]]);
  });
});

describe('a filter on a tag that one matched dataset lacks', () => {
  const SOUND = `policies:
  - { id: own-region, on: { id: gold.people }, rows: { where: "column('geo.region') = 'EU'" } }
`;
  const LACKING = SOUND.replace('{ id: gold.people }', '{ namespace: gold }');
  let gate: TestGate;
  beforeAll(async () => {
    gate = await startGate({
      folder: await writeProject({
        ...PROJECT,
        environment: 'production',
        policies: SOUND.replace('policies:', ''),
      }),
    });
  });
  afterAll(() => gate.close());
  const ids = async () => {
    const { body } = await gate.query(null, 'SELECT id FROM people');
    return body.rows ?? body.code;
  };

  it('is refused at push, which names the dataset, and leaves the rules in force', async () => {
    writeFileSync(join(gate.folder, 'policies/policies.yml'), LACKING);
    await expect(gate.push()).rejects.toMatchObject({
      code: 'policy_invalid',
      details: [
        expect.stringMatching(
          /policies\.yml:2: policy `own-region`: no column is tagged `geo.region` in gold.regions$/,
        ),
      ],
    });
    expect(await ids()).toEqual([[1]]);
  });

  it('forced into the decision, it denies', async () => {
    const { metadata } = gate.serving.open.gate;
    const { current, loaded } = metadata;
    const state = await current();
    const forged: MatchedPolicy = {
      id: 'forced',
      description: '',
      source: { file: 'forced.yml', line: 1 },
      unless: null,
      effect: 'rows',
      predicate: {
        kind: 'compare',
        op: '=',
        left: { kind: 'column', name: 'area' },
        right: { kind: 'literal', value: 'EU' },
      },
    };
    const policies: PolicySet = { ...state.snapshot.policies, forDataset: () => [forged] };
    const snapshot = { ...state.snapshot, hash: 'forced', policies };
    Object.assign(metadata, { current: async () => ({ ...state, snapshot }), loaded: () => snapshot });
    try {
      expect(await ids()).toBe('access_denied');
      const [event] = (await gate.serving.open.gate.audit.tail(1)) as readonly AuditEvent[];
      expect(event).toMatchObject({ decision: 'deny', reasons: ['gold.people: undecodable'] });
    } finally {
      Object.assign(metadata, { current, loaded });
    }
    expect(await ids()).toEqual([[1]]);
  });

  it('forced into the store, nothing is served by it', async () => {
    const store = await openStore(gate.config.state);
    const stored = await store.latestSnapshot();
    const input = JSON.parse(stored?.input ?? '{}') as { policyFiles: { path: string; text: string }[] };
    input.policyFiles = [{ path: 'policies.yml', text: LACKING }];
    await store.saveSnapshot({ hash: 'forced', input: JSON.stringify(input), createdBy: 'someone' });
    await store.close();
    // What runs goes on under the last good rules; what starts has none, and answers nothing.
    expect(await ids()).toEqual([[1]]);
    expect(gate.observed.find(({ kind }) => kind === 'snapshot_refused')).toBeDefined();
    await gate.serving.close();
    const fresh = await openGate(gate.config, { observe: () => {}, role: 'serve' });
    try {
      const caller = {
        requestId: 'forced',
        token: null,
        client: { ip: null, door: 'test', user_agent: null },
        signal: new AbortController().signal,
      };
      const asked = query(
        caller,
        { text: { sql: 'SELECT id FROM people' } },
        { mode: 'page', encoding: 'json' },
        fresh.gate,
      );
      await expect(asked).rejects.toMatchObject({ code: 'policy_invalid' });
    } finally {
      await fresh.close();
    }
    expect(readFileSync(join(gate.folder, 'policies/policies.yml'), 'utf8')).toBe(LACKING);
  });
});
