/** `power_loss` means that the kernel was told to flush before the acknowledgement left: seen in the system calls. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAppender } from './processes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-fsync-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
if (!canTrace) console.log('skipped: system calls are watched by strace, which is missing or not permitted');

const EVENTS = 30;

/** Flushes of the WAL before each acknowledgement, since the one before. */
async function flushes(survives: string): Promise<readonly number[]> {
  const trace = join(folder, 'trace');
  const appender = startAppender(
    [join(folder, 'audit.db'), survives, 't', '1', String(EVENTS)],
    ['strace', '-f', '-y', '-s', '32', '-e', 'trace=fsync,fdatasync,write', '-o', trace],
  );
  expect(await appender.ended).toBe(0);
  const counts: number[] = [];
  let since = 0;
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    // A call that another thread interrupts shows twice; its first half is not yet a flush.
    const isSync = /f(?:data)?sync\b/.test(line) && !line.includes('<unfinished');
    if (isSync && (line.includes('audit.db-wal') || line.includes('resumed'))) since += 1;
    if (/write\(1<[^>]*>, "t-\d+\\n"/.test(line)) {
      counts.push(since);
      since = 0;
    }
  }
  return counts;
}

test.skipIf(!canTrace)('power_loss: a flush before every acknowledgement', async () => {
  const counts = await flushes('power_loss');
  expect(counts).toHaveLength(EVENTS);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
});

test.skipIf(!canTrace)('process_death: none', async () => {
  const counts = await flushes('process_death');
  expect(counts).toHaveLength(EVENTS);
  expect(counts.slice(1).every((count) => count === 0)).toBe(true);
});
