select
    members.member_id,
    members.name as account_holder,
    members.iban,
    members.community,
    cast(sum(invoices.amount_eur) filter (where not invoices.paid) as decimal(10, 2)) as open_eur,
    case when members.loyalty_score < 10 then 2 when members.loyalty_score < 25 then 1 else 0 end as dunning_level
from {{ ref('stg_members') }} as members
inner join {{ ref('invoices') }} as invoices on members.member_id = invoices.member_id
group by members.member_id, members.name, members.iban, members.community, members.loyalty_score
order by members.member_id
