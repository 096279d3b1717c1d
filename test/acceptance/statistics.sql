-- Percentiles, spreads, correlations and distributions.

-- medians and quartiles
SELECT status, percentile_cont(0.25) WITHIN GROUP (ORDER BY amount::float8) AS p25, percentile_cont(0.5) WITHIN GROUP (ORDER BY amount::float8) AS p50, percentile_disc(0.75) WITHIN GROUP (ORDER BY amount) AS p75 FROM invoices GROUP BY status;
-- the most frequent value
SELECT community, mode() WITHIN GROUP (ORDER BY city) AS city FROM (SELECT community, city FROM members UNION ALL SELECT community, 'Lund' FROM members) AS x GROUP BY community;
-- the interquartile range, and what lies far outside it
WITH q AS (SELECT meter_id, percentile_cont(0.25) WITHIN GROUP (ORDER BY kwh::float8) AS a, percentile_cont(0.75) WITHIN GROUP (ORDER BY kwh::float8) AS b FROM readings GROUP BY meter_id)
SELECT r.meter_id, count(*) FROM readings AS r JOIN q ON q.meter_id = r.meter_id WHERE r.kwh > b + 0.5 * (b - a) OR r.kwh < a - 0.5 * (b - a) GROUP BY r.meter_id;
-- spread in four ways
SELECT stddev(amount), stddev_pop(amount), variance(amount), var_pop(amount), var_samp(amount) FROM invoices;
-- correlation and a line through the points
SELECT corr(o_totalprice, o_custkey), covar_pop(o_totalprice, o_custkey), covar_samp(o_totalprice, o_custkey), regr_slope(o_totalprice, o_custkey), regr_intercept(o_totalprice, o_custkey), regr_r2(o_totalprice, o_custkey), regr_count(o_totalprice, o_custkey) FROM orders;
-- a histogram with bins of equal width
SELECT floor(amount / 50) * 50 AS bin, count(*) FROM invoices GROUP BY 1 ORDER BY 1;
-- bins by width_bucket
SELECT width_bucket(kwh, 0, 90, 9) AS bin, count(*), min(kwh), max(kwh) FROM readings WHERE kwh IS NOT NULL GROUP BY 1;
-- a weighted mean
SELECT l_returnflag, sum(l_extendedprice * l_quantity) / sum(l_quantity) AS mean FROM lineitem GROUP BY l_returnflag;
-- a geometric mean by logarithms
SELECT round(exp(avg(ln(amount)))::numeric(18,6), 4) FROM invoices WHERE amount > 0;
-- a trimmed mean
SELECT avg(amount) FROM (SELECT amount, percent_rank() OVER (ORDER BY amount) AS p FROM invoices) AS x WHERE p BETWEEN 0.1 AND 0.9;
-- distinct values by pairs
SELECT count(DISTINCT member_id), count(DISTINCT (member_id, status)), count(DISTINCT member_id + 0) FROM invoices;
-- the share of what is NULL in each column
SELECT round(100.0 * count(*) FILTER (WHERE email IS NULL) / count(*), 2), round(100.0 * count(*) FILTER (WHERE phone IS NULL) / count(*), 2), count(*) - count(left_on) FROM members;
-- boolean aggregates
SELECT member_id, bool_and(paid IS NOT NULL) AS all_paid, bool_or(status = 'late') AS any_late, every(amount > -20) FROM invoices GROUP BY member_id;
-- bits
SELECT bit_and(member_id), bit_or(member_id), bit_xor(member_id) FROM members;
-- deciles and lift
WITH d AS (SELECT invoice_id, status, ntile(10) OVER (ORDER BY amount DESC, invoice_id) AS decile FROM invoices) SELECT decile, count(*), avg(CASE WHEN status = 'late' THEN 1.0 ELSE 0.0 END) AS rate FROM d GROUP BY decile;
-- a chi-square by hand
WITH o AS (SELECT city, status, count(*) * 1.0 AS n FROM members JOIN invoices USING (member_id) GROUP BY 1, 2), t AS (SELECT sum(n) AS n FROM o), r AS (SELECT city, sum(n) AS n FROM o GROUP BY 1), c AS (SELECT status, sum(n) AS n FROM o GROUP BY 1)
SELECT round(sum((o.n - r.n * c.n / t.n) ^ 2 / (r.n * c.n / t.n))::numeric(18,6), 3) FROM o JOIN r ON r.city = o.city JOIN c ON c.status = o.status CROSS JOIN t;
-- the mean absolute change
SELECT meter_id, avg(abs(kwh - before)) FROM (SELECT meter_id, kwh, lag(kwh) OVER (PARTITION BY meter_id ORDER BY at) AS before FROM readings) AS x GROUP BY meter_id;
-- minimum and maximum with where they stand
SELECT meter_id, (array_agg(at ORDER BY kwh DESC NULLS LAST, at))[1] AS peak_at, max(kwh) FROM readings GROUP BY meter_id;
