-- Subqueries anywhere, CTEs, recursion and set operations.

-- correlated scalars in the select list
SELECT m.member_id, (SELECT count(*) FROM invoices AS i WHERE i.member_id = m.member_id) AS invoices, (SELECT max(amount) FROM invoices AS i WHERE i.member_id = m.member_id) AS largest FROM members AS m;
-- a subquery in HAVING
SELECT member_id, sum(amount) AS total FROM invoices GROUP BY member_id HAVING sum(amount) > (SELECT avg(total) FROM (SELECT sum(amount) AS total FROM invoices GROUP BY member_id) AS x);
-- a subquery in ORDER BY under a limit
SELECT member_id FROM members AS m ORDER BY (SELECT count(*) FROM events AS e WHERE e.member_id = m.member_id) DESC, member_id LIMIT 5;
-- a subquery in CASE
SELECT meter_id, CASE WHEN capacity > (SELECT avg(capacity) FROM meters) THEN 'above' WHEN capacity IS NULL THEN 'unknown' ELSE 'below' END AS size FROM meters;
-- EXISTS in the select list
SELECT member_id, EXISTS (SELECT 1 FROM meters AS t WHERE t.member_id = m.member_id AND kind = 'storage') AS stores FROM members AS m;
-- CTEs that use each other
WITH a AS (SELECT member_id, sum(amount) AS total FROM invoices GROUP BY 1), b AS (SELECT avg(total) AS mean FROM a), c AS (SELECT a.member_id FROM a, b WHERE a.total > b.mean) SELECT m.city, count(*) FROM c JOIN members AS m USING (member_id) GROUP BY m.city;
-- CTEs with names for their columns, and hints
WITH t(k, n) AS MATERIALIZED (SELECT kind, count(*) FROM events GROUP BY kind), u AS NOT MATERIALIZED (SELECT * FROM t WHERE n > 100) SELECT u.k, u.n, t.n FROM u JOIN t ON t.k = u.k;
-- the tree of referrals
WITH RECURSIVE tree AS (SELECT member_id, referred_by, 0 AS depth, CAST(member_id AS text) AS path FROM members WHERE referred_by IS NULL UNION ALL SELECT m.member_id, m.referred_by, t.depth + 1, t.path || '>' || m.member_id FROM members AS m JOIN tree AS t ON m.referred_by = t.member_id)
SELECT member_id, depth, path FROM tree;
-- the size of each subtree
WITH RECURSIVE up AS (SELECT member_id AS leaf, member_id AS at FROM members UNION ALL SELECT u.leaf, m.referred_by FROM up AS u JOIN members AS m ON m.member_id = u.at WHERE m.referred_by IS NOT NULL) SELECT at, count(*) - 1 AS below FROM up GROUP BY at HAVING count(*) > 1;
-- numbers by recursion
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20), f(i, a, b) AS (SELECT 1, 0, 1 UNION ALL SELECT i + 1, b, a + b FROM f WHERE i < 20) SELECT n.i, f.a FROM n JOIN f ON f.i = n.i;
-- what can be reached, without going round in circles
WITH RECURSIVE reach(a, b) AS (SELECT referred_by, member_id FROM members WHERE referred_by IS NOT NULL UNION SELECT r.a, m.member_id FROM reach AS r JOIN members AS m ON m.referred_by = r.b) SELECT a, count(*) FROM reach GROUP BY a;
-- set operations with brackets of their own
(SELECT member_id FROM members WHERE city = 'Lund' ORDER BY member_id LIMIT 3) UNION (SELECT member_id FROM members WHERE city = 'Graz' ORDER BY member_id DESC LIMIT 3) ORDER BY member_id;
-- INTERSECT binds tighter than UNION
SELECT member_id FROM meters WHERE kind = 'storage' UNION SELECT member_id FROM events WHERE kind = 'pay' INTERSECT SELECT member_id FROM invoices WHERE status = 'late';
-- multisets
SELECT member_id FROM meters INTERSECT ALL SELECT member_id FROM invoices EXCEPT ALL SELECT member_id FROM members WHERE community = 'beta';
-- VALUES as a relation
SELECT v.city, v.country, count(m.member_id) FROM (VALUES ('Lund', 'SE'), ('Graz', 'AT'), ('Nantes', 'FR'), ('Oslo', 'NO')) AS v(city, country) LEFT JOIN members AS m ON m.city = v.city GROUP BY v.city, v.country;
-- VALUES by itself
VALUES (1, 'a'), (2, 'b'), (3, NULL);
-- a subquery over a subquery over a subquery
SELECT max(n) FROM (SELECT city, count(*) AS n FROM (SELECT DISTINCT city, community FROM (SELECT * FROM members WHERE left_on IS NULL) AS a) AS b GROUP BY city) AS c;
-- the second highest of a column
SELECT max(amount) FROM invoices WHERE amount < (SELECT max(amount) FROM invoices);
-- rows by page
SELECT invoice_id, amount FROM invoices ORDER BY amount DESC, invoice_id LIMIT 10 OFFSET 20;
-- a list out of a subquery
SELECT m.member_id, array_to_string(ARRAY(SELECT t.kind FROM meters AS t WHERE t.member_id = m.member_id ORDER BY t.kind, t.meter_id), '+') AS kinds FROM members AS m;
-- an aggregate of an aggregate through a CTE that is read twice
WITH d AS (SELECT at::date AS day, count(*) AS n FROM events GROUP BY 1) SELECT day, n FROM d WHERE n = (SELECT max(n) FROM d) OR n = (SELECT min(n) FROM d);
-- DISTINCT with an order
SELECT DISTINCT city, community FROM members ORDER BY community NULLS LAST, city DESC;
-- TABLE
WITH small AS (SELECT city, count(*) AS n FROM members GROUP BY city) TABLE small;
