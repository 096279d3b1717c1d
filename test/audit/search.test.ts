/** A search finds exactly what a look at every event would, newest first, whatever happened to its index. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { openAuditLog } from '../../src/audit/log.ts';
import { retainAudit } from '../../src/audit/retain.ts';
import { type AuditFilter, matches } from '../../src/audit/search/filter.ts';
import { concerns } from '../../src/audit/search/find.ts';
import { type AuditReader, openAuditReader } from '../../src/audit/search/reader.ts';
import { KEEPER, writeLog } from './logs.ts';
import { sampleEvent } from './sample.ts';

let folder: string;
let path: string;
const readers: AuditReader[] = [];

const reader = (options: { patienceMs?: number } = {}): AuditReader => {
  const opened = openAuditReader({ path, ...options });
  readers.push(opened);
  return opened;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-search-'));
  path = join(folder, 'audit.db');
});
afterEach(async () => {
  for (const one of readers.splice(0)) await one.close();
  rmSync(folder, { recursive: true });
});

const time = (minute: number) => new Date(Date.UTC(2026, 2, 1) + minute * 60_000).toISOString();
const pick = <T>(values: readonly T[], n: number): T => values[n % values.length] as T;

/** Varied, and long enough for three blocks; times go back now and then, as clocks do. */
function event(n: number): AuditEvent {
  const sub = pick(['ana', 'bob', 'cyd', 'dan'], Math.floor(n / 3));
  return sampleEvent(`r${Math.floor(n / 2)}`, {
    time: time(n - (n % 97 === 0 ? 200 : 0)),
    subject: { sub, kind: 'user', issuer: pick(['https://a', 'https://b'], n) },
    ...(n % 5 === 0 ? { on_behalf_of: { sub: pick(['ana', 'eve'], n), issuer: 'https://a' } } : {}),
    ...(n % 23 === 0 ? { prior_actors: [{ sub: 'eve', issuer: 'https://b' }] } : {}),
    datasets: n % 7 === 0 ? [] : [pick(['gold.members', 'gold.readings', 'hr.salaries'], n)],
    decision: n % 11 === 0 ? 'deny' : 'allow',
    policy_ids: [pick(['p1', 'p2', 'p3'], n)],
    event: n % 2 === 0 ? 'decision' : 'query',
    action: n % 13 === 0 ? 'explain' : 'query',
    sql_fingerprint: n % 17 === 0 ? null : `f${n % 400}`,
    ...(n % 11 === 0 ? { error_code: 'access_denied' } : {}),
    ...(n % 19 === 0 ? { project: 'fraud', purpose: 'investigation' } : {}),
  });
}

const EVENTS = 20_000;

describe('on a log of several blocks', () => {
  let shared: string;
  let searched: AuditReader;
  const all = Array.from({ length: EVENTS }, (_, n) => event(n));

  beforeAll(() => {
    shared = mkdtempSync(join(tmpdir(), 'sluice-search-'));
    writeLog(join(shared, 'audit.db'), all);
    searched = openAuditReader({ path: join(shared, 'audit.db') });
  });
  afterAll(async () => {
    await searched.close();
    rmSync(shared, { recursive: true });
  });

  /** Mostly without: filters that exclude each other find nothing. */
  const seldom = <T>(one: fc.Arbitrary<T>, weight = 1) =>
    fc.oneof({ weight: 7 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary: one });
  const filters = fc.record({
    from: seldom(fc.integer({ min: -500, max: EVENTS }).map(time), 2),
    to: seldom(fc.integer({ min: 0, max: EVENTS + 500 }).map(time), 2),
    subject: seldom(fc.constantFrom('ana', 'bob', 'eve', 'nobody'), 2),
    issuer: seldom(fc.constantFrom('https://a', 'https://b')),
    dataset: seldom(fc.constantFrom('gold.members', 'hr.salaries', 'x.y')),
    decision: seldom(fc.constantFrom('allow', 'deny')),
    policy: seldom(fc.constantFrom('p1', 'p2')),
    project: seldom(fc.constant('fraud')),
    purpose: seldom(fc.constant('investigation')),
    event: seldom(fc.constantFrom('query', 'decision')),
    action: seldom(fc.constantFrom('query', 'explain')),
    error_code: seldom(fc.constant('access_denied')),
    request_id: seldom(fc.integer({ min: 0, max: EVENTS / 2 }).map((n) => `r${n}`)),
    fingerprint: seldom(fc.integer({ min: 0, max: 400 }).map((n) => `f${n}`)),
  });
  const persons = fc.array(
    fc.record({
      sub: fc.constantFrom('ana', 'bob', 'eve'),
      issuer: fc.constantFrom('https://a', 'https://b', null),
    }),
    { maxLength: 2 },
  );

  /** Looks at every event. */
  function slow(filter: AuditFilter, concerning: readonly { sub: string; issuer: string | null }[]) {
    return all
      .map((one, index) => ({ one, seq: index + 1 }))
      .filter(({ one }) => matches(one, filter))
      .filter(({ one }) =>
        concerning.every((person) => concerns({ ...one, seq: 0, hash: '', prev_hash: '' }, person)),
      )
      .map(({ seq }) => seq)
      .reverse();
  }

  test('any combination of filters finds what a look at each event finds', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(
        filters,
        persons,
        fc.integer({ min: 1, max: 50 }),
        async (filter, concerning, limit) => {
          const wanted = slow(filter, concerning);
          const { events, more } = await searched.find({ filter, concerning, before: null, limit });
          expect(events.map(({ seq }) => seq)).toEqual(wanted.slice(0, limit));
          expect(more).toBe(wanted.length > limit);
          found += events.length;
        },
      ),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(500);
  });

  test('page after page gives everything once', async () => {
    const filter = { subject: 'ana', decision: 'deny' };
    const seqs: number[] = [];
    for (let before: number | null = null; ; ) {
      const { events, more } = await searched.find({ filter, concerning: [], before, limit: 37 });
      seqs.push(...events.map(({ seq }) => seq));
      before = events.at(-1)?.seq ?? null;
      if (!more) break;
    }
    expect(seqs).toEqual(slow(filter, []));
  });

  test('lines give the period whole, and what stands between its ends', async () => {
    const parts: string[] = [];
    for await (const part of searched.lines({ from: time(9000), to: time(9010) }))
      parts.push(Buffer.from(part).toString());
    const seqs = parts
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    const inside = all.flatMap(({ time: at }, index) =>
      at >= time(9000) && at < time(9010) ? [index + 1] : [],
    );
    expect(seqs.at(0)).toBe(inside.at(0));
    expect(seqs.at(-1)).toBe(inside.at(-1));
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
  });
});

const find = async (at: AuditReader, filter: AuditFilter = {}) =>
  (await at.find({ filter, concerning: [], before: null, limit: 100 })).events.map((one) => one.request_id);

test('what was acknowledged before is found, each time', async () => {
  const log = await openAuditLog({ path, survives: 'process_death' });
  const searched = reader();
  for (let n = 0; n < 30; n += 1) {
    await log.append(sampleEvent(`r${n}`));
    expect(await find(searched, { request_id: `r${n}` })).toEqual([`r${n}`]);
  }
  await log.close();
});

test('an empty log has nothing', async () => {
  await (await openAuditLog({ path, survives: 'process_death' })).close();
  expect(await find(reader())).toEqual([]);
});

test('several readers share one index', async () => {
  writeLog(
    path,
    Array.from({ length: 9000 }, (_, n) => event(n)),
  );
  const three = [reader(), reader(), reader()];
  const found = await Promise.all(three.map((one) => find(one, { subject: 'ana', decision: 'deny' })));
  expect(found[0]).toHaveLength(100);
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
});

describe('an index that', () => {
  const index = () => join(folder, 'audit-index.db');

  async function indexed(events: readonly AuditEvent[]): Promise<void> {
    writeLog(path, events);
    const first = reader();
    await find(first);
    await first.close();
  }

  test('is of another chain is made anew', async () => {
    await indexed([sampleEvent('old1'), sampleEvent('old2')]);
    rmSync(path);
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    writeLog(path, [sampleEvent('new1'), sampleEvent('new2'), sampleEvent('new3')]);
    expect(await find(reader())).toEqual(['new3', 'new2', 'new1']);
  });

  test('is ahead of a log that lost its end is made anew', async () => {
    await indexed([sampleEvent('a'), sampleEvent('b')]);
    rmSync(path);
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    writeLog(path, [sampleEvent('a')]);
    expect(await find(reader())).toEqual(['a']);
  });

  test.each<{ name: string; harm: () => void }>([
    { name: 'is no database', harm: () => writeFileSync(index(), 'x'.repeat(9000)) },
    { name: 'was cut', harm: () => writeFileSync(index(), readFileSync(index()).subarray(0, 5000)) },
    { name: 'is the log itself', harm: () => copyFileSync(path, index()) },
    { name: 'is gone', harm: () => rmSync(index()) },
    {
      name: 'is of a newer version',
      harm: () => {
        const db = new DatabaseSync(index());
        db.exec('PRAGMA user_version = 99');
        db.close();
      },
    },
  ])('$name is made anew', async ({ harm }) => {
    await indexed([sampleEvent('a'), sampleEvent('b')]);
    for (const suffix of ['-wal', '-shm']) rmSync(`${index()}${suffix}`, { force: true });
    harm();
    expect(await find(reader())).toEqual(['b', 'a']);
    expect(existsSync(index())).toBe(true);
  });

  test('names events for terms that they do not hold shows none of them', async () => {
    await indexed([
      sampleEvent('a', { subject: { sub: 'ana', kind: 'user', issuer: 'https://a' } }),
      sampleEvent('b'),
    ]);
    const db = new DatabaseSync(index());
    // Every term in every event.
    db.exec("UPDATE postings SET bits = x'00000100'");
    db.close();
    const { events } = await reader().find({
      filter: {},
      concerning: [{ sub: 'ana', issuer: 'https://a' }],
      before: null,
      limit: 10,
    });
    expect(events.map((one) => one.request_id)).toEqual(['a']);
  });

  test('knows nothing of what retention removed', async () => {
    await indexed(Array.from({ length: 10_000 }, (_, n) => sampleEvent(`r${n}`, { time: time(n) })));
    await retainAudit(path, {
      keeper: KEEPER,
      signer: null,
      now: new Date(time(10_000)),
      keepMs: 500 * 60_000,
      firstNeeded: null,
      dryRun: false,
    });
    const searched = reader();
    expect(await find(searched, { request_id: 'r10' })).toEqual([]);
    expect(await find(searched, { request_id: 'r9900' })).toEqual(['r9900']);
    const db = new DatabaseSync(index(), { readOnly: true });
    expect(db.prepare('SELECT min(block) AS block FROM postings').get()?.block).toBe(1);
    db.close();
  });

  test('remembers removed events of a block does not have them exported', async () => {
    await indexed(Array.from({ length: 300 }, (_, n) => sampleEvent(`r${n}`, { time: time(n) })));
    await retainAudit(path, {
      keeper: KEEPER,
      signer: null,
      now: new Date(time(300)),
      keepMs: 50 * 60_000,
      firstNeeded: null,
      dryRun: false,
    });
    const seqs: number[] = [];
    for await (const part of reader().lines({ from: time(10), to: time(290) }))
      for (const line of Buffer.from(part).toString().trimEnd().split('\n'))
        seqs.push((JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toEqual(Array.from({ length: 40 }, (_, n) => 251 + n));
    for await (const part of reader().lines({ to: time(200) })) expect(part).toBe('nothing of it is left');
  });
});

test('an index that takes too long is told as such, and goes on being made', async () => {
  writeLog(
    path,
    Array.from({ length: 30_000 }, (_, n) => event(n)),
  );
  const hurried = reader({ patienceMs: 1 });
  await expect(find(hurried)).rejects.toMatchObject({ code: 'audit_unavailable', retryAfter: 5 });
  await expect
    .poll(() => find(hurried, { request_id: 'r1' }).catch(() => 'not yet'), { timeout: 30_000 })
    .toEqual(['r1', 'r1']);
});

test('a log that cannot be read is an error, never an empty answer', async () => {
  writeFileSync(path, 'x'.repeat(9000));
  await expect(find(reader())).rejects.toMatchObject({ code: 'audit_unavailable' });
  rmSync(path);
  await expect(find(reader())).rejects.toMatchObject({ code: 'audit_unavailable' });
});
