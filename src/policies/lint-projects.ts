/** What a push warns of in conditions on projects and purposes: names that there are not, and denials that close an equalised project to all of its members. */
import type { Dataset, Project } from '../catalogue/dataset.ts';
import { type Finding, finding } from '../findings.ts';
import { nearest } from '../nearest.ts';
import { truthOf } from './conditions.ts';
import type { PolicyDefinition } from './definition.ts';
import type { Literal, MatchedPolicy } from './policy.ts';
import { standIns } from './stand-ins.ts';

export interface LintProjectsAsk {
  readonly definitions: readonly PolicyDefinition[];
  readonly projects: readonly Project[];
  readonly forDataset: (id: Dataset['id']) => readonly MatchedPolicy[];
  readonly environment: string;
}

export function lintProjects(ask: LintProjectsAsk): readonly Finding[] {
  return [...unknownNames(ask), ...closedToAll(ask)];
}

/** Such a condition is never met. */
function unknownNames({ definitions, projects }: LintProjectsAsk): readonly Finding[] {
  const known = {
    project: new Set(projects.map(({ name }) => name)),
    purpose: new Set(projects.flatMap(({ purposes }) => purposes.map(({ name }) => name))),
  };
  return definitions.flatMap((definition) => {
    const { id: policy, source, body, unless } = definition;
    const asked = new Map(
      literalsIn([unless, body]).flatMap(({ fact, value }) =>
        (fact === 'project' || fact === 'purpose') && !known[fact].has(String(value))
          ? [[`${fact} ${value}`, { fact, value: String(value) }] as const]
          : [],
      ),
    );
    return [...asked.values()].map(({ fact, value }) => {
      const near = nearest(value, [...known[fact]]);
      const what =
        fact === 'project' ? `there is no project \`${value}\`` : `no project lists the purpose \`${value}\``;
      const message = `${what}${near === null ? '' : `; did you mean \`${near}\`?`}`;
      return finding('unknown-name', message, { policy, file: source.file, line: source.line });
    });
  });
}

/** Wherever in a policy a condition stands. */
function literalsIn(value: unknown): readonly Literal[] {
  if (Array.isArray(value)) return value.flatMap(literalsIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('fact' in value && 'value' in value && 'negated' in value) return [value as Literal];
  return Object.values(value).flatMap(literalsIn);
}

/** A denial that might concern one member denies all of them. */
function closedToAll({ projects, forDataset, environment }: LintProjectsAsk): readonly Finding[] {
  return projects.flatMap((project) => {
    if (!project.equalise) return [];
    const stands = standIns(project.name, project.members, environment);
    const names = project.purposes.length === 0 ? [null] : project.purposes.map(({ name }) => name);
    const doubted = (policy: MatchedPolicy): boolean =>
      policy.effect === 'deny' &&
      names.every((purpose) =>
        stands.some((someone) => {
          const circumstances = { project: project.name, purpose, environment };
          const exempt = policy.unless !== null && truthOf(policy.unless, someone, circumstances) === 'true';
          return !exempt && truthOf(policy.who, someone, circumstances) !== 'false';
        }),
      );
    return project.datasets.flatMap((dataset) =>
      forDataset(dataset)
        .filter(doubted)
        .map(({ id, source }) =>
          finding(
            'equalised-denied',
            `it may mean a member of the equalised project ${project.name}, and so denies all of them`,
            { dataset, policy: id, file: source.file, line: source.line },
          ),
        ),
    );
  });
}
