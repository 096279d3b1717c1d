/** The ready packages as docs/opa/ loads them: in front of the policies of a real gate, instead of them, and in process. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionInput } from '../../src/access/decision.ts';
import { buildInput } from '../../src/access/input.ts';
import { createPdp } from '../../src/access/pdp.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { writeProject } from '../e2e/project.ts';
import { catalogue, context, dataset, identity, request } from '../policies/support/catalogue.ts';
import { buildWasm, findOpa, type OpaServer, opaOptions, startOpa } from './support/opa.ts';

const GROUPS = JSON.stringify({ namespace_gating: { groups: { gold: ['employees'] } } });

/** Who they are, and what each package lets them read of gold.people, gold.alpha (of the community alpha) and silver.people. */
const PERSONAS = `personas:
  employee: { sub: erna, groups: [employees] }
  holder: { sub: hugo, groups: ["dataset:gold.people:read", "dataset:silver.*:read"] }
  alpha: { sub: alma, groups: ["community:alpha"] }
  capable: { sub: nightly, kind: service, roles: [service], scopes: [dataset:query] }
  incapable: { sub: stray, kind: service, roles: [], scopes: [dataset:query] }
`;
const NAMES = ['gold.people', 'gold.alpha', 'silver.people'];
const WANTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  namespace_gating: { employee: '++-', holder: '---', alpha: '---', capable: '---', incapable: '---' },
  dataset_groups: { employee: '---', holder: '+-+', alpha: '---', capable: '---', incapable: '---' },
  community_scoping: { employee: '+-+', holder: '+-+', alpha: '+++', capable: '+-+', incapable: '+-+' },
  service_capability: { employee: '+++', holder: '+++', alpha: '+++', capable: '+++', incapable: '---' },
  all: { employee: '---', holder: '---', alpha: '---', capable: '---', incapable: '---' },
};

async function project(pdp: string): Promise<string> {
  const folder = await writeProject({
    sql: [
      'CREATE SCHEMA gold',
      'CREATE SCHEMA silver',
      ...NAMES.map((name) => `CREATE TABLE ${name} AS SELECT 1 AS id, 'a@b' AS email`),
    ],
    tables: NAMES.map((name) => {
      const [schema = '', table = ''] = name.split('.');
      return { schema, name: table, columns: ['id integer', { name: 'email', type: 'text', tags: ['pii'] }] };
    }),
    policies: '\n  - { id: pii, on: { column_tag: pii }, mask: { with: "null" } }',
    config: `pdp: ${pdp}`,
  });
  writeFileSync(join(folder, 'personas.yml'), PERSONAS);
  writeFileSync(join(folder, 'groups.json'), GROUPS);
  const file = join(folder, 'target/manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { sources: Record<string, { tags?: string[] }> };
  Object.assign(manifest.sources['source.test.gold.alpha'] ?? {}, { tags: ['energy', 'community:alpha'] });
  writeFileSync(file, JSON.stringify(manifest));
  return folder;
}

async function seen(gate: TestGate): Promise<Record<string, string>> {
  const told: Record<string, string> = {};
  for (const persona of Object.keys(WANTED.all ?? {})) {
    const signs: string[] = [];
    for (const name of NAMES) {
      const { body } = await gate.query(persona, `SELECT id, email FROM ${name}`);
      // What a package lets through is still governed by the policies.
      if (body.rows !== undefined) expect(body.rows).toEqual([[1, null]]);
      else expect(body.code).toBe('access_denied');
      signs.push(body.rows === undefined ? '-' : '+');
    }
    told[persona] = signs.join('');
  }
  return told;
}

describe.skipIf(findOpa() === null)('a ready package', () => {
  let opa: OpaServer;
  beforeAll(async () => {
    opa = await startOpa({ files: { 'groups.json': GROUPS } });
  });
  afterAll(() => opa?.close());

  it.each(Object.keys(WANTED))('%s, in front of the policies of a gate, on a server', async (name) => {
    const gate = await startGate({
      folder: await project(
        `{ kind: opa, url: '${opa.url}', path: /v1/data/sluice/packages/${name}/in_front, timeout: 10s }`,
      ),
    });
    try {
      expect(await seen(gate)).toEqual(WANTED[name]);
    } finally {
      await gate.close();
    }
  });

  it('in front of the policies of a gate, in process, as its page builds it', async () => {
    const page = readFileSync('docs/opa/namespace-gating.md', 'utf8');
    const [, entrypoint = ''] = /--entrypoint (\S+)/.exec(page) ?? [];
    const folder = await project(
      `{ kind: embedded, bundle: namespace-gating.tar.gz, entrypoint: ${entrypoint} }`,
    );
    const sources = ['--ignore', '*_test.rego', 'rego/sluice', 'rego/packages', join(folder, 'groups.json')];
    writeFileSync(join(folder, 'namespace-gating.tar.gz'), (await buildWasm(entrypoint, sources)).archive);
    const gate = await startGate({ folder });
    try {
      expect(await seen(gate)).toEqual(WANTED.namespace_gating);
    } finally {
      await gate.close();
    }
  });

  const item = (groups: readonly string[], tags: readonly string[] = []): DecisionInput => {
    const members = dataset({ id: 'gold.members', tags, columns: { email: ['pii'] } });
    return buildInput({
      action: 'query',
      dataset: members,
      identity: identity({ groups }),
      policies: compilePolicies([], catalogue([members]), { environment: 'production' }),
      request,
      context: context(),
    });
  };

  it('instead of the policies, on a server and in process, answers in the order of the batch', async () => {
    const batch = [
      item(['employees', 'dataset:gold.members:read']),
      item(['employees']),
      item(['dataset:gold.*:read']),
      item(['employees', 'dataset:gold.*:read'], ['community:alpha']),
    ];
    const folder = mkdtempSync(join(tmpdir(), 'sluice-packages-'));
    writeFileSync(join(folder, 'groups.json'), GROUPS);
    const entrypoint = 'sluice/packages/all/batch';
    const sources = ['--ignore', '*_test.rego', 'rego/packages', join(folder, 'groups.json')];
    const { archive, wasm } = await buildWasm(entrypoint, sources);
    expect(archive.length).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
    const remote = createPdp(opaOptions(opa.url, { path: `/v1/data/${entrypoint}` }));
    const embedded = createPdp({ kind: 'embedded', wasm, entrypoint, data: JSON.parse(GROUPS) });
    for (const pdp of [remote, embedded]) {
      const decisions = await pdp.decide(batch);
      expect(decisions.map(({ allow, reason }) => [allow, reason])).toEqual([
        [true, 'allowed'],
        [false, 'no_group_of_the_dataset'],
        [false, 'namespace_closed'],
        [false, 'another_community'],
      ]);
      await pdp.close();
    }
  });
});

describe.skipIf(findOpa() === null)('the test to copy', () => {
  it.each(readdirSync('docs/opa'))('of %s passes', (page) => {
    const [, file = '', text = ''] =
      /```rego\n# (\S+_test\.rego):[^\n]*\n([\s\S]*?)```/.exec(readFileSync(`docs/opa/${page}`, 'utf8')) ??
      [];
    expect(file).not.toBe('');
    const folder = mkdtempSync(join(tmpdir(), 'sluice-copied-'));
    try {
      writeFileSync(join(folder, file), text);
      const report = execFileSync(
        findOpa() ?? '',
        ['test', 'rego', join(folder, file), '--format', 'json', '--run', file.replace('.rego', '')],
        { encoding: 'utf8' },
      );
      const results = JSON.parse(report) as readonly { readonly fail?: boolean }[];
      expect(results.map(({ fail }) => fail ?? false)).toEqual([false, false]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
