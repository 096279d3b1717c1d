-- Reports over orders, parts and suppliers.

-- pricing summary
SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), avg(l_discount), count(*) FROM lineitem WHERE l_shipdate <= date '1998-12-01' - interval '90 days' GROUP BY 1, 2;
-- revenue that a change of discount would bring
SELECT sum(l_extendedprice * l_discount) FROM lineitem WHERE l_shipdate >= date '1994-01-01' AND l_shipdate < date '1994-01-01' + interval '1 year' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24;
-- the market share of a nation by year
SELECT y, sum(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) / sum(volume) AS share FROM (SELECT extract(year from o_orderdate) AS y, l_extendedprice * (1 - l_discount) AS volume, n_name AS nation FROM lineitem JOIN orders ON o_orderkey = l_orderkey JOIN supplier ON s_suppkey = l_suppkey JOIN nation ON n_nationkey = s_nationkey) AS x GROUP BY y;
-- customers without orders, by segment
SELECT c_mktsegment, count(*) FROM customer WHERE NOT EXISTS (SELECT * FROM orders WHERE o_custkey = c_custkey) GROUP BY c_mktsegment;
-- how many orders customers have, as a distribution
SELECT n, count(*) FROM (SELECT c_custkey, count(o_orderkey) AS n FROM customer LEFT JOIN orders ON o_custkey = c_custkey AND o_comment NOT LIKE '%special%requests%' GROUP BY c_custkey) AS x GROUP BY n ORDER BY count(*) DESC, n DESC;
-- the cheapest supplier of each part
SELECT p_partkey, s_name, ps_supplycost FROM part JOIN partsupp AS ps ON ps_partkey = p_partkey JOIN supplier ON s_suppkey = ps_suppkey WHERE ps_supplycost = (SELECT min(ps_supplycost) FROM partsupp WHERE ps_partkey = p_partkey) AND p_partkey < 30;
-- stock value above a share of the total
SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value FROM partsupp GROUP BY ps_partkey HAVING sum(ps_supplycost * ps_availqty) > (SELECT sum(ps_supplycost * ps_availqty) * 0.005 FROM partsupp);
-- late lines by ship mode
SELECT l_shipmode, sum(CASE WHEN o_orderpriority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) AS high, sum(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low FROM orders, lineitem WHERE o_orderkey = l_orderkey AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate GROUP BY l_shipmode;
-- large orders
SELECT o_orderkey, o_totalprice, sum(l_quantity) FROM orders JOIN lineitem ON l_orderkey = o_orderkey WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING sum(l_quantity) > 200) GROUP BY o_orderkey, o_totalprice ORDER BY o_totalprice DESC, o_orderkey LIMIT 20;
-- share of promotions
SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END) / sum(l_extendedprice * (1 - l_discount)) FROM lineitem JOIN part ON p_partkey = l_partkey;
-- the days between the orders of a customer
SELECT o_custkey, avg(gap), max(gap) FROM (SELECT o_custkey, o_orderdate - lag(o_orderdate) OVER (PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey) AS gap FROM orders) AS x WHERE gap IS NOT NULL GROUP BY o_custkey;
-- recency, frequency and value in classes
WITH c AS (SELECT o_custkey, max(o_orderdate) AS last, count(*) AS n, sum(o_totalprice) AS v FROM orders GROUP BY o_custkey) SELECT o_custkey, ntile(4) OVER (ORDER BY last, o_custkey) AS r, ntile(4) OVER (ORDER BY n, o_custkey) AS f, ntile(4) OVER (ORDER BY v, o_custkey) AS m FROM c;
-- parts that are bought together
SELECT a.l_partkey, b.l_partkey AS other, count(*) AS n FROM lineitem AS a JOIN lineitem AS b ON a.l_orderkey = b.l_orderkey AND a.l_partkey < b.l_partkey GROUP BY 1, 2 HAVING count(*) > 3;
-- ABC analysis of parts
SELECT class, count(*), sum(v) FROM (SELECT v, CASE WHEN share <= 0.8 THEN 'A' WHEN share <= 0.95 THEN 'B' ELSE 'C' END AS class FROM (SELECT l_partkey, v, sum(v) OVER (ORDER BY v DESC, l_partkey) / sum(v) OVER () AS share FROM (SELECT l_partkey, sum(l_extendedprice) AS v FROM lineitem GROUP BY l_partkey) AS a) AS b) AS c GROUP BY class;
-- orders per weekday and priority, with totals
SELECT extract(isodow from o_orderdate) AS dow, o_orderpriority, count(*), grouping(o_orderpriority) FROM orders GROUP BY ROLLUP (extract(isodow from o_orderdate), o_orderpriority);
-- suppliers who kept orders waiting
SELECT s_name, count(*) AS waiting FROM supplier JOIN lineitem AS l1 ON l1.l_suppkey = s_suppkey JOIN orders ON o_orderkey = l1.l_orderkey WHERE o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate AND EXISTS (SELECT 1 FROM lineitem AS l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey) GROUP BY s_name ORDER BY waiting DESC, s_name LIMIT 10;
-- codes of the country in the phone of those with money
SELECT code, count(*), sum(c_acctbal) FROM (SELECT substring(c_phone from 1 for 2) AS code, c_acctbal FROM customer WHERE c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0)) AS x GROUP BY code;
-- regions, nations, customers and suppliers in one tree
SELECT r_name, n_name, (SELECT count(*) FROM customer WHERE c_nationkey = n_nationkey) AS customers, (SELECT count(*) FROM supplier WHERE s_nationkey = n_nationkey) AS suppliers FROM region JOIN nation ON n_regionkey = r_regionkey;
-- the year in which a customer spent most
SELECT DISTINCT ON (o_custkey) o_custkey, y, v FROM (SELECT o_custkey, extract(year from o_orderdate) AS y, sum(o_totalprice) AS v FROM orders GROUP BY 1, 2) AS x ORDER BY o_custkey, v DESC, y;
