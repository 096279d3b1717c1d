/** Lints the state that a push would bring, or the one that was applied last: no gate is opened, and nothing is changed. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openAuditLog } from './audit/log.ts';
import type { Config } from './config.ts';
import type { DbtProject } from './dbt/project.ts';
import { type YamlFiles, yamlPathOf } from './dbt/yaml.ts';
import type { SampledColumns } from './discovery/verdict.ts';
import type { Engine } from './engines/engine.ts';
import { SluiceError } from './errors.ts';
import type { Finding } from './findings.ts';
import { refusalFindings } from './hygiene/refusals.ts';
import { examineHygiene, type HygieneReport, reportOf } from './hygiene/report.ts';
import { candidateColumns, readSamples } from './lint-samples.ts';
import { builtInOf } from './open/audit-dataset.ts';
import { openEngine } from './open/engines.ts';
import { auditPath, stateFolder } from './open.ts';
import { stateOf } from './push.ts';
import { teller } from './request/teller.ts';
import { type BuiltIn, buildSnapshot, readProject, type Snapshot, type SnapshotInput } from './snapshot.ts';
import { loadParser } from './sql/parse.ts';
import { type ArtifactFiles, readArtifacts } from './state/artifacts.ts';
import type { PushedInput } from './state/metadata.ts';
import { openPublishedFolder } from './state/published-folder.ts';
import { traced } from './state/trace.ts';
import { openStore } from './store/open-store.ts';

export interface LintAsk {
  /** Of the would-be push; not read where `applied` is meant. */
  readonly files: ArtifactFiles;
  /** The last applied state instead of the files. */
  readonly applied: boolean;
  /** Engines are not asked; catalog.json tells what the warehouse has. */
  readonly offline: boolean;
  /** Rows of each dataset to look at; null for none. */
  readonly samples: number | null;
  /** Who looks, for the audit. */
  readonly operator: string;
  /** Files are told as seen from here. */
  readonly root: string;
  readonly signal: AbortSignal;
}

export interface LintReport extends HygieneReport {
  /** What could not be looked at, and why: for the reader of a report without findings. */
  readonly notes: readonly string[];
}

/** @throws SluiceError snapshot_missing, audit_unavailable, usage; what is wrong with the state itself is a finding */
export async function lint(
  config: Config,
  ask: LintAsk,
  onStep: (text: string) => void,
): Promise<LintReport> {
  await loadParser();
  const notes: string[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  try {
    onStep('reading the state');
    const read = await readInput(config, ask);
    if ('refused' in read) return report(reportOf(read.refused, []));
    const engines = await reachEngines();
    const { snapshot, refused } = build(
      await withLineage({ ...read.input, physical: engines.physical }, read.previous, onStep),
      builtInOf(config),
    );
    if (snapshot === null) return report(reportOf(refused, []));
    const project = readProject(read.input.manifest);
    const samples = ask.samples === null ? NO_SAMPLES : await sample(snapshot, engines.reached, ask.samples);
    onStep('looking for what is amiss');
    const yaml = readYaml(config, project, snapshot);
    return report(
      examineHygiene({
        snapshot: { ...snapshot, findings: [...refused, ...snapshot.findings] },
        project,
        yaml,
        samples,
        now: Date.now(),
      }),
    );
  } finally {
    for (const close of closing.reverse()) await close();
  }

  function report(found: HygieneReport): LintReport {
    return { ...found, findings: found.findings.map((one) => located(one, config, ask.root)), notes };
  }

  /** An engine that is not there leaves the word to catalog.json. */
  async function reachEngines(): Promise<{
    readonly physical: SnapshotInput['physical'];
    readonly reached: ReadonlyMap<string, Engine>;
  }> {
    const reached = new Map<string, Engine>();
    const physical: Record<string, Awaited<ReturnType<Engine['describe']>>> = {};
    if (ask.offline) return { physical, reached };
    const folder = openPublishedFolder(stateFolder(config), 'cli');
    closing.push(async () => folder.close());
    for (const name of Object.keys(config.engines))
      try {
        onStep(`asking ${name}`);
        const engine = await openEngine(name, config, folder.path, () => {});
        closing.push(() => engine.close());
        await engine.publish();
        physical[name] = await engine.describe();
        reached.set(name, engine);
      } catch (thrown) {
        const why = thrown instanceof SluiceError ? thrown.message : 'it did not answer';
        notes.push(`The engine ${name} was not asked: ${why} Columns are those of catalog.json.`);
      }
    return { physical, reached };
  }

  /** On record before a row is read. */
  async function sample(
    snapshot: Snapshot,
    engines: ReadonlyMap<string, Engine>,
    rows: number,
  ): Promise<SampledColumns> {
    const looked = snapshot.catalogue.datasets.filter(
      (dataset) => engines.has(dataset.engine) && candidateColumns(dataset).length > 0,
    );
    const audit = await openAuditLog({ path: auditPath(config), survives: config.audit.survives });
    closing.push(() => audit.close());
    const subject = { sub: ask.operator, kind: 'user', issuer: null };
    const caller = { requestId: randomUUID(), client: { ip: null, door: 'cli', user_agent: null } };
    const tell = teller(
      { event: 'admin', action: 'lint_samples', subject, caller },
      { audit, now: () => new Date() },
    );
    await tell({ datasets: looked.map(({ id }) => id), reasons: ['operator'] });
    const { byDataset, failed } = await readSamples(looked, {
      engines,
      rows,
      timeoutMs: config.limits.timeout,
      signal: ask.signal,
      onStep: (dataset) => onStep(`reading samples of ${dataset}`),
    });
    for (const { dataset, code } of failed) notes.push(`${dataset} could not be sampled (${code}).`);
    return byDataset;
  }
}

const NO_SAMPLES: SampledColumns = new Map();

type Read =
  | { readonly input: PushedInput; readonly previous: PushedInput['lineage'] }
  | { readonly refused: readonly Finding[] };

/** What cannot be traced is refused when it is built, with its reason. */
async function withLineage(
  input: SnapshotInput,
  previous: PushedInput['lineage'],
  onStep: (text: string) => void,
): Promise<SnapshotInput> {
  if (input.lineage !== undefined) return input;
  return traced(input, { previous, onStep }).catch((thrown: unknown) => {
    asFindings(thrown);
    return input;
  });
}

async function readInput(config: Config, { applied, files }: LintAsk): Promise<Read> {
  const latest = await latestInput(config);
  if (applied) {
    if (latest !== null) return { input: { lineage: null, ...latest }, previous: null };
    throw new SluiceError('snapshot_missing', undefined, { hint: 'Push a state first, or lint the files.' });
  }
  try {
    const state = stateOf(readArtifacts(config, files), {
      environment: config.environment,
      defaults: defaultsOf(config),
    });
    return { input: state(latest), previous: latest?.lineage };
  } catch (thrown) {
    return { refused: asFindings(thrown) };
  }
}

/** As a gate of this configuration has them. */
const defaultsOf = ({ engines, publish, search_path, metadata, tags }: Config) => ({
  engines: Object.keys(engines),
  publish: publish as SnapshotInput['publish'],
  searchPath: search_path,
  prefix: metadata.prefix,
  tagRules: tags,
});

/** What was applied last; null before the first push. */
async function latestInput(config: Config): Promise<PushedInput | null> {
  if (!existsSync(config.state.replace(/^sqlite:/, ''))) return null;
  const store = await openStore(config.state);
  try {
    const stored = await store.latestSnapshot();
    return stored === null ? null : (JSON.parse(stored.input) as PushedInput);
  } finally {
    await store.close();
  }
}

/** Policies that cannot be used leave the rest to be looked at. */
function build(
  input: SnapshotInput,
  builtIn: BuiltIn | null,
): {
  readonly snapshot: Snapshot | null;
  readonly refused: readonly Finding[];
} {
  try {
    return { snapshot: buildSnapshot(input, builtIn), refused: [] };
  } catch (thrown) {
    const refused = asFindings(thrown);
    if (
      input.policyFiles.length === 0 ||
      refused.some(({ rule }) => rule.endsWith('-invalid') && rule !== 'policy-invalid')
    )
      return { snapshot: null, refused };
    return { snapshot: build({ ...input, policyFiles: [] }, builtIn).snapshot, refused };
  }
}

function asFindings(thrown: unknown): readonly Finding[] {
  const findings = thrown instanceof SluiceError ? refusalFindings(thrown) : null;
  if (findings === null) throw thrown;
  return findings;
}

/** The YAML of all that is published, as far as it is at hand. */
function readYaml(config: Config, project: DbtProject, { catalogue }: Snapshot): YamlFiles {
  const root = config.metadata.project ?? config.folder;
  const published = new Set(catalogue.datasets.map(({ uniqueId }) => uniqueId));
  const paths = project.nodes
    .filter(({ uniqueId }) => published.has(uniqueId))
    .map((node) => yamlPathOf(node, project.name));
  const present = [...new Set(paths)].filter((path) => path !== null && existsSync(join(root, path)));
  return Object.fromEntries(present.map((path) => [path, readFileSync(join(root, path ?? ''), 'utf8')]));
}

const OF_POLICIES: ReadonlySet<Finding['rule']> = new Set([
  'policy-invalid',
  'filter-on-missing-tag',
  'master-key',
]);

/** Policies lie below the configuration, dbt's files below the project. */
function located(one: Finding, config: Config, root: string): Finding {
  if (one.file === null) return one;
  const ofPolicies = one.policy !== null || OF_POLICIES.has(one.rule);
  const base = ofPolicies ? config.folder : (config.metadata.project ?? config.folder);
  return Object.freeze({ ...one, file: relative(root, join(base, one.file)).replaceAll('\\', '/') });
}
