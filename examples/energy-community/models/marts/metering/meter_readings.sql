{{ config(materialized='incremental', incremental_strategy='append') }}

select
    readings.meter_id,
    meters.member_id,
    meters.community,
    meters.region,
    meters.kind,
    readings.read_at,
    readings.kwh,
    readings.quality
from {{ ref('stg_readings') }} as readings
inner join {{ ref('int_member_meters') }} as meters on readings.meter_id = meters.meter_id
{% if is_incremental() %}
where readings.read_at > (select max(read_at) from {{ this }})
{% endif %}
order by readings.read_at, readings.meter_id
