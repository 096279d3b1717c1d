-- What the meters sent: 360 meters, one reading an hour, 1 January to 31 August 2025 (2,099,520 rows).
-- All arithmetic is on integers, so that every machine and every release makes the same rows.
create schema raw;

create table raw.meter_readings as
with numbered as (
  select
    m as meter,
    h as hour,
    h % 24 as hour_of_day,
    h // 24 as day,
    (((m * 48271 + h * 69621 + 12345) % 2147483647) * ((m * 69621 + h * 48271 + 54321) % 2147483647)) % 2147483647 as noise
  from range(1, 361) as meters(m), range(0, 243 * 24) as hours(h)
),

measured as (
  select
    *,
    -- Winter draws more and summer shines more.
    abs(day - 182) as from_midsummer,
    [35, 30, 28, 27, 28, 34, 58, 92, 88, 70, 62, 66, 80, 72, 64, 62, 70, 96, 128, 134, 118, 92, 66, 46][hour_of_day + 1] as draw,
    [0, 0, 0, 0, 1, 6, 18, 36, 55, 73, 88, 97, 100, 97, 88, 73, 55, 36, 18, 6, 1, 0, 0, 0][hour_of_day + 1] as shine
  from numbered
)

select
  'MT-' || lpad(cast(meter as varchar), 5, '0') as meter_id,
  timestamp '2025-01-01 00:00:00' + to_hours(hour) as read_at,
  cast(
    case
      when meter > 300 then shine * (30 + noise % 40) * (400 - from_midsummer) // 400
      else draw * (3 + meter % 5) * (200 + from_midsummer) // 200 + noise % 90
    end as integer
  ) as energy_wh,
  case when noise % 200 = 0 then 'estimated' else 'measured' end as quality
from measured
order by read_at, meter_id;
