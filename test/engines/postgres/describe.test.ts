/** What the gate sees of a server's catalog: every kind of relation, what its role may read, and no value of the data. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, PhysicalRelation } from '../../../src/engines/engine.ts';
import { createPostgresEngine } from '../../../src/engines/postgres/engine.ts';
import { missingServer, startServer, type TestServer } from './server.ts';

describe.skipIf(missingServer !== null)('the catalog', () => {
  let server: TestServer;
  let engine: Engine;
  let relations: readonly PhysicalRelation[];
  beforeAll(async () => {
    server = await startServer();
    await server.run(
      'CREATE SCHEMA gold',
      'CREATE SCHEMA hidden',
      `CREATE TYPE gold.mood AS ENUM ('secret-mood')`,
      'CREATE DOMAIN gold.email AS varchar(100)',
      'CREATE TABLE gold.members (id int, mood gold.mood, email gold.email, "Mixed Case" text, gone int, amounts numeric(10,2)[], seen timestamptz(3))',
      'ALTER TABLE gold.members DROP COLUMN gone',
      "INSERT INTO gold.members SELECT i, 'secret-mood' FROM generate_series(1, 1000) i",
      'CREATE VIEW gold.some AS SELECT id FROM gold.members WHERE id < 10',
      'CREATE MATERIALIZED VIEW gold.counted AS SELECT count(*) FROM gold.members',
      'CREATE TABLE gold.events (day date, n int) PARTITION BY RANGE (day)',
      "CREATE TABLE gold.events_2024 PARTITION OF gold.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
      'CREATE TABLE gold.partly (open int, closed int)',
      'CREATE TABLE gold.closed (id int)',
      'CREATE TABLE hidden.open (id int)',
      'CREATE SEQUENCE gold.numbers',
      'CREATE INDEX ON gold.members (id)',
      "CREATE ROLE gate LOGIN PASSWORD 'test'",
      'GRANT USAGE ON SCHEMA gold TO gate',
      'GRANT SELECT ON gold.members, gold.some, gold.counted, gold.events, gold.events_2024, hidden.open TO gate',
      'GRANT SELECT (open) ON gold.partly TO gate',
      'ANALYZE',
    );
    engine = createPostgresEngine({
      name: 'warehouse',
      connection: { url: server.urlFor('gate') },
      concurrency: 1,
      perIdentity: 1,
      queue: 1,
    });
    relations = await engine.describe();
  });
  afterAll(async () => {
    await engine?.close();
    await server?.close();
  });

  const of = (name: string) => relations.find(({ relation }) => relation.identifier === name);

  it('lists every kind of relation that the role may read, and no other', () => {
    expect(
      relations.map(({ relation }) => `${relation.database}.${relation.schema}.${relation.identifier}`),
    ).toEqual([
      'warehouse.gold.counted',
      'warehouse.gold.events',
      'warehouse.gold.events_2024',
      'warehouse.gold.members',
      'warehouse.gold.partly',
      'warehouse.gold.some',
    ]);
  });

  it('gives columns as they are, domains as what they are made of, and no values of enums', () => {
    expect(of('members')?.columns).toEqual([
      { name: 'id', type: 'integer', family: 'integer' },
      { name: 'mood', type: 'enum', family: 'text' },
      { name: 'email', type: 'character varying(100)', family: 'text' },
      { name: 'Mixed Case', type: 'text', family: 'text' },
      { name: 'amounts', type: 'numeric(10,2)[]', family: 'list' },
      { name: 'seen', type: 'timestamp(3) with time zone', family: 'timestamptz' },
    ]);
    expect(JSON.stringify(relations)).not.toContain('secret');
  });

  it('leaves out a column that the role may not read', () => {
    expect(of('partly')?.columns.map(({ name }) => name)).toEqual(['open']);
  });

  it('estimates rows where the server does', () => {
    expect(of('members')?.rows).toBe(1000);
    expect(of('some')?.rows).toBeNull();
    expect(of('partly')?.rows).toBeNull();
  });

  it('tells views from what holds rows of its own', () => {
    expect(of('some')?.view).toBe(true);
    expect([of('members'), of('counted'), of('events')].map((relation) => relation?.view)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('takes a foreign table for a view, as it may be one over there', async () => {
    await server.run(
      'CREATE FOREIGN DATA WRAPPER far',
      'CREATE SERVER there FOREIGN DATA WRAPPER far',
      'CREATE FOREIGN TABLE gold.afar (id int) SERVER there',
      'GRANT SELECT ON gold.afar TO gate',
    );
    const staged = await engine.stage();
    const afar = staged.relations.find(({ relation }) => relation.identifier === 'afar');
    await staged.discard();
    expect(afar?.view).toBe(true);
  });

  it('a new table is seen when it is staged', async () => {
    await server.run('CREATE TABLE gold.later (id int)', 'GRANT SELECT ON gold.later TO gate');
    const staged = await engine.stage();
    expect(staged.relations.map(({ relation }) => relation.identifier)).toContain('later');
  });
});
