/** Whether queries would still be let through by their shape: in a clean room, under limits, for whoever acts for another. On a whole gate. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ReplayReport } from '../../src/replay.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from '../identity/test-issuer.ts';

type Claims = Readonly<Record<string, unknown>>;

const ANALYST: Claims = { sub: 'anna', groups: ['employees', 'analysts'], communities: ['alpha'] };
const OFFICER: Claims = {
  sub: 'olga',
  groups: ['employees', 'data-governance-officers'],
  roles: ['steward', 'auditor'],
  communities: ['alpha', 'beta', 'gamma'],
};
const PARTNER: Claims = { sub: 'petra', groups: ['partners'] };

const ROOM = 'partner_clean_room';
const HIDE_A_COLUMN = `policies:
  - id: no-founding
    on: { all: [{ id: gold.communities }, { column_name: founded_on }] }
    mask: { with: hide }
    unless: { group: data-governance-officers }
`;

let key: SigningKey;
let issuer: TestIssuer;
let gate: TestGate;
let asked = 0;

const policies = () => join(gate.folder, 'policies/of-the-test.yml');

async function ask(who: Claims, sql: string, status: number, project?: string): Promise<void> {
  const token = await signToken({ key, issuer: issuer.url, claims: who });
  const body = { sql, ...(project === undefined ? {} : { project }) };
  const answer = await gate.call(null, 'POST', '/v1/query', { token, body });
  expect([sql, answer.status]).toEqual([sql, status]);
  asked += 1;
}

beforeAll(async () => {
  key = await makeKey('k1');
  issuer = await TestIssuer.start(key);
  gate = await startGate({
    edit: (yaml) =>
      yaml.replace(
        'identity:\n',
        `identity:
  issuers:
    - issuer: ${issuer.url}
      audience: sluice
      claims: { attributes: { communities: communities } }
`,
      ),
  });
  writeFileSync(policies(), HIDE_A_COLUMN);
  await gate.push();
  rmSync(policies());
  await ask(PARTNER, 'SELECT region, count(*) FROM gold.members GROUP BY region', 200, ROOM);
  await ask(PARTNER, "SELECT count(1) FROM gold.members WHERE region <> 'nowhere'", 200, ROOM);
  await ask(PARTNER, 'SELECT joined_on, count(*) FROM gold.members GROUP BY 1 ORDER BY 2', 200, ROOM);
  await ask(PARTNER, 'SELECT community, count(*) FROM gold.members GROUP BY 1', 400, ROOM);
  await ask(
    PARTNER,
    'SELECT m.region, sum(i.kwh_consumed) FROM gold.invoices i JOIN gold.members m USING (member_id) GROUP BY 1',
    200,
    ROOM,
  );
  await ask(ANALYST, 'SELECT name FROM gold.communities', 200);
  await ask(ANALYST, "SELECT name FROM gold.communities WHERE name = 'alpha'", 200);
  await ask(ANALYST, 'SELECT * FROM gold.communities', 200);
  await ask(ANALYST, 'SELECT founded_on FROM gold.communities', 400);
  await ask(OFFICER, 'SELECT founded_on FROM gold.communities', 200);
  await ask(
    { ...OFFICER, act: { ...ANALYST, client_id: 'an app' } },
    'SELECT name FROM gold.communities',
    200,
  );
  await ask(
    { ...OFFICER, act: { ...ANALYST, client_id: 'an app' } },
    'SELECT founded_on FROM gold.communities',
    400,
  );
  await vi.waitUntil(async () => (await gate.serving.open.gate.seenSince('')).length === 3, {
    timeout: 10_000,
  });
}, 120_000);
afterAll(async () => {
  await gate?.close();
  await issuer?.close();
});

interface Edits {
  readonly policies?: string;
  /** Of the manifest's text. */
  readonly manifest?: (manifest: string) => string;
}

async function under({
  policies: text = HIDE_A_COLUMN,
  manifest = (same) => same,
}: Edits): Promise<ReplayReport> {
  const file = join(gate.folder, 'target/manifest.json');
  const before = readFileSync(file, 'utf8');
  writeFileSync(policies(), text);
  writeFileSync(file, manifest(before));
  try {
    const metadata = readArtifacts(gate.config, {});
    const answer = await gate.call('officer', 'POST', '/v1/audit/replay', { body: { metadata } });
    expect([answer.status, answer.body.code], answer.text).toEqual([200, undefined]);
    return answer.body as unknown as ReplayReport;
  } finally {
    writeFileSync(file, before);
    rmSync(policies());
  }
}

/** Of the room's rules, wherever a manifest holds them. */
const dimensions = (to: string) => (manifest: string) => {
  const made = manifest.replaceAll(/"dimensions":\s*\[\s*"region",/g, `"dimensions": [${to}`);
  expect(made).not.toBe(manifest);
  return made;
};

const told = ({ changes }: ReplayReport) =>
  changes
    .filter(({ change }) => change.startsWith('newly_'))
    .map(({ subject, dataset, change, from, to, queries }) =>
      [subject.sub, subject.on_behalf_of?.sub ?? '', dataset, change, from, to, queries].join(' '),
    )
    .sort();

test('under the state that decided, nothing is otherwise', async () => {
  expect(await under({})).toMatchObject({
    queries: { all: asked, same: asked },
    shape_unknown: 0,
    differ_from_record: 0,
  });
});

describe('a clean room', () => {
  test('whose dimensions shrink refuses what named them', async () => {
    const report = await under({ manifest: dimensions('') });
    expect(report.queries).toMatchObject({ newly_denied: 3, newly_allowed: 0 });
    expect(told(report)).toEqual([
      'petra  gold.invoices newly_denied allowed clean_room_shape 1',
      'petra  gold.members newly_denied allowed clean_room_shape 3',
    ]);
    expect(report).toMatchObject({ verdict: 'no_gain', shape_unknown: 0 });
  });

  test('whose dimensions grow answers what it refused', async () => {
    const report = await under({ manifest: dimensions('"community", "region",') });
    expect(report.queries).toMatchObject({ newly_denied: 0, newly_allowed: 1 });
    expect(told(report)).toEqual(['petra  gold.members newly_allowed clean_room_shape allowed 1']);
    expect(report.verdict).toBe('gain');
  });
});

describe('a limit on the text', () => {
  const limited = (limit: string) => `${HIDE_A_COLUMN}
  - id: limited
    on: { id: gold.communities }
    limit: ${limit}
`;

  test('that asks for a filter refuses what has none', async () => {
    const report = await under({ policies: limited('{ require_filter: [name] }') });
    expect(told(report)).toEqual([
      'anna  gold.communities newly_denied allowed limit_filter 2',
      'anna olga gold.communities newly_denied allowed limit_filter 1',
      'olga  gold.communities newly_denied allowed limit_filter 1',
    ]);
  });

  test('that asks for names refuses stars', async () => {
    const report = await under({ policies: limited('{ explicit_columns: true }') });
    expect(told(report)).toEqual(['anna  gold.communities newly_denied allowed limit_columns 1']);
  });
});

describe('a column that is hidden', () => {
  test('and would not be answers what was refused, for everyone in whose name it was asked', async () => {
    const report = await under({ policies: 'policies: []\n' });
    expect(told(report)).toEqual([
      'anna  gold.communities newly_allowed column_not_found allowed 1',
      'anna olga gold.communities newly_allowed column_not_found allowed 1',
    ]);
  });
});

test.each([
  ['the one who acts', 'analysts', ['anna  gold.communities newly_denied allowed access_denied 3']],
  [
    'the one who is acted for',
    'data-governance-officers',
    ['olga  gold.communities newly_denied allowed access_denied 1'],
  ],
])('an agent is decided for with whom it acts for: %s', async (_, group, alone) => {
  const report = await under({
    policies: `${HIDE_A_COLUMN}
  - id: not-these
    on: { id: gold.communities }
    deny: { group: ${group} }
`,
  });
  expect(told(report)).toEqual([
    ...alone.slice(0, 1).filter((line) => line < 'anna olga'),
    'anna olga gold.communities newly_denied allowed access_denied 1',
    ...alone.filter((line) => line > 'anna olga'),
  ]);
});
