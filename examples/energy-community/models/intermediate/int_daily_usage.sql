select
    readings.meter_id,
    meters.member_id,
    meters.community,
    meters.region,
    meters.kind,
    cast(readings.read_at as date) as usage_on,
    cast(sum(readings.kwh) as decimal(12, 3)) as kwh,
    cast(count(*) filter (where readings.quality = 'estimated') as integer) as estimated_readings
from {{ ref('stg_readings') }} as readings
inner join {{ ref('int_member_meters') }} as meters on readings.meter_id = meters.meter_id
group by all
order by usage_on, meter_id
