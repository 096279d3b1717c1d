/** What a push would do to what people hold: on a whole gate, with grants that were approved. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planMarkdown } from '../../src/plan/markdown.ts';
import type { PlanReport } from '../../src/plan/report.ts';
import { planText } from '../../src/plan/text.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { change, startWorld, type World } from '../requests/world.ts';

let world: World;
let payouts: string;
let mail: string;
let forecast: string;

beforeAll(async () => {
  world = await startWorld();
  change(world.folder, tagged);
  await world.push();
  ({ id: payouts } = await world.ask('rita', { kind: 'dataset', dataset: 'vault.payouts' }));
  await world.approve('olga', payouts);
  ({ id: mail } = await world.ask('rita', { kind: 'unmask', dataset: 'gold.members', columns: ['email'] }));
  for (const one of ['olga', 'oscar', 'tom']) await world.approve(one, mail);
  ({ id: forecast } = await world.ask('rita', { kind: 'project', project: 'forecast', purpose: 'billing' }));
  await world.approve('stew', forecast);
  expect((await world.grants('rita')).map(({ state }) => state)).toEqual(['active', 'active', 'active']);
});
afterAll(() => world?.close());

type Manifest = Parameters<Parameters<typeof change>[1]>[0];

function tagged(manifest: Manifest): void {
  const { columns } = manifest.sources['source.test.gold.members'] as { columns: Record<string, object> };
  Object.assign(columns.email ?? {}, { tags: ['pii.email'] });
}

const file = (path: string) => join(world.folder, path);

/** Of the folder with other policies, and another manifest; the folder stays as it was. */
async function planned(
  edit: { readonly policies?: (text: string) => string; readonly manifest?: (manifest: Manifest) => void },
  persona = 'stew',
): Promise<PlanReport> {
  const paths = [file('policies/policies.yml'), file('target/manifest.json')] as const;
  const before = paths.map((path) => readFileSync(path, 'utf8'));
  if (edit.policies) {
    const text = edit.policies(before[0] ?? '');
    expect(text).not.toBe(before[0]);
    writeFileSync(paths[0], text);
  }
  if (edit.manifest) change(world.folder, edit.manifest);
  try {
    const body = readArtifacts(world.config, {});
    const reply = await world.call(persona, 'POST', '/v1/plan', { body });
    expect(reply.status, reply.text).toBe(200);
    return reply.body as unknown as PlanReport;
  } finally {
    for (const [i, path] of paths.entries()) writeFileSync(path, before[i] ?? '');
  }
}

const told = ({ grants }: PlanReport) =>
  grants.map(({ change: what, request, why, policies }) => [what, request, why, policies]);
const replaced = (from: string, to: string) => (text: string) => text.replace(from, to);
const HASH = 'mask: { with: hash }';

describe('grants that would hold no more', () => {
  it('for a policy that comes later', async () => {
    const report = await planned({
      policies: (text) =>
        `${text}  - id: board-only\n    on: { namespace: vault }\n    allow: { group: board }\n`,
    });
    expect(told(report)).toEqual([['void', payouts, 'policy_changed', []]]);
    expect(report.summary.grants).toEqual({ active: 3, void: 1, narrowed: 0, restored: 0 });
    expect(report.verdict).toBe('no_gain');
    expect(planText(report)).toContain(
      `Grants (1 of 3 active hold no more)\n  - request ${payouts} of rita.reader: access to vault.payouts until `,
    );
  });

  it('for who approves, whose terms it was approved under', async () => {
    const report = await planned({
      policies: replaced('approve: { group: officers }', 'approve: { group: board }'),
    });
    expect(told(report)).toEqual([['void', payouts, 'policy_changed', []]]);
    expect(report.policies).toMatchObject([
      {
        policy: 'keepers',
        differences: [{ field: 'approve', from: '{"group":"officers"}', to: '{"group":"board"}' }],
      },
    ]);
    expect(planText(report)).toContain('approve {"group":"officers"} → {"group":"board"}');
  });

  it('in part, where one of several policies that it lifts is edited', async () => {
    const report = await planned({ policies: replaced(HASH, 'mask: { with: hash, scope: dataset }') });
    expect(told(report)).toEqual([['narrowed', mail, 'policy_changed', ['hash-mail']]]);
    expect(report.grants).toMatchObject([{ columns: ['email'], tags: ['pii.email'] }]);
  });

  it('for a dataset that goes, one of another node, and a project that goes', async () => {
    const report = await planned({
      manifest: (manifest) => {
        const { 'source.test.gold.members': members, ...others } = manifest.sources;
        Object.assign(manifest, {
          sources: {
            ...others,
            'source.other.gold.members': { ...members, unique_id: 'source.other.gold.members' },
          },
          exposures: {},
        });
      },
    });
    expect(told(report).sort()).toEqual(
      [
        ['void', mail, 'dataset_replaced', ['ends-of-mail', 'hash-mail']],
        ['void', forecast, 'project_gone', []],
      ].sort(),
    );
  });
});

it('who holds them is for stewards alone, and never in a comment', async () => {
  const edit = { policies: replaced('allow: { group: keepers }', 'allow: { group: board }') };
  const steward = await planned(edit);
  expect(steward.grants).toMatchObject([{ subject: { sub: 'rita.reader' } }]);
  expect(planMarkdown(steward)).toContain(payouts);
  expect(planMarkdown(steward)).not.toContain('rita');
});

it('a grant that would hold again is a gain, of what it lifts', async () => {
  const path = file('policies/policies.yml');
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replaceAll(/mask: \{ with: (hash|partial, first: 1, last: 1) \}/g, 'mask: { with: "null" }'),
  );
  await world.push();
  expect((await world.grants('rita')).find(({ request }) => request === mail)).toMatchObject({
    state: 'void',
  });
  writeFileSync(path, text);
  const report = await planned({});
  expect(told(report)).toEqual([['restored', mail, null, ['ends-of-mail', 'hash-mail']]]);
  expect(report.verdict).toBe('gain');
  await world.push();
});

it('nothing of them where nothing changes for them', async () => {
  const report = await planned({
    policies: (text) =>
      text.replace(
        '  - id: known-to-readers',
        '  - id: nobody-new\n    on: { namespace: gold }\n    deny: { group: x }\n  - id: known-to-readers',
      ),
  });
  expect([report.grants, report.summary.grants]).toEqual([
    [],
    { active: 3, void: 0, narrowed: 0, restored: 0 },
  ]);
});
