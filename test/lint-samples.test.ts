/** Samples on real engines: what is looked at, and that of a fault nothing but its code comes out. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../src/catalogue/dataset.ts';
import type { Engine } from '../src/engines/engine.ts';
import { createPostgresEngine } from '../src/engines/postgres/engine.ts';
import { candidateColumns, readSamples } from '../src/lint-samples.ts';
import { buildSnapshot } from '../src/snapshot.ts';
import { loadParser } from '../src/sql/parse.ts';
import { columns, manifest, model, snapshotInput } from './dbt/sample.ts';
import { missingServer, startServer } from './engines/postgres/server.ts';
import { openBench } from './engines/support.ts';

const ROWS = 60;

/** `Odd "name"` and `select` need quotes; the view raises on a value that nobody may see. */
const statements = (series: string) => [
  'CREATE SCHEMA gold',
  `CREATE TABLE gold.people AS SELECT i AS id, 'person' || i || '@example.org' AS "Odd ""name""",
     '10.0.0.' || i AS "select", 'tagged' || i || '@example.org' AS tagged, i % 2 = 0 AS flag,
     'note ' || i AS hidden FROM ${series} r(i)`,
  `CREATE VIEW gold.broken AS SELECT id, CAST("Odd ""name""" AS integer)::text AS email FROM gold.people`,
];

interface Opened {
  readonly engine: Engine;
  close(): Promise<void>;
}

const STANDS: readonly {
  readonly kind: string;
  readonly missing: string | null;
  open(): Promise<Opened>;
}[] = [
  {
    kind: 'duckdb',
    missing: null,
    open: () =>
      openBench(statements(`range(1, ${ROWS + 1})`), {
        concurrency: 2,
        perIdentity: 2,
        queue: 2,
        graceMs: 2_000,
        stallMs: 60_000,
      }),
  },
  {
    kind: 'postgres',
    missing: missingServer,
    async open() {
      const server = await startServer();
      await server.run(...statements(`generate_series(1, ${ROWS})`));
      const engine = createPostgresEngine({
        name: 'warehouse',
        connection: { url: server.url },
        concurrency: 2,
        perIdentity: 2,
        queue: 2,
        preparedStatements: true,
        observe: () => {},
      });
      return {
        engine,
        close: async () => {
          await engine.close();
          await server.close();
        },
      };
    },
  },
];

describe.each(STANDS)('$kind', ({ kind, missing, open }) => {
  if (missing !== null) console.log(`test/lint-samples: ${kind} skipped, ${missing}`);
  describe.skipIf(missing !== null)('samples', () => {
    let opened: Opened;
    let datasets: readonly Dataset[];

    beforeAll(async () => {
      await loadParser();
      opened = await open();
      const [first] = await opened.engine.describe();
      const relation = (name: string) => ({
        relation_name: null,
        database: first?.relation.database,
        schema: 'gold',
        alias: name,
      });
      const documented = columns(
        'id',
        { name: 'Odd "name"', quote: true },
        'select',
        { name: 'tagged', tags: ['x'] },
        'flag',
      );
      const nodes = [
        model('people', { ...relation('people'), columns: documented }),
        model('broken', { ...relation('broken'), columns: columns('id', 'email') }),
      ];
      const input = snapshotInput({
        manifest: manifest({ nodes, adapter: kind }),
        physical: { warehouse: await opened.engine.describe() },
      });
      datasets = buildSnapshot(input).catalogue.datasets;
    }, 60_000);
    afterAll(() => opened?.close());

    const sample = (rows = ROWS) =>
      readSamples(datasets, {
        engines: new Map([['warehouse', opened.engine]]),
        rows,
        timeoutMs: 10_000,
        signal: new AbortController().signal,
        onStep: () => {},
      });

    it('are of columns that nobody tagged, hidden ones among them', () => {
      const people = datasets.find(({ name }) => name === 'people');
      expect(people && candidateColumns(people).map(({ name }) => name)).toEqual([
        'id',
        'Odd "name"',
        'select',
        'hidden',
      ]);
    });

    it('tell shares', async () => {
      const { byDataset } = await sample();
      const found = [...(byDataset.get('gold.people') ?? [])].map(([name, { values, verdict }]) => [
        name.toLowerCase(),
        values,
        verdict?.tag ?? null,
        verdict?.rate ?? null,
      ]);
      expect(found).toEqual([
        ['id', ROWS, null, null],
        ['odd "name"', ROWS, 'pii.email', 100],
        ['select', ROWS, 'pii.ip', 100],
        ['hidden', ROWS, null, null],
      ]);
    });

    it('are no more rows than were asked for', async () => {
      const { byDataset } = await sample(7);
      expect([...(byDataset.get('gold.people')?.values() ?? [])].map(({ values }) => values)).toEqual([
        7, 7, 7, 7,
      ]);
    });

    it('that fail tell a code, and nothing of the value that failed', async () => {
      const { failed, byDataset } = await sample();
      expect(failed).toEqual([{ dataset: 'gold.broken', code: 'invalid_cast' }]);
      expect(byDataset.has('gold.broken')).toBe(false);
      expect(JSON.stringify(failed)).not.toContain('person');
    });
  });
});
