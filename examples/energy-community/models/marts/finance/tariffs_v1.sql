select
    tariff_id,
    name,
    cast(energy_ct_kwh + network_ct_kwh as decimal(7, 2)) as price_ct_kwh,
    base_eur_month
from {{ ref('stg_tariffs') }}
order by tariff_id
