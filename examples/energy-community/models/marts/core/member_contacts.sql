-- Nobody tagged a column of this: what is personal here is so by what it is made of.
with people as (
    select * from {{ ref('stg_members') }}
),

reach as (
    select
        community,
        count(email) as reachable_members
    from people
    group by community
),

contacts as (
    select
        people.member_id,
        people.community,
        people.region,
        people.name as contact_name,
        people.email as invoices_to,
        coalesce(people.phone, people.email) as reach_at,
        cast(reach.reachable_members as integer) as reachable_members
    from people
    inner join reach on people.community = reach.community
)

select * from contacts
order by member_id
