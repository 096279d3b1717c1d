/** The example's partner room: what partners are told, and what stewards can see and forget of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';

const ROOM = 'partner_clean_room';
const REGIONS = 'SELECT region, count(*) AS members FROM gold.members GROUP BY region ORDER BY region';

describe('the partner clean room of the example', () => {
  let gate: TestGate;
  beforeAll(async () => {
    gate = await startGate();
  });
  afterAll(() => gate?.close());
  const ask = (sql: string, project: string | null = ROOM) =>
    gate.call('partner', 'POST', '/v1/query', {
      body: { sql },
      headers: project === null ? {} : { 'x-sluice-project': project },
    });

  it('tells counts by region, and no group of fewer than ten', async () => {
    const reply = await ask(REGIONS);
    expect(reply.status, reply.text).toBe(200);
    const counts = reply.body.rows?.map(([, members]) => Number(members)) ?? [];
    expect(counts.length).toBeGreaterThan(2);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(10);
    const finer = await ask(
      'SELECT region, joined_on, count(*) AS n FROM gold.members GROUP BY region, joined_on',
    );
    expect(Math.min(...(finer.body.rows ?? []).map(([, , n]) => Number(n)))).toBeGreaterThanOrEqual(10);
  });

  it('tells sums of what is joined, and nothing outside of the room', async () => {
    const joined = await ask(
      'SELECT m.region, sum(i.kwh_consumed) AS kwh FROM gold.invoices i JOIN gold.members m ON i.member_id = m.member_id GROUP BY m.region ORDER BY 1',
    );
    expect(joined.status, joined.text).toBe(200);
    expect(joined.body.rows?.length).toBeGreaterThan(1);
    expect((await ask('SELECT * FROM gold.members')).body.code).toBe('clean_room_shape');
    expect((await ask(REGIONS, null)).status).toBeGreaterThanOrEqual(400);
  });

  it('can be forgotten by a steward alone, and it is on record', async () => {
    const path = `/v1/rooms/${ROOM}/reset`;
    expect((await gate.call('partner', 'POST', path, { body: {} })).body.code).toBe('access_denied');
    expect((await gate.call(null, 'POST', path, { body: {} })).status).toBe(401);
    const subject = { sub: 'nobody.at.all' };
    expect((await gate.call('officer', 'POST', path, { body: { subject } })).body.subjects).toBe(0);
    expect((await gate.call('officer', 'POST', path, { body: {} })).body).toMatchObject({
      room: ROOM,
      subjects: 1,
    });
    expect((await gate.call('officer', 'GET', `/v1/rooms/${ROOM}/budget`)).body).toMatchObject({
      subjects: [],
    });
    expect((await gate.call('partner', 'GET', `/v1/rooms/${ROOM}/budget`)).body.code).toBe('access_denied');
    const events = await gate.serving.open.gate.audit.tail(20);
    const resets = events.filter(({ action }) => action === 'room_reset');
    expect(resets.map(({ decision }) => decision)).toEqual(['deny', 'deny', 'allow', 'allow']);
    expect(resets.at(-1)?.reasons).toEqual([`room ${ROOM}`, 'all subjects']);
  });
});
