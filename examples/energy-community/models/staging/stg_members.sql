select
    member_id,
    first_name || ' ' || last_name as name,
    email,
    phone,
    iban,
    birth_date,
    street || ', ' || postal_code || ' ' || city as address,
    region,
    community,
    tariff_id,
    joined_on,
    updated_at,
    loyalty_score,
    internal_note
from {{ ref('raw_members') }}
