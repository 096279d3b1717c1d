/**
 * Makes dbt's artifacts fit to be committed: no paths of a machine, no traces of one run, and the same bytes whenever
 * the project is the same. Macros go too (four fifths of the file): they are dbt's own, and nothing here reads them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Keys that differ from run to run, with what they become wherever they stand. */
const FIXED: Readonly<Record<string, Json>> = {
  created_at: 0,
  generated_at: '2025-09-01T00:00:00.000000Z',
  invocation_started_at: '2025-09-01T00:00:00.000000Z',
  run_started_at: '2025-09-01T00:00:00.000000Z',
  invocation_id: '00000000-0000-0000-0000-000000000000',
  root_path: null,
  user_id: null,
  env: {},
  timing: [],
  execution_time: 0,
  elapsed_time: 0,
  thread_id: 'Thread-1',
};

function scrub(value: Json): Json {
  if (Array.isArray(value)) return value.map(scrub);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key in FIXED ? FIXED[key]! : scrub(inner)]),
  );
}

const sortKeys = (value: Json): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** Who depends on whom comes in the order in which dbt's threads read the files. */
const sortEdges = (value: Json): Json =>
  sortKeys(
    Object.fromEntries(
      Object.entries(value as { [key: string]: string[] }).map(([key, others]) => [key, [...others].sort()]),
    ),
  );

type Artifact = { [key: string]: Json };

const SHAPES: Readonly<Record<string, (artifact: Artifact) => Artifact>> = {
  manifest: (manifest) => ({
    ...manifest,
    macros: {},
    nodes: sortKeys(manifest.nodes!),
    parent_map: sortEdges(manifest.parent_map!),
    child_map: sortEdges(manifest.child_map!),
    group_map: sortEdges(manifest.group_map!),
  }),
  catalog: (catalog) => ({ ...catalog, nodes: sortKeys(catalog.nodes!) }),
  run_results: (results) => ({
    ...results,
    // The arguments hold folders of the machine.
    args: { which: 'build' },
    results: (results.results as { unique_id: string }[])
      .map((result) => ({ ...result, compiled_code: null }))
      .sort((a, b) => (a.unique_id < b.unique_id ? -1 : 1)),
  }),
};

for (const [name, shape] of Object.entries(SHAPES)) {
  const path = join(import.meta.dirname, `target/${name}.json`);
  const artifact = JSON.parse(readFileSync(path, 'utf8')) as Artifact;
  writeFileSync(path, `${JSON.stringify(scrub(shape(artifact)), null, 1)}\n`);
}
