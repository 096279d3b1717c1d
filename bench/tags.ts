/** CPU time of ten thousand tag changes in one call, beyond the build that follows: checked against 150,000 columns, sorted, and laid over them at the build. */
import { buildSnapshot, type SnapshotInput } from '../src/snapshot.ts';
import { loadParser } from '../src/sql/parse.ts';
import { changePatches } from '../src/tags/change.ts';
import { median, ms, QUICK, report } from './report.ts';
import { syntheticProject } from './synthetic-project.ts';

const MODELS = QUICK ? 200 : 5_000;
const CHANGES = QUICK ? 1_000 : 10_000;
const COLUMNS = 30;

await loadParser();
const { manifest, catalog } = syntheticProject({ models: MODELS, columnsPerModel: COLUMNS });
const input: SnapshotInput = {
  environment: 'bench',
  manifest,
  catalog,
  yamlFiles: {},
  physical: {},
  engines: ['warehouse'],
  publish: [{ match: {}, access_level: 'internal' }],
  searchPath: [],
  prefix: null,
  policyFiles: [],
};

const { catalogue } = buildSnapshot(input);
const { datasets } = catalogue;
const changes = Array.from({ length: CHANGES }, (_, i) => {
  const dataset = datasets[i % datasets.length]!;
  const column = dataset.columns[Math.floor(i / datasets.length) % dataset.columns.length];
  return { dataset: dataset.id, column: column?.name, add: [`bulk.tag_${i % 50}`] };
});

/** Milliseconds of CPU, of all threads. */
function cpu<T>(work: () => T): { readonly spent: number; readonly value: T } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { spent: (user + system) / 1000, value };
}

const change = () =>
  changePatches(
    [],
    { source: 'bench', mode: 'merge', changes },
    {
      find(name) {
        const dataset = catalogue.byId(name);
        if (dataset === undefined) return null;
        return { node: dataset.uniqueId, dataset: dataset.id, tags: dataset.tags, columns: dataset.columns };
      },
      names: datasets.map(({ id }) => id),
      by: 'bench',
      at: '2026-01-01T00:00:00.000Z',
    },
  );

const RUNS = QUICK ? 2 : 5;
const runs = Array.from({ length: RUNS }, () => cpu(change));
const patches = runs[0]?.value.patches ?? [];
const bare = Array.from({ length: RUNS }, () => cpu(() => buildSnapshot(input)).spent);
const tagged = Array.from({ length: RUNS }, () => cpu(() => buildSnapshot({ ...input, patches })).spent);
const checking = median(runs.map(({ spent }) => spent));
const building = Math.max(0, median(tagged) - median(bare));
const columns = MODELS * COLUMNS;
report(
  `${CHANGES} tag changes on ${columns} columns: checked and sorted, and more at the build`,
  `${ms(checking)} and ${ms(building)} of CPU`,
  'under 1 s together',
  checking + building < 1_000,
);
