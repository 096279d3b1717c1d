select
    region,
    kind,
    usage_on,
    cast(count(*) as integer) as meters,
    cast(sum(kwh) as decimal(14, 3)) as kwh
from {{ ref('int_daily_usage') }}
where community = 'beta'
group by all
order by usage_on, region, kind
