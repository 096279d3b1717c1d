-- Joins of each kind, anti joins, self joins and laterals.

-- members without a meter, in three ways
SELECT m.member_id FROM members AS m LEFT JOIN meters AS t ON t.member_id = m.member_id WHERE t.meter_id IS NULL;
-- the same by NOT EXISTS
SELECT member_id FROM members AS m WHERE NOT EXISTS (SELECT 1 FROM meters AS t WHERE t.member_id = m.member_id);
-- the same by EXCEPT
SELECT member_id FROM members EXCEPT SELECT member_id FROM meters;
-- NOT IN with a NULL in the list gives nothing, so it is kept out
SELECT member_id FROM members WHERE member_id NOT IN (SELECT referred_by FROM members WHERE referred_by IS NOT NULL);
-- a semi join on two columns
SELECT invoice_id FROM invoices WHERE (member_id, status) IN (SELECT member_id, 'late' FROM members WHERE city = 'Lund');
-- a full join of counts
SELECT coalesce(a.member_id, b.member_id) AS member, a.n AS events, b.n AS invoices FROM (SELECT member_id, count(*) AS n FROM events GROUP BY 1) AS a FULL JOIN (SELECT member_id, count(*) AS n FROM invoices GROUP BY 1) AS b ON a.member_id = b.member_id;
-- USING merges its columns
SELECT member_id, name, meter_id, kind FROM members JOIN meters USING (member_id) WHERE meter_id < 20;
-- NATURAL, over what both have
SELECT count(*) FROM (SELECT member_id, city FROM members) AS a NATURAL JOIN (SELECT member_id, kind FROM meters) AS b;
-- RIGHT JOIN with a condition on the kept side
SELECT t.meter_id, m.name FROM members AS m RIGHT JOIN meters AS t ON m.member_id = t.member_id AND t.capacity > 50;
-- a self join up the tree
SELECT a.member_id, b.member_id AS parent, c.member_id AS grandparent FROM members AS a LEFT JOIN members AS b ON b.member_id = a.referred_by LEFT JOIN members AS c ON c.member_id = b.referred_by;
-- pairs within a group
SELECT a.member_id, b.member_id AS other, a.city FROM members AS a JOIN members AS b ON a.city = b.city AND a.community = b.community AND a.member_id < b.member_id;
-- a join on an expression
SELECT count(*) FROM members AS m JOIN events AS e ON e.member_id = m.member_id AND e.at::date >= m.joined + 30;
-- the latest reading of each meter, by LATERAL
SELECT t.meter_id, r.at, r.kwh FROM meters AS t CROSS JOIN LATERAL (SELECT at, kwh FROM readings WHERE meter_id = t.meter_id ORDER BY at DESC LIMIT 1) AS r;
-- the top two invoices of each member, by LATERAL
SELECT m.member_id, x.invoice_id, x.amount FROM members AS m LEFT JOIN LATERAL (SELECT invoice_id, amount FROM invoices AS i WHERE i.member_id = m.member_id ORDER BY amount DESC, invoice_id FETCH FIRST 2 ROWS ONLY) AS x ON true;
-- the nearest event before an invoice
SELECT i.invoice_id, (SELECT max(e.at) FROM events AS e WHERE e.member_id = i.member_id AND e.at < i.due + interval '200 days') AS last_seen FROM invoices AS i WHERE i.invoice_id <= 50;
-- five tables of TPC-H
SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue FROM customer, orders, lineitem, supplier, nation WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey GROUP BY n_name;
-- a cross join with a scalar
SELECT invoice_id, amount - t.mean AS off FROM invoices CROSS JOIN (SELECT round(avg(amount), 2) AS mean FROM invoices) AS t WHERE invoice_id < 20;
-- joined tables under brackets
SELECT count(*), count(t.meter_id), count(r.at) FROM members AS m LEFT JOIN (meters AS t JOIN readings AS r ON r.meter_id = t.meter_id AND r.quality = 'bad') ON t.member_id = m.member_id;
-- suppliers that are not in the list
SELECT count(DISTINCT ps_suppkey) FROM partsupp WHERE ps_suppkey NOT IN (SELECT s_suppkey FROM supplier WHERE s_comment LIKE '%Customer%Complaints%');
-- quantified comparisons
SELECT invoice_id FROM invoices WHERE amount > ALL (SELECT amount FROM invoices WHERE status = 'open') OR amount <= ANY (SELECT amount FROM invoices WHERE amount < -19);
-- duplicates, and which to keep
SELECT name, city, count(*) AS n, min(member_id) AS keep, string_agg(member_id::text, ',' ORDER BY member_id) AS ids FROM members GROUP BY name, city HAVING count(*) > 2;
-- rows that differ between two sets
(SELECT member_id, city FROM members WHERE community = 'alpha' EXCEPT SELECT member_id, city FROM members WHERE city = 'Graz') UNION ALL (SELECT member_id, city FROM members WHERE city = 'Graz' EXCEPT SELECT member_id, city FROM members WHERE community = 'alpha');
