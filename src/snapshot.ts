/** The path of metadata: dbt artifacts -> tags -> catalogue -> policies -> snapshot, frozen and hashed. */
import { createHash } from 'node:crypto';
import { buildCatalogue } from './catalogue/build.ts';
import { intruders, withBuiltIn } from './catalogue/built-in.ts';
import type { CleanRoomLimits } from './catalogue/clean-room.ts';
import { danglingPatches } from './catalogue/dangling.ts';
import type { Catalogue, Dataset } from './catalogue/dataset.ts';
import { foldingOf, physicalName } from './catalogue/fold.ts';
import { nodesByName, publishedIds } from './catalogue/names.ts';
import type { PhysicalByEngine } from './catalogue/physical.ts';
import type { PublishRule } from './catalogue/publish.ts';
import { readCatalog } from './dbt/catalog.ts';
import { readManifest } from './dbt/manifest.ts';
import type { DbtProject } from './dbt/project.ts';
import { trimCatalog, trimManifest } from './dbt/trim.ts';
import type { YamlFiles } from './dbt/yaml.ts';
import { SluiceError } from './errors.ts';
import { type Finding, inShort } from './findings.ts';
import type { Lineage, TagRules } from './lineage/lineage.ts';
import { compilePolicies, type PolicyFile } from './policies/compile.ts';
import type { MatchedPolicy, PolicySet } from './policies/policy.ts';
import { type AssignedTags, assignTags } from './tags/assign.ts';
import { yamlFilesThatSettle } from './tags/inherited.ts';
import { applyPatches, type TagPatch } from './tags/patch.ts';
import { propagateTags } from './tags/propagate.ts';
import { propagationOf } from './tags/rules.ts';

/** Everything the gate knows at one moment; swapped whole. */
export interface Snapshot {
  /** SHA-256 over the canonical content; equal content, equal hash. */
  readonly hash: string;
  readonly catalogue: Catalogue;
  readonly policies: PolicySet;
  /** What was found on the way; `sluice lint` finds more. */
  readonly findings: readonly Finding[];
  /** The findings, as a push tells them. */
  readonly warnings: readonly string[];
}

/** All that a snapshot is made of, as plain JSON: what the store keeps, and builds the same snapshot from again. */
export interface SnapshotInput {
  readonly environment: string;
  /** manifest.json, parsed; whole or trimmed. */
  readonly manifest: unknown;
  /** catalog.json, parsed; null where there is none. */
  readonly catalog: unknown;
  /** By path below the project's root; see `yamlFilesNeeded`. */
  readonly yamlFiles: YamlFiles;
  /** What each engine serves now; an engine that is left out was not asked. */
  readonly physical: PhysicalByEngine;
  readonly engines: readonly string[];
  readonly publish: readonly PublishRule[];
  readonly searchPath: readonly string[];
  readonly prefix: string | null;
  readonly policyFiles: readonly PolicyFile[];
  /** Computed once, at the push, so that no rebuild reads SQL; absent in what earlier releases stored. */
  readonly lineage?: Lineage | null | undefined;
  /** `tags:` of the configuration; absent likewise. */
  readonly tagRules?: TagRules | undefined;
  /** Tags that other tools put there; absent likewise. */
  readonly patches?: readonly TagPatch[] | undefined;
}

/** What the gate publishes itself, whatever the state: no part of the input, and none of the hash. */
export interface BuiltIn {
  readonly datasets: readonly Dataset[];
  readonly policies: readonly MatchedPolicy[];
}

/** Pure: equal input, equal snapshot. The SQL parser must be loaded, for policies hold SQL. @throws SluiceError 9xxx */
export function buildSnapshot(input: SnapshotInput, builtIn: BuiltIn | null = null): Snapshot {
  const project = readProject(input.manifest);
  const catalog = input.catalog === null ? null : readCatalog(input.catalog);
  const patches = input.patches ?? [];
  const tags = propagated(patched(assignTags(project, input.yamlFiles), project, input), project, input);
  const { catalogue: own, findings: found } = buildCatalogue({ ...input, project, catalog, tags });
  const catalogue = builtIn === null ? own : beside(own, builtIn, input);
  const policies = compilePolicies(input.policyFiles, catalogue, {
    environment: input.environment,
    builtIn: builtIn?.policies,
  });
  const dangling = danglingPatches(patches, project, catalog, own);
  const findings = Object.freeze([...tags.findings, ...found, ...dangling, ...policies.findings]);
  const warnings = Object.freeze(inShort(findings));
  return Object.freeze({ hash: hashOf(input, own, policies), catalogue, policies, findings, warnings });
}

/** @throws SluiceError publish_invalid where the state publishes into the gate's namespace */
function beside(own: Catalogue, { datasets }: BuiltIn, { searchPath }: SnapshotInput): Catalogue {
  const details = intruders(own.datasets);
  if (details.length > 0) throw new SluiceError('publish_invalid', details[0], { details });
  return withBuiltIn(own, datasets, searchPath);
}

/** What other tools say stands beside dbt's own words before anything follows from either. */
function patched(assigned: AssignedTags, project: DbtProject, input: SnapshotInput): AssignedTags {
  const { patches = [], publish, prefix } = input;
  if (patches.length === 0) return assigned;
  const byName = nodesByName({ project, tags: assigned, publish, prefix });
  return applyPatches(project, assigned, patches, (id) => byName.get(id) ?? []);
}

const NO_LINEAGE: Lineage = { nodes: {} };

/** What follows columns downstream, from dbt's words and those of other tools alike. */
function propagated(assigned: AssignedTags, project: DbtProject, input: SnapshotInput): AssignedTags {
  const { lineage, tagRules = {}, publish, prefix } = input;
  // What earlier releases stored; a push that brings none is told what that means.
  if (lineage === undefined) return assigned;
  const ids = publishedIds({ project, tags: assigned, publish, prefix });
  return propagateTags({
    project,
    assigned,
    lineage: lineage ?? NO_LINEAGE,
    propagation: propagationOf(tagRules),
    nameOf: (node) => ids.get(node) ?? node,
  });
}

/** The rules of every clean room, dataset by dataset: of projects, and of policies that limit a dataset to its aggregates. */
export function cleanRoomsIn({ catalogue, policies }: Pick<Snapshot, 'catalogue' | 'policies'>): readonly {
  readonly dataset: string;
  readonly rules: CleanRoomLimits;
  /** Null for a project's. */
  readonly policy: string | null;
}[] {
  const ofProjects = catalogue.projects.flatMap(({ cleanRoom }) =>
    Object.entries(cleanRoom?.datasets ?? {}).map(([dataset, rules]) => ({ dataset, rules, policy: null })),
  );
  const ofPolicies = catalogue.datasets.flatMap(({ id: dataset }) =>
    policies
      .forDataset(dataset)
      .flatMap((policy) =>
        policy.effect === 'limit'
          ? (policy.limits.aggregate_only ?? []).map((rules) => ({ dataset, rules, policy: policy.id }))
          : [],
      ),
  );
  return [...ofProjects, ...ofPolicies];
}

/** The YAML files of the project, by path below its root, that the input should carry: none for dbt Core. */
export function yamlFilesNeeded(manifest: unknown): readonly string[] {
  return yamlFilesThatSettle(readProject(manifest));
}

/** The same snapshot, or an error as well, from less: the artifacts without what is not read. What the store keeps. */
export function trimInput(input: SnapshotInput): SnapshotInput {
  return {
    ...input,
    manifest: trimManifest(input.manifest),
    catalog: input.catalog === null ? null : trimCatalog(input.catalog),
  };
}

export const readProject = (manifest: unknown) =>
  readManifest(manifest, {
    unquoted: (adapter) => (name) => physicalName(name, false, foldingOf(adapter)),
  });

/** Datasets are sorted by id, their keys stand in one order, and columns are in that of the warehouse: the JSON is canonical. */
function hashOf(input: SnapshotInput, { datasets, projects }: Catalogue, policies: PolicySet): string {
  const hash = createHash('sha256');
  const { environment, prefix, searchPath, patches = [] } = input;
  hash.update(JSON.stringify({ environment, prefix, searchPath, policies: policies.revision, projects }));
  // Also those that hold for nothing now: a patch is a change, whatever it does today.
  if (patches.length > 0) hash.update(`\n${JSON.stringify(patches)}`);
  for (const dataset of datasets) hash.update(`\n${JSON.stringify(dataset)}`);
  return hash.digest('hex');
}
