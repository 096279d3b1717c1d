-- Cleaning and taking apart texts.

-- trimmed, folded, in one form
SELECT member_id, trim(both from name), lower(trim(name)), upper(name), initcap(trim(name)), length(name), char_length(trim(name)) FROM members;
-- first and last names
SELECT member_id, split_part(trim(name), ' ', 1) AS first, substring(trim(name) from position(' ' in trim(name)) + 1) AS rest FROM members;
-- the domain of an address
SELECT lower(split_part(email, '@', 2)) AS domain, count(*) FROM members WHERE email IS NOT NULL GROUP BY 1;
-- the same by a regular expression
SELECT member_id, substring(email from '@(.+)$') AS domain, substring(phone from '[0-9]+$') AS tail FROM members;
-- digits of a phone number
SELECT member_id, regexp_replace(phone, '[^0-9+]', '', 'g') AS phone, left(regexp_replace(phone, '[^0-9]', '', 'g'), 2) AS country FROM members WHERE phone IS NOT NULL;
-- runs of spaces
SELECT DISTINCT regexp_replace(trim(name), '\s+', ' ', 'g') AS name FROM members;
-- a text that looks like a number
SELECT v, v ~* '^[0-9]+(\.[0-9]+)?$' AS number FROM (VALUES ('12'), ('1.5'), ('x1'), (''), ('1.')) AS t(v);
-- patterns
SELECT count(*) FILTER (WHERE name LIKE 'A%'), count(*) FILTER (WHERE name ILIKE '%meyer%'), count(*) FILTER (WHERE name NOT LIKE '%o%'), count(*) FILTER (WHERE name LIKE '%\_%'), count(*) FILTER (WHERE page LIKE '/order/__%') FROM members, events WHERE event_id < 40;
-- any of several patterns
SELECT DISTINCT page FROM events WHERE page LIKE ANY (ARRAY['/order%', '%faq']) OR page ~* 'HOME';
-- padded codes
SELECT member_id, 'M-' || lpad(member_id::text, 5, '0') AS code, rpad(city, 8, '.') AS dots FROM members;
-- texts put together, NULL or not
SELECT member_id, concat(city, ', ', community) AS a, concat_ws(' / ', city, community, phone) AS b, city || coalesce(' (' || community || ')', '') AS c FROM members;
-- lists in a column taken apart
SELECT interest, count(*) FROM members, unnest(string_to_array(interests, ',')) AS u(interest) WHERE interests <> '' GROUP BY interest;
-- the number of items in a list
SELECT member_id, coalesce(array_length(string_to_array(nullif(interests, ''), ','), 1), 0) AS n, length(interests) - length(replace(interests, ',', '')) AS commas FROM members;
-- the parts of a path
SELECT DISTINCT split_part(page, '/', 2) AS section, nullif(split_part(page, '/', 3), '') AS id, reverse(split_part(reverse(page), '/', 1)) AS last FROM events;
-- masked for a report
SELECT member_id, left(email, 1) || repeat('*', 5) || substr(email, strpos(email, '@')) AS shown, overlay_free FROM (SELECT member_id, email, right(phone, 4) AS overlay_free FROM members) AS x WHERE email IS NOT NULL;
-- letters replaced one by one
SELECT DISTINCT translate(lower(name), 'öé''', 'oe') AS plain FROM members;
-- hashes as keys
SELECT md5(lower(trim(email))) AS key, count(*) FROM members WHERE email IS NOT NULL GROUP BY 1;
-- names as a sorted text
SELECT city, string_agg(DISTINCT community, ',' ORDER BY community) AS communities FROM members WHERE community IS NOT NULL GROUP BY city;
-- the longest and the shortest
SELECT max(length(name)), min(length(name)), count(DISTINCT length(name)) FROM members;
-- compared without case
SELECT count(*) FROM members AS a JOIN members AS b ON lower(trim(a.name)) = lower(trim(b.name)) AND a.member_id < b.member_id AND a.city <= b.city;
-- words of a text
SELECT w, count(*) FROM (SELECT regexp_split_to_array(lower(trim(name)), '[^a-zöé]+') AS words FROM members) AS x, unnest(words) AS u(w) GROUP BY w;
-- characters and codes
SELECT ascii('A'), chr(66), ascii(substr(city, 1, 1)), octet_length(name), bit_length('ab'), starts_with(city, 'L') FROM members WHERE member_id < 8;
-- escapes in LIKE
SELECT v LIKE '100!%' ESCAPE '!', v ILIKE '100\%' ESCAPE '\', v NOT LIKE '%!_%' ESCAPE '!' FROM (VALUES ('100%'), ('1000'), ('a_b')) AS t(v);
-- quoted names and literals
SELECT "m"."name" AS "Name of the member", 'it''s' AS "a ""quote""", U&'d\0061t\+000061' AS u, $$a 'b' c$$ AS d FROM members AS "m" WHERE "m".member_id = 3;
