/** Rego of an operator's own, as docs/reference/opa.md shows it: in front of the default, behind it and instead of it, on a server and in process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionInput } from '../../src/access/decision.ts';
import { buildInput } from '../../src/access/input.ts';
import { createPdp, type Pdp } from '../../src/access/pdp.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import { parseConfig } from '../../src/config.ts';
import { examinePdp } from '../../src/open/examine-pdp.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { startGate } from '../e2e/gate.ts';
import { writeProject } from '../e2e/project.ts';
import { catalogue, context, dataset, identity, request } from '../policies/support/catalogue.ts';
import { buildWasm, findOpa, type OpaServer, opaOptions, startOpa } from './support/opa.ts';

/** By the file name in its first line. */
const shown = new Map(
  [...readFileSync('docs/reference/opa.md', 'utf8').matchAll(/```rego\n# (\S+\.rego)\n([\s\S]*?)```/g)].map(
    ([, file = '', text = '']) => [file.replace('acme/', ''), text] as const,
  ),
);

const SHAPES = ['in_front', 'behind', 'instead'] as const;
type Shape = (typeof SHAPES)[number];
const entrypoints: Readonly<Record<Shape, string>> = {
  in_front: 'acme/in_front/batch',
  behind: 'acme/behind/batch',
  instead: 'acme/instead/batch',
};

const members = dataset({ id: 'gold.members', columns: { email: ['pii.email'] } });
const scarce = dataset({ id: 'gold.scarce', tags: ['scarce'], columns: { id: [] } });
const silver = dataset({ id: 'silver.usage', columns: { id: [] } });
const open = dataset({ id: 'gold.open', level: 'open', columns: { email: ['pii.email'] } });
const closed = dataset({ id: 'gold.closed', level: 'restricted', tags: ['scarce'], columns: { id: [] } });
const policies = compilePolicies(
  [
    {
      path: 'p.yml',
      text: `policies:
  - { id: m, on: { column_tag: pii }, mask: { with: hash } }
  - { id: few, on: { id: gold.scarce }, limit: { max_rows: 50 }, unless: { group: analysts } }
`,
    },
  ],
  catalogue([members, scarce, silver, open, closed]),
  { environment: 'production' },
);
const batchOf = (groups: readonly string[]): readonly DecisionInput[] =>
  [members, scarce, silver, open, closed].map((one) =>
    buildInput({
      action: 'query',
      dataset: one,
      identity: identity({ groups }),
      policies,
      request,
      context: context(),
    }),
  );

it('the page shows the three of them', () => {
  expect([...shown.keys()]).toEqual(SHAPES.map((shape) => `${shape}.rego`));
});

describe.skipIf(findOpa() === null)('Rego of one’s own', () => {
  let opa: OpaServer;
  const remote = new Map<Shape, Pdp>();
  const embedded = new Map<Shape, Pdp>();
  beforeAll(async () => {
    opa = await startOpa({ files: Object.fromEntries(shown) });
    const folder = mkdtempSync(join(tmpdir(), 'sluice-own-'));
    for (const shape of SHAPES) {
      remote.set(shape, createPdp(opaOptions(opa.url, { path: `/v1/data/${entrypoints[shape]}` })));
      writeFileSync(join(folder, `${shape}.rego`), shown.get(`${shape}.rego`) ?? '');
      const sources = ['--ignore', '*_test.rego', 'rego/sluice', join(folder, `${shape}.rego`)];
      const { wasm } = await buildWasm(entrypoints[shape], sources);
      embedded.set(shape, createPdp({ kind: 'embedded', wasm, entrypoint: entrypoints[shape] }));
    }
    rmSync(folder, { recursive: true });
  }, 60_000);
  afterAll(async () => {
    for (const pdp of [...remote.values(), ...embedded.values()]) await pdp.close();
    await opa?.close();
  });

  const brief = async (shape: Shape, groups: readonly string[]) => {
    const batch = batchOf(groups);
    const decisions = await remote.get(shape)?.decide(batch);
    expect(await embedded.get(shape)?.decide(batch)).toEqual(decisions);
    return decisions?.map(({ allow, reason, masks, limits }) =>
      [allow ? '+' : reason, ...Object.keys(masks), ...(limits.max_rows ? [limits.max_rows] : [])].join(' '),
    );
  };

  it.each<[Shape, readonly string[], readonly string[]]>([
    ['in_front', ['employees'], ['+ email', '+ 50', '+', '+ email', 'level_restricted']],
    [
      'in_front',
      ['contractors'],
      ['+ email', '+ 50', 'contractors_read_gold_only', '+ email', 'level_restricted'],
    ],
    ['behind', ['employees'], ['+ email', '+ 50', '+', '+ email', 'level_restricted']],
    ['behind', ['analysts'], ['+ email', '+ 1000', '+', '+ email', 'level_restricted']],
    ['instead', ['employees'], Array(5).fill('denied_by_policy')],
    [
      'instead',
      ['analysts'],
      ['denied_by_policy', 'denied_by_policy', 'denied_by_policy', '+', 'denied_by_policy'],
    ],
  ])('%s, for %j', async (shape, groups, wanted) => {
    expect(await brief(shape, groups)).toEqual(wanted);
  });

  it('is asked anew each time, and no plan is made with it', async () => {
    for (const pdp of [...remote.values(), ...embedded.values()]) {
      await pdp.probe();
      expect(pdp.keeping()).toBeNull();
      expect(await pdp.inProcess()).toBeNull();
    }
  });

  it.each([
    [
      'on a server',
      () => `{ kind: opa, url: '${opa.url}', path: /v1/data/acme/in_front/batch, timeout: 10s }`,
    ],
    ['in process', () => '{ kind: embedded, bundle: acme.tar.gz, entrypoint: acme/in_front/batch }'],
  ])('decides for a gate %s', async (_name, pdp) => {
    const folder = await writeProject({
      sql: [
        'CREATE SCHEMA gold',
        'CREATE SCHEMA silver',
        'CREATE TABLE gold.people AS SELECT 1 AS id',
        'CREATE TABLE silver.people AS SELECT 2 AS id',
      ],
      tables: ['gold', 'silver'].map((schema) => ({ schema, name: 'people', columns: ['id integer'] })),
      exposures: {
        board: { on: ['silver.people'], sluice: { members: { group: 'staff' }, equalise: true } },
      },
      config: `pdp: ${pdp()}`,
    });
    writeFileSync(
      join(folder, 'personas.yml'),
      'personas: { reader: { sub: rita, groups: [contractors, staff] }, other: { sub: otto, groups: [staff] } }',
    );
    writeFileSync(join(folder, 'in_front.rego'), shown.get('in_front.rego') ?? '');
    const sources = ['--ignore', '*_test.rego', 'rego/sluice', join(folder, 'in_front.rego')];
    const { archive } = await buildWasm(entrypoints.in_front, sources);
    writeFileSync(join(folder, 'acme.tar.gz'), archive);
    const gate = await startGate({ folder });
    try {
      const rows = async (persona: string, schema: string, rest = {}) => {
        const { body } = await gate.query(persona, `SELECT id FROM ${schema}.people`, rest);
        return body.rows ?? body.code;
      };
      expect(await rows('other', 'silver')).toEqual([[2]]);
      expect(await rows('reader', 'gold')).toEqual([[1]]);
      expect(await rows('reader', 'silver')).toBe('access_denied');
      const [event] = (await gate.serving.open.gate.audit.tail(1)) as readonly AuditEvent[];
      expect(event).toMatchObject({
        decision: 'deny',
        reasons: ['silver.people: contractors_read_gold_only'],
      });
      // It takes who stands for all members for somebody who is no contractor: they are decided for by themselves as well.
      expect(await rows('other', 'silver', { project: 'board' })).toEqual([[2]]);
      expect(await rows('reader', 'silver', { project: 'board' })).toBe('access_denied');
      expect((await gate.call(null, 'GET', '/health/ready')).body.missing).toEqual([]);
      const { pdp: decides } = gate.serving.open.gate;
      expect(await decides.inProcess()).toBeNull();
      expect(readArtifacts(gate.config, {}).policies).toHaveLength(1);
    } finally {
      await gate.close();
    }
  });
});

describe.skipIf(findOpa() === null)('Rego that does not work in process', () => {
  const decided = async (rego: string): Promise<unknown> => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-own-'));
    try {
      writeFileSync(join(folder, 'acme.rego'), `package acme\nimport rego.v1\n${rego}`);
      const { wasm } = await buildWasm('acme/batch', [join(folder, 'acme.rego')]);
      const pdp = createPdp({ kind: 'embedded', wasm, entrypoint: 'acme/batch' });
      return await pdp.decide(batchOf([])).catch((thrown: { code: string }) => thrown.code);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it.each([
    [
      'asks for the clock',
      'batch := [answer | some item in input.batch; answer := time.now_ns() > item.context.time.epoch]',
      'pdp_unavailable',
    ],
    ['is undefined', 'batch := [true] if input.nothing', 'decision_invalid'],
    [
      'leaves an item out',
      'batch := [true | some item in input.batch; item.dataset.namespace == "gold"]',
      'decision_invalid',
    ],
    ['is no list', 'batch := true', 'decision_invalid'],
  ])('%s', async (_name, rego, code) => {
    expect(await decided(rego)).toBe(code);
  });
});

describe.skipIf(findOpa() === null)('what an examination says of a server', () => {
  it.each([
    ['with the bundle of the gate', true, '/v1/data/sluice/batch', 'ok'],
    ['with rules of one’s own', true, '/v1/data/acme/batch', 'ok'],
    ['with another bundle at the default path', false, '/v1/data/sluice/batch', 'warning'],
  ])('%s', async (_name, ours, path, level) => {
    const rego = (name: string): string =>
      `package ${name}\nimport rego.v1\nbatch := [true | some _ in input.batch]\n`;
    const files = { 'acme.rego': rego('acme'), ...(ours ? {} : { 'sluice.rego': rego('sluice') }) };
    const opa = await startOpa({ ours, files });
    try {
      const config = parseConfig(
        `engines: { w: { kind: duckdb, database: w.duckdb } }\npdp: { kind: opa, url: '${opa.url}', path: ${path}, timeout: 10s }\n`,
        'sluice.yml',
        {},
      );
      const found = await examinePdp(config);
      expect(found.map((one) => `${one.level} ${one.check}`)).toEqual(['ok pdp', `${level} pdp_bundle`]);
    } finally {
      await opa.close();
    }
  });
});
