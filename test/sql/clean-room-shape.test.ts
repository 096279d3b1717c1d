/** What a clean room answers and what it refuses: the shape of a query, judged from the text and the catalogue alone. */
import { beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { throughRooms } from '../../src/sql/clean-room/through.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { decision, resolved } from './fixture.ts';
import { ROOM_RULES, roomDatasets } from './room-world.ts';

const DATASETS = roomDatasets('duckdb');

beforeAll(async () => {
  await loadParser();
});

/** The code and words of the refusal, or null. */
function refusal(sql: string): string | null {
  const governedOf = (id: string) => {
    const dataset = DATASETS.find((one) => one.id === id);
    return dataset === undefined ? undefined : { dataset, decision: decision(id, ROOM_RULES[id] ?? {}) };
  };
  try {
    throughRooms(resolved(sql, DATASETS, ROOM_RULES), { engine: 'duckdb', governedOf, params: [] });
    return null;
  } catch (thrown) {
    if (thrown instanceof SluiceError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
}

describe('a clean room answers', () => {
  it.each([
    'SELECT count(*) FROM members',
    'SELECT count(1) FROM members m',
    'SELECT region, count(*) FROM members GROUP BY region',
    'SELECT region AS r, age, count(*), sum(income), avg(income), count(income) FROM members GROUP BY 1, age',
    'SELECT count(DISTINCT member) FROM members',
    'SELECT count(DISTINCT region) FROM members',
    'SELECT DISTINCT region FROM members ORDER BY region',
    'SELECT region FROM members GROUP BY region',
    "SELECT upper(region), count(*) FROM members WHERE age >= 20 AND region LIKE 'n%' GROUP BY upper(region)",
    "SELECT CASE WHEN region = 'north' THEN 'n' ELSE 'other' END, count(*) FROM members GROUP BY 1",
    "SELECT count(*) FILTER (WHERE region = 'north') FROM members",
    'SELECT region, count(*) FROM members GROUP BY region HAVING count(*) > 10 AND sum(income) > 0',
    'SELECT region, count(*) n FROM members GROUP BY region ORDER BY n DESC, count(*), region LIMIT 3',
    'SELECT region, age, count(*), grouping(region) FROM members GROUP BY ROLLUP (region, age)',
    'SELECT region, count(*) FROM members WHERE region = $1 GROUP BY region',
    'SELECT extract(year FROM month), count(*), sum(kwh) FROM usage GROUP BY extract(year FROM month)',
    'SELECT region, sum(kwh) FROM usage u JOIN members m ON u.member = m.member GROUP BY region',
    'SELECT region, sum(kwh) FROM usage u LEFT JOIN members m ON m.member = u.member GROUP BY region',
    'SELECT region, sum(kwh) FROM usage JOIN members USING (member) GROUP BY region',
    'SELECT region, sum(kwh) FROM usage NATURAL JOIN members GROUP BY region',
    'WITH r AS (SELECT region, count(*) AS n FROM members GROUP BY region) SELECT sum(n), max(n), rank() OVER (ORDER BY 1) FROM r',
    'SELECT * FROM (SELECT region, count(*) FROM members GROUP BY region) q JOIN plain USING (region)',
    'SELECT count(*) FROM members UNION ALL SELECT count(*) FROM usage',
    'SELECT (SELECT count(*) FROM members) - (SELECT count(*) FROM members WHERE age > 40)',
    'SELECT region FROM plain WHERE region IN (SELECT region FROM members GROUP BY region)',
    "SELECT substring(region from 1 for 2), trim(both 'x' from region), position('a' in region), count(*) FROM members GROUP BY 1, 2, 3",
    "SELECT count(*) FROM members WHERE region ILIKE 'N%' AND region SIMILAR TO 'n%' AND (region, age) IN (('north', 20)) AND coalesce(region, '') <> ''",
    "SELECT date_trunc('year', month), month + interval '1 month', count(*) FROM usage WHERE month > current_date - 1000 GROUP BY 1, 2",
    "SELECT count(*) FROM members WHERE region = ANY (ARRAY['north', 'south']) AND age BETWEEN SYMMETRIC 60 AND 20",
    'SELECT region, count(*) FROM members GROUP BY GROUPING SETS ((region), ())',
    'SELECT 100 * count(*) / 3, sum(income) / count(*) + 1 FROM members',
  ])('%s', (sql) => expect(refusal(sql)).toBeNull());
});

describe('a clean room refuses', () => {
  const shape = /^clean_room_shape: /;
  it.each([
    ['rows', 'SELECT region FROM members'],
    ['a star', 'SELECT * FROM members'],
    ['a constant a row', 'SELECT 1 FROM members'],
    ['whether there is a row', "SELECT EXISTS (SELECT 1 FROM members WHERE region = 'north')"],
    ['the unit', 'SELECT member, count(*) FROM members GROUP BY member'],
    ['a condition on the unit', "SELECT count(*) FROM members WHERE member = 'm1'"],
    ['a column off the list', 'SELECT email, count(*) FROM members GROUP BY email'],
    ['a condition off the list', "SELECT count(*) FROM members WHERE email LIKE 'a%'"],
    ['a condition on a measure', 'SELECT count(*) FROM members WHERE income > 1000'],
    ['grouping by a measure', 'SELECT income > 1000, count(*) FROM members GROUP BY 1'],
    ['the greatest', 'SELECT max(income) FROM members'],
    ['the least', 'SELECT min(income) FROM members'],
    ['a list', "SELECT string_agg(region, ',') FROM members"],
    ['an array', 'SELECT array_agg(income) FROM members'],
    ['a deviation', 'SELECT stddev(income) FROM members'],
    ['a median', 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY income) FROM members'],
    ['a sum of an expression', 'SELECT sum(income * 2) FROM members'],
    ['a sum by case', "SELECT sum(CASE WHEN region = 'north' THEN income END) FROM members"],
    ['a sum of different values', 'SELECT sum(DISTINCT income) FROM members'],
    ['different values of a measure', 'SELECT count(DISTINCT income) FROM members'],
    ['units that stand in several rows', 'SELECT count(DISTINCT member) FROM usage'],
    ['a filter on a measure', 'SELECT count(*) FILTER (WHERE income > 1000) FROM members'],
    ['having about a measure', 'SELECT region FROM members GROUP BY region HAVING max(income) > 1000'],
    ['an order by a measure', 'SELECT region, count(*) FROM members GROUP BY region ORDER BY max(income)'],
    ['what is not grouped', 'SELECT region, age, count(*) FROM members GROUP BY region'],
    ['a window', 'SELECT region, count(*), sum(count(*)) OVER () FROM members GROUP BY region'],
    ['a window of rows', 'SELECT count(*) OVER (PARTITION BY region) FROM members'],
    ['a named window', 'SELECT rank() OVER w FROM members GROUP BY region WINDOW w AS (ORDER BY count(*))'],
    ['the first of a group', 'SELECT DISTINCT ON (region) region FROM members'],
    ['rows made of nothing', 'SELECT generate_series(1, 3) FROM members'],
    ['a subquery in a condition', 'SELECT count(*) FROM members WHERE region IN (SELECT region FROM plain)'],
    ['a subquery in the list', 'SELECT (SELECT max(name) FROM plain), count(*) FROM members'],
    [
      'a look at what stands around',
      'SELECT (SELECT count(*) FROM members m WHERE m.region = p.region) FROM plain p',
    ],
    [
      'lateral',
      'SELECT q.n FROM plain p, LATERAL (SELECT count(*) AS n FROM members m WHERE m.region = p.region) q',
    ],
    ['a cross join', 'SELECT count(*) FROM members, members m2'],
    ['a self join', 'SELECT count(*) FROM members a JOIN members b ON a.member = b.member'],
    [
      'a join to what is not in the room',
      'SELECT count(*) FROM members m JOIN plain p ON m.region = p.region',
    ],
    [
      'a join to rows of ours',
      "SELECT count(*) FROM members m JOIN (VALUES ('north')) v(region) ON m.region = v.region",
    ],
    ['a join on another column', 'SELECT count(*) FROM usage u JOIN members m ON u.tariff = m.region'],
    ['a join on more', 'SELECT count(*) FROM usage u JOIN members m ON u.member = m.member AND m.age > 20'],
    ['a join on less', 'SELECT count(*) FROM usage u JOIN members m ON true'],
    ['a join by order', 'SELECT count(*) FROM usage u JOIN members m ON u.member >= m.member'],
    ['the other way round', 'SELECT count(*) FROM members m JOIN usage u ON u.member = m.member'],
    ['a right join', 'SELECT count(*) FROM members m RIGHT JOIN usage u ON u.member = m.member'],
    ['a full join', 'SELECT count(*) FROM usage u FULL JOIN members m ON u.member = m.member'],
    ['a comma join', 'SELECT count(*) FROM usage u, members m WHERE u.member = m.member'],
    [
      'two of the same join',
      'SELECT count(*) FROM usage u JOIN members m ON u.member = m.member JOIN members n ON u.member = n.member',
    ],
    ['a measure of the other side', 'SELECT sum(income) FROM usage u JOIN members m ON u.member = m.member'],
    [
      'units of the other side',
      'SELECT count(DISTINCT m.member) FROM usage u JOIN members m ON u.member = m.member',
    ],
    [
      'a key beside the join',
      'SELECT m.member, count(*) FROM usage u JOIN members m ON u.member = m.member GROUP BY 1',
    ],
  ])('%s: %s', (_, sql) => expect(refusal(sql)).toMatch(shape));

  it('says what it would take, in names that the caller may see', () => {
    try {
      refusalOf('SELECT max(kwh) FROM usage');
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toMatchObject({
        message:
          'A clean room answers count(*), and sum, avg and count of a measure by itself: not this max.',
        hint: 'gold.usage answers count(*), sum, avg and count of kwh, cost; GROUP BY and WHERE take month (by quarter), tariff; JOIN or LEFT JOIN gold.members ON member with region, age (in steps of 20). Groups of fewer than 3 are left out.',
        position: 7,
      });
    }
  });
});

function refusalOf(sql: string): void {
  const governedOf = (id: string) => {
    const dataset = DATASETS.find((one) => one.id === id);
    return dataset === undefined ? undefined : { dataset, decision: decision(id, ROOM_RULES[id] ?? {}) };
  };
  throughRooms(resolved(sql, DATASETS, ROOM_RULES), { engine: 'duckdb', governedOf, params: [] });
}
