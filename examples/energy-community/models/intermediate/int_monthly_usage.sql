{{ config(materialized='ephemeral') }}

select
    member_id,
    community,
    cast(date_trunc('month', usage_on) as date) as month,
    cast(sum(kwh) filter (where kind = 'consumption') as decimal(12, 3)) as kwh_consumed,
    cast(coalesce(sum(kwh) filter (where kind = 'production'), 0) as decimal(12, 3)) as kwh_produced
from {{ ref('int_daily_usage') }}
group by all
