/** The example's snapshot and personas, for tests that need no engine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { parsePersonas } from '../../src/identity/development/personas.ts';
import { buildSnapshot, type Snapshot, type SnapshotInput } from '../../src/snapshot.ts';
import { traced } from '../../src/state/trace.ts';

export const EXAMPLE = join(import.meta.dirname, '../../examples/energy-community');

export const read = (path: string): string => readFileSync(join(EXAMPLE, path), 'utf8');

export const config = loadConfig(join(EXAMPLE, 'sluice.yml'), {});

export const personas = parsePersonas(read('personas.yml'), 'personas.yml');

/** All that a push would build from. */
export const input: SnapshotInput = await traced(
  {
    environment: config.environment,
    manifest: JSON.parse(read('target/manifest.json')),
    catalog: JSON.parse(read('target/catalog.json')),
    yamlFiles: {},
    physical: {},
    engines: Object.keys(config.engines),
    publish: structuredClone(config.publish) as SnapshotInput['publish'],
    searchPath: config.search_path,
    prefix: config.metadata.prefix,
    policyFiles: readdirSync(join(EXAMPLE, 'policies')).map((name) => ({
      path: `policies/${name}`,
      text: read(`policies/${name}`),
    })),
  },
  { previous: null },
);

export const loadSnapshot = (): Snapshot => buildSnapshot(input);
