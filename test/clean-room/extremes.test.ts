/** Values at the ends of their types, of one person in a group that is too small: none of them makes an answer fail. */
import { afterAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../engines/postgres/server.ts';
import { ENGINES, type EngineKind, MISSING, openWorld } from './world.ts';

interface Case {
  readonly type: string;
  readonly usual: string;
  readonly odd: readonly string[];
  /** How the dimension is made coarse, or how the measure is bound. */
  readonly dimension?: object;
  readonly measure?: object;
}

const DATES = ['year', 'quarter', 'month', 'week'].map((truncate_date) => ({ truncate_date }));
const NUMBERS = [{ bucket: 10 }, { bucket: 1e15 }, { round: 100 }, { round: 0.000001 }];
const BOUNDS = [{}, { min: 0, max: 2000 }, { min: -1e15, max: 1e15 }];
const WHOLE = ['9223372036854775807', '-9223372036854775808'];
const MOST = ['9999999999999999999999999999.9999999999', '-9999999999999999999999999999.9999999999'];
const FLOATS = ["'NaN'", "'Infinity'", "'-Infinity'", '1e308'];

const ODD_DATES: Readonly<
  Record<EngineKind, readonly [dates: readonly string[], moments: readonly string[]]>
> = {
  duckdb: [
    ["'infinity'", "'5881580-07-10'", "'5877642-06-25 (BC)'"],
    ["'infinity'", "'294247-01-10 04:00:54.775806'", "'290309-12-22 (BC) 00:00:00'"],
  ],
  postgres: [
    ["'infinity'", "'5874897-12-31'", "'4713-01-01 BC'"],
    ["'infinity'", "'294276-12-31 23:59:59.999'", "'4713-01-01 BC'"],
  ],
};

function casesOf(kind: EngineKind): readonly Case[] {
  const [dates, moments] = ODD_DATES[kind];
  const numbers = [
    { type: 'bigint', usual: '1', odd: WHOLE },
    { type: 'numeric(38,10)', usual: '1', odd: MOST },
    { type: 'double precision', usual: '1', odd: FLOATS },
  ];
  return [
    ...DATES.flatMap((dimension) => [
      { type: 'date', usual: "'2020-01-01'", odd: dates, dimension },
      { type: 'timestamp', usual: "'2020-01-01'", odd: moments, dimension },
    ]),
    ...NUMBERS.flatMap((dimension) => numbers.map((one) => ({ ...one, dimension }))),
    ...BOUNDS.flatMap((measure) => numbers.map((one) => ({ ...one, measure }))),
  ];
}

for (const kind of ENGINES)
  if (MISSING[kind] !== null) console.warn(`extremes skip ${kind}: ${MISSING[kind]}`);

describe.each(ENGINES.filter((kind) => MISSING[kind] === null))('on %s', (kind) => {
  let server: TestServer | null = null;
  afterAll(() => server?.close());

  it('whoever is left out makes nothing fail', async () => {
    server = kind === 'postgres' ? await startServer() : null;
    const cases = casesOf(kind).map((one, i) => ({ ...one, table: `t${i}` }));
    const datasets = cases.map(({ table, dimension, measure }) => [
      `gold.${table}`,
      {
        unit: 'id',
        dimensions: ['g', ...(dimension === undefined ? [] : [{ column: 'v', ...dimension }])],
        measures: measure === undefined ? [] : [{ column: 'v', ...measure }],
      },
    ]);
    const world = await openWorld(kind, {
      server,
      data: cases.flatMap(({ table, type, usual, odd }) => [
        `CREATE TABLE gold.${table} (id integer, g text, v ${type})`,
        `INSERT INTO gold.${table} SELECT i, 'many', CAST(${usual} AS ${type}) FROM generate_series(1, 8) AS s(i)`,
        ...odd.map(
          (value, i) => `INSERT INTO gold.${table} VALUES (${100 + i}, 'few', CAST(${value} AS ${type}))`,
        ),
      ]),
      tables: cases.map(({ table, type }) => ({
        schema: 'gold',
        name: table,
        columns: ['id integer', 'g text', `v ${type}`],
      })),
      exposures: {
        partners: {
          on: cases.map(({ table }) => `gold.${table}`),
          sluice: {
            members: { group: 'readers' },
            clean_room: { min_group_size: 5, datasets: Object.fromEntries(datasets) },
          },
        },
      },
    });
    try {
      for (const { table, type, dimension, measure } of cases) {
        const what = measure === undefined ? 'count(*)' : 'sum(v), avg(v), count(v)';
        const reply = await world.ask(`SELECT g, ${what} FROM gold.${table} GROUP BY g`);
        expect(reply.status, `${type} ${JSON.stringify(dimension ?? measure)}: ${reply.text}`).toBe(200);
        expect(reply.body.rows?.map(([g]) => g)).toEqual(['many']);
      }
    } finally {
      await world.close();
    }
  });
});
