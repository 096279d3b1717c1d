select
    meter_id,
    member_id,
    kind,
    installed_on,
    capacity_kw,
    smart
from {{ ref('raw_meters') }}
