/** What differs in the metadata itself: datasets, columns, tags with where they come from, and policies with where they stand. */
import { isDeepStrictEqual } from 'node:util';
import type { Column, Dataset, TagAssignment, TagSource } from '../catalogue/dataset.ts';
import type { PolicySet, PolicySummary } from '../policies/policy.ts';
import { type DatasetPair, idOf } from './pairs.ts';
import type { ColumnChange, DatasetChange, Difference, PolicyChange, TagChange } from './report.ts';

export interface MetadataChanges {
  readonly datasets: readonly DatasetChange[];
  readonly columns: readonly ColumnChange[];
  readonly tags: readonly TagChange[];
  readonly policies: readonly PolicyChange[];
}

export function metadataChanges(
  pairs: readonly DatasetPair[],
  before: Pick<PolicySet, 'policies'>,
  after: Pick<PolicySet, 'policies'>,
): MetadataChanges {
  return {
    datasets: pairs.flatMap(datasetChange),
    columns: pairs.flatMap(columnChanges),
    tags: pairs.flatMap(tagChanges),
    policies: policyChanges(before.policies, after.policies),
  };
}

/** What is told of a dataset, beside its columns and tags. */
const FIELDS: Readonly<Record<string, (dataset: Dataset) => string | null>> = {
  access_level: (d) => d.accessLevel,
  owner: (d) => d.owner,
  relation: ({ relation: { database, schema, identifier } }) =>
    [...(database === null ? [] : [database]), schema, identifier].join('.'),
  engine: (d) => d.engine,
  invalid: (d) => d.invalid,
  node: (d) => d.uniqueId,
  resource_type: (d) => d.resourceType,
  materialized: (d) => d.materialized,
  access: (d) => d.access,
  group: (d) => d.group,
  contract: (d) => String(d.contract),
  description: (d) => d.description,
};

function differences<T>(
  fields: Readonly<Record<string, (of: T) => string | null>>,
  before: T,
  after: T,
): readonly Difference[] {
  return Object.entries(fields).flatMap(([field, read]) => {
    const [from, to] = [read(before), read(after)];
    return from === to ? [] : [{ field, from, to }];
  });
}

function datasetChange(pair: DatasetPair): readonly DatasetChange[] {
  const { before, after } = pair;
  const dataset = idOf(pair);
  if (before === null || after === null) {
    const change = before === null ? 'added' : 'removed';
    const columns = (after ?? before)?.columns.length ?? 0;
    return [{ dataset, change, was: null, differences: [], columns }];
  }
  const differ = differences(FIELDS, before, after);
  const was = before.id === after.id ? null : before.id;
  return differ.length === 0 && was === null
    ? []
    : [{ dataset, change: 'changed', was, differences: differ, columns: 0 }];
}

const COLUMN_FIELDS: Readonly<Record<string, (column: Column) => string | null>> = {
  name: (c) => c.name,
  type: (c) => c.type,
  state: (c) => c.state,
  exposed: (c) => String(c.exposed),
  description: (c) => c.description,
};

/** Both sides of each column of a dataset that is on both sides. */
function columnPairs({ before, after }: DatasetPair): readonly (readonly [Column | null, Column | null])[] {
  const was = new Map((before?.columns ?? []).map((column) => [column.folded, column]));
  const pairs = (after?.columns ?? []).map((column): readonly [Column | null, Column | null] => {
    const same = was.get(column.folded) ?? null;
    was.delete(column.folded);
    return [same, column];
  });
  return [...pairs, ...[...was.values()].map((column) => [column, null] as const)];
}

function columnChanges(pair: DatasetPair): readonly ColumnChange[] {
  if (pair.before === null || pair.after === null || pair.before === pair.after) return [];
  const dataset = idOf(pair);
  return columnPairs(pair).flatMap(([before, after]): readonly ColumnChange[] => {
    const column = (after ?? before)?.name ?? '';
    if (before === null || after === null)
      return [{ dataset, column, change: before === null ? 'added' : 'removed', differences: [] }];
    const differ = differences(COLUMN_FIELDS, before, after);
    return differ.length === 0 ? [] : [{ dataset, column, change: 'changed', differences: differ }];
  });
}

function tagChanges(pair: DatasetPair): readonly TagChange[] {
  const dataset = idOf(pair);
  return [
    ...compareTags(dataset, null, pair.before?.tags, pair.after?.tags),
    ...columnPairs(pair).flatMap(([before, after]) =>
      compareTags(dataset, (after ?? before)?.name ?? null, before?.tags, after?.tags),
    ),
  ];
}

const NONE: readonly TagAssignment[] = [];

function compareTags(
  dataset: string,
  column: string | null,
  before: readonly TagAssignment[] = NONE,
  after: readonly TagAssignment[] = NONE,
): readonly TagChange[] {
  const only = (
    some: readonly TagAssignment[],
    others: readonly TagAssignment[],
    change: TagChange['change'],
  ): readonly TagChange[] =>
    some
      .filter(({ tag, source }) => source.kind !== 'derived' && !others.some((other) => other.tag === tag))
      .map(({ tag, source }) => ({ dataset, column, tag, change, source: sourceOf(source) }));
  return [...only(after, before, 'added'), ...only(before, after, 'removed')];
}

/** `column config.tags in models/x.yml`, `propagated from bronze.contacts.email (models/sources.yml)` */
export function sourceOf(source: TagSource): string {
  const { via, file } = source;
  const where = file === null ? '' : ` in ${file}`;
  if (source.kind !== 'propagated') return `${via}${where}`;
  const [origin] = source.path;
  return origin === undefined
    ? `${via}${where}`
    : `propagated from ${origin.dataset}.${origin.column}${file === null ? '' : ` (${file})`}`;
}

function policyChanges(
  before: readonly PolicySummary[],
  after: readonly PolicySummary[],
): readonly PolicyChange[] {
  const was = new Map(before.map((policy) => [policy.id, policy]));
  const changes: PolicyChange[] = [];
  for (const policy of after) {
    const same = was.get(policy.id);
    was.delete(policy.id);
    const rewritten = same !== undefined && !isDeepStrictEqual(same.definition, policy.definition);
    const matches = compareMatches(same?.datasets ?? [], policy.datasets);
    if (same === undefined) changes.push({ ...policyChange(policy, 'added', matches), rewritten });
    else if (rewritten || matches.added > 0 || matches.removed > 0)
      changes.push({
        ...policyChange(policy, 'changed', matches),
        rewritten,
        differences: compareApprovals(same, policy),
      });
  }
  for (const policy of was.values())
    changes.push(policyChange(policy, 'removed', compareMatches(policy.datasets, [])));
  return changes.sort((a, b) => (a.policy < b.policy ? -1 : 1));
}

function policyChange(
  { id, effect, source }: PolicySummary,
  change: PolicyChange['change'],
  matches: PolicyChange['matches'],
): PolicyChange {
  const place = `${source.file}:${source.line}`;
  return { policy: id, change, effect, source: place, rewritten: false, matches, differences: [] };
}

/** Who is asked, where somebody asks for access in spite of it. */
function compareApprovals(was: PolicySummary, is: PolicySummary): readonly Difference[] {
  const [from, to] = [was, is].map(({ definition }) => {
    const { approve } = Object(definition) as { approve?: unknown };
    return approve === undefined ? null : JSON.stringify(approve);
  });
  return from === to ? [] : [{ field: 'approve', from: from ?? null, to: to ?? null }];
}

function compareMatches(before: readonly string[], after: readonly string[]): PolicyChange['matches'] {
  const [was, is] = [new Set(before), new Set(after)];
  return { added: is.difference(was).size, removed: was.difference(is).size };
}
