/**
 * Small queries over HTTP against the rate that the final text reaches straight at the engine, in the gate's process,
 * through the same engine process and with as many at once. The client is a process of its own, as clients are.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import Table from 'cli-table3';
import pino from 'pino';
import { Pool } from 'undici';
import { createHttpDoor } from '../src/doors/http/server.ts';
import { createLog } from '../src/observe/log.ts';
import { createMetrics } from '../src/observe/metrics.ts';
import type { VerifiedQuery } from '../src/sql/stages.ts';
import { copyExample, startGate } from './gate.ts';
import { median, QUICK, report } from './report.ts';
import { stagesOf } from './stages.ts';

const AT_ONCE = [1, 8, 32];
const SECONDS = QUICK ? 1 : 3;
const ROUNDS = QUICK ? 1 : 5;
/** Enough callers that the bound on one of them does not decide: raw has the same bounds and as many principals. */
const CALLERS = 8;

const SUBJECTS = [
  {
    name: 'a filter and masks',
    sql: 'SELECT member_id, name, email, community, joined_on FROM gold.members ORDER BY member_id LIMIT 5',
  },
  // About the least that an engine can be asked: what the gate adds weighs most here.
  { name: 'four rows as they are', sql: 'SELECT * FROM gold.tariffs ORDER BY 1' },
] as const;

/** As many loops as run at once, until the time is over. Gives calls a second. */
async function rate(
  parallel: number,
  seconds: number,
  call: (loop: number) => Promise<void>,
): Promise<number> {
  let done = 0;
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    Array.from({ length: parallel }, async (_, loop) => {
      while (performance.now() < until) {
        await call(loop);
        done += 1;
      }
    }),
  );
  return done / ((performance.now() - started) / 1000);
}

interface RawAsked {
  readonly subject: number;
  readonly parallel: number;
  readonly seconds: number;
}

/** The gate's process: a door on a port, and raw runs when asked. */
async function serveBench(): Promise<void> {
  const bench = await startGate(await copyExample(CALLERS));
  const { gate } = bench.open;
  const metrics = createMetrics();
  // The log is written as in service, in blocks; where to does not matter.
  const destination = pino.destination({ dest: openSync('/dev/null', 'w'), sync: false, minLength: 8192 });
  const log = createLog({ level: 'info', destination });
  const door = await createHttpDoor({
    gate: {
      ...gate,
      observe: (event) => {
        log(event);
        metrics.observe(event);
      },
    },
    door: 'http',
    health: { ready: bench.open.ready, instance: bench.open.instance, metrics: () => metrics.text() },
    bodyBytes: bench.config.limits.body_bytes,
    pushBytes: bench.config.limits.push_bytes,
    version: '0.0.0',
  });
  const tokens = await Promise.all(
    Array.from({ length: CALLERS }, (_, n) => bench.issuer.mintToken(`analyst-${n}`)),
  );
  const texts: VerifiedQuery[] = [];
  for (const { sql } of SUBJECTS) texts.push((await stagesOf(sql, tokens[0] ?? null, gate)).verified);
  const runRaw = async ({ subject, parallel, seconds }: RawAsked): Promise<number> =>
    rate(parallel, seconds, async (loop) => {
      const verified = texts[subject]!;
      const running = await gate.engine(verified.engine).run(verified, {
        requestId: 'bench',
        principal: `bench ${loop % CALLERS}`,
        encoding: 'json',
        maxRows: gate.limits.pageRows,
        maxBytes: gate.limits.maxBytes,
        timeoutMs: gate.limits.timeoutMs,
        signal: new AbortController().signal,
      });
      const parts: Uint8Array[] = [];
      for await (const chunk of running.chunks) parts.push(chunk.bytes);
      Buffer.concat(parts);
    });
  process.on('message', (asked: RawAsked | 'close') => {
    if (asked === 'close')
      void door
        .close()
        .then(bench.close)
        .then(() => process.disconnect());
    else void runRaw(asked).then((perSecond) => process.send?.({ perSecond }));
  });
  process.send?.({ address: await door.listen({ host: '127.0.0.1', port: 0 }), tokens });
}

async function ask<T>(server: ChildProcess, what: object): Promise<T> {
  const answered = once(server, 'message');
  server.send(what);
  return (await answered)[0] as T;
}

async function main(): Promise<void> {
  const server = fork(import.meta.filename, ['--serve'], { stdio: 'inherit' });
  const [{ address, tokens }] = (await once(server, 'message')) as [{ address: string; tokens: string[] }];
  const pool = new Pool(address, { connections: Math.max(...AT_ONCE), pipelining: 1 });
  const bodies = SUBJECTS.map(({ sql }) => JSON.stringify({ sql }));
  const headers = tokens.map((token) => ({
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  }));
  const overHttp = async (subject: number, loop: number): Promise<void> => {
    const answer = await pool.request({
      path: '/v1/query',
      method: 'POST',
      headers: headers[loop % CALLERS] ?? {},
      body: bodies[subject] ?? '',
    });
    const bytes = await answer.body.bytes();
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${Buffer.from(bytes)}`);
  };
  const table = new Table({
    head: ['query', 'at once', 'over HTTP, a second', 'raw, a second', 'share'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  try {
    for (const [subject, { name }] of SUBJECTS.entries()) {
      for (const parallel of AT_ONCE) {
        const http = (seconds: number) => rate(parallel, seconds, (loop) => overHttp(subject, loop));
        const raw = async (seconds: number) => {
          const asked: RawAsked = { subject, parallel, seconds };
          return (await ask<{ perSecond: number }>(server, asked)).perSecond;
        };
        await http(1);
        await raw(1);
        const rates = { http: [] as number[], raw: [] as number[] };
        for (let round = 0; round < ROUNDS; round++) {
          rates.http.push(await http(SECONDS));
          rates.raw.push(await raw(SECONDS));
        }
        const share = median(rates.http.map((each, i) => each / (rates.raw[i] ?? Number.NaN)));
        const [a, b] = [Math.round(median(rates.http)), Math.round(median(rates.raw))];
        table.push([name, parallel, a, b, `${Math.round(share * 100)}%`]);
        report(
          `small queries over HTTP, ${name}, ${parallel} at once`,
          `${Math.round(share * 100)}% of raw (${a} against ${b} a second)`,
          '≥ 60%',
          share >= 0.6,
        );
      }
    }
    console.log(table.toString());
  } finally {
    await pool.close();
    server.send('close');
    await once(server, 'exit');
  }
}

if (process.argv.includes('--serve')) await serveBench();
else await main();
