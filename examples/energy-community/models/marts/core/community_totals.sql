select
    community,
    month,
    cast(count(distinct member_id) as integer) as members,
    cast(sum(kwh_consumed) as decimal(14, 3)) as kwh_consumed,
    cast(sum(kwh_produced) as decimal(14, 3)) as kwh_produced
from {{ ref('int_monthly_usage') }}
group by all
order by month, community
