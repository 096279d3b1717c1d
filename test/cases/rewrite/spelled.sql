-- What PostgreSQL has and DuckDB says in other words, if it can keep the meaning: as in both.sql, each must give on both
-- engines what the text gives on a governed copy in PostgreSQL.

-- regular expressions
SELECT id FROM things WHERE s ~* 'HEL';
SELECT id FROM things WHERE s !~* '^hel';
SELECT 'FooBar' ~* 'oob', 'x' ~* '^X$', NULL ~* 'a', E'a\nb' ~* 'A.B', 'a b' ~* '\yB';
SELECT x FROM (VALUES ('foobar'), ('xx')) AS t(x) WHERE x ~* ANY (ARRAY['FOO', 'BAZ']);
SELECT substring('order-12345-x' from '[0-9]+'), substring('order-12345-x' from 'order-([0-9]+)'), substring('abc' from 'z');
SELECT substring('Jan 5' from '(Jan|Feb)'), substring('abcdef' from 2 for 3), substring('abcdef', 3), substring('x@y.z', '@(.+)$');
SELECT id, substring(s from '^[a-z]+') FROM things;
SELECT regexp_count('banana', 'an'), regexp_count('', 'a'), regexp_substr('banana', 'n.'), regexp_substr('x', 'y');
SELECT (regexp_match('a=5;b=7', 'a=(\d+);b=(\d+)'))[2], (regexp_match('abc', 'b.'))[1], (regexp_match('zzz', 'a(b)'))[1] IS NULL;
-- only on PostgreSQL: matches that the two would end at different places
SELECT substring('foobar' from 'foo|foobar');
-- only on PostgreSQL: matches that the two would end at different places
SELECT substring('xaaay' from '.*?a+');
-- only on PostgreSQL: a group that may be left out
SELECT (regexp_match('ac', 'a(b)?c'))[1];
-- only on PostgreSQL: what only its regular expressions have
SELECT 'foobar' ~* 'foo(?=bar)';
-- only on PostgreSQL: more arguments
SELECT regexp_replace('a1b2', '[0-9]', '#', 1, 2), string_to_array('a,b,x', ',', 'x'), regexp_count('aAa', 'a', 1, 'i');

-- patterns and lists
SELECT 'abc' LIKE ANY (ARRAY['a%', 'z%']), 'abc' NOT LIKE ALL (ARRAY['b%', 'z%']), 'ABC' ILIKE ANY (ARRAY['a%', NULL]);
SELECT id FROM things WHERE s LIKE ANY (ARRAY['hel%', '%z%']) OR s NOT ILIKE ALL ('{a%,h%}'::text[]);
SELECT 3 = ANY ('{1,2,3}'), 4 = ANY ('{1,2,3}'::int[]), 'b c' = ANY ('{a,"b c"}'::text[]), 4 <> ALL ('{1,2}'), 1 = ANY ('{}'::int[]);
SELECT cardinality('{1,2,3}'::int[]), array_to_string('{a,NULL,"NULL","x\"y"}'::text[], ',');
-- only on PostgreSQL: arrays of arrays as text
SELECT cardinality('{{1,2},{3,4}}'::int[]);
-- on both
SELECT array_upper(ARRAY[5, 6, 7], 1), array_lower(ARRAY[5, 6], 1), array_upper('{}'::int[], 1);

-- texts
SELECT id, initcap(s), initcap(owner) FROM things;
SELECT initcap('hello WORLD of-sql 3rd élan'), initcap(''), initcap(NULL);
SELECT lpad('7', 3), rpad('7', 3) || '|', lpad('abcd', 2), lpad('7', 3, '0');
SELECT encode('abc'::bytea, 'hex'), encode('abc'::bytea, 'base64'), length(encode(repeat('x', 100)::bytea, 'base64'));
SELECT encode(decode('616263', 'hex'), 'base64'), encode(decode('YWJj', 'base64'), 'hex');
-- only on PostgreSQL: a format that DuckDB has not
SELECT encode('a'::bytea, 'escape');

-- numbers
SELECT |/ 16.0, ||/ 27.0, width_bucket(5.35, 0.024, 10.06, 5), width_bucket(0, 0, 10, 5), width_bucket(10, 0, 10, 5), width_bucket(-1, 0, 10, 5);
SELECT id, width_bucket(n, 0, 100, 4), width_bucket(n, -10, 10, 8) FROM things;
-- only on PostgreSQL: falling bounds
SELECT width_bucket(3, 10, 0, 5);
-- on both
SELECT num_nulls(1, NULL, 'x'), num_nonnulls(1, NULL, 'x'), num_nulls(owner, s) FROM things;
SELECT date(timestamp '2024-01-02 03:04:05'), date('2024-01-02'), float8(3), int8(7), text(true), int4(2.4), bool('yes');
SELECT id, date(ts), text(d) FROM things;

-- moments
SELECT date_trunc('day', timestamptz '2024-03-10 23:30:00+00', 'Asia/Tokyo'), '2024-01-02 03:04:05'::timestamp(6);
-- only on PostgreSQL: a precision
SELECT '2024-01-02 03:04:05.678'::timestamp(0);
-- only on PostgreSQL: intervals added up
SELECT avg(ts - timestamp '2000-01-01') FROM things;
-- on both
SELECT extract(day from ts - timestamp '2000-01-01'), d - date '2000-01-01' FROM things;

-- JSON
SELECT json_typeof('{"a":1}'::json), jsonb_typeof('[1]'::jsonb), json_typeof('1.5'::json), json_typeof('"x"'::json), json_typeof('null'::json), jsonb_typeof('true'::jsonb);
SELECT '{"a":{"b":[10,20]}}'::jsonb #>> '{a,b,1}', '{"a":{"b":[10,20]}}'::jsonb #>> ARRAY['a', 'b', '0'], '{"a":1}'::json #>> '{z}', '{"a/b":{"~":1}}'::jsonb #>> '{a/b,~}';
SELECT id, doc #>> '{b,0,c}', (doc #> '{b}') ->> 0, jsonb_typeof(doc -> 'b'), jsonb_extract_path_text(doc, 'b', '0', 'c') FROM things;
SELECT json_extract_path_text('{"a":{"b":"x"}}'::json, 'a', 'b'), jsonb_extract_path_text('{"a":{"b":"x"}}'::jsonb, 'a', 'b');
-- only on PostgreSQL: keys, paths and containment
SELECT '{"a":1}'::jsonb ? 'a', '{"a":1,"b":2}'::jsonb ?| ARRAY['a', 'z'], '{"a":1,"b":2}'::jsonb ?& ARRAY['a', 'z'];
-- only on PostgreSQL: keys, paths and containment
SELECT id FROM things WHERE doc @> '{"a":1}';
-- only on PostgreSQL: keys, paths and containment
SELECT id FROM things WHERE doc @? '$.b[*]';
-- only on PostgreSQL: objects put together
SELECT ('{"a":1}'::jsonb || '{"b":2}') ->> 'b', ('{"a":1,"b":2}'::jsonb - 'a') ->> 'a', ('{"a":{"b":1}}'::jsonb #- '{a,b}') ->> 'a';

-- rows that are asked for, not columns
SELECT id FROM things AS t WHERE EXISTS (SELECT FROM edges AS e WHERE e.a = t.id);

-- lengths in bytes
SELECT octet_length('né'), octet_length('ab'::bytea), length('abc'::bytea), octet_length(s), length(s) FROM things;

-- windows that build on each other
SELECT id, sum(id) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS two FROM things WINDOW p AS (PARTITION BY owner), w AS (p ORDER BY id);
SELECT id, count(*) OVER w, rank() OVER (p ORDER BY id DESC) FROM things WINDOW p AS (PARTITION BY owner), w AS (p ORDER BY id), unused AS (w);

-- JSON collected in an order, or of some rows
SELECT jsonb_agg(id ORDER BY id DESC) ->> 0, json_agg(s ORDER BY id) ->> 1, jsonb_array_length(jsonb_agg(id) FILTER (WHERE id > 1)) FROM things;
SELECT json_object_agg(id, owner ORDER BY id) ->> '1', jsonb_object_agg(id, n) FILTER (WHERE id > 99) IS NULL, (json_object_agg(id, tags ORDER BY id) -> '1') ->> 0 FROM things;
SELECT id, jsonb_array_length(jsonb_agg(s) OVER (ORDER BY id)) FROM things;

-- bytes as they are written
SELECT encode('\xDEADbeef'::bytea, 'hex'), encode('\x00ff', 'hex'), octet_length('\x'::bytea), '\x61'::bytea = 'a'::bytea;
-- only on PostgreSQL: where to begin, and flags
SELECT regexp_count('aAa', 'a', 2), regexp_substr('abcabc', 'B.', 1, 2, 'i');

-- lists as text, compared in order
SELECT 33 = ALL ('{1,2,33}'), 33 >= ALL ('{1,2,33}'), 0 < ANY ('{1,2}'), 5 > ALL ('{}'), id <= ANY ('{2,NULL}'::int[]), id = ALL ('{}'::int[]) FROM things;
