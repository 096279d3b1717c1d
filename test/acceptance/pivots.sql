-- Rows into columns and back, totals of totals.

-- a pivot by CASE
SELECT member_id, sum(CASE WHEN status = 'paid' THEN amount ELSE 0 END) AS paid, sum(CASE WHEN status = 'late' THEN amount ELSE 0 END) AS late, sum(CASE status WHEN 'open' THEN amount END) AS open FROM invoices GROUP BY member_id;
-- a pivot by FILTER
SELECT extract(year from issued) AS year, count(*) FILTER (WHERE extract(quarter from issued) = 1) AS q1, count(*) FILTER (WHERE extract(quarter from issued) = 2) AS q2, count(*) FILTER (WHERE extract(quarter from issued) = 3) AS q3, count(*) FILTER (WHERE extract(quarter from issued) = 4) AS q4 FROM invoices GROUP BY 1;
-- columns into rows by VALUES
SELECT m.member_id, v.what, v.value FROM members AS m CROSS JOIN LATERAL (VALUES ('email', m.email), ('phone', m.phone), ('city', m.city)) AS v(what, value) WHERE v.value IS NOT NULL AND m.member_id < 12;
-- columns into rows by UNION ALL
SELECT invoice_id, 'issued' AS what, issued AS at FROM invoices WHERE invoice_id < 9 UNION ALL SELECT invoice_id, 'due', due FROM invoices WHERE invoice_id < 9 UNION ALL SELECT invoice_id, 'paid', paid FROM invoices WHERE invoice_id < 9 AND paid IS NOT NULL;
-- columns into rows by a list
SELECT m.member_id, u.field FROM members AS m, unnest(ARRAY[m.email, m.phone]) AS u(field) WHERE m.member_id <= 6;
-- ROLLUP with GROUPING
SELECT coalesce(city, 'all') AS city, coalesce(community, '-') AS community, grouping(city) AS g1, grouping(community) AS g2, grouping(city, community) AS g, count(*) FROM members GROUP BY ROLLUP (city, community);
-- CUBE over two dates
SELECT extract(year from issued) AS y, status, sum(amount) FROM invoices GROUP BY CUBE (1, 2);
-- GROUPING SETS by hand
SELECT city, community, count(*), count(DISTINCT referred_by) FROM members GROUP BY GROUPING SETS ((city), (community), (city, community), ());
-- a rollup with a HAVING on its level
SELECT status, extract(month from issued) AS m, sum(amount) AS total FROM invoices GROUP BY ROLLUP (status, extract(month from issued)) HAVING grouping(extract(month from issued)) = 1 OR sum(amount) > 500;
-- subtotal rows with a label
SELECT CASE WHEN grouping(status) = 1 THEN 'total' ELSE status END AS label, count(*) AS n, sum(amount) AS amount FROM invoices GROUP BY GROUPING SETS ((status), ()) ORDER BY grouping(status), label;
-- a matrix of hours and kinds
SELECT extract(hour from at) AS hour, sum((kind = 'visit')::int) AS visits, sum((kind = 'search')::int) AS searches, sum((kind IN ('order', 'pay'))::int) AS sales FROM events GROUP BY 1 ORDER BY 1;
-- conditional averages
SELECT community, avg(CASE WHEN status <> 'open' THEN amount END) AS settled, avg(amount) FILTER (WHERE amount > 0) AS positive, min(amount) FILTER (WHERE paid > due) AS late FROM members JOIN invoices USING (member_id) GROUP BY community;
-- what share of lines each ship mode has by year
SELECT extract(year from l_shipdate) AS y, round(100.0 * sum(CASE WHEN l_shipmode = 'AIR' THEN 1 ELSE 0 END) / count(*), 3) AS air, round(100.0 * sum(CASE WHEN l_shipmode LIKE '%RAIL%' THEN 1 ELSE 0 END) / count(*), 3) AS rail FROM lineitem GROUP BY 1;
-- first of each kind in columns, by joins
SELECT m.member_id, a.meter_id AS consumption, b.meter_id AS production FROM members AS m LEFT JOIN LATERAL (SELECT meter_id FROM meters WHERE member_id = m.member_id AND kind = 'consumption' ORDER BY meter_id LIMIT 1) AS a ON true LEFT JOIN LATERAL (SELECT meter_id FROM meters WHERE member_id = m.member_id AND kind = 'production' ORDER BY meter_id LIMIT 1) AS b ON true;
