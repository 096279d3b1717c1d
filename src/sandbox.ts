/** The path of a sandbox: identity -> decisions -> governed reads, one a dataset -> sample -> one DuckDB file of what the identity may see, whole or not at all. */
import { ownDatasets } from './catalogue/built-in.ts';
import { readLinks } from './dbt/links.ts';
import type { Gate } from './gate.ts';
import { actingIn } from './request/acting.ts';
import type { Caller } from './request/ask.ts';
import { decisionsFor } from './request/decisions.ts';
import { NO_GRANTS } from './requests/grant.ts';
import { choose } from './sandbox/choose.ts';
import { manifestOf, type SandboxManifest } from './sandbox/manifest.ts';
import { type OutputAsk, occupyOutput } from './sandbox/output.ts';
import { canHold, findReferences, tablesOf, tellReferences } from './sandbox/references.ts';
import { drawSample, keptTable, type SampleAsk } from './sandbox/sample.ts';
import { type Staged, stageAll } from './sandbox/stage.ts';
import { type Finished, Warehouse } from './sandbox/warehouse.ts';

export type { SandboxManifest } from './sandbox/manifest.ts';
export type { SampleAsk } from './sandbox/sample.ts';

export interface SandboxAsk extends OutputAsk {
  /** Globs of dataset ids; none takes all. */
  readonly datasets: readonly string[];
  readonly sample: SampleAsk | null;
  /** dbt's manifest.json, parsed: which keys refer to which, and what is built from what. */
  readonly dbtManifest: unknown;
  readonly onStep: (text: string) => void;
}

/**
 * Reads as the caller would, each read on record.
 *
 * @throws SluiceError usage where a file is in the way, metadata_conflict where a push came in between; nothing is made then
 */
export async function makeSandbox(caller: Caller, ask: SandboxAsk, granting: Gate): Promise<SandboxManifest> {
  // A grant ends, and a file does not.
  const gate: Gate = { ...granting, grants: NO_GRANTS };
  const { sample, onStep } = ask;
  const identity = await gate.authenticate(caller.token, caller);
  const { snapshot } = await gate.metadata.current();
  const acting = await actingIn(caller, identity, snapshot, gate);
  // What the gate keeps of its callers is no data to develop with.
  const datasets = ownDatasets(acting.catalogue);
  const links = readLinks(ask.dbtManifest);
  const decisions = await decisionsFor(
    { acting, snapshot, datasets, action: 'query', clientIp: caller.client.ip },
    gate,
  );
  const output = occupyOutput(ask);
  let warehouse: Warehouse | null = null;
  try {
    warehouse = await Warehouse.open(output.folder, output.draft);
    const choice = choose(datasets, decisions, ask.datasets);
    const options = { caller, snapshot, folder: output.folder, warehouse, onStep };
    const { staged, leftOut } = await stageAll(choice, options, gate);
    const found = await findReferences(staged, links, warehouse);
    if (sample !== null) {
      onStep('drawing a sample');
      await drawSample(tablesOf(staged, links), found.filter(canHold), sample, warehouse);
    }
    const references = await tellReferences(found, staged, sample !== null, warehouse);
    const finished = await handOver(staged, ask, warehouse);
    const manifest = manifestOf({
      ...{ staged, finished, leftOut, references, links, identity, sample },
      steward: gate.permits(identity, 'steward'),
      snapshot: snapshot.hash,
      environment: gate.environment,
      createdAt: gate.now().toISOString(),
    });
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    await warehouse.describe(text);
    await warehouse.finish();
    caller.signal.throwIfAborted();
    output.publish(text);
    return manifest;
  } finally {
    warehouse?.close();
    output.clear();
  }
}

async function handOver(
  staged: readonly Staged[],
  { sample, onStep }: SandboxAsk,
  warehouse: Warehouse,
): Promise<readonly Finished[]> {
  const finished: Finished[] = [];
  for (const [index, { chosen, stage }] of staged.entries()) {
    onStep(`writing ${chosen.dataset.id} (${index + 1} of ${staged.length})`);
    const names = chosen.columns.map(({ name }) => name);
    const kept = sample === null ? null : keptTable(index);
    finished.push(await warehouse.handOver(stage, chosen.dataset.relation, names, kept));
  }
  return finished;
}
