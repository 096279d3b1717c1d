/** What the engine is sent for a clean room, word by word: a reviewer sees the threshold stand beneath whatever is asked. */
import { beforeAll, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { decision, governed, type RulesById } from './fixture.ts';
import { MEMBERS_ROOM, roomDatasets, USAGE_ROOM } from './room-world.ts';

beforeAll(loadParser);

/** Without measures that are not asked for, and with a row filter and a mask of the caller's. */
const RULES: RulesById = {
  'gold.members': {
    masks: { member: { kind: 'null' } },
    rows: [
      {
        kind: 'compare',
        op: '<>',
        left: { kind: 'column', name: 'email' },
        right: { kind: 'column', name: 'region' },
      },
    ],
    limits: { aggregate_only: [MEMBERS_ROOM] },
  },
  'gold.usage': { limits: { aggregate_only: [USAGE_ROOM] } },
};

function sent(sql: string): string {
  const datasets = roomDatasets('postgres');
  const query = governed(sql, datasets, RULES, {
    engine: 'postgres',
    governedOf: (id) => {
      const dataset = datasets.find((one) => one.id === id);
      return dataset === undefined ? undefined : { dataset, decision: decision(id, RULES[id] ?? {}) };
    },
  });
  return print(query.tree);
}

it('a row a unit', () =>
  expect(
    sent("SELECT region, sum(income) FROM gold.members WHERE region LIKE 'n%' GROUP BY region"),
  ).toMatchInlineSnapshot(
    `"SELECT "t1"."d1" AS "region", "pg_catalog"."sum"("t1"."s1") AS "sum" FROM (SELECT (LEAST("atom"."d1", "atom"."d1") COLLATE "pg_catalog"."default") AS "d1", "atom"."s1" AS "s1" FROM (SELECT "share"."d1" AS "d1", "share"."d2" AS "d2", CAST("pg_catalog"."sum"("share"."n") AS bigint) AS "n", CASE WHEN (("pg_catalog"."count"(*) FILTER (WHERE ("share"."c1" > 0)) >= 3) AND (("pg_catalog"."count"(*) FILTER (WHERE ("share"."c1" < "share"."n")) = 0) OR ("pg_catalog"."count"(*) FILTER (WHERE ("share"."c1" < "share"."n")) >= 3))) THEN "pg_catalog"."sum"("share"."s1") END AS "s1", CASE WHEN (("pg_catalog"."count"(*) FILTER (WHERE ("share"."c1" > 0)) >= 3) AND (("pg_catalog"."count"(*) FILTER (WHERE ("share"."c1" < "share"."n")) = 0) OR ("pg_catalog"."count"(*) FILTER (WHERE ("share"."c1" < "share"."n")) >= 3))) THEN CAST("pg_catalog"."sum"("share"."c1") AS bigint) END AS "c1" FROM (SELECT "own"."d1" AS "d1", "own"."d2" AS "d2", "own"."unit" AS "unit", 1 AS "n", "own"."s1" AS "s1", CASE WHEN ("own"."s1" IS NOT NULL) THEN 1 ELSE 0 END AS "c1" FROM (SELECT "raw"."member" AS "unit", (CAST("raw"."region" AS text) COLLATE "pg_catalog"."C") AS "d1", CASE WHEN ((CAST("raw"."age" AS bigint) <= CAST('2147483647' AS bigint)) AND (CAST("raw"."age" AS bigint) >= (CAST('-2147483648' AS bigint) + (((CAST("raw"."age" AS bigint) % CAST('20' AS bigint)) + CAST('40' AS bigint)) % CAST('20' AS bigint))))) THEN CAST((CAST("raw"."age" AS bigint) - (((CAST("raw"."age" AS bigint) % CAST('20' AS bigint)) + CAST('40' AS bigint)) % CAST('20' AS bigint))) AS integer) END AS "d2", CASE WHEN (("raw"."income" >= CAST('-100000000000000000000000000000000000000' AS numeric)) AND ("raw"."income" <= CAST('100000000000000000000000000000000000000' AS numeric))) THEN "raw"."income" END AS "s1", "pg_catalog"."count"(*) OVER (PARTITION BY "raw"."member") AS "alone" FROM "warehouse"."gold"."members" AS "raw" WHERE (("raw"."email" <> "raw"."region") AND ("raw"."member" IS NOT NULL))) AS "own" WHERE ("own"."alone" = 1)) AS "share" GROUP BY "share"."d1", "share"."d2" HAVING ("pg_catalog"."count"(*) >= 3)) AS "atom" ORDER BY "atom"."d1", "atom"."d2" OFFSET 0) AS "t1" WHERE ("t1"."d1" LIKE 'n%') GROUP BY "t1"."d1" LIMIT 1000"`,
  ));

it('joined, whether the query says so or not', () => {
  const joined = sent('SELECT count(*) FROM gold.usage u JOIN gold.members m ON u.member = m.member');
  const alone = sent('SELECT count(*) FROM gold.usage');
  expect(joined).toMatchInlineSnapshot(
    `"SELECT COALESCE(CAST("pg_catalog"."sum"("t1"."n") AS bigint), 0) AS "count" FROM (SELECT "atom"."n" AS "n", "atom"."j1" AS "j1" FROM (SELECT "share"."d1" AS "d1", "share"."d2" AS "d2", "share"."j1" AS "j1", "share"."j1_d1" AS "j1_d1", "share"."j1_d2" AS "j1_d2", CAST("pg_catalog"."sum"("share"."n") AS bigint) AS "n" FROM (SELECT "own"."d1" AS "d1", "own"."d2" AS "d2", ("j1"."found" IS NOT NULL) AS "j1", "j1"."j1_d1" AS "j1_d1", "j1"."j1_d2" AS "j1_d2", "own"."unit" AS "unit", "j1"."unit" AS "j1_unit", "pg_catalog"."count"(*) AS "n" FROM ((SELECT "raw"."member" AS "unit", CASE WHEN (("raw"."month" >= CAST('0001-01-01' AS date)) AND ("raw"."month" <= CAST('9999-12-31' AS date))) THEN CAST("pg_catalog"."date_trunc"('quarter', CAST("raw"."month" AS timestamp)) AS date) END AS "d1", (CAST("raw"."tariff" AS text) COLLATE "pg_catalog"."C") AS "d2", "raw"."member" AS "j1_k1" FROM "warehouse"."gold"."usage" AS "raw" WHERE ("raw"."member" IS NOT NULL)) AS "own" LEFT JOIN (SELECT "own"."unit" AS "unit", "own"."found" AS "found", "own"."j1_d1" AS "j1_d1", "own"."j1_d2" AS "j1_d2", "own"."j1_k1" AS "j1_k1" FROM (SELECT "raw"."member" AS "unit", TRUE AS "found", (CAST("raw"."region" AS text) COLLATE "pg_catalog"."C") AS "j1_d1", CASE WHEN ((CAST("raw"."age" AS bigint) <= CAST('2147483647' AS bigint)) AND (CAST("raw"."age" AS bigint) >= (CAST('-2147483648' AS bigint) + (((CAST("raw"."age" AS bigint) % CAST('20' AS bigint)) + CAST('40' AS bigint)) % CAST('20' AS bigint))))) THEN CAST((CAST("raw"."age" AS bigint) - (((CAST("raw"."age" AS bigint) % CAST('20' AS bigint)) + CAST('40' AS bigint)) % CAST('20' AS bigint))) AS integer) END AS "j1_d2", CASE WHEN FALSE THEN "raw"."member" END AS "j1_k1", "pg_catalog"."count"(*) OVER (PARTITION BY CASE WHEN FALSE THEN "raw"."member" END) AS "alike", "pg_catalog"."count"(*) OVER (PARTITION BY "raw"."member") AS "alone" FROM "warehouse"."gold"."members" AS "raw" WHERE (("raw"."email" <> "raw"."region") AND ("raw"."member" IS NOT NULL) AND (CASE WHEN FALSE THEN "raw"."member" END IS NOT NULL))) AS "own" WHERE (("own"."alike" = 1) AND ("own"."alone" = 1))) AS "j1" ON ("own"."j1_k1" = "j1"."j1_k1")) GROUP BY "own"."d1", "own"."d2", ("j1"."found" IS NOT NULL), "j1"."j1_d1", "j1"."j1_d2", "own"."unit", "j1"."unit") AS "share" GROUP BY "share"."d1", "share"."d2", "share"."j1", "share"."j1_d1", "share"."j1_d2" HAVING (("pg_catalog"."count"(DISTINCT "share"."unit") >= 3) AND ((NOT "share"."j1") OR ("pg_catalog"."count"(DISTINCT "share"."j1_unit") >= 3)))) AS "atom" ORDER BY "atom"."d1", "atom"."d2", "atom"."j1", "atom"."j1_d1", "atom"."j1_d2" OFFSET 0) AS "t1" WHERE "t1"."j1" LIMIT 1000"`,
  );
  // The same atoms, and of them those that have found theirs.
  const atoms = (sql: string) => /FROM \(SELECT .*? (FROM \(.*) OFFSET 0\) AS "t1"/s.exec(sql)?.[1];
  expect(atoms(alone)).toMatch(/HAVING/);
  expect(atoms(alone)).toBe(atoms(joined));
});
