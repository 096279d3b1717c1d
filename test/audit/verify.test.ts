/** Whatever somebody does to a finished log, `verifyAudit` finds it, and names the first event that is touched. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalise, EMPTY_HEAD, hashOf, type Json, link } from '../../src/audit/chain.ts';
import { openAuditLog } from '../../src/audit/log.ts';
import { type AuditProblemKind, verifyAudit } from '../../src/audit/verify.ts';
import { sampleEvent } from './sample.ts';

const EVENTS = 20;
let folder: string;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-verify-'));
  path = join(folder, 'audit.db');
  const log = await openAuditLog({ path, survives: 'process_death' });
  for (let n = 1; n <= EVENTS; n += 1) await log.append(sampleEvent(`r${n}`, { rows: n, bytes: n * 100 }));
  await log.close();
});

afterEach(() => rmSync(folder, { recursive: true }));

const NO_TRIGGERS =
  'DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete; DROP TRIGGER head_no_delete;';

/** As somebody with the file and SQLite at hand. */
function tamper(change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path);
  db.exec(NO_TRIGGERS);
  change(db);
  db.close();
}

const bodyOf = (db: DatabaseSync, seq: number) =>
  JSON.parse(String(db.prepare('SELECT body FROM events WHERE seq = ?').get(seq)?.body)) as Record<
    string,
    Json
  >;

/** Rewrites one event's content; with `rehash`, so that its own hash fits again. */
function rewrite(db: DatabaseSync, seq: number, change: Record<string, Json>, rehash: boolean): void {
  const body = canonicalise({ ...bodyOf(db, seq), ...change });
  db.prepare('UPDATE events SET body = ? WHERE seq = ?').run(body, seq);
  if (rehash) db.prepare('UPDATE events SET hash = ? WHERE seq = ?').run(hashOf(body), seq);
}

test('an untouched log verifies', async () => {
  const last = new DatabaseSync(path).prepare('SELECT hash FROM events WHERE seq = ?').get(EVENTS);
  expect(await verifyAudit(path)).toMatchObject({
    ok: true,
    events: EVENTS,
    head: { seq: EVENTS, hash: last?.hash },
  });
});

test('so does an empty one', async () => {
  const empty = join(folder, 'empty.db');
  await (await openAuditLog({ path: empty, survives: 'process_death' })).close();
  expect(await verifyAudit(empty)).toMatchObject({ ok: true, events: 0, head: EMPTY_HEAD });
});

describe('finds', () => {
  test.each<{
    name: string;
    sql?: string;
    change?: (db: DatabaseSync) => void;
    kind: AuditProblemKind;
    seq: number | null;
  }>([
    {
      name: 'an edited decision',
      change: (db) => rewrite(db, 7, { decision: 'deny' }, false),
      kind: 'event_altered',
      seq: 7,
    },
    {
      name: 'an edit with its own hash mended',
      change: (db) => rewrite(db, 7, { rows: 0 }, true),
      kind: 'link_broken',
      seq: 8,
    },
    {
      name: 'two fields swapped',
      change: (db) => rewrite(db, 7, { rows: 700, bytes: 7 }, false),
      kind: 'event_altered',
      seq: 7,
    },
    {
      name: 'an edited hash',
      sql: 'UPDATE events SET hash = upper(hash) WHERE seq = 7',
      kind: 'event_altered',
      seq: 7,
    },
    {
      name: 'a key written twice, so that two readers see two values',
      change: (db) => {
        const { body } = db.prepare('SELECT body FROM events WHERE seq = 20').get() as { body: string };
        const doubled = `{"action":"other",${body.slice(1)}`;
        db.prepare('UPDATE events SET body = ?, hash = ? WHERE seq = 20').run(doubled, hashOf(doubled));
        db.prepare('UPDATE head SET hash = ?').run(hashOf(doubled));
      },
      kind: 'event_altered',
      seq: 20,
    },
    {
      name: 'content that is no event',
      change: (db) => {
        db.prepare("UPDATE events SET body = '[]', hash = ? WHERE seq = 20").run(hashOf('[]'));
        db.prepare('UPDATE head SET hash = ?').run(hashOf('[]'));
      },
      kind: 'event_altered',
      seq: 20,
    },
    {
      name: 'an event deleted in the middle',
      sql: 'DELETE FROM events WHERE seq = 7',
      kind: 'event_missing',
      seq: 7,
    },
    {
      name: 'the first event deleted',
      sql: 'DELETE FROM events WHERE seq = 1',
      kind: 'event_missing',
      seq: 1,
    },
    {
      name: 'an event deleted, the rest moved up',
      sql: `DELETE FROM events WHERE seq = 7; UPDATE events SET seq = -seq WHERE seq > 7;
        UPDATE events SET seq = -seq - 1 WHERE seq < 0`,
      kind: 'link_broken',
      seq: 7,
    },
    { name: 'the tail deleted', sql: 'DELETE FROM events WHERE seq > 15', kind: 'tail_missing', seq: 16 },
    { name: 'all events deleted', sql: 'DELETE FROM events', kind: 'tail_missing', seq: 1 },
    {
      name: 'two events exchanged',
      sql: `UPDATE events SET seq = -1 WHERE seq = 7; UPDATE events SET seq = 7 WHERE seq = 8;
        UPDATE events SET seq = 8 WHERE seq = -1`,
      kind: 'link_broken',
      seq: 7,
    },
    {
      name: 'an event copied over another',
      sql: `UPDATE events SET (body, hash) = (SELECT body, hash FROM events WHERE seq = 6) WHERE seq = 7`,
      kind: 'link_broken',
      seq: 7,
    },
    {
      name: 'an event inserted in the middle',
      change: (db) => {
        db.exec('UPDATE events SET seq = -seq WHERE seq > 7; UPDATE events SET seq = -seq + 1 WHERE seq < 0');
        const before = db.prepare('SELECT seq, hash FROM events WHERE seq = 7').get() as {
          seq: number;
          hash: string;
        };
        const row = link(sampleEvent('inserted'), before);
        db.prepare('INSERT INTO events VALUES (?, ?, ?)').run(row.seq, row.body, row.hash);
      },
      kind: 'link_broken',
      seq: 9,
    },
    {
      name: 'an event appended behind the head',
      change: (db) => {
        const before = db.prepare('SELECT seq, hash FROM head').get() as { seq: number; hash: string };
        const row = link(sampleEvent('inserted'), before);
        db.prepare('INSERT INTO events VALUES (?, ?, ?)').run(row.seq, row.body, row.hash);
      },
      kind: 'head_behind',
      seq: 21,
    },
    {
      name: 'an event before the first',
      sql: "INSERT INTO events VALUES (0, '{}', '')",
      kind: 'link_broken',
      seq: 1,
    },
    {
      name: 'an event at the lowest position that there is',
      sql: "INSERT INTO events VALUES (-9223372036854775808, '{}', '')",
      kind: 'link_broken',
      seq: 1,
    },
    { name: 'the head record removed', sql: 'DELETE FROM head', kind: 'head_altered', seq: null },
    { name: 'the head record edited', sql: "UPDATE head SET hash = 'x'", kind: 'head_altered', seq: 20 },
    { name: 'the table of events removed', sql: 'DROP TABLE events', kind: 'unreadable', seq: 1 },
  ])('$name', async ({ sql, change, kind, seq }) => {
    tamper((db) => (sql === undefined ? change?.(db) : db.exec(sql)));
    const result = await verifyAudit(path);
    expect(result.problem).toEqual({ kind, seq, message: expect.stringMatching(/\w/) });
    expect(result.ok).toBe(false);
  });

  test('whatever byte of whatever event is changed', async () => {
    const { size } = new DatabaseSync(path).prepare('SELECT min(length(body)) AS size FROM events').get() as {
      size: number;
    };
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: EVENTS }),
        fc.nat(size - 1),
        fc.integer({ min: 32, max: 126 }),
        async (seq, at, code) => {
          const copy = join(folder, 'copy.db');
          rmSync(copy, { force: true });
          writeFileSync(copy, readFileSync(path));
          const db = new DatabaseSync(copy);
          db.exec(NO_TRIGGERS);
          const body = String(db.prepare('SELECT body FROM events WHERE seq = ?').get(seq)?.body);
          const changed = body.slice(0, at) + String.fromCharCode(code) + body.slice(at + 1);
          db.prepare('UPDATE events SET body = ? WHERE seq = ?').run(changed, seq);
          db.close();
          const result = await verifyAudit(copy);
          expect(result.ok).toBe(changed === body);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a chain rebuilt whole', () => {
  /** What no chain can show by itself: all of it made anew, head record included. */
  const rebuild = (events: number) =>
    tamper((db) => {
      let head = EMPTY_HEAD;
      const bodies = Array.from({ length: events }, (_, index) => bodyOf(db, index + 1));
      db.exec('DELETE FROM events');
      for (const { seq: _, prev_hash: __, ...event } of bodies) {
        const row = link({ ...sampleEvent(''), ...event, decision: 'allow', rows: 0 }, head);
        db.prepare('INSERT INTO events VALUES (?, ?, ?)').run(row.seq, row.body, row.hash);
        head = row;
      }
      db.prepare('UPDATE head SET seq = ?, hash = ?').run(head.seq, head.hash);
    });

  test.each([
    { name: 'of the same length', events: EVENTS },
    { name: 'cut', events: 5 },
    { name: 'emptied', events: 0 },
  ])('$name, is found by a head that was noted before', async ({ events }) => {
    const { head } = await verifyAudit(path);
    rebuild(events);
    expect(await verifyAudit(path)).toMatchObject({ ok: true, events });
    expect(await verifyAudit(path, { expectHead: head.hash })).toMatchObject({
      ok: false,
      problem: { kind: 'head_unexpected' },
    });
  });

  test('a head noted before still holds when the log has grown', async () => {
    const { head } = await verifyAudit(path);
    const log = await openAuditLog({ path, survives: 'process_death' });
    await log.append(sampleEvent('later'));
    await log.close();
    expect(await verifyAudit(path, { expectHead: head.hash })).toMatchObject({
      ok: true,
      events: EVENTS + 1,
    });
  });
});

test('a file damaged on the disk is told, not half-read', async () => {
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4096, bytes.length);
  writeFileSync(path, bytes);
  expect(await verifyAudit(path)).toMatchObject({ ok: false, problem: { kind: 'unreadable' } });
});

test.each([
  { name: 'a file that is not there', file: 'missing.db', message: /no audit log/ },
  { name: 'a file that is no audit log', file: 'other.db', message: /not an SQLite database/ },
])('$name is refused', async ({ file, message }) => {
  writeFileSync(join(folder, 'other.db'), 'a'.repeat(5000));
  await expect(verifyAudit(join(folder, file))).rejects.toThrow(message);
});

test('while others append, and in parts, everything is checked once', async () => {
  const log = await openAuditLog({ path, survives: 'process_death' });
  const many = Array.from({ length: 5000 }, (_, n) => log.append(sampleEvent(`more${n}`)));
  await Promise.all(many);
  let appending = true;
  const more = (async () => {
    for (let n = 0; appending; n += 1) await log.append(sampleEvent(`late${n}`));
  })();
  const progress: number[] = [];
  const result = await verifyAudit(path, { onProgress: (events) => progress.push(events) });
  appending = false;
  await more;
  await log.close();
  expect(result.ok).toBe(true);
  expect(progress.slice(0, 2)).toEqual([2000, 4000]);
  expect(result.events).toBeGreaterThanOrEqual(EVENTS + 5000);
});
