/** dbt's references between nodes as references between what was read of them; only columns that the identity sees take part. */
import type { DbtLinks, Reference } from '../dbt/links.ts';
import type { MaskSpec } from '../policies/policy.ts';
import type { SandboxReference } from './manifest.ts';
import { keptTable, type StagedReference, type StagedTable } from './sample.ts';
import type { Staged } from './stage.ts';
import type { Warehouse } from './warehouse.ts';

export interface FoundReference extends StagedReference {
  readonly stated: Reference;
  /** Rows that refer to something, and those of them whose parent was not read. */
  readonly referring: number;
  readonly dangling: number;
}

export async function findReferences(
  staged: readonly Staged[],
  links: DbtLinks,
  warehouse: Warehouse,
): Promise<readonly FoundReference[]> {
  const byNode = new Map(staged.map(({ chosen }, index) => [chosen.dataset.uniqueId, index]));
  const found: FoundReference[] = [];
  for (const stated of links.references) {
    const child = byNode.get(stated.from.node);
    const parent = byNode.get(stated.to.node);
    if (child === undefined || parent === undefined) continue;
    const from = positionsOf(staged[child], stated.from.columns);
    const to = positionsOf(staged[parent], stated.to.columns);
    if (from === null || to === null) continue;
    const meets = from
      .map((at, index) => equal(staged[child], at, staged[parent], to[index] ?? 0))
      .join(' AND ');
    const refers = from.map((at) => `c.c${at} IS NOT NULL`).join(' AND ');
    const bare = { stated, child, parent, meets, refers };
    const { referring, dangling } = await count(bare, staged, false, warehouse);
    found.push({ ...bare, referring, dangling });
  }
  return found;
}

/** Where no value meets any, the two sides are masked apart: nothing that a sample could keep. */
export const canHold = ({ referring, dangling }: FoundReference): boolean =>
  referring === 0 || dangling < referring;

/** @param sampled whether what is left of each table stands in its table of kept rows */
export async function tellReferences(
  found: readonly FoundReference[],
  staged: readonly Staged[],
  sampled: boolean,
  warehouse: Warehouse,
): Promise<readonly SandboxReference[]> {
  const told: SandboxReference[] = [];
  for (const one of found) {
    const left = sampled ? (await count(one, staged, true, warehouse)).dangling : one.dangling;
    told.push({
      from: { dataset: idOf(staged[one.child]), columns: one.stated.from.columns },
      to: { dataset: idOf(staged[one.parent]), columns: one.stated.to.columns },
      via: one.stated.via,
      holds: left === 0,
      dangling: one.dangling,
    });
  }
  return told;
}

async function count(
  { child, parent, refers, meets }: StagedReference,
  staged: readonly Staged[],
  sampled: boolean,
  warehouse: Warehouse,
): Promise<{ referring: number; dangling: number }> {
  const kept = (alias: string, index: number): string =>
    sampled ? ` AND ${alias}.rowid IN (SELECT rid FROM ${keptTable(index)})` : '';
  const referring = `SELECT count(*) FROM ${nameOf(staged[child])} AS c WHERE ${refers}${kept('c', child)}`;
  const met = `EXISTS (SELECT 1 FROM ${nameOf(staged[parent])} AS p WHERE ${meets}${kept('p', parent)})`;
  return {
    referring: await warehouse.number(referring),
    dangling: await warehouse.number(`${referring} AND NOT ${met}`),
  };
}

const idOf = (staged: Staged | undefined): string => staged?.chosen.dataset.id ?? '';
const nameOf = (staged: Staged | undefined): string => staged?.stage.name ?? '';

export function tablesOf(staged: readonly Staged[], links: DbtLinks): readonly StagedTable[] {
  return staged.map((one) => ({
    name: one.stage.name,
    rows: one.stage.rows,
    key: keyOf(one, links).map((at) => `c${at}`),
    columns: one.chosen.columns.map((_, at) => `c${at}`),
  }));
}

/** Masks under which different values stay different. */
const KEEPS_APART: ReadonlySet<MaskSpec['kind']> = new Set<MaskSpec['kind']>(['hash', 'tokenise']);

/** Positions of the columns that tell rows apart, none where one of them is hidden or masked into something else. */
function keyOf(staged: Staged, links: DbtLinks): readonly number[] {
  const { dataset, decision, columns } = staged.chosen;
  const positions = positionsOf(staged, links.keys.get(dataset.uniqueId) ?? []) ?? [];
  const apart = positions.every((at) => {
    const applied = decision.masks[columns[at]?.folded ?? ''];
    if (applied === undefined) return true;
    return applied.mask !== null && applied.when === undefined && KEEPS_APART.has(applied.mask.kind);
  });
  return apart ? positions : [];
}

function positionsOf(staged: Staged | undefined, names: readonly string[]): readonly number[] | null {
  const columns = staged?.chosen.columns ?? [];
  const found = names.map((name) =>
    columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase()),
  );
  return found.includes(-1) ? null : found;
}

/** Where one side is a text and the other is none, both are compared as texts. */
function equal(child: Staged | undefined, from: number, parent: Staged | undefined, to: number): string {
  const isText = (staged: Staged | undefined, at: number): boolean => staged?.stage.types[at] === 'VARCHAR';
  if (isText(child, from) === isText(parent, to)) return `p.c${to} = c.c${from}`;
  return `CAST(p.c${to} AS VARCHAR) = CAST(c.c${from} AS VARCHAR)`;
}
