-- Steps that follow each other, and visits that belong together.

-- members who reached each step at all
SELECT kind, count(DISTINCT member_id) AS members, count(*) AS events FROM events GROUP BY kind ORDER BY members DESC, kind;
-- a funnel in which each step comes after the one before
WITH v AS (SELECT member_id, min(at) AS at FROM events WHERE kind = 'visit' GROUP BY 1),
s AS (SELECT e.member_id, min(e.at) AS at FROM events AS e JOIN v ON v.member_id = e.member_id AND e.at > v.at WHERE e.kind = 'search' GROUP BY 1),
o AS (SELECT e.member_id, min(e.at) AS at FROM events AS e JOIN s ON s.member_id = e.member_id AND e.at > s.at WHERE e.kind = 'order' GROUP BY 1),
p AS (SELECT e.member_id, min(e.at) AS at FROM events AS e JOIN o ON o.member_id = e.member_id AND e.at > o.at WHERE e.kind = 'pay' GROUP BY 1)
SELECT 1 AS step, 'visit' AS name, (SELECT count(*) FROM v) AS n UNION ALL SELECT 2, 'search', (SELECT count(*) FROM s) UNION ALL SELECT 3, 'order', (SELECT count(*) FROM o) UNION ALL SELECT 4, 'pay', (SELECT count(*) FROM p) ORDER BY step;
-- conversion of one step to the next
WITH counts AS (SELECT array_position(ARRAY['visit', 'search', 'compare', 'order', 'pay'], kind) AS step, count(DISTINCT member_id) AS n FROM events GROUP BY 1)
SELECT step, n, round(n * 1.0 / lag(n) OVER (ORDER BY step), 4) AS of_previous, round(n * 1.0 / first_value(n) OVER (ORDER BY step), 4) AS of_first FROM counts;
-- time from the first visit to the first order
SELECT member_id, extract(epoch from min(at) FILTER (WHERE kind = 'order') - min(at) FILTER (WHERE kind = 'visit')) / 3600 AS hours FROM events GROUP BY member_id HAVING count(*) FILTER (WHERE kind = 'order') > 0 AND count(*) FILTER (WHERE kind = 'visit') > 0;
-- the event that follows an event
SELECT kind, following, count(*) FROM (SELECT kind, lead(kind) OVER (PARTITION BY member_id ORDER BY at, event_id) AS following FROM events) AS x WHERE following IS NOT NULL GROUP BY kind, following;
-- sessions: a pause of more than two hours begins a new one
WITH gaps AS (SELECT *, CASE WHEN at - lag(at) OVER w > interval '2 hours' OR lag(at) OVER w IS NULL THEN 1 ELSE 0 END AS starts FROM events WINDOW w AS (PARTITION BY member_id ORDER BY at, event_id)),
sessions AS (SELECT *, sum(starts) OVER (PARTITION BY member_id ORDER BY at, event_id ROWS UNBOUNDED PRECEDING) AS session FROM gaps)
SELECT member_id, session, count(*) AS events, min(at) AS begins, max(at) AS ends FROM sessions GROUP BY member_id, session;
-- length of sessions, as a distribution
WITH gaps AS (SELECT member_id, at, event_id, coalesce(extract(epoch from at - lag(at) OVER (PARTITION BY member_id ORDER BY at, event_id)) > 18000, true) AS starts FROM events),
numbered AS (SELECT member_id, at, count(*) FILTER (WHERE starts) OVER (PARTITION BY member_id ORDER BY at, event_id) AS session FROM gaps)
SELECT width_bucket(minutes, 0, 1000, 10) AS bucket, count(*), round(avg(minutes)::numeric, 3) AS mean FROM (SELECT extract(epoch from max(at) - min(at)) / 60 AS minutes FROM numbered GROUP BY member_id, session) AS x GROUP BY 1 ORDER BY 1;
-- the first and the last page of a day
SELECT DISTINCT member_id, at::date AS day, first_value(page) OVER w AS entered, last_value(page) OVER w AS left_from FROM events WINDOW w AS (PARTITION BY member_id, at::date ORDER BY at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
-- paths through the site as one text
SELECT member_id, string_agg(kind, ' > ' ORDER BY at, event_id) AS path FROM events WHERE at < timestamp '2024-05-03' GROUP BY member_id;
-- how often a step is repeated before the next kind
SELECT kind, max(run) AS longest FROM (SELECT member_id, kind, count(*) AS run FROM (SELECT member_id, kind, row_number() OVER (PARTITION BY member_id ORDER BY at, event_id) - row_number() OVER (PARTITION BY member_id, kind ORDER BY at, event_id) AS grp FROM events) AS x GROUP BY member_id, kind, grp) AS y GROUP BY kind;
-- members who searched and never ordered
SELECT DISTINCT member_id FROM events AS e WHERE kind = 'search' AND NOT EXISTS (SELECT FROM events AS o WHERE o.member_id = e.member_id AND o.kind = 'order' AND o.at > e.at);
-- orders with a search within the hour before
SELECT o.event_id FROM events AS o WHERE o.kind = 'order' AND EXISTS (SELECT 1 FROM events AS s WHERE s.member_id = o.member_id AND s.kind = 'search' AND s.at BETWEEN o.at - interval '8 hours' AND o.at);
-- daily active members, and the share of the month's
SELECT d.day, d.n AS daily, m.n AS monthly, round(100.0 * d.n / m.n, 1) AS stickiness FROM (SELECT at::date AS day, count(DISTINCT member_id) AS n FROM events GROUP BY 1) AS d JOIN (SELECT date_trunc('month', at) AS month, count(DISTINCT member_id) AS n FROM events GROUP BY 1) AS m ON m.month = date_trunc('month', d.day);
-- events by hour of the day and day of the week
SELECT extract(isodow from at) AS dow, extract(hour from at) AS hour, count(*) FROM events GROUP BY 1, 2 HAVING count(*) > 5;
-- the busiest moment of each day, to the quarter of an hour
SELECT DISTINCT ON (day) day, slot, n FROM (SELECT at::date AS day, date_trunc('hour', at) + floor(extract(minute from at) / 15) * interval '15 minutes' AS slot, count(*) AS n FROM events GROUP BY 1, 2) AS x ORDER BY day, n DESC, slot;
