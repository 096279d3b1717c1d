/** Old events go and the chain goes on; whoever takes events away in another manner, or makes up what vouches for it, is found. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalise, GENESIS, hashOf, link } from '../../src/audit/chain.ts';
import { type Checkpoint, mentionOf } from '../../src/audit/checkpoint.ts';
import { keepingEvent } from '../../src/audit/keeping-event.ts';
import { openAuditLog } from '../../src/audit/log.ts';
import { makeCheckpoint } from '../../src/audit/make-checkpoint.ts';
import { type RetainOptions, retainAudit } from '../../src/audit/retain.ts';
import { readSigner } from '../../src/audit/signing.ts';
import { type AuditProblemKind, type VerifyOptions, verifyAudit } from '../../src/audit/verify.ts';
import { KEEPER, writeLog } from './logs.ts';
import { sampleEvent } from './sample.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
/** One an hour. */
const EVENTS = 100;
const hour = (n: number) => new Date(START + n * HOUR);

const pair = () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return readSigner({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() })!;
};
const SIGNER = pair();
const OTHER = pair();

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-retain-'));
  path = join(folder, 'audit.db');
  writeLog(
    path,
    Array.from({ length: EVENTS }, (_, n) => sampleEvent(`r${n + 1}`, { time: hour(n).toISOString() })),
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const retain = (change: Partial<RetainOptions> = {}) =>
  retainAudit(path, {
    keeper: KEEPER,
    signer: SIGNER,
    now: hour(EVENTS),
    keepMs: 40 * HOUR,
    firstNeeded: null,
    dryRun: false,
    ...change,
  });
const checkpoint = () => makeCheckpoint(path, { keeper: KEEPER, signer: SIGNER, now: hour(EVENTS) })!;
const SIGNED: VerifyOptions = { publicKeys: [SIGNER.publicKey] };

function look<T>(read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
const seqs = () =>
  look((db) =>
    db
      .prepare('SELECT seq FROM events ORDER BY seq')
      .all()
      .map(({ seq }) => Number(seq)),
  );

describe('retention', () => {
  test('removes what is older, tells of it in the chain, and the chain verifies', async () => {
    const { checkpoint: made, ...told } = await retain();
    expect(told).toEqual({ removed: 60, from: 1, to: 60, heldBack: false });
    expect(seqs()).toEqual(Array.from({ length: 41 }, (_, n) => n + 61));
    const last = look((db) =>
      JSON.parse(String(db.prepare('SELECT body FROM events WHERE seq = 101').get()?.body)),
    );
    expect(last).toMatchObject({
      event: 'admin',
      action: 'audit_retention',
      reasons: [mentionOf(made?.checkpoint_hash ?? ''), 'events:1-60'],
    });
    expect(await verifyAudit(path, SIGNED)).toMatchObject({
      ok: true,
      from: 61,
      events: 41,
      proved: expect.stringContaining(`closes 60 removed events and is signed by key ${SIGNER.keyId}`),
    });
  });

  test('again and again, and appending in between', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { removed } = await retain({ now: hour(EVENTS + round * 10) });
      expect(removed).toBe(round === 0 ? 60 : 10);
      const log = await openAuditLog({ path, survives: 'process_death' });
      await log.append(sampleEvent(`later${round}`, { time: hour(EVENTS + round * 10).toISOString() }));
      await log.close();
      expect(await verifyAudit(path, SIGNED)).toMatchObject({ ok: true });
    }
  });

  test('says what would go, and lets it stay', async () => {
    expect(await retain({ dryRun: true })).toMatchObject({ removed: 60, checkpoint: null });
    expect(seqs()).toHaveLength(EVENTS);
  });

  test('lets nothing go that a sink has not had', async () => {
    expect(await retain({ firstNeeded: 31 })).toMatchObject({ removed: 30, heldBack: true });
    expect(await retain({ firstNeeded: 31 })).toMatchObject({ removed: 0, heldBack: true });
    expect(seqs()[0]).toBe(31);
    expect(await retain({ firstNeeded: 0 })).toMatchObject({ removed: 0 });
  });

  test('keeps the newest event, however old', async () => {
    expect(await retain({ now: hour(10_000) })).toMatchObject({ removed: 99 });
    expect(seqs()).toEqual([100, 101]);
    expect(await verifyAudit(path, SIGNED)).toMatchObject({ ok: true });
  });

  test('stops at the first event that is not old: a clock that went back hides nothing behind it', async () => {
    rmSync(path);
    writeLog(path, [
      sampleEvent('a', { time: hour(0).toISOString() }),
      sampleEvent('b', { time: hour(90).toISOString() }),
      sampleEvent('c', { time: hour(1).toISOString() }),
      sampleEvent('d', { time: hour(99).toISOString() }),
    ]);
    expect(await retain()).toMatchObject({ removed: 1 });
  });

  test('comes once a day where it is asked to', async () => {
    await retain({ keepMs: 60 * HOUR });
    const again = { keepMs: 40 * HOUR, notWithinMs: 23 * HOUR };
    expect(await retain(again)).toMatchObject({ removed: 0 });
    expect(await retain({ ...again, now: hour(EVENTS + 24) })).toMatchObject({ removed: expect.any(Number) });
    expect(seqs()[0]).toBe(85);
  });

  test('gives its room back to the disk', async () => {
    rmSync(path);
    writeLog(
      path,
      Array.from({ length: 5000 }, (_, n) => sampleEvent(`r${n}`, { time: hour(n / 60).toISOString() })),
    );
    const before = statSync(path).size;
    await retain({ keepMs: 17 * HOUR });
    expect(statSync(path).size).toBeLessThan(before / 2);
  });

  test('removes no evidence: what does not verify stays, all of it', async () => {
    tamper((db) => db.exec("UPDATE events SET body = replace(body, 'ana', 'eve') WHERE seq = 20"));
    await expect(retain()).rejects.toMatchObject({
      code: 'audit_broken',
      message: expect.stringContaining('Event 20'),
    });
    expect(seqs()).toHaveLength(EVENTS);
  });

  test('a writer that knew of removed events goes on', async () => {
    const log = await openAuditLog({ path, survives: 'process_death' });
    await log.append(sampleEvent('known', { time: hour(50).toISOString() }));
    const other = await openAuditLog({ path, survives: 'process_death' });
    await other.append(sampleEvent('other', { time: hour(50).toISOString() }));
    await other.close();
    await retain({ now: hour(1000) });
    await log.append(sampleEvent('after'));
    await log.close();
    expect(await verifyAudit(path, SIGNED)).toMatchObject({ ok: true });
  });

  test.each([
    'DELETE FROM events WHERE seq = 61',
    'DELETE FROM checkpoints',
    "UPDATE checkpoints SET reason = 'demand'",
  ])('nothing else passes by the triggers: %s', async (sql) => {
    await retain();
    const db = new DatabaseSync(path);
    expect(() => db.exec(sql)).toThrow(/append only/);
    db.close();
  });
});

describe('a checkpoint that was kept elsewhere', () => {
  test('holds while the log grows and shrinks', async () => {
    const kept = checkpoint();
    expect(await verifyAudit(path, { ...SIGNED, checkpoint: kept })).toMatchObject({ ok: true });
    await retain({ now: hour(150) });
    const result = await verifyAudit(path, { ...SIGNED, checkpoint: kept });
    expect(result).toMatchObject({ ok: true, unproved: [] });
    expect(result.from).toBeGreaterThan(kept.seq - 1);
  });

  test.each<{ name: string; forge: (kept: Checkpoint) => Checkpoint }>([
    { name: 'with another hash', forge: (kept) => ({ ...kept, hash: 'f'.repeat(64) }) },
    { name: 'signed by another key', forge: (kept) => resigned({ ...kept, hash: 'f'.repeat(64) }) },
    { name: 'without its signature', forge: (kept) => ({ ...kept, signature: null }) },
    {
      name: 'of another log',
      forge: () => {
        const other = join(folder, 'other.db');
        writeLog(other, [sampleEvent('x')]);
        return makeCheckpoint(other, { keeper: KEEPER, signer: SIGNER, now: hour(1) })!;
      },
    },
  ])('$name is refused', async ({ forge }) => {
    const result = await verifyAudit(path, { ...SIGNED, checkpoint: forge(checkpoint()) });
    expect(result).toMatchObject({ ok: false, problem: { kind: 'checkpoint_unexpected' } });
  });
});

/** As somebody with the file and SQLite at hand, who knows how all of this works, and has no key. */
function tamper(change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path);
  for (const trigger of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all())
    db.exec(`DROP TRIGGER ${String(trigger.name)}`);
  change(db);
  db.close();
}

function resigned({ checkpoint_hash: _, signature: __, ...content }: Checkpoint, signer = OTHER): Checkpoint {
  const body = canonicalise({ ...content, key: signer.keyId });
  return { ...content, key: signer.keyId, checkpoint_hash: hashOf(body), signature: signer.sign(body) };
}

const headOf = (db: DatabaseSync) => {
  const row = db.prepare('SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1').get();
  return { seq: Number(row?.seq ?? 0), hash: String(row?.hash ?? GENESIS) };
};

const setHead = (db: DatabaseSync) => {
  const { seq, hash } = headOf(db);
  db.prepare('UPDATE head SET seq = ?, hash = ?').run(seq, hash);
};

function append(db: DatabaseSync, event: Parameters<typeof link>[0]): void {
  const row = link(event, headOf(db));
  db.prepare('INSERT INTO events VALUES (?, ?, ?)').run(row.seq, row.body, row.hash);
  setHead(db);
}

/** Writes a checkpoint as retention would, closing events up to `seq`, and the event that tells of it. */
function forgeRemoval(db: DatabaseSync, seq: number, signer: typeof OTHER | null): void {
  const last = db.prepare('SELECT number, hash FROM checkpoints ORDER BY number DESC LIMIT 1').get();
  const floor = db.prepare("SELECT max(seq) AS seq FROM checkpoints WHERE reason = 'retention'").get();
  const from = Number(floor?.seq ?? 0) + 1;
  const content = {
    kind: 'sluice-audit-checkpoint' as const,
    number: Number(last?.number ?? 0) + 1,
    previous: String(last?.hash ?? GENESIS),
    reason: 'retention' as const,
    from,
    seq,
    hash: String(db.prepare('SELECT hash FROM events WHERE seq = ?').get(seq)?.hash),
    count: seq - from + 1,
    first_time: hour(0).toISOString(),
    last_time: hour(1).toISOString(),
    made_at: hour(EVENTS).toISOString(),
    key: signer?.keyId ?? null,
  };
  const body = canonicalise(content);
  const hash = hashOf(body);
  db.prepare('INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?)').run(
    content.number,
    seq,
    'retention',
    body,
    hash,
    signer?.sign(body) ?? null,
  );
  append(
    db,
    keepingEvent(KEEPER, {
      action: 'audit_retention',
      checkpointHash: hash,
      from,
      to: seq,
      now: hour(EVENTS),
    }),
  );
  db.prepare('DELETE FROM events WHERE seq <= ?').run(seq);
}

describe('whoever owns the file', () => {
  test.each<{ name: string; change: (db: DatabaseSync) => void; kind: AuditProblemKind }>([
    {
      name: 'cuts more of the front than retention did',
      change: (db) => db.exec('DELETE FROM events WHERE seq <= 70'),
      kind: 'event_missing',
    },
    {
      name: 'leaves the checkpoint of a removal out',
      change: (db) => db.exec("DELETE FROM checkpoints WHERE reason = 'retention'"),
      kind: 'checkpoint_altered',
    },
    {
      name: 'makes a checkpoint up without a key',
      change: (db) => forgeRemoval(db, 80, null),
      kind: 'checkpoint_unsigned',
    },
    {
      name: 'makes a checkpoint up with a key of their own',
      change: (db) => forgeRemoval(db, 80, OTHER),
      kind: 'checkpoint_unsigned',
    },
    {
      name: 'takes a checkpoint that was only asked for as one of retention',
      change: (db) => {
        const row = db.prepare("SELECT * FROM checkpoints WHERE reason = 'demand'").get()!;
        db.prepare("UPDATE checkpoints SET reason = 'retention' WHERE number = ?").run(Number(row.number));
        db.prepare('DELETE FROM events WHERE seq <= ?').run(Number(row.seq));
      },
      kind: 'checkpoint_altered',
    },
    {
      name: 'moves a checkpoint further',
      change: (db) => db.exec("UPDATE checkpoints SET seq = 80 WHERE reason = 'retention'"),
      kind: 'checkpoint_altered',
    },
    {
      name: 'strips the signatures',
      change: (db) => db.exec('UPDATE checkpoints SET signature = NULL'),
      kind: 'checkpoint_altered',
    },
    {
      name: 'swaps the signatures of two checkpoints',
      change: (db) => {
        const [one, two] = db.prepare('SELECT number, signature FROM checkpoints ORDER BY number').all();
        const set = db.prepare('UPDATE checkpoints SET signature = ? WHERE number = ?');
        set.run(String(two?.signature), Number(one?.number));
        set.run(String(one?.signature), Number(two?.number));
      },
      kind: 'checkpoint_unsigned',
    },
    {
      name: 'removes the first of the checkpoints',
      change: (db) => db.exec('DELETE FROM checkpoints WHERE number = 1'),
      kind: 'checkpoint_altered',
    },
    {
      name: 'removes the last of the checkpoints',
      change: (db) => db.exec('DELETE FROM checkpoints WHERE number = (SELECT max(number) FROM checkpoints)'),
      kind: 'checkpoint_altered',
    },
    {
      name: 'cuts the tail and puts the head back',
      change: (db) => {
        db.exec('DELETE FROM events WHERE seq >= 95');
        setHead(db);
      },
      kind: 'checkpoint_altered',
    },
    {
      name: 'rebuilds what comes behind the removal',
      change: (db) => {
        const kept = db.prepare('SELECT seq, body FROM events WHERE seq > 60 ORDER BY seq').all();
        const floor = db.prepare("SELECT seq, body FROM checkpoints WHERE reason = 'retention'").get();
        db.exec('DELETE FROM events');
        let head = { seq: 60, hash: String((JSON.parse(String(floor?.body)) as { hash: string }).hash) };
        for (const { seq, body } of kept) {
          const {
            seq: _,
            prev_hash: __,
            ...event
          } = JSON.parse(String(body)) as ReturnType<typeof sampleEvent> & {
            seq: number;
            prev_hash: string;
          };
          const row = link(Number(seq) === 75 ? { ...event, rows: 1 } : event, head);
          db.prepare('INSERT INTO events VALUES (?, ?, ?)').run(row.seq, row.body, row.hash);
          head = row;
        }
        setHead(db);
      },
      kind: 'checkpoint_altered',
    },
    {
      name: 'swaps two events',
      change: (db) => {
        db.exec('UPDATE events SET seq = -1 WHERE seq = 70; UPDATE events SET seq = 70 WHERE seq = 71');
        db.exec('UPDATE events SET seq = 71 WHERE seq = -1');
      },
      kind: 'link_broken',
    },
  ])('$name: found', async ({ change, kind }) => {
    // A removal, and behind it a checkpoint that was asked for.
    await retain();
    checkpoint();
    tamper(change);
    expect(await verifyAudit(path, SIGNED)).toMatchObject({ ok: false, problem: { kind } });
  });

  test('of an unsigned log can cut its tail: only what was kept elsewhere tells, and verify says so', async () => {
    const kept = makeCheckpoint(path, { keeper: KEEPER, signer: null, now: hour(EVENTS) })!;
    tamper((db) => {
      db.exec('DELETE FROM checkpoints; DELETE FROM events WHERE seq > 90');
      setHead(db);
    });
    expect(await verifyAudit(path)).toMatchObject({
      ok: true,
      unproved: [expect.stringMatching(/nothing was cut off at the end/)],
    });
    expect(await verifyAudit(path, { checkpoint: kept })).toMatchObject({
      ok: false,
      problem: { kind: 'checkpoint_unexpected', message: expect.stringContaining('the log ends at 90') },
    });
  });

  test('of an unsigned log can make a removal up: verify says that it cannot tell', async () => {
    tamper((db) => forgeRemoval(db, 80, null));
    expect(await verifyAudit(path)).toMatchObject({
      ok: true,
      unproved: expect.arrayContaining([expect.stringMatching(/that the gate removed the events before/)]),
    });
    expect(await verifyAudit(path, SIGNED)).toMatchObject({
      ok: false,
      problem: { kind: 'checkpoint_unsigned' },
    });
  });
});
