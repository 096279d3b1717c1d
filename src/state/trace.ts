/** Gives an input its column lineage: what the state before knew is taken over, and only what changed is read. */
import { readCatalog } from '../dbt/catalog.ts';
import { computeLineage } from '../lineage/compute.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { SnapshotInput } from '../snapshot.ts';

export interface TraceOptions {
  /** Of the state before. */
  readonly previous: Lineage | null | undefined;
  readonly onStep?: ((text: string) => void) | undefined;
}

/** @throws SluiceError catalog_invalid */
export async function traced(
  input: SnapshotInput,
  { previous = null, onStep }: TraceOptions,
): Promise<SnapshotInput> {
  const { manifest, physical, tagRules = {} } = input;
  const catalog = input.catalog === null ? null : readCatalog(input.catalog);
  return {
    ...input,
    lineage: await computeLineage({ manifest, catalog, physical, tagRules, previous, onStep }),
  };
}
