/** Findings of a small state, as `rule subject: message` and by rule. */
import type { SampledColumns } from '../../src/discovery/verdict.ts';
import type { Finding } from '../../src/findings.ts';
import { examineHygiene } from '../../src/hygiene/report.ts';
import { buildSnapshot, readProject, type SnapshotInput } from '../../src/snapshot.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { type Fields, type ManifestFields, manifest, snapshotInput } from '../dbt/sample.ts';

await loadParser();

export interface State extends Partial<Omit<SnapshotInput, 'manifest'>> {
  readonly nodes: readonly Fields[];
  readonly dbt?: Omit<ManifestFields, 'nodes'>;
  readonly policies?: string;
  readonly yaml?: Readonly<Record<string, string>>;
  readonly samples?: SampledColumns;
}

export function examine({ nodes, dbt, policies, yaml, samples, ...rest }: State) {
  const input = snapshotInput({
    manifest: manifest({ nodes, ...dbt }),
    policyFiles: policies === undefined ? [] : [{ path: 'policies/a.yml', text: policies }],
    ...rest,
  });
  return examineHygiene({
    snapshot: buildSnapshot(input),
    project: readProject(input.manifest),
    yaml: yaml ?? {},
    samples: samples ?? new Map(),
    now: Date.UTC(2026, 6, 1),
  });
}

export const told = ({ rule, dataset, column, policy, message }: Finding): string =>
  `${rule} ${policy ?? `${dataset}${column === null ? '' : `.${column}`}`}: ${message}`;

/** Those of one rule, or of several. */
export function findings(state: State, ...rules: readonly string[]): readonly string[] {
  return examine(state)
    .findings.filter(({ rule }) => rules.includes(rule))
    .map(told);
}
