-- Each of these must give what the same text gives on a physical copy: hidden rows deleted, hidden columns dropped,
-- masked columns rewritten. members: rows of EU and FR, iban hidden, email masked (partial), income NULL;
-- orders: rows of more than 10, note a constant. DuckDB runs both sides, so what is compared is names and release.

-- stars
SELECT * FROM members;
SELECT m.*, o.id FROM members AS m JOIN orders AS o ON o.member_id = m.id;
SELECT * FROM members, regions WHERE members.region = regions.code;
SELECT x.* FROM (SELECT * FROM members) AS x;
-- names
SELECT id, Name, "name", EMAIL FROM members;
SELECT members.id, gold.members.name FROM gold.members;
SELECT a.id FROM members AS a(id, b, c) WHERE c LIKE 'a%';
SELECT q.n FROM (SELECT id AS n, id AS n2 FROM members) AS q WHERE q.n2 > 3;
SELECT "Ä", é FROM (SELECT id AS "Ä", name AS "é" FROM members) AS u;
-- joins over columns of one name
SELECT * FROM members NATURAL JOIN accounts;
SELECT * FROM members JOIN accounts USING (id);
SELECT * FROM members LEFT JOIN accounts USING (id);
SELECT * FROM members RIGHT JOIN accounts USING (id);
SELECT id, name, balance FROM members FULL JOIN accounts USING (id);
SELECT count(*) FROM members NATURAL LEFT JOIN accounts;
SELECT m.id, a.id FROM members AS m JOIN accounts AS a USING (id);
SELECT id, r.code FROM (members JOIN accounts USING (id)) CROSS JOIN regions AS r WHERE r.code = region;
SELECT o.id, p.id FROM orders o LEFT JOIN orders p ON p.id = o.id + 1 AND p.amount > o.amount;
SELECT count(*) FROM members a, members b WHERE a.region = b.region AND a.id < b.id;
SELECT count(*) FROM members a JOIN members b ON a.email = b.email;
-- CTEs and what their names hide
WITH members AS (SELECT 1 AS id) SELECT * FROM members;
WITH members AS (SELECT * FROM gold.members WHERE id < 4) SELECT count(*) FROM members;
WITH a AS (SELECT id FROM members), b AS (SELECT id FROM a WHERE id > 2) SELECT * FROM b, a WHERE a.id = b.id;
WITH a AS (SELECT 1 AS x) SELECT (WITH a AS (SELECT 2 AS x) SELECT x FROM a), x FROM a;
SELECT * FROM (WITH orders AS (SELECT 7 AS seven) SELECT seven FROM orders) AS q, (SELECT count(*) AS n FROM orders) AS r;
WITH a(k, v) AS (SELECT region, count(*) FROM members GROUP BY region) SELECT v, k FROM a;
WITH a AS MATERIALIZED (SELECT * FROM members), b AS NOT MATERIALIZED (SELECT * FROM orders) SELECT count(*) FROM a, b;
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT m.id, n.i FROM n JOIN members m ON m.id = n.i;
WITH RECURSIVE r(id, depth) AS (SELECT id, 0 FROM members WHERE id = 1 UNION SELECT o.id, r.depth + 1 FROM r JOIN orders o ON o.member_id = r.id WHERE r.depth < 3) SELECT * FROM r;
-- subqueries
SELECT id FROM members m WHERE EXISTS (SELECT 1 FROM orders WHERE member_id = m.id);
SELECT id FROM members WHERE id IN (SELECT member_id FROM orders WHERE amount > 20);
SELECT id FROM members WHERE id NOT IN (SELECT member_id FROM orders WHERE member_id IS NOT NULL);
SELECT id, (SELECT max(amount) FROM orders WHERE member_id = members.id) AS top FROM members;
SELECT id FROM members WHERE income IS NULL AND id >= ALL (SELECT id FROM members);
SELECT id FROM orders o WHERE amount > (SELECT avg(amount) FROM orders WHERE member_id = o.member_id);
SELECT m.id, l.n FROM members m, LATERAL (SELECT count(*) AS n FROM orders o WHERE o.member_id = m.id) AS l;
SELECT m.id, l.amount FROM members m LEFT JOIN LATERAL (SELECT amount FROM orders WHERE member_id = m.id ORDER BY amount DESC, id LIMIT 1) l ON true;
SELECT id, ARRAY(SELECT id FROM orders WHERE member_id = m.id ORDER BY id) AS ids FROM members m;
SELECT id FROM members WHERE region = ANY (ARRAY['EU', 'US']);
SELECT (SELECT (SELECT m.name)) FROM members m;
-- set operations
SELECT id FROM members UNION SELECT member_id FROM orders;
SELECT region FROM members INTERSECT SELECT code FROM regions;
SELECT code FROM regions EXCEPT ALL SELECT region FROM members;
(SELECT id FROM members ORDER BY id LIMIT 2) UNION ALL SELECT id FROM orders WHERE id < 3 ORDER BY 1 DESC;
SELECT name AS who FROM members UNION SELECT note FROM orders ORDER BY who LIMIT 5;
-- grouping, ordering, windows
SELECT region, count(*) AS n FROM members GROUP BY region HAVING count(*) > 1 ORDER BY n DESC, region;
SELECT region AS r, count(*) FROM members GROUP BY r ORDER BY r;
SELECT region, id % 2 AS odd, count(*) FROM members GROUP BY ROLLUP (region, odd);
SELECT region, GROUPING(region), sum(id) FROM members GROUP BY GROUPING SETS ((region), ());
SELECT region AS id, count(*) FROM members GROUP BY region;
SELECT DISTINCT region FROM members ORDER BY region;
SELECT DISTINCT ON (region) region, id FROM members ORDER BY region, id;
SELECT id, rank() OVER (PARTITION BY region ORDER BY id DESC) AS r FROM members;
SELECT id, sum(amount) OVER w, lag(id) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM orders WINDOW w AS (PARTITION BY member_id ORDER BY id);
SELECT count(DISTINCT region), string_agg(region, ',' ORDER BY id), count(*) FILTER (WHERE id > 3) FROM members;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), mode() WITHIN GROUP (ORDER BY note) FROM orders;
SELECT -id AS id FROM members ORDER BY id LIMIT 3;
SELECT id AS x FROM members ORDER BY -id LIMIT 3 OFFSET 1;
-- masked and hidden
SELECT email FROM members WHERE email LIKE 'a%';
SELECT count(*) FROM members WHERE income > 0 OR income IS NULL;
SELECT note, count(*) FROM orders GROUP BY note;
SELECT upper(email) || '!' FROM members WHERE length(email) > 3;
SELECT coalesce(income, -1) FROM members;
SELECT count(*) FROM members m, orders o WHERE m.income = o.amount;
-- expressions
SELECT CASE region WHEN 'EU' THEN 1 ELSE 2 END, nullif(region, 'EU'), greatest(id, 3), coalesce(name, email) FROM members;
SELECT extract(year FROM born), date_trunc('month', born), born + INTERVAL '1 month' FROM members;
SELECT substring(name FROM 2 FOR 3), trim(both 'a' FROM name), position('a' IN name), overlay_free FROM (SELECT name, 1 AS overlay_free FROM members) q;
SELECT id BETWEEN 2 AND 5, id NOT IN (1, 2), name IS DISTINCT FROM email, (id > 2) IS TRUE, NOT id = 3 FROM members;
SELECT name ~ 'a.*', name ILIKE 'A%', name LIKE 'a!%%' ESCAPE '!' FROM members;
SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS v(n, s) JOIN members ON members.id = v.n;
SELECT id::text || region, CAST(amount AS integer) FROM members JOIN orders USING (id);
SELECT ROW(1, 2) = ROW(1, 2), (ARRAY[1, 2])[1], one[1:2] FROM (SELECT ARRAY[3] AS one) q;
-- conditions that move inside a fence must not change what an outer join makes up
SELECT a.id + 1, m.name FROM accounts AS a LEFT JOIN members AS m ON m.id = a.id WHERE m.region IS NULL;
SELECT a.id + 1, m.name FROM accounts AS a LEFT JOIN members AS m ON m.id = a.id WHERE m.region = 'EU' OR m.id IS NULL;
SELECT a.id + 1, m.name FROM members AS m RIGHT JOIN accounts AS a ON m.id = a.id WHERE m.name IS NULL AND a.balance > 0;
SELECT m.id * 2, a.balance FROM members AS m FULL JOIN accounts AS a ON m.id = a.id WHERE m.region IS NULL;
SELECT m.id * 2, o.id FROM members AS m JOIN orders AS o ON o.member_id = m.id WHERE m.region = 'EU' AND o.amount > 20 AND o.note = 'n/a';
SELECT m.id * 2 FROM members AS m WHERE m.income IS NULL AND m.email LIKE 'a%' AND m.id IN (0, 2, 5);
SELECT m.id FROM members AS m WHERE m.region = 'FR' AND EXISTS (SELECT 1 FROM orders AS o WHERE o.member_id = m.id AND m.region = 'FR' AND o.amount < 30);
-- an ordered list, which DuckDB's parser writes in another way
SELECT list(name ORDER BY name DESC), array_agg(id ORDER BY id) FROM members;
-- a window that nothing uses, which DuckDB's parser drops
SELECT count(*) OVER a AS n FROM members WINDOW a AS (PARTITION BY email), b AS (a ORDER BY array[id], length(name));
-- a window that nothing uses, with a dataset in it
SELECT id FROM members WINDOW w AS (ORDER BY (SELECT max(id) FROM orders));
