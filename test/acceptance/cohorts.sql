-- Members grouped by when they came, followed over time.

-- members by month of joining
SELECT date_trunc('month', joined)::date AS cohort, count(*) AS members FROM members GROUP BY 1 ORDER BY 1;
-- cohort sizes with their share of all
SELECT date_trunc('month', joined)::date AS cohort, count(*) AS n, round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS share FROM members GROUP BY 1;
-- months from joining to each invoice
WITH cohort AS (SELECT member_id, date_trunc('month', joined) AS start FROM members)
SELECT c.start::date, (extract(year from i.issued) - extract(year from c.start)) * 12 + extract(month from i.issued) - extract(month from c.start) AS months, count(DISTINCT i.member_id) AS active
FROM invoices AS i JOIN cohort AS c USING (member_id) WHERE i.issued >= c.start GROUP BY 1, 2 ORDER BY 1, 2;
-- retention of each cohort against its size
WITH cohort AS (SELECT member_id, date_trunc('quarter', joined)::date AS start FROM members),
size AS (SELECT start, count(*) AS n FROM cohort GROUP BY start),
active AS (SELECT c.start, date_trunc('quarter', i.issued)::date AS at, count(DISTINCT i.member_id) AS n FROM invoices AS i JOIN cohort AS c ON c.member_id = i.member_id GROUP BY c.start, date_trunc('quarter', i.issued)::date)
SELECT a.start, a.at, a.n, round(a.n * 1.0 / s.n, 3) AS kept FROM active AS a JOIN size AS s ON s.start = a.start ORDER BY a.start, a.at;
-- first and last invoice of each member
SELECT m.member_id, min(i.issued) AS first, max(i.issued) AS last, max(i.issued) - min(i.issued) AS days FROM members AS m LEFT JOIN invoices AS i ON i.member_id = m.member_id GROUP BY m.member_id;
-- members who left within a year
SELECT community, count(*) FILTER (WHERE left_on < joined + interval '1 year') AS early, count(left_on) AS gone, count(*) AS all FROM members GROUP BY community;
-- survival by hand: how many were still there after n quarters
SELECT q.n, count(*) AS there FROM members AS m CROSS JOIN (VALUES (0), (1), (2), (3), (4)) AS q(n) WHERE coalesce(m.left_on, date '2025-01-01') >= m.joined + q.n * interval '3 months' GROUP BY q.n;
-- who referred how many, and who of those stayed
SELECT r.member_id, count(m.member_id) AS referred, sum(CASE WHEN m.left_on IS NULL THEN 1 ELSE 0 END) AS stayed FROM members AS r JOIN members AS m ON m.referred_by = r.member_id GROUP BY r.member_id HAVING count(*) > 1;
-- second purchase: days between the first two invoices
WITH numbered AS (SELECT member_id, issued, row_number() OVER (PARTITION BY member_id ORDER BY issued, invoice_id) AS n FROM invoices)
SELECT a.member_id, b.issued - a.issued AS days FROM numbered AS a JOIN numbered AS b ON b.member_id = a.member_id AND b.n = 2 WHERE a.n = 1;
-- new, returning and lost members by month
WITH months AS (SELECT DISTINCT member_id, date_trunc('month', issued)::date AS m FROM invoices),
flagged AS (SELECT m, member_id, lag(m) OVER (PARTITION BY member_id ORDER BY m) AS before, lead(m) OVER (PARTITION BY member_id ORDER BY m) AS after FROM months)
SELECT m, count(*) FILTER (WHERE before IS NULL) AS new, count(*) FILTER (WHERE before = m - interval '1 month') AS kept, count(*) FILTER (WHERE before < m - interval '1 month') AS back, count(*) FILTER (WHERE after IS NULL OR after > m + interval '1 month') AS pausing FROM flagged GROUP BY m ORDER BY m;
-- revenue of a cohort that grows month by month
SELECT start, m, sum(amount) OVER (PARTITION BY start ORDER BY m) AS running FROM (SELECT date_trunc('quarter', joined)::date AS start, date_trunc('month', issued)::date AS m, sum(amount) AS amount FROM members JOIN invoices USING (member_id) GROUP BY 1, 2) AS x;
-- the age of membership in bands
SELECT CASE WHEN days < 90 THEN 'a: a quarter' WHEN days < 365 THEN 'b: a year' ELSE 'c: more' END AS band, count(*), min(days), max(days) FROM (SELECT coalesce(left_on, date '2024-12-31') - joined AS days FROM members) AS x GROUP BY 1 ORDER BY 1;
