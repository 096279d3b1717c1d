-- Years, quarters, weeks, fiscal years and moments.

-- year over year by month
WITH m AS (SELECT extract(year from o_orderdate) AS y, extract(month from o_orderdate) AS m, sum(o_totalprice) AS v FROM orders GROUP BY 1, 2)
SELECT a.y, a.m, a.v, b.v AS before, round((a.v - b.v) / b.v * 100, 4) AS change FROM m AS a JOIN m AS b ON b.y = a.y - 1 AND b.m = a.m;
-- year to date against last year to date
SELECT extract(year from issued) AS y, sum(amount) FILTER (WHERE extract(doy from issued) <= 200) AS to_day_200, sum(amount) AS whole FROM invoices GROUP BY 1;
-- fields of a date
SELECT DISTINCT extract(year from issued), extract(quarter from issued), extract(month from issued), extract(week from issued), extract(isoyear from issued), extract(doy from issued), extract(dow from issued), extract(isodow from issued), extract(day from issued), extract(decade from issued) FROM invoices WHERE invoice_id <= 60;
-- fields of a moment
SELECT extract(hour from at), extract(minute from at), date_part('hour', at), extract(epoch from at), extract(century from at) FROM events WHERE event_id <= 20;
-- truncated to six units
SELECT date_trunc('year', at), date_trunc('quarter', at), date_trunc('month', at), date_trunc('week', at), date_trunc('day', at), date_trunc('hour', at) FROM events WHERE event_id % 50 = 0;
-- the last day of the month
SELECT DISTINCT (date_trunc('month', issued) + interval '1 month' - interval '1 day')::date AS month_end FROM invoices;
-- a fiscal year that begins in July
SELECT CASE WHEN extract(month from issued) >= 7 THEN extract(year from issued) + 1 ELSE extract(year from issued) END AS fiscal, sum(amount) FROM invoices GROUP BY 1;
-- working days between two dates
SELECT i.invoice_id, count(*) FILTER (WHERE extract(isodow from g.day) < 6) AS working FROM invoices AS i, generate_series(i.issued, i.due, interval '1 day') AS g(day) WHERE i.invoice_id < 15 GROUP BY i.invoice_id;
-- days late, never below zero
SELECT invoice_id, greatest(paid - due, 0) AS late FROM invoices WHERE paid IS NOT NULL;
-- dates moved by days, months and years
SELECT issued + 14, issued - 7, (issued + interval '1 month')::date, (issued - interval '1 year')::date, (issued + 2 * interval '1 week')::date, (issued + interval '1 year 2 months 3 days')::date FROM invoices WHERE invoice_id < 30;
-- ages in whole years
SELECT member_id, extract(year from age(date '2025-06-15', joined)) AS years, extract(month from age(date '2025-06-15', joined)) AS months FROM members;
-- parts of a difference between moments
SELECT event_id, extract(day from timestamp '2024-06-30 12:00:00' - at), extract(hour from timestamp '2024-06-30 12:00:00' - at), extract(epoch from timestamp '2024-06-30 12:00:00' - at) FROM events WHERE event_id < 25;
-- the same moment in another zone
SELECT event_id, (at AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Paris' FROM events WHERE event_id % 100 = 1;
-- weekends
SELECT CASE WHEN extract(dow from at) IN (0, 6) THEN 'weekend' ELSE 'week' END AS part, avg(kwh) FROM readings GROUP BY 1;
-- the same weekday of the week before
SELECT a.day, a.n, b.n AS week_before FROM (SELECT at::date AS day, count(*) AS n FROM events GROUP BY 1) AS a JOIN (SELECT at::date AS day, count(*) AS n FROM events GROUP BY 1) AS b ON b.day = a.day - 7;
-- dates out of numbers, and numbers out of dates
SELECT make_date(2024, m, 1) AS first, (make_date(2024, m, 1) + interval '1 month')::date - make_date(2024, m, 1) AS days FROM generate_series(1, 12) AS g(m);
-- relative to today, without depending on it
SELECT count(*) FROM invoices WHERE issued < current_date + interval '1000 years' AND issued > now() - interval '1000 years';
-- seconds since 1970 and back
SELECT event_id, to_timestamp(extract(epoch from at)) AT TIME ZONE 'UTC' = at AS same FROM events WHERE event_id < 10;
-- dates as text and back
SELECT DISTINCT CAST(CAST(issued AS text) AS date) = issued, substr(CAST(issued AS text), 1, 7) FROM invoices;
-- a calendar of weeks with sums
SELECT w.monday::date, coalesce(sum(i.amount), 0) FROM generate_series(date '2024-01-01', date '2024-03-25', interval '1 week') AS w(monday) LEFT JOIN invoices AS i ON i.issued >= w.monday AND i.issued < w.monday + interval '7 days' GROUP BY w.monday ORDER BY w.monday;
-- overlapping periods by hand
SELECT count(*) FROM invoices AS a JOIN invoices AS b ON a.member_id = b.member_id AND a.invoice_id < b.invoice_id AND a.issued <= b.due AND b.issued <= a.due;
