/** Columns that dbt and the warehouse do not agree on, and those that nobody classified. */
import type { Column, Dataset } from '../catalogue/dataset.ts';
import { type Folding, foldingOf, physicalName } from '../catalogue/fold.ts';
import type { DbtNode, DbtProject } from '../dbt/project.ts';
import { guess } from '../discovery/guess.ts';
import type { Sampled, SampledColumns } from '../discovery/verdict.ts';
import { type Finding, finding, type Level } from '../findings.ts';
import { nearest } from '../nearest.ts';

export interface ColumnFacts {
  readonly dataset: Dataset;
  /** Null where only the catalogue is at hand. */
  readonly node: DbtNode | null;
  readonly folding: Folding;
  /** What samples told, by folded name; null where none were read. */
  readonly sampled: ReadonlyMap<string, Sampled> | null;
}

export function columnFindings(
  datasets: readonly Dataset[],
  project: DbtProject | null,
  samples: SampledColumns,
): readonly Finding[] {
  const nodes = new Map((project?.nodes ?? []).map((node) => [node.uniqueId, node]));
  const folding = foldingOf(project?.adapter ?? null);
  return datasets.flatMap((dataset) => {
    const node = nodes.get(dataset.uniqueId) ?? null;
    const facts: ColumnFacts = { dataset, node, folding, sampled: samples.get(dataset.id) ?? null };
    return [...dataset.columns.flatMap((column) => ofColumn(column, facts)), ...caseMismatches(facts)];
  });
}

function ofColumn(column: Column, facts: ColumnFacts): readonly Finding[] {
  switch (column.state) {
    case 'documented':
      return [];
    case 'untagged': {
      const likely = likelyPersonal(column, facts);
      return likely === null ? [untagged(column, facts)] : [likely];
    }
    case 'unclassified':
      return [unclassified(column, facts), ...listOf(likelyPersonal(column, facts))];
    case 'ghost':
      return [ghost(column, facts)];
    default:
      return column.state satisfies never;
  }
}

const listOf = <T>(value: T | null): readonly T[] => (value === null ? [] : [value]);

const placeOf = (column: Column, { dataset, node }: ColumnFacts) => ({
  node: dataset.uniqueId,
  dataset: dataset.id,
  column: column.name,
  file: node?.file ?? null,
});

const untagged = (column: Column, facts: ColumnFacts): Finding =>
  finding('untagged-column', 'has no tag', placeOf(column, facts));

function unclassified(column: Column, facts: ColumnFacts): Finding {
  const message = column.exposed
    ? 'is in the warehouse and not in dbt, and shown all the same: its publish rule says so'
    : 'is in the warehouse and not in dbt: nobody sees it';
  return finding('unclassified-column', message, placeOf(column, facts));
}

/** Its tags may have been meant for a column that was renamed. */
function ghost(column: Column, facts: ColumnFacts): Finding {
  const tags = column.tags.map(({ tag }) => tag).join(', ');
  const message =
    tags === ''
      ? 'is in dbt and not in the warehouse'
      : `is in dbt (tagged ${tags}) and not in the warehouse`;
  const others = facts.dataset.columns.filter(({ state }) => state === 'unclassified');
  const near = nearest(
    column.name,
    others.map(({ name }) => name),
  );
  return finding('ghost-column', message, {
    ...placeOf(column, facts),
    hint: near === null ? null : `The warehouse has an undocumented column "${near}": was it renamed?`,
  });
}

/** From values where they were read, else from its name; a name that the values do not bear out is a note. */
function likelyPersonal(column: Column, facts: ColumnFacts): Finding | null {
  const sampled = facts.sampled?.get(column.folded) ?? null;
  const named = guess({ column: column.name, dataset: facts.dataset.name, family: column.family });
  const likely = (message: string, tag: string, level?: Level): Finding =>
    finding('likely-personal-data', `${message}, and has no tag`, {
      ...placeOf(column, facts),
      hint: `Add to the column: ${suggestion(column, facts, tag)}`,
      ...(level === undefined ? {} : { level }),
    });
  if (sampled?.verdict) {
    const { rate, what, tag } = sampled.verdict;
    return likely(`looks like ${what} in ${rate} % of ${sampled.values} sampled values`, tag);
  }
  if (named === null) return null;
  if (sampled === null || sampled.values < ENOUGH) return likely(`is named like ${named.what}`, named.tag);
  const unlike = `is named like ${named.what}, though its sampled values do not look like it`;
  return CHECKED.has(named.tag)
    ? likely(unlike, named.tag, 'note')
    : likely(`is named like ${named.what}`, named.tag);
}

/** Sampled values from which on their silence says something. */
const ENOUGH = 20;
/** Kinds that values would give away. */
const CHECKED: ReadonlySet<string> = new Set(['pii.email', 'pii.ip', 'pii.iban', 'pii.payment_card']);

/** dbt 1.10 and Fusion take column tags under `config`; all versions read them at the top. */
function suggestion(column: Column, { node }: ColumnFacts, tag: string): string {
  const line = `tags: [${tag}]`;
  const documented =
    node?.columns.some(({ name }) => name.toLowerCase() === column.name.toLowerCase()) ?? true;
  const name = /^[A-Za-z_]\w*$/.test(column.name) ? column.name : JSON.stringify(column.name);
  return documented ? line : `- { name: ${name}, ${line} }`;
}

/**
 * As dbt spells it, the column would be another one, or the same only since the warehouse disregards case. Where case
 * tells names apart that is a mistake; elsewhere it is untidy.
 */
function caseMismatches(facts: ColumnFacts): readonly Finding[] {
  const { dataset, node, folding } = facts;
  const physical = new Map(
    dataset.columns.filter(({ state }) => state !== 'ghost').map((column) => [column.name, column]),
  );
  return (node?.columns ?? []).flatMap((documented) => {
    const meant = physicalName(documented.name, documented.quoted, folding);
    if (physical.has(meant)) return [];
    const found = [...physical.values()].find(({ name }) => name.toLowerCase() === meant.toLowerCase());
    if (found === undefined) return [];
    return [
      finding(
        'case-mismatch',
        `is spelled "${documented.name}" in dbt and "${found.name}" in the warehouse`,
        {
          ...placeOf(found, facts),
          ...(folding === 'insensitive' ? { level: 'note' as const } : {}),
        },
      ),
    ];
  });
}
