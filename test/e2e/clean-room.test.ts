/** The example's partner clean room through the front door: counts appear, small groups do not, rows never. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyExample, startGate, type TestGate } from './gate.ts';

let gate: TestGate;

beforeAll(async () => {
  gate = await startGate();
});
afterAll(async () => gate?.close());

const asked = (sql: string) => gate.query('partner', sql, { project: 'partner_clean_room' });

/** Of the raw data, as nobody outside of the room's rules sees it. */
async function raw(sql: string): Promise<readonly unknown[][]> {
  const answer = await gate.query('officer', sql);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.rows ?? [];
}

describe('the partner clean room', () => {
  it('counts members by region and year, and leaves small groups out', async () => {
    const answer = await asked(
      'SELECT region, joined_on, count(*) FROM gold.members GROUP BY region, joined_on',
    );
    expect(answer.status, answer.text).toBe(200);
    const all = await raw(
      "SELECT region, date_trunc('year', joined_on), count(*) FROM gold.members GROUP BY 1, 2",
    );
    const large = all.filter(([, , count]) => Number(count) >= 10);
    expect(large.length).toBeGreaterThan(0);
    expect(large.length).toBeLessThan(all.length);
    const seen = (rows: readonly unknown[][]) =>
      rows
        .map(([region, year, count]) => [region, String(year).slice(0, 10), Number(count)].join(' '))
        .sort();
    expect(seen(answer.body.rows ?? [])).toEqual(seen(large));
  });

  it('counts by region what is visible, and nothing else: groups add up', async () => {
    const [byRegion, fine, total] = [
      await asked('SELECT region, count(*) FROM gold.members GROUP BY region'),
      await asked('SELECT region, joined_on, count(*) FROM gold.members GROUP BY region, joined_on'),
      await asked('SELECT count(*), count(DISTINCT member_id) FROM gold.members'),
    ];
    const sum = (rows: unknown[][] | undefined, at: number) =>
      (rows ?? []).reduce((all, row) => all + Number(row[at]), 0);
    const [[count, units] = []] = total.body.rows ?? [];
    expect(units).toBe(count);
    expect(sum(byRegion.body.rows, 1)).toBe(Number(count));
    expect(sum(fine.body.rows, 2)).toBe(Number(count));
  });

  it('adds up energy by the region of whoever it is of', async () => {
    const answer = await asked(
      'SELECT m.region, sum(i.kwh_consumed), avg(i.kwh_consumed) FROM gold.invoices i JOIN gold.members m USING (member_id) GROUP BY m.region',
    );
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.rows?.length).toBeGreaterThan(0);
  });

  it.each([
    'SELECT * FROM gold.members',
    'SELECT member_id FROM gold.members',
    'SELECT region FROM gold.members',
    'SELECT max(kwh_consumed) FROM gold.invoices',
    "SELECT count(*) FROM gold.members WHERE member_id = '1'",
  ])('refuses %s', async (sql) => {
    const answer = await asked(sql);
    expect([answer.status, answer.body.code], answer.text).toEqual([400, 'clean_room_shape']);
  });

  it.each(['/v1/datasets/gold.members/rows', '/v1/datasets/gold.members/rows?select=region'])(
    'gives no rows at %s',
    async (path) => {
      const answer = await gate.call('partner', 'GET', path, {
        headers: { 'x-sluice-project': 'partner_clean_room' },
      });
      expect([answer.status, answer.body.code], answer.text).toEqual([400, 'clean_room_shape']);
    },
  );

  it('says what it answers', async () => {
    const answer = await gate.call('partner', 'POST', '/v1/explain', {
      body: { sql: 'SELECT count(*) FROM gold.members', project: 'partner_clean_room' },
    });
    expect(answer.status, answer.text).toBe(200);
    const [decision] = answer.body.decisions as readonly Record<string, unknown>[];
    expect(decision).toMatchObject({
      aggregate_only: true,
      clean_room:
        'gold.members answers count(*), count(distinct member_id); GROUP BY and WHERE take region, joined_on (by year). Groups of fewer than 10 are left out.',
    });
  });
});

describe('a clean room of a policy, with noise', () => {
  const POLICY = `policies:
  - id: invoices-blurred
    description: The analyst of the partner counts roughly.
    on: { id: gold.invoices }
    limit:
      to: { group: analysts }
      aggregate_only:
        unit: member_id
        min_group_size: 5
        dimensions: [month]
        measures: [{ column: kwh_consumed, min: 0, max: 2000 }]
        filters: [kwh_produced]
        noise: { epsilon: 0.5, rows_per_unit: 2 }
        budget: { epsilon: 3, per: 1d }
`;
  let noisy: TestGate;
  beforeAll(async () => {
    const folder = await copyExample();
    writeFileSync(join(folder, 'policies/blurred.yml'), POLICY);
    noisy = await startGate({ folder });
  });
  afterAll(async () => noisy?.close());

  it('answers differently each time, refuses what may fail, and ends with its budget', async () => {
    const sql =
      'SELECT month, count(*), sum(kwh_consumed) FROM gold.invoices WHERE kwh_produced > 1 GROUP BY month ORDER BY month';
    const [one, other] = [await noisy.query('analyst', sql), await noisy.query('analyst', sql)];
    expect([one.status, other.status], one.text).toEqual([200, 200]);
    expect(one.body.rows?.map(([month]) => month)).toEqual(other.body.rows?.map(([month]) => month));
    expect(one.body.rows).not.toEqual(other.body.rows);
    const refused = await noisy.query(
      'analyst',
      'SELECT count(*) FROM gold.invoices WHERE 1 / kwh_produced > 1',
    );
    expect([refused.status, refused.body.code], refused.text).toEqual([400, 'clean_room_shape']);
    // Two answers at a half each, three times: nothing is left.
    expect((await noisy.query('analyst', sql)).status).toBe(200);
    const over = await noisy.query('analyst', 'SELECT count(*) FROM gold.invoices');
    expect([over.status, over.body.code], over.text).toEqual([429, 'clean_room_budget']);
  });
});
