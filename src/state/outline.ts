/** What a state holds, small enough to be kept beside it, and what one state changed of the one before. */
import { createHash } from 'node:crypto';
import { ownDatasets } from '../catalogue/built-in.ts';
import type { Column, Dataset } from '../catalogue/dataset.ts';
import type { Snapshot } from '../snapshot.ts';

/** As JSON: what the next change is compared with, without building this state again. */
export interface Outline {
  readonly datasets: Readonly<Record<string, DatasetOutline>>;
  /** By id, a digest of what is written. */
  readonly policies: Readonly<Record<string, string>>;
  /** By name, a digest of all of it; absent in what earlier releases stored. */
  readonly projects?: Readonly<Record<string, string>>;
}

interface DatasetOutline {
  /** Digest of everything but the columns. */
  readonly digest: string;
  readonly tags: readonly string[];
  /** By compared name. */
  readonly columns: Readonly<Record<string, ColumnOutline>>;
}

interface ColumnOutline {
  readonly type: string;
  readonly tags?: readonly string[];
}

export interface Part {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** The first of them: `+gold.members`, `-gold.members.email pii.email`, `~own-region`. */
  readonly names: readonly string[];
}

/** Counts, with a few names each. Columns of added and removed datasets are counted and not named. */
export interface Changes {
  readonly datasets: Part;
  readonly columns: Part;
  readonly tags: Part;
  readonly policies: Part;
  /** Absent where none changed. */
  readonly projects?: Part;
}

const MOST_NAMES = 20;

export function outlineOf({ catalogue, policies }: Pick<Snapshot, 'catalogue' | 'policies'>): Outline {
  return {
    datasets: Object.fromEntries(
      ownDatasets(catalogue).map((dataset) => [dataset.id, datasetOutline(dataset)]),
    ),
    policies: Object.fromEntries(
      policies.policies.map(({ id, effect, definition }) => [id, digestOf([effect, definition])]),
    ),
    projects: Object.fromEntries(catalogue.projects.map((project) => [project.name, digestOf(project)])),
  };
}

function datasetOutline({ columns, tags, ...rest }: Dataset): DatasetOutline {
  return {
    digest: digestOf(rest),
    tags: tags.map(({ tag }) => tag),
    columns: Object.fromEntries(columns.map((column) => [column.folded, columnOutline(column)])),
  };
}

function columnOutline({ type, state, exposed, tags }: Column): ColumnOutline {
  const how = `${type ?? '?'} ${state}${exposed ? '' : ' hidden'}`;
  return tags.length === 0 ? { type: how } : { type: how, tags: tags.map(({ tag }) => tag) };
}

const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);

const NOTHING: Outline = { datasets: {}, policies: {} };

/** @param before null where there was nothing */
export function changesBetween(before: Outline | null, after: Outline): Changes {
  const datasets = tally();
  const columns = tally();
  const tags = tally();
  const policies = tally();
  for (const [id, was, is] of pairs((before ?? NOTHING).datasets, after.datasets)) {
    const both = was !== undefined && is !== undefined;
    if (!both) datasets.count(is === undefined ? '-' : '+', id);
    else if (was.digest !== is.digest) datasets.count('~', id);
    compareTags(id, was?.tags, is?.tags, tags, both);
    for (const [name, wasColumn, isColumn] of pairs(was?.columns ?? {}, is?.columns ?? {})) {
      const column = `${id}.${name}`;
      if (wasColumn === undefined || isColumn === undefined)
        columns.count(isColumn === undefined ? '-' : '+', both ? column : null);
      else if (wasColumn.type !== isColumn.type) columns.count('~', column);
      compareTags(column, wasColumn?.tags, isColumn?.tags, tags, both);
    }
  }
  for (const [id, was, is] of pairs((before ?? NOTHING).policies, after.policies))
    if (was !== is) policies.count(is === undefined ? '-' : was === undefined ? '+' : '~', id);
  const projects = tally();
  // What an earlier release stored says nothing of them.
  if (before === null || before.projects !== undefined)
    for (const [name, was, is] of pairs(before?.projects ?? {}, after.projects ?? {}))
      if (was !== is) projects.count(is === undefined ? '-' : was === undefined ? '+' : '~', name);
  const inProjects = projects.part();
  const any = inProjects.added + inProjects.removed + inProjects.changed > 0;
  return {
    datasets: datasets.part(),
    columns: columns.part(),
    tags: tags.part(),
    policies: policies.part(),
    ...(any ? { projects: inProjects } : {}),
  };
}

const NO_TAGS: readonly string[] = [];

function compareTags(
  place: string,
  was: readonly string[] = NO_TAGS,
  is: readonly string[] = NO_TAGS,
  tags: Tally,
  named: boolean,
): void {
  for (const tag of is) if (!was.includes(tag)) tags.count('+', named ? `${place} ${tag}` : null);
  for (const tag of was) if (!is.includes(tag)) tags.count('-', named ? `${place} ${tag}` : null);
}

/** Every key of either, with both values. */
function* pairs<T>(
  was: Readonly<Record<string, T>>,
  is: Readonly<Record<string, T>>,
): Generator<readonly [key: string, was: T | undefined, is: T | undefined]> {
  const own = (record: Readonly<Record<string, T>>, key: string) =>
    Object.hasOwn(record, key) ? record[key] : undefined;
  for (const key in is) yield [key, own(was, key), is[key]];
  for (const key in was) if (!Object.hasOwn(is, key)) yield [key, was[key], undefined];
}

type Sign = '+' | '-' | '~';

interface Tally {
  count(sign: Sign, name: string | null): void;
  part(): Part;
}

function tally(): Tally {
  const counts: Record<Sign, number> = { '+': 0, '-': 0, '~': 0 };
  const names: string[] = [];
  return {
    count(sign, name) {
      counts[sign] += 1;
      if (name !== null && names.length < MOST_NAMES) names.push(`${sign}${name}`);
    },
    part: () => ({ added: counts['+'], removed: counts['-'], changed: counts['~'], names }),
  };
}
