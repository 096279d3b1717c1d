/** The path of tag changes: door -> identity -> the changes against what is served -> snapshot -> store -> served, with audit told of them. */
import { isBuiltIn, ownDatasets } from './catalogue/built-in.ts';
import { comparedName, foldingOf, physicalName } from './catalogue/fold.ts';
import { readCatalog } from './dbt/catalog.ts';
import type { Gate } from './gate.ts';
import { type PushOptions, type PushReport, reportOf } from './push.ts';
import { type Author, onRecord } from './request/on-record.ts';
import { readProject } from './snapshot.ts';
import type { Base } from './state/metadata.ts';
import { type Changing, changePatches, type TagChanges, type Target } from './tags/change.ts';
import { readTagChanges, tagChangesSchema } from './tags/change-schema.ts';

export { readTagChanges, type TagChanges, tagChangesSchema };

export interface RetagReport extends PushReport {
  /** Tags that the source has now and had not before, and the other way round. */
  readonly added: number;
  readonly removed: number;
}

/** @throws SluiceError token_missing, access_denied, tags_invalid, 9xxx; nothing changed then */
export async function changeTags(
  author: Author,
  changes: TagChanges,
  options: PushOptions,
  gate: Gate,
): Promise<RetagReport> {
  const refusal = 'Only publishers may change tags.';
  return onRecord(author, { ...options, action: 'patch_tags', refusal }, gate, async (told) => {
    let outcome: Pick<
      ReturnType<typeof changePatches>,
      'added' | 'removed' | 'datasets' | 'warnings'
    > | null = null;
    const applied = await gate.metadata.amend(
      (base) => {
        const by = { by: told.by, at: gate.now().toISOString() };
        const { patches, ...rest } = changePatches(base.input.patches ?? [], changes, {
          ...targetsIn(base),
          ...by,
        });
        outcome = rest;
        return { ...base.input, patches };
      },
      { ...told, record: (etag) => told.record(etag, outcome?.datasets) },
    );
    const { added, removed, warnings } = outcome ?? { added: 0, removed: 0, warnings: [] };
    const report = reportOf(applied);
    return { ...report, added, removed, warnings: [...warnings, ...report.warnings] };
  });
}

/** Published datasets by any of their names; and whatever dbt knows, by unique_id: tags may start upstream of what is published. */
function targetsIn({ input, snapshot }: Base): Pick<Changing, 'find' | 'names'> {
  const { catalogue } = snapshot;
  const own = ownDatasets(catalogue);
  const published = new Map(own.map((dataset) => [dataset.uniqueId, dataset]));
  let nodes: ReadonlyMap<string, Target> | null = null;
  return {
    names: own.map(({ id }) => id),
    find(name) {
      const dataset = catalogue.byId(name) ?? published.get(name);
      if (dataset !== undefined && !isBuiltIn(dataset))
        return { node: dataset.uniqueId, dataset: dataset.id, tags: dataset.tags, columns: dataset.columns };
      nodes ??= unpublished(input);
      return nodes.get(name) ?? null;
    },
  };
}

/** With the columns that dbt documents and those that it found in the warehouse. */
function unpublished({ manifest, catalog }: Base['input']): ReadonlyMap<string, Target> {
  const { adapter, nodes, ephemeral } = readProject(manifest);
  const folding = foldingOf(adapter);
  const relations = catalog === null ? null : readCatalog(catalog).relations;
  const targets = new Map<string, Target>();
  for (const { uniqueId, columns } of [...nodes, ...ephemeral]) {
    const byName = new Map<string, Target['columns'][number]>();
    const physical = relations?.get(uniqueId) ?? [];
    for (const { name, quoted } of [...columns, ...physical.map(({ name }) => ({ name, quoted: true }))]) {
      const folded = comparedName(physicalName(name, quoted, folding), folding);
      if (!byName.has(folded)) byName.set(folded, { name, folded, tags: [] });
    }
    targets.set(uniqueId, { node: uniqueId, dataset: uniqueId, tags: [], columns: [...byName.values()] });
  }
  return targets;
}
