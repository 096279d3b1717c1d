-- Casts, conditions, NULLs, numbers and lists.

-- numbers rounded in each way
SELECT round(amount, 1), trunc(amount, 1), floor(amount), ceil(amount), abs(amount), sign(amount), round(amount / 7, 3) FROM invoices WHERE invoice_id < 60;
-- divisions that may not fail
SELECT member_id, sum(amount) / nullif(count(*) FILTER (WHERE status = 'open'), 0) AS per_open FROM invoices GROUP BY member_id;
-- whole numbers divided as fractions
SELECT meter_id * 1.0 / 7, meter_id / 7.0, meter_id::float8 / 7, meter_id % 7, mod(meter_id, 5), cast(meter_id as numeric(10,4)) / 8 FROM meters WHERE meter_id < 30;
-- powers, roots and logarithms
SELECT power(2, meter_id % 10), meter_id ^ 2, sqrt(meter_id), cbrt(meter_id), ln(meter_id), log(10, meter_id), exp(meter_id / 100.0), |/ meter_id::float8 FROM meters WHERE meter_id < 40;
-- distances on a sphere
SELECT a.n, b.n, 6371 * 2 * asin(sqrt(sin(radians((b.lat - a.lat) / 2)) ^ 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(radians((b.lon - a.lon) / 2)) ^ 2)) AS km FROM (VALUES ('Lund', 55.70, 13.19), ('Graz', 47.07, 15.44)) AS a(n, lat, lon), (VALUES ('Porto', 41.15, -8.61), ('Nantes', 47.22, -1.55)) AS b(n, lat, lon);
-- the largest and the smallest of several
SELECT greatest(issued, due), least(issued, paid), greatest(amount, 0), least(1, 2, NULL) FROM invoices WHERE invoice_id < 20;
-- three-valued conditions
SELECT count(*) FILTER (WHERE community = 'alpha'), count(*) FILTER (WHERE NOT community = 'alpha'), count(*) FILTER (WHERE community IS DISTINCT FROM 'alpha'), count(*) FILTER (WHERE (community = 'alpha') IS UNKNOWN), count(*) FILTER (WHERE (community = 'alpha') IS NOT TRUE) FROM members;
-- NULLs in order, said
SELECT member_id, community FROM members ORDER BY community NULLS FIRST, member_id LIMIT 12;
-- CASE of both kinds, nested
SELECT invoice_id, CASE status WHEN 'paid' THEN 0 WHEN 'late' THEN CASE WHEN amount > 100 THEN 2 ELSE 1 END ELSE 3 END AS risk FROM invoices;
-- casts of each kind
SELECT CAST('12' AS integer) + 1, '3.25'::numeric(6,2) * 2, '2024-02-29'::date + 1, 'true'::boolean, 42::text || '!', 7::bigint * 2, '1e3'::float8, CAST(true AS integer), date '2024-01-01'::timestamp;
-- between, and in lists
SELECT count(*) FROM invoices WHERE amount BETWEEN 10 AND 20 OR amount NOT BETWEEN SYMMETRIC 300 AND -20 OR status IN ('open') AND member_id NOT IN (1, 2, 3);
-- lists made, cut and searched
SELECT cardinality(x), x[1], x[2:3] = ARRAY[20, 30], 20 = ANY (x), 5 <> ALL (x), array_position(x, 30), array_to_string(x || 40, '-'), array_to_string(array_cat(x, ARRAY[1]), '-') FROM (VALUES (ARRAY[10, 20, 30]), (ARRAY[5])) AS t(x);
-- lists that share elements
SELECT member_id FROM members WHERE string_to_array(interests, ',') && ARRAY['wind', 'car'] AND string_to_array(interests, ',') @> ARRAY['car'];
-- lists collected in order
SELECT kind, array_to_string(array_agg(DISTINCT member_id ORDER BY member_id), ',') AS members FROM meters WHERE member_id < 20 GROUP BY kind;
-- rows compared
SELECT count(*) FROM invoices WHERE (issued, invoice_id) > (date '2024-03-01', 100) AND (member_id, status) <> (12, 'paid');
-- coalesce over several columns
SELECT member_id, coalesce(email, phone, city) AS contact, nullif(interests, '') AS interests, num_nulls(email, phone, community, left_on) AS missing FROM members;
-- sums that go beyond 32 bits
SELECT sum(o_totalprice * 1000000), sum(o_orderkey::bigint * 1000000000), count(*)::bigint * 5000000000 FROM orders;
-- bits of numbers
SELECT meter_id & 6, meter_id | 8, meter_id << 2, meter_id >> 1 FROM meters WHERE meter_id < 20;
-- numbers out of texts, safely
SELECT CASE WHEN substr(phone, 1, 1) = '+' THEN CAST(substr(phone, 2, 2) AS integer) END AS code, count(*) FROM members GROUP BY 1;
-- booleans as values
SELECT member_id, left_on IS NULL AND community IS NOT NULL AS active, (city = 'Lund') = (community = 'alpha') AS odd FROM members;
-- grouping by a number and by a name
SELECT city AS place, count(*) AS n FROM members GROUP BY place HAVING count(*) > 5 ORDER BY n DESC, 1;
-- hex and binary data
SELECT encode('abc'::bytea, 'hex'), encode(decode('6869', 'hex'), 'base64'), md5('abc');
-- everything of a relation
SELECT t.*, m.city FROM tariffs AS t, (SELECT city FROM members WHERE member_id = 1) AS m;
-- series of fractions and of letters
SELECT chr(64 + g) AS letter, g / 4.0 AS quarter FROM generate_series(1, 8) AS g;
