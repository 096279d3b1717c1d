/** Clean rooms on real engines: random rooms and permitted questions give what a reference in TypeScript gives, and sums over whole atoms alone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CleanRoomLimits, CleanRoomMeasure } from '../../src/catalogue/clean-room.ts';
import { loadParser } from '../../src/sql/parse.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import type { GovernedQuery, ParamValue } from '../../src/sql/stages.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { random } from '../leaks/random.ts';
import { decision, governed, type Rules, type RulesById } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import {
  answerOf,
  questionOf,
  sqlOf,
  type Value,
  visibleMembers,
  visibleUsage,
  type World,
  worldOf,
} from './room-reference.ts';
import { MEMBERS_ROOM, roomDatasets, USAGE_ROOM } from './room-world.ts';
import { multiset, type Warehouse, warehouse } from './warehouse.ts';

const WORLDS = 12;
const QUESTIONS = 25;

const COLUMNS = {
  members: ['member', 'region', 'age', 'joined', 'income', 'email'],
  usage: ['member', 'month', 'kwh', 'cost', 'tariff', 'note'],
} as const;

function statementsOf(world: World): readonly string[] {
  const literal = (value: Value): string =>
    value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${value}'`;
  const insert = (table: 'members' | 'usage'): string => {
    const rows: readonly object[] = world[table];
    const values = rows.map(
      (row) =>
        `(${COLUMNS[table].map((name) => literal((Object(row) as Record<string, Value>)[name] ?? null)).join(', ')})`,
    );
    return `INSERT INTO gold.${table} VALUES ${values.join(', ')}`;
  };
  return [
    'DROP SCHEMA IF EXISTS gold CASCADE',
    'CREATE SCHEMA gold',
    'CREATE TABLE gold.members (member varchar, region varchar, age integer, joined date, income decimal(12,2), email varchar)',
    'CREATE TABLE gold.usage (member varchar, month date, kwh integer, cost double precision, tariff varchar, note varchar)',
    insert('members'),
    insert('usage'),
  ];
}

/** @param masked whether the units are shown as hashes: then no engine knows that both datasets have the same. */
function rulesOf({ least }: World, masked: boolean): RulesById {
  const masks: NonNullable<Rules['masks']> = masked ? { member: { kind: 'hash', scope: 'global' } } : {};
  const only = (rule: CleanRoomLimits, min_group_size: number) => ({
    masks,
    limits: { aggregate_only: [{ ...rule, min_group_size }] },
  });
  return {
    'gold.members': only(MEMBERS_ROOM, least.members),
    'gold.usage': only(USAGE_ROOM, least.usage),
  };
}

function inRoom(
  sql: string,
  rules: RulesById,
  engine: EngineKind,
  params: readonly ParamValue[] = [],
): GovernedQuery {
  const datasets = roomDatasets(engine);
  return governed(sql, datasets, rules, {
    engine,
    params,
    governedOf: (id) => {
      const dataset = datasets.find((one) => one.id === id);
      return dataset === undefined ? undefined : { dataset, decision: decision(id, rules[id] ?? {}) };
    },
  });
}

interface Stand {
  readonly engine: EngineKind;
  readonly open: () => Promise<
    Pick<Warehouse | PostgresWarehouse, 'governed'> & {
      load(statements: readonly string[]): Promise<void>;
      close(): Promise<void> | void;
    }
  >;
}

const STANDS: readonly Stand[] = [
  {
    engine: 'duckdb',
    open: async () => {
      const db = await warehouse();
      return {
        governed: db.governed,
        load: async (statements) => {
          for (const sql of statements) await db.run(sql);
        },
        close: db.close,
      };
    },
  },
  {
    engine: 'postgres',
    open: async () => {
      const db = await postgresWarehouse();
      return { governed: db.governed, load: (statements) => db.run(...statements), close: () => db.close() };
    },
  },
];

describe.each(STANDS)('on $engine', ({ engine, open }) => {
  const missing = engine === 'postgres' ? missingServer : null;
  if (missing !== null) console.log(`skipped: ${missing}`);

  describe.skipIf(missing !== null)('random rooms', () => {
    let stand: Awaited<ReturnType<Stand['open']>>;
    beforeAll(async () => {
      await loadParser();
      stand = await open();
    });
    afterAll(async () => stand?.close());

    it.each(Array.from({ length: WORLDS }, (_, i) => i))(
      'room %i answers as the reference does',
      async (i) => {
        const chance = random(`room ${i}`);
        const world = worldOf(chance);
        await stand.load(statementsOf(world));
        const rules = rulesOf(world, i % 2 === 1);
        for (let n = 0; n < QUESTIONS; n++) {
          const question = questionOf(chance);
          const sql = sqlOf(question);
          const answer = multiset(await stand.governed(inRoom(sql, rules, engine)));
          expect(answer, sql).toEqual(multiset(answerOf(question, world)));
        }
      },
    );

    it.each([
      ['SELECT tariff, count(*), $2 FROM gold.usage WHERE tariff = $1 GROUP BY tariff', ['flat', 7]],
      ['SELECT sum(kwh) FROM gold.usage u JOIN gold.members m USING (member) WHERE age < $1', [60]],
      ['SELECT age + $1, count(*) FILTER (WHERE region <> $2) FROM gold.members GROUP BY age', [1, 'east']],
      ['SELECT count(*) FROM gold.usage WHERE month >= $1 LIMIT $2', ['2024-04-01', 1]],
    ] as const)('takes values: %s', async (sql, values) => {
      const worlds = Array.from({ length: 20 }, (_, i) => worldOf(random(`room of values ${i}`)));
      const world = worlds.find((one) => visibleMembers(one).length > 20 && visibleUsage(one).length > 20)!;
      await stand.load(statementsOf(world));
      const written = values.reduce<string>(
        (text, value, i) =>
          text.replace(`$${i + 1}`, typeof value === 'number' ? String(value) : `'${value}'`),
        sql,
      );
      const rules = rulesOf(world, false);
      const asked = multiset(await stand.governed(inRoom(sql, rules, engine, values)));
      expect(asked.length).toBeGreaterThan(0);
      expect(asked).toEqual(multiset(await stand.governed(inRoom(written, rules, engine))));
    });

    // Bounds that the column's type has no number for made every query of the room fail.
    it('bounds that no value can reach bound nothing', async () => {
      const world = worldOf(random('room of bounds'));
      await stand.load(statementsOf(world));
      const rules = (bounds: Pick<CleanRoomMeasure, 'min' | 'max'>): RulesById => {
        const bounded = (rule: CleanRoomLimits): CleanRoomLimits => ({
          ...rule,
          min_group_size: 2,
          measures: rule.measures.map(({ column }) => ({ column, ...bounds })),
        });
        return {
          'gold.members': { limits: { aggregate_only: [bounded(MEMBERS_ROOM)] } },
          'gold.usage': { limits: { aggregate_only: [bounded(USAGE_ROOM)] } },
        };
      };
      for (const sql of [
        'SELECT region, sum(income) FROM gold.members GROUP BY region',
        'SELECT tariff, sum(kwh), sum(cost) FROM gold.usage GROUP BY tariff',
      ]) {
        const plain = multiset(await stand.governed(inRoom(sql, rules({}), engine)));
        expect(plain.length, sql).toBeGreaterThan(0);
        const wide = inRoom(sql, rules({ min: -1e300, max: 1e37 }), engine);
        expect(multiset(await stand.governed(wide)), sql).toEqual(plain);
      }
      if (engine === 'duckdb')
        expect(() =>
          inRoom('SELECT sum(income) FROM gold.members', rules({ min: 1e30 }), engine),
        ).toThrowError('not this sum');
    });
  });
});
