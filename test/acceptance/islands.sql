-- Gaps and islands, overlaps, and what is missing.

-- runs of days with events
WITH days AS (SELECT DISTINCT member_id, at::date AS day FROM events),
grp AS (SELECT member_id, day, day - row_number() OVER (PARTITION BY member_id ORDER BY day)::int AS island FROM days)
SELECT member_id, min(day) AS begins, max(day) AS ends, count(*) AS days FROM grp GROUP BY member_id, island HAVING count(*) > 1;
-- the longest run of each member
WITH days AS (SELECT DISTINCT member_id, at::date AS day FROM events),
runs AS (SELECT member_id, count(*) AS n FROM (SELECT member_id, day - CAST(dense_rank() OVER (PARTITION BY member_id ORDER BY day) AS integer) AS island FROM days) AS x GROUP BY member_id, island)
SELECT member_id, max(n) AS longest FROM runs GROUP BY member_id;
-- runs of one quality in the readings of a meter
SELECT meter_id, quality, min(at), max(at), count(*) FROM (SELECT meter_id, at, quality, row_number() OVER (PARTITION BY meter_id ORDER BY at) - row_number() OVER (PARTITION BY meter_id, quality ORDER BY at) AS run FROM readings) AS x GROUP BY meter_id, quality, run HAVING count(*) >= 4;
-- where a value changes
SELECT meter_id, at, quality FROM (SELECT *, lag(quality) OVER (PARTITION BY meter_id ORDER BY at) AS before FROM readings WHERE meter_id <= 3) AS x WHERE before IS DISTINCT FROM quality;
-- gaps of more than a day between readings
SELECT meter_id, before, at, extract(epoch from at - before) / 3600 AS hours FROM (SELECT meter_id, at, lag(at) OVER (PARTITION BY meter_id ORDER BY at) AS before FROM readings) AS x WHERE at - before > interval '20 hours';
-- days without any invoice
SELECT g.day::date FROM generate_series(date '2023-06-01', date '2024-09-30', interval '1 day') AS g(day) WHERE NOT EXISTS (SELECT 1 FROM invoices WHERE issued = g.day::date);
-- every month, with zero where nothing happened
SELECT g.m::date AS month, count(i.invoice_id) AS n, coalesce(sum(i.amount), 0) AS amount FROM generate_series(timestamp '2023-04-01', timestamp '2024-12-01', interval '1 month') AS g(m) LEFT JOIN invoices AS i ON date_trunc('month', i.issued) = g.m GROUP BY 1 ORDER BY 1;
-- missing numbers
SELECT s.n FROM generate_series(1, 80) AS s(n) LEFT JOIN readings AS r ON r.meter_id = s.n WHERE r.meter_id IS NULL;
-- intervals that nearly overlap
SELECT a.tariff, a.valid_from, b.valid_from AS other FROM tariffs AS a JOIN tariffs AS b ON a.tariff = b.tariff AND a.valid_from < b.valid_from AND b.valid_from <= coalesce(a.valid_to + 60, date '9999-12-31');
-- the price that held on a day
SELECT i.invoice_id, t.tariff, t.price FROM invoices AS i JOIN tariffs AS t ON i.issued >= t.valid_from AND i.issued <= coalesce(t.valid_to, date '2099-01-01') WHERE i.invoice_id <= 40;
-- open invoices at the end of each month
SELECT m.at::date, count(*) FROM generate_series(date '2023-07-01', date '2024-12-01', interval '1 month') AS m(at) JOIN invoices AS i ON i.issued < m.at AND (i.paid IS NULL OR i.paid >= m.at) GROUP BY 1;
-- the most invoices that were open at once
WITH steps AS (SELECT issued AS at, 1 AS step FROM invoices UNION ALL SELECT paid, -1 FROM invoices WHERE paid IS NOT NULL),
running AS (SELECT at, sum(sum(step)) OVER (ORDER BY at) AS open FROM steps GROUP BY at) SELECT max(open) FROM running;
-- merged spans of membership by city
WITH spans AS (SELECT city, joined AS a, coalesce(left_on, joined + 30) AS b FROM members),
starts AS (SELECT city, a, b, CASE WHEN a <= max(b) OVER (PARTITION BY city ORDER BY a, b ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS fresh FROM spans),
grp AS (SELECT *, sum(fresh) OVER (PARTITION BY city ORDER BY a, b ROWS UNBOUNDED PRECEDING) AS n FROM starts) SELECT city, n, min(a), max(b) FROM grp GROUP BY city, n;
