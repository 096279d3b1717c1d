/** What was acknowledged is there after SIGKILL under load, the chain verifies, and the next process goes on with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAuditLog } from '../../src/audit/log.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { startAppender } from './processes.ts';
import { sampleEvent } from './sample.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function recorded(path: string): Set<string> {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare("SELECT body ->> 'request_id' AS id FROM events").all();
  db.close();
  return new Set(rows.map((row) => String(row.id)));
}

test.each(['power_loss', 'process_death'])(
  'twenty kills with audit surviving %s',
  async (survives) => {
    const path = join(folder, 'audit.db');
    const acknowledged: string[] = [];
    let before = 0;
    for (let round = 1; round <= 20; round += 1) {
      // Another point in the load each time; in every fourth round small commits, past a checkpoint of the WAL.
      const [appenders, count] = round % 4 === 0 ? [1, 700] : [16, 1 + ((round * 617) % 1500)];
      const appender = startAppender([path, survives, `k${round}`, String(appenders)]);
      await appender.until(count);
      appender.process.kill('SIGKILL');
      expect(await appender.ended).toBe('SIGKILL');
      acknowledged.push(...appender.lines.filter((line) => line.startsWith(`k${round}-`)));

      const result = await verifyAudit(path);
      expect(result).toMatchObject({ ok: true });
      expect(result.events).toBeGreaterThan(before);
      before = result.events;
      const there = recorded(path);
      expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    }
    expect(acknowledged.length).toBeGreaterThan(5_000);

    const log = await openAuditLog({ path, survives: 'power_loss' });
    await log.append(sampleEvent('after'));
    await log.close();
    expect(await verifyAudit(path)).toMatchObject({ ok: true, events: before + 1 });
    console.log(`${survives}: 20 kills, ${acknowledged.length} acknowledged, ${before} recorded`);
  },
  180_000,
);

test('three processes that append to one file make one chain', async () => {
  const path = join(folder, 'audit.db');
  const appenders = ['a', 'b', 'c'].map((name) => startAppender([path, 'process_death', name, '4', '300']));
  expect(await Promise.all(appenders.map((appender) => appender.ended))).toEqual([0, 0, 0]);
  expect(await verifyAudit(path)).toMatchObject({ ok: true, events: 900 });
  expect(recorded(path)).toEqual(new Set(appenders.flatMap((appender) => appender.lines)));
});

test('one of two processes killed, the other goes on', async () => {
  const path = join(folder, 'audit.db');
  const [victim, survivor] = ['victim', 'survivor'].map((name) =>
    startAppender([path, 'process_death', name, '4']),
  ) as [ReturnType<typeof startAppender>, ReturnType<typeof startAppender>];
  await Promise.all([victim.until(100), survivor.until(100)]);
  victim.process.kill('SIGKILL');
  await victim.ended;
  await survivor.until(survivor.lines.length + 200);
  survivor.process.kill('SIGKILL');
  await survivor.ended;
  expect(await verifyAudit(path)).toMatchObject({ ok: true });
  const there = recorded(path);
  expect([...victim.lines, ...survivor.lines].filter((id) => !there.has(id))).toEqual([]);
});
