/** A small energy cooperative, and TPC-H's tables beside it, made in DuckDB and carried to PostgreSQL value by value. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { dataset } from '../sql/fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from '../sql/postgres-warehouse.ts';
import { TPCH, TPCH_SQL } from '../sql/tpch.ts';
import { type Warehouse, warehouse } from '../sql/warehouse.ts';

interface Table {
  readonly columns: readonly string[];
  /** A query of DuckDB that gives its rows. */
  readonly rows: string;
}

const pick = (list: string, by: string): string => `(${list})[1 + (hash(${by}) % len(${list}))::INTEGER]`;

const ENERGY: Readonly<Record<string, Table>> = {
  members: {
    columns: [
      ...['member_id INTEGER', 'name VARCHAR', 'email VARCHAR', 'phone VARCHAR', 'city VARCHAR'],
      ...['community VARCHAR', 'joined DATE', 'left_on DATE', 'referred_by INTEGER', 'interests VARCHAR'],
    ],
    rows: `SELECT i, ${pick("['Ada Nilsson','Bo Öberg','cleo d''arc','DAN  MEYER',' Eva Ruiz ','Finn O''Neill']", 'i')},
        CASE WHEN i % 11 = 0 THEN NULL ELSE 'm' || i || '@' || ${pick("['example.com','Mail.Example.org','post.example.net']", 'i * 3')} END,
        CASE WHEN i % 5 = 0 THEN NULL ELSE '+4' || (i % 10) || ' (0) ' || (100 + i * 7) || '-' || (1000 + i * 13) END,
        ${pick("['Lund','Graz','Nantes','Porto']", 'i * 5')}, CASE WHEN i % 9 = 0 THEN NULL ELSE ${pick("['alpha','beta','gamma']", 'i * 7')} END,
        DATE '2023-01-05' + (i * 13 % 420)::INTEGER, CASE WHEN i % 6 = 0 THEN DATE '2024-03-01' + (i * 5 % 200)::INTEGER END,
        CASE WHEN i > 3 THEN i // 3 END, ${pick("['solar,storage','wind','solar,heat,car','','car']", 'i * 11')}
      FROM range(1, 61) t(i)`,
  },
  meters: {
    columns: [
      'meter_id INTEGER',
      'member_id INTEGER',
      'kind VARCHAR',
      'installed DATE',
      'capacity DECIMAL(8,2)',
    ],
    rows: `SELECT i, 1 + i * 7 % 55, ${pick("['consumption','production','storage']", 'i')}, DATE '2023-02-01' + (i * 17 % 300)::INTEGER,
        CASE WHEN i % 8 = 0 THEN NULL ELSE (i * 37 % 900)::DECIMAL(8,2) / 10 END FROM range(1, 81) t(i)`,
  },
  readings: {
    columns: ['meter_id INTEGER', 'at TIMESTAMP', 'kwh DECIMAL(10,3)', 'quality VARCHAR'],
    rows: `SELECT 1 + i % 40, TIMESTAMP '2024-01-01' + ((i // 40) * 9 + (i % 40) % 3) * INTERVAL 1 HOUR,
        CASE WHEN i % 29 = 0 THEN NULL ELSE (hash(i) % 9000)::DECIMAL(10,3) / 100 END, ${pick("['ok','ok','ok','estimated','bad']", 'i * 3')}
      FROM range(2400) t(i) WHERE hash(i * 7) % 10 > 0`,
  },
  tariffs: {
    columns: ['tariff VARCHAR', 'price DECIMAL(8,4)', 'valid_from DATE', 'valid_to DATE'],
    rows: `SELECT ${pick("['basic','night','green']", 'i * 17 + 1')}, 0.1 + (i * 7 % 19)::DECIMAL(8,4) / 100, DATE '2023-01-01' + (i * 40)::INTEGER, CASE WHEN i < 18 THEN DATE '2023-01-01' + (i * 40 + 39)::INTEGER END FROM range(19) t(i)`,
  },
  invoices: {
    columns: [
      ...['invoice_id INTEGER', 'member_id INTEGER', 'issued DATE', 'due DATE', 'paid DATE'],
      ...['amount DECIMAL(10,2)', 'status VARCHAR'],
    ],
    rows: `SELECT i, 1 + i * 11 % 60, DATE '2023-06-01' + (i * 3 % 480)::INTEGER, DATE '2023-06-15' + (i * 3 % 480)::INTEGER,
        CASE WHEN i % 7 > 0 THEN DATE '2023-06-05' + (i * 3 % 480 + i % 30)::INTEGER END, (hash(i * 5) % 40000)::DECIMAL(10,2) / 100 - 20,
        CASE WHEN i % 7 = 0 THEN 'open' WHEN i % 30 > 12 THEN 'late' ELSE 'paid' END FROM range(1, 401) t(i)`,
  },
  events: {
    columns: [
      'event_id INTEGER',
      'member_id INTEGER',
      'at TIMESTAMP',
      'kind VARCHAR',
      'page VARCHAR',
      'payload JSON',
    ],
    rows: `SELECT i, 1 + (hash(i) % 40)::INTEGER, TIMESTAMP '2024-05-01 06:00:00' + (i * 11) * INTERVAL 1 MINUTE + (hash(i * 3) % 50)::INTEGER * INTERVAL 1 SECOND,
        ${pick("['visit','visit','visit','search','compare','order','pay']", 'i * 13')}, '/' || ${pick("['home','tariffs','faq','order/42','order/7/pay']", 'i * 3')},
        '{"device": {"os": "' || ${pick("['ios','android','web']", 'i * 19')} || '", "v": ' || (i % 5) || '}, "amount": ' || (i % 90) || '.5, "tags": ["t' || (i % 4) || '", "x"], "note": ' || CASE WHEN i % 3 = 0 THEN 'null' ELSE '"n ' || i || '"' END || '}'
      FROM range(1, 1201) t(i)`,
  },
};

const energyIn = (database: string): readonly Dataset[] =>
  Object.entries(ENERGY).map(([name, { columns }]) =>
    dataset(`energy.${name}`, columns, { database, schema: 'energy', identifier: name }),
  );

/** The same relations as each engine's catalogue has them. */
export const DATASETS: Readonly<Record<'duckdb' | 'postgres', readonly Dataset[]>> = {
  duckdb: [...TPCH, ...energyIn('memory')],
  postgres: [
    ...TPCH.map((table) => ({
      ...table,
      relation: { database: 'warehouse', schema: 'tpch', identifier: table.name },
    })),
    ...energyIn('warehouse'),
  ],
};

/** `at` is a word of DuckDB's. */
const quoted = (column: string): string => column.replace(/^\w+/, '"$&"');

/** PostgreSQL takes columns that depend on a key where it is declared. */
const KEYS: Readonly<Record<string, string>> = {
  members: 'member_id',
  meters: 'meter_id',
  invoices: 'invoice_id',
  events: 'event_id',
  customer: 'c_custkey',
  nation: 'n_nationkey',
  orders: 'o_orderkey',
};

export interface World {
  readonly duckdb: Warehouse;
  readonly postgres: PostgresWarehouse;
  close(): Promise<void>;
}

export async function world(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-acceptance-'));
  chmodSync(folder, 0o755);
  const [duckdb, postgres] = await Promise.all([warehouse(), postgresWarehouse()]);
  for (const sql of ["SET TimeZone = 'UTC'", ...TPCH_SQL, 'CREATE SCHEMA energy']) await duckdb.run(sql);
  for (const [name, { columns, rows }] of Object.entries(ENERGY)) {
    await duckdb.run(`CREATE TABLE energy.${name} (${columns.map(quoted).join(', ')})`);
    await duckdb.run(`INSERT INTO energy.${name} ${rows}`);
  }
  await postgres.run('CREATE SCHEMA tpch', 'CREATE SCHEMA energy');
  for (const { id, name, columns } of DATASETS.duckdb) {
    const file = join(folder, `${id}.csv`);
    await duckdb.run(`COPY ${id} TO '${file}' (FORMAT csv, HEADER false, FORCE_QUOTE *)`);
    chmodSync(file, 0o644);
    const written = columns.map((column) =>
      quoted(`${column.name} ${column.type === 'JSON' ? 'JSONB' : column.type}`),
    );
    const key = KEYS[name];
    if (key !== undefined) written.push(`PRIMARY KEY (${key})`);
    await postgres.run(
      `CREATE TABLE ${id} (${written.join(', ')})`,
      `COPY ${id} FROM '${file}' (FORMAT csv)`,
    );
  }
  return {
    duckdb,
    postgres,
    async close() {
      duckdb.close();
      await postgres.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
