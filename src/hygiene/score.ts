/** The coverage score: how much of what is published is known well enough to be governed by its tags. */
import type { Dataset } from '../catalogue/dataset.ts';
import type { Finding } from '../findings.ts';

export interface Coverage {
  readonly datasets: number;
  /** Of the warehouse and of dbt together, ghosts among them. */
  readonly columns: number;
  readonly tagged: number;
  readonly untagged: number;
  readonly unclassified: number;
  readonly ghosts: number;
  readonly case_mismatched: number;
  readonly likely_personal: number;
  readonly without_owner: number;
  readonly lineage_unknown: number;
  /** 0 to 100. */
  readonly score: number;
}

export interface NamespaceCoverage extends Coverage {
  readonly namespace: string;
}

/**
 * What a column is worth: someone tagged it, or at least described it; what looks personal and has no tag, what dbt does not
 * know and what does not exist is worth nothing.
 */
const WORTH = { tagged: 1, untagged: 0.5 } as const;

/** Parts of the score: columns, owners, lineage. */
const WEIGHTS = { columns: 0.7, owners: 0.15, lineage: 0.15 } as const;

export function coverageOf(datasets: readonly Dataset[], findings: readonly Finding[]): Coverage {
  const ids = new Set(datasets.map(({ id }) => id));
  const about = findings.filter(({ dataset }) => dataset !== null && ids.has(dataset));
  const found = (rule: Finding['rule']): number => about.filter((one) => one.rule === rule).length;
  const counts = { documented: 0, untagged: 0, unclassified: 0, ghost: 0 };
  for (const { columns } of datasets) for (const { state } of columns) counts[state] += 1;
  const columns = counts.documented + counts.untagged + counts.unclassified + counts.ghost;
  const exposed = new Set(
    datasets.flatMap(({ id, columns: all }) =>
      all.flatMap(({ name, state }) => (state === 'untagged' ? [`${id}\n${name}`] : [])),
    ),
  );
  const likely = about.filter(
    ({ rule, dataset, column }) => rule === 'likely-personal-data' && exposed.has(`${dataset}\n${column}`),
  ).length;
  const withoutOwner = found('published-without-owner');
  const unknown = new Set(
    about
      .filter(({ rule, level }) => rule === 'lineage-unknown' && level !== 'note')
      .map(({ dataset }) => dataset),
  ).size;
  const shares = {
    columns: share(counts.documented * WORTH.tagged + (counts.untagged - likely) * WORTH.untagged, columns),
    owners: share(datasets.length - withoutOwner, datasets.length),
    lineage: share(datasets.length - unknown, datasets.length),
  };
  return {
    datasets: datasets.length,
    columns,
    tagged: counts.documented,
    untagged: counts.untagged,
    unclassified: counts.unclassified,
    ghosts: counts.ghost,
    case_mismatched: found('case-mismatch'),
    likely_personal: found('likely-personal-data'),
    without_owner: withoutOwner,
    lineage_unknown: unknown,
    score: Math.floor(
      100 *
        (WEIGHTS.columns * shares.columns +
          WEIGHTS.owners * shares.owners +
          WEIGHTS.lineage * shares.lineage) +
        1e-9,
    ),
  };
}

export function coverageByNamespace(
  datasets: readonly Dataset[],
  findings: readonly Finding[],
): readonly NamespaceCoverage[] {
  const groups = Map.groupBy(datasets, ({ namespace }) => namespace);
  const byNamespace = new Map(datasets.map(({ id, namespace }) => [id, namespace]));
  const about = Map.groupBy(findings, ({ dataset }) => byNamespace.get(dataset ?? ''));
  return [...groups]
    .map(([namespace, group]) => ({ namespace, ...coverageOf(group, about.get(namespace) ?? []) }))
    .sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
}

/** Of nothing, everything is in order. */
const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);
