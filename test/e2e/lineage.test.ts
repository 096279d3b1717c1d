/** One line of YAML on one source column, and what it does to every mart of the example that is made of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TagSource } from '../../src/catalogue/dataset.ts';
import { startGate, type TestGate } from './gate.ts';

let gate: TestGate;
let manifest: Manifest;

interface Column {
  tags: string[];
  meta: Record<string, unknown>;
  config: { tags?: string[]; meta?: Record<string, unknown> };
}

interface Manifest {
  nodes: Record<string, { columns?: Record<string, Column>; compiled_code?: string | null }>;
}

const SEED = 'seed.energy_community.raw_members';

beforeAll(async () => {
  gate = await startGate();
  manifest = JSON.parse(readFileSync(manifestPath(), 'utf8')) as Manifest;
  // Nobody tags anything as personal, anywhere.
  for (const node of Object.values(manifest.nodes))
    for (const column of Object.values(node.columns ?? {})) {
      const keep = (tags: readonly string[] | undefined) =>
        (tags ?? []).filter((tag) => !/^(pii|financial)/.test(tag));
      const clean = (meta: Record<string, unknown> = {}) => {
        const { tags } = (meta.sluice ?? {}) as { tags?: string[] };
        return tags === undefined ? meta : { ...meta, sluice: { tags: keep(tags) } };
      };
      column.tags = keep(column.tags);
      column.meta = clean(column.meta);
      column.config = { tags: keep(column.config.tags), meta: clean(column.config.meta) };
    }
});

afterAll(() => gate.close());

const manifestPath = (): string => join(gate.folder, 'target/manifest.json');

async function pushed(change: (manifest: Manifest) => void = () => {}): Promise<void> {
  const changed = structuredClone(manifest);
  change(changed);
  writeFileSync(manifestPath(), JSON.stringify(changed));
  await gate.push();
}

const tagging =
  (...tags: string[]) =>
  ({ nodes }: Manifest): void => {
    const column = nodes[SEED]!.columns!.email!;
    column.tags = tags;
    column.config = { ...column.config, tags };
  };

async function maskedOf(dataset: string): Promise<readonly string[]> {
  const reply = await gate.query('analyst', `SELECT * FROM ${dataset} LIMIT 1`);
  expect(reply.status, reply.text).toBe(200);
  return reply.body.columns!.filter(({ masked }) => masked).map(({ name }) => name);
}

/** The way of a tag, as the catalogue holds it. */
function wayTo(dataset: string, column: string): TagSource | undefined {
  const found = gate.serving.open.gate.metadata
    .loaded()
    ?.catalogue.byId(dataset)
    ?.columns.find(({ name }) => name === column)
    ?.tags.find(({ tag }) => tag === 'pii.email');
  return found?.source;
}

const DERIVED = [
  ['gold.members', ['email']],
  ['gold.member_contacts', ['invoices_to', 'reach_at']],
  ['silver.members_snapshot', ['email']],
] as const;

describe('a tag on one column of a seed', () => {
  it('is missing everywhere at first', async () => {
    await pushed();
    for (const [dataset] of DERIVED) expect(await maskedOf(dataset), dataset).toEqual([]);
  });

  it('masks what is made of it, through a rename, a join, a CTE, COALESCE and a star, and not a count of it', async () => {
    await pushed(tagging('pii.email'));
    for (const [dataset, columns] of DERIVED) expect(await maskedOf(dataset), dataset).toEqual(columns);
    const reply = await gate.query('analyst', 'SELECT reachable_members FROM gold.member_contacts LIMIT 1');
    expect(reply.body.rows).toEqual([[120]]);
  });

  it('carries the way that it came', () => {
    expect(wayTo('gold.member_contacts', 'reach_at')).toEqual({
      kind: 'propagated',
      via: 'lineage',
      file: 'seeds/_seeds.yml',
      path: [
        { dataset: SEED, column: 'email' },
        { dataset: 'bronze.stg_members', column: 'email' },
      ],
    });
  });

  it('is not outweighed by another at the mart', async () => {
    await pushed((changed) => {
      tagging('pii.email')(changed);
      changed.nodes['model.energy_community.members']!.columns!.email!.tags = ['financial'];
    });
    expect(await maskedOf('gold.members')).toEqual(['email']);
    expect(wayTo('gold.members', 'email')?.kind).toBe('propagated');
  });

  it('ends at a column that is declassified, with a reason', async () => {
    await pushed((changed) => {
      tagging('pii.email')(changed);
      const { invoices_to } = changed.nodes['model.energy_community.member_contacts']!.columns!;
      invoices_to!.meta = { sluice: { declassify: 'A shared mailbox of the cooperative.' } };
    });
    expect(await maskedOf('gold.member_contacts')).toEqual(['reach_at']);
    const findings = gate.serving.open.gate.metadata.loaded()?.findings ?? [];
    expect(findings.find(({ column }) => column === 'invoices_to')?.message).toContain('shared mailbox');
  });

  it('a declassification without a reason is refused', async () => {
    const push = pushed((changed) => {
      const { invoices_to } = changed.nodes['model.energy_community.member_contacts']!.columns!;
      invoices_to!.meta = { sluice: { declassify: true } };
    });
    await expect(push).rejects.toMatchObject({ code: 'manifest_invalid' });
  });

  it('is kept where dbt wrote no compiled SQL, by what an earlier push knew', async () => {
    await pushed(tagging('pii.email'));
    await pushed((changed) => {
      tagging('pii.email')(changed);
      for (const node of Object.values(changed.nodes)) node.compiled_code = null;
    });
    for (const [dataset, columns] of DERIVED) expect(await maskedOf(dataset), dataset).toEqual(columns);
  });

  it('goes away with the line', async () => {
    await pushed();
    for (const [dataset] of DERIVED) expect(await maskedOf(dataset), dataset).toEqual([]);
  });
});
