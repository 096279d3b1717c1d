/** Answers from two states of the data, or under two rules, are not to be subtracted: a gate on each engine, and data that changes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../engines/postgres/server.ts';
import { ENGINES, MISSING, openWorld, ROOM, type RoomWorld, type WorldOptions } from './world.ts';

const TOTALS =
  'SELECT region, count(*) AS n, sum(age) AS s FROM gold.members GROUP BY region ORDER BY region';
const USED = 'SELECT month, sum(kwh) AS s FROM gold.usage GROUP BY month ORDER BY month';
const DATASETS = ['gold.members', 'gold.usage'];

for (const kind of ENGINES)
  if (MISSING[kind] !== null) console.warn(`differencing skips ${kind}: ${MISSING[kind]}`);

describe.each(ENGINES.filter((kind) => MISSING[kind] === null))('on %s', (kind) => {
  const open: RoomWorld[] = [];
  let server: TestServer | null = null;
  beforeAll(async () => {
    server = kind === 'postgres' ? await startServer() : null;
  });
  afterAll(() => server?.close());
  const world = async (options?: WorldOptions): Promise<RoomWorld> => {
    const made = await openWorld(kind, { ...options, server });
    open.push(made);
    return made;
  };
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  it('data that stands still is free: any number of queries', async () => {
    const { ask } = await world();
    const first = await ask(TOTALS);
    expect(first.status, first.text).toBe(200);
    expect(first.body.rows?.map((row) => row.slice(0, 2))).toEqual([
      ['EU', 12],
      ['FR', 8],
      ['US', 10],
    ]);
    for (let i = 0; i < 3; i++) expect((await ask(TOTALS)).body.rows).toEqual(first.body.rows);
  });

  it('one member who changed is refused, and those who never asked are answered', async () => {
    const { ask, change } = await world();
    expect((await ask(TOTALS)).status).toBe(200);
    await change('UPDATE gold.members SET age = age + 1 WHERE member_id = 3');
    const again = await ask(TOTALS);
    expect([again.status, again.body.code]).toEqual([403, 'clean_room_difference']);
    expect((await ask(TOTALS, { as: 'other' })).status).toBe(200);
  });

  it('a new member of a group that is shown is refused, of one that is not is nobody’s matter', async () => {
    const { ask, change } = await world();
    await change("INSERT INTO gold.members VALUES (90, 'IT', date '2020-02-01', 30, 'x')");
    expect((await ask(TOTALS)).status).toBe(200);
    await change("INSERT INTO gold.members VALUES (91, 'IT', date '2020-02-01', 31, 'x')");
    expect((await ask(TOTALS)).status).toBe(200);
    await change("INSERT INTO gold.members VALUES (92, 'EU', date '2020-02-01', 31, 'x')");
    expect((await ask(TOTALS)).body.code).toBe('clean_room_difference');
  });

  it('as many as a group needs may change at once', async () => {
    const { ask, change } = await world();
    expect((await ask(TOTALS)).status).toBe(200);
    await change('UPDATE gold.members SET age = age + 1 WHERE member_id <= 5');
    expect((await ask(TOTALS)).status).toBe(200);
    await change('UPDATE gold.members SET age = age + 1 WHERE member_id <= 4');
    expect((await ask(TOTALS)).body.code).toBe('clean_room_difference');
  });

  it('who moves between groups hides nobody who comes or goes with them', async () => {
    const { ask, change } = await world();
    expect((await ask(TOTALS)).status).toBe(200);
    // Five leave one group, six come to the other: the total tells of the sixth.
    await change(
      "UPDATE gold.members SET region = 'US' WHERE member_id <= 5",
      "INSERT INTO gold.members VALUES (90, 'US', date '2020-02-01', 33, 'x')",
    );
    expect((await ask('SELECT sum(age) AS s FROM gold.members')).body.code).toBe('clean_room_difference');
    await change('DELETE FROM gold.members WHERE member_id = 90');
    expect((await ask(TOTALS)).status).toBe(200);
    await change("UPDATE gold.members SET region = 'North' WHERE region = 'US' AND member_id <> 30");
    expect((await ask(TOTALS)).body.code).toBe('clean_room_difference');
  });

  it('is counted for each sum apart: enough who changed in one of them hide nobody in another', async () => {
    const { ask, change } = await world();
    expect((await ask(TOTALS)).status).toBe(200);
    // Five rows more, of which one alone has an age.
    await change(
      `INSERT INTO gold.members SELECT 100 + i, 'EU', date '2020-02-01', CASE WHEN i = 1 THEN 77 END, 'x' FROM generate_series(1, 5) AS s(i)`,
    );
    expect((await ask('SELECT region, count(*) FROM gold.members GROUP BY region')).body.code).toBe(
      'clean_room_difference',
    );
  });

  it('small steps add up: each new state is compared with all that were told', async () => {
    const { ask, change } = await world();
    expect((await ask(TOTALS)).status).toBe(200);
    await change('UPDATE gold.members SET age = age + 1 WHERE member_id <= 5');
    expect((await ask(TOTALS)).status).toBe(200);
    // From the second state six differ, from the first one alone.
    await change(
      'UPDATE gold.members SET age = age - 1 WHERE member_id <= 5',
      'UPDATE gold.members SET age = 99 WHERE member_id = 6',
    );
    expect((await ask(TOTALS)).body.code).toBe('clean_room_difference');
  });

  it('what is joined counts: a member who moves changes what was used there', async () => {
    const { ask, change } = await world();
    expect((await ask(USED)).status).toBe(200);
    await change("UPDATE gold.members SET region = 'US' WHERE member_id = 1");
    expect((await ask(USED)).body.code).toBe('clean_room_difference');
  });

  it('numbers that are written otherwise hide nobody who changed among them', async () => {
    const { ask, change } = await world();
    expect((await ask(USED)).status).toBe(200);
    await change(
      'ALTER TABLE gold.usage ALTER COLUMN kwh TYPE numeric(12,3)',
      "UPDATE gold.usage SET kwh = kwh + 7 WHERE member_id = 3 AND month = date '2024-01-01'",
    );
    expect((await ask(USED)).body.code).toBe('clean_room_difference');
  });

  it('another dataset of the room has a ledger of its own', async () => {
    const { ask, change } = await world();
    expect((await ask(USED)).status).toBe(200);
    await change('UPDATE gold.members SET age = age + 1 WHERE member_id = 3');
    expect((await ask(TOTALS)).status).toBe(200);
  });

  it('two rooms on one dataset are two rules', async () => {
    const finer = {
      ...ROOM,
      datasets: {
        ...ROOM.datasets,
        'gold.members': { ...ROOM.datasets['gold.members'], dimensions: ['region'] },
      },
    };
    const member = { members: { group: 'readers' } };
    const { ask } = await world({
      exposures: {
        partners: { on: DATASETS, sluice: { ...member, clean_room: ROOM } },
        same: { on: DATASETS, sluice: { ...member, clean_room: ROOM } },
        finer: { on: DATASETS, sluice: { ...member, clean_room: finer } },
      },
    });
    expect((await ask(TOTALS)).status).toBe(200);
    expect((await ask(TOTALS, { project: 'same' })).status).toBe(200);
    const refused = await ask(TOTALS, { project: 'finer' });
    expect([refused.status, refused.body.code]).toEqual([403, 'clean_room_difference']);
    expect(refused.text).toContain('finer');
    expect((await ask(TOTALS, { project: 'finer', as: 'other' })).status).toBe(200);
  });

  it('what noise costs is counted by answer', async () => {
    const members = {
      ...ROOM.datasets['gold.members'],
      measures: [{ column: 'age', min: 0, max: 100 }],
      filters: ['email'],
    };
    const clean_room = {
      min_group_size: 5,
      noise: { epsilon: 0.2 },
      budget: { epsilon: 0.5, per: '365d' },
      datasets: { 'gold.members': members },
    };
    const { ask } = await world({
      exposures: { partners: { on: DATASETS, sluice: { members: { group: 'readers' }, clean_room } } },
    });
    const both = "SELECT count(*) AS n, sum(age) AS s FROM gold.members WHERE email <> 'x'";
    const first = await ask(both);
    expect(first.status, first.text).toBe(200);
    expect((await ask(both)).body.code).toBe('clean_room_budget');
    expect((await ask(both, { as: 'other' })).status).toBe(200);
  });

  it('queries are counted, and an end of the budget is no end of the room', async () => {
    const { ask } = await world({
      exposures: {
        partners: {
          on: DATASETS,
          sluice: {
            members: { group: 'readers' },
            clean_room: { ...ROOM, budget: { queries: 2, per: '365d' } },
          },
        },
      },
    });
    expect((await ask(TOTALS)).status).toBe(200);
    // What fails has told something too.
    const failed = await ask('SELECT CAST(region AS integer), count(*) FROM gold.members GROUP BY 1');
    expect(failed.body.code).toBe('invalid_cast');
    const refused = await ask(TOTALS);
    expect([refused.status, refused.body.code]).toEqual([429, 'clean_room_budget']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(TOTALS, { as: 'other' })).status).toBe(200);
  });
});
