/** Time and memory of a push, from the artifacts' text to the frozen snapshot: the largest real artifact at hand, and a synthetic project of 10,000 models and 300,000 columns. Each run is a process of its own, so that the peak is its own. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coverageOf } from '../src/catalogue/coverage.ts';
import { parseCatalog, parseManifest } from '../src/dbt/artifact.ts';
import { buildSnapshot, trimInput } from '../src/snapshot.ts';
import { syntheticProject } from './synthetic-project.ts';

const REAL = fileURLToPath(new URL('../../shared/dbt', import.meta.url));

interface Measured {
  readonly datasets: number;
  readonly columns: number;
  readonly readMs: number;
  readonly buildMs: number;
  readonly trimMs: number;
  readonly trimmedMb: number;
  readonly peakMb: number;
}

function measure(folder: string): Measured {
  const catalogFile = join(folder, 'catalog.json');
  const start = performance.now();
  const manifest = parseManifest(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const catalog = existsSync(catalogFile) ? parseCatalog(readFileSync(catalogFile, 'utf8')) : null;
  const read = performance.now();
  const input = {
    environment: 'production',
    manifest,
    catalog,
    yamlFiles: {},
    physical: {},
    engines: ['warehouse'],
    publish: [{ match: {}, access_level: 'internal' as const }],
    searchPath: [],
    prefix: null,
    policyFiles: [],
  };
  const snapshot = buildSnapshot(input);
  const built = performance.now();
  const trimmed = JSON.stringify(trimInput(input)).length;
  const end = performance.now();
  const { datasets, columns } = coverageOf(snapshot.catalogue);
  return {
    datasets,
    columns: Object.values(columns).reduce((sum, count) => sum + count, 0),
    readMs: read - start,
    buildMs: built - read,
    trimMs: end - built,
    trimmedMb: trimmed / 1e6,
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
}

function inChild(folder: string): Measured {
  const out = execFileSync(process.execPath, [import.meta.filename, '--measure', folder], {
    encoding: 'utf8',
  });
  return JSON.parse(out) as Measured;
}

function print(
  name: string,
  bytes: number,
  { datasets, columns, readMs, buildMs, trimMs, trimmedMb, peakMb }: Measured,
) {
  console.log(
    `${name}: ${(bytes / 1e6).toFixed(1)} MB, ${datasets} datasets, ${columns} columns\n` +
      `  read ${readMs.toFixed(0)} ms, build ${buildMs.toFixed(0)} ms, trim ${trimMs.toFixed(0)} ms (${trimmedMb.toFixed(1)} MB to store)` +
      `; in all ${(readMs + buildMs + trimMs).toFixed(0)} ms; peak ${peakMb.toFixed(0)} MB`,
  );
}

const size = (folder: string): number =>
  readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);

const [flag, folder] = process.argv.slice(2);
if (flag === '--measure' && folder !== undefined) {
  console.log(JSON.stringify(measure(folder)));
} else {
  const real = join(REAL, 'hubspot');
  if (existsSync(real)) print('largest real artifact (aim: 500 ms)', size(real), inChild(real));
  else console.log('no real artifacts here: the first measurement is skipped');
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const { manifest, catalog } = syntheticProject({ models: 10_000, columnsPerModel: 30 });
    writeFileSync(join(scratch, 'manifest.json'), JSON.stringify(manifest));
    writeFileSync(join(scratch, 'catalog.json'), JSON.stringify(catalog));
    print('synthetic (aim: 8 s, 1,200 MB)', size(scratch), inChild(scratch));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
