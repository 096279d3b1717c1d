/** dbt exposures as projects: a named set of datasets with an owner, members and purposes. Nodes that are not exposed are left out. */
import type { DbtExposure, DbtProject } from '../dbt/project.ts';
import { type Finding, finding } from '../findings.ts';
import type { Path } from '../policies/problem.ts';
import { normaliseTag } from '../tags/tag.ts';
import type { CleanRoom } from './clean-room.ts';
import type { Dataset, Project } from './dataset.ts';
import { readEqualise, readMembers, readPurposes } from './membership.ts';
import { readCleanRoom } from './settle-clean-room.ts';

export function buildProjects(
  project: DbtProject,
  datasets: readonly Dataset[],
  problems: string[],
): readonly Project[] {
  const idOf = new Map(datasets.map(({ uniqueId, id }) => [uniqueId, id]));
  const byName = new Map<string, string>();
  return project.exposures
    .map((exposure) => {
      const other = byName.get(exposure.name);
      if (other !== undefined)
        problems.push(`${other} and ${exposure.uniqueId} both become the project "${exposure.name}"`);
      byName.set(exposure.name, exposure.uniqueId);
      const tags = exposure.tags
        .flatMap(({ value }) => value.map(normaliseTag))
        .filter((tag) => tag !== null);
      const ids = exposure.dependsOn.map((uniqueId) => idOf.get(uniqueId)).filter((id) => id !== undefined);
      return Object.freeze({
        name: exposure.name,
        uniqueId: exposure.uniqueId,
        label: exposure.label,
        type: exposure.type,
        owner: exposure.owner,
        maturity: exposure.maturity,
        url: exposure.url,
        description: exposure.description,
        tags: Object.freeze([...new Set(tags)].sort()),
        datasets: Object.freeze([...new Set(ids)].sort()),
        ...actingIn(exposure, datasetsOf(ids, datasets), problems),
      });
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function datasetsOf(ids: readonly string[], datasets: readonly Dataset[]): readonly Dataset[] {
  return ids.length === 0 ? [] : datasets.filter(({ id }) => ids.includes(id));
}

function actingIn({ uniqueId, name, acting }: DbtExposure, own: readonly Dataset[], problems: string[]) {
  const { members, purposes, equalise, cleanRoom } = acting;
  const report = (path: Path, message: string): void => {
    problems.push(`${uniqueId}: meta.sluice.${path.join('.')}: ${message}`);
  };
  const who = readMembers(members, report);
  return {
    members: who,
    purposes: Object.freeze(readPurposes(purposes, report)),
    equalise: readEqualise(equalise, who, report),
    cleanRoom:
      cleanRoom === undefined
        ? null
        : (readCleanRoom(cleanRoom, { name, datasets: own }, (path, message) =>
            report(['clean_room', ...path], message),
          ) ?? CLOSED),
  };
}

/** Nothing may be read in it; the push is refused anyway. */
const CLOSED: CleanRoom = { datasets: {} };

export function projectFindings(projects: readonly Project[]): readonly Finding[] {
  return projects.flatMap(({ name, members, purposes }) => [
    ...(members.length === 0
      ? [finding('project-without-members', `nobody may act in the project ${name}`)]
      : []),
    ...purposes.flatMap((purpose) =>
      purpose.text === ''
        ? [
            finding(
              'purpose-without-text',
              `the purpose ${purpose.name} of the project ${name} has no text to acknowledge`,
            ),
          ]
        : [],
    ),
  ]);
}
