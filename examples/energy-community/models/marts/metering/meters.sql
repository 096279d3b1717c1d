select
    meter_id,
    member_id,
    community,
    region,
    kind,
    installed_on,
    capacity_kw,
    smart
from {{ ref('int_member_meters') }}
order by meter_id
