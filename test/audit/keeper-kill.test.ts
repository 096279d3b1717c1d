/** Killed at whatever step, retention leaves a chain that verifies and goes on; a half-made index is finished by the next. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { floorOf } from '../../src/audit/file.ts';
import { retainAudit } from '../../src/audit/retain.ts';
import { openAuditReader } from '../../src/audit/search/reader.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { KEEPER, writeLog } from './logs.ts';
import { sampleEvent } from './sample.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-keeper-'));
  path = join(folder, 'audit.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const START = Date.UTC(2026, 0, 1);

/** Starts it, and kills it after so many milliseconds, from its first word on where it says one. */
async function killed(work: string, afterMs: number, waitForWord: boolean): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'keeper.ts'), path, work], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  if (waitForWord) await once(child.stdout, 'data');
  await pause(afterMs);
  child.kill('SIGKILL');
  await ended;
}

function state(): { lowest: number; floor: number } {
  const db = new DatabaseSync(path, { readOnly: true });
  const lowest = Number(db.prepare('SELECT min(seq) AS seq FROM events').get()?.seq);
  const floor = floorOf(db);
  db.close();
  return { lowest, floor };
}

test('ten kills while events are appended and go', async () => {
  // One a millisecond.
  writeLog(
    path,
    Array.from({ length: 9_000 }, (_, n) =>
      sampleEvent(`r${n}`, { time: new Date(START + n).toISOString() }),
    ),
  );
  let halfway = 0;
  for (let round = 0; round < 10; round += 1) {
    await killed('retain', (round * 87) % 500, true);
    expect(await verifyAudit(path)).toMatchObject({ ok: true });
    const { lowest, floor } = state();
    if (lowest <= floor) halfway += 1;
  }
  await retainAudit(path, {
    keeper: KEEPER,
    signer: null,
    now: new Date(START),
    keepMs: 1,
    firstNeeded: null,
    dryRun: false,
  });
  const { lowest, floor } = state();
  expect(lowest).toBe(floor + 1);
  expect(await verifyAudit(path)).toMatchObject({ ok: true, from: floor + 1 });
  expect(floor).toBeGreaterThan(500);
  console.log(`10 kills, ${floor} events removed, ${halfway} times halfway through`);
}, 120_000);

test('kills while the index is made: the next one finds everything', async () => {
  writeLog(
    path,
    Array.from({ length: 40_000 }, (_, n) =>
      sampleEvent(`r${n}`, { subject: { sub: n % 1000 === 0 ? 'eve' : 'ana', kind: 'user', issuer: null } }),
    ),
  );
  for (const afterMs of [350, 500, 650, 800, 950]) await killed('index', afterMs, false);
  const reader = openAuditReader({ path });
  const { events } = await reader.find({
    filter: { subject: 'eve' },
    concerning: [],
    before: null,
    limit: 100,
  });
  await reader.close();
  expect(events.map(({ request_id }) => request_id)).toEqual(
    Array.from({ length: 40 }, (_, n) => `r${39_000 - n * 1000}`),
  );
}, 60_000);

test('a halfway removal verifies at every step of it', async () => {
  writeLog(
    path,
    Array.from({ length: 50 }, (_, n) => sampleEvent(`r${n}`, { time: new Date(START + n).toISOString() })),
  );
  const removal = { keeper: KEEPER, signer: null, now: new Date(START + 1_000_040), keepMs: 1_000_000 };
  await retainAudit(path, { ...removal, firstNeeded: 2, dryRun: false });
  const db = new DatabaseSync(path);
  // As if it had been killed before each deletion: what is given up is put back from a copy.
  const copy = join(folder, 'copy.db');
  db.exec(`VACUUM INTO '${copy}'`);
  db.close();
  await retainAudit(path, { ...removal, firstNeeded: null, dryRun: false });
  const { floor } = state();
  expect(floor).toBe(40);
  const put = new DatabaseSync(path);
  put.exec(
    `ATTACH '${copy}' AS copy; INSERT INTO main.events SELECT * FROM copy.events WHERE seq <= ${floor}`,
  );
  for (let lowest = 2; lowest <= floor; lowest += 1) {
    expect(await verifyAudit(path)).toMatchObject({ ok: true, from: lowest });
    put.exec(`DELETE FROM main.events WHERE seq = ${lowest}`);
  }
  expect(await verifyAudit(path)).toMatchObject({ ok: true, from: floor + 1 });
  const next = `DELETE FROM main.events WHERE seq = ${floor + 1}`;
  expect(() => put.exec(next)).toThrow(/append only/);
  put.exec(`DROP TRIGGER events_no_delete; ${next}`);
  put.close();
  expect(await verifyAudit(path)).toMatchObject({ ok: false, problem: { kind: 'event_missing', seq: 41 } });
}, 60_000);
