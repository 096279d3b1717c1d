/** What a sandbox says of itself: what it holds, how it was made, what was left out and why; it tells its identity no more than `explain` does. */
import { createHash } from 'node:crypto';
import type { Decision } from '../access/decision.ts';
import type { DbtLinks } from '../dbt/links.ts';
import type { Identity } from '../identity/identity.ts';
import type { LeftOut } from './choose.ts';
import type { SampleAsk } from './sample.ts';
import type { Staged } from './stage.ts';
import type { Finished } from './warehouse.ts';

export interface SandboxManifest {
  readonly format: 1;
  readonly created_at: string;
  /** Hash of the snapshot that decided. */
  readonly snapshot: string;
  readonly environment: string;
  readonly identity: { readonly sub: string; readonly kind: string; readonly groups: readonly string[] };
  readonly sample: { readonly rate?: number; readonly rows?: number; readonly seed: string } | null;
  /** SHA-256 over names, types and rows: equal content, equal hash. */
  readonly content_hash: string;
  readonly datasets: readonly SandboxDataset[];
  readonly left_out: readonly LeftOut[];
  readonly references: readonly SandboxReference[];
  readonly dbt: {
    /** Models and snapshots that dbt can build from what is in the file, as dbt selects them. */
    readonly buildable: readonly string[];
    readonly command: string | null;
  };
}

export interface SandboxDataset {
  readonly id: string;
  readonly unique_id: string;
  readonly resource_type: string;
  readonly schema: string;
  readonly identifier: string;
  readonly rows: number;
  /** Rows that were read; a sample has fewer. */
  readonly rows_read: number;
  /** Whether a policy's `max_rows` left rows out. */
  readonly truncated: boolean;
  readonly filtered: boolean;
  readonly columns: readonly SandboxColumn[];
  /** For stewards: columns of the warehouse that do not exist for the identity. */
  readonly hidden?: readonly string[];
  /** Of what dbt builds it from: whether all of it is in the file, and what is not, as far as the identity may know of it. */
  readonly inputs: { readonly complete: boolean; readonly missing: readonly string[] };
  readonly content_hash: string;
}

export interface SandboxColumn {
  readonly name: string;
  /** DuckDB's. */
  readonly type: string;
  readonly masked: boolean;
  /** For stewards. */
  readonly masks?: readonly string[];
}

export interface SandboxReference {
  readonly from: { readonly dataset: string; readonly columns: readonly string[] };
  readonly to: { readonly dataset: string; readonly columns: readonly string[] };
  readonly via: 'test' | 'constraint';
  /** Whether every value of it stands in its parent, in this file. */
  readonly holds: boolean;
  /** Rows that were read whose value does not stand in what was read of the parent. */
  readonly dangling: number;
}

export interface Made {
  readonly staged: readonly Staged[];
  /** One for each staged dataset. */
  readonly finished: readonly Finished[];
  readonly leftOut: readonly LeftOut[];
  readonly references: readonly SandboxReference[];
  readonly links: DbtLinks;
  readonly identity: Identity;
  readonly steward: boolean;
  readonly snapshot: string;
  readonly environment: string;
  readonly sample: SampleAsk | null;
  readonly createdAt: string;
}

export function manifestOf(made: Made): SandboxManifest {
  const { staged, finished, identity, sample } = made;
  const datasets = staged.map((one, index) => datasetOf(one, finished[index], made));
  const buildable = staged
    .filter((one, index) => datasets[index]?.inputs.complete && isBuildable(one, made))
    .map(({ chosen }) => selectorOf(chosen.dataset.uniqueId));
  return {
    format: 1,
    created_at: made.createdAt,
    snapshot: made.snapshot,
    environment: made.environment,
    identity: { sub: identity.sub, kind: identity.kind, groups: identity.groups },
    sample: sample === null ? null : { ...sample.size, seed: sample.seed },
    content_hash: hashOf(datasets),
    datasets,
    left_out: made.leftOut,
    references: made.references,
    dbt: { buildable, command: commandOf(buildable) },
  };
}

function datasetOf(
  { chosen, stage, read }: Staged,
  finished: Finished | undefined,
  made: Made,
): SandboxDataset {
  const { dataset, decision, columns } = chosen;
  return {
    id: dataset.id,
    unique_id: dataset.uniqueId,
    resource_type: dataset.resourceType,
    schema: dataset.relation.schema,
    identifier: dataset.relation.identifier,
    rows: finished?.rows ?? 0,
    rows_read: stage.rows,
    truncated: read.truncated,
    filtered: read.filtered,
    columns: columns.map((column, at) => ({
      name: column.name,
      type: stage.types[at] ?? '',
      masked: read.columns[at]?.masked ?? true,
      ...(made.steward ? { masks: masksOf(decision.masks[column.folded]) } : {}),
    })),
    ...(made.steward ? { hidden: chosen.hidden.map(({ name }) => name) } : {}),
    inputs: inputsOf(dataset.uniqueId, made),
    content_hash: finished?.hash ?? '',
  };
}

/** Kinds, the strictest first; one that holds for some rows says so. */
function masksOf(applied: Decision['masks'][string] | undefined): readonly string[] {
  if (applied === undefined) return [];
  const some = (applied.when ?? []).map(({ mask }) => `${mask.kind} (some rows)`);
  return applied.mask === null ? some : [...some, applied.mask.kind];
}

function inputsOf(uniqueId: string, { links, staged, leftOut }: Made): SandboxDataset['inputs'] {
  const inputs = links.inputs.get(uniqueId);
  if (inputs === undefined) return { complete: false, missing: [] };
  const there = new Set(staged.map(({ chosen }) => chosen.dataset.uniqueId));
  const absent = inputs.filter((input) => !there.has(input));
  const known = leftOut.filter((one) => absent.includes(one.unique_id)).map(({ dataset }) => dataset);
  return { complete: absent.length === 0, missing: known };
}

/** A source is built by nobody, a seed comes from its file; SQL that says the name of a hidden column would fail. */
function isBuildable({ chosen }: Staged, { staged, links }: Made): boolean {
  const { uniqueId, resourceType } = chosen.dataset;
  // dbt looks for columns of its own in a snapshot that is there.
  if (resourceType === 'snapshot' ? chosen.hidden.length > 0 : resourceType !== 'model') return false;
  const code = links.code.get(uniqueId)?.toLowerCase() ?? '';
  const words = new Set(code.match(/[\p{L}_][\p{L}\p{N}_$]*/gu));
  const inputs = links.inputs.get(uniqueId) ?? [];
  const read = staged.filter(({ chosen: { dataset } }) => inputs.includes(dataset.uniqueId));
  return [chosen, ...read.map((one) => one.chosen)].every(({ hidden }) =>
    hidden.every(({ name }) =>
      PLAIN.test(name) ? !words.has(name.toLowerCase()) : !code.includes(name.toLowerCase()),
    ),
  );
}

const PLAIN = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

function hashOf(datasets: readonly SandboxDataset[]): string {
  const hash = createHash('sha256');
  for (const { schema, identifier, columns, content_hash } of datasets)
    hash.update(
      JSON.stringify([schema, identifier, columns.map(({ name, type }) => [name, type]), content_hash]),
    );
  return hash.digest('hex');
}

/** Names as dbt selects them: `members`, `tariffs.v2`. */
function selectorOf(uniqueId: string): string {
  return uniqueId.split('.').slice(2).join('.');
}

/**
 * Whatever a selected node is built from stands in the file, so a test all of whose nodes are among both can run. A target
 * path of its own keeps the artifacts that are pushed.
 */
function commandOf(buildable: readonly string[]): string | null {
  if (buildable.length === 0) return null;
  return `dbt build --target sandbox --target-path target/sandbox --select ${buildable.join(' ')} --indirect-selection buildable`;
}
