/** The warehouse follows the log: each event once, whatever is done to either file in between. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DurableAuditLog, openAuditLog } from '../../src/audit/log.ts';
import { fillWarehouse, withWarehouse } from '../../src/audit-dataset/warehouse.ts';
import { sampleEvent } from '../audit/sample.ts';

let folder: string;
let log: DurableAuditLog;
const files = () => ({ audit: join(folder, 'audit.db'), database: join(folder, 'warehouse.duckdb') });
const openLog = () => openAuditLog({ path: files().audit, survives: 'process_death' });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-warehouse-'));
  log = await openLog();
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

async function rows(sql: string): Promise<unknown[]> {
  return withWarehouse(files().database, async (connection) =>
    (await connection.runAndReadAll(sql)).getRowsJson(),
  );
}

async function append(count: number, prefix = 'e'): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => log.append(sampleEvent(`${prefix}${i + 1}`))));
}

const COUNTS = `SELECT (SELECT count(*) FROM audit)::INT, (SELECT count(DISTINCT seq) FROM audit)::INT,
  (SELECT count(*) FROM audit_datasets)::INT`;

test('takes what is new, and each event once', async () => {
  await append(50);
  expect(await fillWarehouse(files())).toEqual({ seq: 50, added: 50 });
  await append(25, 'more');
  expect(await fillWarehouse(files())).toEqual({ seq: 75, added: 25 });
  expect(await fillWarehouse(files())).toEqual({ seq: 75, added: 0 });
  expect(await rows(COUNTS)).toEqual([[75, 75, 150]]);
});

test('several who fill at once do not fill twice', async () => {
  await append(200);
  const filled = await Promise.all(Array.from({ length: 4 }, () => fillWarehouse(files())));
  expect(filled.map(({ added }) => added).sort()).toEqual([0, 0, 0, 200]);
  expect(await rows(COUNTS)).toEqual([[200, 200, 400]]);
});

test('an event with everything in it, odd texts among it', async () => {
  const odd = "a\u0000b '; DROP TABLE audit; -- \u{1f600}";
  await log.append(
    sampleEvent('all', {
      subject: { sub: odd, kind: 'service', issuer: null },
      on_behalf_of: { sub: 'ben', issuer: 'https://login.example.com' },
      project: 'churn',
      purpose: 'fraud-investigation',
      error_code: 'access_denied',
      decision: 'deny',
      rows: 2 ** 40,
    }),
  );
  await fillWarehouse(files());
  const [row] = await rows(
    'SELECT subject_sub, subject_issuer, on_behalf_of_sub, project, purpose, error_code, rows, time::VARCHAR, datasets FROM audit',
  );
  expect(row).toEqual([
    odd,
    null,
    'ben',
    'churn',
    'fraud-investigation',
    'access_denied',
    String(2 ** 40),
    expect.stringContaining('2026-03-01 12:00:00'),
    ['gold.members', 'gold.readings'],
  ]);
});

describe('is made anew', () => {
  test('where the log is another', async () => {
    await append(9, 'old');
    await fillWarehouse(files());
    await log.close();
    for (const end of ['', '-wal', '-shm']) rmSync(`${files().audit}${end}`, { force: true });
    log = await openLog();
    await append(12, 'new');
    await fillWarehouse(files());
    expect(await rows(COUNTS)).toEqual([[12, 12, 24]]);
    expect(await rows("SELECT count(*)::INT FROM audit WHERE request_id LIKE 'old%'")).toEqual([[0]]);
  });

  test.each([
    ['no database at all', () => writeFileSync(files().database, 'nonsense '.repeat(1000))],
    [
      'of another version',
      () =>
        withWarehouse(files().database, (c) =>
          c.run('UPDATE state.filled SET version = NULL').then(() => {}),
        ),
    ],
    [
      'without a table',
      () => withWarehouse(files().database, (c) => c.run('DROP TABLE audit_datasets').then(() => {})),
    ],
    [
      'without its state',
      () => withWarehouse(files().database, (c) => c.run('DROP SCHEMA state CASCADE').then(() => {})),
    ],
  ] as const)('where the file is %s', async (_, spoil) => {
    await append(7);
    await fillWarehouse(files());
    await spoil();
    await append(1, 'more');
    await fillWarehouse(files());
    expect(await rows(COUNTS)).toEqual([[8, 8, 16]]);
  });
});

test('forgets what retention has removed', async () => {
  await append(10);
  await fillWarehouse(files());
  await log.close();
  const db = new DatabaseSync(files().audit);
  db.exec('DROP TRIGGER events_no_delete');
  db.exec('DELETE FROM events WHERE seq <= 4');
  db.close();
  log = await openLog();
  await append(2, 'later');
  await fillWarehouse(files());
  expect(await rows('SELECT min(seq)::INT, max(seq)::INT, count(*)::INT FROM audit')).toEqual([[5, 12, 8]]);
  expect(await rows('SELECT min(seq)::INT FROM audit_datasets')).toEqual([[5]]);
});
