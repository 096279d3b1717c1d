/** Rows that come and go by the clock, where nothing that has a name changes: a filter that looks into a view. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MEMBERS, openWorld, ROOM } from './world.ts';

it('who comes and goes by the clock of a view is not the difference of two answers', async () => {
  const { ask, close } = await openWorld('duckdb', {
    data: [
      ...MEMBERS,
      // Of the third member one second, and none the next.
      `CREATE VIEW gold.present AS SELECT member_id FROM gold.members
       WHERE member_id <> 3 OR CAST(floor(epoch(now())) AS bigint) % 2 = 0`,
    ],
    tables: [{ schema: 'gold', name: 'present', columns: ['member_id integer'] }],
    exposures: {
      partners: {
        on: ['gold.members'],
        sluice: {
          members: { group: 'readers' },
          clean_room: { ...ROOM, datasets: { 'gold.members': ROOM.datasets['gold.members'] } },
        },
      },
    },
    policies: `
  - id: only-who-is-there
    on: { id: gold.members }
    rows: { where: "member_id in (select member_id from gold.present)" }`,
  });
  try {
    const sums = new Set<unknown>();
    const codes = new Set<unknown>();
    for (let i = 0; i < 16; i++) {
      const { status, body } = await ask('SELECT sum(age) FROM gold.members');
      if (status === 200) sums.add(body.rows?.[0]?.[0]);
      else codes.add(body.code);
      await sleep(230);
    }
    expect([...codes]).toEqual(['clean_room_difference']);
    expect(sums.size).toBe(1);
  } finally {
    await close();
  }
});
