-- What resolution makes of names, as printed before anything is governed. Columns: members id, name, Region; orders id, member_id.
-- Written by UPDATE_GOLDEN=1, read by people.

-- case: a star gives the columns in the catalogue's order, with the warehouse's names
SELECT * FROM gold.members
-- =>
SELECT "t1"."id" AS "id", "t1"."name" AS "name", "t1"."Region" AS "Region" FROM "t1" AS "t1"

-- case: names of the output are PostgreSQL's
SELECT id, 1, 'x'::text, count(*), id::text, (id), -id, CASE WHEN true THEN 1 END, CASE WHEN true THEN 1 ELSE id END, now()::date, (SELECT name FROM members LIMIT 1), EXISTS (SELECT 1), ARRAY[1], coalesce(id, 1), extract(year FROM now()), current_date, nullif(1, 2), REGION FROM members GROUP BY members.id, region
-- =>
SELECT "t1"."id" AS "id", 1 AS "?column?", CAST('x' AS text) AS "text", "count"(*) AS "count", CAST("t1"."id" AS text) AS "id", "t1"."id" AS "id", (- "t1"."id") AS "?column?", CASE WHEN TRUE THEN 1 END AS "case", CASE WHEN TRUE THEN 1 ELSE "t1"."id" END AS "id", CAST("now"() AS date) AS "now", (SELECT "t2"."name" AS "name" FROM "t2" AS "t2" LIMIT 1) AS "name", EXISTS (SELECT 1 AS "c1") AS "exists", ARRAY[1] AS "array", COALESCE("t1"."id", 1) AS "coalesce", EXTRACT('year' FROM "now"()) AS "extract", CURRENT_DATE AS "current_date", NULLIF(1, 2) AS "nullif", "t1"."Region" AS "region" FROM "t1" AS "t1" GROUP BY "t1"."id", "t1"."Region"

-- case: NATURAL and USING become ON, merged columns come first
SELECT * FROM members JOIN orders USING (id)
-- =>
SELECT "t1"."id" AS "id", "t1"."name" AS "name", "t1"."Region" AS "Region", "t2"."member_id" AS "member_id" FROM ("t1" AS "t1" JOIN "t2" AS "t2" ON ("t1"."id" = "t2"."id"))

-- case: a full join merges by coalesce
SELECT id FROM members FULL JOIN orders USING (id)
-- =>
SELECT COALESCE("t1"."id", "t2"."id") AS "id" FROM ("t1" AS "t1" FULL JOIN "t2" AS "t2" ON ("t1"."id" = "t2"."id"))

-- case: an alias on a join hides what is inside
SELECT j.who, j.* FROM (members JOIN orders USING (id)) AS j(key, who)
-- =>
SELECT "t1"."name" AS "who", "t1"."id" AS "key", "t1"."name" AS "who", "t1"."Region" AS "Region", "t2"."member_id" AS "member_id" FROM ("t1" AS "t1" JOIN "t2" AS "t2" ON ("t1"."id" = "t2"."id"))

-- case: a CTE hides a dataset only in its own scope, and sees the dataset itself
WITH members AS (SELECT id FROM members) SELECT * FROM members, gold.members AS g
-- =>
WITH "cte_1" AS (SELECT "t1"."id" AS "id" FROM "t1" AS "t1") SELECT "t2"."id" AS "id", "t3"."id" AS "id", "t3"."name" AS "name", "t3"."Region" AS "Region" FROM "cte_1" AS "t2", "t3" AS "t3"

-- case: recursion
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n AS "N" FROM r
-- =>
WITH RECURSIVE "cte_1" AS ((SELECT 1 AS "c1") UNION ALL (SELECT ("t1"."c1" + 1) AS "c1" FROM "cte_1" AS "t1" WHERE ("t1"."c1" < 3))) SELECT "t2"."c1" AS "N" FROM "cte_1" AS "t2"

-- case: inner names that an engine could confuse are replaced
SELECT "A", a, q."Ünï" FROM (SELECT id AS "A", id AS a, id AS "Ünï" FROM members) AS q
-- =>
SELECT "t2"."c1" AS "A", "t2"."a" AS "a", "t2"."c3" AS "Ünï" FROM (SELECT "t1"."id" AS "c1", "t1"."id" AS "a", "t1"."id" AS "c3" FROM "t1" AS "t1") AS "t2"

-- case: positions, output names and input columns of GROUP BY and ORDER BY
SELECT region AS r, name AS region, count(*) AS n FROM members GROUP BY r, 2, region ORDER BY region, n DESC NULLS LAST, lower(name)
-- =>
SELECT "t1"."Region" AS "r", "t1"."name" AS "region", "count"(*) AS "n" FROM "t1" AS "t1" GROUP BY 1, 2, "t1"."Region" ORDER BY 2, 3 DESC NULLS LAST, "lower"("t1"."name")

-- case: an expression of ORDER BY that stands in the select list becomes its position
SELECT DISTINCT lower(name) FROM members ORDER BY lower(name)
-- =>
SELECT DISTINCT "lower"("t1"."name") AS "lower" FROM "t1" AS "t1" ORDER BY 1

-- case: set operations take the names of the first branch
SELECT id AS "Key" FROM members UNION ALL SELECT member_id FROM orders ORDER BY "Key" LIMIT 3
-- =>
(SELECT "t1"."id" AS "Key" FROM "t1" AS "t1") UNION ALL (SELECT "t2"."member_id" AS "member_id" FROM "t2" AS "t2") ORDER BY 1 LIMIT 3

-- case: VALUES
VALUES (1, 'x'), (2, 'y') ORDER BY column1 DESC
-- =>
SELECT "t1"."column1" AS "column1", "t1"."column2" AS "column2" FROM (VALUES (1, 'x'), (2, 'y')) AS "t1"("column1", "column2") ORDER BY 1 DESC

-- case: windows
SELECT sum(id) OVER "W", rank() OVER ("W" ORDER BY name) FROM members WINDOW "W" AS (PARTITION BY region)
-- =>
SELECT "sum"("t1"."id") OVER "w1" AS "sum", "rank"() OVER ("w1" ORDER BY "t1"."name") AS "rank" FROM "t1" AS "t1" WINDOW "w1" AS (PARTITION BY "t1"."Region")

-- case: LATERAL and correlation
SELECT m.id, l.c FROM members m, LATERAL (SELECT count(*) AS c FROM orders WHERE member_id = m.id AND EXISTS (SELECT 1 WHERE m.name = 'x')) l
-- =>
SELECT "t1"."id" AS "id", "t3"."c" AS "c" FROM "t1" AS "t1", LATERAL (SELECT "count"(*) AS "c" FROM "t2" AS "t2" WHERE (("t2"."member_id" = "t1"."id") AND EXISTS (SELECT 1 AS "c1" WHERE ("t1"."name" = 'x')))) AS "t3"

-- case: subqueries in every place
SELECT (SELECT id FROM members m2 WHERE m2.id = m.id) FROM members m WHERE id IN (SELECT member_id FROM orders o WHERE o.id > m.id) GROUP BY id HAVING count(*) > (SELECT 1) ORDER BY (SELECT 1), 1
-- =>
SELECT (SELECT "t2"."id" AS "id" FROM "t2" AS "t2" WHERE ("t2"."id" = "t1"."id")) AS "id" FROM "t1" AS "t1" WHERE ("t1"."id" IN (SELECT "t3"."member_id" AS "member_id" FROM "t3" AS "t3" WHERE ("t3"."id" > "t1"."id"))) GROUP BY "t1"."id" HAVING ("count"(*) > (SELECT 1 AS "c1")) ORDER BY (SELECT 1 AS "c1"), 1

-- case: windows that nothing uses are left out, with what is in them
SELECT id, rank() OVER b FROM members WINDOW a AS (PARTITION BY name), b AS (a ORDER BY id), c AS (ORDER BY array[id]), d AS (c)
-- =>
SELECT "t1"."id" AS "id", "rank"() OVER "w2" AS "rank" FROM "t1" AS "t1" WINDOW "w1" AS (PARTITION BY "t1"."name"), "w2" AS ("w1" ORDER BY "t1"."id")
