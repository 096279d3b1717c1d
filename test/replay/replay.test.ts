/** What another state would have decided of the queries that were asked: on a whole gate, over its history and over files. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ReplayChange, ReplayReport } from '../../src/replay.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
/** The state under which everything was asked. */
let first: string;
let asked = 0;

const policies = () => join(gate.folder, 'policies/of-the-test.yml');
const etag = async () => String((await gate.call('officer', 'GET', '/v1/metadata')).body.etag);

async function ask(persona: string | null, sql: string, status: number): Promise<void> {
  const answer = await gate.query(persona, sql);
  expect([sql, answer.status]).toEqual([sql, status]);
  asked += 1;
}

beforeAll(async () => {
  gate = await startGate();
  first = await etag();
  for (let times = 0; times < 3; times++) await ask('analyst', 'SELECT name FROM gold.communities', 200);
  await ask('analyst', "SELECT count(*) FROM gold.members WHERE member_id <> 'x'", 200);
  await ask('officer', 'SELECT email FROM gold.members', 200);
  await ask('analyst', 'SELECT 1 FROM bronze.stg_members', 404);
  await ask('analyst', 'SELECT 1 FROM nowhere.at_all', 404);
  await ask(null, 'SELECT count(*) FROM gold.communities', 200);
  // Nobody knows whether it is hidden before it is decided again.
  await ask('analyst', 'SELECT nothing FROM gold.communities', 400);
  // No decision: a mistake in the text.
  expect((await gate.query('analyst', 'SELECT FROM WHERE')).status).toBe(400);
  // Who was seen is taken down every other second.
  await vi.waitUntil(async () => (await gate.serving.open.gate.seenSince('')).length === 2, {
    timeout: 10_000,
  });
}, 120_000);
afterAll(() => gate?.close());

async function replayed(body: object, persona = 'officer'): Promise<ReplayReport> {
  const answer = await gate.call(persona, 'POST', '/v1/audit/replay', { body });
  expect([answer.status, answer.body.code]).toEqual([200, undefined]);
  return answer.body as unknown as ReplayReport;
}

/** What a push of the folder would bring, with a file of policies more. */
function withPolicies(text: string): object {
  writeFileSync(policies(), text);
  try {
    return readArtifacts(gate.config, {});
  } finally {
    rmSync(policies());
  }
}

const told = (changes: readonly ReplayChange[]) =>
  changes.map(({ subject, dataset, column, change, queries }) => [
    subject.sub,
    dataset,
    column,
    change,
    queries,
  ]);

test('under the state that decided, nothing is otherwise', async () => {
  for (const body of [{}, { against: first }, { metadata: readArtifacts(gate.config, {}) }]) {
    const report = await replayed(body);
    expect(report.queries).toEqual({
      all: asked,
      same: asked,
      newly_denied: 0,
      newly_allowed: 0,
      otherwise: 0,
      undecided: 0,
    });
    expect(report).toMatchObject({
      verdict: 'no_gain',
      changes: [],
      recorded_only: 0,
      differ_from_record: 0,
      against: { etag: first },
    });
  }
});

describe('under files', () => {
  test('who would have been denied', async () => {
    const metadata = withPolicies(`policies:
  - id: nobody-at-all
    on: { id: gold.communities }
    deny: everyone
    unless: { role: steward }
`);
    const report = await replayed({ metadata });
    expect(report.queries).toMatchObject({ newly_denied: 4, newly_allowed: 0 });
    expect(report.verdict).toBe('no_gain');
    expect(told(report.changes)).toContainEqual([
      'anna.analyst',
      'gold.communities',
      null,
      'newly_denied',
      3,
    ]);
    expect(told(report.changes)).toContainEqual(['anonymous', 'gold.communities', null, 'newly_denied', 1]);
  });

  test('who would have been let in, and that it matters', async () => {
    const metadata = withPolicies(`policies:
  - id: open-bronze
    on: { namespace: bronze }
    allow: { group: analysts }
`);
    const report = await replayed({ metadata });
    expect(report.queries).toMatchObject({ newly_denied: 0, newly_allowed: 1 });
    expect(told(report.changes)).toContainEqual([
      'anna.analyst',
      'bronze.stg_members',
      null,
      'newly_allowed',
      1,
    ]);
    expect(report.verdict).toBe('gain');
  });

  test('how datasets would have been shown otherwise', async () => {
    const metadata = withPolicies(`policies:
  - id: no-names
    on: { all: [{ id: gold.communities }, { column_name: name }] }
    mask: { with: 'null' }
  - id: few-rows
    on: { id: gold.communities }
    rows: { where: "name <> 'alpha'" }
  - id: bounded
    on: { id: gold.communities }
    limit: { max_rows: 7 }
`);
    const report = await replayed({ metadata });
    expect(report.queries).toMatchObject({ otherwise: 4, newly_denied: 0 });
    const anna = told(report.changes).filter(([sub]) => sub === 'anna.analyst');
    expect(anna).toContainEqual(['anna.analyst', 'gold.communities', 'name', 'column_masked', 3]);
    expect(anna).toContainEqual(['anna.analyst', 'gold.communities', null, 'row_filter_added', 3]);
    expect(anna).toContainEqual(['anna.analyst', 'gold.communities', null, 'limit_tightened', 3]);
  });

  test('a column that would be hidden refuses the queries that read it, and no others', async () => {
    const metadata = withPolicies(`policies:
  - id: no-names
    on: { all: [{ id: gold.communities }, { column_name: name }] }
    mask: { with: hide }
`);
    const report = await replayed({ metadata });
    expect(report.queries).toMatchObject({ newly_denied: 3, otherwise: 1 });
  });

  test('changes nothing', async () => {
    await replayed({ metadata: withPolicies('policies: []\n') });
    expect(await etag()).toBe(first);
  });
});

describe('under a state of the history', () => {
  test('what was applied in between is undone for the comparison', async () => {
    writeFileSync(
      policies(),
      'policies:\n  - id: closed\n    on: { id: gold.communities }\n    deny: everyone\n',
    );
    await gate.push();
    rmSync(policies());
    const closed = await etag();
    expect(closed).not.toBe(first);
    await ask('analyst', 'SELECT founded_on FROM gold.communities', 403);
    const now = await replayed({});
    expect(now.queries).toMatchObject({ newly_denied: 4, newly_allowed: 0 });
    const then = await replayed({ against: first.slice(0, 12) });
    expect(then.queries).toMatchObject({ newly_denied: 0, newly_allowed: 1 });
    expect(then.against).toEqual({ etag: first, source: 'history' });
    const [change] = then.changes;
    expect(change).toMatchObject({ from: 'access_denied', to: 'allowed', change: 'newly_allowed' });
  });

  test('one that there is not', async () => {
    const body = { against: 'ffffffffffff' };
    expect(await gate.call('officer', 'POST', '/v1/audit/replay', { body })).toMatchObject({
      status: 404,
      body: { code: 'state_unknown' },
    });
  });
});

test('the period counts: its end does not belong to it', async () => {
  const to = new Date(Date.now() - 86_400_000).toISOString();
  expect((await replayed({ to })).queries.all).toBe(0);
});

test('only auditors, and on record', async () => {
  expect((await gate.call('analyst', 'POST', '/v1/audit/replay', { body: {} })).status).toBe(403);
  expect((await gate.call(null, 'POST', '/v1/audit/replay', { body: {} })).status).toBe(401);
  const events = await gate.serving.open.gate.audit.tail(10);
  const looks = events.filter(({ action }) => action === 'audit_replay');
  expect(looks.map(({ decision, subject }) => [subject.sub, decision])).toEqual(
    expect.arrayContaining([
      ['anna.analyst', 'deny'],
      ['anonymous', 'deny'],
      ['olga.officer', 'allow'],
    ]),
  );
});
