-- JSON read, taken apart and made.

-- fields by arrow
SELECT payload -> 'device' ->> 'os' AS os, count(*) FROM events GROUP BY 1;
-- fields by path
SELECT payload #>> '{device,os}' AS os, payload #>> '{tags,0}' AS tag, count(*) FROM events GROUP BY 1, 2;
-- numbers out of JSON
SELECT kind, sum((payload ->> 'amount')::numeric(10,2)) AS amount, avg(CAST(payload -> 'device' ->> 'v' AS integer)) AS v FROM events GROUP BY kind;
-- conditions on JSON
SELECT count(*) FROM events WHERE payload ->> 'note' IS NULL AND (payload ->> 'amount')::float8 > 40 AND payload #>> '{device,os}' IN ('ios', 'web');
-- elements of an array by place
SELECT payload -> 'tags' ->> 0 AS first, payload -> 'tags' ->> 1 AS second, count(*) FROM events GROUP BY 1, 2;
-- elements of an array as rows
SELECT t.tag, count(*) FROM events AS e, jsonb_array_elements_text(e.payload -> 'tags') AS t(tag) GROUP BY t.tag;
-- elements with their place
SELECT e.event_id, t.tag, t.place FROM events AS e, jsonb_array_elements_text(e.payload -> 'tags') WITH ORDINALITY AS t(tag, place) WHERE e.event_id < 12;
-- keys and values as rows
SELECT e.event_id, d.key, d.value FROM events AS e, jsonb_each_text(e.payload -> 'device') AS d WHERE e.event_id < 15;
-- keys that occur
SELECT k, count(*) FROM events AS e, jsonb_object_keys(e.payload) AS k GROUP BY k;
-- the type of a value
SELECT jsonb_typeof(payload -> 'note') AS note, jsonb_typeof(payload -> 'device') AS device, jsonb_typeof(payload -> 'tags') AS tags, jsonb_typeof(payload -> 'nothing') AS nothing, count(*) FROM events GROUP BY 1, 2, 3, 4;
-- the length of an array
SELECT jsonb_array_length(payload -> 'tags') AS n, count(*) FROM events GROUP BY 1;
-- an object made and read again
SELECT (json_build_object('id', event_id, 'kind', kind) ->> 'kind') AS kind, json_build_object('id', event_id) ->> 'id' AS id FROM events WHERE event_id < 6;
-- objects collected and counted
SELECT member_id, json_array_length(json_agg(json_build_object('e', event_id))) AS n FROM events GROUP BY member_id;
-- a path by functions
SELECT json_extract_path_text(payload::json, 'device', 'os') AS os, max(jsonb_extract_path_text(payload, 'device', 'v')) AS v FROM events GROUP BY 1;
-- JSON in a subquery, joined
SELECT m.city, x.os, count(*) FROM (SELECT member_id, payload -> 'device' ->> 'os' AS os FROM events) AS x JOIN members AS m ON m.member_id = x.member_id GROUP BY m.city, x.os;
-- text as JSON
SELECT ('{"a": {"b": [1, 2, {"c": "x"}]}}'::jsonb) #>> '{a,b,2,c}' AS c, ('[10, 20, 30]'::json) ->> 1 AS second, ('{"n": null}'::jsonb) ->> 'n' IS NULL AS nothing;
