select
    tariff_id,
    name,
    energy_ct_kwh,
    network_ct_kwh,
    base_eur_month,
    green,
    valid_from
from {{ ref('stg_tariffs') }}
order by tariff_id
