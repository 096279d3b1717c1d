-- What does not resolve, with the code and the position of the caller's word. Hidden columns: gold.members.iban; nobody exposed gold.loads.ssn.
-- Each case: the code and, after @, the text at whose last occurrence the error points.

-- column_not_found @secret
SELECT secret FROM members;
-- column_not_found @iban FROM
SELECT iban FROM members;
-- column_not_found @m.iban
SELECT m.iban FROM members AS m;
-- column_not_found @iban
SELECT 1 FROM members WHERE (iban = 'x');
-- column_not_found @m.iban
SELECT 1 FROM (SELECT m.*, m.iban FROM members m) x;
-- column_not_found
SELECT 1 FROM members JOIN accounts USING (iban);
-- column_not_found @iban
SELECT id FROM members ORDER BY iban;
-- column_not_found @iban
SELECT count(*) FROM members GROUP BY iban;
-- column_not_found @m.iban
SELECT 1 FROM members m JOIN LATERAL (SELECT 1 FROM orders o WHERE o.x = m.iban) l ON true;
-- column_not_found @ssn
SELECT id FROM loads WHERE (ssn = 'x');
-- column_not_found @l.ssn
SELECT l.*, l.ssn FROM loads l;
-- column_not_found
SELECT 1 FROM loads JOIN (VALUES ('x')) v(ssn) USING (ssn);
-- column_not_found @"ID" FROM
SELECT "ID" FROM (SELECT 1 AS id) AS x;
-- column_not_found @id FROM
SELECT id FROM (SELECT 1 AS "ID") AS x;
-- column_not_found @nope
SELECT 'ü€😀', nope FROM members;
-- column_not_found @a = 1
SELECT 1 AS a WHERE (a = 1);
-- column_not_found @a + 1
SELECT 1 AS a, (a + 1) FROM members;
-- column_not_found @name;
SELECT id FROM members UNION SELECT 2 ORDER BY name;
-- sql_system_column @ctid
SELECT ctid FROM members;
-- sql_system_column @rowid
SELECT rowid FROM members;
-- sql_system_column @members.xmin
SELECT members.xmin FROM members;
-- relation_not_found @orders.id
SELECT orders.id FROM members;
-- relation_not_found @members.id
SELECT members.id FROM members AS m;
-- relation_not_found @gold.members.id
SELECT gold.members.id FROM members AS m;
-- relation_not_found @silver
SELECT silver.members.id FROM gold.members;
-- relation_not_found @x.*
SELECT x.* FROM members;
-- relation_not_found @members.id
SELECT members.id FROM (members JOIN orders ON true) AS j;
-- relation_not_found @m.id = 1
SELECT 1 FROM members m, (SELECT 1 WHERE m.id = 1) x;
-- relation_not_found @c.id
SELECT 1 FROM orders a JOIN members b ON (c.id = 1), members c;
-- relation_not_found
SELECT 1 FROM members m RIGHT JOIN LATERAL (SELECT m.id) x ON true;
-- relation_ambiguous
SELECT 1 FROM members, members;
-- relation_ambiguous
SELECT 1 FROM members AS a, orders AS a;
-- relation_ambiguous
WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a;
-- column_ambiguous @id FROM
SELECT id FROM members, orders;
-- column_ambiguous @x.id
SELECT x.id FROM (SELECT 1 AS id, 2 AS id) AS x;
-- column_ambiguous
SELECT 1 FROM (members CROSS JOIN orders) JOIN accounts USING (id);
-- column_ambiguous @a;
SELECT id AS a, name AS a FROM members ORDER BY a;
-- whole_row @members FROM
SELECT members FROM members;
-- whole_row @m::
SELECT m::text FROM members m;
-- whole_row @m) F
SELECT count(m) FROM members m;
-- whole_row @m.*
SELECT count(m.*) FROM members m;
-- whole_row @gold.members)
SELECT count(gold.members) FROM gold.members;
-- whole_row @m) F
SELECT row_to_json(m) FROM members m;
-- whole_row @m IS
SELECT id FROM members m WHERE (m IS NULL);
-- whole_row @m;
SELECT id FROM members m ORDER BY m;
-- whole_row
SELECT (m).iban FROM members m;
-- whole_row
SELECT ROW(m.*) FROM members m;
-- whole_row @x) F
SELECT (SELECT x) FROM (SELECT 1 AS y) x;
-- dataset_not_found @unknown;
SELECT 1 FROM unknown;
-- dataset_not_found @memory.raw.members;
SELECT 1 FROM memory.raw.members;
-- dataset_not_found @raw.members;
SELECT 1 FROM raw.members;
-- dataset_not_found @pg_catalog.pg_class;
SELECT 1 FROM pg_catalog.pg_class;
-- dataset_not_found @information_schema.tables;
SELECT 1 FROM information_schema.tables;
-- dataset_not_found @sqlite_master;
SELECT 1 FROM sqlite_master;
-- dataset_not_found @"x.parquet";
SELECT 1 FROM "x.parquet";
-- dataset_not_found @cte_1;
SELECT 1 FROM cte_1;
-- dataset_not_found
WITH a AS (SELECT * FROM a) SELECT * FROM a;
-- dataset_not_found
SELECT 1 FROM (WITH inside AS (SELECT 1) SELECT * FROM inside) x, inside;
-- dataset_not_found
WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a;
-- recursion_refused
WITH RECURSIVE a AS (SELECT * FROM a) SELECT * FROM a;
-- recursion_refused
WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a;
-- recursion_refused
WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT x.n FROM a x, a y) SELECT * FROM a;
-- recursion_refused
WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT 2 WHERE EXISTS (SELECT 1 FROM a)) SELECT * FROM a;
-- recursion_refused
WITH RECURSIVE a AS (SELECT n FROM a UNION ALL SELECT 1 AS n) SELECT * FROM a;
-- sql_semantics
SELECT id FROM members UNION SELECT id, name FROM members;
-- sql_semantics
SELECT id FROM members UNION SELECT 2 ORDER BY id + 1;
-- sql_semantics
SELECT id FROM members ORDER BY 2;
-- sql_semantics
SELECT id FROM members GROUP BY 0;
-- sql_semantics
SELECT id FROM members ORDER BY 'id';
-- sql_semantics
SELECT DISTINCT id FROM members ORDER BY name;
-- sql_semantics
SELECT (SELECT id, name FROM members);
-- sql_semantics
SELECT 1 WHERE (1, 2) IN (SELECT id FROM members);
-- sql_semantics
SELECT * FROM (VALUES (1, 2), (3)) AS v;
-- sql_semantics
SELECT * FROM members AS m(a, b, c, d, e, f, g);
-- sql_semantics
WITH a(x, y) AS (SELECT 1) SELECT * FROM a;
-- sql_semantics
SELECT *;
-- sql_semantics
SELECT sum(id) OVER w FROM members;
-- sql_semantics
SELECT 1 FROM members WINDOW w AS (), w AS (ORDER BY id);
-- whole_row @x FROM
SELECT x FROM jsonb_each('{}') x;
-- column_not_found @id) g
SELECT 1 FROM generate_series(1, id) g, members;
-- column_not_found @m.iban
SELECT 1 FROM members m, unnest(ARRAY[m.iban]) u;
-- relation_not_found @m.id
SELECT 1 FROM members m RIGHT JOIN generate_series(1, m.id) g ON true;
-- sql_semantics
SELECT 1 FROM unnest(ARRAY[1]) AS u(a, b);
-- column_not_found @j.name
SELECT j.name FROM members JOIN orders USING (id) AS j;
-- relation_ambiguous
SELECT 1 FROM members JOIN orders USING (id) AS members;
