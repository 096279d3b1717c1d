with history as (
    select
        *,
        isodow(usage_on) as weekday
    from {{ ref('int_daily_usage') }}
    where kind = 'consumption' and usage_on >= date '2025-07-01'
),

profile as (
    select
        meter_id,
        member_id,
        community,
        region,
        weekday,
        cast(sum(kwh) / count(*) as decimal(10, 3)) as expected,
        min(kwh) as low,
        max(kwh) as high
    from history
    group by all
),

days as (
    select cast(day as date) as forecast_on
    from range(date '2025-09-01', date '2025-10-01', interval 1 day) as calendar(day)
)

select
    profile.meter_id,
    profile.member_id,
    profile.community,
    profile.region,
    days.forecast_on,
    profile.expected as kwh_expected,
    cast(profile.low as decimal(10, 3)) as kwh_low,
    cast(profile.high as decimal(10, 3)) as kwh_high,
    'weekday-mean-1' as model_version
from days
inner join profile on isodow(days.forecast_on) = profile.weekday
order by days.forecast_on, profile.meter_id
