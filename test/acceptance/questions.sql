-- Questions as people ask them, answered in one query each.

-- which members have the most invoices
SELECT m.member_id, m.name, m.city, count(i.invoice_id) AS n FROM members AS m JOIN invoices AS i ON i.member_id = m.member_id GROUP BY m.member_id ORDER BY n DESC, m.member_id LIMIT 10;
-- what did each customer spend, and where do they live
SELECT c.c_name, n.n_name, c.c_mktsegment, sum(o.o_totalprice) AS spent FROM customer AS c JOIN orders AS o ON o.o_custkey = c.c_custkey JOIN nation AS n ON n.n_nationkey = c.c_nationkey GROUP BY c.c_custkey, n.n_nationkey HAVING sum(o.o_totalprice) > 100000;
-- the newest event of each member, with the member
SELECT m.name, m.joined, max(e.at) AS last_seen FROM members AS m LEFT JOIN events AS e USING (member_id) GROUP BY m.member_id ORDER BY m.name, m.member_id;
-- meters whose mean is above the mean of their kind
SELECT t.meter_id, t.kind, round(avg(r.kwh), 3) AS mean FROM meters AS t JOIN readings AS r ON r.meter_id = t.meter_id GROUP BY t.meter_id HAVING avg(r.kwh) > (SELECT avg(r2.kwh) FROM readings AS r2 JOIN meters AS t2 ON t2.meter_id = r2.meter_id WHERE t2.kind = 'consumption');
-- the ratio of late invoices by city, as a percentage
SELECT m.city, CAST(sum(CASE WHEN i.status = 'late' THEN 1 ELSE 0 END) AS float) * 100 / count(*) AS late FROM members m INNER JOIN invoices i ON m.member_id = i.member_id GROUP BY m.city;
-- the ratio of two counts, with no division by zero
SELECT count(DISTINCT e.member_id)::float8 / nullif((SELECT count(*) FROM members), 0) AS active FROM events e;
-- orders in a given month
SELECT count(*) FROM orders WHERE o_orderdate >= '1995-03-01' AND o_orderdate < '1995-04-01';
-- orders in a given year, by name of the month
SELECT to_char(o_orderdate, 'YYYY-MM') AS month, to_char(o_orderdate, 'FMMonth') AS name, count(*) FROM orders WHERE extract(year from o_orderdate) = 1995 GROUP BY 1, 2 ORDER BY 1;
-- the day of the week with the most orders
SELECT to_char(o_orderdate, 'FMDay') AS day, count(*) AS n FROM orders GROUP BY 1 ORDER BY n DESC, day LIMIT 1;
-- members who joined in the last quarter before a day
SELECT count(*) FROM members WHERE joined BETWEEN date '2024-02-28' - interval '3 months' AND '2024-02-28';
-- the average time to pay, by month
SELECT date_trunc('month', issued)::date AS month, round(avg(paid - issued), 2) AS days FROM invoices WHERE paid IS NOT NULL GROUP BY 1 ORDER BY 1;
-- the average time between events, in minutes
SELECT member_id, round((avg(extract(epoch from gap)) / 60)::numeric(12,4), 2) AS minutes FROM (SELECT member_id, at - lag(at) OVER (PARTITION BY member_id ORDER BY at, event_id) AS gap FROM events) AS x WHERE gap IS NOT NULL GROUP BY member_id;
-- who has an address at a given domain, in whatever case
SELECT count(*) FROM members WHERE email ILIKE '%@mail.example.org' OR lower(email) LIKE '%@post.example.net';
-- names that begin or end with a letter
SELECT member_id FROM members WHERE trim(name) ILIKE 'a%' OR name ~* 'n\s*$';
-- the second most common city
SELECT city FROM (SELECT city, dense_rank() OVER (ORDER BY count(*) DESC, city) AS place FROM members GROUP BY city) AS x WHERE place = 2;
-- members with more than one meter, but none for production
SELECT member_id FROM meters GROUP BY member_id HAVING count(*) > 1 AND count(*) FILTER (WHERE kind = 'production') = 0;
-- the change against the month before, in percent
WITH monthly AS (SELECT date_trunc('month', issued) AS month, sum(amount) AS amount FROM invoices GROUP BY month) SELECT month::date, amount, round((amount - lag(amount) OVER (ORDER BY month)) * 100.0 / lag(amount) OVER (ORDER BY month), 2) AS change FROM monthly;
-- the share of members that have bought, by community
SELECT coalesce(m.community, 'none') AS community, round(100.0 * count(DISTINCT e.member_id) / count(DISTINCT m.member_id), 2) AS share FROM members AS m LEFT JOIN events AS e ON e.member_id = m.member_id AND e.kind IN ('order', 'pay') GROUP BY 1;
-- the difference between the first and the last price of each tariff
SELECT DISTINCT tariff, last_value(price) OVER w - first_value(price) OVER w AS rise FROM tariffs WINDOW w AS (PARTITION BY tariff ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
-- who has never had a late invoice
SELECT m.member_id, m.name FROM members AS m WHERE m.member_id NOT IN (SELECT i.member_id FROM invoices AS i WHERE i.status = 'late');
-- pairs of members in the same city who joined within a week of each other
SELECT a.member_id, b.member_id AS other FROM members AS a JOIN members AS b ON a.city = b.city AND a.member_id < b.member_id AND abs(a.joined - b.joined) <= 7;
-- the invoices with ties for the highest amount of a day
SELECT issued, invoice_id, amount FROM invoices AS i WHERE amount = (SELECT max(amount) FROM invoices AS j WHERE j.issued = i.issued) AND issued < '2023-09-01';
-- parts whose name holds two words
SELECT count(*) FROM part WHERE p_name LIKE '%green%' AND p_type LIKE '%STEEL%' OR p_name ILIKE '%BLUE%' AND p_size BETWEEN 1 AND 10;
-- nations and how far their customers stand above the mean
SELECT n.n_name, count(*) AS customers, round(avg(c.c_acctbal) - (SELECT avg(c_acctbal) FROM customer), 4) AS above FROM nation AS n JOIN customer AS c ON c.c_nationkey = n.n_nationkey GROUP BY n.n_nationkey, n.n_name ORDER BY above DESC, n.n_name LIMIT 7;
-- a message for each member
SELECT 'Dear ' || initcap(trim(m.name)) || ', you have ' || count(i.invoice_id) || ' open invoices' FROM members AS m JOIN (SELECT member_id, invoice_id FROM invoices WHERE status = 'open') AS i ON i.member_id = m.member_id GROUP BY m.member_id;
