/** A clean room on a warehouse of a test's own, on either engine: members of regions, and what they used month by month. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Reply, startGate, type TestGate } from '../e2e/gate.ts';
import { type Project, writeProject } from '../e2e/project.ts';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';

export const ENGINES = ['duckdb', 'postgres'] as const;
export type EngineKind = (typeof ENGINES)[number];
export const MISSING: Readonly<Record<EngineKind, string | null>> = { duckdb: null, postgres: missingServer };

export interface RoomWorld {
  readonly gate: TestGate;
  ask(sql: string, rest?: AskOptions): Promise<Reply>;
  /** Changes the data, as the next load would: on DuckDB with the push that brings it. */
  change(...statements: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly as?: string | null;
  /** `partners` where nothing is said. */
  readonly project?: string | null;
  readonly params?: readonly unknown[];
  readonly limit?: number;
  readonly offset?: number;
}

const SQL = [
  'CREATE SCHEMA gold',
  'CREATE TABLE gold.members (member_id integer, region text, joined_on date, age integer, email text)',
  'CREATE TABLE gold.usage (member_id integer, month date, kwh numeric(10,2))',
];

const TABLES = [
  {
    schema: 'gold',
    name: 'members',
    columns: ['member_id integer', 'region text', 'joined_on date', 'age integer', 'email text'],
  },
  { schema: 'gold', name: 'usage', columns: ['member_id integer', 'month date', 'kwh numeric(10,2)'] },
];

/** Regions with 12, 8 and 10 members; ids from 1 on. Two months of usage for everyone. */
export const MEMBERS: readonly string[] = [
  `INSERT INTO gold.members SELECT i, CASE WHEN i <= 12 THEN 'EU' WHEN i <= 20 THEN 'FR' ELSE 'US' END,
     date '2020-01-01' + CAST((i * 3) AS integer), CAST(20 + i AS integer), 'SECRET4242' || i FROM generate_series(1, 30) AS s(i)`,
  `INSERT INTO gold.usage SELECT i, date '2024-01-01', i * 1.5 FROM generate_series(1, 30) AS s(i)`,
  `INSERT INTO gold.usage SELECT i, date '2024-02-01', i * 2 FROM generate_series(1, 30) AS s(i)`,
];

export const ROOM = {
  min_group_size: 5,
  datasets: {
    'gold.members': {
      unit: 'member_id',
      one_row_per_unit: true,
      dimensions: ['region', { column: 'joined_on', truncate_date: 'year' }],
      measures: ['age'],
      join_keys: ['member_id'],
    },
    'gold.usage': {
      unit: 'member_id',
      dimensions: ['month'],
      measures: ['kwh'],
      join_keys: ['member_id'],
      joins: [{ dataset: 'gold.members', on: 'member_id' }],
    },
  },
};

export interface WorldOptions {
  readonly exposures?: Project['exposures'];
  readonly policies?: string;
  readonly data?: readonly string[];
  /** Beside members and usage. */
  readonly tables?: Project['tables'];
  /** Kept by whoever started it; what was there before is dropped. */
  readonly server?: TestServer | null;
}

export async function openWorld(kind: EngineKind, options: WorldOptions = {}): Promise<RoomWorld> {
  const exposures = options.exposures ?? {
    partners: {
      on: ['gold.members', 'gold.usage'],
      sluice: { members: { group: 'readers' }, clean_room: ROOM },
    },
  };
  const data = [...SQL, ...(options.data ?? MEMBERS)];
  const own = kind === 'postgres' && !options.server ? await startServer() : null;
  const server = options.server ?? own;
  await server?.run('DROP SCHEMA IF EXISTS gold CASCADE', ...data);
  const folder = await writeProject({
    sql: server === null ? data : [],
    tables: [...TABLES, ...(options.tables ?? [])],
    exposures,
    ...(options.policies === undefined ? {} : { policies: options.policies }),
    ...(server === null
      ? {}
      : { server: { engine: `{ kind: postgres, url: '${server.url}' }`, adapter: 'postgres' } }),
  });
  const gate = await startGate({ folder });
  return {
    gate,
    ask: (sql, { as = 'reader', project = 'partners', params = [], ...rest } = {}) =>
      gate.call(as, 'POST', '/v1/query', {
        body: { sql, ...rest, ...(params.length === 0 ? {} : { params }) },
        headers: project === null ? {} : { 'x-sluice-project': project },
      }),
    async change(...statements) {
      if (server !== null) {
        await server.run(...statements);
        return;
      }
      const instance = await DuckDBInstance.create(join(folder, 'warehouse.duckdb'));
      const connection = await instance.connect();
      for (const sql of statements) await connection.run(sql);
      connection.closeSync();
      instance.closeSync();
      await gate.push();
    },
    async close() {
      await gate.close();
      await own?.close();
    },
  };
}
