/** Sums of floats hang on the order in which they are added up: not on the order in which rows lie, which would tell whose is which. */
import { afterAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../engines/postgres/server.ts';
import { ENGINES, MISSING, openWorld } from './world.ts';

/** Some of these are lost in others, unless they are added up before. */
const VALUES = ['1e16', '1', '-1e16', '1', '3e15', '0.3', '-3e15', '0.7'];
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  one: VALUES,
  back: [...VALUES].reverse(),
  swapped: [...VALUES.slice(3), ...VALUES.slice(0, 3)],
};

for (const kind of ENGINES) if (MISSING[kind] !== null) console.warn(`floats skip ${kind}: ${MISSING[kind]}`);

describe.each(ENGINES.filter((kind) => MISSING[kind] === null))('on %s', (kind) => {
  let server: TestServer | null = null;
  afterAll(() => server?.close());

  it.each([true, false])('the same values are one sum, a row a unit: %s', async (one_row_per_unit) => {
    server ??= kind === 'postgres' ? await startServer() : null;
    const names = Object.keys(ORDERS);
    const rules = { unit: 'id', one_row_per_unit, dimensions: [], measures: ['v'] };
    const world = await openWorld(kind, {
      server,
      data: Object.entries(ORDERS).flatMap(([name, values]) => [
        `CREATE TABLE gold.${name} (id integer, v double precision)`,
        ...values.map((value, i) =>
          one_row_per_unit
            ? `INSERT INTO gold.${name} VALUES (${i}, ${value})`
            : // Each of eight has all of them.
              `INSERT INTO gold.${name} SELECT i, ${value} FROM generate_series(1, 8) AS s(i)`,
        ),
      ]),
      tables: names.map((name) => ({ schema: 'gold', name, columns: ['id integer', 'v double precision'] })),
      exposures: {
        partners: {
          on: names.map((name) => `gold.${name}`),
          sluice: {
            members: { group: 'readers' },
            clean_room: {
              min_group_size: 5,
              datasets: Object.fromEntries(names.map((name) => [`gold.${name}`, rules])),
            },
          },
        },
      },
    });
    try {
      const told: unknown[] = [];
      for (const name of names) {
        const reply = await world.ask(`SELECT sum(v), avg(v) FROM gold.${name}`);
        expect(reply.status, reply.text).toBe(200);
        told.push(reply.body.rows);
      }
      expect(new Set(told.map((rows) => JSON.stringify(rows))).size).toBe(1);
    } finally {
      await world.close();
    }
  });
});
