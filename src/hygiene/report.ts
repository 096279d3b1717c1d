/** Everything that can be found about one state: pure, in a fixed order, with the lines of the YAML where it is at hand. */
import { ownDatasets } from '../catalogue/built-in.ts';
import type { DbtProject } from '../dbt/project.ts';
import { type YamlFiles, yamlPathOf } from '../dbt/yaml.ts';
import { type WrittenYaml, writtenYaml } from '../dbt/yaml-lines.ts';
import type { SampledColumns } from '../discovery/verdict.ts';
import { type Finding, type Level, RULES, type RuleId } from '../findings.ts';
import type { Snapshot } from '../snapshot.ts';
import { columnFindings } from './columns.ts';
import { datasetFindings } from './datasets.ts';
import { expiredFindings } from './expired.ts';
import { roomFindings } from './rooms.ts';
import { type Coverage, coverageByNamespace, coverageOf, type NamespaceCoverage } from './score.ts';
import { shadowFindings } from './shadows.ts';

export interface HygieneInput {
  readonly snapshot: Pick<Snapshot, 'catalogue' | 'policies' | 'findings'>;
  /** Null where only the snapshot is at hand: files and spellings are not known then. */
  readonly project: DbtProject | null;
  /** The project's YAML by path below its root, as far as it is at hand. */
  readonly yaml: YamlFiles;
  readonly samples: SampledColumns;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface HygieneReport {
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Level, number>>;
  readonly coverage: Coverage;
  readonly namespaces: readonly NamespaceCoverage[];
}

export function examineHygiene({ snapshot, project, yaml, samples, now }: HygieneInput): HygieneReport {
  // What the gate publishes itself is nobody's to mend.
  const datasets = ownDatasets(snapshot.catalogue);
  const written = writtenYaml(yaml);
  const byNode = new Map(datasets.map(({ uniqueId, id }) => [uniqueId, id]));
  const found = [
    ...snapshot.findings.map((one) => named(one, byNode)),
    ...columnFindings(datasets, project, samples),
    ...datasetFindings(datasets, project, written),
    ...shadowFindings(snapshot.policies),
    ...roomFindings(snapshot),
    ...expiredFindings(snapshot, now),
  ];
  return reportOf(withLines(found, project, written), datasets);
}

/** For states that a push would refuse too: nothing but the findings may be known. */
export function reportOf(
  found: readonly Finding[],
  datasets: Snapshot['catalogue']['datasets'],
): HygieneReport {
  const findings = inOrder(found);
  const count = (level: Level): number => findings.filter((one) => one.level === level).length;
  return {
    findings,
    counts: { error: count('error'), warning: count('warning'), note: count('note') },
    coverage: coverageOf(datasets, findings),
    namespaces: coverageByNamespace(datasets, findings),
  };
}

/** Findings of the passes before the catalogue know nodes alone. */
function named(one: Finding, byNode: ReadonlyMap<string, string>): Finding {
  const dataset = one.dataset ?? byNode.get(one.node ?? '') ?? null;
  return dataset === one.dataset ? one : Object.freeze({ ...one, dataset });
}

function withLines(
  findings: readonly Finding[],
  project: DbtProject | null,
  yaml: WrittenYaml,
): readonly Finding[] {
  const nodes = new Map((project?.nodes ?? []).map((node) => [node.uniqueId, node]));
  return findings.map((one) => {
    const node = nodes.get(one.node ?? '');
    if (one.line !== null || node === undefined) return one;
    const path = yamlPathOf(node, project?.name ?? null);
    if (path === null) return one.file === null ? Object.freeze({ ...one, file: node.file }) : one;
    return Object.freeze({ ...one, file: path, line: yaml.lineOf(path, node, one.column) });
  });
}

const LEVELS: readonly Level[] = ['error', 'warning', 'note'];
const RANKS = new Map((Object.keys(RULES) as RuleId[]).map((rule, rank) => [rule, rank]));

/** A big catalogue has a hundred thousand: each is spelled out once. */
function inOrder(found: readonly Finding[]): readonly Finding[] {
  return found
    .map((one) => ({ one, key: keyOf(one) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ one }) => one);
}

const padded = (number: number): string => String(number).padStart(8, '0');

function keyOf({ level, rule, dataset, node, policy, file, line, column, message }: Finding): string {
  const rank = padded(LEVELS.indexOf(level) * 1_000 + (RANKS.get(rule) ?? 0));
  return [
    rank,
    dataset ?? node ?? '',
    policy ?? '',
    file ?? '',
    padded(line ?? 0),
    column ?? '',
    message,
  ].join('\n');
}
