select
    usage.member_id || '-' || strftime(usage.month, '%Y%m') as invoice_id,
    usage.member_id,
    members.community,
    usage.month,
    usage.kwh_consumed,
    usage.kwh_produced,
    cast(
        tariffs.base_eur_month
        + usage.kwh_consumed * (tariffs.energy_ct_kwh + tariffs.network_ct_kwh) / 100
        - usage.kwh_produced * 0.08
        as decimal(10, 2)
    ) as amount_eur,
    -- The last month is still open.
    usage.month < date '2025-08-01' as paid
from {{ ref('int_monthly_usage') }} as usage
inner join {{ ref('stg_members') }} as members on usage.member_id = members.member_id
inner join {{ ref('stg_tariffs') }} as tariffs on members.tariff_id = tariffs.tariff_id
order by invoice_id
