/** Analytical SQL as it is written every day: all of it passes the gate, and gives the same on DuckDB and on PostgreSQL. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { readCases } from '../sql/cases.ts';
import { governed } from '../sql/fixture.ts';
import { DATASETS, type World, world } from './world.ts';

const FOLDER = 'test/acceptance';
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.sql'));
const CASES = FILES.map((file) => ({ file, cases: readCases(`${FOLDER}/${file}`) }));
const EVERYTHING = { limit: 100_000, offset: 0 };

const ask = (sql: string, engine: 'duckdb' | 'postgres') =>
  governed(sql, DATASETS[engine], {}, { engine, page: EVERYTHING });

/** Numbers are floats of nine digits already; what is left of their difference is the order of a sum. */
const NEAR = 2e-9;

function same(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  return a !== '' && b !== '' && Math.abs(x - y) <= NEAR * Math.max(1, Math.abs(x), Math.abs(y));
}

/** Rows in an order that the last digits of a float do not change. */
function ordered(rows: readonly string[]): readonly string[] {
  const rough = (row: string): string =>
    row
      .split('|')
      .map((field) => (/^-?\d+\.\d+(e[-+]\d+)?$/.test(field) ? Number(field).toPrecision(6) : field))
      .join('|');
  return [...rows].sort((a, b) => (rough(a) < rough(b) ? -1 : rough(a) > rough(b) ? 1 : 0));
}

/** What stands in one and not in the other, row by row. */
function differences(left: readonly string[], right: readonly string[]): readonly string[] {
  const [a, b] = [ordered(left), ordered(right)];
  const length = a.length === b.length ? [] : [`${a.length} rows, and ${b.length}`];
  const rows = a.flatMap((row, i) => {
    const [fields, others] = [row.split('|'), (b[i] ?? '').split('|')];
    const alike = fields.length === others.length && fields.every((field, j) => same(field, others[j]!));
    return alike ? [] : [`${row} <> ${b[i]}`];
  });
  return [...length, ...rows].slice(0, 5);
}

describe('acceptance', () => {
  const counts = new Map<string, { asked: number; accepted: number }>();
  beforeAll(loadParser);

  it('is whole on both engines', () => {
    const refused: string[] = [];
    for (const engine of ['duckdb', 'postgres'] as const)
      for (const { file, cases } of CASES)
        for (const { sql } of cases) {
          const count = counts.get(`${file} on ${engine}`) ?? { asked: 0, accepted: 0 };
          counts.set(`${file} on ${engine}`, count);
          count.asked += 1;
          try {
            ask(sql, engine);
            count.accepted += 1;
          } catch (error) {
            refused.push(`${engine}: ${sql}: ${error}`);
          }
        }
    for (const [name, { asked, accepted }] of counts)
      console.log(`${name}: ${accepted} of ${asked} accepted (${Math.floor((100 * accepted) / asked)} %)`);
    expect(refused).toEqual([]);
    expect([...counts.values()].reduce((sum, { asked }) => sum + asked, 0)).toBeGreaterThanOrEqual(400);
  });
});

describe.skipIf(missingServer !== null)('results', () => {
  let at: World;
  beforeAll(async () => {
    await loadParser();
    at = await world();
  });
  afterAll(() => at?.close());

  describe.each(CASES)('$file', ({ cases }) => {
    it.each(cases)('$title: $sql', async ({ sql }) => {
      const raw = await at.postgres.rows(sql, [], 'energy,tpch');
      expect(raw.length, 'a case that shows nothing').toBeGreaterThan(0);
      expect(differences(await at.postgres.governed(ask(sql, 'postgres')), raw)).toEqual([]);
      expect(differences(await at.duckdb.governed(ask(sql, 'duckdb')), raw)).toEqual([]);
    });
  });
});
