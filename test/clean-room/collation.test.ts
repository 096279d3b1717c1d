/** Columns whose collation takes two texts for one: how a group is spelled would tell of the one row that it was taken from. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../engines/postgres/server.ts';
import { type EngineKind, MISSING, openWorld } from './world.ts';

const CASES: readonly (readonly [engine: EngineKind, type: string, before: readonly string[]])[] = [
  ['duckdb', 'text COLLATE NOCASE', []],
  ['postgres', 'public.citext', ['CREATE EXTENSION IF NOT EXISTS citext SCHEMA public']],
  [
    'postgres',
    'text COLLATE public.nocase',
    [
      "CREATE COLLATION IF NOT EXISTS public.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    ],
  ],
];

const REGIONS = 'SELECT region, count(*), sum(n) FROM gold.people GROUP BY region ORDER BY 1';

if (MISSING.postgres !== null) console.warn(`collations skip postgres: ${MISSING.postgres}`);

describe('groups of equal texts', () => {
  let server: TestServer | null = null;
  beforeAll(async () => {
    server = MISSING.postgres === null ? await startServer() : null;
  });
  afterAll(() => server?.close());

  it.each(CASES.filter(([engine]) => MISSING[engine] === null))('on %s, %s', async (engine, type, before) => {
    const told: unknown[] = [];
    // One person of eight writes it so: whoever comes first.
    for (const [first, others] of [
      ['eu', 'EU'],
      ['Eu', 'EU'],
      ['EU', 'EU'],
    ]) {
      const world = await openWorld(engine, {
        server: engine === 'postgres' ? server : null,
        data: [
          ...before,
          `CREATE TABLE gold.people (id integer, region ${type}, n integer)`,
          `INSERT INTO gold.people VALUES (1, '${first}', 3)`,
          `INSERT INTO gold.people SELECT i, '${others}', i FROM generate_series(2, 8) AS s(i)`,
          "INSERT INTO gold.people SELECT i, 'aa', i FROM generate_series(9, 15) AS s(i)",
        ],
        tables: [{ schema: 'gold', name: 'people', columns: ['id integer', 'region text', 'n integer'] }],
        exposures: {
          partners: {
            on: ['gold.people'],
            sluice: {
              members: { group: 'readers' },
              clean_room: {
                min_group_size: 5,
                datasets: { 'gold.people': { unit: 'id', dimensions: ['region'], measures: ['n'] } },
              },
            },
          },
        },
      });
      try {
        const reply = await world.ask(REGIONS);
        expect(reply.status, reply.text).toBe(200);
        told.push([...(reply.body.rows ?? [])].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)));
      } finally {
        await world.close();
      }
    }
    // Whoever writes it otherwise is in a group of their own, which is too small.
    const other = [
      ['EU', 7, 35],
      ['aa', 7, 84],
    ];
    expect(told).toEqual([
      other,
      other,
      [
        ['EU', 8, 38],
        ['aa', 7, 84],
      ],
    ]);
  });
});
