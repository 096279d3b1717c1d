select
    meters.meter_id,
    meters.member_id,
    members.name as member_name,
    members.community,
    members.region,
    members.tariff_id,
    meters.kind,
    meters.installed_on,
    meters.capacity_kw,
    meters.smart
from {{ ref('stg_meters') }} as meters
inner join {{ ref('stg_members') }} as members on meters.member_id = members.member_id
order by meters.meter_id
