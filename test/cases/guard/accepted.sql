-- Ordinary analytical SQL that the guard admits; one query a paragraph. Each must also print and read back.

select 1;

select a, b as "B b", t.*, 1 + 2 * 3 from s.t as t where a > 1 and not (b is null or c) order by 1 desc nulls last limit 10 offset 5;

select distinct on (a) a, b from t order by a, b desc;

select count(*), count(distinct a), sum(b) filter (where c > 0), string_agg(d, ', ' order by e) from t group by f having count(*) > 1;

select percentile_cont(0.5) within group (order by a), percentile_disc(array[0.1, 0.9]) within group (order by b desc), mode() within group (order by c) from t;

select a, b, grouping(a, b), sum(c) from t group by grouping sets ((a, b), (a), ());

select a, b, sum(c) from t group by rollup (a, b);

select a, b, sum(c) from t group by cube (a, (b, c)), d;

select row_number() over (partition by a order by b), rank() over w, lag(a, 1, 0) over w, sum(c) over (w rows between 2 preceding and current row exclude ties) from t window w as (partition by a order by b desc nulls first);

select sum(a) over (order by b range between interval '7' day preceding and current row) from t;

select sum(a) over (order by b groups between unbounded preceding and 1 following) from t;

with x as (select 1 as a), y (b) as materialized (select a from x) select * from y, x where x.a = y.b;

with recursive n (i) as (select 1 union all select i + 1 from n where i < 10) select sum(i) from n;

select a from t union all select b from u intersect select c from v except (select d from w order by 1 limit 1) order by 1;

select * from t where exists (select 1 from u where u.id = t.id) and a in (select b from v) and c not in (1, 2, 3) and d > all (select e from w) and f = any (array[1, 2]);

select (select max(b) from u where u.id = t.id), array(select c from v) from t;

select * from t, lateral (select * from u where u.id = t.id limit 3) as x;

select * from t left join lateral (select count(*) as n from u where u.id = t.id) as x on true;

select * from a join b using (id) natural join c full join d on d.x = a.x cross join e right join (f join g on f.i = g.i) on true;

select case a when 1 then 'x' else 'y' end, case when b then 1 end, coalesce(a, b, 0), nullif(a, 0), greatest(a, b), least(a, b) from t;

select cast(a as integer), a::text, a::numeric(10, 2), a::varchar(10), date '2020-01-01', timestamp '2020-01-01 00:00:00', a::double precision, a::timestamptz, a::int[], 'x'::uuid, a::json from t;

select a like 'x%', a not like '_' escape '!', a ilike b, a similar to 'x|y', a ~ '^x', a !~ 'y', a between 1 and 2, a not between symmetric 3 and 1 from t;

select a is null, a is not null, a is true, a is not false, a is unknown, a is distinct from b, a is not distinct from null from t;

select array[1, 2, 3], array[[1], [2]], a[1], a[1:2], a[:2], array_length(a, 1), a || b, (a)[1] from t;

select a -> 'x', a ->> 'y', json_extract(a, '$.x'), to_json(b), jsonb_build_object('a', 1) from t;

select interval '1' day, interval '90 days', now() - interval '1' year, current_date, current_timestamp, a + interval '1 hour' from t;

select a at time zone 'Europe/Madrid', extract(year from a), extract(epoch from a), date_trunc('month', a), date_part('dow', a) from t;

select substring(a from 1 for 2), substring(a, 2), trim(a), trim(both 'x' from a), trim(leading from a), position('x' in a), upper(a), concat_ws('-', a, b), replace(a, 'x', 'y'), lpad(a, 5, '0'), repeat('-', 10) from t;

select * from (values (1, 'a'), (2, 'b')) as v (id, name);

values (1, 2), (3, 4) order by 1 limit 1;

table t;

select $1::int + a, $2 from t where b = $1 limit $3 offset $4;

select a from t fetch first 10 rows only;

select a from t order by a fetch first 10 rows with ties;

select a from t limit all;

select row(a, b) = row(1, 2), (a, b) in ((1, 2), (3, 4)), (a, b) = (select 1, 2) from t;

select (s).field, ((s).field).inner, (arr[1]).x from t;

select 1e10, .5, 1., -1, +1, - a, 99999999999999999999, 'it''s', E'tab\t', U&'\00e9', $$dollar 'quoted'$$, '' from t;

select "Quoted", "with ""quotes""", "select", "é" from "Table" as "T";

select corr(a, b), stddev(a), var_pop(a), median(a), regr_slope(a, b), approx_count_distinct(a), histogram(a) from t;

select regexp_replace(a, '^(.*)$', '\1', 'g'), regexp_matches(a, 'x'), split_part(a, '-', 1), string_to_array(a, ','), md5(a), sha256(a) from t;

select a & b, a | b, a << 2, a >> 1, ~a, a % 2, a ^ 2, @ a, a // b, a ** b, a ^@ 'x', c && d, c @> d, c <@ d from t;
