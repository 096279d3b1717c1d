/** The whole gate killed under load, again and again: what a client received is in the audit, the chain holds, and the gate starts on the same state. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyAudit } from '../../src/audit/verify.ts';
import { type Example, example, serveIn, sluice } from '../cli/run.ts';

const KILLS = 20;

interface Asked {
  readonly sql: string;
  readonly accept: string;
}

const PAGES: readonly Asked[] = [
  'SELECT member_id, region FROM gold.members ORDER BY member_id LIMIT 5',
  'SELECT region, count(*) AS members FROM gold.members GROUP BY region ORDER BY region',
  'SELECT * FROM gold.tariffs ORDER BY tariff_id',
].map((sql) => ({ sql, accept: 'application/json' }));

/** Longer than any round: these are killed halfway, with rows released. */
const STREAM: Asked = { sql: 'SELECT * FROM gold.meter_readings', accept: 'text/csv' };

const CLIENTS: readonly (readonly Asked[])[] = [PAGES, PAGES, PAGES, PAGES, PAGES, PAGES, [STREAM]];

let here: Example;
let token: string;

beforeAll(async () => {
  here = await example();
  expect(await sluice(['push'], { cwd: here.folder })).toMatchObject({ code: 0 });
  token = (await sluice(['token', '--as', 'service'], { cwd: here.folder })).stdout.trim();
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

/** Asks one question after the other until nobody answers; tells the request of which the first row has arrived. */
async function client(
  address: string,
  questions: readonly Asked[],
  received: (requestId: string) => void,
): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const { sql, accept } = questions[turn % questions.length]!;
    try {
      const answer = await fetch(`${address}/v1/query`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept },
        body: JSON.stringify({ sql }),
      });
      const id = answer.headers.get('x-request-id') ?? '';
      if (answer.status !== 200) throw new Refused(`${answer.status} ${await answer.text()}`);
      let bytes = 0;
      for await (const part of answer.body ?? []) {
        if (bytes === 0) received(id);
        bytes += (part as Uint8Array).byteLength;
      }
    } catch (thrown) {
      if (thrown instanceof Refused) throw thrown;
      return;
    }
  }
}

class Refused extends Error {}

/** Requests of which the audit holds that they were allowed. */
function decided(): ReadonlySet<string> {
  const db = new DatabaseSync(join(here.folder, '.sluice/audit.db'), { readOnly: true });
  const rows = db
    .prepare(
      `SELECT body ->> 'request_id' AS id FROM events
       WHERE body ->> 'event' = 'decision' AND body ->> 'decision' = 'allow'`,
    )
    .all();
  db.close();
  return new Set(rows.map(({ id }) => String(id)));
}

it('twenty kills lose no decision whose rows were released', async () => {
  const received = new Set<string>();
  let events = 0;
  for (let round = 1; round <= KILLS; round += 1) {
    const served = await serveIn(here.folder);
    // Another point in the load each time, the very first answers among them.
    const enough = 1 + ((round * 617) % 250);
    const before = received.size;
    await new Promise<void>((resolve, reject) => {
      const all = CLIENTS.map((questions) =>
        client(served.address, questions, (id) => {
          received.add(id);
          if (received.size - before === enough) served.process.kill('SIGKILL');
        }),
      );
      Promise.all(all).then(() => resolve(), reject);
    });
    expect(await served.ended).toBe('SIGKILL');
    const known = decided();
    expect([...received].filter((id) => !known.has(id))).toEqual([]);
    const verdict = await verifyAudit(join(here.folder, '.sluice/audit.db'));
    expect(verdict).toMatchObject({ ok: true });
    expect(verdict.events).toBeGreaterThan(events);
    events = verdict.events;
  }
  expect(received.size).toBeGreaterThan(KILLS * 50);
  console.log(`${KILLS} kills, ${received.size} answers received, ${events} events`);
  expect(await sluice(['audit', 'verify'], { cwd: here.folder })).toMatchObject({ code: 0 });
}, 300_000);
