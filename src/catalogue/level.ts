/** What a node's own meta says about its access level and namespace; two places that disagree are an error, never a choice. */

import type { DbtNode, Placed } from '../dbt/project.ts';
import { nearest } from '../nearest.ts';
import type { AccessLevel } from './dataset.ts';
import { lowerAscii } from './fold.ts';

const LEVELS: readonly AccessLevel[] = ['open', 'internal', 'restricted'];

export interface Told<T> {
  readonly value: T;
  /** `meta.sluice.access_level in models/x.yml`. */
  readonly source: string;
}

/** Adds to `problems` and gives null where the meta is wrong or contradicts itself. */
export function levelOf(node: DbtNode, problems: string[]): Told<AccessLevel> | null {
  const told = single(node, 'access level', node.facts.accessLevels, problems);
  if (told === null) return null;
  const level = LEVELS.find((candidate) => candidate === told.value);
  if (level !== undefined) return { value: level, source: told.source };
  const near = nearest(told.value, LEVELS, 3);
  problems.push(
    `${node.uniqueId}: ${told.source} is "${told.value}"; it must be open, internal or restricted` +
      (near === null ? '' : ` (did you mean "${near}"?)`),
  );
  return null;
}

export function namespaceOf(node: DbtNode, problems: string[]): Told<string> | null {
  const told = single(node, 'namespace', node.facts.namespaces, problems);
  if (told === null) return null;
  if (/^[a-z_][a-z0-9_-]*$/.test(told.value)) return told;
  problems.push(`${node.uniqueId}: ${told.source} must be letters, digits, _ and -, without dots`);
  return null;
}

function single(
  node: DbtNode,
  what: string,
  placed: readonly Placed<string>[],
  problems: string[],
): Told<string> | null {
  const [first, ...rest] = placed;
  if (first === undefined) return null;
  const where = node.file === null ? '' : ` in ${node.file}`;
  const value = lowerAscii(first.value.trim());
  const other = rest.find((place) => lowerAscii(place.value.trim()) !== value);
  if (other === undefined) return { value, source: `${first.via}${where}` };
  problems.push(
    `${node.uniqueId}: two ${what}s: "${first.value}" (${first.via}) and "${other.value}" (${other.via})${where}`,
  );
  return null;
}
