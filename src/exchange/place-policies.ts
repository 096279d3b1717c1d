/** Policy files under the paths that they were pushed with, wherever that is possible below one folder: the path is part of what explanations say. */
import type { PolicyFile } from '../policies/compile.ts';
import { HEADER_FILE, LINEAGE_FILE } from './catalogue-file.ts';

export interface PlacedPolicies {
  readonly files: ReadonlyMap<string, string>;
  /** The folders and files that hold them all, and nothing else. */
  readonly roots: readonly string[];
  readonly notes: readonly string[];
}

const TAKEN = /^(datasets|unpublished|tags)(\/|$)/;

/** Paths are whatever a push said: none leads out of the folder, and none replaces a file of the catalogue. */
export function placePolicies(policies: readonly PolicyFile[]): PlacedPolicies {
  const files = new Map<string, string>();
  const notes: string[] = [];
  policies.forEach(({ path, text }, index) => {
    const wanted = isSafe(path) && !files.has(path) ? path : `policies/${index + 1}-${baseName(path)}`;
    if (wanted !== path)
      notes.push(
        `${JSON.stringify(path)} is written as ${wanted}: pushed back, its policies have another place`,
      );
    files.set(wanted, text);
  });
  return { files, roots: rootsOf([...files.keys()]), notes };
}

function isSafe(path: string): boolean {
  const parts = path.split('/');
  return (
    path.length <= 500 &&
    /^[\p{L}\p{N}_./ @+-]+\.ya?ml$/u.test(path) &&
    parts.every(
      (part) => part !== '' && part !== '.' && part !== '..' && !part.endsWith(' ') && part.trim() === part,
    ) &&
    !TAKEN.test(path.toLowerCase()) &&
    path.toLowerCase() !== HEADER_FILE &&
    path.toLowerCase() !== LINEAGE_FILE
  );
}

function baseName(path: string): string {
  const name = path.split(/[/\\]/).at(-1) ?? '';
  return `${
    name
      .replace(/\.ya?ml$/i, '')
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .slice(0, 50) || 'policies'
  }.yml`;
}

/** First folders, and files that lie in none. */
function rootsOf(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => path.split('/')[0] ?? path))].sort();
}
