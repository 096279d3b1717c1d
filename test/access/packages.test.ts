/** The ready packages as a bundle of an operator's own: compiled as its comment says, and decided through the gate's decision point. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionInput } from '../../src/access/decision.ts';
import { createPdp, type Pdp } from '../../src/access/pdp.ts';
import { context, identity, request } from '../policies/support/catalogue.ts';

const opa =
  [
    process.env.OPA,
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'opa')),
    join(homedir(), 'go', 'bin', 'opa'),
  ].find((place) => place !== undefined && place !== '' && existsSync(place)) ?? null;
if (opa === null) console.log('OPA is not on this machine: the ready packages are not compiled');

const SHIM = `package sluice
import rego.v1
batch := [answer | some item in input.batch; answer := data.packages.all.decision with input as item]
`;
const GROUPS = `package namespace_gating
import rego.v1
groups := {"gold": ["employees"]}
`;
const PACKAGES = ['all', 'community_scoping', 'dataset_groups', 'namespace_gating', 'service_capability'];

describe.skipIf(opa === null)('the ready packages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-packages-'));
  let pdp: Pdp;
  beforeAll(() => {
    writeFileSync(join(folder, 'shim.rego'), SHIM);
    writeFileSync(join(folder, 'groups.rego'), GROUPS);
    const sources = [
      ...PACKAGES.map((name) => `rego/packages/${name}.rego`),
      join(folder, 'shim.rego'),
      join(folder, 'groups.rego'),
    ];
    const bundle = join(folder, 'bundle.tar.gz');
    execFileSync(opa ?? '', [
      'build',
      '--target',
      'wasm',
      '--entrypoint',
      'sluice/batch',
      '--output',
      bundle,
      ...sources,
    ]);
    execFileSync('tar', ['-xzf', bundle, '-C', folder, '/policy.wasm'], { stdio: 'ignore' });
    pdp = createPdp({ kind: 'embedded', wasm: new Uint8Array(readFileSync(join(folder, 'policy.wasm'))) });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const item = (groups: readonly string[], tags: readonly string[] = []): DecisionInput => ({
    action: 'query',
    dataset: {
      dataset_id: 'gold.members',
      namespace: 'gold',
      access_level: 'internal',
      tags,
      columns: [{ name: 'email', type: 'VARCHAR', tags: [], state: 'documented' }],
      owner: null,
      resource_type: 'model',
      policies: [],
    },
    identity: identity({ groups }),
    request,
    context: context(),
  });

  it('decide in the order of the batch, with a reason each', async () => {
    const decisions = await pdp.decide([
      item(['employees', 'dataset:gold.members:read']),
      item(['employees']),
      item(['dataset:gold.*:read']),
      item(['employees', 'dataset:gold.*:read'], ['community:alpha']),
    ]);
    expect(decisions.map(({ allow, reason }) => [allow, reason])).toEqual([
      [true, 'allowed'],
      [false, 'no_group_of_the_dataset'],
      [false, 'namespace_closed'],
      [false, 'another_community'],
    ]);
  });

  it('are never kept, since a bundle of their own may look at the time', () => {
    expect(pdp.keeping()).toBeNull();
  });
});
