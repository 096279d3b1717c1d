/** The path of a push: door -> identity -> dbt artifacts and policies -> snapshot -> store -> served, with audit told of it. */

import { ownDatasets } from './catalogue/built-in.ts';
import { publishRuleSchema } from './catalogue/publish.ts';
import { SluiceError } from './errors.ts';
import { readLineage } from './exchange/lineage-file.ts';
import type { Gate } from './gate.ts';
import type { Caller } from './request/ask.ts';
import { type Author, onRecord } from './request/on-record.ts';
import { demandOrTell } from './request/permit.ts';
import type { Snapshot } from './snapshot.ts';
import type { PushContent } from './state/artifacts.ts';
import type { Expected } from './state/expected.ts';
import type { Applied, PushedInput } from './state/metadata.ts';
import type { Changes } from './state/outline.ts';
import { tagRulesSchema } from './tags/rules-schema.ts';

/** Dbt's artifacts and policy files; the rest is as the gate is configured unless it comes along. */
export interface Pushed extends Pick<PushContent, 'manifest' | 'policies'> {
  readonly catalog?: unknown;
  readonly yaml_files?: PushContent['yaml_files'] | undefined;
  /** Instead of one that is computed. */
  readonly lineage?: unknown;
  readonly publish?: readonly unknown[] | undefined;
  readonly search_path?: readonly string[] | undefined;
  readonly prefix?: string | null | undefined;
  /** Rules about tags. */
  readonly tags?: unknown;
}

export interface PushReport {
  readonly etag: string;
  /** False where the very same state stood already. */
  readonly changed: boolean;
  readonly changes: Changes;
  readonly datasets: number;
  readonly columns: number;
  readonly policies: number;
  readonly warnings: readonly string[];
}

export interface PushOptions {
  readonly dryRun: boolean;
  readonly expected?: Expected | undefined;
  /** Told as it goes, for people. */
  readonly onStep?: ((text: string) => void) | undefined;
}

/** @throws SluiceError token_missing, access_denied, 9xxx; nothing changed then */
export async function pushMetadata(
  caller: Caller,
  pushed: Pushed,
  options: PushOptions,
  gate: Gate,
): Promise<PushReport> {
  return push({ kind: 'caller', caller }, pushed, options, gate);
}

/** A push by whoever can write the state's files anyway; `operator` names them in the audit. */
export async function pushAsOperator(
  operator: string,
  caller: Omit<Caller, 'token' | 'signal'>,
  pushed: Pushed,
  options: PushOptions,
  gate: Gate,
): Promise<PushReport> {
  return push({ kind: 'operator', name: operator, caller }, pushed, options, gate);
}

function push(author: Author, pushed: Pushed, options: PushOptions, gate: Gate): Promise<PushReport> {
  const refusal = 'Only publishers may push metadata.';
  return onRecord(author, { ...options, action: 'push', refusal }, gate, async (told) => {
    const { onStep } = options;
    return reportOf(await gate.metadata.replace(stateOf(pushed, gate), { ...told, onStep }));
  });
}

/** What a push makes of the latest state. @throws SluiceError publish_invalid */
export function stateOf(
  pushed: Pushed,
  gate: Pick<Gate, 'environment' | 'defaults'>,
): (latest: PushedInput | null) => PushedInput {
  const input = inputOf(pushed, gate);
  // A push replaces what dbt says; what other tools put there stays theirs.
  return (latest) => ({ ...input, patches: latest?.patches ?? [] });
}

/** @throws SluiceError publish_invalid */
function inputOf(pushed: Pushed, { environment, defaults }: Pick<Gate, 'environment' | 'defaults'>) {
  const rules = publishRuleSchema.array().safeParse(pushed.publish ?? defaults.publish);
  if (!rules.success)
    throw new SluiceError('publish_invalid', undefined, {
      details: rules.error.issues.map((issue) => `publish.${issue.path.join('.')}: ${issue.message}`),
    });
  const tags = tagRulesSchema.safeParse(pushed.tags ?? defaults.tagRules);
  if (!tags.success)
    throw new SluiceError('publish_invalid', 'The rules about tags are not valid', {
      details: tags.error.issues.map((issue) => `tags.${issue.path.join('.')}: ${issue.message}`),
    });
  return {
    environment,
    engines: defaults.engines,
    tagRules: tags.data,
    manifest: pushed.manifest,
    catalog: pushed.catalog ?? null,
    yamlFiles: pushed.yaml_files ?? {},
    policyFiles: pushed.policies,
    publish: rules.data,
    searchPath: pushed.search_path ?? defaults.searchPath,
    prefix: pushed.prefix === undefined ? defaults.prefix : pushed.prefix,
    ...(pushed.lineage === undefined ? {} : { lineage: readLineage(pushed.lineage) }),
  };
}

export function reportOf({ snapshot, etag, changed, changes }: Applied): PushReport {
  return { ...countsOf(snapshot, etag), changed, changes };
}

function countsOf(snapshot: Snapshot, etag: string) {
  const datasets = ownDatasets(snapshot.catalogue);
  return {
    etag,
    datasets: datasets.length,
    columns: datasets.reduce((sum, dataset) => sum + dataset.columns.length, 0),
    policies: snapshot.policies.policies.length,
    warnings: snapshot.warnings,
  };
}

export interface CurrentMetadata extends Omit<PushReport, 'changes'> {
  readonly created_at: string;
  readonly created_by: string;
}

/** @throws SluiceError token_missing, access_denied unless the caller is a publisher or a steward */
export async function currentMetadata(caller: Caller, gate: Gate): Promise<CurrentMetadata> {
  const message = 'The applied state is shown to publishers and stewards.';
  await demandOrTell(caller, { action: 'read_state', permissions: ['publisher', 'steward'], message }, gate);
  const state = await gate.metadata.current();
  return {
    ...countsOf(state.snapshot, state.etag),
    changed: false,
    created_at: state.createdAt,
    created_by: state.createdBy,
  };
}
