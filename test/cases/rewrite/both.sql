-- Each of these must give on DuckDB and on PostgreSQL, through the gate, what the text gives on a physically governed copy
-- in PostgreSQL. things: rows of EU and FR, secret hidden, s masked; edges: rows of EU and FR. Values come out as text,
-- numbers, booleans and moments, which both write alike.

-- series in FROM
SELECT * FROM generate_series(1, 5);
SELECT g FROM generate_series(1, 10, 3) AS g WHERE g > 1;
SELECT t.x, t.* FROM generate_series(10, 1, -4) AS t(x);
SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS t(v, place);
SELECT count(*), sum(g) FROM generate_series(1, 1000000) AS g;
SELECT * FROM generate_series(5, 1);
SELECT * FROM generate_series(1, NULL);
SELECT g::date FROM generate_series('2024-01-31'::date, '2024-06-30'::date, '1 month'::interval) AS g;
SELECT * FROM generate_series(timestamp '2024-01-01', timestamp '2024-01-02', interval '6' hour) AS t(at);
SELECT g FROM generate_series(date '2024-01-03', date '2024-01-01', -interval '1 day') AS g;
SELECT count(*) FROM generate_series(timestamp '2024-01-01', '2024-03-01', 2 * interval '1 week');
SELECT g::date - d FROM things, generate_series(d, d + interval '2 days', interval '1 day') AS g;
SELECT count(*) FROM generate_series(current_date - interval '30 days', current_date, interval '1 day');
SELECT extract(year from g) FROM generate_series((SELECT min(d) FROM things), (SELECT max(d) FROM things), interval '5 years') AS g;
SELECT t.id, g FROM things AS t, generate_series(1, t.id) AS g;
SELECT t.id, g.x FROM things AS t LEFT JOIN LATERAL generate_series(t.id, 2) AS g(x) ON true;
SELECT a.n, b.n FROM generate_series(1, 2) AS a(n), generate_series(a.n, 3) AS b(n);
SELECT t.id, g FROM things AS t RIGHT JOIN generate_series(3, 6) AS g ON g = t.id;
SELECT g.day::date, count(t.id) FROM generate_series(date '2023-12-30', date '2024-01-02', interval '1 day') AS g(day) LEFT JOIN things AS t ON t.d = g.day::date GROUP BY 1 ORDER BY 1;
SELECT * FROM generate_series(1, 2) JOIN generate_series(2, 3) AS b(generate_series) USING (generate_series);
SELECT id, g::date FROM things, generate_series(d, d + interval '2 days', '1 day') AS g;
SELECT generate_series(min(d), max(d), interval '10 years')::date FROM things;
WITH b AS (SELECT min(d) AS lo, max(d) AS hi FROM things) SELECT count(*) FROM b, generate_series(b.lo, b.hi, interval '7 days') AS g;
-- only on PostgreSQL: fractions
SELECT * FROM generate_series(1.5, 3.5, 0.5);
-- lists taken apart
SELECT * FROM unnest(ARRAY[1, 2, 3]);
SELECT u FROM unnest(ARRAY[[1, 2], [3, 4]]) AS u;
SELECT id, u FROM things, unnest(tags) AS u;
SELECT id, x.u, x.place FROM things CROSS JOIN LATERAL unnest(tags) WITH ORDINALITY AS x(u, place);
SELECT id, u FROM things LEFT JOIN unnest(nums) AS u ON true;
SELECT id, u FROM things LEFT JOIN unnest(nums) AS u ON u > 2;
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c']) AS x(a, b);
SELECT t.id, x.a, x.b, x.n FROM things AS t, unnest(t.tags, t.nums) WITH ORDINALITY AS x(a, b, n);
SELECT id, (SELECT count(*) FROM unnest(tags)) AS n, (SELECT string_agg(t, '-' ORDER BY t) FROM unnest(tags) AS t) AS all FROM things;
SELECT id FROM things WHERE EXISTS (SELECT 1 FROM unnest(tags) AS t WHERE t = 'a');
SELECT id FROM things WHERE 5 IN (SELECT unnest(nums));
SELECT id, i, nums[i] FROM things, generate_subscripts(nums, 1) AS i;
SELECT s, part FROM things, unnest(string_to_array(s, ' ')) AS part WHERE s <> '';
SELECT x.id, y.u FROM things AS x, LATERAL (SELECT u FROM unnest(x.nums) AS u ORDER BY u DESC NULLS LAST LIMIT 1) AS y;
WITH parts AS (SELECT id, u FROM things, unnest(nums) AS u) SELECT id, sum(u) OVER (PARTITION BY id ORDER BY u) FROM parts WHERE u IS NOT NULL;
-- in the select list
SELECT unnest(ARRAY[1, 2, 3]);
SELECT id, unnest(tags), unnest(nums) FROM things;
SELECT upper(unnest(tags)) || '!', id FROM things WHERE id < 3;
SELECT DISTINCT unnest(nums) AS n FROM things ORDER BY n;
SELECT unnest(tags) AS tag, count(*) FROM things GROUP BY tag ORDER BY 1;
SELECT coalesce(owner, '') AS o, unnest(nums) AS num, count(*) FROM things GROUP BY o, num;
SELECT unnest(array_agg(id)) FROM things;
SELECT id, generate_series(1, id) AS g FROM things WHERE id < 3;
SELECT generate_series(1, 3) * 2 AS x, unnest(ARRAY['a', 'b']);
-- JSON taken apart
SELECT value ->> 'c' FROM things, jsonb_array_elements(doc -> 'b');
SELECT e ->> 'c', place FROM things, jsonb_array_elements(doc -> 'b') WITH ORDINALITY AS x(e, place) WHERE id = 1;
SELECT v FROM things, jsonb_array_elements_text(doc -> 'b') AS x(v) WHERE v IN ('1', '2');
SELECT id, k FROM things, jsonb_object_keys(doc) AS k WHERE id IN (1, 4);
SELECT id, key, value ->> 'deep' FROM things, jsonb_each(doc) WHERE id IN (1, 4);
SELECT id, x.k, x.v FROM things, jsonb_each_text(doc) AS x(k, v) WHERE id = 1 AND x.k <> 'b';
SELECT * FROM json_array_elements_text('["a", null, "b"]'::json) WITH ORDINALITY;
-- only on PostgreSQL: paths
SELECT q::text FROM things, jsonb_path_query(doc, '$.b[*] ? (@ > 1)') AS q;
-- texts taken apart
SELECT id, part FROM things, string_to_table(s, ',') AS part;
SELECT * FROM string_to_table('', ',');
SELECT * FROM string_to_table('abc', '');
SELECT id, part FROM things, string_to_table(s, '') AS part;
SELECT * FROM regexp_split_to_table('a  b c', ' +') WITH ORDINALITY;
-- recursion
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t;
WITH RECURSIVE t(n) AS (VALUES (1) UNION SELECT n % 3 + 1 FROM t) SELECT sum(n) FROM t;
WITH RECURSIVE t(n) AS (SELECT id FROM things WHERE id < 3 UNION ALL SELECT n + 10 FROM t WHERE n < 50) SELECT a.n, b.n FROM t AS a JOIN t AS b ON a.n = b.n + 10;
WITH RECURSIVE x AS (SELECT 1 AS a), t(n) AS (SELECT a FROM x UNION ALL SELECT n + a FROM t, x WHERE n < 5) SELECT * FROM t, x;
WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 3), b(m) AS (SELECT n FROM a UNION ALL SELECT m + 10 FROM b WHERE m < 20) SELECT * FROM a, b;
WITH RECURSIVE t(n) AS (WITH z AS (SELECT 1 AS q) SELECT q FROM z UNION ALL SELECT n + (SELECT max(id) FROM things) FROM t WHERE n < 50) SELECT * FROM t;
WITH RECURSIVE t(place, round) AS (SELECT 1, 'x' UNION ALL SELECT place + 1, round || 'y' FROM t WHERE place < 5) SELECT * FROM t;
WITH RECURSIVE t(n) AS ((SELECT 1 UNION SELECT 2) UNION ALL SELECT t.n + e.b FROM t LEFT JOIN edges AS e ON e.a = t.n WHERE t.n < 20) SELECT count(*), sum(n) FROM t;
WITH RECURSIVE walk(at, path) AS (SELECT 1, ARRAY[1] UNION ALL SELECT e.b, w.path || e.b FROM walk AS w JOIN edges AS e ON e.a = w.at WHERE NOT e.b = ANY (w.path)) SELECT at, array_to_string(path, '>') FROM walk;
WITH RECURSIVE reach(at) AS (SELECT 1 UNION SELECT e.b FROM reach JOIN edges AS e ON e.a = reach.at) SELECT at FROM reach ORDER BY at;
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + g FROM t, generate_series(1, 3) AS g WHERE n < 10) SELECT count(*), max(n) FROM t;
-- patterns, subscripts and quantifiers
SELECT id, s SIMILAR TO '%(l|b)%', s NOT SIMILAR TO '_[a-e]%', s SIMILAR TO 'hel!*%' ESCAPE '!' FROM things;
SELECT 'a.b' SIMILAR TO 'a.b', 'axb' SIMILAR TO 'a.b', 'a\b' SIMILAR TO 'a\\b', 'abab' SIMILAR TO '(ab){2}', 'a]' SIMILAR TO 'a[]x]', 'a%' SIMILAR TO 'a\%';
SELECT id, nums[1], nums[0], nums[-1], nums[id - 3], nums[9] FROM things;
SELECT id, array_to_string(nums[2:3], ','), array_to_string(nums[-1:2], ','), array_to_string(nums[:2], ','), array_to_string(nums[id - 3:id], ',') FROM things;
SELECT id, 3 = ANY (nums), 3 <> ALL (nums), 3 < ANY (ARRAY[1, 5]), NOT 'a' = ANY (tags) FROM things;
-- moments
SELECT id, extract(second from ts), extract(milliseconds from ts), date_part('second', ts), extract(second from iv) FROM things;
SELECT id, to_char(ts, 'YYYY-MM-DD HH24:MI:SS'), to_char(d, 'Mon DD, YYYY'), to_char(d, 'Day') || '|', to_char(ts, 'HH12:MI AM'), to_char(d, 'YYYY-"Q"Q'), to_char(d, 'IYYY-IW') FROM things;
SELECT id, to_char(d, 'FMMonth'), to_char(ts, 'YYYYMM'), to_char(ts, 'MS'), to_char(ts, 'US'), to_char(d, 'D ID DDD FMDDD WW W'), to_char(d, 'DY dy MON month|'), to_char(d, 'FMDD/FMMM/YY'), to_char(tz, 'FMHH12:MI pm'), to_char(d, '100%'), to_char(d, '') FROM things;
SELECT to_date('29/02/2024', 'DD/MM/YYYY'), to_date('Feb 9, 2024', 'Mon DD, YYYY'), to_date('20240229', 'YYYYMMDD'), to_timestamp('2024-02-29 10:11:12', 'YYYY-MM-DD HH24:MI:SS'), to_timestamp(0);
SELECT date_bin('15 minutes', ts, timestamp '2001-01-01'), date_bin(interval '7 days', d, timestamp '2024-01-01') FROM things;
SELECT extract(epoch from make_interval(1, 2, 3, 4, 5, 6, 7.5)), d + make_interval(months => id, days => 1), make_interval() = interval '0' FROM things;
SELECT a.id, b.id, (a.d, b.d) OVERLAPS (b.d - 3, a.d + 3), (a.ts, interval '1 day') OVERLAPS (b.ts, b.ts + interval '400 days') FROM things AS a, things AS b;
SELECT (date '2024-01-01', NULL) OVERLAPS (date '2023-01-01', date '2024-06-01'), (NULL, date '2024-01-01') OVERLAPS (date '2024-01-01', date '2024-03-03');
-- texts
SELECT id, overlay(s PLACING '--' FROM 3 FOR 2), overlay('abc' PLACING 'ZZZ' FROM 4), overlay(s, 'q', 1), overlay('abc' PLACING 'X' FROM 2 FOR 0) FROM things;
SELECT normalize('e' || chr(769)) = 'é', normalize(s, NFC) = s, s IS NORMALIZED, s IS NOT NFC NORMALIZED FROM things;
SELECT format('Hello %s, %s%%', s, id), format('%2$s %1$s', 'a', 'b'), format('%s', NULL), format('%s|%s', d, n) FROM things;
-- joins, orders, intervals, decimals
SELECT j.id, a.s FROM things AS a JOIN (SELECT id, n FROM things) AS b USING (id) AS j WHERE j.id > 1;
SELECT j.*, x.n FROM things AS x FULL JOIN (SELECT a AS id, b FROM edges) AS e USING (id) AS j;
SELECT s COLLATE "C", max(owner COLLATE "POSIX") OVER () FROM things WHERE s COLLATE "C" > 'a' ORDER BY s COLLATE "C";
SELECT extract(epoch FROM interval '1-2' year to month), extract(epoch FROM interval '1 2:03:04' day to second), extract(epoch FROM interval '4:05' hour to minute), extract(epoch FROM interval '1.5' second), extract(epoch FROM interval '3:04' day to minute);
SELECT '0.12345'::numeric, 5::numeric / 2, id::numeric / 4, '1e3'::numeric, -0.5::numeric, f::numeric * 2, n::numeric * 2 FROM things WHERE id < 3;
SELECT round(12.345::numeric, 2), round(n::numeric, 1), avg(id::numeric) OVER () FROM things;
-- the first, with ties
SELECT id FROM things ORDER BY owner FETCH FIRST 2 ROWS WITH TIES;
SELECT owner, id AS id, id AS id FROM things ORDER BY id % 2 DESC OFFSET 1 FETCH FIRST 1 ROW WITH TIES;
SELECT owner, count(*) FROM things GROUP BY owner ORDER BY count(*) DESC FETCH FIRST 1 ROW WITH TIES;
(SELECT id FROM things) UNION ALL (SELECT a FROM edges) ORDER BY id FETCH FIRST 3 ROWS WITH TIES;
SELECT DISTINCT ON (owner) owner, id FROM things ORDER BY owner, id DESC FETCH FIRST ROW WITH TIES;
SELECT id FROM things WHERE id IN (SELECT a FROM edges ORDER BY b > 3 DESC FETCH FIRST 1 ROW WITH TIES);
SELECT id FROM things ORDER BY owner FETCH FIRST 0 ROWS WITH TIES;
-- only on PostgreSQL: other forms
SELECT rank(3) WITHIN GROUP (ORDER BY id), percent_rank(3) WITHIN GROUP (ORDER BY id) FROM things;
SELECT dense_rank('x', 3) WITHIN GROUP (ORDER BY s, id) FROM things;
SELECT normalize('é', NFKD) IS NFD NORMALIZED;
SELECT format('%I and %L, %10s', s, s, id) FROM things WHERE s IS NOT NULL;
SELECT to_char(n, 'FM999,999.00'), to_char(d, 'FMDDth') FROM things;
SELECT date_part('epoch', justify_interval(iv)) FROM things;
-- what the lowering says in other words, and its contrary
SELECT id FROM things WHERE owner ~ '^E.*$';
SELECT id FROM things WHERE owner !~ '^E.*$';
SELECT id FROM things WHERE id BETWEEN SYMMETRIC 3 AND 1;
SELECT id FROM things WHERE id NOT BETWEEN SYMMETRIC 2 AND 1;
SELECT id FROM things WHERE id BETWEEN SYMMETRIC 1 AND 2;
SELECT id FROM things WHERE id > ALL (ARRAY[1, 2]);
SELECT id FROM things WHERE id <= ALL (ARRAY[1, 2, 3]);
SELECT id, id > ALL (nums), id > ANY (nums), id <> ALL (nums), id = ANY (nums) FROM things;
SELECT id FROM things WHERE id NOT IN (SELECT a FROM edges);
-- only on PostgreSQL: recursion that looks outwards
SELECT m.id, (WITH RECURSIVE t(n) AS (SELECT m.id UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT count(*) FROM t) FROM things AS m;
SELECT m.id, x.n FROM things AS m, LATERAL (WITH RECURSIVE t(n) AS (SELECT m.id UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t) AS x;
