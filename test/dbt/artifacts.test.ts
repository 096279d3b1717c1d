/** Real artifacts of dbt 1.3 to 1.12 and of Fusion, each with the counts that an independent script took from their JSON. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { coverageOf } from '../../src/catalogue/coverage.ts';
import { parseCatalog, parseManifest } from '../../src/dbt/artifact.ts';
import { readManifest } from '../../src/dbt/manifest.ts';
import { buildSnapshot, trimInput } from '../../src/snapshot.ts';
import { snapshotInput } from './sample.ts';

const FOLDER = new URL('../../../shared/dbt/', import.meta.url);

const TABLE = `
artifact    version adapter  sources seeds models snapshots tagged documented untagged unclassified ghost exposures groups
jaffle-v7   7       bigquery 0       3     5      0         0      0          21       0            0     0         0
jaffle-v10  10      bigquery 0       3     6      0         3      0          36       0            0     0         0
jaffle-v11  11      bigquery 0       3     35     0         2      0          191      0            0     0         0
jaffle-112  12      duckdb   6       6     13     0         0      0          48       90           0     0         0
hubspot     12      postgres 61      56    150    0         0      0          1842     759          75    0         0
bouncer-110 12      duckdb   13      3     36     2         7      0          728      22           0     2         0
bouncer-111 12      duckdb   13      3     36     2         7      0          728      22           0     2         0
bouncer-112 12      duckdb   13      3     36     2         7      0          730      22           0     2         0
bouncer-20  12      duckdb   13      3     35     2         7      6          720      22           0     2         0
`;

interface Row {
  readonly artifact: string;
  readonly counts: Readonly<Record<string, string | number>>;
}

function rowsOf(table: string): readonly Row[] {
  const [keys = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.map((cells) => {
    const counts = keys.map((key, index) => [
      key,
      /^\d+$/.test(cells[index] ?? '') ? Number(cells[index]) : (cells[index] ?? ''),
    ]);
    return { artifact: cells[0] ?? '', counts: Object.fromEntries(counts) };
  });
}

const ARTIFACTS = rowsOf(TABLE);

const present = existsSync(FOLDER);
if (!present) console.log('test/dbt/artifacts: skipped, the collection of real artifacts is not here');

function inputOf(artifact: string) {
  const read = (file: string) => readFileSync(new URL(`${artifact}/${file}`, FOLDER), 'utf8');
  const hasCatalog = existsSync(new URL(`${artifact}/catalog.json`, FOLDER));
  return snapshotInput({
    manifest: parseManifest(read('manifest.json')),
    catalog: hasCatalog ? parseCatalog(read('catalog.json')) : null,
    // Seeds apart, since projects like to give a seed and the source that reads it one name.
    publish: [
      { match: { resource_type: 'seed' }, namespace: 'seeds', access_level: 'internal' },
      { match: {}, access_level: 'internal' },
    ],
  });
}

describe.skipIf(!present)('real artifacts', () => {
  it.each(ARTIFACTS)('reads $artifact', ({ artifact, counts }) => {
    const input = inputOf(artifact);
    const project = readManifest(input.manifest);
    const kinds = (kind: string) => project.nodes.filter(({ resourceType }) => resourceType === kind).length;
    const { catalogue } = buildSnapshot(input);
    const { columns } = coverageOf(catalogue);
    const explicit = catalogue.datasets.filter(({ tags }) =>
      tags.some(({ source }) => source.kind === 'explicit'),
    );
    expect({
      artifact,
      version: project.schemaVersion,
      adapter: project.adapter,
      sources: kinds('source'),
      seeds: kinds('seed'),
      models: kinds('model'),
      snapshots: kinds('snapshot'),
      tagged: explicit.length,
      ...columns,
      exposures: catalogue.projects.length,
      groups: project.groups.length,
    }).toEqual(counts);
    expect(catalogue.datasets).toHaveLength(project.nodes.length);
  });

  it.each(ARTIFACTS)('gives the same snapshot from what is stored of $artifact', ({ artifact }) => {
    const input = inputOf(artifact);
    const stored: unknown = JSON.parse(JSON.stringify(trimInput(input)));
    expect(buildSnapshot(stored as typeof input)).toMatchObject({
      hash: buildSnapshot(input).hash,
      warnings: buildSnapshot(input).warnings,
    });
  });

  it('tells which nodes are Fusion’s', () => {
    const fusion = ARTIFACTS.filter(({ artifact }) => readManifest(inputOf(artifact).manifest).fusion);
    expect(fusion.map(({ artifact }) => artifact)).toEqual(['bouncer-20']);
  });

  it('reads folders alike from dbt Core and Fusion', () => {
    const folders = (artifact: string) =>
      Object.fromEntries(
        readManifest(inputOf(artifact).manifest).nodes.map(({ uniqueId, folder }) => [
          uniqueId,
          folder.join('/'),
        ]),
      );
    const fusion = folders('bouncer-20');
    const core = folders('bouncer-112');
    const shared = Object.keys(fusion).filter((id) => id in core);
    expect(shared.length).toBeGreaterThan(50);
    expect(shared.filter((id) => fusion[id] !== core[id])).toEqual([]);
  });

  it('refuses a source that dbt reads through a function', () => {
    const { catalogue } = buildSnapshot(inputOf('bouncer-110'));
    expect(catalogue.byId('dummy_source.customers')?.invalid).toMatch(/through a function/);
  });
});
