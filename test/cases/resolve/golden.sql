-- What resolution makes of names, as printed before anything is governed. Columns: members id, name, Region; orders id, member_id; accounts id, iban (hidden), Holder.
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

-- case: CTE names: an inner WITH hides an outer one, and the outer one is back behind it
WITH x AS (SELECT 1 AS a) SELECT (WITH x AS (SELECT 2 AS a) SELECT a FROM x), a FROM x
-- =>
WITH "cte_1" AS (SELECT 1 AS "a") SELECT (WITH "cte_2" AS (SELECT 2 AS "a") SELECT "t2"."a" AS "a" FROM "cte_2" AS "t2") AS "a", "t1"."a" AS "a" FROM "cte_1" AS "t1"

-- case: CTE names: inside a CTE, a subquery of FROM, EXISTS and LATERAL, each in its own scope
WITH y AS (WITH members AS (SELECT 1 AS id) SELECT id FROM members) SELECT y.id, m.id FROM y, members AS m, LATERAL (WITH orders AS (SELECT m.id AS id) SELECT id FROM orders) AS l WHERE EXISTS (WITH y AS (SELECT 3 AS id) SELECT 1 FROM y, orders AS o WHERE o.id = y.id AND o.id = l.id)
-- =>
WITH "cte_1" AS (WITH "cte_2" AS (SELECT 1 AS "id") SELECT "t1"."id" AS "id" FROM "cte_2" AS "t1") SELECT "t2"."id" AS "id", "t3"."id" AS "id" FROM "cte_1" AS "t2", "t3" AS "t3", LATERAL (WITH "cte_3" AS (SELECT "t3"."id" AS "id") SELECT "t4"."id" AS "id" FROM "cte_3" AS "t4") AS "t5" WHERE EXISTS (WITH "cte_4" AS (SELECT 3 AS "id") SELECT 1 AS "c1" FROM "cte_4" AS "t6", "t7" AS "t7" WHERE (("t7"."id" = "t6"."id") AND ("t7"."id" = "t5"."id")))

-- case: CTE names: the arm of a set operation has its own WITH, the other arm sees the dataset
(WITH orders AS (SELECT 1 AS id) SELECT id FROM orders) UNION ALL SELECT id FROM orders
-- =>
(WITH "cte_1" AS (SELECT 1 AS "id") SELECT "t1"."id" AS "id" FROM "cte_1" AS "t1") UNION ALL (SELECT "t2"."id" AS "id" FROM "t2" AS "t2")

-- case: CTE names: a later CTE sees the earlier of a name that a dataset has, the earlier one the dataset
WITH orders AS (SELECT id FROM orders), again AS (SELECT id FROM orders) SELECT a.id FROM again AS a JOIN orders AS b ON a.id = b.id JOIN gold.orders AS c ON c.id = a.id
-- =>
WITH "cte_1" AS (SELECT "t1"."id" AS "id" FROM "t1" AS "t1"), "cte_2" AS (SELECT "t2"."id" AS "id" FROM "cte_1" AS "t2") SELECT "t3"."id" AS "id" FROM (("cte_2" AS "t3" JOIN "cte_1" AS "t4" ON ("t3"."id" = "t4"."id")) JOIN "t5" AS "t5" ON ("t5"."id" = "t3"."id"))

-- case: CTE names: quoted ones keep their case, and do not hide what is written without quotes
WITH "Members" AS (SELECT 1 AS id) SELECT a.id, b.id FROM "Members" AS a, members AS b
-- =>
WITH "cte_1" AS (SELECT 1 AS "id") SELECT "t1"."id" AS "id", "t2"."id" AS "id" FROM "cte_1" AS "t1", "t2" AS "t2"

-- case: recursion: under the name of a dataset, with a WITH inside and column names outside
WITH RECURSIVE members(n, up) AS (WITH one AS (SELECT 1 AS n) SELECT n, 0 FROM one UNION SELECT o.id, r.n FROM members AS r JOIN orders AS o ON o.member_id = r.n) SELECT members.up FROM members
-- =>
WITH RECURSIVE "cte_1" AS (WITH "cte_2" AS (SELECT 1 AS "n") (SELECT "t1"."n" AS "n", 0 AS "c2" FROM "cte_2" AS "t1") UNION (SELECT "t3"."id" AS "id", "t2"."n" AS "n" FROM ("cte_1" AS "t2" JOIN "t3" AS "t3" ON ("t3"."member_id" = "t2"."n")))) SELECT "t4"."c2" AS "up" FROM "cte_1" AS "t4"

-- case: recursion: a name that another query of the list recurs over
WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 3), b AS (SELECT n FROM a) SELECT b.n FROM b, a WHERE a.n = b.n
-- =>
WITH RECURSIVE "cte_1" AS ((SELECT 1 AS "n") UNION ALL (SELECT ("t1"."n" + 1) AS "c1" FROM "cte_1" AS "t1" WHERE ("t1"."n" < 3))), "cte_2" AS (SELECT "t2"."n" AS "n" FROM "cte_1" AS "t2") SELECT "t3"."n" AS "n" FROM "cte_2" AS "t3", "cte_1" AS "t4" WHERE ("t4"."n" = "t3"."n")

-- case: correlation over two levels, and a name that the nearer level has
SELECT (SELECT count(*) FROM orders AS o WHERE o.member_id = m.id AND EXISTS (SELECT 1 FROM orders AS id WHERE id.id = o.id AND name = 'x')) FROM members AS m
-- =>
SELECT (SELECT "count"(*) AS "count" FROM "t2" AS "t2" WHERE (("t2"."member_id" = "t1"."id") AND EXISTS (SELECT 1 AS "c1" FROM "t3" AS "t3" WHERE (("t3"."id" = "t2"."id") AND ("t1"."name" = 'x'))))) AS "count" FROM "t1" AS "t1"

-- case: LATERAL in joins: it sees the left side, and what stands before the join
SELECT m.id, a.n, b.n FROM orders AS o, members AS m LEFT JOIN LATERAL (SELECT o.id + m.id AS n) AS a ON a.n = m.id CROSS JOIN LATERAL (SELECT a.n AS n) AS b
-- =>
SELECT "t2"."id" AS "id", "t3"."n" AS "n", "t4"."n" AS "n" FROM "t1" AS "t1", (("t2" AS "t2" LEFT JOIN LATERAL (SELECT ("t1"."id" + "t2"."id") AS "n") AS "t3" ON ("t3"."n" = "t2"."id")) CROSS JOIN LATERAL (SELECT "t3"."n" AS "n") AS "t4")

-- case: NATURAL joins over what can be seen: a hidden column is no common one
SELECT * FROM accounts NATURAL JOIN (SELECT 1 AS id, 'x' AS iban) AS x
-- =>
SELECT "t1"."id" AS "id", "t1"."Holder" AS "Holder", "t2"."iban" AS "iban" FROM ("t1" AS "t1" JOIN (SELECT 1 AS "id", 'x' AS "iban") AS "t2" ON ("t1"."id" = "t2"."id"))

-- case: USING: a join of joins, the merged column bare and both qualified ones
SELECT id, m.id, o.id, a.id FROM members AS m JOIN orders AS o USING (id) LEFT JOIN accounts AS a USING (id)
-- =>
SELECT "t1"."id" AS "id", "t1"."id" AS "id", "t2"."id" AS "id", "t3"."id" AS "id" FROM (("t1" AS "t1" JOIN "t2" AS "t2" ON ("t1"."id" = "t2"."id")) LEFT JOIN "t3" AS "t3" ON ("t1"."id" = "t3"."id"))

-- case: USING: a RIGHT join merges to the right column, a star gives it first
SELECT * FROM members AS m RIGHT JOIN accounts AS a USING (id)
-- =>
SELECT "t2"."id" AS "id", "t1"."name" AS "name", "t1"."Region" AS "Region", "t2"."Holder" AS "Holder" FROM ("t1" AS "t1" RIGHT JOIN "t2" AS "t2" ON ("t1"."id" = "t2"."id"))

-- case: NATURAL join without a common column
SELECT o.id FROM (SELECT 1 AS x) AS x NATURAL JOIN orders AS o
-- =>
SELECT "t2"."id" AS "id" FROM ((SELECT 1 AS "x") AS "t1" CROSS JOIN "t2" AS "t2")

-- case: column aliases: of a dataset, of a part of its columns, of a subquery, of VALUES and of a CTE
WITH c(u, v) AS (SELECT id, member_id FROM orders) SELECT m.a, m.b, m."Region", s.x, v.k, c.v FROM members AS m(a, b), (SELECT 1, 2) AS s(x, y), (VALUES (1, 'a')) AS v(k), c
-- =>
WITH "cte_1" AS (SELECT "t1"."id" AS "id", "t1"."member_id" AS "member_id" FROM "t1" AS "t1") SELECT "t2"."id" AS "a", "t2"."name" AS "b", "t2"."Region" AS "Region", "t3"."c1" AS "x", "t5"."column1" AS "k", "t6"."member_id" AS "v" FROM "t2" AS "t2", (SELECT 1 AS "c1", 2 AS "c2") AS "t3", (SELECT "t4"."column1" AS "column1", "t4"."column2" AS "column2" FROM (VALUES (1, 'a')) AS "t4"("column1", "column2")) AS "t5", "cte_1" AS "t6"

-- case: column aliases: an old name is free again, and another column may take it
SELECT name FROM members AS m(name, id) WHERE id = 'x'
-- =>
SELECT "t1"."id" AS "name" FROM "t1" AS "t1" WHERE ("t1"."name" = 'x')

-- case: duplicate names: both columns come out, one can be meant by its range alone
SELECT *, m.id AS m, o.id AS o FROM members AS m, orders AS o
-- =>
SELECT "t1"."id" AS "id", "t1"."name" AS "name", "t1"."Region" AS "Region", "t2"."id" AS "id", "t2"."member_id" AS "member_id", "t1"."id" AS "m", "t2"."id" AS "o" FROM "t1" AS "t1", "t2" AS "t2"

-- case: duplicate names of a subquery that nobody means
SELECT x.name FROM (SELECT m.id, o.id, m.name FROM members AS m, orders AS o) AS x
-- =>
SELECT "t3"."name" AS "name" FROM (SELECT "t1"."id" AS "id", "t2"."id" AS "c2", "t1"."name" AS "name" FROM "t1" AS "t1", "t2" AS "t2") AS "t3"

-- case: stars: of one range, of a dataset by its full name, beside other columns, twice
SELECT m.*, gold.orders.*, 1 AS one, m.* FROM members AS m, gold.orders
-- =>
SELECT "t1"."id" AS "id", "t1"."name" AS "name", "t1"."Region" AS "Region", "t2"."id" AS "id", "t2"."member_id" AS "member_id", 1 AS "one", "t1"."id" AS "id", "t1"."name" AS "name", "t1"."Region" AS "Region" FROM "t1" AS "t1", "t2" AS "t2"

-- case: stars: of a join, a CTE and a subquery of stars
WITH c AS (SELECT * FROM accounts) SELECT c.*, x.* FROM c, (SELECT * FROM orders AS o JOIN c USING (id)) AS x
-- =>
WITH "cte_1" AS (SELECT "t1"."id" AS "id", "t1"."Holder" AS "c2" FROM "t1" AS "t1") SELECT "t2"."id" AS "id", "t2"."c2" AS "Holder", "t5"."id" AS "id", "t5"."member_id" AS "member_id", "t5"."c3" AS "Holder" FROM "cte_1" AS "t2", (SELECT "t3"."id" AS "id", "t3"."member_id" AS "member_id", "t4"."c2" AS "c3" FROM ("t3" AS "t3" JOIN "cte_1" AS "t4" ON ("t3"."id" = "t4"."id"))) AS "t5"

-- case: identifiers: any case without quotes, the warehouse's in quotes, escapes
SELECT REGION, "Region", "region", U&"\0052egion", Members."ID", U&"m!0065mbers" UESCAPE '!'.id FROM GOLD.MEMBERS
-- =>
SELECT "t1"."Region" AS "region", "t1"."Region" AS "Region", "t1"."Region" AS "region", "t1"."Region" AS "Region", "t1"."id" AS "ID", "t1"."id" AS "id" FROM "t1" AS "t1"

-- case: identifiers: Unicode and spaces in names of the caller's
SELECT "größe ÷", "GRÖSSE ÷"."größe ÷" FROM (SELECT id AS "größe ÷" FROM members) AS "GRÖSSE ÷"
-- =>
SELECT "t2"."c1" AS "größe ÷", "t2"."c1" AS "größe ÷" FROM (SELECT "t1"."id" AS "c1" FROM "t1" AS "t1") AS "t2"

-- case: set operations: nested as in parentheses, each with its own order and bound
(SELECT id FROM members ORDER BY name LIMIT 1) UNION (SELECT id FROM orders INTERSECT SELECT id FROM accounts ORDER BY 1) EXCEPT SELECT 5 ORDER BY id DESC
-- =>
((SELECT "t1"."id" AS "id" FROM "t1" AS "t1" ORDER BY "t1"."name" LIMIT 1) UNION ((SELECT "t2"."id" AS "id" FROM "t2" AS "t2") INTERSECT (SELECT "t3"."id" AS "id" FROM "t3" AS "t3") ORDER BY 1)) EXCEPT (SELECT 5 AS "c1") ORDER BY 1 DESC

-- case: set operations: names come from the first branch, in a subquery too
SELECT q.a FROM (SELECT id AS a, name AS b FROM members UNION ALL SELECT member_id, 'x' FROM orders) AS q ORDER BY q.b
-- =>
SELECT "t3"."a" AS "a" FROM ((SELECT "t1"."id" AS "a", "t1"."name" AS "b" FROM "t1" AS "t1") UNION ALL (SELECT "t2"."member_id" AS "member_id", 'x' AS "c2" FROM "t2" AS "t2")) AS "t3" ORDER BY "t3"."b"

-- case: ORDER BY: an output name before an input column, an expression over input columns alone
SELECT name AS id, id AS other FROM members ORDER BY id, id + 1, other
-- =>
SELECT "t1"."name" AS "id", "t1"."id" AS "other" FROM "t1" AS "t1" ORDER BY 1, ("t1"."id" + 1), 2

-- case: ORDER BY: a position, an expression of the select list, a qualified column that is given out under another name
SELECT m.id AS n, upper(m.name) FROM members AS m ORDER BY 2, upper(m.name), m.id, m."Region"
-- =>
SELECT "t1"."id" AS "n", "upper"("t1"."name") AS "upper" FROM "t1" AS "t1" ORDER BY 2, 2, 1, "t1"."Region"

-- case: DISTINCT ON by output name and position
SELECT DISTINCT ON (r, 2) region AS r, name FROM members ORDER BY r, 2, id
-- =>
SELECT DISTINCT ON (1, 2) "t1"."Region" AS "r", "t1"."name" AS "name" FROM "t1" AS "t1" ORDER BY 1, 2, "t1"."id"

-- case: GROUP BY: an input column before an output name, an output name where there is none, in sets
SELECT name AS region, upper(region) AS loud, count(*) FROM members GROUP BY ROLLUP (loud, region), name
-- =>
SELECT "t1"."name" AS "region", "upper"("t1"."Region") AS "loud", "count"(*) AS "count" FROM "t1" AS "t1" GROUP BY ROLLUP (2, "t1"."Region"), "t1"."name"

-- case: HAVING and WHERE see input columns alone
SELECT name AS region, count(*) AS id FROM members WHERE region = 'EU' GROUP BY name, members.region HAVING max(id) > 1
-- =>
SELECT "t1"."name" AS "region", "count"(*) AS "id" FROM "t1" AS "t1" WHERE ("t1"."Region" = 'EU') GROUP BY "t1"."name", "t1"."Region" HAVING ("max"("t1"."id") > 1)

-- case: windows: names of another level are others, one extends another
SELECT sum(n) OVER w, (SELECT max(x) FROM (SELECT rank() OVER w AS x FROM orders WINDOW w AS (ORDER BY id)) AS i) FROM (SELECT id AS n, name FROM members) AS q WINDOW v AS (PARTITION BY name), w AS (v ORDER BY n ROWS 1 PRECEDING)
-- =>
SELECT "sum"("t2"."n") OVER "w2" AS "sum", (SELECT "max"("t4"."x") AS "max" FROM (SELECT "rank"() OVER "w3" AS "x" FROM "t3" AS "t3" WINDOW "w3" AS (ORDER BY "t3"."id")) AS "t4") AS "max" FROM (SELECT "t1"."id" AS "n", "t1"."name" AS "name" FROM "t1" AS "t1") AS "t2" WINDOW "w1" AS (PARTITION BY "t2"."name"), "w2" AS ("w1" ORDER BY "t2"."n" ROWS 1 PRECEDING)

-- case: a function in FROM is named by its alias, sees what stands before it, and its bare name is its column
SELECT m.id, g, x.*, jsonb_array_elements FROM members m, generate_series(1, m.id) g, unnest(ARRAY[m.name]) WITH ORDINALITY x, jsonb_array_elements('[1]')
-- =>
SELECT "t1"."id" AS "id", "t2"."c1" AS "g", "t3"."c1" AS "x", "t3"."c2" AS "ordinality", "t4"."c1" AS "jsonb_array_elements" FROM "t1" AS "t1", LATERAL "generate_series"(1, "t1"."id") AS "t2"("c1"), LATERAL "unnest"(ARRAY["t1"."name"]) WITH ORDINALITY AS "t3"("c1", "c2"), "jsonb_array_elements"('[1]') AS "t4"("c1")

-- case: an alias of USING has the merged columns, and hides nothing
SELECT j.id, j.*, members.name, member_id FROM members LEFT JOIN orders USING (id) AS j
-- =>
SELECT "t1"."id" AS "id", "t1"."id" AS "id", "t1"."name" AS "name", "t2"."member_id" AS "member_id" FROM ("t1" AS "t1" LEFT JOIN "t2" AS "t2" ON ("t1"."id" = "t2"."id"))

-- case: columns that a function names keep their names, and an alias may name them again
SELECT x.value, key, y.k, z, z.value FROM jsonb_each('{}') x, jsonb_each_text('{}') AS y(k), jsonb_array_elements('[]') z
-- =>
SELECT "t1"."c2" AS "value", "t1"."c1" AS "key", "t2"."c1" AS "k", "t3"."c1" AS "z", "t3"."c1" AS "value" FROM "jsonb_each"('{}') AS "t1"("c1", "c2"), "jsonb_each_text"('{}') AS "t2"("c1", "c2"), "jsonb_array_elements"('[]') AS "t3"("c1")
