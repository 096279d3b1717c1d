/** What an audit record costs before an answer may leave: latency and rate by setting and concurrency, beside one raw flush of the same disk. */
import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { checkEvent } from '../src/audit/check.ts';
import type { AuditEvent } from '../src/audit/event.ts';
import { openAuditLog } from '../src/audit/log.ts';
import { measureStore } from './audit-store.ts';
import { ms, QUICK, report } from './report.ts';

const SECONDS = QUICK ? 0.5 : 3;
const APPENDERS = [1, 8, 64];

/** A small query's record, as the gate makes it. */
const event = (n: number): AuditEvent => ({
  time: new Date().toISOString(),
  request_id: `01930f6e-7c1a-7000-8000-${n.toString(16).padStart(12, '0')}`,
  event: 'query',
  subject: { sub: 'ana.analyst', kind: 'user', issuer: 'https://login.example.com/realms/main' },
  action: 'query',
  datasets: ['gold.members', 'gold.meter_readings'],
  decision: 'allow',
  reasons: ['allowed', 'allowed'],
  policy_ids: ['mask-customer-pii', 'own-region'],
  snapshot: 'b7e23ec29af22b0b4e41da31e868d57226121c84c0f1d9f0a0a4b0a2a4c0d1e2',
  sql_fingerprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  sql_normalised: 'SELECT "m"."email" FROM "gold"."members" AS "m" WHERE ("m"."region" = $1) LIMIT $2',
  rows: 0,
  bytes: 0,
  duration_ms: 1.25,
  engine: 'warehouse',
  client: { ip: '127.0.0.1', door: 'http', user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' },
});

interface Measured {
  readonly rate: number;
  readonly median: number;
  readonly p99: number;
  /** Microseconds an event keeps the main thread busy; grows on a machine that has other work. */
  readonly mainUs: number;
}

async function measure(appenders: number, append: (event: AuditEvent) => Promise<void>): Promise<Measured> {
  const times: number[] = [];
  let n = 0;
  const loop = async (until: number) => {
    while (performance.now() < until) {
      const start = performance.now();
      n += 1;
      await append(event(n));
      times.push(performance.now() - start);
    }
  };
  const run = async (seconds: number) => {
    const until = performance.now() + seconds * 1000;
    await Promise.all(Array.from({ length: appenders }, () => loop(until)));
  };
  await run(0.5);
  times.length = 0;
  const start = performance.now();
  const busyBefore = performance.eventLoopUtilization();
  await run(SECONDS);
  const took = performance.now() - start;
  const busy = performance.eventLoopUtilization(busyBefore);
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  return {
    rate: times.length / (took / 1000),
    median: at(0.5),
    p99: at(0.99),
    mainUs: (busy.active * 1000) / times.length,
  };
}

/** One page written in place and flushed, as a commit at its cheapest. */
function rawFlush(folder: string): { median: number; p99: number } {
  const fd = openSync(join(folder, 'raw'), 'w');
  const page = Buffer.alloc(4096, 1);
  for (let n = 0; n < 256; n += 1) writeSync(fd, page);
  fdatasyncSync(fd);
  const times: number[] = [];
  for (let n = 0; n < 1000; n += 1) {
    const start = performance.now();
    writeSync(fd, page, 0, page.length, (n % 256) * page.length);
    fdatasyncSync(fd);
    times.push(performance.now() - start);
  }
  closeSync(fd);
  times.sort((a, b) => a - b);
  return { median: times[500] ?? Number.NaN, p99: times[990] ?? Number.NaN };
}

// Not the system's folder for temporary files, which is often memory: the disk that holds the project.
mkdirSync('.sluice', { recursive: true });
const folder = mkdtempSync(join('.sluice', 'bench-audit-'));
try {
  const raw = rawFlush(folder);
  const table = new Table({
    head: [
      'audit',
      'appenders',
      'events/s',
      'median ms',
      'p99 ms',
      'median / raw flush',
      'main thread µs/event',
    ],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  const add = (name: string, appenders: number, measured: Measured) =>
    table.push([
      name,
      appenders,
      Math.round(measured.rate).toLocaleString('en'),
      measured.median.toFixed(3),
      measured.p99.toFixed(3),
      (measured.median / raw.median).toFixed(2),
      measured.mainUs.toFixed(1),
    ]);
  for (const appenders of APPENDERS) {
    // Answers a tick later, as the log does, so that the loop lives: what remains is the check and the loop itself.
    const none = async (each: AuditEvent) => {
      checkEvent(each);
      await new Promise<void>((resolve) => setImmediate(resolve));
    };
    add('none (checked only)', appenders, await measure(appenders, none));
  }
  for (const survives of ['process_death', 'power_loss'] as const) {
    for (const appenders of APPENDERS) {
      const path = join(folder, `${survives}-${appenders}.db`);
      const log = await openAuditLog({ path, survives });
      const measured = await measure(appenders, (each) => log.append(each));
      add(survives, appenders, measured);
      report(
        `audit, ${survives}, ${appenders} at once`,
        `${ms(measured.median)} median, ${Math.round(measured.rate).toLocaleString('en')} events a second; ${(measured.median / raw.median).toFixed(1)} raw flushes`,
      );
      await log.close();
    }
  }
  console.log(
    `One page written and flushed: median ${raw.median.toFixed(3)} ms, p99 ${raw.p99.toFixed(3)} ms`,
  );
  console.log(table.toString());

  await measureStore(folder);
} finally {
  rmSync(folder, { recursive: true });
}
