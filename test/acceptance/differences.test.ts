/** The page on what the engines mean differently, question by question: it is what they answer. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { governed } from '../sql/fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from '../sql/postgres-warehouse.ts';
import { type Warehouse, warehouse } from '../sql/warehouse.ts';

const ROWS = readFileSync('docs/reference/dialect.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const cells = line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|').replace(/^`|`$/g, ''));
    const [, question = '', duckdb = '', postgres = '', same = ''] = cells;
    return { question, duckdb, postgres, same };
  });

describe.skipIf(missingServer !== null)('differences', () => {
  let duckdb: Warehouse;
  let postgres: PostgresWarehouse;
  beforeAll(async () => {
    await loadParser();
    [duckdb, postgres] = await Promise.all([warehouse(), postgresWarehouse()]);
  });
  afterAll(async () => {
    duckdb?.close();
    await postgres?.close();
  });

  const onDuckDb = async (sql: string) => (await duckdb.governed(governed(sql, []))).join();
  const onPostgres = async (sql: string) =>
    (await postgres.governed(governed(sql, [], {}, { engine: 'postgres' }))).join();
  const answer = (asked: Promise<string>): Promise<string> => asked.catch(() => 'error');
  /** Numbers are written to nine digits, or whole. */
  const shown = (cell: string): string => {
    const number = Number(cell);
    return cell === '' || Number.isNaN(number) || Number.isInteger(number) || !Number.isFinite(number)
      ? cell
      : number.toPrecision(9);
  };

  it.each(ROWS)('$question', async ({ question, duckdb: there, postgres: here, same }) => {
    expect(await answer(onDuckDb(question))).toBe(shown(there));
    expect(await answer(onPostgres(question))).toBe(shown(here));
    expect(await onDuckDb(same)).toBe(await onPostgres(same));
  });
});
