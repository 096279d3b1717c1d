/** An append is durable when it resolves, refused when it cannot be, and works again when the cause is gone. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuditOptions, type DurableAuditLog, openAuditLog } from '../../src/audit/log.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { sampleEvent } from './sample.ts';

let folder: string;
let path: string;
const opened: DurableAuditLog[] = [];

const open = async (options: Partial<AuditOptions> = {}) => {
  const log = await openAuditLog({ path, survives: 'process_death', ...options });
  opened.push(log);
  return log;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-audit-'));
  path = join(folder, 'nested', 'audit.db');
});

afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
  rmSync(folder, { recursive: true });
});

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

describe.each(['power_loss', 'process_death'] as const)('surviving %s', (survives) => {
  test('events come back in the order of their appends, over restarts', async () => {
    const first = await open({ survives });
    await Promise.all(range(0, 2500).map((n) => first.append(sampleEvent(`r${n}`))));
    await first.close();
    const second = await open({ survives });
    await second.append(sampleEvent('r2500'));
    const events = await second.tail(3000);
    expect(events.map((event) => event.request_id)).toEqual(range(0, 2501).map((n) => `r${n}`));
    expect(events.map((event) => event.seq)).toEqual(range(1, 2501));
    expect(await verifyAudit(path)).toMatchObject({ ok: true, events: 2501 });
  });
});

test('an event comes back as it went in, with its place in the chain', async () => {
  const log = await open();
  await log.append(sampleEvent('a', { purpose: 'é𝄞\u0000' }));
  const [event] = await log.tail(1);
  const { seq, prev_hash, hash, ...rest } = event!;
  expect(rest).toEqual(sampleEvent('a', { purpose: 'é𝄞\u0000' }));
  expect([seq, prev_hash, hash.length]).toEqual([1, '0'.repeat(64), 64]);
});

test('tail gives the last ones, newest last', async () => {
  const log = await open();
  expect(await log.tail(5)).toEqual([]);
  for (const n of range(0, 5)) await log.append(sampleEvent(`r${n}`));
  expect((await log.tail(2)).map((event) => event.request_id)).toEqual(['r3', 'r4']);
  expect(await log.tail(0)).toEqual([]);
});

describe('a noted event', () => {
  test('goes with the next append, before it', async () => {
    const log = await open();
    const noted = log.note(sampleEvent('noted'));
    await log.append(sampleEvent('appended'));
    expect((await log.tail(5)).map((event) => event.request_id)).toEqual(['noted', 'appended']);
    await noted;
  });

  test('goes alone where none follows, each time', async () => {
    const log = await open();
    for (const id of ['a', 'b', 'c']) await log.note(sampleEvent(id));
    expect((await log.tail(5)).map((event) => event.request_id)).toEqual(['a', 'b', 'c']);
  });

  test('is kept by close', async () => {
    const log = await open();
    const noted = log.note(sampleEvent('noted'));
    await Promise.all([log.close(), noted]);
    expect(await verifyAudit(path)).toMatchObject({ ok: true, events: 1 });
  });

  test('that cannot be written is refused', async () => {
    const log = await open();
    await log.append(sampleEvent('a'));
    rmSync(path);
    await expect(log.note(sampleEvent('b'))).rejects.toMatchObject({ code: 'audit_unavailable' });
  });
});

test('an event in another form is refused alone', async () => {
  const log = await open();
  const results = await Promise.allSettled([
    log.append(sampleEvent('a')),
    log.append({ ...sampleEvent('b'), rows: -1 }),
    log.append(sampleEvent('c')),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await log.tail(5)).map((event) => event.request_id)).toEqual(['a', 'c']);
});

test('what was appended before close is kept, what comes after is refused', async () => {
  const log = await open();
  const appends = range(0, 1500).map((n) => log.append(sampleEvent(`r${n}`)));
  await Promise.all([log.close(), log.close(), ...appends]);
  await expect(log.append(sampleEvent('late'))).rejects.toMatchObject({ code: 'audit_unavailable' });
  expect(await verifyAudit(path)).toMatchObject({ ok: true, events: 1500 });
});

test('more events than may wait are refused, the others are kept', async () => {
  const log = await open({ maxWaiting: 10 });
  const results = await Promise.allSettled(range(0, 30).map((n) => log.append(sampleEvent(`r${n}`))));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(20);
  expect(refused[0]?.reason).toMatchObject({ code: 'audit_unavailable', retryAfter: 1 });
  expect(await log.tail(50)).toHaveLength(10);
});

test('the file is private', async () => {
  await (await open()).append(sampleEvent('a'));
  expect([path, `${path}-wal`].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
});

describe('while another process holds the file', () => {
  const hold = () => {
    const holder = new DatabaseSync(path);
    holder.exec('BEGIN IMMEDIATE');
    return () => {
      holder.exec('ROLLBACK');
      holder.close();
    };
  };

  test('appends fail, and work again afterwards', async () => {
    const log = await open({ busyTimeoutMs: 50 });
    await log.append(sampleEvent('before'));
    const release = hold();
    await expect(log.append(sampleEvent('during'))).rejects.toMatchObject({
      code: 'audit_unavailable',
      status: 503,
      message: expect.not.stringContaining(folder),
    });
    await expect(log.probe()).rejects.toMatchObject({ code: 'audit_unavailable' });
    release();
    await log.probe();
    await log.append(sampleEvent('after'));
    expect((await log.tail(5)).map((event) => event.request_id)).toEqual(['before', 'after']);
    expect(await verifyAudit(path)).toMatchObject({ ok: true, events: 2 });
  });

  test('a batch without an answer fails in time, with all that wait behind it', async () => {
    const log = await open({ busyTimeoutMs: 10_000, timeoutMs: 2000 });
    const release = hold();
    const stuck = log.append(sampleEvent('stuck')).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const behind = log.append(sampleEvent('behind')).catch((error: unknown) => error);
    expect(await stuck).toMatchObject({
      code: 'audit_unavailable',
      message: expect.stringMatching(/does not answer/),
    });
    expect(await behind).toMatchObject({ code: 'audit_unavailable' });
    await expect(log.append(sampleEvent('next'))).rejects.toMatchObject({ code: 'audit_unavailable' });
    release();
    await expect
      .poll(
        () =>
          log.append(sampleEvent('after')).then(
            () => 'ok',
            () => 'refused',
          ),
        { timeout: 20_000 },
      )
      .toBe('ok');
    // The stuck one may be recorded: it was refused, so nothing was released for it.
    expect((await log.tail(5)).map((event) => event.request_id)).not.toContain('behind');
    expect(await verifyAudit(path)).toMatchObject({ ok: true });
  });
});

describe('a file that somebody touches while it is in use', () => {
  test.each<{ name: string; touch: () => void }>([
    { name: 'removed', touch: () => rmSync(path) },
    { name: 'moved away', touch: () => renameSync(path, `${path}.old`) },
    {
      name: 'replaced by an older state',
      touch: () => {
        for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
        renameSync(`${path}.backup`, path);
      },
    },
    {
      name: 'without its head record',
      touch: () => {
        const db = new DatabaseSync(path);
        db.exec('DROP TRIGGER head_no_delete; DELETE FROM head');
        db.close();
      },
    },
    {
      name: 'without its last event',
      touch: () => {
        const db = new DatabaseSync(path);
        db.exec('DROP TRIGGER events_no_delete; DELETE FROM events WHERE seq = 2');
        db.close();
      },
    },
    {
      name: 'without its last event, the head put back',
      touch: () => {
        const db = new DatabaseSync(path);
        db.exec(`DROP TRIGGER events_no_delete; DELETE FROM events WHERE seq = 2;
          UPDATE head SET seq = 1, hash = (SELECT hash FROM events WHERE seq = 1)`);
        db.close();
      },
    },
  ])('$name: nothing is appended', async ({ touch }) => {
    const log = await open();
    await log.append(sampleEvent('a'));
    new DatabaseSync(path).exec(`VACUUM INTO '${path}.backup'`);
    await log.append(sampleEvent('b'));
    touch();
    await expect(log.append(sampleEvent('c'))).rejects.toMatchObject({ code: 'audit_unavailable' });
    await expect(log.append(sampleEvent('d'))).rejects.toMatchObject({ code: 'audit_unavailable' });
  });

  test('put back, it goes on', async () => {
    const log = await open();
    await log.append(sampleEvent('a'));
    renameSync(path, `${path}.old`);
    await expect(log.append(sampleEvent('b'))).rejects.toMatchObject({ code: 'audit_unavailable' });
    renameSync(`${path}.old`, path);
    await log.append(sampleEvent('c'));
    expect((await log.tail(5)).map((event) => event.request_id)).toEqual(['a', 'c']);
  });
});

test('a writer that dies fails what it held; the next append starts another, which goes on with the chain', async () => {
  const workers: Worker[] = [];
  const watch = (message: unknown) => void workers.push((message as { worker: Worker }).worker);
  subscribe('worker_threads', watch);
  const log = await open();
  unsubscribe('worker_threads', watch);
  await log.append(sampleEvent('a'));
  await workers[0]?.terminate();
  const appends = await Promise.allSettled(range(0, 3).map((n) => log.append(sampleEvent(`next${n}`))));
  expect(appends.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  expect(await verifyAudit(path)).toMatchObject({ ok: true, events: 4 });
});

test('a writer that dies with an event in its hands fails that event', async () => {
  const workers: Worker[] = [];
  const watch = (message: unknown) => void workers.push((message as { worker: Worker }).worker);
  subscribe('worker_threads', watch);
  const log = await open();
  unsubscribe('worker_threads', watch);
  const holder = new DatabaseSync(path);
  holder.exec('BEGIN IMMEDIATE');
  const held = log.append(sampleEvent('held'));
  const behind = Promise.resolve().then(() => log.append(sampleEvent('behind')));
  const dying = new Promise((resolve) => setTimeout(resolve, 50)).then(() => workers[0]?.terminate());
  await expect(held).rejects.toMatchObject({ code: 'audit_unavailable' });
  holder.exec('ROLLBACK');
  holder.close();
  await dying;
  await behind;
  expect((await log.tail(5)).map((event) => event.request_id)).toEqual(['behind']);
});

describe('opening', () => {
  test('names the file that cannot be used', async () => {
    writeFileSync(join(folder, 'other.db'), 'a'.repeat(5000));
    const opening = open({ path: join(folder, 'other.db') });
    await expect(opening).rejects.toMatchObject({ code: 'audit_unavailable' });
    await expect(opening).rejects.toThrow(/other\.db.*not an SQLite database/);
  });

  test('refuses a log whose tail is missing', async () => {
    const log = await open();
    for (const id of ['a', 'b']) await log.append(sampleEvent(id));
    await log.close();
    const db = new DatabaseSync(path);
    db.exec('DROP TRIGGER events_no_delete; DELETE FROM events WHERE seq = 2');
    db.close();
    await expect(open()).rejects.toMatchObject({
      code: 'audit_broken',
      hint: expect.stringMatching(/audit verify/),
    });
  });
});
