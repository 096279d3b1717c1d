/**
 * What differs in projects, and whether somebody could gain by it. Who may act in one, and for what, opens nothing by itself:
 * policies do that ask for the project or its purpose. What members gain there is not computed, so that it is said instead.
 */
import { createHash } from 'node:crypto';
import type { Project } from '../catalogue/dataset.ts';
import type { Dnf, Literal, PolicySummary } from '../policies/policy.ts';
import type { Change, Difference, ProjectChange } from './report.ts';

interface Side {
  readonly projects: readonly Project[];
  readonly policies: readonly PolicySummary[];
}

export interface ProjectChanges {
  readonly projects: readonly ProjectChange[];
  /** Whether members of a project may gain something. */
  readonly doubtful: boolean;
  readonly warnings: readonly string[];
}

export function projectChanges(before: Side, after: Side): ProjectChanges {
  const projects = changesOf(before.projects, after.projects);
  const asking = [...before.policies, ...after.policies].flatMap((policy) => {
    const { projects: named, purposes } = askedBy(policy);
    return [...named, ...purposesIn(after.projects, purposes)].map((name) => [name, policy.id] as const);
  });
  const opened = projects
    .filter(({ project, change }) => {
      const [old, now] = [before, after].map(({ projects: all }) => all.find(({ name }) => name === project));
      if (old === undefined || now === undefined) return change === 'added';
      return OPENING.some((opens) => opens(old, now));
    })
    .flatMap(({ project }) => {
      const policies = [...new Set(asking.flatMap(([name, id]) => (name === project ? [id] : [])))].sort();
      return policies.length === 0
        ? []
        : [`project ${project}, for which ${policies.join(', ')} make a difference`];
    });
  const was = new Map(before.policies.map((policy) => [policy.id, policy]));
  const is = new Map(after.policies.map((policy) => [policy.id, policy]));
  const reworked = [...new Set([...was.keys(), ...is.keys()])]
    .filter((id) => contentOf(was.get(id)) !== contentOf(is.get(id)) || opens(was.get(id), is.get(id)))
    .filter((id) => [was.get(id), is.get(id)].some((one) => one !== undefined && asks(one)))
    .sort()
    .map((id) => `policy ${id}`);
  const doubts = [...opened, ...reworked];
  return {
    projects,
    doubtful: doubts.length > 0,
    warnings:
      doubts.length === 0
        ? []
        : [`What members gain or lose inside projects is not computed. Look at: ${doubts.join('; ')}.`],
  };
}

const FIELDS: Readonly<Record<string, (project: Project) => string>> = {
  owner: ({ owner }) => owner ?? '',
  datasets: ({ datasets }) => datasets.join(', '),
  members: ({ members }) => inWords(members),
  purposes: ({ purposes }) => purposes.map(({ name, version }) => `${name} (${version})`).join(', '),
  equalise: ({ equalise }) => String(equalise),
  clean_room: ({ cleanRoom }) => (cleanRoom === null ? 'none' : `rules ${digestOf(cleanRoom)}`),
};

/** What may let somebody act in it who did not, on more or for more. The rules of a clean room are looked at by themselves. */
const OPENING: readonly ((was: Project, is: Project) => boolean)[] = [
  (was, is) => inWords(was.members) !== inWords(is.members) && is.members.length > 0,
  (was, is) => is.datasets.some((id) => !was.datasets.includes(id)),
  // Without any purpose there is none to be acknowledged; a text that changes has to be.
  ({ purposes: was }, { purposes: is }) =>
    is.some(({ name }) => was.every((one) => one.name !== name)) || (is.length === 0 && was.length > 0),
  (was, is) => was.equalise && !is.equalise,
];

function changesOf(before: readonly Project[], after: readonly Project[]): readonly ProjectChange[] {
  const [was, is] = [before, after].map((list) => new Map(list.map((one) => [one.name, one])));
  const names = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort();
  return names.flatMap((project): readonly ProjectChange[] => {
    const [old, now] = [was?.get(project), is?.get(project)];
    const change: Change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    const differences = Object.entries(FIELDS).flatMap(([field, read]): readonly Difference[] => {
      const [from, to] = [old, now].map((one) => (one === undefined ? null : read(one)));
      return from === to ? [] : [{ field, from: from ?? null, to: to ?? null }];
    });
    if (change !== 'changed') return [{ project, change, differences: [] }];
    return differences.length === 0 ? [] : [{ project, change, differences }];
  });
}

export function inWords(dnf: Dnf): string {
  if (dnf.length === 0) return 'nobody';
  return dnf
    .map((conjunction) => (conjunction.length === 0 ? 'everyone' : conjunction.map(literal).join(' and ')))
    .join(', or ');
}

function literal(one: Literal): string {
  const name = one.fact === 'attribute' ? `attribute ${one.name}` : one.fact;
  return `${one.negated ? 'not ' : ''}${name} ${one.value}`;
}

const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

const contentOf = (policy: PolicySummary | undefined): string => JSON.stringify(policy?.definition ?? null);

const LETS_IN: ReadonlySet<PolicySummary['effect']> = new Set(['allow', 'discover', 'break_glass']);

/** Whether it lets in to more datasets than before, or holds back from fewer, itself unchanged. */
function opens(was: PolicySummary | undefined, is: PolicySummary | undefined): boolean {
  if (was === undefined || is === undefined) return true;
  const [more, than] = LETS_IN.has(is.effect) ? [is, was] : [was, is];
  const held = new Set(than.datasets);
  return more.datasets.some((id) => !held.has(id));
}

function asks(policy: PolicySummary): boolean {
  const { projects, purposes } = askedBy(policy);
  return projects.length + purposes.length > 0;
}

/** In conditions; `on` asks which project a dataset is in, and that is no condition. */
function askedBy({ definition }: PolicySummary): {
  projects: readonly string[];
  purposes: readonly string[];
} {
  const { on: _, ...rest } = Object(definition) as Readonly<Record<string, unknown>>;
  return { projects: valuesOf(rest, 'project'), purposes: valuesOf(rest, 'purpose') };
}

function valuesOf(value: unknown, wanted: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => valuesOf(item, wanted));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === wanted ? [inner].flat().filter((one) => typeof one === 'string') : valuesOf(inner, wanted),
  );
}

const purposesIn = (projects: readonly Project[], asked: readonly string[]): readonly string[] =>
  projects.flatMap(({ name, purposes }) => (purposes.some((one) => asked.includes(one.name)) ? [name] : []));
