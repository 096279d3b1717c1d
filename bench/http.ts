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

const SQL =
  'SELECT member_id, name, email, community, joined_on FROM gold.members ORDER BY member_id LIMIT 5';

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
  const { verified } = await stagesOf(SQL, tokens[0] ?? null, gate);
  const runRaw = async (parallel: number, seconds: number): Promise<number> =>
    rate(parallel, seconds, async (loop) => {
      const running = await gate.engine(verified.engine).run(verified as VerifiedQuery, {
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
  process.on('message', (asked: { raw: number; seconds: number } | 'close') => {
    if (asked === 'close')
      void door
        .close()
        .then(bench.close)
        .then(() => process.disconnect());
    else void runRaw(asked.raw, asked.seconds).then((perSecond) => process.send?.({ perSecond }));
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
  const body = JSON.stringify({ sql: SQL });
  const headers = tokens.map((token) => ({
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  }));
  const overHttp = async (loop: number): Promise<void> => {
    const answer = await pool.request({
      path: '/v1/query',
      method: 'POST',
      headers: headers[loop % CALLERS] ?? {},
      body,
    });
    const bytes = await answer.body.bytes();
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${Buffer.from(bytes)}`);
  };
  const table = new Table({
    head: ['at once', 'over HTTP, a second', 'raw, a second', 'share'],
    style: { head: [], border: [] },
    colAligns: ['right', 'right', 'right', 'right'],
  });
  try {
    for (const parallel of AT_ONCE) {
      await rate(parallel, 1, overHttp);
      await ask(server, { raw: parallel, seconds: 1 });
      const http: number[] = [];
      const raw: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        http.push(await rate(parallel, SECONDS, overHttp));
        raw.push((await ask<{ perSecond: number }>(server, { raw: parallel, seconds: SECONDS })).perSecond);
      }
      const share = median(http.map((each, i) => each / (raw[i] ?? Number.NaN)));
      const [a, b] = [Math.round(median(http)), Math.round(median(raw))];
      table.push([parallel, a, b, `${Math.round(share * 100)}%`]);
      report(
        `small queries over HTTP, ${parallel} at once`,
        `${Math.round(share * 100)}% of raw (${a} against ${b} a second)`,
        '≥ 60%',
        share >= 0.6,
      );
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
