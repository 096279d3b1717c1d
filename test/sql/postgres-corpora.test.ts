/** TPC-H and ClickBench whole on a real PostgreSQL: what the gate gives is what the raw query gives there, and on DuckDB. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { clickbenchColumns, clickbenchSql } from './clickbench.ts';
import { dataset, governed } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { TPCH, TPCH_SQL } from './tpch.ts';
import { multiset, type Warehouse, warehouse } from './warehouse.ts';

const CORPORA = '../shared/corpora';
const present = existsSync(CORPORA);
if (!present) console.log('skipped: the corpora of TPC-H and ClickBench are not beside the repository');
const textOf = (path: string): string => (present ? readFileSync(`${CORPORA}/${path}`, 'utf8') : '');
const hitColumns = clickbenchColumns(textOf('clickbench/create.sql'));
const filesOf = (folder: string): string[] =>
  present ? readdirSync(`${CORPORA}/${folder}`).filter((name) => name.endsWith('.sql')) : [];

/** DuckDB ignores the length of CHAR; names fold to lower case. */
const inPostgres = (columns: readonly string[]): string[] =>
  columns.map((column) => {
    const [name, ...type] = column.split(' ');
    return `${name!.toLowerCase()} ${type.join(' ').replace(/^CHAR$/, 'VARCHAR')}`;
  });

describe.skipIf(!present || missingServer !== null)('on PostgreSQL', () => {
  let db: PostgresWarehouse;
  let duck: Warehouse;
  let folder: string;
  const on = (name: string, columns: readonly string[]): Dataset =>
    dataset(name, columns, {
      database: 'warehouse',
      schema: name.split('.')[0]!,
      identifier: name.split('.')[1]!,
    });
  const tpch = TPCH.map((table) =>
    on(
      `tpch.${table.name}`,
      table.columns.map((column) => `${column.name} ${column.type}`),
    ),
  );
  const hits = on('clickbench.hits', inPostgres(hitColumns));

  beforeAll(async () => {
    await loadParser();
    folder = mkdtempSync(join(tmpdir(), 'sluice-corpora-'));
    chmodSync(folder, 0o755);
    [db, duck] = await Promise.all([postgresWarehouse(), warehouse()]);
    for (const sql of TPCH_SQL) await duck.run(sql);
    await duck.run('CREATE SCHEMA clickbench');
    for (const sql of clickbenchSql('clickbench.hits', hitColumns)) await duck.run(sql);
    await db.run('CREATE SCHEMA tpch', 'CREATE SCHEMA clickbench');
    for (const { id, columns } of [...tpch, hits]) {
      const file = join(folder, `${id}.csv`);
      await duck.run(`COPY ${id} TO '${file}' (FORMAT csv, HEADER false, FORCE_QUOTE *)`);
      chmodSync(file, 0o644);
      const written = columns.map((column) => `${column.name} ${column.type}`);
      await db.run(
        `CREATE TABLE ${id} (${written.join(', ')})`,
        `COPY ${id} FROM '${file}' (FORMAT csv)`,
        `ANALYZE ${id}`,
      );
    }
    await duck.run("SET search_path = 'tpch,clickbench'");
  });
  afterAll(async () => {
    duck?.close();
    await db?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (sql: string, datasets: readonly Dataset[], limit = 9000) =>
    governed(sql, datasets, {}, { engine: 'postgres', page: { limit, offset: 0 } });

  it.each(filesOf('tpch'))('TPC-H %s', async (file) => {
    const sql = textOf(`tpch/${file}`).trim().replace(/;$/, '');
    const here = multiset(await db.governed(ask(sql, tpch)));
    expect(here).toEqual(multiset(await db.rows(sql, [], 'tpch')));
    expect(here).toEqual(multiset(await duck.rows(sql)));
  });

  const lines = textOf('clickbench/queries.sql')
    .split('\n')
    .filter((line) => line.trim() !== '');
  it.each(lines)('ClickBench %s', async (line) => {
    const sql = line.trim().replace(/;$/, '');
    // Ties under a LIMIT may fall either way: what is compared is the answer without it.
    const whole = sql.replace(/ LIMIT \d+( OFFSET \d+)?$/, '');
    const here = multiset(await db.governed(ask(whole, [hits])));
    expect(here).toEqual(multiset(await db.rows(whole, [], 'clickbench')));
    expect(await db.governed(ask(sql, [hits]))).toHaveLength((await db.rows(sql, [], 'clickbench')).length);
    expect(here).toEqual(multiset(await duck.rows(whole)));
  });
});
