select
    meter_id,
    read_at,
    cast(energy_wh * 0.001 as decimal(9, 3)) as kwh,
    quality
from {{ source('metering', 'readings') }}
