import { describe, expect, it } from 'vitest';
import { momentAt } from '../../src/policies/moments.ts';
import { parseWhere, WhereProblem } from '../../src/policies/where.ts';

const at = (text: string, months: number, days = 0, seconds = 0) =>
  new Date(momentAt(Date.parse(text), { months, days, seconds })).toISOString();

describe('a distance from a moment', () => {
  it.each([
    ['2024-03-31T10:20:30Z', -1, 0, 0, '2024-02-29T10:20:30.000Z'],
    ['2023-03-31T10:20:30Z', -1, 0, 0, '2023-02-28T10:20:30.000Z'],
    ['2024-02-29T00:00:00Z', 12, 0, 0, '2025-02-28T00:00:00.000Z'],
    ['2024-01-31T00:00:00Z', 1, 1, 0, '2024-03-01T00:00:00.000Z'],
    ['2024-12-15T00:00:00Z', 1, 0, 0, '2025-01-15T00:00:00.000Z'],
    ['2024-01-01T00:00:00Z', 0, -1, -1, '2023-12-30T23:59:59.000Z'],
    ['1969-12-31T23:00:00Z', 0, 0, 7200, '1970-01-01T01:00:00.000Z'],
    ['2024-01-15T00:00:00Z', -13, 0, 0, '2022-12-15T00:00:00.000Z'],
  ])('%s by %d months, %d days, %d seconds', (from, months, days, seconds, wanted) =>
    expect(at(from, months, days, seconds)).toBe(wanted),
  );
});

describe('now() in a filter', () => {
  const NOW = { kind: 'now', months: 0, days: 0, seconds: 0 };
  it.each([
    ['d < now()', NOW],
    ["d < now() - interval '90 days'", { ...NOW, days: -90 }],
    ["d < now() + interval '1 quarter'", { ...NOW, months: 3 }],
    ["d < now() - interval '2 hours 30 minutes'", { ...NOW, seconds: -9000 }],
    ["d < now() - '1 week'::interval", { ...NOW, days: -7 }],
  ])('%s', (text, right) => expect(parseWhere(text)).toMatchObject({ kind: 'compare', op: '<', right }));

  it.each([
    ['d = now()', /by order alone/],
    ['d <> now()', /by order alone/],
    ['d in (now())', /by order alone/],
    ['now() = any(identity.groups)', /by order alone/],
    ['now() < now()', /compared with a column/],
    ["now() > '2024-01-01'", /compared with a column/],
    ['identity.sub < now()', /compared with a column/],
    ['now()', /compared with a column/],
    ['now() is null', /IS NULL takes a column/],
    ['d < now(1)', /takes no argument/],
    ['d < current_timestamp', /say `now\(\)`/],
    ['d < current_date', /say `now\(\)`/],
    ['d < now() - 1', /only an interval/],
    ["d < now() - interval '1'", /only an interval/],
    ["d < now() - interval '1' day", /only an interval/],
    ["d < now() - interval '-1 day'", /only an interval/],
    ["d < now() - interval '1 fortnight'", /only an interval/],
    ["d < now() - interval '1001 years'", /a thousand years/],
    ['d < now() - interval identity.sub', /not valid SQL|only an interval/],
    ["d < d - interval '1 day'", /is not accepted/],
    ['d < clock_timestamp()', /function `clock_timestamp` is not accepted/],
    ['d < pg_catalog.now()', /function `pg_catalog.now` is not accepted/],
  ])('%s is refused', (text, message) => {
    expect(() => parseWhere(text)).toThrowError(WhereProblem);
    expect(() => parseWhere(text)).toThrowError(message);
  });
});

describe('a lookup', () => {
  const parse = (text: string) => parseWhere(text, { lookups: true });
  it.each([
    ['a in (select b from ref.c where d = identity.sub)', { dataset: 'ref.c', column: 'b' }],
    ['a = any (select b from c)', { dataset: 'c', column: 'b', where: null }],
    [
      'identity.sub in (select b from x.y.z)',
      { dataset: 'x.y.z', left: { kind: 'identity', path: ['sub'] } },
    ],
  ])('%s', (text, wanted) => expect(parse(text)).toMatchObject({ kind: 'lookup', ...wanted }));

  it.each([
    ['a not in (select b from c)', /under `not`/],
    ['not a in (select b from c)', /under `not`/],
    ['not (x = 1 or a in (select b from c))', /under `not`/],
    ['a <> all (select b from c)', /a lookup is|is not accepted/],
    ['a = all (select b from c)', /a lookup is/],
    ['a < any (select b from c)', /a lookup is/],
    ['exists (select b from c)', /a lookup is/],
    ['a = (select b from c)', /SubLink is not accepted/],
    ['a in (select b, c from d)', /a lookup is/],
    ['a in (select * from d)', /by its name|not accepted/],
    ['a in (select lower(b) from d)', /function `lower` is not accepted/],
    ['a in (select b)', /a lookup is/],
    ['a in (select b from c, d)', /a lookup is/],
    ['a in (select b from c join d on true)', /a lookup is/],
    ['a in (select b from (select 1) c)', /a lookup is/],
    ["a in (select b from read_csv('x'))", /a lookup is/],
    ['a in (select b from c d)', /a lookup is/],
    ['a in (select b from only c)', /a lookup is/],
    ['a in (select b from c limit 1)', /without further clauses/],
    ['a in (select b from c order by b)', /without further clauses/],
    ['a in (select distinct b from c)', /without further clauses/],
    ['a in (select b from c group by b)', /without further clauses/],
    ['a in (select b from c union select 1)', /a lookup is|without further clauses/],
    ['a in (with x as (select 1) select b from c)', /without further clauses/],
    ['a in (select b from c for update)', /without further clauses/],
    ['a in (select b from c where d in (select e from f))', /not inside another/],
    ['a in (values (1))', /a lookup is|without further clauses/],
    ['now() in (select b from c)', /by order alone/],
    ['(a, b) in (select c, d from e)', /a lookup is|not accepted/],
  ])('%s is refused', (text, message) => {
    expect(() => parse(text)).toThrowError(WhereProblem);
    expect(() => parse(text)).toThrowError(message);
  });
});
