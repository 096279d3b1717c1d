-- Running totals, moving averages, ranks and what stands before and after.

-- a running total by month
SELECT m, amount, sum(amount) OVER (ORDER BY m) AS running FROM (SELECT date_trunc('month', issued)::date AS m, sum(amount) AS amount FROM invoices GROUP BY 1) AS x ORDER BY m;
-- a running total that begins anew each year
SELECT invoice_id, sum(amount) OVER (PARTITION BY extract(year from issued) ORDER BY issued, invoice_id) AS ytd FROM invoices;
-- a moving average over seven rows
SELECT day, kwh, round(avg(kwh) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW), 6) AS week FROM (SELECT at::date AS day, sum(kwh) AS kwh FROM readings GROUP BY 1) AS x;
-- a moving sum over seven days, with gaps in the days
SELECT issued, sum(sum(amount)) OVER (ORDER BY issued RANGE BETWEEN interval '6 days' PRECEDING AND CURRENT ROW) AS week FROM invoices GROUP BY issued;
-- a centred window without the row itself
SELECT day, n, sum(n) OVER (ORDER BY day ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS beside FROM (SELECT at::date AS day, count(*) AS n FROM events GROUP BY 1) AS x;
-- groups of equals as a frame
SELECT member_id, community, count(*) OVER (ORDER BY community NULLS LAST GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS n FROM members;
-- ranks of four kinds
SELECT member_id, n, rank() OVER w, dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w FROM (SELECT member_id, count(*) AS n FROM events GROUP BY 1) AS x WINDOW w AS (ORDER BY n DESC);
-- quartiles by ntile
SELECT quartile, min(amount), max(amount), count(*) FROM (SELECT amount, ntile(4) OVER (ORDER BY amount, invoice_id) AS quartile FROM invoices) AS x GROUP BY quartile;
-- change against the row before, with a default
SELECT meter_id, at, kwh - lag(kwh, 1, 0.000) OVER (PARTITION BY meter_id ORDER BY at) AS change FROM readings WHERE meter_id < 4 AND kwh IS NOT NULL;
-- the value two rows on
SELECT meter_id, at, lead(quality, 2, 'none') OVER (PARTITION BY meter_id ORDER BY at) AS later FROM readings WHERE meter_id IN (5, 6);
-- the third largest invoice of each member
SELECT DISTINCT member_id, nth_value(amount, 3) OVER (PARTITION BY member_id ORDER BY amount DESC, invoice_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS third FROM invoices;
-- a share of the total and of the group
SELECT community, city, count(*) AS n, round(count(*) * 1.0 / sum(count(*)) OVER (PARTITION BY community), 4) AS in_community, round(count(*) * 1.0 / sum(count(*)) OVER (), 4) AS in_all FROM members GROUP BY community, city;
-- the top three of each group
SELECT * FROM (SELECT city, member_id, total, row_number() OVER (PARTITION BY city ORDER BY total DESC, member_id) AS place FROM (SELECT m.city, m.member_id, sum(i.amount) AS total FROM members AS m JOIN invoices AS i USING (member_id) GROUP BY m.city, m.member_id) AS t) AS r WHERE place <= 3;
-- the newest row of each key
SELECT DISTINCT ON (member_id) member_id, invoice_id, issued, amount FROM invoices ORDER BY member_id, issued DESC, invoice_id DESC;
-- rows above the mean of their group
SELECT invoice_id FROM (SELECT invoice_id, amount, avg(amount) OVER (PARTITION BY member_id) AS mean FROM invoices) AS x WHERE amount > mean * 1.5;
-- the deviation of each value, in standard deviations
SELECT invoice_id, round(((amount - avg(amount) OVER ()) / nullif(stddev_samp(amount) OVER (), 0))::numeric(12,6), 4) AS z FROM invoices;
-- one window that builds on another
SELECT member_id, invoice_id, count(*) OVER w AS n, sum(amount) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS two FROM invoices WINDOW p AS (PARTITION BY member_id), w AS (p ORDER BY issued, invoice_id);
-- a filter inside a window
SELECT member_id, event_id, count(*) FILTER (WHERE kind = 'order') OVER (PARTITION BY member_id ORDER BY at, event_id) AS orders FROM events WHERE member_id < 6;
-- the last value that was not NULL, by counting
SELECT meter_id, at, max(kwh) OVER (PARTITION BY meter_id, grp) AS filled FROM (SELECT meter_id, at, kwh, count(kwh) OVER (PARTITION BY meter_id ORDER BY at) AS grp FROM readings WHERE meter_id < 10) AS x;
-- the cumulative share that makes a Pareto curve
SELECT member_id, total, round(sum(total) OVER (ORDER BY total DESC, member_id) / sum(total) OVER (), 6) AS share FROM (SELECT member_id, sum(amount) AS total FROM invoices GROUP BY 1) AS x;
-- top customers of TPC-H by revenue in each segment
SELECT * FROM (SELECT c_mktsegment, c_custkey, sum(o_totalprice) AS spent, rank() OVER (PARTITION BY c_mktsegment ORDER BY sum(o_totalprice) DESC, c_custkey) AS r FROM customer JOIN orders ON o_custkey = c_custkey GROUP BY c_mktsegment, c_custkey) AS x WHERE r <= 2;
-- month over month growth of orders
WITH m AS (SELECT date_trunc('month', o_orderdate) AS at, sum(o_totalprice) AS price FROM orders GROUP BY 1) SELECT at::date, price, round((price - lag(price) OVER (ORDER BY at)) / nullif(lag(price) OVER (ORDER BY at), 0) * 100, 4) AS growth FROM m;
