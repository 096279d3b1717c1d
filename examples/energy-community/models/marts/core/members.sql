select
    member_id,
    name,
    email,
    phone,
    iban,
    birth_date,
    address,
    region,
    community,
    joined_on,
    loyalty_score,
    internal_note
from {{ ref('stg_members') }}
order by member_id
