/**
 * Matching at push: which datasets and columns a selector covers, over an index by tag and name so that a thousand policies
 * need not look at every column. A tag covers its children: `pii` matches `pii.email`.
 */
import type { Catalogue, Column, Dataset } from '../catalogue/dataset.ts';
import { covers, tagAndAncestors, tagDepth } from '../tags/tag.ts';
import { globMatcher } from './glob.ts';
import type { Selector, SelectorAtom } from './selector.ts';

interface DatasetFacts {
  readonly dataset: Dataset;
  readonly names: readonly string[];
  readonly owner: string | null;
  readonly namespace: string;
  readonly projects: ReadonlySet<string>;
  /** With all their parents. */
  readonly tags: ReadonlySet<string>;
  readonly columnTags: ReadonlySet<string>;
}

/** The catalogue as policies see it. */
export interface PolicyIndex {
  readonly facts: readonly DatasetFacts[];
  readonly environment: string;
  /** What is known of each fact, with the positions of the datasets that have it. */
  readonly by: Readonly<Record<SelectorAtom['kind'], ReadonlyMap<string, readonly number[]>>>;
}

export interface CoveredColumn {
  readonly column: Column;
  /** Depth of the policy's tag that matched it, 0 where no column tag did. */
  readonly depth: number;
  /** The column's own tag that made it match; null where none did. */
  readonly tag: string | null;
}

export function indexCatalogue(
  catalogue: Pick<Catalogue, 'datasets' | 'projects'>,
  environment: string,
): PolicyIndex {
  const projects = new Map<string, Set<string>>();
  for (const project of catalogue.projects) {
    for (const id of project.datasets) addTo(projects, id, project.name.toLowerCase());
  }
  const parentsOf = new Map<string, readonly string[]>();
  const by = {
    tag: new Map<string, number[]>(),
    namespace: new Map<string, number[]>(),
    id: new Map<string, number[]>(),
    level: new Map<string, number[]>(),
    owner: new Map<string, number[]>(),
    project: new Map<string, number[]>(),
    environment: new Map<string, number[]>(),
    column_tag: new Map<string, number[]>(),
    column_name: new Map<string, number[]>(),
    column_type: new Map<string, number[]>(),
  };
  const facts = catalogue.datasets.map((dataset, position): DatasetFacts => {
    const tags = new Set<string>();
    for (const { tag } of dataset.tags) for (const t of withParents(tag, parentsOf)) tags.add(t);
    const columnTags = new Set<string>();
    const columnNames = new Set<string>();
    const columnTypes = new Set<string>();
    for (const column of dataset.columns) {
      for (const { tag } of column.tags) for (const t of withParents(tag, parentsOf)) columnTags.add(t);
      columnNames.add(column.folded.toLowerCase());
      columnTypes.add(column.family);
    }
    const fact: DatasetFacts = {
      dataset,
      names: [...new Set([dataset.id, ...dataset.names].map((name) => name.toLowerCase()))],
      owner: dataset.owner?.toLowerCase() ?? null,
      namespace: dataset.namespace.toLowerCase(),
      projects: projects.get(dataset.id) ?? new Set(),
      tags,
      columnTags,
    };
    for (const tag of tags) push(by.tag, tag, position);
    for (const tag of columnTags) push(by.column_tag, tag, position);
    for (const name of columnNames) push(by.column_name, name, position);
    for (const type of columnTypes) push(by.column_type, type, position);
    for (const name of fact.names) push(by.id, name, position);
    for (const project of fact.projects) push(by.project, project, position);
    if (fact.owner !== null) push(by.owner, fact.owner, position);
    push(by.namespace, fact.namespace, position);
    push(by.level, dataset.accessLevel, position);
    return fact;
  });
  return { facts, environment: environment.toLowerCase(), by };
}

function withParents(tag: string, known: Map<string, readonly string[]>): readonly string[] {
  let all = known.get(tag);
  if (all === undefined) {
    all = tagAndAncestors(tag);
    known.set(tag, all);
  }
  return all;
}

function push(map: Map<string, number[]>, key: string, position: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [position]);
  else list.push(position);
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

/** For access, requirements, denials and row filters: datasets that match, where a column fact means "has a column that …". */
export function matchDatasets(selector: Selector, index: PolicyIndex): readonly Dataset[] {
  return candidates(selector, index)
    .filter((facts) => datasetMatches(selector, facts, index))
    .map((facts) => facts.dataset);
}

/** For masks: the columns that match, where a dataset fact means "of a dataset that …". */
export function matchColumns(
  selector: Selector,
  index: PolicyIndex,
): readonly { readonly dataset: Dataset; readonly columns: readonly CoveredColumn[] }[] {
  return candidates(selector, index).flatMap((facts) => {
    const columns: CoveredColumn[] = [];
    for (const column of facts.dataset.columns) {
      const matched = matchColumn(selector, facts, column, index);
      if (matched !== null) columns.push({ column, ...matched });
    }
    return columns.length === 0 ? [] : [{ dataset: facts.dataset, columns }];
  });
}

/** A superset of what matches, in the catalogue's order. */
function candidates(selector: Selector, index: PolicyIndex): readonly DatasetFacts[] {
  const positions = positionsOf(selector, index);
  if (positions === null) return index.facts;
  return [...positions].sort((a, b) => a - b).flatMap((position) => index.facts[position] ?? []);
}

/** Null means that the index cannot narrow it down. */
function positionsOf(selector: Selector, index: PolicyIndex): ReadonlySet<number> | null {
  switch (selector.kind) {
    case 'everything':
    case 'not':
    case 'environment':
      return null;
    case 'any': {
      const union = new Set<number>();
      for (const arg of selector.args) {
        const positions = positionsOf(arg, index);
        if (positions === null) return null;
        for (const position of positions) union.add(position);
      }
      return union;
    }
    case 'all':
      return selector.args
        .map((arg) => positionsOf(arg, index))
        .reduce(
          (least, next) => (next !== null && (least === null || next.size < least.size) ? next : least),
          null,
        );
    default: {
      const known = index.by[selector.kind];
      if (selector.kind === 'column_type') {
        return new Set([...(known.get(selector.value) ?? []), ...(known.get('unknown') ?? [])]);
      }
      if (!selector.value.includes('*')) return new Set(known.get(selector.value));
      const matches = globMatcher(selector.value);
      return new Set([...known].flatMap(([key, positions]) => (matches(key) ? positions : [])));
    }
  }
}

/** `doubt` is what an unknown column type counts as: a match, also under `not`, since a policy that covers more releases less. */
function datasetMatches(selector: Selector, facts: DatasetFacts, index: PolicyIndex, doubt = true): boolean {
  switch (selector.kind) {
    case 'everything':
      return true;
    case 'any':
      return selector.args.some((arg) => datasetMatches(arg, facts, index, doubt));
    case 'all':
      return selector.args.every((arg) => datasetMatches(arg, facts, index, doubt));
    case 'not':
      return !datasetMatches(selector.arg, facts, index, !doubt);
    case 'column_tag':
      return facts.columnTags.has(selector.value);
    case 'column_name':
    case 'column_type':
      return facts.dataset.columns.some(
        (column) => matchColumn(selector, facts, column, index, doubt) !== null,
      );
    default:
      return datasetFactMatches(selector, facts, index);
  }
}

function datasetFactMatches(atom: SelectorAtom, facts: DatasetFacts, index: PolicyIndex): boolean {
  switch (atom.kind) {
    case 'tag':
      return facts.tags.has(atom.value);
    case 'namespace':
      return globMatcher(atom.value)(facts.namespace);
    case 'id':
      return facts.names.some(globMatcher(atom.value));
    case 'level':
      return facts.dataset.accessLevel === atom.value;
    case 'owner':
      return facts.owner === atom.value;
    case 'project':
      return facts.projects.has(atom.value);
    case 'environment':
      return index.environment === atom.value;
    case 'column_tag':
    case 'column_name':
    case 'column_type':
      throw new TypeError(`${atom.kind} is a fact of columns`);
    default:
      return atom.kind satisfies never;
  }
}

type ColumnMatch = Pick<CoveredColumn, 'depth' | 'tag'>;

const UNTAGGED: ColumnMatch = { depth: 0, tag: null };

const deepest = (matches: readonly ColumnMatch[]): ColumnMatch | null =>
  matches.reduce<ColumnMatch | null>(
    (best, match) => (best === null || match.depth > best.depth ? match : best),
    null,
  );

/** Null where the column does not match, else the deepest column tag that made it match. */
function matchColumn(
  selector: Selector,
  facts: DatasetFacts,
  column: Column,
  index: PolicyIndex,
  doubt = true,
): ColumnMatch | null {
  const when = (holds: boolean): ColumnMatch | null => (holds ? UNTAGGED : null);
  switch (selector.kind) {
    case 'everything':
      return UNTAGGED;
    case 'any':
      return deepest(selector.args.flatMap((arg) => matchColumn(arg, facts, column, index, doubt) ?? []));
    case 'all': {
      const matches = selector.args.flatMap((arg) => matchColumn(arg, facts, column, index, doubt) ?? []);
      return matches.length < selector.args.length ? null : deepest(matches);
    }
    case 'not':
      return when(matchColumn(selector.arg, facts, column, index, !doubt) === null);
    case 'column_tag': {
      const found = column.tags.find(({ tag }) => covers(selector.value, tag));
      return found === undefined ? null : { depth: tagDepth(selector.value), tag: found.tag };
    }
    case 'column_name':
      return when(globMatcher(selector.value)(column.folded.toLowerCase()));
    case 'column_type':
      return when(column.family === selector.value || (doubt && column.family === 'unknown'));
    default:
      return when(datasetFactMatches(selector, facts, index));
  }
}
